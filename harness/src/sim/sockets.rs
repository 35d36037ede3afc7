//! The seam's network on turmoil-net's kernels: what a program gets when it asks tokio for a socket
//! inside a simulation.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sim::{BoxFuture, Datagram, Listener, Network, SocketOptions, Stream};
use turmoil_net::shim::tokio::net as shim;

use super::listener::SimulatedListener;
use super::stream::SimulatedStream;
use super::world::{HostNumber, here, pin, world};
use crate::record::{ConnectError, Meaning, What};

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
            Poll::Ready(inner) => Ok(Box::new(SimulatedListener::new(host, inner?)?)),
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
        let here = match here() {
            Ok(here) => here,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let answer = world(|world| world.resolve(here, host));
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
            let stream = SimulatedStream::new(host, inner);
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
