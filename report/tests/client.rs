//! What is said about clients: true to their data, complete, and readable.

use std::net::Ipv4Addr;
use std::time::Duration;

use pasvlab_harness::ftp::client::policy::{self, Choice};
use pasvlab_report::client::{self, facts, sentences, steps};
use pasvlab_report::words::WIDTH;
use pasvlab_scenarios::{
    AddressPolicy, Catalog, Client, DataCommand, EpsvAddress, EpsvReply, Fallback, OnReplyCodes,
    Order, PasvReply, Retry, RetryCause, TlsSession,
};

fn catalog() -> Catalog {
    Catalog::builtin().expect("the built-in files are sound")
}

fn builtin(id: &str) -> Client {
    catalog().client(id).expect("a built-in client").clone()
}

/// The text of a client's step, or nothing if it has no such step.
fn step(client: &Client, title: &str) -> String {
    let steps = steps(client);
    let found = steps.iter().find(|step| step.title.contains(title));
    found.map(|step| step.lines.join("\n")).unwrap_or_default()
}

fn printed(client: &Client) -> String {
    let mut out = Vec::new();
    client::write(client, &[], &mut out).expect("memory can be written to");
    String::from_utf8(out).expect("text")
}

/// The printed text without colours.
fn plain(client: &Client) -> String {
    let printed = printed(client);
    let mut parts = printed.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[test]
fn every_client_is_described_in_steps_without_placeholders() {
    for client in catalog().clients() {
        for step in steps(client) {
            assert!(!step.lines.is_empty(), "{}: {}", client.id, step.title);
            for line in &step.lines {
                assert!(!line.contains(['{', '}']), "{}: {line}", client.id);
                assert!(!line.trim().is_empty(), "{}: {}", client.id, step.title);
                assert!(!line.contains("  "), "{}: {line}", client.id);
            }
        }
    }
}

#[test]
fn every_description_fits_into_80_columns_unless_a_single_word_does_not() {
    for client in catalog().clients() {
        for line in plain(client).lines() {
            let single = line.split_whitespace().nth(1).is_none();
            assert!(single || line.chars().count() <= WIDTH, "{}: {line:?}", client.id);
        }
    }
}

#[test]
fn every_description_has_summary_and_sources_and_counts_its_steps_from_one() {
    for client in catalog().clients() {
        let text = plain(client);
        let words: Vec<&str> = text.split_whitespace().collect();
        let words = words.join(" ");
        for part in client.sources.iter().chain([&client.summary, &client.versions]) {
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(&part), "{}: no {part:?} in:\n{text}", client.id);
        }
        for (number, step) in (1..).zip(steps(client)) {
            let heading = format!("\n{:<4}{}\n", format!("{number}."), step.title);
            assert!(text.contains(&heading), "{}: no {heading:?} in:\n{text}", client.id);
        }
    }
}

#[test]
fn facts_name_options_as_they_are_typed_and_defaults_as_such() {
    let options = |id: &str| {
        let facts = facts(&builtin(id));
        facts.into_iter().find(|(name, _)| *name == "Options").expect("options").1
    };
    assert_eq!(options("lftp-epsv"), ["set ftp:prefer-epsv yes"]);
    assert_eq!(options("tnftp"), ["defaults"]);
}

#[test]
fn the_platform_says_what_it_makes_of_0_0_0_0() {
    assert!(plain(&builtin("lftp")).contains("Linux, where 0.0.0.0 is the own host\n"));
    let windows = plain(&builtin("winscp-force-auto"));
    assert!(windows.contains("Windows, which does not dial 0.0.0.0\n"), "{windows}");
}

#[test]
fn lftp_substitutes_the_peer_for_reserved_addresses_and_other_scopes() {
    let lftp = builtin("lftp");
    let address = step(&lftp, "dials after PASV");
    for class in ["0.0.0.0/8", "240.0.0.0/4", "224.0.0.0/4", "10.0.0.0/8", "169.254.0.0/16"] {
        assert!(address.contains(class), "no {class} in:\n{address}");
    }
    assert!(step(&lftp, "reads the reply to PASV").contains("any code 2xx"));
    let order = step(&lftp, "sends the transfer command");
    assert!(order.contains("Download: TYPE I, SIZE <file>, PASV, it connects, RETR <file>."));
}

#[test]
fn lftp_starts_again_with_growing_pauses() {
    let again = step(&builtin("lftp"), "starts again");
    assert!(again.contains("1001 times in all"), "{again}");
    assert!(again.contains("first pause is 15 s"), "{again}");
    assert!(again.contains("1.5 times as long as the one before"), "{again}");
    assert!(again.contains("at most 300 s (5 min)"), "{again}");
}

