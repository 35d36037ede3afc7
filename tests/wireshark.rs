//! Wireshark reads captures as it reads those of life. Without tshark that is said, and fails if
//! PASVLAB_REQUIRE_PROGRAMS is set.
#![expect(clippy::print_stderr, reason = "says what was skipped")]

mod common;
#[path = "wireshark/sealed.rs"]
mod sealed;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;

use common::{catalog, run, run_case, run_in_tls, thorough};
use pasvlab_harness::record::transcript::{self, LineKind};
use pasvlab_harness::record::{End, Place, PlaceKind};
use pasvlab_harness::{Outcome, Record, judge};
use pasvlab_report::capture::{self, Places};
use pasvlab_scenarios::{Clients, DataCommand, Selection};
use rstest::rstest;

/// Whether there is a tshark, and the time for it; says if not.
fn there() -> bool {
    if !thorough() {
        eprintln!("skipped: takes half a minute; PASVLAB_THOROUGH=1 runs it");
        return false;
    }
    let version = Command::new("tshark").arg("--version").output();
    if version.is_ok_and(|version| version.status.success()) {
        return true;
    }
    let missing = "`tshark` is not installed";
    assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    false
}

/// What tshark says of a capture.
fn tshark(capture: &[u8], arguments: &[&str]) -> String {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(capture).expect("written");
    let mut command = Command::new("tshark");
    command.args(["-n", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-r"]);
    let output = command.arg(file.path()).args(arguments).output().expect("tshark runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("text")
}

/// The fields of every frame that the filter lets through, several values of one joined by `|`.
fn fields(capture: &[u8], filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let mut arguments = vec!["-T", "fields", "-E", "aggregator=|"];
    if !filter.is_empty() {
        arguments.extend(["-Y", filter]);
    }
    arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
    let text = tshark(capture, &arguments);
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn captured(record: &Record, at: &[&str]) -> Vec<u8> {
    let at: Vec<String> = at.iter().map(|name| (*name).to_owned()).collect();
    let places = match at.as_slice() {
        [] => Places::all(&record.places),
        names => Places::named(&record.places, names).expect("known places"),
    };
    let mut bytes = Vec::new();
    capture::write(record, &judge(record), &places, "pasvlab run it", &mut bytes).expect("memory");
    bytes
}

/// Runs a cell, or a case if it is one; none if the cell is not applicable. A client that wants TLS has a
/// server that speaks it.
fn recorded(cell: &str) -> Option<Record> {
    match cell.split('/').collect::<Vec<_>>()[..] {
        [topology, passive_ip, client] if client.ends_with("-ftps") => {
            run_in_tls(topology, passive_ip, client)
        }
        [topology, passive_ip, client] => run(topology, passive_ip, client, 1).1,
        _ => Some(run_case(catalog().case(cell).expect("a case"), 1)),
    }
}

/// Repeated SYNs, and what resets do, are part of life; everything else is an error of the lab's.
const WRONG: &str = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 \
    || (tcp.analysis.flags && !(tcp.analysis.retransmission && tcp.flags.syn == 1)) \
    || (_ws.expert.severity >= 6291456 && tcp.flags.reset == 0)";

/// What Wireshark finds wrong in a capture at one place.
fn wrong(record: &Record, at: &str) -> Vec<Vec<String>> {
    fields(&captured(record, &[at]), WRONG, &["frame.number", "_ws.col.Info"])
}

#[test]
fn nothing_is_wrong_with_what_the_client_sees_in_any_topology() {
    if !there() {
        return;
    }
    for topology in catalog().topologies() {
        // What these lose, or add, Wireshark rightly finds: see the tests below.
        if ["vpn-mtu", "nlb-proxy-protocol"].contains(&topology.id.as_str()) {
            continue;
        }
        let cell = format!("{}/auto/lftp", topology.id);
        let record = recorded(&cell).expect("an applicable cell");
        assert_eq!(wrong(&record, "client"), Vec::<Vec<String>>::new(), "{cell}");
    }
}

#[rstest]
#[case("privatelink/auto/ftp-netkit")]
#[case("privatelink/zero/ftp-netkit")]
#[case("nlb-multi-az/nlb/wget")]
#[case("privatelink-overlap/auto/winscp-force-auto")]
#[case("elastic-ip/auto/ftp-netkit")]
#[case("idle-nlb")]
#[case("active-through-home-router")]
#[case("active-through-privatelink")]
#[case("privatelink/auto/suppaftp-ftps")]
fn nothing_is_wrong_with_what_the_client_of_a_failed_session_sees(#[case] cell: &str) {
    if !there() {
        return;
    }
    let record = recorded(cell).expect("an applicable cell");
    assert_ne!(judge(&record).outcome, Outcome::Transferred);
    assert_eq!(wrong(&record, "client"), Vec::<Vec<String>>::new());
}

#[test]
fn a_syn_that_is_repeated_is_a_retransmission() {
    if !there() {
        return;
    }
    let record = recorded("privatelink/auto/ftp-netkit").expect("an applicable cell");
    let again: Vec<String> = record
        .packets
        .iter()
        .filter(|packet| packet.again)
        .map(|packet| format!("{}.{:09}", packet.at.as_secs(), packet.at.subsec_nanos()))
        .collect();
    assert_eq!(again.len(), 6);
    let capture = captured(&record, &["client"]);
    let seen = fields(&capture, "tcp.analysis.retransmission", &["frame.time_epoch"]);
    assert_eq!(seen.into_iter().flatten().collect::<Vec<_>>(), again);
}

#[rstest]
#[case("privatelink/endpoint/curl")]
#[case("nlb-multi-az/auto/lftp")]
#[case("nlb-preserve-client-ip/auto/lftp")]
#[case("home-router-alg/auto/lftp")]
#[case("firewall-alg/auto/lftp")]
#[case("hairpin/public/lftp")]
#[case("active-through-home-router-alg")]
#[case("home-router-alg/auto/suppaftp-ftps")]
#[case("privatelink/endpoint/suppaftp-ftps")]
fn nothing_is_wrong_with_what_any_place_sees(#[case] cell: &str) {
    if !there() {
        return;
    }
    let record = recorded(cell).expect("an applicable cell");
    let routers = |place: &&Place| place.kind == PlaceKind::Router;
    for place in record.places.iter().filter(|place| !routers(place)) {
        assert_eq!(wrong(&record, &place.name), Vec::<Vec<String>>::new(), "{cell} {}", place.name);
    }
}

#[test]
fn a_packet_that_was_lost_is_missed() {
    if !there() {
        return;
    }
    let record = recorded("vpn-mtu/auto/lftp").expect("an applicable cell");
    let missed = wrong(&record, "client");
    assert!(!missed.is_empty());
    assert!(missed.iter().all(|frame| frame[1].contains("Previous segment not captured")));
}

#[test]
fn what_a_load_balancer_puts_in_front_is_acknowledged_by_nobody_else() {
    if !there() {
        return;
    }
    let record = recorded("nlb-proxy-protocol/auto/lftp").expect("an applicable cell");
    let [update] = &wrong(&record, "client")[..] else { panic!("{:?}", wrong(&record, "client")) };
    assert!(update[1].contains("Window Update"), "{update:?}");
}

#[test]
fn an_icmp_message_is_about_the_packet_that_went_no_further() {
    if !there() {
        return;
    }
    let record = recorded("firewall-prohibits/auto/lftp").expect("an applicable cell");
    let stopped = record.packets.iter().filter(|packet| {
        matches!(packet.end, End::Unreachable(..))
            && record.place(packet.from).kind == PlaceKind::Client
    });
    let stopped: Vec<String> = stopped.map(|packet| packet.packet.dst.port().to_string()).collect();
    assert!(!stopped.is_empty());
    let seen = fields(&captured(&record, &["client"]), "icmp.type == 3", &["tcp.dstport"]);
    assert_eq!(seen.into_iter().flatten().collect::<Vec<_>>(), stopped);
}

#[rstest]
#[case("privatelink/zero/lftp")]
#[case("privatelink/auto/ftp-netkit")]
#[case("direct/auto/curl")]
#[case("home-router-alg/auto/python-ftplib")]
#[case("active-through-nat-gateway")]
#[case("direct/auto/suppaftp-ftps")]
#[case("privatelink/auto/suppaftp-ftps")]
fn commands_and_replies_are_those_of_the_transcript(#[case] cell: &str) {
    if !there() {
        return;
    }
    let record = recorded(cell).expect("an applicable cell");
    let frames = fields(
        &captured(&record, &["client"]),
        "ftp",
        &["ftp.request.command", "ftp.response.code"],
    );
    let joined = |place: usize| -> Vec<String> {
        let values = frames.iter().flat_map(|frame| frame[place].split('|'));
        values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
    };
    let lines = transcript::transcript(&record);
    let of = |kind| lines.iter().filter(move |line| line.kind == kind);
    let words = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
    let commands: Vec<String> = of(LineKind::Command).map(|line| words(&line.text)).collect();
    assert_eq!(joined(0), commands);
    // Wireshark reads the first line of a segment. "XYZ " ends a reply of several lines, "XYZ-" begins
    // one (RFC 959 section 4.2).
    let coded = |text: &str| {
        let (code, rest) = text.split_at_checked(3)?;
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        (digits && [" ", "-"].iter().any(|mark| rest.starts_with(mark))).then(|| code.to_owned())
    };
    let mut first: Vec<&transcript::Line> = of(LineKind::Reply).collect();
    first.dedup_by_key(|line| line.packet);
    let replies: Vec<String> = first.iter().filter_map(|line| coded(&line.text)).collect();
    assert_eq!(joined(1), replies);
}

#[test]
fn wireshark_sees_a_nat_where_the_lab_says_that_the_announced_address_is_not_the_peers() {
    if !there() {
        return;
    }
    let (mut with, mut without) = (0, 0);
    let matrices = [("headline", "wget"), ("ftps", "suppaftp-ftps")];
    for (matrix, client) in matrices {
        for cell in cells_of(matrix, client) {
            let Some(record) = recorded(&cell) else { continue };
            let expected: Vec<bool> = record
                .decisions()
                .filter(|decision| decision.command == DataCommand::Pasv)
                .map(|decision| decision.announced != Some(decision.peer))
                .collect();
            let seen = fields(
                &captured(&record, &["client"]),
                "ftp.response.code == 227",
                &["ftp.passive.nat"],
            );
            let seen: Vec<bool> =
                seen.iter().map(|frame| ["1", "True"].contains(&frame[0].as_str())).collect();
            assert_eq!(seen, expected, "{cell}");
            with += expected.iter().filter(|nat| **nat).count();
            without += expected.iter().filter(|nat| !**nat).count();
        }
    }
    assert!(with > 10 && without > 10, "{with} {without}");
}

/// The cells of a client in a matrix.
fn cells_of(matrix: &str, client: &str) -> Vec<String> {
    let selection = Selection {
        clients: Clients::Listed(vec![client.to_owned()]),
        passive_ips: ["auto", "nlb", "endpoint", "zero"].map(str::to_owned).to_vec(),
        ..Selection::default()
    };
    let matrix = catalog().matrix(matrix).expect("a known id");
    let cells = catalog().expand(matrix, &selection).expect("known ids");
    cells.iter().map(ToString::to_string).collect()
}

/// Wireshark expects a connection at the announced address, or after 229 at the peer's. Where a client
/// dials another one it cannot know.
#[rstest]
#[case("privatelink/endpoint/lftp", "PASV", 227)]
#[case("elastic-ip/public/lftp", "PASV", 227)]
#[case("hairpin/public/lftp", "PASV", 227)]
#[case("privatelink/auto/lftp-epsv", "EPASV", 229)]
fn data_connections_belong_to_their_command(
    #[case] cell: &str,
    #[case] method: &str,
    #[case] code: u16,
) {
    if !there() {
        return;
    }
    let record = recorded(cell).expect("an applicable cell");
    let capture = captured(&record, &["client"]);
    let replies = fields(&capture, &format!("ftp.response.code == {code}"), &["frame.number"]);
    let commands = fields(
        &capture,
        "ftp.request",
        &["frame.number", "ftp.request.command", "ftp.request.arg"],
    );
    let commands: BTreeMap<&str, String> = commands
        .iter()
        .map(|frame| {
            (frame[0].as_str(), format!("{} {}", frame[1], frame[2]).trim_end().to_owned())
        })
        .collect();
    let data = fields(
        &capture,
        "ftp-data",
        &[
            "ftp-data.setup-method",
            "ftp-data.setup-frame",
            "ftp-data.command",
            "ftp-data.command-frame",
        ],
    );
    let mut moved: Vec<String> = Vec::new();
    for frame in &data {
        assert_eq!(frame[0], method, "{frame:?}");
        assert!(replies.iter().any(|reply| reply[0] == frame[1]), "{frame:?}");
        assert_eq!(commands.get(frame[3].as_str()), Some(&frame[2]), "{frame:?}");
        if moved.last() != Some(&frame[2]) {
            moved.push(frame[2].clone());
        }
    }
    assert_eq!(moved, ["LIST", "RETR report.csv", "STOR uploaded-report.csv"]);
}

#[test]
fn places_comments_and_names_are_shown() {
    if !there() {
        return;
    }
    let record = recorded("privatelink/auto/ftp-netkit").expect("an applicable cell");
    let wanted = ["frame.interface_name", "frame.interface_description", "frame.comment"];
    let frames = fields(&captured(&record, &[]), "frame.comment contains \"no-route\"", &wanted);
    assert!(!frames.is_empty());
    for frame in frames {
        assert_eq!(frame[..2], ["router of consumer", "consumer"]);
    }
}
