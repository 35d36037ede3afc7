//! What a record means: an outcome, the stage it came at, and the chain of causes in words. A pure
//! function of the record.
//!
//! - `causes` — everything that can decide a session, with stable ids.
//! - `statement` — a sentence, the cause it is about, and the event or packet it rests on.
//! - `cause` — the decisive one; `reach` where a data connection was to go, `session` the control
//!   connection, `tls` whether it went over to TLS.
//! - `blinded` — FTP helpers from which TLS hid an announcement.
//! - `chain` — what led to it, in order; `announced`, `attempt` and `journey` read the record for
//!   both.

mod announced;
mod attempt;
mod blinded;
mod cause;
mod causes;
mod chain;
mod journey;
mod reach;
mod session;
mod statement;
mod tls;

use std::fmt;

pub use causes::Cause;
pub use statement::{Evidence, Statement};

use crate::record::{ConnectError, Ending, Failure, Record, Stage};

/// How a session came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Listing, download and upload arrived intact.
    Transferred,
    /// A reset answered a connect.
    Refused,
    /// Nobody answered.
    TimedOut,
    /// A router answered that there is no way.
    Unreachable,
    /// The client's operating system would not dial the address.
    AddressNotAvailable,
    /// The data connection was opened to a host that is not the server.
    WrongHost,
    /// One of the two programs refused what the other proposed.
    Rejected,
    /// A reply or a transfer was not what the protocol or the file demands.
    ProtocolError,
    /// Nobody can tell: two programs that are not the lab's talked in TLS.
    Unknown,
    /// The topology has no such setting.
    NotApplicable,
}

impl Outcome {
    /// The stable id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Transferred => "transferred",
            Self::Refused => "refused",
            Self::TimedOut => "timed-out",
            Self::Unreachable => "unreachable",
            Self::AddressNotAvailable => "address-not-available",
            Self::WrongHost => "wrong-host",
            Self::Rejected => "rejected",
            Self::ProtocolError => "protocol-error",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Stage {
    /// The stable id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Login => "login",
            Self::DataConnect => "data-connect",
            Self::Transfer => "transfer",
            Self::Done => "done",
        }
    }
}

/// What a record means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How the session came out.
    pub outcome: Outcome,
    /// How far it came.
    pub stage: Stage,
    /// The decisive cause; none for a success.
    pub cause: Option<Cause>,
    /// The same in one line without a final full stop; empty for a success.
    pub reason: String,
    /// What that rests on.
    pub rests_on: Option<Evidence>,
    /// The chain of causes, one sentence each, in order.
    pub chain: Vec<Statement>,
}

/// Judges a record.
#[must_use]
pub fn judge(record: &Record) -> Verdict {
    let (outcome, stage) = match record.ending() {
        Some(Ending::Complete) => (Outcome::Transferred, Stage::Done),
        _ if attempt::wrong_host(record).is_some() => (Outcome::WrongHost, Stage::DataConnect),
        _ if session::foreign_peer(record).is_some() => (Outcome::Rejected, Stage::Transfer),
        Some(Ending::Failed { stage, failure }) => (outcome_of(failure), *stage),
        // Nobody gave up before the simulation's time ran out.
        None => (Outcome::TimedOut, Stage::Transfer),
    };
    let decisive = (outcome != Outcome::Transferred).then(|| cause::decisive(record));
    let chain = chain::chain(record, decisive.as_ref());
    let cause = decisive.as_ref().map(|decisive| decisive.cause);
    let rests_on = decisive.as_ref().map(|decisive| decisive.rests_on);
    let reason = decisive.map_or_else(String::new, |decisive| decisive.text);
    Verdict { outcome, stage, cause, reason, rests_on, chain }
}

fn outcome_of(failure: &Failure) -> Outcome {
    match failure {
        Failure::Connect(ConnectError::Refused) => Outcome::Refused,
        Failure::Connect(ConnectError::TimedOut | ConnectError::ClientTimeout) => Outcome::TimedOut,
        Failure::Connect(ConnectError::Unreachable) => Outcome::Unreachable,
        Failure::Connect(ConnectError::AddressNotAvailable) => Outcome::AddressNotAvailable,
        Failure::Silence => Outcome::TimedOut,
        Failure::AddressMismatch | Failure::Rejected(_) => Outcome::Rejected,
        Failure::Protocol(_) => Outcome::ProtocolError,
        Failure::Unread => Outcome::Unknown,
    }
}
