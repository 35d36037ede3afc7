//! `TcpStream`.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use real::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};

use super::addr::{ToSocketAddrs, first_that_works, to_socket_addrs};
use super::owned::{OwnedReadHalf, OwnedWriteHalf};
use super::ready;
use super::split::{ReadHalf, WriteHalf};
use crate::sim::{self, SocketOptions, Stream};

/// A TCP connection between a local and a remote socket.
pub struct TcpStream(pub(super) Side);

/// Which network a stream belongs to.
pub(super) enum Side {
    Real(real::net::TcpStream),
    /// Shared from the start, so that splitting and reuniting cost nothing.
    Simulated(Arc<dyn Stream>),
}

use Side::{Real, Simulated};

impl TcpStream {
    pub(super) fn real(stream: real::net::TcpStream) -> Self {
        Self(Real(stream))
    }

    pub(crate) fn simulated(stream: Box<dyn Stream>) -> Self {
        Self(Simulated(stream.into()))
    }

    /// Opens a connection, trying each address of `addr` in turn.
    ///
    /// # Errors
    ///
    /// The error of the last address tried, or
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when there is none.
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<Self> {
        let addresses = to_socket_addrs(addr).await?;
        first_that_works(addresses, |address| {
            // Made before the await below: the network itself is not `Send`.
            let simulated =
                sim::current().map(|network| network.connect(address, &SocketOptions::default()));
            async move {
                match simulated {
                    Some(connect) => connect.await.map(Self::simulated),
                    None => real::net::TcpStream::connect(address).await.map(Self::real),
                }
            }
        })
        .await
    }

    /// Takes over a stream of the standard library, which is always a real one.
    ///
    /// # Errors
    ///
    /// When the stream cannot be registered with the runtime.
    ///
    /// # Panics
    ///
    /// As the real function: for a blocking stream, and outside a runtime.
    #[track_caller]
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<Self> {
        real::net::TcpStream::from_std(stream).map(Self::real)
    }

    /// Gives the stream up as one of the standard library.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) for a simulated stream.
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
        match self.0 {
            Real(stream) => stream.into_std(),
            Simulated(_) => Err(ready::unsupported("TcpStream::into_std")),
        }
    }

    /// Copies up to `buf.len()` bytes without consuming them.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Real(stream) => stream.peek(buf).await,
            Simulated(stream) => {
                let mut buf = ReadBuf::new(buf);
                poll_fn(|cx| stream.poll_peek(cx, &mut buf)).await
            }
        }
    }

    /// Copies what a read would return without consuming it.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub fn poll_peek(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        match &self.0 {
            Real(stream) => stream.poll_peek(cx, buf),
            Simulated(stream) => stream.poll_peek(cx, buf),
        }
    }

    /// Waits for any of `interest`.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        match &self.0 {
            Real(stream) => stream.ready(interest).await,
            Simulated(stream) => poll_fn(|cx| ready::poll_ready(&**stream, interest, cx)).await,
        }
    }

    /// Waits until a read would return.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await.map(drop)
    }

    /// Waits until a write might succeed.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await.map(drop)
    }

    /// Polls for what [`readable`](Self::readable) waits for.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Real(stream) => stream.poll_read_ready(cx),
            Simulated(stream) => ready::poll_read_ready(&**stream, cx),
        }
    }

    /// Polls for what [`writable`](Self::writable) waits for.
    ///
    /// # Errors
    ///
    /// When the runtime is shutting down.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Real(stream) => stream.poll_write_ready(cx),
            Simulated(stream) => stream.poll_write_ready(cx),
        }
    }

    /// Reads without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a read.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Real(stream) => stream.try_read(buf),
            Simulated(stream) => ready::try_read(&**stream, buf),
        }
    }

    /// Reads without waiting; a simulated stream fills the first buffer which
    /// has room.
    ///
    /// # Errors
    ///
    /// As for [`try_read`](Self::try_read).
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        match &self.0 {
            Real(stream) => stream.try_read_vectored(bufs),
            Simulated(stream) => ready::try_read(&**stream, ready::first_with_room(bufs)),
        }
    }

    /// Reads without waiting and appends to `buf`.
    ///
    /// # Errors
    ///
    /// As for [`try_read`](Self::try_read).
    #[cfg(feature = "io-util")]
    pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        match &self.0 {
            Real(stream) => stream.try_read_buf(buf),
            Simulated(stream) => ready::try_read_buf(&**stream, buf),
        }
    }

    /// Writes without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a write.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        match &self.0 {
            Real(stream) => stream.try_write(buf),
            Simulated(stream) => ready::attempt(|cx| stream.poll_write(cx, buf)),
        }
    }

    /// Writes without waiting; a simulated stream takes the first buffer which
    /// is not empty.
    ///
    /// # Errors
    ///
    /// As for [`try_write`](Self::try_write).
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.0 {
            Real(stream) => stream.try_write_vectored(bufs),
            Simulated(_) => self.try_write(ready::first_not_empty(bufs)),
        }
    }

    /// Runs `f`, which does its own system call on the descriptor, if the stream
    /// is ready for `interest`.
    ///
    /// # Errors
    ///
    /// Those of `f`; [`Unsupported`](io::ErrorKind::Unsupported) for a simulated
    /// stream, whose descriptor carries no data.
    pub fn try_io<R>(
        &self,
        interest: Interest,
        f: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        match &self.0 {
            Real(stream) => stream.try_io(interest, f),
            Simulated(_) => Err(ready::unsupported("TcpStream::try_io")),
        }
    }

    /// Waits for `interest` and runs `f`, which does its own system call on the
    /// descriptor.
    ///
    /// # Errors
    ///
    /// As for [`try_io`](Self::try_io).
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        f: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        match &self.0 {
            Real(stream) => stream.async_io(interest, f).await,
            Simulated(_) => Err(ready::unsupported("TcpStream::async_io")),
        }
    }

    /// Splits into halves which borrow the stream.
    pub fn split<'a>(&'a mut self) -> (ReadHalf<'a>, WriteHalf<'a>) {
        super::split::split(self)
    }

    /// Splits into halves which can be moved to different tasks. Dropping the
    /// write half shuts down the direction of writing.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        super::owned::split(self)
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Real(stream) => Pin::new(stream).poll_read(cx, buf),
            Simulated(stream) => stream.poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Real(stream) => Pin::new(stream).poll_write(cx, buf),
            Simulated(stream) => stream.poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Real(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Simulated(stream) => stream.poll_write(cx, ready::first_not_empty(bufs)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Real(stream) => stream.is_write_vectored(),
            Simulated(_) => false,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Neither side of TCP has anything to flush here.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Real(stream) => Pin::new(stream).poll_shutdown(cx),
            Simulated(stream) => stream.poll_shutdown(cx),
        }
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Real(stream) => stream.fmt(f),
            Simulated(stream) => stream.fmt(f),
        }
    }
}
