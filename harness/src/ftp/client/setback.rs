//! What gets in the way of a transfer, and what the client does then.

use pasvlab_scenarios::{ConnectCause, DataCommand, Fallback, OnReplyCodes};
use std::io::ErrorKind;
use suppaftp::FtpError;

use super::dial::Dialled;
use super::messages::{self, FailedDial};
use super::session::{Session, code};
use super::{Broken, WayOut, broken, replies};
use crate::record::{ConnectError, Failure, Stage};
use crate::sim;

/// Why a data-connection command led nowhere.
pub(super) enum Setback {
    /// The server refuses the command; the reply's code, if there was one.
    Reply(Broken, Option<u16>),
    /// The server grants the command in a reply that the client cannot read.
    Unparsable(Broken),
    /// The client does not accept the announced address.
    Mismatch(Broken),
    /// The data connection could not be opened; whether the peer had been put in place of the
    /// announced address.
    Connect(Broken, bool),
    /// Anything else; no fall-back helps.
    Final(Broken),
}

impl Setback {
    fn broken(&self) -> &Broken {
        match self {
            Self::Reply(broken, _)
            | Self::Unparsable(broken)
            | Self::Mismatch(broken)
            | Self::Connect(broken, _)
            | Self::Final(broken) => broken,
        }
    }

    fn into_broken(self) -> Broken {
        match self {
            Self::Reply(broken, _)
            | Self::Unparsable(broken)
            | Self::Mismatch(broken)
            | Self::Connect(broken, _)
            | Self::Final(broken) => broken,
        }
    }
}

