//! What each session asks its client.

use std::net::Ipv4Addr;

/// What one session asks its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name.
    pub id: &'static str,
    /// A few words for a person.
    pub title: &'static str,
    /// Whether `EPSV` is answered; else it is refused with 500.
    pub epsv: bool,
    /// The address in the answer to `PASV`.
    pub announce: Announce,
}

/// The address in an answer to `PASV`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// The control connection's.
    Own,
    /// This one.
    Address(Ipv4Addr),
    /// None: the answer has no numbers.
    Unparsable,
}

/// An address for private use (RFC 1918) at which nobody answers here.
const PRIVATE: Ipv4Addr = Ipv4Addr::new(10, 231, 213, 7);
/// One for documentation (RFC 5737), which nobody has.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);

/// The questions, in order. `other`: another address of this host; without one nobody is asked about
/// it.
#[must_use]
pub fn questions(other: Option<Ipv4Addr>) -> Vec<Question> {
    let question = |id, title, epsv, announce| Question { id, title, epsv, announce };
    let address = Announce::Address;
    let mut questions = vec![
        question("honest", "EPSV answered, PASV announces the server", true, Announce::Own),
        question("no-epsv", "EPSV refused, PASV announces the server", false, Announce::Own),
        question(
            "zero",
            "EPSV refused, PASV announces 0.0.0.0",
            false,
            address(Ipv4Addr::UNSPECIFIED),
        ),
        question(
            "private",
            "EPSV refused, PASV announces a private address",
            false,
            address(PRIVATE),
        ),
        question("public", "EPSV refused, PASV announces a public address", false, address(PUBLIC)),
        question(
            "unparsable",
            "EPSV refused, the answer to PASV has no numbers",
            false,
            Announce::Unparsable,
        ),
    ];
    if let Some(other) = other {
        let title = "EPSV refused, PASV announces this host's other address";
        questions.insert(3, question("other", title, false, address(other)));
    }
    questions
}
