//! What a firewall makes of FTP control connections: [`pasvlab_harness::net::ftp_helper`].
//!
//! "Linux" is `net/netfilter/nf_conntrack_ftp.c`; `nf_nat_ftp.c` and `nf_conntrack_seqadj.c` next
//! to it are named where they are meant.

use std::net::{Ipv4Addr, SocketAddrV4};

use bytes::Bytes;
use pasvlab_harness::net::Packet;
use pasvlab_harness::net::ftp_helper::Direction::{ToClient, ToServer};
use pasvlab_harness::net::ftp_helper::{
    Announcement, Conversation, Direction, Finding, Understands,
};
use pasvlab_scenarios::DataCommand::{self, Eprt, Epsv, Pasv, Port};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rstest::rstest;

use crate::script::{Fields, ack, ip, socket, syn, syn_ack};

const CLIENT: &str = "10.1.1.1:5000";
const SERVER: &str = "10.0.1.50:21";

/// Sequence numbers of the first bytes.
const COMMANDS: u32 = 1000;
const REPLIES: u32 = 5000;

const NONE: Understands = Understands { port: false, eprt: false, pasv: false, epsv: false };

fn first(direction: Direction) -> u32 {
    match direction {
        ToServer => COMMANDS,
        ToClient => REPLIES,
    }
}

/// A segment of the control connection.
fn says(direction: Direction, seq: u32, text: impl Into<Bytes>) -> Packet {
    let (src, dst) = match direction {
        ToServer => (CLIENT, SERVER),
        ToClient => (SERVER, CLIENT),
    };
    Packet { payload: text.into(), ..ack(src, dst).seq(seq) }
}

/// A conversation that begins at these sequence numbers.
fn opened_at(understands: Understands, commands: u32, replies: u32) -> Conversation {
    let mut helper = Conversation::new(understands);
    let opening = syn(CLIENT, SERVER).seq(commands.wrapping_sub(1));
    assert_eq!(helper.read(ToServer, &opening), Finding::Nothing);
    let answer = syn_ack(SERVER, CLIENT).seq(replies.wrapping_sub(1)).ack(commands);
    assert_eq!(helper.read(ToClient, &answer), Finding::Nothing);
    helper
}

fn opened() -> Conversation {
    opened_at(Understands::ALL, COMMANDS, REPLIES)
}

/// What a helper that understands everything finds in a segment at the beginning of a line.
fn finds(direction: Direction, text: impl Into<Bytes>) -> Finding {
    opened().read(direction, &says(direction, first(direction), text))
}

fn announced(finding: Finding) -> Announcement {
    match finding {
        Finding::Announces(announcement) => announcement,
        other => panic!("no announcement but {other:?}"),
    }
}

/// Everything that is done with a segment on its way through; with `to`, what it announces is
/// rewritten.
fn passes(
    helper: &mut Conversation,
    direction: Direction,
    mut packet: Packet,
    to: Option<SocketAddrV4>,
) -> Packet {
    let finding = helper.read(direction, &packet);
    if let Some(to) = to {
        helper.rewrite(direction, &mut packet, &announced(finding), to);
    }
    helper.adjust(direction, &mut packet);
    packet
}

/// Linux, `search`: `PORT` and `EPRT` from the client, 227 and 229 from the server, as RFC 959
/// section 4.1.2 and RFC 2428 sections 2 and 3 word them. The span is what is replaced.
#[rstest]
#[case::port(ToServer, "PORT 10,1,1,1,19,137\r\n", Port, "10.1.1.1:5001", "10,1,1,1,19,137", ',')]
#[case::eprt(ToServer, "EPRT |1|10.1.1.1|5001|\r\n", Eprt, "10.1.1.1:5001", "10.1.1.1|5001", '|')]
#[case::pasv(
    ToClient,
    "227 Entering Passive Mode (10,0,1,50,32,1).\r\n",
    Pasv,
    "10.0.1.50:8193",
    "10,0,1,50,32,1",
    ','
)]
#[case::the_least(ToServer, "PORT 0,0,0,0,0,1\r\n", Port, "0.0.0.0:1", "0,0,0,0,0,1", ',')]
#[case::the_most(
    ToServer,
    "PORT 255,255,255,255,255,255\r\n",
    Port,
    "255.255.255.255:65535",
    "255,255,255,255,255,255",
    ','
)]
fn an_announcement_names_address_and_port(
    #[case] direction: Direction,
    #[case] line: &'static str,
    #[case] command: DataCommand,
    #[case] address: &str,
    #[case] span: &str,
    #[case] delimiter: char,
) {
    let start = line.find(span).expect("the span is in the line");
    let expected = Announcement {
        command,
        address: Some(*socket(address).ip()),
        port: socket(address).port(),
        span: start..start + span.len(),
        delimiter,
        seq: first(direction),
    };
    assert_eq!(finds(direction, line), Finding::Announces(expected));
}

/// RFC 2428 section 3: "The first two fields contained in the parenthesis MUST be blank."
#[test]
fn a_229_announces_a_port_and_no_address() {
    let line = "229 Entering Extended Passive Mode (|||8193|)\r\n";
    let expected = Announcement {
        command: Epsv,
        address: None,
        port: 8193,
        span: 39..43,
        delimiter: '|',
        seq: REPLIES,
    };
    assert_eq!(finds(ToClient, line), Finding::Announces(expected));
}

/// RFC 959 section 5.3: upper and lower case are to be treated identically; Linux: `strncasecmp`.
#[rstest]
#[case::lower_port("port 10,1,1,1,19,137\r\n")]
#[case::mixed_port("PoRt 10,1,1,1,19,137\r\n")]
#[case::lower_eprt("eprt |1|10.1.1.1|5001|\r\n")]
#[case::mixed_eprt("eprT |1|10.1.1.1|5001|\r\n")]
fn upper_and_lower_case_are_the_same(#[case] line: &'static str) {
    let announcement = announced(finds(ToServer, line));
    assert_eq!((announcement.address, announcement.port), (Some(ip("10.1.1.1")), 5001));
}

