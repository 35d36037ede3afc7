//! What is handed on about one cell tells the same in every format: the report as JSON, as Markdown and as a
//! page, its line in a matrix as JUnit and CSV, and its packets.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddrV4;
use std::path::Path;
use std::process::Command;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::{Block, PcapBlockOwned, PcapNGSlice};
use rstest::rstest;
use serde_json::Value;

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
    pasvlab(&["run", cell, "--pcap", path, "--pcap-at", "client"]);
    let bytes = fs::read(path).expect("a capture");
    let (mut told, mut sent, mut received) = (Captured::default(), Vec::new(), Vec::new());
    for block in PcapNGSlice::from_slice(&bytes).expect("a pcapng file") {
        let Ok(PcapBlockOwned::NG(Block::EnhancedPacket(packet))) = block else { continue };
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
/// closed by the server.
#[rstest]
fn every_format_tells_the_same_of_a_cell(
    #[values(
        "privatelink/endpoint/lftp",
        "privatelink/auto/ftp-netkit",
        "privatelink/zero/wget",
        "privatelink-overlap/auto/ftp-netkit",
        "nlb/auto/winscp-force-auto",
        "nlb-security-group/nlb/curl"
    )]
    cell: &str,
) {
    let report: Value = serde_json::from_str(&pasvlab(&["run", cell, "--format", "json"]))
        .expect("the report is JSON");
    let line = &report["cell"];
    let outcome = line["outcome"].as_str().expect("an outcome");
    let (cause, reason) = (line["cause"].as_str(), line["reason"].as_str().unwrap_or_default());

    let markdown = pasvlab(&["run", cell, "--format", "markdown"]);
    let page = pasvlab(&["run", cell, "--format", "html"]);
    let parts: Vec<&str> = cell.split('/').collect();
    let of_matrix = |format: &str| {
        let [topology, passive_ip, client] = parts[..] else { panic!("a cell") };
        pasvlab(&[
            "matrix",
            "--matrix",
            "topologies",
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
}
