//! One reply, read by every program.

use pasvlab_harness::ftp::client::replies;
use pasvlab_scenarios::{EpsvReply, PasvReply};
use rstest::rstest;

use crate::code;
use crate::ways::{EPSV, PASV};

/// The ways that find a port in a reply to `PASV`.
fn readers(reply: &str) -> Vec<PasvReply> {
    let reads = |way: &PasvReply| replies::pasv(*way, code(reply), reply).is_some();
    PASV.iter().copied().filter(reads).collect()
}

/// The ways that find a port in a reply to `EPSV`.
fn epsv_readers(reply: &str) -> Vec<EpsvReply> {
    let reads = |way: &EpsvReply| replies::epsv(*way, code(reply), reply).is_some();
    EPSV.iter().copied().filter(reads).collect()
}

/// A probe says it twice, so that who reads the first line and who reads the last one find the same.
#[test]
fn a_reply_that_says_it_in_two_lines_is_read_by_everybody() {
    let reply =
        "227-Entering Passive Mode 10,0,1,10,32,5\n227 Entering Passive Mode (10,0,1,10,32,5)";
    for way in PASV {
        let found = replies::pasv(*way, 227, reply);
        let own = found.map(|address| (address.ip().octets(), address.port()));
        let port_only = matches!(way, PasvReply::PortOfSix | PasvReply::LastTwo);
        let expected = if port_only { [0; 4] } else { [10, 0, 1, 10] };
        assert_eq!(own, Some((expected, 8197)), "{way:?}");
    }
}

/// RFC 1123 section 4.1.2.6: the reply's format is not fixed, a client must look for the digits. Those
/// that insist on parentheses cannot.
#[rstest]
#[case::equals_sign("227 =10,0,1,10,32,5", &[
    PasvReply::Parentheses,
    PasvReply::ExactParentheses,
    PasvReply::Brackets,
    PasvReply::LastTwo,
])]
#[case::no_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", &[
    PasvReply::Parentheses,
    PasvReply::ExactParentheses,
])]
#[case::no_parentheses_but_a_full_stop("227 Entering Passive Mode 10,0,1,10,32,5.", &[
    PasvReply::Parentheses,
    PasvReply::ExactParentheses,
    PasvReply::ParenthesesOrFirstDigit,
    PasvReply::Brackets,
    PasvReply::LastTwo,
])]
#[case::square_brackets("227 Entering Passive Mode [10,0,1,10,32,5]", &[
    PasvReply::Parentheses,
    PasvReply::ExactParentheses,
    PasvReply::LastTwo,
])]
#[case::a_number_before("227 Mode 2 (10,0,1,10,32,5)", &[
    PasvReply::FirstDigit,
    PasvReply::FirstDigitOfFirstLine,
    PasvReply::FirstDigitOfLastLine,
    PasvReply::FirstDigitOfLastLineAnyCode,
    PasvReply::FirstDigitNoBlanks,
    PasvReply::FirstDigitSum,
])]
#[case::octets_over_255("227 Entering Passive Mode (266,0,1,10,32,5)", &[
    PasvReply::FirstDigitSum,
    PasvReply::FirstSixShort,
    PasvReply::FirstSixSum,
    PasvReply::FirstSixSumAnyCode,
    PasvReply::FirstSixSumOfLastLine,
    PasvReply::FirstSixSigned,
    PasvReply::Parentheses,
    PasvReply::ExactParentheses,
    PasvReply::ParenthesesOrFirstDigit,
    PasvReply::Brackets,
])]
#[case::on_the_last_line("227-Entering\r\n227 Passive Mode (10,0,1,10,32,5)", &[
    PasvReply::FirstDigitOfFirstLine,
    PasvReply::FirstSixShort,
    PasvReply::PortOfSix,
])]
#[case::not_utf_8("227 \u{fffd}\u{fffd} (10,0,1,10,32,5) \u{fffd}", &[PasvReply::LastTwo])]
fn all_but_these_read_it(#[case] reply: &str, #[case] cannot: &[PasvReply]) {
    let all_others = PASV.iter().copied().filter(|way| !cannot.contains(way));
    assert_eq!(readers(reply), all_others.collect::<Vec<_>>());
}

