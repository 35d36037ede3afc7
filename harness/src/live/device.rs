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
    /// A packet from the device that waits for those that stayed on the host before it was sent.
    held: Option<Incoming>,
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
            held: None,
            buffer: vec![0; 64 * 1024].into_boxed_slice(),
        })
    }

    /// What comes next. Once [`Incoming::Over`] came there may still be packets.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        while self.held.is_none()
            && let Poll::Ready(length) = poll_read(&self.device, cx, &mut self.buffer)
        {
            self.held = frame::parse(&self.buffer[..length]);
        }
        // First what stayed on the host: a program that fails there goes on to something else.
        while let Some(length) = self.read_loopback(cx) {
            if let Some(Incoming::Segment(packet)) = frame::parse(&self.buffer[..length])
                && self.stays(&packet)
                && self.glimpsed.as_ref() != Some(&packet)
            {
                self.glimpsed = Some(packet.clone());
                return Poll::Ready(Incoming::Loopback(packet));
            }
        }
        if let Some(incoming) = self.held.take() {
            return Poll::Ready(incoming);
        }
        if self.over {
            return Poll::Pending;
        }
        let _readable = ready!(self.ending.poll_read_ready(cx));
        self.over = true;
        Poll::Ready(Incoming::Over)
    }

    /// Reads a packet that stayed on the host, also if the runtime has not noticed yet that there is
    /// one: it may know of a later one on the device.
    fn read_loopback(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        if let Ok(length) = self.loopback.get_ref().read(&mut self.buffer) {
            return Some(length);
        }
        match poll_read(&self.loopback, cx, &mut self.buffer) {
            Poll::Ready(length) => Some(length),
            Poll::Pending => None,
        }
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::SocketAddrV4;
    use std::os::unix::net::UnixDatagram;

    use bytes::Bytes;

    use super::*;
    use crate::net::Flags;
    use crate::net::wire::{self, Ip};

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);

    fn syn(to: Ipv4Addr, port: u16) -> Vec<u8> {
        let packet = Packet {
            src: SocketAddrV4::new(OWN, 40_000),
            dst: SocketAddrV4::new(to, port),
            seq: 0,
            ack: 0,
            flags: Flags::SYN,
            window: 65535,
            payload: Bytes::new(),
            consumer: None,
        };
        wire::segment(&packet, Ip { ttl: 64, identification: 0 })
    }

    /// Two ends of which the second does not block.
    fn pair() -> (UnixDatagram, OwnedFd) {
        let (ours, theirs) = UnixDatagram::pair().expect("a pair of sockets");
        theirs.set_nonblocking(true).expect("a socket");
        (ours, theirs.into())
    }

    #[test]
    fn what_stayed_on_the_host_comes_before_what_left_it_later() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let (device, loopback, ending) = (pair(), pair(), pair());
            let attached = Attached { device: device.1, loopback: loopback.1, ending: ending.1 };
            let mut host = Device::new(attached, vec![OWN]).expect("descriptors");
            let sent = |to: &UnixDatagram, packet: Vec<u8>| to.send(&packet).expect("sent");
            let server = Ipv4Addr::new(192, 0, 2, 1);
            sent(&device.0, syn(server, 21));
            let mut seen = Vec::new();
            for next in 0..3 {
                match poll_fn(|cx| host.poll_next(cx)).await {
                    Incoming::Segment(packet) => seen.push(("device", packet.dst.port())),
                    Incoming::Loopback(packet) => seen.push(("loopback", packet.dst.port())),
                    other => panic!("{other:?}"),
                }
                if next == 0 {
                    // The runtime knows of the device that it is readable, and of the other nothing.
                    sent(&loopback.0, syn(Ipv4Addr::LOCALHOST, 8192));
                    sent(&device.0, syn(server, 8193));
                }
            }
            assert_eq!(seen, [("device", 21), ("loopback", 8192), ("device", 8193)]);
        });
    }
}
