//! The part of a firewall that reads and rewrites FTP control connections (an FTP helper, an ALG).
//!
//! Modelled on Linux: `net/netfilter/nf_conntrack_ftp.c` reads, `nf_nat_ftp.c` rewrites,
//! `nf_conntrack_seqadj.c` keeps the sequence numbers right. What an announcement leads to —
//! whether a data connection is expected, which address and port are written instead — is for the
//! router.
//!
//! For each segment of a control connection, of both directions and also without payload:
//!
//! 1. [`Conversation::read`], while the segment has its sender's own sequence numbers. After
//!    [`Finding::Partial`] the segment is dropped, and nothing else is done with it.
//! 2. [`Conversation::rewrite`], if it announces something and is to announce something else.
//! 3. [`Conversation::adjust`], exactly once.
//!
//! Three things are not as in Linux:
//!
//! - A line that begins as an announcement and then cannot be one (an octet of 300, `EPRT |2|` over
//!   IPv4, a 229 without a port) passes unread. Linux takes it for an incomplete one and drops it,
//!   each time that it is sent again.
//! - The first byte after SYN begins a line. Linux knows line beginnings by line ends only; no
//!   session begins with an announcement.
//! - `EPRT` and 229 keep the delimiter that their sender chose; Linux writes `|`. RFC 2428 section
//!   2 lets the sender choose.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::Range;

use pasvlab_scenarios::{DataCommand, FtpHelper};

use super::{Flags, Packet};

/// Which announcements a helper understands; the others are text like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Understands {
    /// `PORT` (RFC 959 section 4.1.2).
    pub port: bool,
    /// `EPRT` (RFC 2428 section 2).
    pub eprt: bool,
    /// The reply 227 to `PASV` (RFC 959 section 4.1.2).
    pub pasv: bool,
    /// The reply 229 to `EPSV` (RFC 2428 section 3).
    pub epsv: bool,
}

impl Understands {
    /// All four, as in Linux (`search` in `nf_conntrack_ftp.c`).
    pub const ALL: Self = Self { port: true, eprt: true, pasv: true, epsv: true };

    /// What a helper with these settings understands.
    #[must_use]
    pub fn of(helper: &FtpHelper) -> Self {
        let knows = |command| helper.understands.contains(&command);
        Self {
            port: knows(DataCommand::Port),
            eprt: knows(DataCommand::Eprt),
            pasv: knows(DataCommand::Pasv),
            epsv: knows(DataCommand::Epsv),
        }
    }

    fn includes(self, command: DataCommand) -> bool {
        match command {
            DataCommand::Port => self.port,
            DataCommand::Eprt => self.eprt,
            DataCommand::Pasv => self.pasv,
            DataCommand::Epsv => self.epsv,
        }
    }
}

/// Where a segment of a control connection goes. The client is who opened the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Commands.
    ToServer,
    /// Replies.
    ToClient,
}

impl Direction {
    fn back(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }

    /// What is announced in this direction: by commands the client's address, by replies the
    /// server's.
    fn announcements(self) -> [DataCommand; 2] {
        match self {
            Self::ToServer => [DataCommand::Port, DataCommand::Eprt],
            Self::ToClient => [DataCommand::Pasv, DataCommand::Epsv],
        }
    }
}

/// What one segment of a control connection says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing about a data connection: something else, not understood, malformed, encrypted, or
    /// not at the beginning of a line.
    Nothing,
    /// What may be the beginning of an announcement whose end is in the next segment. The packet is
    /// to be dropped, so that it is sent again in one piece (Linux: `NF_DROP` after
    /// "partial matching").
    Partial,
    /// A whole announcement.
    Announces(Announcement),
}

/// The address and port that one side of a control connection says it listens at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The command, or for [`DataCommand::Pasv`] and [`DataCommand::Epsv`] the reply to it.
    pub command: DataCommand,
    /// Address announced; none in a 229, which means the sender's (RFC 2428 section 3).
    pub address: Option<Ipv4Addr>,
    /// Port announced. In `PORT` and 227 it may be zero, as in Linux.
    pub port: u16,
    /// Bytes of the payload that hold address and port; in a 229 only the digits of the port.
    pub span: Range<usize>,
    /// What stands between address and port: a comma, or the delimiter that `EPRT` or the 229 uses.
    pub delimiter: char,
    /// Sequence number of the segment, as its sender counts.
    pub seq: u32,
}