/// RFC 1123 section 4.1.2.6: the reply must be scanned "for the first digit of the host and port
/// numbers"; no parentheses can be assumed. Linux, `try_rfc1123`: nor any particular end.
#[rstest]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,50,32,1\r\n")]
#[case::with_a_full_stop("227 Entering Passive Mode. 10,0,1,50,32,1.\r\n")]
#[case::with_an_equals_sign("227 =10,0,1,50,32,1\r\n")]
#[case::without_any_words("227 10,0,1,50,32,1\r\n")]
#[case::with_one_parenthesis("227 Entering Passive Mode (10,0,1,50,32,1\r\n")]
#[case::with_text_after_the_numbers("227 (10,0,1,50,32,1) Entering Passive Mode\r\n")]
#[case::with_a_bare_line_feed("227 Entering Passive Mode 10,0,1,50,32,1\n")]
fn a_227_may_be_worded_in_any_way(#[case] line: &'static str) {
    let announcement = announced(finds(ToClient, line));
    assert_eq!((announcement.address, announcement.port), (Some(ip("10.0.1.50")), 8193));
    assert_eq!(&line[announcement.span], "10,0,1,50,32,1");
}

/// RFC 2428 section 2: "the delimiter character MUST be one of the ASCII characters in range 33-126
/// inclusive"; Linux, `try_eprt`, `try_epsv_response`: and not a digit.
#[rstest]
#[case::eprt_first_of_the_range(ToServer, "EPRT !1!10.1.1.1!5001!\r\n", '!')]
#[case::eprt_last_of_the_range(ToServer, "EPRT ~1~10.1.1.1~5001~\r\n", '~')]
#[case::eprt_letter(ToServer, "EPRT x1x10.1.1.1x5001x\r\n", 'x')]
#[case::epsv_first_of_the_range(ToClient, "229 Extended (!!!5001!)\r\n", '!')]
#[case::epsv_last_of_the_range(ToClient, "229 Extended (~~~5001~)\r\n", '~')]
#[case::epsv_parenthesis(ToClient, "229 Extended ()))5001))\r\n", ')')]
fn any_delimiter_may_be_chosen(
    #[case] direction: Direction,
    #[case] line: &'static str,
    #[case] delimiter: char,
) {
    let announcement = announced(finds(direction, line));
    assert_eq!((announcement.port, announcement.delimiter), (5001, delimiter));
}

/// Linux, `try_number`: digits add up to a number, however many there are; no digits are zero.
#[rstest]
#[case::leading_zeros("PORT 010,001,001,001,019,0137\r\n", "10.1.1.1:5001")]
#[case::missing_numbers("PORT 10,,,1,19,\r\n", "10.0.0.1:4864")]
#[case::port_zero("PORT 10,1,1,1,0,0\r\n", "10.1.1.1:0")]
fn numbers_are_read_as_linux_reads_them(#[case] line: &'static str, #[case] address: &str) {
    let announcement = announced(finds(ToServer, line));
    let address = socket(address);
    assert_eq!((announcement.address, announcement.port), (Some(*address.ip()), address.port()));
}

/// Linux, `search`: nothing else is looked for, and each of the four in one direction only.
#[rstest]
#[case::passive_command(ToServer, "PASV\r\n")]
#[case::extended_passive_command(ToServer, "EPSV\r\n")]
#[case::transfer_command(ToServer, "LIST\r\n")]
#[case::longer_word(ToServer, "PORTO 10,1,1,1,19,137\r\n")]
#[case::no_argument(ToServer, "PORT\r\n")]
#[case::space_in_front(ToServer, " PORT 10,1,1,1,19,137\r\n")]
#[case::announcement_inside_a_line(ToServer, "STOR PORT 10,1,1,1,19,137\r\n")]
#[case::empty_line(ToServer, "\r\n")]
#[case::other_reply(ToClient, "226 Entering Passive Mode (10,0,1,50,32,1)\r\n")]
#[case::first_of_several_lines(ToClient, "227-Entering Passive Mode (10,0,1,50,32,1)\r\n")]
#[case::longer_code(ToClient, "2270 Entering Passive Mode (10,0,1,50,32,1)\r\n")]
#[case::code_inside_a_line(ToClient, "200 227 (10,0,1,50,32,1)\r\n")]
#[case::command_from_the_server(ToClient, "PORT 10,1,1,1,19,137\r\n")]
#[case::extended_command_from_the_server(ToClient, "EPRT |1|10.1.1.1|5001|\r\n")]
#[case::reply_from_the_client(ToServer, "227 Entering Passive Mode (10,0,1,50,32,1)\r\n")]
#[case::extended_reply_from_the_client(ToServer, "229 Extended (|||8193|)\r\n")]
fn everything_else_is_nothing(#[case] direction: Direction, #[case] line: &'static str) {
    assert_eq!(finds(direction, line), Finding::Nothing);
}

/// RFC 959 section 4.1.2: six decimal numbers of one octet each. Linux finds the same lines faulty,
/// but takes them for incomplete; that they pass is the lab's choice.
#[rstest]
#[case::octet_over_255(ToServer, "PORT 10,1,1,256,19,137\r\n")]
#[case::port_over_255(ToServer, "PORT 10,1,1,1,19,256\r\n")]
#[case::huge_octet(ToServer, "PORT 10,1,1,99999999999999999999,19,137\r\n")]
#[case::five_numbers(ToServer, "PORT 10,1,1,1,19\r\n")]
#[case::seven_numbers(ToServer, "PORT 10,1,1,1,19,137,1\r\n")]
#[case::letters(ToServer, "PORT 10,1,1,one,19,137\r\n")]
#[case::negative(ToServer, "PORT 10,1,1,-1,19,137\r\n")]
#[case::two_spaces(ToServer, "PORT  10,1,1,1,19,137\r\n")]
#[case::text_after_the_numbers(ToServer, "PORT 10,1,1,1,19,137 please\r\n")]
#[case::bare_line_feed(ToServer, "PORT 10,1,1,1,19,137\n")]
#[case::reply_octet_over_255(ToClient, "227 Entering Passive Mode (10,0,1,256,32,1)\r\n")]
#[case::reply_five_numbers(ToClient, "227 Entering Passive Mode (10,0,1,50,32)\r\n")]
#[case::reply_seven_numbers(ToClient, "227 Entering Passive Mode (10,0,1,50,32,1,1)\r\n")]
#[case::reply_another_number_first(ToClient, "227 Mode 2 (10,0,1,50,32,1)\r\n")]
#[case::reply_without_numbers(ToClient, "227 Entering Passive Mode\r\n")]
#[case::numbers_in_the_next_line(ToClient, "227 Entering\r\n227 (10,0,1,50,32,1)\r\n")]
fn a_malformed_address_is_nothing(#[case] direction: Direction, #[case] line: &'static str) {
    assert_eq!(finds(direction, line), Finding::Nothing);
}

