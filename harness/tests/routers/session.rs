//! An FTP control connection through a router, with two ends that count as TCP does.

use std::net::SocketAddrV4;

use bytes::Bytes;
use pasvlab_harness::net::router::StatefulRouter;
use pasvlab_harness::net::{Action, Flags, Packet, Reason, Side};

use crate::ground::passed;
use crate::script::{Script, socket};

/// One end of it.
#[derive(Debug, Clone)]
struct End {
    /// Where it is.
    side: Side,
    /// Its own address.
    own: SocketAddrV4,
    /// The other end, as this one sees it.
    peer: SocketAddrV4,
    /// The number of the next byte that it sends.
    next: u32,
    /// The number of the next byte that it receives.
    awaited: u32,
}

/// Both ends. Whatever one of them says has to arrive at the other without a gap, from the address
/// that it knows, and has to acknowledge what it sent itself.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    client: End,
    server: End,
}

/// Who sends a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Client,
    Server,
}

/// Who opens a connection to whom: sides and addresses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dial<'a> {
    pub(crate) from: (Side, &'a str),
    /// What it dials.
    pub(crate) to: &'a str,
    /// Who accepts.
    pub(crate) real: (Side, &'a str),
}

impl Session {
    /// Opens a connection; the ends count from different numbers.
    #[track_caller]
    pub(crate) fn open(router: &mut Script<StatefulRouter>, dial: Dial<'_>) -> Self {
        Self::counting(router, dial, 1000, 5000)
    }

    /// Opens a connection whose first bytes have these numbers.
    #[track_caller]
    pub(crate) fn counting(
        router: &mut Script<StatefulRouter>,
        dial: Dial<'_>,
        commands: u32,
        replies: u32,
    ) -> Self {
        let Dial { from: (side, own), to, real: (real_side, real) } = dial;
        let (own, peer) = (socket(own), socket(to));
        let syn = Packet { seq: commands.wrapping_sub(1), ..Packet::bare(own, peer, Flags::SYN) };
        let (to, arrived) = passed(router.feed(side, syn));
        assert_eq!((to, arrived.dst), (real_side, socket(real)), "the SYN arrives elsewhere");
        let client = End { side, own, peer, next: commands, awaited: replies };
        let server = End {
            side: real_side,
            own: arrived.dst,
            peer: arrived.src,
            next: replies,
            awaited: commands,
        };
        let mut answer = Packet::bare(server.own, server.peer, Flags::SYN_ACK);
        (answer.seq, answer.ack) = (replies.wrapping_sub(1), commands);
        let (to, arrived) = passed(router.feed(real_side, answer));
        assert_eq!((to, arrived.src, arrived.dst), (side, peer, own), "the SYN+ACK is lost");
        Self { client, server }
    }

    /// The client's address as the server sees it.
    pub(crate) fn client_seen_as(&self) -> SocketAddrV4 {
        self.server.peer
    }

    /// The client sends a segment; returns what the server receives.
    #[track_caller]
    pub(crate) fn client_says(
        &mut self,
        router: &mut Script<StatefulRouter>,
        text: impl Into<Bytes>,
    ) -> Bytes {
        self.tells(router, By::Client, text).expect("it arrives")
    }

    /// The server sends a segment; returns what the client receives.
    #[track_caller]
    pub(crate) fn server_says(
        &mut self,
        router: &mut Script<StatefulRouter>,
        text: impl Into<Bytes>,
    ) -> Bytes {
        self.tells(router, By::Server, text).expect("it arrives")
    }

    /// Sends a segment. If it is dropped, its sender has not sent it and may say it again.
    #[track_caller]
    pub(crate) fn tells(
        &mut self,
        router: &mut Script<StatefulRouter>,
        by: By,
        text: impl Into<Bytes>,
    ) -> Result<Bytes, Reason> {
        let (from, to) = match by {
            By::Client => (&mut self.client, &mut self.server),
            By::Server => (&mut self.server, &mut self.client),
        };
        let mut packet = Packet::bare(from.own, from.peer, Flags::ACK);
        (packet.seq, packet.ack) = (from.next, from.awaited);
        packet.payload = text.into();
        let length = packet.payload.len() as u32;
        let (side, arrived) = match router.feed(from.side, packet) {
            Action::Drop(reason) => return Err(reason),
            action => passed(action),
        };
        assert_eq!((side, arrived.src, arrived.dst), (to.side, to.peer, to.own));
        assert_eq!(arrived.seq, to.awaited, "a gap in what arrives");
        assert_eq!(arrived.ack, to.next, "not what was sent is acknowledged");
        from.next = from.next.wrapping_add(length);
        to.awaited = to.awaited.wrapping_add(arrived.payload.len() as u32);
        Ok(arrived.payload)
    }
}
