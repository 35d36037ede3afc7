//! One control connection: what the client says goes to libunftp, but for `PASV` and `EPSV`, which are
//! answered as the session's question asks.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use pasvlab_scenarios::{DataCommand, PassiveIp, PasvReply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use super::data::{Doors, v4};
use super::question::{Announce, Question};
use super::{Settings, State, locked};
use crate::ftp::client::replies;
use crate::ftp::server;
use crate::portrait::Went;
use crate::record::transcript::Lines;

/// Bytes of the longest command.
const LONGEST: usize = 4096;

/// What a session showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it asked.
    pub question: Question,
    /// The client's address.
    pub client: SocketAddrV4,
    /// The address at which the session arrived.
    pub server: SocketAddrV4,
    /// The address that the client connects to: the server's, unless a box on the way translates it.
    pub peer: Ipv4Addr,
    /// Commands, without arguments, in order.
    pub words: Vec<String>,
    /// What the client did about data connections.
    pub offers: Vec<Offer>,
}

impl Report {
    /// The address at which the session arrived, and the one that the client connects to.
    #[must_use]
    pub fn ends(&self) -> (Ipv4Addr, Ipv4Addr) {
        (*self.server.ip(), self.peer)
    }
}

/// One data-connection command, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The command.
    pub command: DataCommand,
    /// Whether it was refused.
    pub refused: bool,
    /// The address in the answer to `PASV`.
    pub announced: Option<Ipv4Addr>,
    /// Where the client dialled, as far as where the data connection arrived tells. Arrived at the
    /// server's own address, from where the control connection came, it has gone the same way, and was
    /// dialled at [`Report::peer`].
    pub went: Went,
    /// Where the data connection arrived.
    pub at: Option<Ipv4Addr>,
    /// Where it came from.
    pub from: Option<Ipv4Addr>,
    /// The address that the client offers itself (`PORT`, `EPRT`).
    pub own: Option<SocketAddrV4>,
    /// Whether the transfer command came before the connection.
    pub command_first: bool,
}

/// What a reply of libunftp is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The client.
    Client,
    /// The watcher, which asked for a passive port on behalf of this command.
    Watcher(DataCommand),
    /// Nobody.
    Nobody,
}

/// Serves one control connection.
pub(super) async fn run(client: TcpStream, settings: &Settings, state: &State) -> io::Result<()> {
    let (Some(server), Some(peer)) = (v4(client.local_addr()?), v4(client.peer_addr()?)) else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let mut session = Session {
        settings,
        state,
        client,
        backend: backend(settings).await?,
        server,
        expected: VecDeque::from([Expected::Client]),
        partial: String::new(),
        replies: Lines::default(),
        commands: Lines::default(),
        report: None,
        words: Vec::new(),
        doors: None,
        passive: None,
        pending: None,
        peer,
    };
    let result = session.talk().await;
    session.settle();
    if let Some(report) = session.report.take() {
        locked(state).reports.push(report);
    }
    result
}

/// A connection to a libunftp of its own, over loopback.
async fn backend(settings: &Settings) -> io::Result<TcpStream> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let stream = TcpStream::connect(listener.local_addr()?).await?;
    let own = stream.local_addr()?;
    loop {
        let (accepted, from) = listener.accept().await?;
        // Anybody on this host could have been faster.
        if from == own {
            let settings = server::Settings {
                identity: None,
                server: settings.server.clone(),
                passive_ip: PassiveIp::Auto,
                passive_port: None,
                addresses: vec![Ipv4Addr::LOCALHOST],
                seed: u64::from(own.port()),
            };
            tokio::spawn(server::serve_one(accepted, settings));
            return Ok(stream);
        }
    }
}