/// RFC 2428 sections 2 and 3. Linux finds the same lines faulty, but takes them for incomplete;
/// that they pass is the lab's choice.
#[rstest]
#[case::ipv6(ToServer, "EPRT |2|2001:db8::1|5001|\r\n")]
#[case::unknown_protocol(ToServer, "EPRT |3|10.1.1.1|5001|\r\n")]
#[case::digit_as_delimiter(ToServer, "EPRT 0100010.1.1.1050010\r\n")]
#[case::space_as_delimiter(ToServer, "EPRT  1 10.1.1.1 5001 \r\n")]
#[case::full_stop_as_delimiter(ToServer, "EPRT .1.10.1.1.1.5001.\r\n")]
#[case::two_delimiters(ToServer, "EPRT |1|10.1.1.1!5001|\r\n")]
#[case::delimiters_in_two_cases(ToServer, "EPRT x1X10.1.1.1x5001x\r\n")]
#[case::other_delimiter_at_the_end(ToServer, "EPRT |1|10.1.1.1|5001!\r\n")]
#[case::no_delimiter_at_the_end(ToServer, "EPRT |1|10.1.1.1|5001\r\n")]
#[case::octet_over_255(ToServer, "EPRT |1|10.1.1.256|5001|\r\n")]
#[case::three_octets(ToServer, "EPRT |1|10.1.1|5001|\r\n")]
#[case::five_octets(ToServer, "EPRT |1|10.1.1.1.1|5001|\r\n")]
#[case::port_zero(ToServer, "EPRT |1|10.1.1.1|0|\r\n")]
#[case::port_over_65535(ToServer, "EPRT |1|10.1.1.1|65536|\r\n")]
#[case::port_missing(ToServer, "EPRT |1|10.1.1.1||\r\n")]
#[case::reply_without_parenthesis(ToClient, "229 Extended |||8193|\r\n")]
#[case::reply_with_an_address(ToClient, "229 Extended (|1|10.0.1.50|8193|)\r\n")]
#[case::reply_with_a_digit_as_delimiter(ToClient, "229 Extended (111819311)\r\n")]
#[case::reply_with_two_delimiters(ToClient, "229 Extended (||!8193|)\r\n")]
#[case::reply_with_port_zero(ToClient, "229 Extended (|||0|)\r\n")]
#[case::reply_with_port_over_65535(ToClient, "229 Extended (|||65536|)\r\n")]
#[case::reply_without_port(ToClient, "229 Extended (||||)\r\n")]
#[case::reply_in_parentheses_in_the_next_line(ToClient, "229 Extended\r\n229 (|||8193|)\r\n")]
fn a_malformed_extended_address_is_nothing(
    #[case] direction: Direction,
    #[case] line: &'static str,
) {
    assert_eq!(finds(direction, line), Finding::Nothing);
}

/// Not every helper understands all four: Cisco's documentation of `inspect ftp` names `PORT` and
/// `PASV`. The rest is text to it, also the beginning of it.
#[rstest]
#[case::port(ToServer, "PORT 10,1,1,1,19,137\r\n", Understands { port: false, ..Understands::ALL })]
#[case::part_of_port(ToServer, "PORT 10,1", Understands { port: false, ..Understands::ALL })]
#[case::eprt(ToServer, "EPRT |1|10.1.1.1|5001|\r\n", Understands { eprt: false, ..Understands::ALL })]
#[case::part_of_eprt(ToServer, "EPRT |1|", Understands { eprt: false, ..Understands::ALL })]
#[case::pasv(ToClient, "227 (10,0,1,50,32,1)\r\n", Understands { pasv: false, ..Understands::ALL })]
#[case::part_of_pasv(ToClient, "227 (10,0", Understands { pasv: false, ..Understands::ALL })]
#[case::epsv(ToClient, "229 (|||8193|)\r\n", Understands { epsv: false, ..Understands::ALL })]
#[case::part_of_epsv(ToClient, "229 (||", Understands { epsv: false, ..Understands::ALL })]
#[case::part_of_both_codes(ToClient, "22", NONE)]
fn what_a_helper_does_not_understand_is_nothing(
    #[case] direction: Direction,
    #[case] text: &'static str,
    #[case] understands: Understands,
) {
    assert_ne!(finds(direction, text), Finding::Nothing, "a helper for all four sees it");
    let mut helper = opened_at(understands, COMMANDS, REPLIES);
    let packet = says(direction, first(direction), text);
    assert_eq!(helper.read(direction, &packet), Finding::Nothing);
}

/// The four as they are sent, and what of each a segment has to hold to be whole: Linux needs the
/// CR after `PORT`, the closing delimiter of `EPRT` and 229, and one more byte after the numbers of
/// a 227.
const LINES: [(Direction, &str, &str); 5] = [
    (ToServer, "PORT 10,1,1,1,19,137\r\n", "PORT 10,1,1,1,19,137\r"),
    (ToServer, "EPRT |1|10.1.1.1|5001|\r\n", "EPRT |1|10.1.1.1|5001|"),
    (ToClient, "227 Passive (10,0,1,50,32,1)\r\n", "227 Passive (10,0,1,50,32,1)"),
    (ToClient, "227 Passive 10,0,1,50,32,1\r\n", "227 Passive 10,0,1,50,32,1\r"),
    (ToClient, "229 Extended (|||8193|)\r\n", "229 Extended (|||8193|"),
];

/// Linux, `find_pattern`: -1, partial, wherever a segment ends inside of an announcement, be it
/// after one letter.
#[rstest]
#[case::port(LINES[0])]
#[case::eprt(LINES[1])]
#[case::pasv(LINES[2])]
#[case::pasv_without_parentheses(LINES[3])]
#[case::epsv(LINES[4])]
fn an_announcement_cut_off_anywhere_is_partial(#[case] line: (Direction, &'static str, &str)) {
    let (direction, line, whole) = line;
    for end in 1..=line.len() {
        let finding = finds(direction, &line[..end]);
        if end < whole.len() {
            assert_eq!(finding, Finding::Partial, "{:?}", &line[..end]);
        } else {
            assert!(matches!(finding, Finding::Announces(_)), "{:?}", &line[..end]);
        }
    }
}

