//! What a program did, in a few letters.

use std::net::Ipv4Addr;

use pasvlab_harness::portrait::{Dial, Effort, End, Sight, Step, Went};
use pasvlab_harness::record::ConnectError;

/// Every effort of a sight; repetitions are counted.
pub(super) fn deeds(sight: &Sight) -> String {
    let mut deeds: Vec<(String, usize)> = Vec::new();
    let mut session = 0;
    for (number, effort) in sight.efforts() {
        let anew = if number != session { "again: " } else { "" };
        session = number;
        let text = format!("{anew}{}", deed(effort, sight.peer()));
        match deeds.last_mut() {
            Some((last, times)) if *last == text => *times += 1,
            _ => deeds.push((text, 1)),
        }
    }
    let mut parts: Vec<String> = deeds
        .into_iter()
        .map(|(text, times)| if times > 1 { format!("{text} (x{times})") } else { text })
        .collect();
    if parts.is_empty() {
        parts.push("no data-connection command".to_owned());
    }
    if let Some(stopped) = sight.stopped {
        parts.push(format!("goes on after {} s", stopped.as_secs()));
    }
    parts.join(", ")
}

fn deed(effort: &Effort, peer: Option<Ipv4Addr>) -> String {
    let name = effort.command.name();
    let end = match effort.end() {
        End::Refused(code) => return format!("{name} {code}"),
        End::Unparsable => return format!("{name} not understood"),
        End::Mismatch if effort.command.is_active() => return name.to_owned(),
        End::Mismatch => return format!("{name} not dialled"),
        End::Transferred => "ok",
        End::Connect(ConnectError::Refused) => "refused",
        End::Connect(ConnectError::Unreachable) => "unreachable",
        End::Connect(ConnectError::TimedOut) => "silence",
        End::Connect(ConnectError::ClientTimeout) => "silence, gave up",
        End::Connect(ConnectError::AddressNotAvailable) => "not available",
        End::Dropped | End::Other if effort.dial == Dial::Waiting => "waiting",
        End::Dropped | End::Other => "no transfer",
    };
    match address(effort.went, effort.announced, peer) {
        Some(address) => format!("{name} > {address}: {end}"),
        None => format!("{name}: {end}"),
    }
}

/// Where a data connection went.
fn address(went: Went, announced: Option<Ipv4Addr>, peer: Option<Ipv4Addr>) -> Option<String> {
    match went {
        Went::To(address) if Some(address) == peer => Some("peer".to_owned()),
        Went::To(address) if Some(address) == announced => Some(format!("reply {address}")),
        Went::To(address) => Some(address.to_string()),
        Went::Nowhere | Went::Unseen => None,
    }
}

/// Commands and addresses of one side of a difference.
pub(super) fn steps(steps: &[Step]) -> String {
    let said: Vec<String> = steps
        .iter()
        .map(|step| match step.dialled {
            Went::To(address) => format!("{} > {address}", step.command.name()),
            Went::Nowhere | Went::Unseen => step.command.name().to_owned(),
        })
        .collect();
    if said.is_empty() { "nothing".to_owned() } else { said.join(", ") }
}
