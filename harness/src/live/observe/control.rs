//! Control connections: commands, replies, and the transfers that they prepare.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::DataCommand;
use sha2::{Digest, Sha256};

use super::connects::Way;
use super::words::{announced, data_command, is_transfer, words};
use crate::ftp::files::Sha256Digest;
use crate::record::transcript::Direction;
use crate::record::{
    ConnectError, DecidedBy, Decision, Ending, Failure, Meaning, Stage, TransferKind,
};

/// Bytes of a listing that are kept to look for names in.
const LISTING: usize = 64 * 1024;

/// One transfer.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) what: TransferKind,
    /// The name in the command.
    pub(super) file: String,
    pub(super) bytes: u64,
    /// Whether its data connection has been closed.
    pub(super) closed: bool,
    /// Whether it is what it should be, once the server has confirmed it.
    pub(super) intact: Option<bool>,
    /// The last reply to its command.
    code: Option<u16>,
    hash: Sha256,
    listing: Vec<u8>,
}

impl Transfer {
    /// The transfer that a command asks for.
    fn of(word: &str, argument: &str) -> Option<Self> {
        let what = match word {
            "LIST" | "NLST" | "MLSD" => TransferKind::List,
            "RETR" => TransferKind::Download,
            "STOR" | "STOU" | "APPE" => TransferKind::Upload,
            _ => return None,
        };
        Some(Self {
            what,
            // Names are looked up in the one directory that there is.
            file: argument.trim_start_matches(['/', '.']).to_owned(),
            bytes: 0,
            closed: false,
            intact: None,
            code: None,
            hash: Sha256::new(),
            listing: Vec::new(),
        })
    }

    /// Content has passed.
    pub(super) fn moved(&mut self, payload: &[u8]) {
        self.bytes += payload.len() as u64;
        self.hash.update(payload);
        if self.what == TransferKind::List && self.listing.len() < LISTING {
            self.listing.extend_from_slice(payload);
        }
    }

    pub(super) fn digest(&self) -> Sha256Digest {
        self.hash.clone().finalize().into()
    }

    /// Whether a listing has this name.
    pub(super) fn mentions(&self, name: &str) -> bool {
        String::from_utf8_lossy(&self.listing).contains(name)
    }

    fn is_confirmed(&self) -> bool {
        self.code.is_some_and(|code| (200..300).contains(&code))
    }
}

/// What became of an effort's data connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dial {
    Not,
    UnderWay,
    Open,
    Failed(ConnectError),
}

/// One effort to get data across: a data-connection command and what follows it.
#[derive(Debug)]
struct Effort {
    command: Option<DataCommand>,
    /// Address and port in the reply.
    announced: Option<(Option<Ipv4Addr>, u16)>,
    /// The code of a negative reply to the command.
    refused: Option<u16>,
    /// Whether the program has decided where to dial, or not to.
    decided: bool,
    data: Option<Way>,
    dial: Dial,
    transfer: Option<Transfer>,
}

impl Effort {
    fn new(command: Option<DataCommand>) -> Self {
        Self {
            command,
            announced: None,
            refused: None,
            decided: false,
            data: None,
            dial: Dial::Not,
            transfer: None,
        }
    }

    /// Whether the program did nothing with what was announced.
    fn is_left(&self) -> bool {
        self.announced.is_some() && !self.decided && self.data.is_none() && self.transfer.is_none()
    }

    /// How it ended.
    fn ending(&self) -> Ending {
        let (stage, failure) = match (&self.transfer, self.dial) {
            (Some(Transfer { intact: Some(true), .. }), _) => return Ending::Complete,
            (Some(Transfer { intact: Some(false), .. }), _) => {
                (Stage::Transfer, protocol("what arrived is not what was sent"))
            }
            _ if self.refused.is_some() => {
                (Stage::DataConnect, Failure::Rejected(self.refused.unwrap_or_default()))
            }
            (_, Dial::Failed(error)) => (Stage::DataConnect, Failure::Connect(error)),
            (Some(Transfer { code: Some(code), .. }), dial) if *code >= 400 => {
                let open = dial == Dial::Open;
                let stage = if open { Stage::Transfer } else { Stage::DataConnect };
                (stage, Failure::Rejected(*code))
            }
            (_, Dial::Open) => (Stage::Transfer, Failure::Silence),
            _ if self.decided => (Stage::DataConnect, Failure::AddressMismatch),
            _ if self.command.is_some_and(DataCommand::is_active) => {
                (Stage::DataConnect, Failure::Connect(ConnectError::ClientTimeout))
            }
            _ => (Stage::DataConnect, protocol("the program did not dial what was announced")),
        };
        Ending::Failed { stage, failure }
    }
}