/// Linux, `help`: what does not begin a line is accepted, so the second part of a split
/// announcement goes on; the first was dropped. Sent again in one piece, it is read.
#[rstest]
#[case::port(LINES[0])]
#[case::eprt(LINES[1])]
#[case::pasv(LINES[2])]
#[case::pasv_without_parentheses(LINES[3])]
#[case::epsv(LINES[4])]
fn a_split_announcement_is_read_when_it_comes_in_one_piece(
    #[case] line: (Direction, &'static str, &str),
) {
    let (direction, line, whole) = line;
    let start = first(direction);
    for end in 1..whole.len() {
        let mut helper = opened();
        let (begins, rest) = line.split_at(end);
        assert_eq!(helper.read(direction, &says(direction, start, begins)), Finding::Partial);
        let rest = says(direction, start + end as u32, rest);
        assert_eq!(helper.read(direction, &rest), Finding::Nothing);
        let again = helper.read(direction, &says(direction, start, line));
        assert!(matches!(again, Finding::Announces(_)), "split after {begins:?}");
    }
}

/// Linux, `find_pattern`: a short segment is compared as far as it goes.
#[rstest]
#[case::letter_of_both_commands(ToServer, "E", Finding::Partial)]
#[case::still_both_commands(ToServer, "EP", Finding::Partial)]
#[case::another_command(ToServer, "EPS", Finding::Nothing)]
#[case::yet_another_command(ToServer, "PA", Finding::Nothing)]
#[case::digit_of_most_replies(ToClient, "2", Finding::Partial)]
#[case::another_reply(ToClient, "226", Finding::Nothing)]
#[case::error_reply(ToClient, "5", Finding::Nothing)]
#[case::no_delimiter(ToServer, "EPRT 0", Finding::Nothing)]
#[case::a_faulty_octet(ToServer, "PORT 10,256", Finding::Nothing)]
#[case::nothing_at_all(ToServer, "", Finding::Nothing)]
fn a_short_segment_is_partial_only_as_the_beginning_of_an_announcement(
    #[case] direction: Direction,
    #[case] text: &'static str,
    #[case] finding: Finding,
) {
    assert_eq!(finds(direction, text), finding);
}

/// Linux, `help`: "Look up to see if we're just after a \n".
#[test]
fn an_announcement_after_a_line_end_is_read() {
    let mut helper = opened();
    helper.read(ToServer, &says(ToServer, COMMANDS, "USER anonymous\r\n"));
    let port = says(ToServer, COMMANDS + 16, "PORT 10,1,1,1,19,137\r\n");
    assert_eq!(announced(helper.read(ToServer, &port)).seq, COMMANDS + 16);
}

/// Linux, `help`: "wrong seq pos", and the packet is accepted.
#[rstest]
#[case::in_the_middle_of_a_line("STOR ", "PORT 10,1,1,1,19,137\r\n")]
#[case::after_a_bare_carriage_return("NOOP\r", "PORT 10,1,1,1,19,137\r\n")]
#[case::beginning_in_the_middle_of_a_line("STOR ", "PORT 10,1,1")]
fn an_announcement_that_does_not_begin_a_line_is_nothing(
    #[case] before: &'static str,
    #[case] text: &'static str,
) {
    let mut helper = opened();
    assert_eq!(helper.read(ToServer, &says(ToServer, COMMANDS, before)), Finding::Nothing);
    let next = says(ToServer, COMMANDS + before.len() as u32, text);
    assert_eq!(helper.read(ToServer, &next), Finding::Nothing);
}

/// Linux, `help`: the search begins at the first byte of a segment and nowhere else.
#[rstest]
#[case::announcement_first(ToServer, "PORT 10,1,1,1,19,137\r\nLIST\r\n", true)]
#[case::announcement_second(ToServer, "TYPE I\r\nPORT 10,1,1,1,19,137\r\n", false)]
#[case::reply_first(ToClient, "227 (10,0,1,50,32,1)\r\n150 Opening\r\n", true)]
#[case::reply_second(ToClient, "200 Fine\r\n227 (10,0,1,50,32,1)\r\n", false)]
fn of_two_lines_in_one_segment_only_the_first_is_read(
    #[case] direction: Direction,
    #[case] text: &'static str,
    #[case] seen: bool,
) {
    assert_eq!(matches!(finds(direction, text), Finding::Announces(_)), seen);
}

/// Linux, `help`: the position after the last line end of a segment is remembered, whatever is in
/// it.
#[test]
fn two_lines_in_one_segment_end_at_the_second() {
    let mut helper = opened();
    let both = "TYPE I\r\nPORT 10,1,1,1,19,137\r\n";
    helper.read(ToServer, &says(ToServer, COMMANDS, both));
    let next = says(ToServer, COMMANDS + both.len() as u32, "PORT 10,1,1,1,19,138\r\n");
    assert_eq!(announced(helper.read(ToServer, &next)).port, 5002);
}

/// Linux, `help`: nothing is known of a direction before the first line end in it.
#[test]
fn a_conversation_joined_late_is_read_from_the_next_line_on() {
    let mut helper = Conversation::new(Understands::ALL);
    for (direction, line) in
        [(ToServer, "PORT 10,1,1,1,19,137\r\n"), (ToClient, "227 (10,0,1,50,32,1)\r\n")]
    {
        let start = first(direction);
        assert_eq!(helper.read(direction, &says(direction, start, line)), Finding::Nothing);
        let next = says(direction, start + line.len() as u32, line);
        assert!(matches!(helper.read(direction, &next), Finding::Announces(_)));
    }
}

/// Linux, `update_nl_seq`, `NUM_SEQ_TO_REMEMBER`: the beginnings of two lines are remembered.
#[test]
fn an_announcement_sent_again_is_read_until_two_more_lines_have_passed() {
    let mut helper = opened();
    let port = says(ToServer, COMMANDS, "PORT 10,1,1,1,19,137\r\n");
    let announcement = helper.read(ToServer, &port);
    assert_eq!(helper.read(ToServer, &port), announcement);
    helper.read(ToServer, &says(ToServer, COMMANDS + 22, "LIST\r\n"));
    assert_eq!(helper.read(ToServer, &port), Finding::Nothing);
}

/// Linux, `update_nl_seq`: "We don't update if it's older than what we have".
#[test]
fn an_old_line_sent_again_does_not_push_out_newer_ones() {
    let mut helper = opened();
    let lines = [0, 6, 12].map(|at| says(ToServer, COMMANDS + at, "NOOP\r\n"));
    for line in &lines {
        assert_eq!(helper.read(ToServer, line), Finding::Nothing);
    }
    let port = says(ToServer, COMMANDS + 18, "PORT 10,1,1,1,19,137\r\n");
    let announcement = helper.read(ToServer, &port);
    assert!(matches!(announcement, Finding::Announces(_)));
    assert_eq!(helper.read(ToServer, &lines[0]), Finding::Nothing);
    assert_eq!(helper.read(ToServer, &port), announcement);
}

