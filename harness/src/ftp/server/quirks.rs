//! A server that misbehaves on purpose: stands between the client and libunftp on one control
//! connection, and answers, rewords, delays or swallows as the server file's quirks say. Once the
//! connection has gone over to TLS nothing more can be read there, and all of it passes.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pasvlab_scenarios::{Quirk, QuirkAction};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sim::Stream;
use tokio::time::{Sleep, sleep};

/// Longest line of a client that is looked at; longer ones go through in pieces.
const LONGEST_LINE: usize = 4096;

/// Puts the quirks in front of a control connection. Without any it is returned as it is.
pub(super) fn before(stream: TcpStream, quirks: &[Quirk]) -> TcpStream {
    if quirks.is_empty() || !tokio::sim::in_force() {
        return stream;
    }
    tokio::sim::tcp_stream(Box::new(Quirky {
        inner: Mutex::new(stream),
        state: Mutex::new(State { quirks: quirks.to_vec(), ..State::default() }),
    }))
}

#[derive(Debug)]
struct Quirky {
    inner: Mutex<TcpStream>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    quirks: Vec<Quirk>,
    greeted: bool,
    /// What the client sent after its last whole line.
    partial: Vec<u8>,
    /// What libunftp has not read yet.
    commands: VecDeque<u8>,
    /// What the client has not been sent yet.
    replies: VecDeque<u8>,
    /// How the next reply is to be worded.
    rewrite: Option<String>,
    delay: Option<Pin<Box<Sleep>>>,
    /// The last command was `AUTH`.
    asked: bool,
    /// The connection has gone over to TLS.
    sealed: bool,
    /// The client has closed its side.
    ended: bool,
    /// The server closes the connection once the replies are sent.
    closing: bool,
}

/// Whether a command's first words are these, whatever their case.
fn begins(command: &str, words: &str) -> bool {
    let mut said = command.split_whitespace();
    words.split_whitespace().all(|word| said.next().is_some_and(|s| s.eq_ignore_ascii_case(word)))
}

impl State {
    fn action(&self, command: Option<&str>) -> Option<QuirkAction> {
        let quirk = self.quirks.iter().find(|quirk| match (&quirk.command, command) {
            (Some(own), Some(command)) => begins(command, own),
            (own, command) => own.is_none() && command.is_none(),
        })?;
        Some(quirk.action.clone())
    }

    /// Takes a line of the client.
    fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        self.asked = begins(&text, "AUTH");
        match self.action(Some(&text)) {
            None => self.commands.extend(line),
            Some(QuirkAction::Silence) => {}
            Some(QuirkAction::Reply { text, close }) => {
                self.reply(&text);
                self.closing |= close;
            }
            Some(QuirkAction::Rewrite(template)) => {
                self.rewrite = Some(template);
                self.commands.extend(line);
            }
            Some(QuirkAction::Delay(time)) => {
                self.wait(time);
                self.commands.extend(line);
            }
        }
    }

    fn wait(&mut self, time: Duration) {
        self.delay = Some(Box::pin(sleep(time)));
    }

    fn reply(&mut self, text: &str) {
        for line in text.lines() {
            self.replies.extend(line.bytes());
            self.replies.extend(b"\r\n");
        }
    }

    /// Takes a whole reply of libunftp.
    fn said(&mut self, reply: &[u8]) {
        if self.sealed {
            self.replies.extend(reply);
            return;
        }
        // RFC 2228 section 5.1: this reply is the last one in clear.
        self.sealed = self.asked && reply.starts_with(b"234");
        let greeting = !std::mem::replace(&mut self.greeted, true);
        if greeting {
            match self.action(None) {
                Some(QuirkAction::Silence) => return,
                Some(QuirkAction::Reply { text, close }) => {
                    self.reply(&text);
                    self.closing |= close;
                    return;
                }
                Some(QuirkAction::Rewrite(text)) => return self.reply(&text),
                Some(QuirkAction::Delay(time)) => self.wait(time),
                None => {}
            }
        }
        match self.rewrite.take() {
            Some(template) => {
                let text = reworded(&template, &String::from_utf8_lossy(reply));
                self.reply(&text);
            }
            None => self.replies.extend(reply),
        }
    }

    fn take_commands(&mut self, buf: &mut ReadBuf<'_>) {
        let most = buf.remaining().min(self.commands.len());
        let bytes: Vec<u8> = self.commands.drain(..most).collect();
        buf.put_slice(&bytes);
    }

    fn arrived(&mut self, bytes: &[u8]) {
        if self.sealed {
            self.commands.extend(bytes);
            return;
        }
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            self.line(&line);
        }
        if self.partial.len() > LONGEST_LINE {
            let rest = std::mem::take(&mut self.partial);
            self.commands.extend(rest);
        }
    }
}