#[test]
fn netkits_ftp_dials_the_reply_and_waits_as_long_as_the_system() {
    let ftp = builtin("ftp-netkit");
    assert_eq!(step(&ftp, "log in"), "USER, PASS, SYST.");
    assert!(step(&ftp, "data-connection command it sends").starts_with("Only PASV"));
    assert_eq!(step(&ftp, "dials after PASV"), "The address in the reply, whatever it is.");
    assert_eq!(step(&ftp, "EPSV"), "");
    assert_eq!(step(&ftp, "does not accept"), "");
    assert_eq!(step(&ftp, "starts again"), "");
    assert_eq!(step(&ftp, "could not be opened"), "Then it gives up the transfer.");
    let waits = step(&ftp, "waits");
    assert!(waits.contains("about 127 s on Linux"), "{waits}");
    assert!(waits.contains("For a reply: for ever."), "{waits}");
    let texts = step(&ftp, "prints");
    assert!(texts.contains("\"ftp: connect: <error>\""), "{texts}");
    assert!(texts.contains("\"Connection refused\""), "{texts}");
}

#[test]
fn tnftp_goes_through_four_commands_and_insists_on_the_peer() {
    let tnftp = builtin("tnftp");
    let commands = step(&tnftp, "data-connection command it sends");
    let names: Vec<&str> = commands.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(names, ["First EPSV", "Then PASV", "Then EPRT", "Then PORT"]);
    assert_eq!(step(&tnftp, "dials after EPSV"), "The control connection's peer.");
    assert!(step(&tnftp, "dials after PASV").contains("does not accept any other"));
    assert_eq!(step(&tnftp, "that it does not accept"), "Then it gives up the transfer.");
    let failed = step(&tnftp, "could not be opened");
    assert_eq!(failed, "Then it goes on in active mode, with EPRT.");
    assert!(step(&tnftp, "remembers").contains("is not sent again"));
}

#[test]
fn curl_ignores_the_address_and_gives_up_when_linux_does() {
    let curl = builtin("curl");
    assert!(step(&curl, "dials after PASV").contains("does not count"));
    let failed = step(&curl, "could not be opened");
    assert!(failed.contains("goes on with the next command"), "{failed}");
    let waits = step(&curl, "waits");
    assert!(waits.contains("300 s (5 min); but the system gives up earlier"), "{waits}");
    assert!(waits.contains("about 127 s on Linux"), "{waits}");
    assert!(step(&curl, "alive").contains("TCP asks after 60 s"));
    let order = step(&curl, "sends the transfer command");
    assert!(order.contains("Upload: EPSV, it connects, TYPE I, STOR <file>."), "{order}");
}

#[test]
fn winscp_sends_the_command_first_and_has_its_own_idea_of_routable() {
    let winscp = builtin("winscp-force-auto");
    let order = step(&winscp, "sends the transfer command");
    assert!(order.contains("TYPE A, PASV, MLSD, it connects."), "{order}");
    let address = step(&winscp, "dials after PASV");
    assert!(address.contains("\"0.\""), "{address}");
    assert!(step(&winscp, "waits").contains("For the data connection: 15 s."));
}

/// A client as the libraries for Node.js behave: it finds out once which command works.
fn basic_ftp() -> Client {
    let mut client = builtin("curl");
    client.id = "basic-ftp".to_owned();
    let data = &mut client.data;
    data.commands = vec![DataCommand::Epsv, DataCommand::Pasv];
    data.order = Order::ConnectFirst;
    data.pasv_reply = PasvReply::FirstSixSigned;
    data.epsv_reply = EpsvReply::BarsOrMarks;
    data.address = AddressPolicy::ReplyMustEqualPeerOrLoopback;
    data.data_must_be_at_peer = true;
    data.pins_first_success = true;
    data.on_reply_error = Fallback::NextCommand;
    data.on_mismatch = Fallback::NextCommand;
    data.on_connect_failure = Fallback::NextCommand;
    data.connect_timeout = Some(Duration::from_millis(30_500));
    client
}

#[test]
fn a_client_that_pins_what_works_says_so() {
    let client = basic_ftp();
    assert!(step(&client, "remembers").contains("The first command that works is the only one"));
    assert!(step(&client, "dials after PASV").contains("both are loopback (127.0.0.0/8)"));
    assert!(step(&client, "reads the reply to PASV").contains("may be negative"));
    assert!(step(&client, "reads the reply to EPSV").contains("\"|\" or \"!\""));
    assert!(step(&client, "checks").contains("is dropped"));
    assert!(step(&client, "that it does not accept").contains("the next command"));
    assert!(step(&client, "waits").contains("For the data connection: 30.5 s."));
}