/// RFC 9293 section 3.4: sequence numbers begin anywhere and go on at zero.
#[test]
fn line_beginnings_are_found_beyond_the_highest_sequence_number() {
    let mut helper = opened_at(Understands::ALL, u32::MAX - 8, REPLIES);
    for seq in [u32::MAX - 8, u32::MAX - 2, 3, 9] {
        assert_eq!(helper.read(ToServer, &says(ToServer, seq, "NOOP\r\n")), Finding::Nothing);
    }
    let port = says(ToServer, 15, "PORT 10,1,1,1,19,137\r\n");
    assert!(matches!(helper.read(ToServer, &port), Finding::Announces(_)));
}

/// A TLS record: type, version 3.3, length, content (RFC 8446 section 5.1).
fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16).to_be_bytes();
    [&[kind, 3, 3], &length[..], content].concat()
}

/// RFC 4217 section 4: after `AUTH TLS` and its reply the control connection is encrypted. Linux
/// then finds no pattern.
#[test]
fn encrypted_records_are_nothing() {
    let mut helper = opened();
    helper.read(ToServer, &says(ToServer, COMMANDS, "AUTH TLS\r\n"));
    helper.read(ToClient, &says(ToClient, REPLIES, "234 Go on\r\n"));
    let (mut client, mut server) = (COMMANDS + 10, REPLIES + 11);
    for content in [&b"\x01\x00\x00\x01"[..], b"PORT 10,1,1,1,19,137\r\n", b"ends in\n", b"227 ("] {
        for kind in [22, 23] {
            let bytes = record(kind, content);
            let length = bytes.len() as u32;
            let command = says(ToServer, client, bytes.clone());
            assert_eq!(helper.read(ToServer, &command), Finding::Nothing);
            let reply = says(ToClient, server, bytes);
            assert_eq!(helper.read(ToClient, &reply), Finding::Nothing);
            (client, server) = (client + length, server + length);
        }
    }
}

/// RFC 4217 section 5: `CCC` makes the control connection clear again, for firewalls and NAT. Linux
/// knows where a line begins only after one has ended, so the first clear one is lost to it.
#[rstest]
#[case::commands(ToServer, "PORT 10,1,1,1,19,137\r\n")]
#[case::replies(ToClient, "227 Entering Passive Mode (10,0,1,50,32,1)\r\n")]
fn clear_text_after_ccc_is_seen_from_its_second_line_on(
    #[case] direction: Direction,
    #[case] line: &'static str,
) {
    let mut helper = opened();
    let encrypted = record(23, b"CCC, unreadable");
    let clear = first(direction) + encrypted.len() as u32;
    let encrypted = says(direction, first(direction), encrypted);
    assert_eq!(helper.read(direction, &encrypted), Finding::Nothing);
    assert_eq!(helper.read(direction, &says(direction, clear, line)), Finding::Nothing);
    let second = says(direction, clear + line.len() as u32, line);
    assert!(matches!(helper.read(direction, &second), Finding::Announces(_)));
}

/// Linux, `nf_nat_ftp.c`, `nf_nat_ftp_fmt_cmd`: the numbers are replaced and nothing around them;
/// of a 229 only the port. RFC 2428 section 2: the delimiter is the sender's choice, and it is left
/// to it.
#[rstest]
#[case::longer_port(
    ToServer,
    "PORT 10,1,1,1,4,1\r\n",
    "203.0.113.200:65535",
    "PORT 203,0,113,200,255,255\r\n"
)]
#[case::shorter_port(
    ToServer,
    "PORT 10,100,100,100,195,80\r\n",
    "8.8.8.8:257",
    "PORT 8,8,8,8,1,1\r\n"
)]
#[case::port_of_the_same_length(
    ToServer,
    "PORT 10,1,1,1,4,1\r\n",
    "10.2.2.2:1024",
    "PORT 10,2,2,2,4,0\r\n"
)]
#[case::longer_eprt(
    ToServer,
    "EPRT |1|10.1.1.1|5001|\r\n",
    "203.0.113.200:65535",
    "EPRT |1|203.0.113.200|65535|\r\n"
)]
#[case::shorter_eprt(
    ToServer,
    "EPRT |1|10.100.100.100|50000|\r\n",
    "8.8.8.8:257",
    "EPRT |1|8.8.8.8|257|\r\n"
)]
#[case::eprt_of_the_same_length(
    ToServer,
    "EPRT |1|10.1.1.1|5001|\r\n",
    "10.2.2.2:6001",
    "EPRT |1|10.2.2.2|6001|\r\n"
)]
#[case::eprt_with_another_delimiter(
    ToServer,
    "EPRT !1!10.1.1.1!5001!\r\n",
    "8.8.8.8:257",
    "EPRT !1!8.8.8.8!257!\r\n"
)]
#[case::longer_pasv(
    ToClient,
    "227 Entering Passive Mode (10,0,1,50,32,1).\r\n",
    "203.0.113.200:65535",
    "227 Entering Passive Mode (203,0,113,200,255,255).\r\n"
)]
#[case::shorter_pasv(
    ToClient,
    "227 Entering Passive Mode (10,0,1,50,32,1).\r\n",
    "8.8.8.8:8193",
    "227 Entering Passive Mode (8,8,8,8,32,1).\r\n"
)]
#[case::pasv_of_the_same_length(
    ToClient,
    "227 10,0,1,50,32,1\r\n150 Opening\r\n",
    "10.0.2.50:8194",
    "227 10,0,2,50,32,2\r\n150 Opening\r\n"
)]
#[case::longer_epsv(ToClient, "229 Ok (|||8193|)\r\n", "8.8.8.8:10000", "229 Ok (|||10000|)\r\n")]
#[case::shorter_epsv(ToClient, "229 Ok (|||8193|)\r\n", "8.8.8.8:999", "229 Ok (|||999|)\r\n")]
#[case::epsv_of_the_same_length(
    ToClient,
    "229 Ok (!!!8193!)\r\n",
    "8.8.8.8:8194",
    "229 Ok (!!!8194!)\r\n"
)]
fn another_address_takes_the_place_of_the_announced_one(
    #[case] direction: Direction,
    #[case] line: &'static str,
    #[case] to: &str,
    #[case] rewritten: &'static str,
) {
    let mut helper = opened();
    let start = first(direction);
    let packet = says(direction, start, line).ack(77);
    let packet = passes(&mut helper, direction, packet, Some(socket(to)));
    assert_eq!(packet, says(direction, start, rewritten).ack(77));

    let next = says(direction, start + line.len() as u32, "end\r\n");
    let next = passes(&mut helper, direction, next, None);
    assert_eq!(next, says(direction, start + rewritten.len() as u32, "end\r\n"));
}

