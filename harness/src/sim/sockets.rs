//! The seam's network on turmoil-net's kernels: what a program gets when it asks tokio for a socket
//! inside a simulation.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sim::{BoxFuture, Datagram, Listener, Network, SocketOptions, Stream};
use turmoil_net::shim::tokio::net as shim;

use super::world::{HostNumber, here, pin, world};
use crate::record::{ConnectError, Meaning, What};

/// Largest number of bytes moved by one read.
const READ_AT_ONCE: usize = 64 * 1024;

thread_local! {
    /// Reads go through here: the shim zeroes whatever it is given, and this is zeroed only once.
    static SCRATCH: RefCell<Box<[u8]>> =
        RefCell::new(vec![0; READ_AT_ONCE].into_boxed_slice());
}

/// The network of the simulation on this thread.
#[derive(Debug)]
pub struct SimulatedNetwork;

impl Network for SimulatedNetwork {
    fn connect(
        &self,
        peer: SocketAddr,
        options: &SocketOptions,
    ) -> BoxFuture<io::Result<Box<dyn Stream>>> {
        let host = here();
        let local = options.local;
        Box::pin(async move { connect(host?, peer, local).await })
    }

    fn listen(&self, local: SocketAddr, _: &SocketOptions) -> io::Result<Box<dyn Listener>> {
        let host = here()?;
        let local = to_kernel_local(host, local)?;
        pin(host);
        // Binding never waits, so one poll is enough.
        let mut bind = std::pin::pin!(shim::TcpListener::bind(local));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        match bind.as_mut().poll(&mut cx) {
            Poll::Ready(inner) => Ok(Box::new(SimulatedListener { host, inner: inner? })),
            Poll::Pending => Err(io::Error::other("bind did not complete at once")),
        }
    }

    fn bind_udp(&self, _: SocketAddr) -> io::Result<Box<dyn Datagram>> {
        Err(io::Error::new(
            ErrorKind::Unsupported,
            "simulated hosts speak TCP only; names resolve through the scenario",
        ))
    }

    fn resolve(&self, host: &str) -> BoxFuture<io::Result<Vec<IpAddr>>> {
        let answer = world(|world| world.resolve(host));
        let result = match answer {
            Some(addresses) => Ok(addresses.into_iter().map(IpAddr::V4).collect()),
            None => Err(io::Error::new(
                ErrorKind::NotFound,
                format!("no such name in this topology: {host}"),
            )),
        };
        Box::pin(std::future::ready(result))
    }
}

fn to_kernel_local(host: HostNumber, local: SocketAddr) -> io::Result<SocketAddr> {
    let IpAddr::V4(address) = local.ip() else {
        return Err(io::Error::new(ErrorKind::Unsupported, "simulated hosts speak IPv4 only"));
    };
    if address.is_unspecified() || address.is_loopback() {
        return Ok(local);
    }
    match world(|world| world.kernel_for(host, address)) {
        Some(kernel) => Ok(SocketAddr::from((kernel.ip(), local.port()))),
        None => Err(ErrorKind::AddrNotAvailable.into()),
    }
}

async fn connect(
    host: HostNumber,
    peer: SocketAddr,
    local: Option<SocketAddr>,
) -> io::Result<Box<dyn Stream>> {
    let SocketAddr::V4(requested) = peer else {
        return Err(io::Error::new(ErrorKind::Unsupported, "simulated hosts speak IPv4 only"));
    };
    if local.is_some_and(|local| local.port() != 0) {
        return Err(io::Error::new(
            ErrorKind::Unsupported,
            "a simulated host chooses the source port of a connection by itself",
        ));
    }
    let (id, meaning) = world(|world| world.begin(host, requested));
    let mut attempt = Attempt { id, settled: false };
    let target = match meaning {
        Meaning::NotAvailable => return Err(attempt.failed(ConnectError::AddressNotAvailable)),
        Meaning::Remote => requested,
        Meaning::OwnHost(own) => own_host(host, own, requested.port()),
    };
    let mut connecting = Pinned { host, inner: Some(Box::pin(shim::TcpStream::connect(target))) };
    let result = poll_fn(|cx| {
        if let Some(error) = world(|world| world.attempt_error(id, cx.waker())) {
            return Poll::Ready(Err(error));
        }
        connecting.poll(cx).map_err(ConnectError::from)
    })
    .await;
    match result {
        Ok(inner) => {
            let stream =
                SimulatedStream { host, inner: Mutex::new(inner), linger: Mutex::new(None) };
            if let Ok(SocketAddr::V4(local)) = stream.local_addr() {
                attempt.succeeded(local);
            }
            Ok(Box::new(stream))
        }
        Err(error) => Err(attempt.failed(error)),
    }
}

/// Where the kernel finds the program's own host.
fn own_host(host: HostNumber, own: Ipv4Addr, port: u16) -> SocketAddrV4 {
    let kernel = world(|world| world.kernel_for(host, own));
    SocketAddrV4::new(kernel.map_or(own, super::world::KernelAddr::ip), port)
}