#[test]
fn special_codes_come_before_all_others() {
    let mut client = basic_ftp();
    client.data.on_reply_codes = vec![OnReplyCodes {
        commands: vec![DataCommand::Epsv],
        codes: vec![500, 502, 522],
        then: Fallback::ReconnectNext,
        say: None,
    }];
    client.data.on_reply_error = Fallback::Stop;
    let lines = step(&client, "error reply");
    let (special, other) = lines.split_once('\n').expect("two lines");
    assert!(special.starts_with("After 500, 502 or 522 to EPSV it closes"), "{special}");
    assert!(special.contains("logs in again and goes on"), "{special}");
    assert!(other.starts_with("After any other error reply"), "{other}");
    assert!(other.ends_with("it gives up the transfer."), "{other}");
}

#[test]
fn replies_that_cannot_be_read_have_a_sentence_where_they_are_no_refusals() {
    let curl = builtin("curl");
    let lines = step(&curl, "error reply");
    assert!(lines.contains("After an error reply it goes on with the next command"), "{lines}");
    assert!(lines.contains("After a reply that it cannot read it gives up"), "{lines}");
    assert!(step(&curl, "prints").contains("Weirdly formatted EPSV reply"));
}

#[test]
fn certain_failures_of_a_connection_come_before_all_others() {
    let cyberduck = step(&builtin("cyberduck-fallback"), "could not be opened");
    assert!(cyberduck.starts_with("After a time-out it goes on in active mode"), "{cyberduck}");
    assert!(cyberduck.ends_with("Otherwise it gives up the transfer."), "{cyberduck}");
    let gvfs = step(&builtin("gvfs"), "could not be opened");
    assert!(gvfs.starts_with("After PORT or EPRT it gives up the transfer."), "{gvfs}");
}

#[test]
fn what_becomes_of_connections_from_elsewhere_is_said_where_a_client_looks() {
    let order = |id: &str| step(&builtin(id), "sends the transfer command");
    assert!(order("commons-net-active").contains("is dropped, and the transfer fails."));
    assert!(order("suppaftp-active").contains("is dropped, and it goes on waiting."));
    assert!(!order("ftp-netkit-active").contains("dropped"));
    let printed = step(&builtin("commons-net-active"), "prints");
    assert!(printed.contains("server <the control connection's peer>"), "{printed}");
}

#[test]
fn repeated_tries_and_replaced_addresses_have_sentences_of_their_own() {
    let mut client = basic_ftp();
    client.data.commands.push(DataCommand::Port);
    client.data.tries = 3;
    client.data.on_replaced_connect_failure = Some(Fallback::ReconnectActive);
    let lines = step(&client, "could not be opened");
    assert!(lines.contains("3 times in all"), "{lines}");
    assert!(lines.contains("peer in place of the address in the reply, it closes"), "{lines}");
    assert!(lines.contains("in active mode, with PORT."), "{lines}");
    assert!(lines.contains("Otherwise it goes on with the next command"), "{lines}");
}

#[test]
fn the_next_command_of_an_only_command_is_giving_up() {
    let mut client = builtin("ftp-netkit");
    client.data.on_reply_error = Fallback::NextCommand;
    client.data.on_unparsable = Fallback::NextCommand;
    assert!(
        step(&client, "error reply").ends_with("gives up the transfer: there is no other command.")
    );
}

#[test]
fn epsv_may_hang_on_features_and_on_earlier_replies() {
    let mut client = basic_ftp();
    client.data.epsv_needs_feature = vec!["EPSV".to_owned(), "MLST".to_owned()];
    client.data.epsv_takes_pasv_reply = true;
    client.data.epsv_address = EpsvAddress::LastReply;
    client.login = vec!["FEAT".to_owned()];
    let commands = step(&client, "data-connection command it sends");
    assert!(commands.ends_with("answer to FEAT lists EPSV or MLST."), "{commands}");
    assert!(step(&client, "reads the reply to EPSV").contains("as if it had sent PASV"));
    assert!(step(&client, "remembers").contains("which it dials after EPSV"));
    client.login.clear();
    assert!(step(&client, "command it sends").contains("EPSV is always skipped"));
    assert!(step(&client, "log in").contains("Nothing"));
}

#[test]
fn an_active_client_dials_nothing_and_waits_for_the_server() {
    let mut client = builtin("ftp-netkit-active");
    assert_eq!(step(&client, "dials"), "");
    assert_eq!(step(&client, "reads"), "");
    let order = step(&client, "sends the transfer command");
    assert!(order.contains("Listing: PORT, LIST, the server connects."), "{order}");
    assert!(step(&client, "waits").contains("in active mode: for ever."));
    client.data.accept_timeout = Some(Duration::from_secs(60));
    assert!(step(&client, "waits").contains("in active mode: 60 s."));
}

