//! What was seen between client and server, in words: what it was, and what it means.

use std::net::Ipv4Addr;

use pasvlab_harness::probe::Sight;

/// One sight.
pub(super) fn words(sight: &Sight) -> String {
    match sight {
        Sight::ServerTranslated { public, own } => format!(
            "Clients connect to {public}, and their sessions arrive at {own}: the server's address is \
             translated on the way."
        ),
        Sight::SeveralSources { addresses } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!(
                "Sessions come from {}: several clients, or one that is translated to several \
                 addresses. A server that binds a session to its first address refuses the rest.",
                addresses.join(", ")
            )
        }
        Sight::DataFromElsewhere { control, data } => format!(
            "A data connection comes from {data}, its control connection from {control}: they are \
             translated to different addresses, or take different ways. Servers that compare the \
             two refuse it."
        ),
        Sight::Blocked { command } => format!(
            "After {} no data connection comes, although the address that clients connect to is \
             announced: its port is not let through, or not forwarded.",
            command.name()
        ),
        Sight::OfferTranslated { command, offered, source } => format!(
            "{} offers {offered}, and the client comes from {source}: its address is translated on \
             the way, and nothing there rewrites {}. Active mode cannot work.",
            command.name(),
            command.name()
        ),
        Sight::OfferSame { command, address } => format!(
            "{} offers {address}, where the client comes from: its address is not translated, or the \
             command is rewritten on the way. The two cannot be told apart from here.",
            command.name()
        ),
        Sight::OfferRewritten { rewritten, kept, offered } => format!(
            "{} offers {offered}, {} the address that the client comes from: its address is \
             translated on the way, and a box there rewrites {} and does not know {}.",
            kept.name(),
            rewritten.name(),
            rewritten.name(),
            kept.name()
        ),
        Sight::ReplyRead { announced, foreign } => read(*announced, *foreign),
        Sight::ReplySpoiled { announced } => format!(
            "After 227 with {announced} no data connection comes; after the same reply in two lines \
             it does. A box on the way reads FTP packet by packet and makes the reply useless."
        ),
        Sight::ForeignReplaced { announced } => format!(
            "{announced} is announced, in one line and in two, and the connection comes here: the \
             client puts the server's address in its place, or a proxy on the way does. Name the \
             client with --client to tell them apart."
        ),
        Sight::NoRule => "The client follows some announced addresses, and goes elsewhere after \
                          others, as by no address rule of a known client: a box on the way puts \
                          other addresses into 227, or the client has a rule of its own."
            .to_owned(),
        Sight::Unlike { question, client, expected, arrived } => {
            unlike(question, client, *expected, *arrived)
        }
    }
}

fn read(announced: Ipv4Addr, foreign: bool) -> String {
    let what = if foreign {
        "puts another address into 227, whatever the server announces"
    } else {
        "rewrites the address, or lets in only what it has read of"
    };
    format!(
        "After 227 with {announced} a data connection comes here; after the same reply in two lines \
         it does not. A box on the way reads FTP packet by packet: it {what}. \
         What is its work is left out of the client's address rules."
    )
}

fn unlike(
    question: &str,
    client: &str,
    expected: Option<Ipv4Addr>,
    arrived: Option<Ipv4Addr>,
) -> String {
    let would = match expected {
        Some(address) => format!("dial {address}"),
        None => "not come here".to_owned(),
    };
    let (did, cause) = match arrived {
        Some(address) => {
            (format!("a connection came, as to {address}"), "the reply was rewritten on the way")
        }
        None => (
            "no connection came".to_owned(),
            "the reply was rewritten, or the connection stopped, on the way",
        ),
    };
    format!("In {question}, {client} would {would}, and {did}: {cause}, or this is not {client}.")
}
