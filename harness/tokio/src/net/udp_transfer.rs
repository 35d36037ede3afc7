//! Sending and receiving with `UdpSocket`: the methods which wait and those
//! which do not, on top of its `poll_…` methods for a simulated socket.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;

use real::io::ReadBuf;

use super::addr::{ToSocketAddrs, to_socket_addrs};
#[cfg(feature = "io-util")]
use super::ready::appended;
use super::ready::{attempt, counted};
use super::udp::Side::{Real, Simulated};
use super::udp::UdpSocket;

impl UdpSocket {
    /// Sends to the peer fixed by [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// As for [`poll_send`](Self::poll_send).
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.send(buf).await,
            Simulated(_) => poll_fn(|cx| self.poll_send(cx, buf)).await,
        }
    }

    /// Sends to the peer without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a send.
    pub fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.try_send(buf),
            Simulated(_) => attempt(|cx| self.poll_send(cx, buf)),
        }
    }

    /// Sends to the first address of `addr`.
    ///
    /// # Errors
    ///
    /// Those of a send; [`InvalidInput`](io::ErrorKind::InvalidInput) when there
    /// is no address.
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], addr: A) -> io::Result<usize> {
        let target = to_socket_addrs(addr).await?.next().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "no addresses to send data to")
        })?;
        match &self.0 {
            Real(socket) => socket.send_to(buf, target).await,
            Simulated(socket) => poll_fn(|cx| socket.poll_send_to(cx, buf, target)).await,
        }
    }

    /// Sends to `target` without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a send.
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.try_send_to(buf, target),
            Simulated(socket) => attempt(|cx| socket.poll_send_to(cx, buf, target)),
        }
    }

    /// Receives one datagram.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.recv(buf).await,
            Simulated(_) => Ok(self.recv_from(buf).await?.0),
        }
    }

    /// Receives one datagram without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a receive.
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.try_recv(buf),
            Simulated(_) => Ok(self.try_recv_from(buf)?.0),
        }
    }

    /// Receives one datagram and tells its sender.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        match &self.0 {
            Real(socket) => socket.recv_from(buf).await,
            Simulated(socket) => {
                let mut buf = ReadBuf::new(buf);
                let sender = poll_fn(|cx| socket.poll_recv_from(cx, &mut buf)).await?;
                Ok((buf.filled().len(), sender))
            }
        }
    }

    /// Receives one datagram without waiting and tells its sender.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a receive.
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        match &self.0 {
            Real(socket) => socket.try_recv_from(buf),
            Simulated(socket) => attempt(|cx| counted(buf, |buf| socket.poll_recv_from(cx, buf))),
        }
    }

    /// Receives one datagram and appends it to `buf`.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    #[cfg(feature = "io-util")]
    pub async fn recv_buf<B: bytes::BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.recv_buf(buf).await,
            Simulated(_) => Ok(self.recv_buf_from(buf).await?.0),
        }
    }

    /// Receives one datagram without waiting and appends it to `buf`.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a receive.
    #[cfg(feature = "io-util")]
    pub fn try_recv_buf<B: bytes::BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.try_recv_buf(buf),
            Simulated(_) => Ok(self.try_recv_buf_from(buf)?.0),
        }
    }

    /// Receives one datagram, appends it to `buf` and tells its sender.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    #[cfg(feature = "io-util")]
    pub async fn recv_buf_from<B: bytes::BufMut>(
        &self,
        buf: &mut B,
    ) -> io::Result<(usize, SocketAddr)> {
        match &self.0 {
            Real(socket) => socket.recv_buf_from(buf).await,
            Simulated(socket) => {
                poll_fn(|cx| appended(buf, |buf| socket.poll_recv_from(cx, buf))).await
            }
        }
    }

    /// Receives one datagram without waiting, appends it to `buf` and tells its
    /// sender.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a receive.
    #[cfg(feature = "io-util")]
    pub fn try_recv_buf_from<B: bytes::BufMut>(
        &self,
        buf: &mut B,
    ) -> io::Result<(usize, SocketAddr)> {
        match &self.0 {
            Real(socket) => socket.try_recv_buf_from(buf),
            Simulated(socket) => attempt(|cx| appended(buf, |buf| socket.poll_recv_from(cx, buf))),
        }
    }

    /// Copies one datagram without consuming it.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.peek(buf).await,
            Simulated(_) => Ok(self.peek_from(buf).await?.0),
        }
    }

    /// Copies one datagram without waiting and without consuming it.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a receive.
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Real(socket) => socket.try_peek(buf),
            Simulated(_) => Ok(self.try_peek_from(buf)?.0),
        }
    }

    /// Copies one datagram without consuming it and tells its sender.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        match &self.0 {
            Real(socket) => socket.peek_from(buf).await,
            Simulated(socket) => {
                let mut buf = ReadBuf::new(buf);
                let sender = poll_fn(|cx| socket.poll_peek_from(cx, &mut buf)).await?;
                Ok((buf.filled().len(), sender))
            }
        }
    }

    /// Copies one datagram without waiting and without consuming it, and tells
    /// its sender.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a receive.
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        match &self.0 {
            Real(socket) => socket.try_peek_from(buf),
            Simulated(socket) => attempt(|cx| counted(buf, |buf| socket.poll_peek_from(cx, buf))),
        }
    }

    /// Tells the sender of the next datagram without consuming it.
    ///
    /// # Errors
    ///
    /// Those of a receive.
    pub async fn peek_sender(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Real(socket) => socket.peek_sender().await,
            Simulated(_) => poll_fn(|cx| self.poll_peek_sender(cx)).await,
        }
    }

    /// Tells the sender of the next datagram without waiting and without
    /// consuming it.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or those of a receive.
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Real(socket) => socket.try_peek_sender(),
            Simulated(_) => attempt(|cx| self.poll_peek_sender(cx)),
        }
    }
}