/// `PORT 10,1,1,1,4,1` becomes nine bytes longer.
const SHORT: &str = "PORT 10,1,1,1,4,1\r\n";
const LONG: &str = "PORT 203,0,113,200,255,255\r\n";
const GROWTH: u32 = 9;

/// What makes the long one of the short one.
fn outside() -> Option<SocketAddrV4> {
    Some(socket("203.0.113.200:65535"))
}

/// And the other way round.
fn inside() -> Option<SocketAddrV4> {
    Some(socket("10.1.1.1:1025"))
}

/// Linux, `nf_conntrack_seqadj.c`, `nf_ct_seq_adjust`: only what is after the correction's position
/// gets the new offset.
#[test]
fn the_rewritten_segment_keeps_its_number_and_the_next_ones_move() {
    let mut helper = opened();
    let port = passes(&mut helper, ToServer, says(ToServer, 1000, SHORT), outside());
    assert_eq!(port, says(ToServer, 1000, LONG));
    for (seq, text) in [(1019, "LIST\r\n"), (1025, "QUIT\r\n"), (1031, "")] {
        let next = passes(&mut helper, ToServer, says(ToServer, seq, text), None);
        assert_eq!(next, says(ToServer, seq + GROWTH, text));
    }
}

/// Linux, `nf_ct_seq_adjust`: the other direction's acknowledgements are shifted back.
#[rstest]
#[case::of_what_came_before(1000, 1000)]
#[case::of_the_rewritten_segment(1028, 1019)]
#[case::of_the_next_one(1034, 1025)]
fn acknowledgements_come_back_in_the_senders_numbers(#[case] received: u32, #[case] sent: u32) {
    let mut helper = opened();
    passes(&mut helper, ToServer, says(ToServer, 1000, SHORT), outside());
    let reply = says(ToClient, REPLIES, "200 Fine\r\n");
    let back = passes(&mut helper, ToClient, reply.clone().ack(received), None);
    assert_eq!(back, reply.ack(sent));
}

/// Linux, `nf_ct_seqadj_set`: a correction at the same position is not counted again.
#[test]
fn a_rewritten_segment_sent_again_is_the_same_again() {
    let mut helper = opened();
    let port = || says(ToServer, 1000, SHORT);
    let sent = passes(&mut helper, ToServer, port(), outside());
    assert_eq!(passes(&mut helper, ToServer, port(), outside()), sent);
    let next = passes(&mut helper, ToServer, says(ToServer, 1019, "LIST\r\n"), None);
    assert_eq!(next.seq, 1019 + GROWTH);
}

/// TCP may put what follows into a segment that it sends again (Linux, `tcp_retrans_try_collapse`);
/// that moves with it.
#[test]
fn a_rewritten_segment_sent_again_may_have_grown() {
    let mut helper = opened();
    passes(&mut helper, ToServer, says(ToServer, 1000, SHORT), outside());
    let both = says(ToServer, 1000, format!("{SHORT}LIST\r\n"));
    let both = passes(&mut helper, ToServer, both, outside());
    assert_eq!(both, says(ToServer, 1000, format!("{LONG}LIST\r\n")));
    let next = passes(&mut helper, ToServer, says(ToServer, 1025, "NOOP\r\n"), None);
    assert_eq!(next.seq, 1025 + GROWTH);
}

/// Linux, `nf_ct_seqadj_set`: a later correction adds to the one before.
#[test]
fn several_rewritings_add_up() {
    let mut helper = opened();
    for round in 0..5 {
        let sent = 1000 + round * 19;
        let port = passes(&mut helper, ToServer, says(ToServer, sent, SHORT), outside());
        assert_eq!(port, says(ToServer, 1000 + round * 28, LONG));
        let answer = says(ToClient, REPLIES, "").ack(1000 + (round + 1) * 28);
        assert_eq!(passes(&mut helper, ToClient, answer, None).ack, sent + 19);
    }
}

/// Linux, `nf_ct_seqadj_set`: longer and shorter may cancel out, and what is between them still
/// moves.
#[test]
fn a_longer_and_a_shorter_rewriting_cancel_out() {
    let mut helper = opened();
    passes(&mut helper, ToServer, says(ToServer, 1000, SHORT), outside());
    let back = passes(&mut helper, ToServer, says(ToServer, 1019, LONG), inside());
    assert_eq!(back, says(ToServer, 1019 + GROWTH, SHORT));
    let next = passes(&mut helper, ToServer, says(ToServer, 1047, "LIST\r\n"), None);
    assert_eq!(next.seq, 1047);
}

/// Linux, `struct nf_ct_seqadj`: one correction's position is known. TCP acknowledged the segment
/// long before, as one command waits for the reply to the one before it (RFC 959 section 5.4).
#[test]
fn a_segment_from_before_the_last_but_one_rewriting_gets_wrong_numbers() {
    let mut helper = opened();
    passes(&mut helper, ToServer, says(ToServer, 1000, SHORT), outside());
    passes(&mut helper, ToServer, says(ToServer, 1019, SHORT), outside());
    let old = passes(&mut helper, ToServer, says(ToServer, 1000, SHORT), None);
    assert_eq!(old.seq, 1000 + GROWTH);
}

/// Each direction has a shift of its own (Linux: `seqadj->seq[dir]`).
#[test]
fn both_directions_are_shifted_at_once() {
    let mut helper = opened();
    passes(&mut helper, ToServer, says(ToServer, 1000, SHORT), outside());
    let reply = says(ToClient, 5000, "229 Ok (|||8193|)\r\n").ack(1028);
    let reply = passes(&mut helper, ToClient, reply, Some(socket("8.8.8.8:10000")));
    assert_eq!(reply, says(ToClient, 5000, "229 Ok (|||10000|)\r\n").ack(1019));
    let next = says(ToServer, 1019, "LIST\r\n").ack(5020);
    let next = passes(&mut helper, ToServer, next, None);
    assert_eq!(next, says(ToServer, 1028, "LIST\r\n").ack(5019));
}