fn protocol(text: &str) -> Failure {
    Failure::Protocol(text.to_owned())
}

/// One control connection.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) commands: Direction,
    pub(super) replies: Direction,
    way: Way,
    connected: bool,
    greeted: bool,
    logged_in: bool,
    /// Commands whose last reply has not come.
    awaiting: VecDeque<String>,
    /// Lines of a reply that is not complete yet.
    reply: String,
    last_code: Option<u16>,
    /// The address in the last reply to `PASV`.
    earlier: Option<Ipv4Addr>,
    efforts: Vec<Effort>,
}

impl Control {
    fn new(way: Way) -> Self {
        Self {
            commands: Direction::default(),
            replies: Direction::default(),
            way,
            connected: false,
            greeted: false,
            logged_in: false,
            awaiting: VecDeque::new(),
            reply: String::new(),
            last_code: None,
            earlier: None,
            efforts: Vec::new(),
        }
    }

    /// The client sends a command. If it thereby passes over an address that was announced, that was
    /// its decision.
    pub(super) fn command(&mut self, line: &str) -> Option<Decision> {
        let (word, argument) = words(line);
        self.awaiting.push_back(word.clone());
        if let Some(command) = data_command(&word, argument) {
            let given_up = self.give_up();
            self.efforts.push(Effort::new(Some(command)));
            return given_up;
        }
        if let Some(transfer) = Transfer::of(&word, argument) {
            match self.efforts.last_mut().filter(|effort| effort.transfer.is_none()) {
                Some(effort) => effort.transfer = Some(transfer),
                None => {
                    let transfer = Some(transfer);
                    self.efforts.push(Effort { transfer, ..Effort::new(None) });
                }
            }
        }
        (word == "QUIT").then(|| self.give_up()).flatten()
    }

    /// The program goes on without having dialled what was announced last.
    pub(super) fn give_up(&mut self) -> Option<Decision> {
        let peer = *self.way.remote.ip();
        let effort = self.efforts.last_mut()?;
        let rejected = effort.transfer.as_ref().is_some_and(|transfer| transfer.code.is_some());
        let (Some((Some(address), port)), false, false) =
            (effort.announced, effort.decided, rejected)
        else {
            return None;
        };
        // It cannot have refused the address that it is connected to. It ran out of time, or went home.
        if address == peer {
            return None;
        }
        effort.decided = true;
        Some(Decision {
            command: effort.command?,
            announced: Some(address),
            port,
            peer,
            dialled: None,
            decided_by: DecidedBy::Client,
        })
    }

    /// A line of a reply reaches the client.
    pub(super) fn reply(&mut self, line: &str) {
        if self.reply.is_empty() {
            self.reply = line.to_owned();
        } else {
            self.reply.push('\n');
            self.reply.push_str(line);
        }
        // RFC 959 section 4.2: the last line begins as the first, with a blank for the hyphen.
        let code = self.reply.get(..3).and_then(|code| code.parse::<u16>().ok());
        let more = self.reply.as_bytes().get(3) == Some(&b'-')
            && !(line.get(..3) == self.reply.get(..3) && line.as_bytes().get(3) != Some(&b'-'));
        if let (Some(code), false) = (code, more) {
            let text = std::mem::take(&mut self.reply);
            self.replied(code, &text);
        } else if code.is_none() {
            self.reply.clear();
        }
    }