impl Announcement {
    /// What stands in [`Self::span`] to announce another address and port.
    fn wording(&self, to: SocketAddrV4) -> String {
        match self.command {
            DataCommand::Port | DataCommand::Pasv => {
                let [a, b, c, d] = to.ip().octets();
                let [high, low] = to.port().to_be_bytes();
                format!("{a},{b},{c},{d},{high},{low}")
            }
            DataCommand::Eprt => format!("{}{}{}", to.ip(), self.delimiter, to.port()),
            DataCommand::Epsv => to.port().to_string(),
        }
    }
}

/// One control connection as the helper follows it.
///
/// One that is followed from the middle, without its SYN, is read from the first line end on that
/// it is seen in each direction.
#[derive(Debug, Clone)]
pub struct Conversation {
    understands: Understands,
    to_server: Way,
    to_client: Way,
}

/// One direction of it.
#[derive(Debug, Clone, Default)]
struct Way {
    lines: LineStarts,
    shift: Shift,
}

impl Conversation {
    /// A connection of which nothing has been seen.
    #[must_use]
    pub fn new(understands: Understands) -> Self {
        Self { understands, to_server: Way::default(), to_client: Way::default() }
    }

    /// Reads one segment, in the sequence space of its sender, and remembers where lines begin.
    ///
    /// Only a segment that begins with a line is looked at, and only its first line, as in Linux: a
    /// command sent together with the one before it is not seen. Encrypted records are nothing in
    /// particular. When clear text follows them (`CCC`, RFC 4217 section 5), a line has to end
    /// before the next one is read.
    pub fn read(&mut self, direction: Direction, packet: &Packet) -> Finding {
        let understands = self.understands;
        let lines = &mut self.way_mut(direction).lines;
        if packet.flags.syn {
            lines.learn(packet.seq.wrapping_add(1));
            return Finding::Nothing;
        }
        let begins_line = lines.known(packet.seq) && !packet.payload.is_empty();
        let finding =
            if begins_line { find(understands, direction, packet) } else { Finding::Nothing };
        // What is partial never ends in a line feed, so nothing is learnt from a dropped segment.
        if packet.payload.ends_with(b"\n") {
            lines.learn(packet.seq.wrapping_add(packet.payload.len() as u32));
        }
        finding
    }

    /// Puts another address and port into a segment that announces one, in place, and remembers by
    /// how much its length changed, for [`Self::adjust`].
    ///
    /// `announcement` is what [`Self::read`] found in this very segment. A segment that is sent
    /// again has to be given the same `to` again: that its length changed is counted once, when it
    /// is first seen (Linux: `nf_ct_seqadj_set`). The port is not zero, or the result announces
    /// nothing.
    pub fn rewrite(
        &mut self,
        direction: Direction,
        packet: &mut Packet,
        announcement: &Announcement,
        to: SocketAddrV4,
    ) {
        let Range { start, end } = announcement.span;
        let (Some(head), Some(tail)) = (packet.payload.get(..start), packet.payload.get(end..))
        else {
            return;
        };
        let payload = [head, announcement.wording(to).as_bytes(), tail].concat();
        let growth = (payload.len() as u32).wrapping_sub(packet.payload.len() as u32);
        packet.payload = payload.into();
        self.way_mut(direction).shift.record(announcement.seq, growth);
    }

    /// Shifts sequence and acknowledgement number by what was inserted or removed before them, from
    /// the numbers of the segment's sender to those of its receiver.
    ///
    /// For every segment that goes on, once; before or after [`Self::rewrite`] of the same segment
    /// is the same. A rewritten segment, and it again, is shifted only by what was changed before
    /// it; those after it also by its own change. An acknowledgement of it, in the other direction,
    /// becomes one of what the sender sent. As in Linux, only the latest two sums are known: a
    /// segment from before the last but one rewriting, sent again, gets wrong numbers.
    pub fn adjust(&self, direction: Direction, packet: &mut Packet) {
        packet.seq = self.way(direction).shift.sent(packet.seq);
        if packet.flags.ack {
            packet.ack = self.way(direction.back()).shift.acknowledged(packet.ack);
        }
    }

    fn way(&self, direction: Direction) -> &Way {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }

    fn way_mut(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }
}