/// Blanks are no part of the format (RFC 959 section 4.2); C's `sscanf` allows them before a number.
#[test]
fn only_those_that_scan_allow_blanks() {
    let scanning = [
        PasvReply::FirstDigit,
        PasvReply::FirstDigitOfFirstLine,
        PasvReply::FirstDigitOfLastLine,
        PasvReply::FirstDigitOfLastLineAnyCode,
        PasvReply::FirstSix,
        PasvReply::PortOfSix,
    ];
    assert_eq!(readers("227 Entering Passive Mode (10, 0, 1, 10, 32, 5)"), scanning);
}

/// Nothing in them is a reply to `PASV`.
#[rstest]
#[case::empty("")]
#[case::only_a_code("227")]
#[case::code_and_blank("227 ")]
#[case::ends_of_lines("227-\r\n227 \r\n")]
#[case::words("227 Entering Passive Mode")]
#[case::empty_parentheses("227 Entering Passive Mode ()")]
#[case::dotted("227 Entering Passive Mode (10.0.1.10:8197)")]
#[case::two_bytes_where_the_code_ends("22\u{e9}10,0,1,10,32,5")]
#[case::rejected("500 PASV not understood (10,0,1,10,32,5)")]
#[case::not_logged_in("530 Please log in: (10,0,1,10,32,5)")]
#[case::reply_to_epsv("229 Entering Extended Passive Mode (|||8197|)")]
#[case::reply_to_epsv_with_227("227 Entering Extended Passive Mode (|||8197|)")]
fn nobody_reads_this_as_a_reply_to_pasv(#[case] reply: &str) {
    assert_eq!(readers(reply), []);
}

/// It does not count the numbers, but words as well.
#[test]
fn five_numbers_are_enough_for_one_that_reads_from_the_end() {
    assert_eq!(readers("227 Entering Passive Mode (10,0,1,10,32)"), [PasvReply::LastTwo]);
}

/// Nothing in them is a reply to `EPSV`, except for programs that take any number for a port.
#[rstest]
#[case::empty("", &[])]
#[case::only_a_code("229", &[])]
#[case::code_and_blank("229 ", &[])]
#[case::words("229 Entering Extended Passive Mode", &[])]
#[case::empty_parentheses("229 Entering Extended Passive Mode ()", &[])]
#[case::no_port("229 Entering Extended Passive Mode (||||)", &[EpsvReply::AfterFirstBar])]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", &[EpsvReply::FirstNumber])]
#[case::reply_to_pasv_with_229(
    "229 Entering Passive Mode (10,0,1,10,32,5)",
    &[EpsvReply::FirstNumber]
)]
#[case::rejected("500 EPSV not understood (|||8197|)", &[])]
#[case::wrong_family("522 Network protocol not supported, use (1,2)", &[])]
#[case::two_bytes_where_the_code_ends("22\u{e9}(|||8197|)", &[])]
fn nobody_else_reads_this_as_a_reply_to_epsv(#[case] reply: &str, #[case] can: &[EpsvReply]) {
    assert_eq!(epsv_readers(reply), can);
}

/// IBM i writes `!` for `|`.
#[test]
fn exclamation_marks_are_read_by_these() {
    let can = [
        EpsvReply::AnyDelimiter,
        EpsvReply::AnyDelimiterScanned,
        EpsvReply::WholeParentheses,
        EpsvReply::BarsOrMarks,
        EpsvReply::BarsOrMarksInParentheses,
        EpsvReply::FirstCharacter,
        EpsvReply::AfterLastParenthesis,
        EpsvReply::FirstNumber,
    ];
    assert_eq!(epsv_readers("229 Entering Extended Passive Mode (!!!8197!)"), can);
}

/// A transcript that is no UTF-8 is shown, and read, with U+FFFD in place of what is not.
#[test]
fn replies_that_are_no_utf_8_are_read_all_the_same() {
    let reply = String::from_utf8_lossy(b"229 Mode \xe9tendu \xff (|||8197|)");
    assert_eq!(epsv_readers(&reply), EPSV);
}
