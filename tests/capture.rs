//! Captures say what the record says. The files are read by another library than the one that writes
//! them; `tests/wireshark.rs` shows them to Wireshark.

mod common;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use common::{catalog, run, run_case, run_in_tls};
use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pasvlab_harness::net::Flags;
use pasvlab_harness::record::{End, PacketRecord, PlaceIx, PlaceKind};
use pasvlab_harness::{Record, judge};
use pasvlab_report::capture::{self, Places};
use pcap_parser::{Block, PcapBlockOwned, PcapNGOption, PcapNGSlice};
use rstest::rstest;

/// The codes of options (pcapng, sections 3.5, 4.1, 4.2 and 4.3).
const COMMENT: u16 = 1;
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const EPB_FLAGS: u16 = 2;
const SHB_USERAPPL: u16 = 4;
/// Secrets that are a TLS key log (pcapng, section 4.7).
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// A capture as it was read.
#[derive(Debug, Default)]
struct Read {
    comment: String,
    application: String,
    /// Names and descriptions.
    interfaces: Vec<(String, String)>,
    names: BTreeMap<Ipv4Addr, Vec<String>>,
    /// A key log of TLS, and how many frames came before it.
    secrets: Option<(String, usize)>,
    frames: Vec<Frame>,
}

#[derive(Debug)]
struct Frame {
    at: Duration,
    interface: usize,
    inbound: bool,
    comments: Vec<String>,
    bytes: Vec<u8>,
}

/// What the headers of a segment say.
#[derive(Debug, PartialEq, Eq)]
struct Segment {
    src: SocketAddrV4,
    dst: SocketAddrV4,
    seq: u32,
    ack: u32,
    flags: Flags,
    window: u16,
    payload: Vec<u8>,
}

fn written(record: &Record, places: &Places) -> Vec<u8> {
    let mut bytes = Vec::new();
    capture::write(record, &judge(record), places, "pasvlab run it", &mut bytes).expect("memory");
    bytes
}

fn captured(record: &Record, at: &[&str]) -> Read {
    let at: Vec<String> = at.iter().map(|name| (*name).to_owned()).collect();
    let places = match at.as_slice() {
        [] => Places::all(&record.places),
        names => Places::named(&record.places, names).expect("known places"),
    };
    read(&written(record, &places))
}

fn read(bytes: &[u8]) -> Read {
    let mut read = Read::default();
    for block in PcapNGSlice::from_slice(bytes).expect("a pcapng file") {
        let block = match block.expect("a sound block") {
            PcapBlockOwned::NG(block) => block,
            _ => panic!("not a pcapng block"),
        };
        match block {
            Block::SectionHeader(section) => {
                read.comment = one(&section.options, COMMENT);
                read.application = one(&section.options, SHB_USERAPPL);
            }
            Block::InterfaceDescription(interface) => {
                assert_eq!((interface.linktype.0, interface.if_tsresol), (101, 9));
                let options = &interface.options;
                read.interfaces.push((one(options, IF_NAME), one(options, IF_DESCRIPTION)));
            }
            Block::NameResolution(names) => {
                for record in names.nr.iter().filter(|record| record.record_type.0 == 1) {
                    let (address, texts) = record.record_value.split_at(4);
                    let address: [u8; 4] = address.try_into().expect("four bytes");
                    let texts = String::from_utf8(texts.to_vec()).expect("text");
                    let texts = texts.split('\0').filter(|text| !text.is_empty());
                    read.names.insert(address.into(), texts.map(str::to_owned).collect());
                }
            }
            Block::DecryptionSecrets(block) => {
                assert_eq!(block.secrets_type.0, TLS_KEY_LOG);
                let log = &block.data[..block.secrets_len as usize];
                let log = String::from_utf8(log.to_vec()).expect("text");
                assert!(read.secrets.replace((log, read.frames.len())).is_none(), "one is enough");
            }
            Block::EnhancedPacket(packet) => {
                let at = (u64::from(packet.ts_high) << 32) | u64::from(packet.ts_low);
                let flags = packet.options.iter().find(|option| option.code.0 == EPB_FLAGS);
                let flags = flags.expect("flags").as_u32_le().expect("a word");
                assert!(flags == 1 || flags == 2, "{flags}");
                assert_eq!(packet.caplen, packet.origlen);
                read.frames.push(Frame {
                    at: Duration::from_nanos(at),
                    interface: packet.if_id as usize,
                    inbound: flags == 1,
                    comments: all(&packet.options, COMMENT),
                    bytes: packet.data[..packet.caplen as usize].to_vec(),
                });
            }
            other => panic!("not a block of ours: {other:?}"),
        }
    }
    read
}

