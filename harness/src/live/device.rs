//! Reads and writes the packets of a real host.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;

use super::{Incoming, Outgoing, frame};
use crate::net::Packet;

/// The descriptors of a real host. None of them blocks.
#[derive(Debug)]
pub struct Attached {
    /// A TUN device: each read is an IPv4 packet of the host, each write is one that it receives.
    pub device: OwnedFd,
    /// A packet socket: each read is an IPv4 packet on any interface of the host.
    pub loopback: OwnedFd,
    /// Becomes readable when the host's program has ended.
    pub ending: OwnedFd,
}

/// A real host's device in a running simulation.
#[derive(Debug)]
pub(crate) struct Device {
    device: AsyncFd<File>,
    loopback: AsyncFd<File>,
    ending: AsyncFd<OwnedFd>,
    own: Vec<Ipv4Addr>,
    over: bool,
    /// The last packet on the loopback interface, where each is seen going out and coming in.
    glimpsed: Option<Packet>,
    buffer: Box<[u8]>,
}

impl Device {
    /// Takes over the descriptors of a host with these addresses. Needs a runtime with I/O.
    pub(crate) fn new(attached: Attached, own: Vec<Ipv4Addr>) -> io::Result<Self> {
        Ok(Self {
            device: watch(File::from(attached.device))?,
            loopback: watch(File::from(attached.loopback))?,
            ending: watch(attached.ending)?,
            own,
            over: false,
            glimpsed: None,
            buffer: vec![0; 64 * 1024].into_boxed_slice(),
        })
    }

    /// What comes next. Once [`Incoming::Over`] came there may still be packets.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        // First what stayed on the host: a program that fails there goes on to something else.
        while let Poll::Ready(length) = poll_read(&self.loopback, cx, &mut self.buffer) {
            if let Some(Incoming::Segment(packet)) = frame::parse(&self.buffer[..length])
                && self.stays(&packet)
                && self.glimpsed.as_ref() != Some(&packet)
            {
                self.glimpsed = Some(packet.clone());
                return Poll::Ready(Incoming::Loopback(packet));
            }
        }
        while let Poll::Ready(length) = poll_read(&self.device, cx, &mut self.buffer) {
            if let Some(incoming) = frame::parse(&self.buffer[..length]) {
                return Poll::Ready(incoming);
            }
        }
        if self.over {
            return Poll::Pending;
        }
        let _readable = ready!(self.ending.poll_read_ready(cx));
        self.over = true;
        Poll::Ready(Incoming::Over)
    }

    /// Whether a packet is between two addresses of the host.
    fn stays(&self, packet: &Packet) -> bool {
        let own = |address: &Ipv4Addr| address.is_loopback() || self.own.contains(address);
        own(packet.src.ip()) && own(packet.dst.ip())
    }

    /// Hands the host a packet.
    pub(crate) fn send(&mut self, outgoing: &Outgoing) {
        let bytes = frame::write(outgoing);
        if let Err(error) = self.device.get_ref().write_all(&bytes) {
            tracing::warn!(%error, "a packet could not be handed to the real host");
        }
    }
}

/// Lets the runtime tell when a descriptor is readable.
fn watch<D: AsRawFd>(descriptor: D) -> io::Result<AsyncFd<D>> {
    #[expect(
        deprecated,
        reason = "deprecated for types whose descriptor may change; files own theirs for good"
    )]
    AsyncFd::new(descriptor)
}

/// Reads one packet. A descriptor that fails, because its host is gone, has nothing more.
fn poll_read(from: &AsyncFd<File>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<usize> {
    loop {
        let Ok(mut guard) = ready!(from.poll_read_ready(cx)) else { return Poll::Pending };
        match guard.try_io(|file| file.get_ref().read(buffer)) {
            Ok(Ok(length)) => return Poll::Ready(length),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a real host is gone");
                guard.clear_ready();
                return Poll::Pending;
            }
            Err(_would_block) => {}
        }
    }
}