    fn replied(&mut self, code: u16, text: &str) {
        if code < 200 {
            return;
        }
        self.last_code = Some(code);
        if !self.greeted {
            self.greeted = true;
            return;
        }
        let Some(word) = self.awaiting.pop_front() else { return };
        if matches!(word.as_str(), "USER" | "PASS" | "ACCT") {
            self.logged_in |= matches!(code, 230 | 202 | 232);
            return;
        }
        let Some(effort) = self.efforts.last_mut() else { return };
        match word.as_str() {
            "PASV" | "EPSV" | "PORT" | "EPRT" if code >= 400 => effort.refused = Some(code),
            "PASV" | "EPSV" => {
                effort.announced = announced(code, text);
                if let Some((Some(address), _)) = effort.announced {
                    self.earlier = Some(address);
                }
            }
            _ => {
                if let (Some(transfer), true) = (&mut effort.transfer, is_transfer(&word)) {
                    transfer.code = Some(code);
                }
            }
        }
    }

    /// The program dials a data connection.
    fn decide(&mut self, way: Way, meaning: Meaning) -> Option<(SocketAddrV4, Decision)> {
        if self.is_unreadable() {
            self.unread(way, Dial::UnderWay);
            return None;
        }
        let (peer, earlier) = (*self.way.remote.ip(), self.earlier);
        let effort = self.efforts.last_mut()?;
        let (address, port) = effort.announced?;
        let zero = address.or(earlier).is_some_and(|address| address.is_unspecified());
        let own = matches!(meaning, Meaning::OwnHost(_)) && zero && way.remote.port() == port;
        let requested = match own {
            true => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port),
            false => way.remote,
        };
        let dialled = *requested.ip();
        let decided_by = match address {
            Some(address) if address == dialled => DecidedBy::Server,
            Some(_) => DecidedBy::Client,
            None if dialled == peer => DecidedBy::Protocol,
            None if Some(dialled) == earlier => DecidedBy::EarlierReply,
            None => DecidedBy::Name,
        };
        (effort.decided, effort.dial, effort.data) = (true, Dial::UnderWay, Some(way));
        let decision = Decision {
            command: effort.command?,
            announced: address,
            port,
            peer,
            dialled: Some(requested),
            decided_by,
        };
        Some((requested, decision))
    }

    /// Whether it has gone over to TLS between two programs that are not the lab's.
    pub(super) fn is_unreadable(&self) -> bool {
        self.commands.is_unreadable() || self.replies.is_unreadable()
    }

    /// A data connection that was prepared by something unreadable.
    fn unread(&mut self, way: Way, dial: Dial) {
        self.efforts.push(Effort { data: Some(way), dial, ..Effort::new(None) });
    }

    fn ending(&self) -> Ending {
        if self.is_unreadable() {
            return self.unreadable_ending();
        }
        // What was announced to a program that has given up already decides nothing.
        let tried = self.efforts.iter().rev().find(|effort| !effort.is_left());
        if let Some(effort) = tried.or(self.efforts.last()) {
            return effort.ending();
        }
        let failure = match self.last_code {
            Some(code) if !self.logged_in && code >= 400 => Failure::Rejected(code),
            _ if self.logged_in => protocol("the program asked for no transfer"),
            // Security data exchange complete (RFC 4217 section 4), and nothing was said since.
            Some(234) if self.commands.is_sealed() => protocol("TLS was not set up"),
            _ => Failure::Silence,
        };
        Ending::Failed { stage: Stage::Login, failure }
    }

    /// How it ended if only connections tell: the last one, if it failed.
    fn unreadable_ending(&self) -> Ending {
        let (stage, failure) = match self.efforts.last().map(|effort| effort.dial) {
            Some(Dial::Failed(error)) => (Stage::DataConnect, Failure::Connect(error)),
            Some(Dial::Open) => (Stage::Transfer, Failure::Unread),
            _ => (Stage::Login, Failure::Unread),
        };
        Ending::Failed { stage, failure }
    }
}

/// Every control connection of the program.
#[derive(Debug, Default)]
pub(super) struct Controls(Vec<Control>);

