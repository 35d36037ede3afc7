//! The halves of a `TcpStream` which borrow it, and what they share with the
//! owned ones.

use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use real::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};

use super::ready;
use super::stream::{Side, TcpStream};
use crate::sim::Stream;

/// Borrowed read half of a [`TcpStream`]; made by [`TcpStream::split`].
///
/// Unlike the half of the real tokio it does not lend out its stream with
/// `AsRef`.
#[derive(Debug)]
pub struct ReadHalf<'a>(Read<'a>);

#[derive(Debug)]
enum Read<'a> {
    Real(real::net::tcp::ReadHalf<'a>),
    Simulated(&'a dyn Stream),
}

/// Borrowed write half of a [`TcpStream`]; made by [`TcpStream::split`].
///
/// Unlike the half of the real tokio it does not lend out its stream with
/// `AsRef`.
#[derive(Debug)]
pub struct WriteHalf<'a>(Write<'a>);

#[derive(Debug)]
enum Write<'a> {
    Real(real::net::tcp::WriteHalf<'a>),
    Simulated(&'a dyn Stream),
}

pub(super) fn split(stream: &mut TcpStream) -> (ReadHalf<'_>, WriteHalf<'_>) {
    match &mut stream.0 {
        Side::Real(stream) => {
            let (read, write) = stream.split();
            (ReadHalf(Read::Real(read)), WriteHalf(Write::Real(write)))
        }
        Side::Simulated(stream) => {
            (ReadHalf(Read::Simulated(&**stream)), WriteHalf(Write::Simulated(&**stream)))
        }
    }
}

/// What both kinds of half have, given the enum which says whose stream it is.
macro_rules! half_methods {
    ($side:ident) => {
        /// Waits for any of `interest`.
        ///
        /// # Errors
        ///
        /// When the runtime is shutting down.
        pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
            match &self.0 {
                $side::Real(half) => half.ready(interest).await,
                $side::Simulated(stream) => {
                    poll_fn(|cx| ready::poll_ready(&**stream, interest, cx)).await
                }
            }
        }

        /// The address of the other end.
        ///
        /// # Errors
        ///
        /// [`NotConnected`](io::ErrorKind::NotConnected).
        pub fn peer_addr(&self) -> io::Result<SocketAddr> {
            match &self.0 {
                $side::Real(half) => half.peer_addr(),
                $side::Simulated(stream) => stream.peer_addr(),
            }
        }

        /// The address of this end.
        ///
        /// # Errors
        ///
        /// When the socket is gone.
        pub fn local_addr(&self) -> io::Result<SocketAddr> {
            match &self.0 {
                $side::Real(half) => half.local_addr(),
                $side::Simulated(stream) => stream.local_addr(),
            }
        }
    };
}

/// What the borrowed and the owned read half have in common.
macro_rules! read_half {
    ($half:ty, $side:ident) => {
        impl $half {
            half_methods!($side);

            /// Copies what a read would return without consuming it.
            ///
            /// # Errors
            ///
            /// Those of a read.
            pub fn poll_peek(
                &mut self,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<usize>> {
                match &mut self.0 {
                    $side::Real(half) => half.poll_peek(cx, buf),
                    $side::Simulated(stream) => stream.poll_peek(cx, buf),
                }
            }

            /// Copies up to `buf.len()` bytes without consuming them.
            ///
            /// # Errors
            ///
            /// Those of a read.
            pub async fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                let mut buf = ReadBuf::new(buf);
                poll_fn(|cx| self.poll_peek(cx, &mut buf)).await
            }

            /// Waits until a read would return.
            ///
            /// # Errors
            ///
            /// When the runtime is shutting down.
            pub async fn readable(&self) -> io::Result<()> {
                self.ready(Interest::READABLE).await.map(drop)
            }

            /// Reads without waiting.
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a read.
            pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                match &self.0 {
                    $side::Real(half) => half.try_read(buf),
                    $side::Simulated(stream) => ready::try_read(&**stream, buf),
                }
            }

            /// Reads without waiting; a simulated stream fills the first buffer
            /// which has room.
            ///
            /// # Errors
            ///
            /// As for [`try_read`](Self::try_read).
            pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                match &self.0 {
                    $side::Real(half) => half.try_read_vectored(bufs),
                    $side::Simulated(stream) => {
                        ready::try_read(&**stream, ready::first_with_room(bufs))
                    }
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
                    $side::Real(half) => half.try_read_buf(buf),
                    $side::Simulated(stream) => ready::try_read_buf(&**stream, buf),
                }
            }
        }

        impl AsyncRead for $half {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match &mut self.get_mut().0 {
                    $side::Real(half) => Pin::new(half).poll_read(cx, buf),
                    $side::Simulated(stream) => stream.poll_read(cx, buf),
                }
            }
        }
    };
}

/// What the borrowed and the owned write half have in common.
macro_rules! write_half {
    ($half:ty, $side:ident) => {
        impl $half {
            half_methods!($side);

            /// Waits until a write might succeed.
            ///
            /// # Errors
            ///
            /// When the runtime is shutting down.
            pub async fn writable(&self) -> io::Result<()> {
                self.ready(Interest::WRITABLE).await.map(drop)
            }

            /// Writes without waiting.
            ///
            /// # Errors
            ///
            /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a write.
            pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                match &self.0 {
                    $side::Real(half) => half.try_write(buf),
                    $side::Simulated(stream) => ready::attempt(|cx| stream.poll_write(cx, buf)),
                }
            }

            /// Writes without waiting; a simulated stream takes the first buffer
            /// which is not empty.
            ///
            /// # Errors
            ///
            /// As for [`try_write`](Self::try_write).
            pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
                match &self.0 {
                    $side::Real(half) => half.try_write_vectored(bufs),
                    $side::Simulated(_) => self.try_write(ready::first_not_empty(bufs)),
                }
            }
        }

        impl AsyncWrite for $half {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                match &mut self.get_mut().0 {
                    $side::Real(half) => Pin::new(half).poll_write(cx, buf),
                    $side::Simulated(stream) => stream.poll_write(cx, buf),
                }
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match &mut self.get_mut().0 {
                    $side::Real(half) => Pin::new(half).poll_write_vectored(cx, bufs),
                    $side::Simulated(stream) => stream.poll_write(cx, ready::first_not_empty(bufs)),
                }
            }

            fn is_write_vectored(&self) -> bool {
                match &self.0 {
                    $side::Real(half) => half.is_write_vectored(),
                    $side::Simulated(_) => false,
                }
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match &mut self.get_mut().0 {
                    $side::Real(half) => Pin::new(half).poll_shutdown(cx),
                    $side::Simulated(stream) => stream.poll_shutdown(cx),
                }
            }
        }
    };
}

pub(super) use {half_methods, read_half, write_half};

read_half!(ReadHalf<'_>, Read);
write_half!(WriteHalf<'_>, Write);