/// Fills a template with the numbers of a reply to `PASV` or `EPSV`.
fn reworded(template: &str, reply: &str) -> String {
    let inside = reply.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let inside = inside.map_or("", |(inside, _)| inside);
    let numbers: Vec<&str> = inside.split(',').collect();
    let (address, port) = match numbers.as_slice() {
        [address @ .., high, low] if address.len() == 4 => {
            let number = |text: &str| text.parse::<u16>().unwrap_or_default();
            (address.join(","), number(high).wrapping_mul(256).wrapping_add(number(low)))
        }
        _ => (String::new(), inside.trim_matches('|').parse().unwrap_or_default()),
    };
    let [high, low] = port.to_be_bytes();
    template
        .replace("{a}", &address)
        .replace("{p}", &format!("{high},{low}"))
        .replace("{port}", &port.to_string())
}

impl Quirky {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inner<R>(&self, f: impl FnOnce(Pin<&mut TcpStream>) -> R) -> R {
        f(Pin::new(&mut *self.inner.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Sends what is to be sent.
    fn poll_replies(&self, cx: &mut Context<'_>, state: &mut State) -> Poll<io::Result<()>> {
        if let Some(delay) = &mut state.delay {
            ready!(delay.as_mut().poll(cx));
            state.delay = None;
        }
        while !state.replies.is_empty() {
            let bytes = state.replies.make_contiguous().to_vec();
            let sent = ready!(self.inner(|inner| inner.poll_write(cx, &bytes)))?;
            state.replies.drain(..sent);
        }
        if state.closing {
            ready!(self.inner(|inner| inner.poll_shutdown(cx)))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl Stream for Quirky {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        loop {
            ready!(self.poll_replies(cx, &mut state))?;
            if state.closing {
                return Poll::Ready(Ok(()));
            }
            if !state.commands.is_empty() {
                state.take_commands(buf);
                return Poll::Ready(Ok(()));
            }
            if state.ended {
                return Poll::Ready(Ok(()));
            }
            let mut space = [0; 1024];
            let mut read = ReadBuf::new(&mut space);
            ready!(self.inner(|inner| inner.poll_read(cx, &mut read)))?;
            state.ended = read.filled().is_empty();
            state.arrived(read.filled());
        }
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        state.said(buf);
        // What cannot be sent now is sent when libunftp reads its next command, which it always does.
        match self.poll_replies(cx, &mut state) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(buf.len())),
        }
    }

    fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner(|inner| inner.poll_shutdown(cx))
    }

    fn poll_peek(&self, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner(|inner| inner.local_addr())
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner(|inner| inner.peer_addr())
    }

    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.inner(|inner| inner.set_nodelay(nodelay))
    }

    fn nodelay(&self) -> io::Result<bool> {
        self.inner(|inner| inner.nodelay())
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.inner(|inner| inner.set_ttl(ttl))
    }

    fn ttl(&self) -> io::Result<u32> {
        self.inner(|inner| inner.ttl())
    }

    #[expect(deprecated, reason = "passes on what was asked for")]
    fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.inner(|inner| inner.set_linger(linger))
    }

    fn linger(&self) -> io::Result<Option<Duration>> {
        self.inner(|inner| inner.linger())
    }
}
