//! What a client prints when something goes wrong.

use std::net::SocketAddrV4;
use std::time::Duration;

use pasvlab_scenarios::{Client, Messages};

use crate::record::ConnectError;
use crate::sim::os;

/// What a failed data connection looked like from the client.
pub(super) struct FailedDial<'a> {
    pub(super) error: ConnectError,
    pub(super) dialled: SocketAddrV4,
    pub(super) waited: Duration,
    pub(super) host: &'a str,
}

/// The client's text for a data connection that could not be opened.
pub(super) fn connect_failed(client: &Client, dial: &FailedDial<'_>) -> String {
    let Messages { connect, refused, timed_out, client_timeout, .. } = &client.messages;
    let Messages { unreachable, address_not_available, .. } = &client.messages;
    let template = match dial.error {
        ConnectError::Refused => refused,
        ConnectError::TimedOut => timed_out,
        ConnectError::ClientTimeout => client_timeout,
        ConnectError::Unreachable => unreachable,
        ConnectError::AddressNotAvailable => address_not_available,
    };
    template
        .as_ref()
        .unwrap_or(connect)
        .replace("{os}", os::error_text(client.os, dial.error))
        .replace("{address}", &dial.dialled.ip().to_string())
        .replace("{port}", &dial.dialled.port().to_string())
        .replace("{host}", dial.host)
        .replace("{seconds}", &dial.waited.as_secs().to_string())
        .replace("{ms}", &dial.waited.as_millis().to_string())
}

/// The client's text for a data-connection command that was rejected.
pub(super) fn rejected(client: &Client, reply: &str) -> Option<String> {
    let template = client.messages.rejected.as_ref()?;
    Some(template.replace("{reply}", reply.trim_end()))
}

/// The client's text for a reply that it cannot read.
pub(super) fn unparsable(client: &Client, reply: &str) -> Option<String> {
    let template = client.messages.unparsable.as_ref().or(client.messages.rejected.as_ref())?;
    Some(template.replace("{reply}", reply.trim_end()))
}

/// The client's text if nothing came for longer than it waits.
pub(super) fn silence(client: &Client) -> Option<String> {
    let data = &client.data;
    let seconds = data.reply_timeout.or(data.data_timeout).unwrap_or_default().as_secs();
    Some(client.messages.silence.as_ref()?.replace("{seconds}", &seconds.to_string()))
}

/// The client's text for a reply whose address its policy forbids.
pub(super) fn mismatch(client: &Client, reply: std::net::Ipv4Addr) -> Option<String> {
    let template = client.messages.mismatch.as_ref()?;
    Some(template.replace("{address}", &reply.to_string()))
}
