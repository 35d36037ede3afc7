//! What the simulated sides of the sockets share: attempts which do not wait,
//! readiness, and a file descriptor to show.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::task::{Context, Poll, Waker};

use real::io::{Interest, ReadBuf, Ready};

use crate::sim::{Datagram, Stream};

/// Polls once without waiting; not ready is [`io::ErrorKind::WouldBlock`].
pub(super) fn attempt<T>(
    poll: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> io::Result<T> {
    match poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// Runs `read` on a buffer over `bytes` and returns how much it filled.
pub(super) fn counted<T>(
    bytes: &mut [u8],
    read: impl FnOnce(&mut ReadBuf<'_>) -> Poll<io::Result<T>>,
) -> Poll<io::Result<(usize, T)>> {
    let mut buf = ReadBuf::new(bytes);
    read(&mut buf).map_ok(|value| (buf.filled().len(), value))
}

/// Runs `read` on memory which nothing has initialised, and appends what it
/// filled to `target`: the memory of a `BufMut` itself cannot be lent out
/// without `unsafe`, and initialising it would cost more than this copy.
#[cfg(feature = "io-util")]
pub(super) fn appended<T, B: bytes::BufMut>(
    target: &mut B,
    read: impl FnOnce(&mut ReadBuf<'_>) -> Poll<io::Result<T>>,
) -> Poll<io::Result<(usize, T)>> {
    // More than a datagram can hold, and enough for one read of a stream.
    const MOST: usize = 64 * 1024;
    let mut memory = Vec::with_capacity(target.chunk_mut().len().min(MOST));
    let mut buf = ReadBuf::uninit(memory.spare_capacity_mut());
    read(&mut buf).map_ok(|value| {
        target.put_slice(buf.filled());
        (buf.filled().len(), value)
    })
}

/// Whether a read of `stream` would return, and if so how. An error is left for
/// the read to report.
fn readable(stream: &dyn Stream, cx: &mut Context<'_>) -> Poll<Ready> {
    let mut byte = [MaybeUninit::uninit()];
    stream.poll_peek(cx, &mut ReadBuf::uninit(&mut byte)).map(|peeked| match peeked {
        Ok(0) => Ready::READABLE | Ready::READ_CLOSED,
        Ok(_) => Ready::READABLE,
        Err(_) => Ready::READABLE | Ready::ERROR,
    })
}

/// Waits until a read of `stream` would return.
pub(super) fn poll_read_ready(stream: &dyn Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    readable(stream, cx).map(|_| Ok(()))
}

/// Waits for any of `interest` on `stream`.
pub(super) fn poll_ready(
    stream: &dyn Stream,
    interest: Interest,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Ready>> {
    either(interest, cx, |cx| readable(stream, cx), |cx| stream.poll_write_ready(cx))
}

/// Waits until a receive on `socket` would return.
pub(super) fn poll_recv_ready(socket: &dyn Datagram, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    let mut byte = [MaybeUninit::uninit()];
    socket.poll_peek_from(cx, &mut ReadBuf::uninit(&mut byte)).map(|_| Ok(()))
}

/// Waits for any of `interest` on `socket`.
pub(super) fn poll_datagram_ready(
    socket: &dyn Datagram,
    interest: Interest,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Ready>> {
    either(
        interest,
        cx,
        |cx| poll_recv_ready(socket, cx).map(|_| Ready::READABLE),
        |cx| socket.poll_send_ready(cx),
    )
}

/// Both directions are polled even when the first is ready, so that the caller
/// learns of everything which is.
fn either(
    interest: Interest,
    cx: &mut Context<'_>,
    read: impl FnOnce(&mut Context<'_>) -> Poll<Ready>,
    write: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<()>>,
) -> Poll<io::Result<Ready>> {
    let mut ready = Ready::EMPTY;
    if interest.is_readable()
        && let Poll::Ready(how) = read(cx)
    {
        ready |= how;
    }
    if interest.is_writable()
        && let Poll::Ready(result) = write(cx)
    {
        result?;
        ready |= Ready::WRITABLE;
    }
    if ready.is_empty() { Poll::Pending } else { Poll::Ready(Ok(ready)) }
}

/// The error for what needs an operating system's socket.
pub(super) fn unsupported(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("{what}: this socket is simulated, and has no counterpart in the operating system"),
    )
}

/// The descriptor which simulated sockets show to code that insists on one: an
/// open `/dev/null`, shared by all and never closed. Being a file the program
/// really holds, it can be borrowed without `unsafe`; not being a socket, it
/// makes every socket option set through it fail rather than reach some other
/// connection.
#[cfg(unix)]
pub(super) fn no_descriptor() -> &'static std::fs::File {
    static NULL: std::sync::OnceLock<std::fs::File> = std::sync::OnceLock::new();
    NULL.get_or_init(|| {
        std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")
            .expect("/dev/null can be opened")
    })
}

/// Reads from `stream` without waiting.
pub(super) fn try_read(stream: &dyn Stream, buf: &mut [u8]) -> io::Result<usize> {
    let (read, ()) = attempt(|cx| counted(buf, |buf| stream.poll_read(cx, buf)))?;
    Ok(read)
}

/// Reads from `stream` without waiting and appends to `buf`.
#[cfg(feature = "io-util")]
pub(super) fn try_read_buf<B: bytes::BufMut>(
    stream: &dyn Stream,
    buf: &mut B,
) -> io::Result<usize> {
    let (read, ()) = attempt(|cx| appended(buf, |buf| stream.poll_read(cx, buf)))?;
    Ok(read)
}

/// The first buffer which is not empty, or an empty one.
pub(super) fn first_not_empty<'a>(bufs: &'a [IoSlice<'_>]) -> &'a [u8] {
    bufs.iter().find(|buf| !buf.is_empty()).map_or(&[], |buf| buf)
}

/// The first buffer which has room, or one which has none.
pub(super) fn first_with_room<'a>(bufs: &'a mut [IoSliceMut<'_>]) -> &'a mut [u8] {
    bufs.iter_mut().find(|buf| !buf.is_empty()).map_or(&mut [], |buf| buf)
}
