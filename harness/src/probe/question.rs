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
    /// Whether `PASV` is answered; else it is refused with 500.
    pub pasv: bool,
    /// The address in the answer to `PASV`.
    pub announce: Announce,
    /// The question that this one repeats, with an answer to `PASV` of two lines.
    pub again: Option<&'static str>,
}

/// The address in an answer to `PASV`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// The one that the client connects to.
    Own,
    /// This host's own, where that is another one.
    Inside,
    /// This one.
    Address(Ipv4Addr),
    /// None: the answer has no numbers.
    Unparsable,
}

/// An address for private use (RFC 1918) at which nobody answers here.
const PRIVATE: Ipv4Addr = Ipv4Addr::new(10, 231, 213, 7);
/// One for documentation (RFC 5737), which nobody has.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);

/// The questions about the client, in order. `other`: another address of this host; without one nobody
/// is asked about it.
#[must_use]
pub fn questions(other: Option<Ipv4Addr>) -> Vec<Question> {
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

/// The questions about the way between client and server, in order.
///
/// Boxes that read FTP packet by packet look for an announcement at the beginning of a packet only
/// (Linux `nf_conntrack_ftp.c` `help`: `fb_off` is where a line begins). An answer of two lines, which
/// RFC 959 section 4.2 allows for every reply, is nothing to them; a client reads both alike.
/// `translated`: clients connect to another address than this host's.
#[must_use]
pub fn questions_of_the_way(translated: bool) -> Vec<Question> {
    let two_lines = |again, title, announce| Question {
        again: Some(again),
        ..question("two-lines", title, false, announce)
    };
    let mut questions = if translated {
        let title = "EPSV refused, PASV announces this host's own address";
        let again = "the same as inside, in two lines";
        vec![
            question("inside", title, false, Announce::Inside),
            two_lines("inside", again, Announce::Inside),
        ]
    } else {
        vec![two_lines("no-epsv", "the same as no-epsv, in two lines", Announce::Own)]
    };
    let (title, public) = ("the same as public, in two lines", Announce::Address(PUBLIC));
    let refused = "EPSV and PASV refused";
    questions.extend([
        Question { again: Some("public"), ..question("public-two-lines", title, false, public) },
        Question { pasv: false, ..question("no-passive", refused, false, Announce::Own) },
    ]);
    questions
}

fn question(id: &'static str, title: &'static str, epsv: bool, announce: Announce) -> Question {
    Question { id, title, epsv, pasv: true, announce, again: None }
}