fn all(options: &[PcapNGOption<'_>], code: u16) -> Vec<String> {
    let options = options.iter().filter(|option| option.code.0 == code);
    options.map(|option| option.as_str().expect("text").to_owned()).collect()
}

fn one(options: &[PcapNGOption<'_>], code: u16) -> String {
    match all(options, code).as_slice() {
        [text] => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// The segment in a frame; none if it is an ICMP message.
fn segment(frame: &Frame) -> Option<Segment> {
    let sliced = SlicedPacket::from_ip(&frame.bytes).expect("a packet");
    let Some(NetSlice::Ipv4(ip)) = sliced.net else { panic!("not IPv4") };
    let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { return None };
    let (src, dst) = (ip.header().source_addr(), ip.header().destination_addr());
    Some(Segment {
        src: SocketAddrV4::new(src, tcp.source_port()),
        dst: SocketAddrV4::new(dst, tcp.destination_port()),
        seq: tcp.sequence_number(),
        ack: tcp.acknowledgment_number(),
        flags: Flags { syn: tcp.syn(), ack: tcp.ack(), fin: tcp.fin(), rst: tcp.rst() },
        window: tcp.window_size(),
        payload: tcp.payload().to_vec(),
    })
}

fn recorded(topology: &str, passive_ip: &str, client: &str) -> Record {
    run(topology, passive_ip, client, 1).1.expect("an applicable cell")
}

fn case(id: &str) -> Record {
    run_case(catalog().case(id).expect("a case"), 1)
}

/// The client's place.
fn client(record: &Record) -> PlaceIx {
    let client = record.places.iter().position(|place| place.kind == PlaceKind::Client);
    PlaceIx(client.expect("a client") as u16)
}

/// A packet as the client sees it: when, whether it comes in, its ends, and its payload.
type AtClient = (Duration, bool, SocketAddrV4, SocketAddrV4, Vec<u8>);

fn at_client(record: &Record, packet: &PacketRecord) -> Option<AtClient> {
    let client = client(record);
    if packet.from == client {
        let (src, dst) = (packet.packet.src, packet.packet.dst);
        return Some((packet.at, false, src, dst, packet.packet.payload.to_vec()));
    }
    let (src, dst) = record.arrival(packet);
    let payload = packet.rewritten.as_ref().unwrap_or(&packet.packet.payload).to_vec();
    (packet.end == End::Delivered(client)).then_some((packet.ended_at, true, src, dst, payload))
}

#[rstest]
#[case::a_failure("privatelink", "auto", "ftp-netkit")]
#[case::a_success("privatelink", "auto", "curl")]
#[case::two_zones("nlb-multi-az", "nlb", "lftp")]
#[case::an_ftp_helper("home-router-alg", "auto", "lftp")]
#[case::a_proxy_header("nlb-proxy-protocol", "auto", "lftp")]
#[case::jitter_and_loss("slow-lossy-link", "auto", "lftp")]
fn at_the_client_is_what_the_client_sent_and_what_reached_it(
    #[case] topology: &str,
    #[case] passive_ip: &str,
    #[case] client: &str,
) {
    let record = recorded(topology, passive_ip, client);
    let mut expected: Vec<AtClient> =
        record.packets.iter().filter_map(|packet| at_client(&record, packet)).collect();
    expected.sort_by_key(|packet| packet.0);
    let read = captured(&record, &["client"]);
    assert_eq!(read.interfaces.len(), 1);
    let seen: Vec<AtClient> = read
        .frames
        .iter()
        .map(|frame| {
            let segment = segment(frame).expect("a segment");
            (frame.at, frame.inbound, segment.src, segment.dst, segment.payload)
        })
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_segment_has_the_fields_of_the_packet() {
    let record = recorded("direct", "auto", "lftp");
    let client = client(&record);
    let sent = record.packets.iter().filter(|packet| packet.from == client);
    let read = captured(&record, &["client"]);
    let seen = read.frames.iter().filter(|frame| !frame.inbound);
    for (packet, frame) in sent.zip(seen) {
        let packet = &packet.packet;
        let expected = Segment {
            src: packet.src,
            dst: packet.dst,
            seq: packet.seq,
            ack: if packet.flags.ack { packet.ack } else { 0 },
            flags: packet.flags,
            window: packet.window,
            payload: packet.payload.to_vec(),
        };
        assert_eq!(segment(frame).expect("a segment"), expected);
    }
}

#[test]
fn by_default_every_place_is_an_interface_with_its_network_and_address() {
    let record = recorded("nlb-multi-az", "auto", "curl");
    let read = captured(&record, &[]);
    assert_eq!(read.interfaces.len(), record.places.len());
    let names: Vec<&str> = read.interfaces.iter().map(|(name, _)| name.as_str()).collect();
    let nodes: Vec<&&str> = names.iter().filter(|name| name.starts_with("nlb@")).collect();
    assert_eq!(nodes.len(), 2, "one name for each node: {names:?}");
    let client = read.interfaces.iter().find(|(name, _)| name == "client").expect("a client");
    assert_eq!(client.1, "10.0.9.10 in vpc");
    let (one, both) = (captured(&record, &[nodes[0]]), captured(&record, &["nlb"]));
    assert_eq!((one.interfaces.len(), both.interfaces.len()), (1, 2));
}

#[test]
fn a_place_that_is_not_there_is_an_error_that_names_those_that_are() {
    let record = recorded("privatelink", "auto", "curl");
    let error = Places::named(&record.places, &["client".to_owned(), "nbl".to_owned()]);
    let text = error.expect_err("no such place").to_string();
    assert_eq!(
        text,
        "no place is called `nbl`; there are `router of consumer`, `router of provider`, `nlb`, \
         `vpce-1`, `client`, `server`"
    );
}

#[test]
fn a_box_that_rewrites_shows_a_packet_as_it_came_in_and_as_it_went_out() {
    let record = recorded("privatelink", "endpoint", "curl");
    let read = captured(&record, &["vpce-1"]);
    let syn = |frame: &&Frame| segment(frame).is_some_and(|segment| segment.flags.opens());
    let syns: Vec<&Frame> = read.frames.iter().filter(syn).take(2).collect();
    let [came, went] = syns.as_slice() else { panic!("{syns:?}") };
    assert!(came.inbound && !went.inbound);
    assert_eq!(came.at, went.at, "a box takes no time");
    let ends = |frame: &Frame| {
        let segment = segment(frame).expect("a segment");
        (*segment.src.ip(), *segment.dst.ip())
    };
    let address = |text: &str| -> Ipv4Addr { text.parse().expect("an address") };
    assert_eq!(ends(came), (address("10.1.135.10"), address("10.1.135.46")));
    assert_eq!(ends(went), (address("10.1.135.46"), address("10.0.1.50")));
    let label = |frame: &Frame| frame.bytes[4..6].to_vec();
    assert_eq!(label(came), label(went), "the identification follows a packet");
}

#[test]
fn a_box_that_changes_nothing_shows_a_packet_once() {
    let record = recorded("firewall-drops", "auto", "lftp");
    let firewall = record.places.iter().find(|place| place.kind == PlaceKind::Firewall);
    let firewall = firewall.expect("a firewall");
    let place = PlaceIx(record.places.iter().position(|p| p == firewall).expect("it is") as u16);
    let passed = record.hops.iter().filter(|hop| hop.place == place).count();
    let dropped = |packet: &&PacketRecord| matches!(packet.end, End::Dropped(at, _) if at == place);
    let dropped = record.packets.iter().filter(dropped).count();
    assert!(passed > 0 && dropped > 0);
    assert_eq!(captured(&record, &[&firewall.name]).frames.len(), passed + dropped);
}

#[rstest]
#[case::no_route("privatelink", "auto", "ftp-netkit")]
#[case::a_firewall("firewall-drops", "auto", "lftp")]
#[case::a_firewall_that_resets("firewall-rejects", "auto", "lftp")]
#[case::a_firewall_that_says_so("firewall-prohibits", "auto", "lftp")]
#[case::a_boxs_security_group("privatelink-security-group", "endpoint", "lftp")]
#[case::a_hosts_security_group("security-group-forgets-data", "auto", "lftp")]
#[case::too_big("vpn-mtu", "auto", "lftp")]
fn every_lost_packet_is_seen_where_it_was_lost_with_the_reason(
    #[case] topology: &str,
    #[case] passive_ip: &str,
    #[case] client: &str,
) {
    let record = recorded(topology, passive_ip, client);
    let read = captured(&record, &[]);
    let mut lost = 0;
    for (number, packet) in record.packets.iter().enumerate() {
        let (End::Dropped(place, reason) | End::Unreachable(place, reason)) = packet.end else {
            continue;
        };
        lost += 1;
        let label = ((number + 1) as u16).to_be_bytes();
        let seen = read.frames.iter().find(|frame| {
            frame.at == packet.ended_at
                && frame.interface == usize::from(place.0)
                && frame.bytes[4..6] == label
        });
        let comments = seen.map(|frame| frame.comments.join("; ")).unwrap_or_default();
        let told = format!("here, at `{}`: {reason} [{}]", record.place(place).name, reason.id());
        assert!(comments.contains(&told), "{number}: {comments}");
    }
    assert!(lost > 0);
}

#[test]
fn a_packet_that_a_link_lost_says_so_where_it_arrives() {
    let record = run("slow-lossy-link", "auto", "lftp", 2).1.expect("an applicable cell");
    let lost = record.packets.iter().filter(|packet| packet.lost > 0);
    let mut expected: Vec<Duration> = lost.map(|packet| packet.ended_at).collect();
    assert!(!expected.is_empty());
    let read = captured(&record, &[]);
    let told = |frame: &&Frame| frame.comments.join(" ").contains("Lost on its way");
    let mut told: Vec<Duration> = read.frames.iter().filter(told).map(|frame| frame.at).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn a_router_that_tells_the_sender_is_seen_to_do_so() {
    let record = recorded("firewall-prohibits", "auto", "lftp");
    let read = captured(&record, &["client"]);
    let told: Vec<&Frame> = read.frames.iter().filter(|frame| segment(frame).is_none()).collect();
    let refused = record.packets.iter().filter(|packet| {
        matches!(packet.end, End::Unreachable(..)) && packet.from == client(&record)
    });
    assert_eq!(told.len(), refused.count());
    let told = told.first().expect("a message");
    assert!(told.inbound);
    // Type 3, code 1 (RFC 792): host unreachable.
    assert_eq!(told.bytes[20..22], [3, 1]);
}

#[rstest]
#[case::another_address(
    "privatelink",
    "zero",
    "ftp-netkit",
    "227",
    "0.0.0.0 is not the address that the client is connected to, 10.1.135.46."
)]
#[case::the_same_address(
    "privatelink",
    "endpoint",
    "ftp-netkit",
    "227",
    "10.1.135.46 is the address that the client is connected to."
)]
#[case::no_address("privatelink", "auto", "curl", "229", "an answer to EPSV has no address.")]
fn the_last_announcement_says_what_it_announced(
    #[case] topology: &str,
    #[case] passive_ip: &str,
    #[case] client: &str,
    #[case] code: &str,
    #[case] text: &str,
) {
    let read = captured(&recorded(topology, passive_ip, client), &["client"]);
    let announces = |frame: &&Frame| {
        segment(frame).is_some_and(|segment| segment.payload.starts_with(code.as_bytes()))
    };
    let last = read.frames.iter().rfind(announces).expect("an announcement");
    let comments = last.comments.join(" ");
    assert!(comments.contains(text), "{comments}");
}

#[test]
fn an_active_client_is_told_whether_its_address_is_the_one_that_the_server_sees() {
    let read = captured(&case("active-through-nat-gateway"), &["client"]);
    let port = |frame: &&Frame| {
        segment(frame).is_some_and(|segment| segment.payload.starts_with(b"PORT "))
    };
    let comments = read.frames.iter().rfind(port).expect("a command").comments.join(" ");
    assert!(comments.contains("is not the address from which the session reaches"), "{comments}");
}

#[test]
fn the_packet_that_the_verdict_rests_on_has_the_verdict() {
    let record = recorded("privatelink", "auto", "ftp-netkit");
    let read = captured(&record, &["client"]);
    let verdicts = read.frames.iter().filter(|frame| frame.comments.join(" ").contains("Verdict:"));
    let [frame] = verdicts.collect::<Vec<_>>()[..] else { panic!("one verdict") };
    let segment = segment(frame).expect("a segment");
    assert!(segment.flags.opens() && *segment.dst.ip() == Ipv4Addr::new(10, 0, 1, 10));
    let verdict = judge(&record);
    assert!(frame.comments[0].contains(&verdict.reason), "{:?}", frame.comments);
}

#[test]
fn the_section_says_what_was_run_and_how_to_have_it_again() {
    let read = captured(&recorded("privatelink", "zero", "lftp"), &["client"]);
    assert_eq!(
        read.comment,
        "privatelink/zero/lftp (server transfer-family, PassiveIp 0.0.0.0, seed 1)\n\
         transferred\n\
         Times are virtual, from 1970-01-01 00:00:00 UTC.\n\
         pasvlab run it"
    );
    assert_eq!(read.application, format!("pasvlab {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn only_an_address_that_one_place_has_is_named() {
    let names = |topology| captured(&recorded(topology, "auto", "curl"), &["client"]).names;
    let server = Ipv4Addr::new(10, 0, 1, 10);
    assert_eq!(names("privatelink")[&server], ["server"]);
    let repeated = names("privatelink-overlap");
    assert!(!repeated.contains_key(&server), "{repeated:?}");
    let endpoint = &repeated[&Ipv4Addr::new(10, 1, 135, 46)];
    assert_eq!(endpoint.as_slice(), ["vpce-1.svc-1.us-east-1.vpce.example", "vpce-1"]);
}

#[test]
fn the_same_cell_leaves_the_same_bytes() {
    for (topology, passive_ip, client) in [
        ("privatelink", "zero", "lftp"),
        ("home-router-alg", "auto", "lftp"),
        ("slow-lossy-link", "auto", "curl"),
    ] {
        let bytes = || {
            let record = recorded(topology, passive_ip, client);
            written(&record, &Places::all(&record.places))
        };
        assert_eq!(bytes(), bytes(), "{topology}/{passive_ip}/{client}");
    }
}

#[test]
fn what_opens_a_session_in_tls_comes_before_its_packets() {
    let record = run_in_tls("direct", "auto", "suppaftp-ftps").expect("an applicable cell");
    let (log, frames) = captured(&record, &["client"]).secrets.expect("secrets");
    assert_eq!(frames, 0);
    assert_eq!(log.lines().collect::<Vec<_>>(), record.sealed.secrets());
    // The control connection, a listing, a download, an upload: each with secrets of its own.
    let traffic = log.lines().filter(|line| line.starts_with("CLIENT_TRAFFIC_SECRET_0 "));
    assert_eq!(traffic.count(), 4);
    assert!(log.ends_with('\n'), "lines are ended, as in a file");
}

#[test]
fn a_session_in_clear_has_no_secrets() {
    assert_eq!(captured(&recorded("direct", "auto", "curl"), &[]).secrets, None);
}
