//! A connection of a simulated host.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sim::Stream;
use turmoil_net::shim::tokio::net as shim;

use super::world::{HostNumber, pin, world};
use crate::net::proxy_protocol::{self, Header};

/// Largest number of bytes moved by one read.
const READ_AT_ONCE: usize = 64 * 1024;

thread_local! {
    /// Reads go through here: the shim zeroes whatever it is given, and this is zeroed only once.
    static SCRATCH: RefCell<Box<[u8]>> =
        RefCell::new(vec![0; READ_AT_ONCE].into_boxed_slice());
}

/// A connection of a simulated host.
#[derive(Debug)]
pub(super) struct SimulatedStream {
    host: HostNumber,
    inner: Mutex<shim::TcpStream>,
    linger: Mutex<Option<Duration>>,
    /// Shown in place of the peer's own address.
    peer: Option<SocketAddr>,
    /// Bytes that were read already, see [`SimulatedStream::poll_header`].
    early: Mutex<Vec<u8>>,
}

impl SimulatedStream {
    pub(super) fn new(host: HostNumber, inner: shim::TcpStream) -> Self {
        Self {
            host,
            inner: Mutex::new(inner),
            linger: Mutex::new(None),
            peer: None,
            early: Mutex::default(),
        }
    }

    /// Shows another peer's address.
    pub(super) fn show_peer(&mut self, peer: Option<SocketAddr>) {
        self.peer = peer.or(self.peer);
    }

    /// Reads a header of the PROXY protocol and takes the address in it for the peer's. False if
    /// there is none.
    pub(super) fn poll_header(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        loop {
            let early = self.early.get_mut().unwrap_or_else(PoisonError::into_inner);
            match proxy_protocol::read(early) {
                Header::Absent => return Poll::Ready(false),
                Header::Present { src, length } => {
                    early.drain(..length);
                    self.show_peer(src.map(SocketAddr::V4));
                    return Poll::Ready(true);
                }
                Header::Incomplete => {}
            }
            let mut space = [0; 512];
            let mut buf = ReadBuf::new(&mut space);
            match ready!(self.with(|inner| Pin::new(inner).poll_read(cx, &mut buf))) {
                Ok(()) if !buf.filled().is_empty() => {
                    let early = self.early.get_mut().unwrap_or_else(PoisonError::into_inner);
                    early.extend_from_slice(buf.filled());
                }
                _ => return Poll::Ready(false),
            }
        }
    }

    fn early(&self) -> MutexGuard<'_, Vec<u8>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, f: impl FnOnce(&mut shim::TcpStream) -> R) -> R {
        pin(self.host);
        // A poisoned lock means that a panic is already on its way up.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut early = self.early();
        if !early.is_empty() {
            let most = early.len().min(buf.remaining());
            buf.put_slice(&early[..most]);
            early.drain(..most);
            return Poll::Ready(Ok(()));
        }
        drop(early);
        through_scratch(buf, |clean| self.with(|inner| Pin::new(inner).poll_read(cx, clean)))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|inner| Pin::new(inner).poll_write(cx, buf))
    }

    fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|inner| Pin::new(inner).poll_shutdown(cx))
    }

    fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let early = self.early();
        if !early.is_empty() {
            let most = early.len().min(buf.remaining());
            buf.put_slice(&early[..most]);
            return Poll::Ready(Ok(most));
        }
        drop(early);
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
        if let Some(peer) = self.peer {
            return Ok(peer);
        }
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
        *self.linger.lock().unwrap_or_else(PoisonError::into_inner) = linger;
        Ok(())
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        Ok(*self.linger.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for SimulatedStream {
    fn drop(&mut self) {
        // The shim's own drop follows at once and must meet this host's kernel.
        pin(self.host);
    }
}