/// RFC 9293 section 3.4: arithmetic with sequence numbers is modulo 2^32.
#[rstest]
#[case::the_sender_first(u32::MAX - 5)]
#[case::the_segment_ends_at_zero(u32::MAX - 18)]
#[case::only_the_receiver(u32::MAX - 22)]
#[case::the_segment_begins_at_zero(0)]
fn numbers_go_on_at_zero(#[case] start: u32) {
    let mut helper = opened_at(Understands::ALL, start, REPLIES);
    let port = passes(&mut helper, ToServer, says(ToServer, start, SHORT), outside());
    assert_eq!(port, says(ToServer, start, LONG));
    let next = says(ToServer, start.wrapping_add(19), "LIST\r\n");
    let next = passes(&mut helper, ToServer, next, None);
    assert_eq!(next.seq, start.wrapping_add(28));
    for (received, sent) in [(0, 0), (28, 19), (34, 25)] {
        let answer = says(ToClient, REPLIES, "").ack(start.wrapping_add(received));
        let answer = passes(&mut helper, ToClient, answer, None);
        assert_eq!(answer.ack, start.wrapping_add(sent));
    }
}

/// RFC 9293 section 3.1: without ACK, the acknowledgement field says nothing.
#[test]
fn a_segment_without_acknowledgement_is_shifted_by_its_own_direction_only() {
    let mut helper = opened();
    passes(&mut helper, ToServer, says(ToServer, 1000, SHORT), outside());
    let mut reset = says(ToClient, REPLIES, "").ack(1028);
    reset.flags.ack = false;
    assert_eq!(passes(&mut helper, ToClient, reset.clone(), None), reset);
}

/// The lab's choice: nothing depends on whether numbers or text are changed first.
#[test]
fn a_segment_may_be_adjusted_before_it_is_rewritten() {
    let mut helper = opened();
    passes(&mut helper, ToServer, says(ToServer, 1000, LONG), inside());
    for _ in 0..2 {
        let mut port = says(ToServer, 1028, LONG);
        let announcement = announced(helper.read(ToServer, &port));
        helper.adjust(ToServer, &mut port);
        helper.rewrite(ToServer, &mut port, &announcement, socket("10.1.1.1:1025"));
        assert_eq!(port, says(ToServer, 1028 - GROWTH, SHORT));
    }
    let next = passes(&mut helper, ToServer, says(ToServer, 1056, "LIST\r\n"), None);
    assert_eq!(next.seq, 1056 - 2 * GROWTH);
}

/// Linux, `nf_ct_seqadj_set`: an offset of zero is no correction; the one before stays known.
#[test]
fn a_rewriting_of_the_same_length_moves_nothing() {
    let mut helper = opened();
    let port = || says(ToServer, 1000, SHORT);
    let sent = passes(&mut helper, ToServer, port(), outside());
    let same = passes(
        &mut helper,
        ToServer,
        says(ToServer, 1019, LONG),
        Some(socket("203.0.113.201:65535")),
    );
    assert_eq!(same.seq, 1019 + GROWTH);
    let mut again = port();
    helper.adjust(ToServer, &mut again);
    assert_eq!(again.seq, sent.seq);
    let next = passes(&mut helper, ToServer, says(ToServer, 1047, "LIST\r\n"), None);
    assert_eq!(next.seq, 1047 + GROWTH);
}

/// A conversation without rewriting leaves everything alone (Linux: no `IPS_SEQ_ADJUST`).
#[test]
fn without_rewriting_nothing_changes() {
    let mut helper = opened();
    for (direction, text) in
        [(ToServer, "PORT 10,1,1,1,19,137\r\n"), (ToClient, "227 (10,0,1,50,32,1)\r\n")]
    {
        let packet = says(direction, first(direction), text).ack(u32::MAX);
        assert_eq!(passes(&mut helper, direction, packet.clone(), None), packet);
    }
}

/// A line as its sender writes it.
#[derive(Debug, Clone)]
struct Line {
    direction: Direction,
    text: String,
    rewriting: Option<Rewriting>,
}

/// For an announcement: what it says, and what it is to say instead.
#[derive(Debug, Clone)]
struct Rewriting {
    announced: (Option<Ipv4Addr>, u16),
    to: SocketAddrV4,
    text: String,
}

fn comma_numbers(address: SocketAddrV4) -> String {
    let [high, low] = address.port().to_be_bytes();
    format!("{},{high},{low}", address.ip().to_string().replace('.', ","))
}

fn addresses() -> impl Strategy<Value = SocketAddrV4> {
    (any::<u32>(), 1..=u16::MAX).prop_map(|(ip, port)| SocketAddrV4::new(ip.into(), port))
}

fn delimiters() -> impl Strategy<Value = char> {
    select((33..=126_u8).filter(|c| !c.is_ascii_digit() && *c != b'.').collect::<Vec<_>>())
        .prop_map(char::from)
}

/// Any announcement in any of the four wordings, with a new address to take its place.
fn announcements() -> impl Strategy<Value = Line> {
    let parts = (addresses(), delimiters(), "[ -'*-/:-~]{0,20}", any::<bool>(), addresses());
    (select(vec![Port, Eprt, Pasv, Epsv]), parts).prop_map(|(command, parts)| {
        let (from, d, words, lower, to) = parts;
        let (port, eprt) = if lower { ("port", "eprt") } else { ("PORT", "EPRT") };
        let line = |address: SocketAddrV4| match command {
            Port => format!("{port} {}\r\n", comma_numbers(address)),
            Eprt => format!("{eprt} {d}1{d}{}{d}{}{d}\r\n", address.ip(), address.port()),
            Pasv => format!("227 {words}({}){words}\r\n", comma_numbers(address)),
            Epsv => format!("229 {words}({d}{d}{d}{}{d}){words}\r\n", address.port()),
        };
        let announced = ((command != Epsv).then_some(*from.ip()), from.port());
        Line {
            direction: if command.is_active() { ToServer } else { ToClient },
            text: line(from),
            rewriting: Some(Rewriting { announced, to, text: line(to) }),
        }
    })
}

/// Other lines: replies and commands of any length that announce nothing.
fn other_lines() -> impl Strategy<Value = Line> {
    (any::<bool>(), "[A-DF-OQ-Z13-9][ -~]{0,40}").prop_map(|(up, text)| Line {
        direction: if up { ToServer } else { ToClient },
        text: text + "\r\n",
        rewriting: None,
    })
}

