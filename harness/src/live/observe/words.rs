//! Commands and replies, as far as they are about data connections.

use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_scenarios::{DataCommand, EpsvReply, PasvReply};

use crate::ftp::client::replies;

/// A command's word in capitals, and the rest. Telnet's interrupts before it are not part of it
/// (RFC 959 section 4.1.3, ABOR).
pub(super) fn words(line: &str) -> (String, &str) {
    let line = line.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
    (word.to_ascii_uppercase(), argument)
}

/// The data-connection command that this one is.
pub(super) fn data_command(word: &str, argument: &str) -> Option<DataCommand> {
    match word {
        "PASV" => Some(DataCommand::Pasv),
        // RFC 2428 section 4: this one only asks the server to refuse the others.
        "EPSV" if !argument.eq_ignore_ascii_case("ALL") => Some(DataCommand::Epsv),
        "PORT" => Some(DataCommand::Port),
        "EPRT" => Some(DataCommand::Eprt),
        _ => None,
    }
}

/// Whether a command moves data.
pub(super) fn is_transfer(word: &str) -> bool {
    matches!(word, "LIST" | "NLST" | "MLSD" | "RETR" | "STOR" | "STOU" | "APPE")
}

/// Whether a command prepares a data connection, so that an earlier one is over.
pub(super) fn prepares_data(line: &str) -> bool {
    let (word, argument) = words(line);
    data_command(&word, argument).is_some()
}

/// The address that a command offers in active mode (RFC 959 section 4.1.2, RFC 2428 section 2).
pub(crate) fn offered(line: &str) -> Option<(DataCommand, SocketAddrV4)> {
    let (word, argument) = words(line);
    match word.as_str() {
        "PORT" => {
            let numbers: Vec<u8> =
                argument.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
            let [a, b, c, d, high, low] = numbers[..] else { return None };
            let port = u16::from_be_bytes([high, low]);
            Some((DataCommand::Port, SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), port)))
        }
        "EPRT" => {
            let delimiter = argument.chars().next()?;
            let mut parts = argument.split(delimiter).skip(2);
            let address = parts.next()?.parse().ok()?;
            let port = parts.next()?.parse().ok()?;
            Some((DataCommand::Eprt, SocketAddrV4::new(address, port)))
        }
        _ => None,
    }
}

/// Address and port in a reply, as a reader that takes everything finds them.
pub(super) fn announced(code: u16, text: &str) -> Option<(Option<Ipv4Addr>, u16)> {
    if let Some(address) = replies::pasv(PasvReply::FirstSix, code, text).filter(|_| code == 227) {
        return Some((Some(*address.ip()), address.port()));
    }
    replies::epsv(EpsvReply::AnyDelimiter, code, text).map(|port| (None, port))
}
