//! A server file.

use crate::load::{Report, values};
use crate::model::{
    AcceptsProxyProtocol, AutoAnnounces, DataPeer, FileSpec, Quirk, QuirkAction, Server, ServerTls,
    TlsResumption,
};
use crate::schema;

/// The largest file, in bytes.
const LARGEST: u64 = 1 << 30;

pub(crate) fn server(report: &mut Report, file: schema::ServerFile) -> Option<Server> {
    let id = values::file_id(report, &file.id);
    let title = values::line(report, &file.title);
    let summary = values::prose(report, &file.summary);
    let sources = values::lines(report, &file.sources);
    let control_port = values::port(report, &file.control_port);
    let passive_ports = values::ports(report, &file.passive_ports);
    let greeting = values::line(report, &file.greeting);
    let user = values::line(report, &file.user);
    let password = values::line(report, &file.password);
    let idle_timeout = values::seconds(report, &file.idle_timeout_s);
    let files = files(report, &file);
    let quirks = values::all(file.quirk.iter().map(|table| quirk(report, table)));
    let tls_resumption = tls_resumption(report, &file);
    let (control_port, passive_ports) = (control_port?, passive_ports?);
    if passive_ports.contains(&control_port) {
        let problem = report
            .at(
                file.passive_ports.span(),
                format!("the passive ports include the control port {control_port}"),
            )
            .and(file.control_port.span(), "the control port")
            .hint("the server can listen on a port only once; move one of them");
        report.add(problem);
        return None;
    }
    Some(Server {
        id: id?,
        title: title?,
        summary: summary?,
        sources: sources?,
        control_port,
        passive_ports,
        greeting: greeting?,
        user: user?,
        password: password?,
        idle_timeout: idle_timeout?,
        auto_announces: match file.auto_announces {
            schema::AutoAnnounces::SessionInterface => AutoAnnounces::SessionInterface,
            schema::AutoAnnounces::FirstInterface => AutoAnnounces::FirstInterface,
        },
        active_mode: file.active_mode,
        data_peer: match file.data_peer {
            schema::DataPeer::Session => DataPeer::Session,
            schema::DataPeer::Any => DataPeer::Any,
        },
        accepts_proxy_protocol: match file.accepts_proxy_protocol {
            schema::AcceptsProxyProtocol::Nowhere => AcceptsProxyProtocol::Nowhere,
            schema::AcceptsProxyProtocol::Control => AcceptsProxyProtocol::Control,
            schema::AcceptsProxyProtocol::Everywhere => AcceptsProxyProtocol::Everywhere,
        },
        files: files?,
        tls: match file.tls {
            schema::ServerTls::None => ServerTls::None,
            schema::ServerTls::Offered => ServerTls::Offered,
            schema::ServerTls::Required => ServerTls::Required,
        },
        tls_resumption: tls_resumption?,
        quirks: quirks?,
    })
}

fn tls_resumption(report: &mut Report, file: &schema::ServerFile) -> Option<TlsResumption> {
    let Some(mode) = &file.tls_resumption else { return Some(TlsResumption::Enabled) };
    if file.tls == schema::ServerTls::None {
        return report.fail(
            mode.span(),
            "`tls_resumption` without TLS",
            "add tls = \"required\", or remove this key",
        );
    }
    Some(match mode.get_ref() {
        schema::TlsResumption::Disabled => TlsResumption::Disabled,
        schema::TlsResumption::Enabled => TlsResumption::Enabled,
        schema::TlsResumption::Enforced => TlsResumption::Enforced,
    })
}

fn quirk(report: &mut Report, table: &schema::QuirkTable) -> Option<Quirk> {
    let command = values::line(report, &table.command)?;
    let text = |text: &schema::Text| text.get_ref().trim_end().to_owned();
    let actions = [
        table
            .reply
            .as_ref()
            .map(|reply| QuirkAction::Reply { text: text(reply), close: table.close }),
        table.rewrite.as_ref().map(|reply| QuirkAction::Rewrite(text(reply))),
        table.silent.then_some(QuirkAction::Silence),
        match &table.delay_s {
            Some(seconds) => Some(QuirkAction::Delay(values::seconds(report, seconds)?)),
            None => None,
        },
    ];
    let mut actions = actions.into_iter().flatten();
    let (Some(action), None) = (actions.next(), actions.next()) else {
        return report.fail(
            table.command.span(),
            "this quirk does not say one thing",
            "write exactly one of `reply`, `rewrite`, `silent = true` and `delay_s`",
        );
    };
    if table.close && !matches!(action, QuirkAction::Reply { .. }) {
        return report.fail(
            table.command.span(),
            "`close` without `reply`",
            "only a connection that was answered is closed",
        );
    }
    let command = (command != "greeting").then(|| command.to_ascii_uppercase());
    Some(Quirk { command, action })
}

fn files(report: &mut Report, file: &schema::ServerFile) -> Option<Vec<FileSpec>> {
    if file.file.is_empty() {
        return report.fail(
            file.id.span(),
            "this server has no files",
            "add a [[file]] with `path` and `size`; clients download the first",
        );
    }
    let mut files: Vec<FileSpec> = Vec::new();
    for table in &file.file {
        let path = path(report, &table.path)?;
        let size = values::within(report, &table.size, 0..=LARGEST)?;
        if files.iter().any(|known| known.path == path) {
            return report.fail(
                table.path.span(),
                format!("there are two files `{path}`"),
                "keep one of them",
            );
        }
        files.push(FileSpec { path, size });
    }
    Some(files)
}

fn path(report: &mut Report, text: &schema::Text) -> Option<String> {
    let path = values::line(report, text)?;
    let part = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':']);
    if path.split('/').all(part) {
        return Some(path);
    }
    report.fail(
        text.span(),
        format!("`{}` is not a path below the home", path.escape_debug()),
        "write for example \"report.csv\" or \"reports/june.csv\"",
    )
}
