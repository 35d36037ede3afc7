//! A server for a person: what it listens on, whether it speaks TLS, what it takes and refuses.

use std::io::{self, Write};

use anstyle::Style;
use pasvlab_scenarios::{
    AcceptsProxyProtocol, AutoAnnounces, DataPeer, Quirk, QuirkAction, Server, ServerTls,
    TlsResumption,
};

use crate::words;

/// What the server is, as names and values.
#[must_use]
pub fn facts(server: &Server) -> Vec<(&'static str, Vec<String>)> {
    let (first, last) = (server.passive_ports.start(), server.passive_ports.end());
    let files = server.files.iter().map(|file| format!("{} ({} bytes)", file.path, file.size));
    let mut facts = vec![
        ("Control port", vec![server.control_port.to_string()]),
        ("Passive ports", vec![format!("{first}-{last}")]),
        ("TLS", tls(server)),
        ("AUTO announces", vec![auto(server.auto_announces).to_owned()]),
        ("Takes data from", vec![data_peer(server.data_peer).to_owned()]),
        ("Active mode", vec![active(server.active_mode).to_owned()]),
        ("PROXY header", vec![proxy(server.accepts_proxy_protocol).to_owned()]),
        ("Idle sessions", vec![format!("end after {}", words::span(server.idle_timeout))]),
        ("Greeting", vec![format!("220 {}", server.greeting)]),
        ("Log-in", vec![format!("{}, password {}", server.user, server.password)]),
        ("Files", files.collect()),
    ];
    if !server.quirks.is_empty() {
        facts.push(("Otherwise", server.quirks.iter().map(quirk).collect()));
    }
    facts
}

/// Whether it speaks TLS, and what it makes of sessions.
fn tls(server: &Server) -> Vec<String> {
    let speaks = match server.tls {
        ServerTls::None => return vec!["none: it does not know AUTH".to_owned()],
        ServerTls::Offered => {
            "for clients that ask for it: the control connection after AUTH TLS, data connections \
             after PROT P"
        }
        ServerTls::Required => {
            "required: nobody logs in before AUTH TLS, and no data connection is prepared before \
             PROT P"
        }
    };
    let sessions = match server.tls_resumption {
        TlsResumption::Disabled => "sessions are not resumed",
        TlsResumption::Enabled => {
            "a data connection may resume the session of its control connection"
        }
        TlsResumption::Enforced => {
            "a data connection must resume the session of its control connection"
        }
    };
    vec![speaks.to_owned(), sessions.to_owned()]
}

fn auto(announces: AutoAnnounces) -> &'static str {
    match announces {
        AutoAnnounces::SessionInterface => "the address to which the control connection came",
        AutoAnnounces::FirstInterface => "the address of its first interface, whoever asks",
    }
}

fn data_peer(peer: DataPeer) -> &'static str {
    match peer {
        DataPeer::Session => "the address that the control connection comes from, no other",
        DataPeer::Any => "any address",
    }
}

fn active(active: bool) -> &'static str {
    if active { "yes: it connects to clients that send PORT" } else { "no: PORT is refused" }
}

fn proxy(accepts: AcceptsProxyProtocol) -> &'static str {
    match accepts {
        AcceptsProxyProtocol::Nowhere => "not expected: it would be taken for FTP, or for data",
        AcceptsProxyProtocol::Control => "expected on control connections",
        AcceptsProxyProtocol::Everywhere => "expected on control connections and data connections",
    }
}

fn quirk(quirk: &Quirk) -> String {
    let on = quirk.command.as_deref().unwrap_or("the greeting");
    let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    match &quirk.action {
        QuirkAction::Reply { text, close: false } => format!("{on}: answers {}", line(text)),
        QuirkAction::Reply { text, close: true } => {
            format!("{on}: answers {}, and closes the connection", line(text))
        }
        QuirkAction::Rewrite(text) => format!("{on}: words its answer as {}", line(text)),
        QuirkAction::Silence => format!("{on}: says nothing"),
        QuirkAction::Delay(after) => format!("{on}: answers after {}", words::span(*after)),
    }
}

/// Column of the values of [`facts`].
const VALUES: usize = 17;
/// Column of the text of a source.
const TEXT: usize = 4;

/// Writes all of it to `out`, within [`words::WIDTH`] columns.
///
/// # Errors
/// Those of `out`.
pub fn write(server: &Server, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{}{bold:#}\n\n{}", server.id, server.title)?;
    for line in words::wrapped(&server.summary, 0) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    for (name, values) in facts(server) {
        let mut name = format!("{name}:");
        for line in values.iter().flat_map(|value| words::wrapped(value, VALUES)) {
            writeln!(out, "{name:VALUES$}{line}")?;
            name.clear();
        }
    }
    if !server.sources.is_empty() {
        writeln!(out, "\n{bold}Sources{bold:#}")?;
    }
    for source in &server.sources {
        let mut mark = format!("{:>width$} ", "-", width = TEXT - 1);
        for line in words::wrapped(source, TEXT) {
            writeln!(out, "{mark}{line}")?;
            mark = " ".repeat(TEXT);
        }
    }
    Ok(())
}