/// What happens to a line.
#[derive(Debug, Clone)]
struct Step {
    line: Line,
    /// How often it is sent again.
    repeated: u8,
    /// Whether its receiver acknowledges it only after the next line of this direction.
    late: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lines = prop_oneof![announcements(), other_lines()];
    let step = (lines, 0..3_u8, any::<bool>()).prop_map(|(line, repeated, late)| Step {
        line,
        repeated,
        late,
    });
    prop::collection::vec(step, 0..30)
}

/// One direction of a connection, as its ends count.
#[derive(Debug, Default)]
struct Stream {
    /// The sender's next number.
    next: u32,
    /// The number that the receiver expects.
    expected: u32,
    /// What was to arrive and what did.
    meant: String,
    arrived: Vec<u8>,
    /// An acknowledgement not yet sent, in the receiver's numbers and in the sender's.
    unsent: Option<(u32, u32)>,
}

fn sequence_numbers() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), u32::MAX - 500..=u32::MAX]
}

/// Bytes that get far into every branch.
fn nearly_announcements() -> impl Strategy<Value = Vec<u8>> {
    let beginnings =
        select(vec!["", "PORT ", "EPRT |1|", "eprt !", "227 ", "229 x(|||", "2", "EPR"]);
    let rest = prop_oneof![
        "[0-9,.|()\r\n]{0,40}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40)
    ];
    (beginnings, rest).prop_map(|(beginning, rest)| [beginning.as_bytes(), &rest[..]].concat())
}

proptest! {
    /// RFC 9293 section 3.1: any bytes and any numbers may be on the wire.
    #[test]
    fn no_bytes_upset_the_helper(
        segments in prop::collection::vec((nearly_announcements(), any::<bool>(), any::<bool>()), 1..20),
        starts in (sequence_numbers(), sequence_numbers()),
        other in nearly_announcements(),
        to in addresses(),
    ) {
        let mut helper = opened_at(Understands::ALL, starts.0, starts.1);
        let (mut client, mut server) = starts;
        for (bytes, up, ends) in segments {
            let (direction, next) =
                if up { (ToServer, &mut client) } else { (ToClient, &mut server) };
            let bytes = if ends { [&bytes[..], b"\n"].concat() } else { bytes };
            let mut packet = says(direction, *next, bytes);
            *next = next.wrapping_add(packet.payload.len() as u32);
            if let Finding::Announces(announcement) = helper.read(direction, &packet) {
                prop_assert!(packet.payload.get(announcement.span.clone()).is_some());
                let mut stranger = says(direction, packet.seq, other.clone());
                helper.rewrite(direction, &mut stranger, &announcement, to);
                helper.rewrite(direction, &mut packet, &announcement, to);
            }
            helper.adjust(direction, &mut packet);
        }
    }

    /// RFC 959 section 4.1.2, RFC 2428 sections 2 and 3: what is written is read as what was meant.
    #[test]
    fn a_rewritten_announcement_announces_the_new_address(line in announcements()) {
        let Line { direction, text, rewriting } = line;
        let rewriting = rewriting.expect("an announcement");
        let to = rewriting.to;
        let mut packet = says(direction, first(direction), text);
        let mut helper = opened();
        let found = announced(helper.read(direction, &packet));
        prop_assert_eq!((found.address, found.port), rewriting.announced);
        helper.rewrite(direction, &mut packet, &found, to);
        prop_assert_eq!(&packet.payload[..], rewriting.text.as_bytes());
        let rewritten = announced(finds(direction, packet.payload));
        let address = found.address.map(|_| *to.ip());
        prop_assert_eq!((rewritten.address, rewritten.port), (address, to.port()));
        prop_assert_eq!(rewritten.delimiter, found.delimiter);
        prop_assert_eq!(rewritten.command, found.command);
    }

    /// Linux, `find_pattern`: the beginning of an announcement is never taken for something else,
    /// and never for a whole one that says something else.
    #[test]
    fn a_beginning_never_announces_something_else(line in announcements(), end in any::<Index>()) {
        let end = 1 + end.index(line.text.len() - 1);
        let whole = announced(finds(line.direction, line.text.clone()));
        match finds(line.direction, line.text[..end].to_owned()) {
            Finding::Announces(part) => prop_assert_eq!(part, whole),
            finding => prop_assert_eq!(finding, Finding::Partial),
        }
    }

    /// RFC 9293 section 3.4: what a receiver puts together by sequence numbers is what was meant,
    /// without gap or overlap, and its acknowledgements are of what the sender sent; also when
    /// segments are sent again and acknowledgements are late.
    #[test]
    fn both_ends_see_a_stream_without_gaps(
        steps in steps(),
        starts in (sequence_numbers(), sequence_numbers()),
    ) {
        let mut helper = opened_at(Understands::ALL, starts.0, starts.1);
        let mut up = Stream { next: starts.0, expected: starts.0, ..Stream::default() };
        let mut down = Stream { next: starts.1, expected: starts.1, ..Stream::default() };
        for Step { line, repeated, late } in steps {
            let direction = line.direction;
            let (opposite, ahead, back) = match direction {
                ToServer => (ToClient, &mut up, &mut down),
                ToClient => (ToServer, &mut down, &mut up),
            };
            let to = line.rewriting.as_ref().map(|rewriting| rewriting.to);
            let sent = says(direction, ahead.next, line.text.clone()).ack(back.expected);
            let received = passes(&mut helper, direction, sent.clone(), to);
            for _ in 0..repeated {
                prop_assert_eq!(&passes(&mut helper, direction, sent.clone(), to), &received);
            }
            prop_assert_eq!((received.seq, received.ack), (ahead.expected, back.next));
            ahead.next = ahead.next.wrapping_add(sent.payload.len() as u32);
            ahead.expected = ahead.expected.wrapping_add(received.payload.len() as u32);
            ahead.arrived.extend_from_slice(&received.payload);
            ahead.meant += &line.rewriting.map_or(line.text, |rewriting| rewriting.text);

            let now = (ahead.expected, ahead.next);
            let (at_once, later) = if late { (None, Some(now)) } else { (Some(now), None) };
            let before = std::mem::replace(&mut ahead.unsent, later);
            for (received, sent) in before.into_iter().chain(at_once) {
                let answer = says(opposite, back.next, "").ack(received);
                let answer = passes(&mut helper, opposite, answer, None);
                prop_assert_eq!((answer.seq, answer.ack), (back.expected, sent));
            }
        }
        prop_assert_eq!(up.arrived, up.meant.into_bytes());
        prop_assert_eq!(down.arrived, down.meant.into_bytes());
    }
}