impl Controls {
    /// The program dials a control connection.
    pub(super) fn open(&mut self, way: Way) {
        self.0.push(Control::new(way));
    }

    /// Whether the last one has gone over to TLS.
    pub(super) fn are_sealed(&self) -> bool {
        self.0.last().is_some_and(|control| control.commands.is_sealed())
    }

    pub(super) fn at(&mut self, way: Way) -> Option<&mut Control> {
        self.0.iter_mut().rev().find(|control| control.way == way)
    }

    /// What the program had in mind when it dialled `way`, and the decision, if one led to it.
    pub(super) fn decide(
        &mut self,
        way: Way,
        meaning: Meaning,
    ) -> (SocketAddrV4, Option<Decision>) {
        let port = way.remote.port();
        let announces = |control: &&mut Control| {
            let effort = control.efforts.last().and_then(|effort| effort.announced);
            effort.is_some_and(|(_, announced)| announced == port)
        };
        // One that announced this port, else the last one.
        let control = match self.0.iter_mut().rev().find(announces) {
            Some(control) => Some(control),
            None => self.0.last_mut(),
        };
        match control.and_then(|control| control.decide(way, meaning)) {
            Some((requested, decision)) => (requested, Some(decision)),
            None => (way.remote, None),
        }
    }

    /// The server has dialled.
    pub(super) fn accepted(&mut self, way: Way) {
        let efforts = self.0.iter_mut().rev().filter_map(|control| control.efforts.last_mut());
        let mut active = efforts.filter(|effort| {
            effort.data.is_none() && effort.command.is_none_or(DataCommand::is_active)
        });
        if let Some(effort) = active.next() {
            (effort.data, effort.dial) = (Some(way), Dial::Open);
        } else if let Some(control) = self.0.last_mut().filter(|control| control.is_unreadable()) {
            control.unread(way, Dial::Open);
        }
    }

    pub(super) fn connected(&mut self, way: Way) {
        if let Some(control) = self.at(way) {
            control.connected = true;
        } else {
            self.became(way, Dial::Open);
        }
    }

    pub(super) fn connect_failed(&mut self, way: Way, error: ConnectError) {
        self.became(way, Dial::Failed(error));
    }

    fn became(&mut self, way: Way, dial: Dial) {
        let efforts = self.0.iter_mut().flat_map(|control| &mut control.efforts);
        for effort in efforts.filter(|effort| effort.data == Some(way)) {
            effort.dial = dial;
        }
    }

    /// The transfer whose data this connection carries.
    pub(super) fn transfer_on(&mut self, way: Way) -> Option<&mut Transfer> {
        let mut efforts = self.0.iter_mut().rev().flat_map(|control| &mut control.efforts);
        efforts.find(|effort| effort.data == Some(way))?.transfer.as_mut()
    }

    /// Transfers that the server has confirmed, whose connection is closed, and that have not been
    /// looked at; at the `end`, closed or not.
    pub(super) fn confirmed(&mut self, end: bool) -> impl Iterator<Item = &mut Transfer> {
        let efforts = self.0.iter_mut().flat_map(|control| &mut control.efforts);
        // Nothing crossed a connection that was never opened, whatever the server says to ABOR.
        let opened = efforts.filter(|effort| !matches!(effort.dial, Dial::Failed(_)));
        opened.filter_map(|effort| effort.transfer.as_mut()).filter(move |transfer| {
            transfer.is_confirmed() && transfer.intact.is_none() && (end || transfer.closed)
        })
    }

    /// The program has ended.
    pub(super) fn give_up(&mut self) -> Vec<Decision> {
        self.0.iter_mut().filter_map(Control::give_up).collect()
    }

    /// How the session ended: as the last effort of any control connection did. None if the program
    /// never had one.
    pub(super) fn ending(&self) -> Option<Ending> {
        let connected = || self.0.iter().rev().filter(|control| control.connected);
        let tried = connected().find(|control| !control.efforts.is_empty());
        tried.or_else(|| connected().next()).map(Control::ending)
    }
}