struct Session<'a> {
    settings: &'a Settings,
    state: &'a State,
    client: TcpStream,
    backend: TcpStream,
    server: SocketAddrV4,
    peer: SocketAddrV4,
    expected: VecDeque<Expected>,
    /// A reply of libunftp that is not complete yet.
    partial: String,
    replies: Lines,
    commands: Lines,
    /// From the first data-connection command on.
    report: Option<Report>,
    words: Vec<String>,
    doors: Option<Doors>,
    /// Where libunftp waits for the data connection.
    passive: Option<SocketAddrV4>,
    /// When a transfer was asked for whose data connection has not come.
    pending: Option<Instant>,
}

impl Session<'_> {
    async fn talk(&mut self) -> io::Result<()> {
        let (mut said, mut answered) = ([0; 1024], [0; 4096]);
        let idle = self.settings.limits.idle;
        loop {
            let patience = self.patience();
            tokio::select! {
                read = self.client.read(&mut said) => match read? {
                    0 => return Ok(()),
                    count => self.heard(&said[..count]).await?,
                },
                read = self.backend.read(&mut answered) => match read? {
                    0 => return Ok(()),
                    count => self.answered(&answered[..count]).await?,
                },
                arrived = arrival(self.doors.as_ref()) => {
                    let (stream, at, from) = arrived?;
                    self.arrived(stream, at, from);
                }
                () = tokio::time::sleep(patience.unwrap_or(idle)) => match patience {
                    Some(_) => return self.give_up().await,
                    None => return Ok(()),
                },
            }
        }
    }

    /// How long a transfer is still waited for.
    fn patience(&self) -> Option<Duration> {
        let since = self.pending?;
        Some(self.settings.limits.patience.saturating_sub(since.elapsed()))
    }

    /// The data connection for which the client has asked a transfer did not come.
    async fn give_up(&mut self) -> io::Result<()> {
        self.client.write_all(b"425 No data connection came here.\r\n").await?;
        // Time to say good-bye; libunftp still waits for data.
        let mut rest = [0; 256];
        let _ = timeout(Duration::from_secs(2), self.client.read(&mut rest)).await;
        Ok(())
    }

    /// Bytes of the client.
    async fn heard(&mut self, bytes: &[u8]) -> io::Result<()> {
        for line in self.commands.push(bytes) {
            if line.len() > LONGEST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            // Telnet's interrupts are no part of a command.
            let line = line.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
            self.command(line).await?;
        }
        if self.commands.pending() > LONGEST {
            Err(io::ErrorKind::InvalidData.into())
        } else {
            Ok(())
        }
    }

    async fn command(&mut self, line: &str) -> io::Result<()> {
        let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        self.words.push(word.clone());
        if let Some(report) = &mut self.report {
            report.words.push(word.clone());
        }
        match word.as_str() {
            "PASV" => self.passive_command(DataCommand::Pasv).await,
            "EPSV" if !line.to_ascii_uppercase().ends_with(" ALL") => {
                self.passive_command(DataCommand::Epsv).await
            }
            "EPSV" => self.client.write_all(b"200 EPSV ALL is fine.\r\n").await,
            "PORT" | "EPRT" => self.active_command(line).await,
            "OPTS" if line.to_ascii_uppercase().starts_with("OPTS MLST") => {
                // libunftp ends the session at an option that it does not know.
                self.client.write_all(b"501 Option not understood.\r\n").await
            }
            "LIST" | "NLST" | "MLSD" | "RETR" | "STOR" | "STOU" | "APPE" => {
                self.transfer_begins();
                self.pass_on(line).await
            }
            _ => self.pass_on(line).await,
        }
    }

    async fn pass_on(&mut self, line: &str) -> io::Result<()> {
        self.expected.push_back(Expected::Client);
        self.backend.write_all(format!("{line}\r\n").as_bytes()).await
    }

    /// The session's question; the first data-connection command takes the next one.
    fn question(&mut self) -> Question {
        if let Some(report) = &self.report {
            return report.question.clone();
        }
        let mut shared = locked(self.state);
        let last = self.settings.questions.len() - 1;
        let question = self.settings.questions[shared.asked.min(last)].clone();
        shared.asked += 1;
        drop(shared);
        let report = Report {
            question: question.clone(),
            client: self.peer,
            server: self.server,
            peer: self.told(),
            words: self.words.clone(),
            offers: Vec::new(),
        };
        self.report = Some(report);
        question
    }

    fn offer(&mut self, command: DataCommand) -> &mut Offer {
        let offer = Offer {
            command,
            refused: false,
            announced: None,
            went: Went::Nowhere,
            at: None,
            from: None,
            own: None,
            command_first: false,
        };
        let report = self.report.as_mut().expect("a question was asked");
        report.offers.push(offer);
        report.offers.last_mut().expect("it was just put there")
    }

    async fn passive_command(&mut self, command: DataCommand) -> io::Result<()> {
        let question = self.question();
        self.settle();
        let granted = if command == DataCommand::Epsv { question.epsv } else { question.pasv };
        if !granted {
            self.offer(command).refused = true;
            return self.client.write_all(b"500 Unknown command.\r\n").await;
        }
        self.offer(command);
        self.expected.push_back(Expected::Watcher(command));
        self.backend.write_all(b"PASV\r\n").await
    }

    /// libunftp has a port for the command: now the client gets the session's answer.
    async fn answer(&mut self, command: DataCommand, code: u16, text: &str) -> io::Result<()> {
        let Some(passive) = replies::pasv(PasvReply::ExactParentheses, code, text) else {
            if let Some(offer) = self.last() {
                offer.refused = true;
            }
            return self
                .client
                .write_all(format!("{}\r\n", text.replace('\n', "\r\n")).as_bytes())
                .await;
        };
        self.passive = Some(passive);
        let question = self.question();
        let own = *self.server.ip();
        let mut addresses = vec![own];
        addresses.extend(self.settings.also.iter().filter(|address| **address != own));
        let doors = Doors::open(&addresses, self.settings.ports.as_ref()).await?;
        let port = doors.port;
        self.doors = Some(doors);
        let announced = match question.announce {
            Announce::Own => Some(self.told()),
            Announce::Inside => Some(own),
            Announce::Address(address) => Some(address),
            Announce::Unparsable => None,
        };
        let reply = match command {
            DataCommand::Epsv => format!("229 Entering Extended Passive Mode (|||{port}|)\r\n"),
            _ => answer_to_pasv(announced, port, question.again.is_some()),
        };
        let listed = command == DataCommand::Pasv;
        if let Some(offer) = self.last() {
            offer.announced = announced.filter(|_| listed);
        }
        self.client.write_all(reply.as_bytes()).await
    }

    async fn active_command(&mut self, line: &str) -> io::Result<()> {
        self.question();
        self.settle();
        let own = crate::live::observe::offered(line);
        let command = own.map_or(DataCommand::Port, |(command, _)| command);
        let offer = self.offer(command);
        (offer.own, offer.refused) = (own.map(|(_, address)| address), true);
        self.client.write_all(b"502 Active mode is not offered.\r\n").await
    }

    /// The address that the client connects to.
    fn told(&self) -> Ipv4Addr {
        self.settings.public.unwrap_or(*self.server.ip())
    }

    fn last(&mut self) -> Option<&mut Offer> {
        self.report.as_mut()?.offers.last_mut()
    }

    fn transfer_begins(&mut self) {
        if self.doors.is_some() {
            self.pending = Some(Instant::now());
            if let Some(offer) = self.last() {
                offer.command_first = true;
            }
        }
    }

    /// A data connection has arrived: from here on it is libunftp's.
    fn arrived(&mut self, stream: TcpStream, at: SocketAddrV4, from: SocketAddrV4) {
        (self.doors, self.pending) = (None, None);
        let (own, client, told) = (*self.server.ip(), *self.peer.ip(), self.told());
        if let Some(offer) = self.last() {
            let zero = offer.announced.filter(|address| address.is_unspecified());
            let went = if *at.ip() != own {
                // Who dials 0.0.0.0 arrives at another address of this host.
                zero.unwrap_or(*at.ip())
            } else if *from.ip() == client || offer.announced != Some(own) {
                told
            } else {
                own
            };
            (offer.went, offer.at, offer.from) = (Went::To(went), Some(*at.ip()), Some(*from.ip()));
        }
        if let Some(passive) = self.passive.take() {
            tokio::spawn(carry(stream, passive, self.settings.limits.bytes));
        }
    }

    /// Nothing has come for the offer before.
    fn settle(&mut self) {
        let waited = self.doors.take().is_some();
        self.pending = None;
        if let (true, Some(offer)) = (waited, self.last())
            && offer.went == Went::Nowhere
        {
            offer.went = Went::Unseen;
        }
    }

    /// Bytes of libunftp.
    async fn answered(&mut self, bytes: &[u8]) -> io::Result<()> {
        for line in self.replies.push(bytes) {
            if !self.partial.is_empty() {
                self.partial.push('\n');
            }
            self.partial.push_str(&line);
            // RFC 959 section 4.2: the last line begins with the code of the first, and a blank.
            let first = self.partial.get(..4).unwrap_or_default().to_owned();
            let code = first.get(..3).and_then(|code| code.parse::<u16>().ok());
            let whole = !first.ends_with('-') || line.starts_with(&first.replace('-', " "));
            if let (Some(code), true) = (code, whole) {
                let text = std::mem::take(&mut self.partial);
                self.replied(code, &text).await?;
            }
        }
        Ok(())
    }

    async fn replied(&mut self, code: u16, text: &str) -> io::Result<()> {
        let expected = self.expected.front().copied().unwrap_or(Expected::Nobody);
        if code >= 200 {
            self.expected.pop_front();
        }
        if code == 530 {
            locked(self.state).wrong_logins += 1;
        }
        match expected {
            Expected::Watcher(command) if code >= 200 => self.answer(command, code, text).await,
            Expected::Client | Expected::Nobody => {
                let text = format!("{}\r\n", text.replace('\n', "\r\n"));
                self.client.write_all(text.as_bytes()).await
            }
            Expected::Watcher(_) => Ok(()),
        }
    }
}

