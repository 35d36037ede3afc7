//! What a client prints when something goes wrong.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use pasvlab_scenarios::{Client, DataCommand, Messages};

use crate::record::ConnectError;
use crate::sim::os;

/// What a client knows of a data connection when it says something.
#[derive(Debug, Clone)]
pub(super) struct Known<'a> {
    pub(super) host: &'a str,
    pub(super) peer: Ipv4Addr,
    /// The last reply to a data-connection command, and the address in it.
    pub(super) reply: Option<(String, Option<SocketAddrV4>)>,
}

impl Known<'_> {
    /// The template with everything that does not depend on what went wrong.
    fn fill(&self, template: &str) -> String {
        let (reply, announced) = self.reply.clone().unwrap_or_default();
        let reply = reply.trim_end();
        let last = reply.lines().next_back().unwrap_or_default();
        let (code, text) = last.split_at_checked(3).unwrap_or((last, ""));
        let part = |part: Option<String>| part.unwrap_or_default();
        template
            .replace("{host}", self.host)
            .replace("{peer}", &self.peer.to_string())
            .replace("{code}", code)
            .replace("{text}", text.trim_start_matches([' ', '-']))
            .replace("{announced}", &part(announced.map(|at| at.ip().to_string())))
            .replace("{announced_port}", &part(announced.map(|at| at.port().to_string())))
            .replace("{reply}", reply)
    }
}

/// What a failed data connection looked like from the client.
pub(super) struct FailedDial {
    pub(super) error: ConnectError,
    pub(super) dialled: SocketAddrV4,
    pub(super) waited: Duration,
}

/// The client's text for a data connection that could not be opened.
pub(super) fn connect_failed(client: &Client, known: &Known<'_>, dial: &FailedDial) -> String {
    let Messages { connect, refused, timed_out, client_timeout, .. } = &client.messages;
    let Messages { unreachable, address_not_available, .. } = &client.messages;
    let template = match dial.error {
        ConnectError::Refused => refused,
        ConnectError::TimedOut => timed_out,
        ConnectError::ClientTimeout => client_timeout,
        ConnectError::Unreachable => unreachable,
        ConnectError::AddressNotAvailable => address_not_available,
    };
    let template = template.as_ref().unwrap_or(connect);
    let template = template
        .replace("{os}", os::error_text(client.os, dial.error))
        .replace("{address}", &dial.dialled.ip().to_string())
        .replace("{port}", &dial.dialled.port().to_string());
    known.fill(&waited(&template, dial.waited))
}

fn waited(template: &str, waited: Duration) -> String {
    template
        .replace("{seconds}", &waited.as_secs().to_string())
        .replace("{ms}", &waited.as_millis().to_string())
}

/// The client's text if it waited in vain for the server to connect to `offered`.
pub(super) fn nobody_came(
    client: &Client,
    known: &Known<'_>,
    offered: SocketAddr,
    patience: Duration,
) -> String {
    let Messages { connect, client_timeout, accept_timeout, .. } = &client.messages;
    let template = accept_timeout.as_ref().or(client_timeout.as_ref()).unwrap_or(connect);
    let template = template
        .replace("{os}", os::error_text(client.os, ConnectError::TimedOut))
        .replace("{address}", &offered.ip().to_string())
        .replace("{port}", &offered.port().to_string());
    known.fill(&waited(&template, patience))
}

/// The client's text for a data-connection command that was rejected; `rule` is what it says of this
/// reply in particular.
pub(super) fn rejected(
    client: &Client,
    known: &Known<'_>,
    command: DataCommand,
    rule: Option<&String>,
) -> Option<String> {
    let messages = &client.messages;
    let active = messages.port_rejected.as_ref().filter(|_| command.is_active());
    Some(known.fill(rule.or(active).or(messages.rejected.as_ref())?))
}

/// The client's text for a reply that it cannot read.
pub(super) fn unparsable(
    client: &Client,
    known: &Known<'_>,
    command: DataCommand,
) -> Option<String> {
    let messages = &client.messages;
    let epsv = messages.epsv_unparsable.as_ref().filter(|_| command == DataCommand::Epsv);
    Some(known.fill(epsv.or(messages.unparsable.as_ref()).or(messages.rejected.as_ref())?))
}

/// The client's text if nothing came for longer than it waits.
pub(super) fn silence(client: &Client) -> Option<String> {
    let data = &client.data;
    let seconds = data.reply_timeout.or(data.data_timeout).unwrap_or_default().as_secs();
    Some(client.messages.silence.as_ref()?.replace("{seconds}", &seconds.to_string()))
}

/// The client's text for an address that it does not accept.
pub(super) fn mismatch(client: &Client, known: &Known<'_>, address: Ipv4Addr) -> Option<String> {
    let template = client.messages.mismatch.as_ref()?;
    Some(known.fill(&template.replace("{address}", &address.to_string())))
}