impl Session<'_> {
    /// Goes on to the next command after a setback, or gives up.
    pub(super) fn fall_back(
        &mut self,
        command: DataCommand,
        setback: Setback,
    ) -> Result<(), Broken> {
        let fallback = self.fallback(command, &setback);
        let refused = command == DataCommand::Epsv
            && matches!(setback, Setback::Reply(..) | Setback::Unparsable(_));
        let rest = self.after(fallback);
        if rest > 0 && matches!(fallback, Fallback::NextCommand | Fallback::ActiveMode) {
            self.say_of_attempt(&setback);
        }
        let broken = setback.into_broken();
        let leaving = |way_out| Err(Broken { way_out, ..broken.clone() });
        match fallback {
            Fallback::Reconnect => return leaving(WayOut::StartAgain),
            Fallback::ReconnectActive => {
                self.turn_to(DataCommand::is_active);
                return leaving(WayOut::Switch);
            }
            Fallback::ReconnectPassive => {
                self.turn_to(|command| !command.is_active());
                return leaving(WayOut::Switch);
            }
            _ => {}
        }
        if rest == 0 {
            return Err(broken);
        }
        self.commands.drain(..self.commands.len() - rest);
        if refused && self.task.client.data.eprt_needs_epsv {
            self.commands.retain(|command| *command != DataCommand::Eprt);
        }
        let always_waits = self.task.client.retry.as_ref().is_some_and(|retry| retry.always_waits);
        match fallback {
            Fallback::ReconnectNext if always_waits => leaving(WayOut::Switch),
            Fallback::ReconnectNext => leaving(WayOut::GoOn),
            _ => Ok(()),
        }
    }

    /// Puts the first command that fits in front; those before it come last.
    fn turn_to(&mut self, fits: impl Fn(DataCommand) -> bool) {
        let first = self.commands.iter().position(|command| fits(*command));
        self.commands.rotate_left(first.unwrap_or_default());
    }

    pub(super) fn say_of_attempt(&self, setback: &Setback) {
        let broken = setback.broken();
        if let (Some(said), true) = (&broken.said, self.task.client.messages.every_attempt) {
            sim::said(said);
        }
    }

    /// What the client does after a setback.
    fn fallback(&self, command: DataCommand, setback: &Setback) -> Fallback {
        let data = &self.task.client.data;
        match setback {
            Setback::Reply(_, code) => {
                self.rule(command, *code).map_or(data.on_reply_error, |rule| rule.then)
            }
            Setback::Unparsable(_) => data.on_unparsable,
            Setback::Mismatch(_) => data.on_mismatch,
            Setback::Connect(broken, replaced) => {
                let replaced = data.on_replaced_connect_failure.filter(|_| *replaced);
                let cause = connect_cause(&broken.failure);
                let mut rules = data.on_connect_causes.iter();
                let rule = rules.find(|rule| cause.is_some_and(|cause| rule.fits(command, cause)));
                let other = || replaced.unwrap_or(data.on_connect_failure);
                rule.map_or_else(other, |rule| rule.then)
            }
            Setback::Final(_) => Fallback::Stop,
        }
    }

    /// What the client has to say of this reply to this command in particular.
    fn rule(&self, command: DataCommand, code: Option<u16>) -> Option<&OnReplyCodes> {
        let mut rules = self.task.client.data.on_reply_codes.iter();
        rules.find(|rule| code.is_some_and(|code| rule.fits(command, code)))
    }

    /// How many commands are left to be tried after the present one has failed.
    fn after(&self, fallback: Fallback) -> usize {
        match fallback {
            Fallback::Stop
            | Fallback::Reconnect
            | Fallback::ReconnectActive
            | Fallback::ReconnectPassive => 0,
            Fallback::NextCommand | Fallback::ReconnectNext => self.commands.len() - 1,
            Fallback::ActiveMode => {
                let rest = self.commands.iter().skip(1).skip_while(|command| !command.is_active());
                rest.count()
            }
        }
    }

    /// What the client knows when it says something.
    pub(super) fn known(&self) -> messages::Known<'_> {
        let (host, peer) = (self.task.host.as_str(), self.dialler.peer());
        messages::Known { host, peer, reply: self.dialler.reply() }
    }

    /// What an error of a data command means, given what became of the data connection.
    pub(super) fn setback(&self, error: FtpError) -> Setback {
        let client = &self.task.client;
        let stage = Stage::DataConnect;
        match self.dialler.last() {
            _ if is_timeout(&error) && !matches!(self.dialler.last(), Dialled::Failed { .. }) => {
                Setback::Final(broken(Stage::Transfer, error))
            }
            Dialled::Open => Setback::Final(broken(Stage::Transfer, error)),
            Dialled::Mismatch(reply) => {
                let mut broken = Broken::new(stage, Failure::AddressMismatch);
                broken.said = messages::mismatch(client, &self.known(), reply);
                Setback::Mismatch(broken)
            }
            Dialled::Failed { error, dialled, waited, replaced } => {
                let mut broken = Broken::new(stage, Failure::Connect(error));
                let dial = FailedDial { error, dialled, waited };
                broken.said = Some(messages::connect_failed(client, &self.known(), &dial));
                Setback::Connect(broken, replaced)
            }
            Dialled::Not => self.refusal(error),
        }
    }

    /// What an error of a data command means after which nothing was dialled.
    fn refusal(&self, error: FtpError) -> Setback {
        let data = &self.task.client.data;
        let command = self.dialler.command();
        let (reply, code) = match &error {
            FtpError::UnexpectedResponse(reply) => {
                (String::from_utf8_lossy(&reply.body).into_owned(), Some(code(reply)))
            }
            other => (other.to_string(), None),
        };
        let granted = code.is_some_and(|code| match command {
            DataCommand::Pasv => replies::pasv_is_granted(data.pasv_reply, code),
            DataCommand::Epsv => replies::epsv_is_granted(data.epsv_reply, code),
            DataCommand::Port | DataCommand::Eprt => false,
        });
        let mut broken = broken(Stage::DataConnect, error);
        // A code below 400 is no error code.
        if code.is_some_and(|code| code < 400) {
            broken.failure = Failure::Protocol(format!("cannot read {reply:?}"));
        }
        self.dialler.keep_reply(&reply, None);
        let (client, known) = (&self.task.client, self.known());
        if granted {
            broken.said = messages::unparsable(client, &known, command);
            return Setback::Unparsable(broken);
        }
        let rule = self.rule(command, code).and_then(|rule| rule.say.as_ref());
        broken.said = messages::rejected(client, &known, command, rule);
        Setback::Reply(broken, code)
    }
}

/// The cause of a data connection that could not be opened.
fn connect_cause(failure: &Failure) -> Option<ConnectCause> {
    let Failure::Connect(error) = failure else { return None };
    Some(match error {
        ConnectError::Refused => ConnectCause::Refused,
        ConnectError::TimedOut | ConnectError::ClientTimeout => ConnectCause::TimedOut,
        ConnectError::Unreachable => ConnectCause::Unreachable,
        ConnectError::AddressNotAvailable => ConnectCause::AddressNotAvailable,
    })
}

/// Whether nothing came for longer than the client waits.
pub(super) fn is_timeout(error: &FtpError) -> bool {
    matches!(error, FtpError::ConnectionError(error) if error.kind() == ErrorKind::TimedOut)
}