/// The answer to `PASV`. One of two lines says the same in both: some clients read the first, others the
/// last. Who looks for the first and the last parenthesis finds one pair.
fn answer_to_pasv(announced: Option<Ipv4Addr>, port: u16, two_lines: bool) -> String {
    let Some(address) = announced else { return "227 Entering Passive Mode\r\n".to_owned() };
    let address = address.to_string().replace('.', ",");
    let [high, low] = port.to_be_bytes();
    let numbers = format!("{address},{high},{low}");
    let before =
        if two_lines { format!("227-Entering Passive Mode {numbers}\r\n") } else { String::new() };
    format!("{before}227 Entering Passive Mode ({numbers})\r\n")
}

/// The first data connection; without doors there will be none.
async fn arrival(doors: Option<&Doors>) -> io::Result<(TcpStream, SocketAddrV4, SocketAddrV4)> {
    match doors {
        Some(doors) => doors.first().await,
        None => std::future::pending().await,
    }
}

/// Carries data between client and libunftp, up to so many bytes each way.
async fn carry(client: TcpStream, passive: SocketAddrV4, most: u64) {
    let Ok(backend) = TcpStream::connect(SocketAddr::V4(passive)).await else { return };
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_backend, mut to_backend) = tokio::io::split(backend);
    let up = async {
        let mut limited = (&mut from_client).take(most);
        // If one side is gone, so is the other in a moment.
        let _ = tokio::io::copy(&mut limited, &mut to_backend).await;
        let _ = to_backend.shutdown().await;
    };
    let down = async {
        let mut limited = (&mut from_backend).take(most);
        let _ = tokio::io::copy(&mut limited, &mut to_client).await;
        let _ = to_client.shutdown().await;
    };
    let both = futures_util::future::join(up, down);
    let _ = timeout(Duration::from_secs(120), both).await;
}
