//! What is handed on about one cell tells the same in every format: the report as JSON, as Markdown and as a
//! page, its line in a matrix as JUnit and CSV, and its packets, also if these are sealed.

#[path = "agreement/unsealed.rs"]
mod unsealed;

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddrV4;
use std::path::Path;
use std::process::Command;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::{Block, PcapBlockOwned, PcapNGSlice};
use rstest::rstest;
use serde_json::Value;
use unsealed::Secrets;

/// The option of a pcapng block that is a comment.
const COMMENT: u16 = 1;
/// The server's control port.
const CONTROL: u16 = 21;

fn pasvlab(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pasvlab"));
    let output = command.args(arguments).env("NO_COLOR", "1").output().expect("pasvlab runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The server of a cell: clients that want TLS get one that speaks it.
fn server(cell: &str) -> &'static str {
    if cell.ends_with("-ftps") { "transfer-family-ftps" } else { "transfer-family" }
}

/// What a capture at the client tells.
#[derive(Debug, Default)]
struct Captured {
    /// Lines that the client sent on control connections.
    commands: Vec<String>,
    /// Lines that reached it there.
    replies: Vec<String>,
    /// Where it opened data connections to.
    dialled: BTreeSet<SocketAddrV4>,
    comments: Vec<String>,
}

fn captured(cell: &str) -> Captured {
    let name = format!("agreement-{}.pcapng", cell.replace('/', "-"));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let path = path.to_str().expect("text");
    pasvlab(&["run", cell, "--server", server(cell), "--pcap", path, "--pcap-at", "client"]);
    let bytes = fs::read(path).expect("a capture");
    let (mut told, mut sent, mut received) = (Captured::default(), Vec::new(), Vec::new());
    let mut secrets = None;
    for block in PcapNGSlice::from_slice(&bytes).expect("a pcapng file") {
        let packet = match block {
            Ok(PcapBlockOwned::NG(Block::DecryptionSecrets(block))) => {
                let log = &block.data[..block.secrets_len as usize];
                secrets = Some(Secrets::read(std::str::from_utf8(log).expect("text")));
                continue;
            }
            Ok(PcapBlockOwned::NG(Block::EnhancedPacket(packet))) => packet,
            _ => continue,
        };
        let comments = packet.options.iter().filter(|option| option.code.0 == COMMENT);
        told.comments.extend(comments.map(|one| one.as_str().expect("text").to_owned()));
        let frame = &packet.data[..packet.caplen as usize];
        let sliced = SlicedPacket::from_ip(frame).expect("a packet");
        let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Tcp(tcp))) =
            (sliced.net, sliced.transport)
        else {
            continue;
        };
        let to = SocketAddrV4::new(ip.header().destination_addr(), tcp.destination_port());
        if tcp.destination_port() == CONTROL {
            sent.extend_from_slice(tcp.payload());
        } else if tcp.source_port() == CONTROL {
            received.extend_from_slice(tcp.payload());
        } else if tcp.syn() && !tcp.ack() {
            told.dialled.insert(to);
        }
    }
    if let Some(secrets) = secrets {
        (sent, received) = secrets.open(&sent, &received);
    }
    let lines = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().map(str::to_owned).collect()
    };
    (told.commands, told.replies) = (lines(&sent), lines(&received));
    told
}

/// Texts of the timeline's entries of one kind.
fn texts(report: &Value, kind: &str) -> Vec<String> {
    let timeline = report["timeline"].as_array().expect("a list").iter();
    let entries = timeline.filter(|entry| entry["kind"] == kind);
    entries.map(|entry| entry["text"].as_str().expect("text").to_owned()).collect()
}

/// The cells transfer, are dropped on the way, are refused by the own host, reach another host, and are
/// closed by the server; the last ones do so in TLS.
#[rstest]
fn every_format_tells_the_same_of_a_cell(
    #[values(
        "privatelink/endpoint/lftp",
        "privatelink/auto/ftp-netkit",
        "privatelink/zero/wget",
        "privatelink-overlap/auto/ftp-netkit",
        "nlb/auto/winscp-force-auto",
        "nlb-security-group/nlb/curl",
        "direct/auto/suppaftp-ftps",
        "privatelink/zero/suppaftp-ftps"
    )]
    cell: &str,
) {
    let run = |format| pasvlab(&["run", cell, "--server", server(cell), "--format", format]);
    let report: Value = serde_json::from_str(&run("json")).expect("the report is JSON");
    let line = &report["cell"];
    let outcome = line["outcome"].as_str().expect("an outcome");
    let (cause, reason) = (line["cause"].as_str(), line["reason"].as_str().unwrap_or_default());

    let (markdown, page, mermaid) = (run("markdown"), run("html"), run("mermaid"));
    let parts: Vec<&str> = cell.split('/').collect();
    let of_matrix = |format: &str| {
        let [topology, passive_ip, client] = parts[..] else { panic!("a cell") };
        pasvlab(&[
            "matrix",
            "--matrix",
            if cell.ends_with("-ftps") { "ftps" } else { "topologies" },
            "--topology",
            topology,
            "--passive-ip",
            passive_ip,
            "--client",
            client,
            "--format",
            format,
        ])
    };
    let (junit, csv) = (of_matrix("junit"), of_matrix("csv"));
    assert!(csv.contains(outcome), "{csv}");
    match cause {
        Some(cause) => {
            for text in [&markdown, &page, &csv] {
                assert!(text.contains(cause), "{cause} in\n{text}");
            }
            assert!(junit.contains(&format!("type=\"{outcome}/{cause}\"")), "{junit}");
        }
        None => assert!(outcome == "transferred" && !junit.contains("<failure"), "{junit}"),
    }

    let packets = captured(cell);
    let hidden = |line: &String| match line.starts_with("PASS ") {
        true => "PASS ****".to_owned(),
        false => line.clone(),
    };
    let commands: Vec<String> = packets.commands.iter().map(hidden).collect();
    assert_eq!(commands, texts(&report, "command"));
    assert_eq!(packets.replies, texts(&report, "reply"));
    let dialled = line["dialled"].as_array().expect("a list").iter();
    let dialled = dialled.map(|to| to.as_str().and_then(|to| to.parse().ok()).expect("an address"));
    // What goes to the own host is on no wire.
    let dialled: BTreeSet<SocketAddrV4> =
        dialled.filter(|to: &SocketAddrV4| !to.ip().is_unspecified()).collect();
    assert_eq!(packets.dialled, dialled);
    if !packets.dialled.is_empty() {
        assert!(packets.comments.iter().any(|text| text.contains(reason)), "{packets:?}");
    }

    let in_tls = cell.ends_with("-ftps");
    for text in [&markdown, &page, &mermaid] {
        assert_eq!(text.contains("has gone over to TLS"), in_tls, "{text}");
    }
    for entry in report["timeline"].as_array().expect("a list") {
        let clear = entry.get("tls").is_none();
        let said = ["command", "reply"].iter().any(|kind| entry["kind"] == *kind);
        let before = entry["at_ms"].as_u64() < moment_of_tls(&report);
        assert_eq!(clear, !in_tls || !said || before, "{entry}");
    }
}

/// When the control connection goes over to TLS, in milliseconds.
fn moment_of_tls(report: &Value) -> Option<u64> {
    let mut timeline = report["timeline"].as_array().expect("a list").iter();
    let note = "the control connection has gone over to TLS";
    timeline.find(|entry| entry["text"] == note)?["at_ms"].as_u64()
}