/// Where the latest two lines begin, in their sender's sequence space (Linux: `seq_aft_nl`). The
/// last but one is kept for a segment that is sent again.
#[derive(Debug, Clone, Copy, Default)]
struct LineStarts([Option<u32>; 2]);

impl LineStarts {
    /// Linux: `find_nl_seq`.
    fn known(self, seq: u32) -> bool {
        self.0.contains(&Some(seq))
    }

    /// The older one is forgotten, unless the new one is older still (Linux: `update_nl_seq`).
    fn learn(&mut self, seq: u32) {
        if self.known(seq) {
            return;
        }
        let place = match self.0 {
            [None, _] => 0,
            [_, None] => 1,
            [Some(first), Some(second)] => {
                let (older, place) = if after(second, first) { (first, 0) } else { (second, 1) };
                if !after(seq, older) {
                    return;
                }
                place
            }
        };
        self.0[place] = Some(seq);
    }
}

/// By how much one direction's numbers differ behind the box (Linux: `struct nf_ct_seqadj`). Sums
/// are modulo 2^32, like sequence numbers (RFC 9293 section 3.4).
#[derive(Debug, Clone, Copy, Default)]
struct Shift {
    /// Where the segment rewritten last begins, in its sender's numbers.
    position: u32,
    /// Added up to there.
    before: u32,
    /// Added after it.
    after: u32,
}

impl Shift {
    /// A segment's length changed (Linux: `nf_ct_seqadj_set`).
    fn record(&mut self, seq: u32, growth: u32) {
        let first = self.before == self.after;
        if growth != 0 && (first || after(seq, self.position)) {
            self.position = seq;
            self.before = self.after;
            self.after = self.after.wrapping_add(growth);
        }
    }

    /// From the sender's number to the receiver's.
    fn sent(self, seq: u32) -> u32 {
        seq.wrapping_add(if after(seq, self.position) { self.after } else { self.before })
    }

    /// From the receiver's number back to the sender's.
    fn acknowledged(self, ack: u32) -> u32 {
        let beyond = after(ack.wrapping_sub(self.before), self.position);
        ack.wrapping_sub(if beyond { self.after } else { self.before })
    }
}

/// Whether one sequence number comes after another (RFC 9293 section 3.4).
fn after(one: u32, other: u32) -> bool {
    (other.wrapping_sub(one) as i32) < 0
}

/// What a helper would find in a line that is sealed, if it could be read: in `line` as the payload of a
/// segment of its own, as programs send it.
#[must_use]
pub fn would_find(
    understands: Understands,
    direction: Direction,
    line: &str,
) -> Option<Announcement> {
    let nowhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
    let payload = format!("{line}\r\n").into();
    let packet = Packet { payload, ..Packet::bare(nowhere, nowhere, Flags::ACK) };
    match find(understands, direction, &packet) {
        Finding::Announces(announcement) => Some(announcement),
        Finding::Nothing | Finding::Partial => None,
    }
}

/// Looks for an announcement at the beginning of a segment.
fn find(understands: Understands, direction: Direction, packet: &Packet) -> Finding {
    for command in direction.announcements().into_iter().filter(|c| understands.includes(*c)) {
        match announcement(command, packet) {
            Ok(announcement) => return Finding::Announces(announcement),
            Err(Unread::CutOff) => return Finding::Partial,
            Err(Unread::Otherwise) => {}
        }
    }
    Finding::Nothing
}

/// Why a text is not read as an announcement.
enum Unread {
    /// It ends before that can be said.
    CutOff,
    /// It is something else, or malformed.
    Otherwise,
}

type Reading<T> = Result<T, Unread>;

