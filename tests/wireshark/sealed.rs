//! Wireshark reads a session in TLS with nothing but the capture, which has the secrets.

use std::path::Path;

use pasvlab_harness::record::What;
use ring::digest::{SHA256, digest};

use super::{Command, Record, captured, fields, recorded, rstest, there, transcript, tshark};

/// Wireshark takes everything on a data connection for data unless it is told not to.
const NO_FTP_DATA: [&str; 2] = ["--disable-protocol", "ftp-data"];

/// What was written on a connection in TLS, by its number in the file.
fn written(capture: &[u8], stream: &str) -> Vec<u8> {
    let follow = format!("follow,tls,raw,{stream}");
    let text = tshark(capture, &[&NO_FTP_DATA[..], &["-q", "-z", &follow]].concat());
    let is_hex =
        |line: &&str| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hex: String = text.lines().map(str::trim).filter(is_hex).collect();
    let byte = |place| u8::from_str_radix(&hex[place..place + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// The numbers of connections that are not the control connection.
fn data_connections(capture: &[u8]) -> Vec<String> {
    let opened = "tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport != 21";
    fields(capture, opened, &["tcp.stream"]).into_iter().flatten().collect()
}

/// The digests of what was transferred, as the record has them.
fn digests(record: &Record) -> Vec<Vec<u8>> {
    let digests = record.events.iter().filter_map(|event| match &event.what {
        What::Transferred { digest, .. } => Some(digest.to_vec()),
        _ => None,
    });
    digests.collect()
}

#[rstest]
#[case("direct/auto/suppaftp-ftps")]
#[case("privatelink/endpoint/suppaftp-ftps")]
fn what_data_connections_carried_is_what_was_transferred(#[case] cell: &str) {
    if !there() {
        return;
    }
    let record = recorded(cell).expect("an applicable cell");
    let capture = captured(&record, &["client"]);
    let connections = data_connections(&capture);
    let read = connections.iter().map(|stream| written(&capture, stream));
    let read: Vec<Vec<u8>> = read.map(|bytes| digest(&SHA256, &bytes).as_ref().to_vec()).collect();
    assert_eq!(read.len(), 3);
    assert_eq!(read, digests(&record));
}

#[test]
fn nothing_is_wrong_with_what_data_connections_carried() {
    if !there() {
        return;
    }
    for cell in ["direct/auto/suppaftp-ftps", "privatelink/auto/suppaftp-ftps"] {
        let capture = captured(&recorded(cell).expect("an applicable cell"), &["client"]);
        let filter = ["-Y", "_ws.malformed || _ws.expert.severity >= 6291456"];
        assert_eq!(tshark(&capture, &[&NO_FTP_DATA[..], &filter].concat()), "", "{cell}");
    }
}

#[test]
fn without_the_secrets_nothing_is_read_after_the_handshake() {
    if !there() {
        return;
    }
    let mut record = recorded("direct/auto/suppaftp-ftps").expect("an applicable cell");
    let lines = transcript::transcript(&record);
    let in_clear = lines.iter().filter(|line| !line.sealed).count();
    record.sealed = pasvlab_harness::record::Sealed::default();
    let capture = captured(&record, &["client"]);
    let frames = fields(&capture, "ftp.request.command || ftp.response.code", &["frame.number"]);
    assert_eq!(frames.len(), in_clear);
}

#[test]
fn what_is_said_of_an_announcement_in_tls_is_said_of_its_packet() {
    if !there() {
        return;
    }
    let record = recorded("privatelink/auto/suppaftp-ftps").expect("an applicable cell");
    let wanted = ["ftp.response.code", "tls.app_data_proto", "frame.comment"];
    let capture = captured(&record, &["client"]);
    let frames = fields(&capture, "frame.comment contains \"The server announced\"", &wanted);
    let [frame] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(frame[..2], ["227", "File Transfer Protocol (FTP)"]);
    assert!(frame[2].contains("10.0.1.10 is not the address that the client is connected to"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_real_programs_session_in_tls_is_read_as_well() {
    if !there() {
        return;
    }
    if Command::new("curl").arg("--version").output().is_err() {
        let missing = "`curl` is not installed";
        assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{missing}");
        eprintln!("skipped: {missing}");
        return;
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wireshark-curl-ftps.pcapng");
    let output = Command::new(env!("CARGO_BIN_EXE_pasvlab"))
        .args(["exec", "--topology", "privatelink", "--passive-ip", "endpoint"])
        .args(["--server", "transfer-family-ftps", "--pcap-at", "client", "--pcap"])
        .arg(&path)
        .args(["--", "curl", "--ssl-reqd", "-k", "-sS", "{url}"])
        .output()
        .expect("pasvlab runs");
    let report = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(69) {
        assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{report}");
        eprintln!("skipped: {report}");
        return;
    }
    assert!(output.status.success(), "{report}");
    let capture = std::fs::read(&path).expect("a capture");
    let said = |field: &str| -> Vec<String> {
        fields(&capture, field, &[field]).into_iter().flatten().collect()
    };
    let commands = said("ftp.request.command");
    for command in ["AUTH", "USER", "PROT", "EPSV", "RETR"] {
        assert!(commands.iter().any(|said| said == command), "{command} in {commands:?}");
    }
    assert_eq!(said("ftp.response.code").last().map(String::as_str), Some("221"));
    let connections = data_connections(&capture);
    assert_eq!(connections.len(), 1);
    assert_eq!(written(&capture, &connections[0]), output.stdout);
    assert_eq!(output.stdout.len(), 2000);
}