impl From<io::Error> for ConnectError {
    /// What a failed connect means. Whatever is no other kind is a refusal.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::AddrNotAvailable => Self::AddressNotAvailable,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Self::Unreachable,
            _ => Self::Refused,
        }
    }
}

impl From<ConnectError> for io::Error {
    fn from(error: ConnectError) -> Self {
        let kind = match error {
            ConnectError::Refused => ErrorKind::ConnectionRefused,
            ConnectError::TimedOut | ConnectError::ClientTimeout => ErrorKind::TimedOut,
            ConnectError::Unreachable => ErrorKind::HostUnreachable,
            ConnectError::AddressNotAvailable => ErrorKind::AddrNotAvailable,
        };
        kind.into()
    }
}

/// Keeps the world's list of attempts true, also when nobody waits for the connect any more.
struct Attempt {
    id: u32,
    settled: bool,
}

impl Attempt {
    fn succeeded(&mut self, local: SocketAddrV4) {
        self.settle(What::Connected { attempt: self.id, local });
    }

    fn failed(&mut self, error: ConnectError) -> io::Error {
        self.settle(What::ConnectFailed { attempt: self.id, error });
        error.into()
    }

    fn settle(&mut self, what: What) {
        self.settled = true;
        super::record(what);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.settled {
            self.settle(What::ConnectFailed {
                attempt: self.id,
                error: ConnectError::ClientTimeout,
            });
        }
        world(|world| world.end_attempt(self.id));
    }
}

/// A future of the shim that meets its own host's kernel whenever it is polled or dropped.
struct Pinned<F> {
    host: HostNumber,
    inner: Option<Pin<Box<F>>>,
}

impl<F: Future> Pinned<F> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        pin(self.host);
        let inner = self.inner.as_mut().expect("polled before completion");
        let output = ready!(inner.as_mut().poll(cx));
        self.inner = None;
        Poll::Ready(output)
    }
}

impl<F> Drop for Pinned<F> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            pin(self.host);
            self.inner = None;
        }
    }
}

#[derive(Debug)]
struct SimulatedStream {
    host: HostNumber,
    inner: Mutex<shim::TcpStream>,
    linger: Mutex<Option<Duration>>,
}

impl SimulatedStream {
    fn with<R>(&self, f: impl FnOnce(&mut shim::TcpStream) -> R) -> R {
        pin(self.host);
        // A poisoned lock means that a panic is already on its way up.
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        f(&mut inner)
    }
}

/// Lets `fill` write into memory that is already zeroed, then copies what it wrote to `buf`.
fn through_scratch(
    buf: &mut ReadBuf<'_>,
    fill: impl FnOnce(&mut ReadBuf<'_>) -> Poll<io::Result<()>>,
) -> Poll<io::Result<()>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let most = buf.remaining().min(scratch.len());
        let mut clean = ReadBuf::new(&mut scratch[..most]);
        ready!(fill(&mut clean))?;
        buf.put_slice(clean.filled());
        Poll::Ready(Ok(()))
    })
}

impl Stream for SimulatedStream {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        through_scratch(buf, |clean| self.with(|inner| Pin::new(inner).poll_read(cx, clean)))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|inner| Pin::new(inner).poll_write(cx, buf))
    }

    fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|inner| Pin::new(inner).poll_shutdown(cx))
    }

    fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let before = buf.filled().len();
        ready!(through_scratch(buf, |clean| {
            self.with(|inner| inner.poll_peek(cx, clean)).map_ok(|_| ())
        }))?;
        Poll::Ready(Ok(buf.filled().len() - before))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        let address = self.with(|inner| inner.local_addr())?;
        Ok(world(|world| world.shown(address)))
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        let address = self.with(|inner| inner.peer_addr())?;
        Ok(world(|world| world.shown(address)))
    }

    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.with(|inner| inner.set_nodelay(nodelay))
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.with(|inner| inner.nodelay())
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.with(|inner| inner.set_ttl(ttl))
    }

    fn ttl(&self) -> io::Result<u32> {
        self.with(|inner| inner.ttl())
    }

    fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        *self.linger.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = linger;
        Ok(())
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        Ok(*self.linger.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Drop for SimulatedStream {
    fn drop(&mut self) {
        // The shim's own drop follows at once and must meet this host's kernel.
        pin(self.host);
    }
}

#[derive(Debug)]
struct SimulatedListener {
    host: HostNumber,
    inner: shim::TcpListener,
}

impl Listener for SimulatedListener {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Box<dyn Stream>, SocketAddr)>> {
        pin(self.host);
        let (inner, peer) = ready!(self.inner.poll_accept(cx))?;
        let stream =
            SimulatedStream { host: self.host, inner: Mutex::new(inner), linger: Mutex::new(None) };
        let peer = world(|world| world.shown(peer));
        Poll::Ready(Ok((Box::new(stream), peer)))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        pin(self.host);
        let address = self.inner.local_addr()?;
        Ok(world(|world| world.shown(address)))
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        pin(self.host);
        self.inner.set_ttl(ttl)
    }

    fn ttl(&self) -> io::Result<u32> {
        pin(self.host);
        self.inner.ttl()
    }
}

impl Drop for SimulatedListener {
    fn drop(&mut self) {
        pin(self.host);
    }
}