/// Reads one announcement, up to the byte that ends it: CR after `PORT`, the closing delimiter of
/// `EPRT` and 229, and in a 227, which has no end of its own, whatever is neither digit nor comma
/// (Linux: `search`, `try_number`, `get_port`).
fn announcement(command: DataCommand, packet: &Packet) -> Reading<Announcement> {
    let mut text = Text { bytes: &packet.payload, at: 0 };
    let (start, address, port, delimiter) = match command {
        DataCommand::Port => {
            text.word("PORT ")?;
            let start = text.at;
            let (address, port) = text.host_port()?;
            text.stands_before(b'\r')?;
            (start, Some(address), port, b',')
        }
        DataCommand::Pasv => {
            text.word("227 ")?;
            // "Must scan the reply for the first digit of the host and port numbers" (RFC 1123
            // section 4.1.2.6).
            text.skip_to(|byte| byte.is_ascii_digit())?;
            let start = text.at;
            let (address, port) = text.host_port()?;
            (start, Some(address), port, b',')
        }
        DataCommand::Eprt => {
            text.word("EPRT ")?;
            let delimiter = text.delimiter()?;
            text.byte(b'1')?;
            text.byte(delimiter)?;
            let start = text.at;
            let address = text.octets::<4>(b'.')?;
            text.byte(delimiter)?;
            (start, Some(address.into()), text.port(delimiter)?, delimiter)
        }
        DataCommand::Epsv => {
            text.word("229 ")?;
            text.skip_to(|byte| byte == b'(')?;
            text.byte(b'(')?;
            let delimiter = text.delimiter()?;
            text.byte(delimiter)?;
            text.byte(delimiter)?;
            (text.at, None, text.port(delimiter)?, delimiter)
        }
    };
    let (span, delimiter) = (start..text.at, char::from(delimiter));
    Ok(Announcement { command, address, port, span, delimiter, seq: packet.seq })
}

/// A segment's payload, read from the front. Whatever would go past its end is cut off.
struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Text<'_> {
    fn peek(&self) -> Reading<u8> {
        self.bytes.get(self.at).copied().ok_or(Unread::CutOff)
    }

    fn next_if(&mut self, wanted: impl Fn(u8) -> bool) -> Reading<u8> {
        let byte = self.peek()?;
        if !wanted(byte) {
            return Err(Unread::Otherwise);
        }
        self.at += 1;
        Ok(byte)
    }

    /// The next byte is this one; it is left where it is.
    fn stands_before(&self, wanted: u8) -> Reading<()> {
        if self.peek()? == wanted { Ok(()) } else { Err(Unread::Otherwise) }
    }

    /// Exactly this byte.
    fn byte(&mut self, wanted: u8) -> Reading<u8> {
        self.next_if(|byte| byte == wanted)
    }

    /// These letters, upper or lower case (RFC 959 section 5.3).
    fn word(&mut self, wanted: &str) -> Reading<()> {
        wanted.bytes().try_for_each(|letter| {
            self.next_if(|byte| byte.eq_ignore_ascii_case(&letter)).map(|_| ())
        })
    }

    /// Up to such a byte in this line.
    fn skip_to(&mut self, wanted: impl Fn(u8) -> bool) -> Reading<()> {
        while !wanted(self.peek()?) {
            self.next_if(|byte| byte != b'\n')?;
        }
        Ok(())
    }

    /// "One of the ASCII characters in range 33-126 inclusive" (RFC 2428 section 2), and for Linux
    /// not a digit.
    fn delimiter(&mut self) -> Reading<u8> {
        self.next_if(|byte| byte.is_ascii_graphic() && !byte.is_ascii_digit())
    }

    /// Digits up to something else; none are zero, as in Linux (`try_number`).
    fn number(&mut self, most: u16) -> Reading<u16> {
        let mut number = 0_u16;
        while self.peek()?.is_ascii_digit() {
            let digit = u16::from(self.peek()? - b'0');
            let longer = number.checked_mul(10).and_then(|tens| tens.checked_add(digit));
            number = longer.filter(|number| *number <= most).ok_or(Unread::Otherwise)?;
            self.at += 1;
        }
        Ok(number)
    }

    /// So many numbers of 0 to 255, and not one more.
    fn octets<const N: usize>(&mut self, separator: u8) -> Reading<[u8; N]> {
        let mut octets = [0; N];
        for (place, octet) in octets.iter_mut().enumerate() {
            if place > 0 {
                self.byte(separator)?;
            }
            *octet = self.number(u8::MAX.into())? as u8;
        }
        if self.peek()? == separator { Err(Unread::Otherwise) } else { Ok(octets) }
    }

    /// `h1,h2,h3,h4,p1,p2` (RFC 959 section 4.1.2).
    fn host_port(&mut self) -> Reading<(Ipv4Addr, u16)> {
        let [a, b, c, d, high, low] = self.octets(b',')?;
        Ok((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
    }

    /// A port before its delimiter, not zero (Linux: `get_port`).
    fn port(&mut self, delimiter: u8) -> Reading<u16> {
        let port = self.number(u16::MAX)?;
        self.stands_before(delimiter)?;
        if port == 0 { Err(Unread::Otherwise) } else { Ok(port) }
    }
}
