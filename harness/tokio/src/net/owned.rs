//! The halves of a `TcpStream` which own it together.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use real::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use real::net::tcp as real_tcp;

use super::ready;
use super::split::{half_methods, read_half, write_half};
use super::stream::{Side, TcpStream};
use crate::sim::Stream;

/// Owned read half of a [`TcpStream`]; made by [`TcpStream::into_split`].
///
/// Unlike the half of the real tokio it does not lend out its stream with
/// `AsRef`.
#[derive(Debug)]
pub struct OwnedReadHalf(Read);

#[derive(Debug)]
enum Read {
    Real(real_tcp::OwnedReadHalf),
    Simulated(Arc<dyn Stream>),
}

/// Owned write half of a [`TcpStream`]; made by [`TcpStream::into_split`].
///
/// Dropping it shuts down the direction of writing, except after
/// [`forget`](OwnedWriteHalf::forget). Unlike the half of the real tokio it does
/// not lend out its stream with `AsRef`.
#[derive(Debug)]
pub struct OwnedWriteHalf(Write);

#[derive(Debug)]
enum Write {
    Real(real_tcp::OwnedWriteHalf),
    Simulated(Closing),
}

/// A simulated stream whose direction of writing is shut down on drop.
#[derive(Debug)]
struct Closing {
    stream: Arc<dyn Stream>,
    shutdown_on_drop: bool,
}

impl Deref for Closing {
    type Target = dyn Stream;

    fn deref(&self) -> &Self::Target {
        &*self.stream
    }
}

impl Closing {
    /// In place of the method of the stream, which stays within reach through
    /// `deref`: a direction shut down once needs no second time.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.stream.poll_shutdown(cx);
        if let Poll::Ready(Ok(())) = result {
            self.shutdown_on_drop = false;
        }
        result
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if self.shutdown_on_drop {
            // There is nobody to tell of an error, as with a real half.
            let _ = self.stream.poll_shutdown(&mut Context::from_waker(Waker::noop()));
        }
    }
}

pub(super) fn split(stream: TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    match stream.0 {
        Side::Real(stream) => {
            let (read, write) = stream.into_split();
            (OwnedReadHalf(Read::Real(read)), OwnedWriteHalf(Write::Real(write)))
        }
        Side::Simulated(stream) => {
            let write = Closing { stream: Arc::clone(&stream), shutdown_on_drop: true };
            (OwnedReadHalf(Read::Simulated(stream)), OwnedWriteHalf(Write::Simulated(write)))
        }
    }
}

fn reunite(read: OwnedReadHalf, write: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
    match (read.0, write.0) {
        (Read::Real(read), Write::Real(write)) => read.reunite(write).map(TcpStream::real).map_err(
            |real_tcp::ReuniteError(read, write)| {
                ReuniteError(OwnedReadHalf(Read::Real(read)), OwnedWriteHalf(Write::Real(write)))
            },
        ),
        (Read::Simulated(read), Write::Simulated(mut write))
            if Arc::ptr_eq(&read, &write.stream) =>
        {
            write.shutdown_on_drop = false;
            Ok(TcpStream(Side::Simulated(read)))
        }
        (read, write) => Err(ReuniteError(OwnedReadHalf(read), OwnedWriteHalf(write))),
    }
}

/// Error indicating that two halves were not from the same socket, and thus
/// could not be reunited. It gives them back.
#[derive(Debug)]
pub struct ReuniteError(
    /// The read half.
    pub OwnedReadHalf,
    /// The write half.
    pub OwnedWriteHalf,
);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tried to reunite halves that are not from the same socket")
    }
}

impl Error for ReuniteError {}

read_half!(OwnedReadHalf, Read);
write_half!(OwnedWriteHalf, Write);

impl OwnedReadHalf {
    /// Puts the halves of one stream together again.
    ///
    /// # Errors
    ///
    /// When they come from different streams.
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        reunite(self, other)
    }
}

impl OwnedWriteHalf {
    /// Puts the halves of one stream together again.
    ///
    /// # Errors
    ///
    /// When they come from different streams.
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
        reunite(other, self)
    }

    /// Drops the half without shutting down the direction of writing.
    pub fn forget(self) {
        match self.0 {
            Write::Real(half) => half.forget(),
            Write::Simulated(mut stream) => stream.shutdown_on_drop = false,
        }
    }
}