#[test]
fn pauses_are_said_as_they_grow() {
    let mut client = builtin("lftp");
    let mut pauses = |first: f64, factor: f64, step_s: f64, most: f64| {
        client.retry = Some(Retry {
            after: vec![RetryCause::Refused, RetryCause::TimedOut],
            rounds: 5,
            first_wait: Duration::from_secs_f64(first),
            wait_factor: factor,
            wait_step: Duration::from_secs_f64(step_s),
            max_wait: Duration::from_secs_f64(most),
            waits_from_start: false,
            always_waits: false,
        });
        step(&client, "starts again").lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(pauses(0.0, 1.0, 0.0, 0.0), "There is no pause between.");
    assert_eq!(pauses(5.0, 1.0, 0.0, 5.0), "The pause between is 5 s.");
    assert_eq!(pauses(5.0, 2.0, 1.0, 5.0), "The pause between is 5 s.");
    assert!(pauses(1.0, 1.0, 0.5, 10.0).contains("0.5 s longer than the one before"));
    assert!(pauses(1.0, 2.0, 3.0, 60.0).contains("2 times as long as the one before, plus 3 s"));
}

/// Every policy.
const POLICIES: [AddressPolicy; 16] = [
    AddressPolicy::Reply,
    AddressPolicy::Peer,
    AddressPolicy::ReplyMustEqualPeer,
    AddressPolicy::ReplyMustEqualPeerOrLoopback,
    AddressPolicy::PeerIfReservedOrScopeDiffers,
    AddressPolicy::PeerIfReserved,
    AddressPolicy::PeerIfReplyUnroutable,
    AddressPolicy::PeerIfReplyUnroutableButZero,
    AddressPolicy::PeerIfReplyUnroutableOrInvalid,
    AddressPolicy::MismatchIfReplyUnroutableOrInvalid,
    AddressPolicy::PeerIfReplyPrivateAndPrefixDiffers,
    AddressPolicy::PeerIfReplySiteLocalAndPeerNot,
    AddressPolicy::PeerIfReplyZeroOrSiteLocalAndPeerNot,
    AddressPolicy::PeerIfReplyPrivateAndPeerNot,
    AddressPolicy::PeerIfMulticastOrScopeDiffers,
    AddressPolicy::PeerIfReplyUnroutableWhateverPeer,
];

#[test]
fn only_policies_that_reject_addresses_have_words_for_that() {
    let replies = ["0.0.0.0", "10.0.1.10", "127.0.0.1", "198.51.100.7", "224.0.0.1"];
    let peers = ["10.1.135.46", "203.0.113.5"];
    let address = |text: &str| text.parse::<Ipv4Addr>().expect("an address");
    for policy in POLICIES {
        let rejects = replies.iter().any(|reply| {
            let choose = |peer: &&str| policy::choose(policy, address(reply), address(peer));
            peers.iter().any(|peer| choose(peer) == Choice::Neither)
        });
        assert_eq!(sentences::forbids(policy), rejects, "{policy:?}");
        let sentence = sentences::address(policy);
        assert_eq!(sentence.contains("does not accept"), rejects, "{policy:?}");
    }
}

#[test]
fn no_two_policies_have_the_same_words() {
    let mut sentences: Vec<&str> = POLICIES.map(sentences::address).to_vec();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), POLICIES.len());
}

#[test]
fn a_client_that_asks_for_tls_is_said_to_protect_what_it_protects() {
    let mut client = builtin("suppaftp-ftps");
    let whole = step(&client, "log in");
    assert!(whole.starts_with("AUTH TLS, PBSZ 0, PROT P, USER, PASS.\n"), "{whole}");
    assert!(whole.contains("After AUTH TLS the control connection is in TLS"), "{whole}");
    assert!(whole.contains("After PROT P data connections are in TLS as well."), "{whole}");
    assert!(whole.contains("Each resumes a TLS session: the control connection's"), "{whole}");
    client.data.tls_session = TlsSession::New;
    let own = step(&client, "log in");
    assert!(own.contains("Each has a TLS session of its own."), "{own}");
    client.login.retain(|command| command != "PROT P");
    let part = step(&client, "log in");
    assert!(part.contains("After AUTH TLS"), "{part}");
    assert!(part.contains("Data connections stay in clear"), "{part}");
    client.login.retain(|command| command != "AUTH TLS");
    assert_eq!(step(&client, "log in"), "PBSZ 0, USER, PASS.");
}
