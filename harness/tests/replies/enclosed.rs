//! Programs that go by parentheses or by the end of the reply.

use pasvlab_scenarios::PasvReply as Way;
use rstest::rstest;

use crate::{UNREADABLE, address};

/// jlaffaye/ftp 0.2.2 ftp.go pasv:497-543; the standard library's textproto.ReadResponse joins all
/// lines. The address is text, which Go reads without leading zeros.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", UNREADABLE)]
#[case::in_other_brackets("227 Entering Passive Mode [10,0,1,10,32,5]", UNREADABLE)]
#[case::other_numbers_before("227 Mode 2, 1,2,3 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::other_parentheses_before("227 Mode (new) (10,0,1,10,32,5)", UNREADABLE)]
#[case::up_to_the_last_parenthesis("227 (10,0,1,10,32,5,6) (ok)", "10.0.1.10:8197")]
#[case::seventh_part("227 Mode (10,0,1,10,32,5,seven)", "10.0.1.10:8197")]
#[case::five_parts("227 Mode (10,0,1,10,32)", UNREADABLE)]
#[case::empty_part("227 Mode (10,0,1,10,32,)", UNREADABLE)]
#[case::the_sixth_is_added("227 Mode (10,0,1,10,0,8197)", "10.0.1.10:8197")]
#[case::signs_in_the_port("227 Mode (10,0,1,10,+33,-251)", "10.0.1.10:8197")]
#[case::negative_port("227 Mode (10,0,1,10,-1,5)", UNREADABLE)]
#[case::port_over_65535("227 Mode (10,0,1,10,256,0)", UNREADABLE)]
#[case::huge_port("227 Mode (10,0,1,10,9223372036854775807,5)", UNREADABLE)]
#[case::sign_in_the_address("227 Mode (+10,0,1,10,32,5)", UNREADABLE)]
#[case::octet_over_255("227 Mode (266,0,1,10,32,5)", UNREADABLE)]
#[case::leading_zero_in_the_address("227 Mode (010,0,1,10,32,5)", UNREADABLE)]
#[case::leading_zero_in_the_port("227 Mode (10,0,1,10,032,005)", "10.0.1.10:8197")]
#[case::blanks("227 Mode (10, 0, 1, 10, 32, 5)", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:10,0,1,10,32,5)", UNREADABLE)]
#[case::parentheses_the_wrong_way_round("227 Mode )10,0,1,10,32,5(", UNREADABLE)]
#[case::other_positive_code("200 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "10.0.1.10:8197")]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
fn jlaffaye_reads_between_parentheses(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::Parentheses, reply), expected);
}

/// suppaftp 12.2.1 src/regex.rs:9 PASV_PORT_RE, src/sync_ftp.rs:1231-1256.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5).", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", UNREADABLE)]
#[case::in_other_brackets("227 Entering Passive Mode [10,0,1,10,32,5]", UNREADABLE)]
#[case::other_parentheses_before("227 Mode (new) (1,2) (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::seven_numbers("227 Mode (10,0,1,10,32,5,6)", UNREADABLE)]
#[case::octet_over_255("227 Mode (10,0,1,10,32,261)", UNREADABLE)]
#[case::the_first_six_count("227 Mode (10,0,1,10,32,256) (10,0,1,10,32,5)", UNREADABLE)]
#[case::even_if_huge("227 (99999999999999999999,0,1,10,32,5) (10,0,1,10,32,5)", UNREADABLE)]
#[case::leading_zeros("227 Mode (010,000,001,010,032,005)", "10.0.1.10:8197")]
#[case::blanks("227 Mode (10, 0, 1, 10, 32, 5)", UNREADABLE)]
#[case::signs("227 Mode (+10,0,1,10,32,5)", UNREADABLE)]
#[case::missing_number("227 Mode (10,0,1,10,,5)", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:10,0,1,10,32,5)", UNREADABLE)]
#[case::other_positive_code("200 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "10.0.1.10:8197")]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
fn suppaftp_needs_exactly_six_octets_in_parentheses(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::ExactParentheses, reply), expected);
}

/// WinSCP 6.6.1 source/filezilla/FtpControlSocket.cpp ParsePasvPort:1650-1737 (2xx or 3xx); OnReceive
/// (keeps the last line). The address is text: an octet over 255 makes it none.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::without_the_closing_one("227 Entering Passive Mode (10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::a_full_stop_is_a_separator("227 Mode 10,0,1,10,32,5.", UNREADABLE)]
#[case::but_not_after_parentheses("227 Mode (10,0,1,10,32,5).", "10.0.1.10:8197")]
#[case::dotted_address("227 Mode (10.0.1.10,32,5)", "10.0.1.10:8197")]
#[case::another_number_before("227 Mode 2 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::another_number_before_none("227 Mode 2 at 10,0,1,10,32,5", UNREADABLE)]
#[case::other_parentheses_before("227 Mode (new) (10,0,1,10,32,5)", UNREADABLE)]
#[case::words_after_the_numbers("227 Mode 10,0,1,10,32,5 and so on", "10.0.1.10:8197")]
#[case::five_numbers("227 Mode (10,0,1,10,32)", UNREADABLE)]
#[case::seven_numbers("227 Mode (10,0,1,10,32,5,6)", UNREADABLE)]
#[case::a_missing_number_of_the_port_is_0("227 Mode (10,0,1,10,32,)", "10.0.1.10:8192")]
#[case::a_missing_number_of_the_address("227 Mode (10,,1,10,32,5)", UNREADABLE)]
#[case::the_sixth_is_added("227 Mode (10,0,1,10,0,8197)", "10.0.1.10:8197")]
#[case::the_port_wraps("227 Mode (10,0,1,10,288,5)", "10.0.1.10:8197")]
#[case::signs_in_the_port("227 Mode (10,0,1,10,+33,-251)", "10.0.1.10:8197")]
#[case::blanks_in_the_port("227 Mode (10,0,1,10, 32, 5)", "10.0.1.10:8197")]
#[case::blanks_in_the_address("227 Mode (10, 0,1,10,32,5)", UNREADABLE)]
#[case::octet_over_255("227 Mode (266,0,1,10,32,5)", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:10,0,1,10,32,5)", UNREADABLE)]
#[case::mapped_style_without("227 Mode ::ffff:10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::parentheses_the_wrong_way_round("227 Mode )10,0,1,10,32,5(", UNREADABLE)]
#[case::no_number("227 Entering Passive Mode", UNREADABLE)]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::negative_code("427 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first (1,2,3,4,5,6)\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::not_the_first_line("227-first (10,0,1,10,32,5)\r\n227 second", UNREADABLE)]
fn winscp_needs_exactly_five_separators(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::ParenthesesOrFirstDigit, reply), expected);
}

/// FileZilla 3.71.0 src/engine/ftp/rawtransfer.cpp ParsePasvResponse:327-394, 160-199 (2xx or 3xx);
/// src/engine/ftp/ftpcontrolsocket.cpp ParseLine (keeps the last line).
#[rstest]
#[case::round("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::square("227 Entering Passive Mode [10,0,1,10,32,5]", "10.0.1.10:8197")]
#[case::curly("227 Entering Passive Mode {10,0,1,10,32,5}", "10.0.1.10:8197")]
#[case::angle("227 Entering Passive Mode <10,0,1,10,32,5>", "10.0.1.10:8197")]
#[case::blank_and_end("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::two_blanks("227 Entering Passive Mode 10,0,1,10,32,5 now", "10.0.1.10:8197")]
#[case::the_blank_after_the_code("227 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::blank_and_full_stop("227 Entering Passive Mode 10,0,1,10,32,5.", UNREADABLE)]
#[case::another_bracket_closes("227 Mode (10,0,1,10,32,5]", UNREADABLE)]
#[case::nothing_closes("227 Mode (10,0,1,10,32,5", UNREADABLE)]
#[case::equals_sign_and_end("227 Mode =10,0,1,10,32,5", UNREADABLE)]
#[case::other_numbers_before("227 Mode 2 (1,2,3) (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::octet_over_255("227 Mode (10,0,1,10,32,256)", UNREADABLE)]
#[case::octet_over_255_is_passed_over("227 (10,0,1,10,32,256) (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::up_to_three_digits("227 Mode (010,000,001,010,032,005)", "10.0.1.10:8197")]
#[case::four_digits("227 Mode (0010,0,1,10,32,5)", UNREADABLE)]
#[case::five_numbers("227 Mode (10,0,1,10,32)", UNREADABLE)]
#[case::seven_numbers("227 Mode (10,0,1,10,32,5,6)", UNREADABLE)]
#[case::missing_number("227 Mode (10,0,1,10,,5)", UNREADABLE)]
#[case::blanks("227 Mode (10, 0, 1, 10, 32, 5)", UNREADABLE)]
#[case::signs("227 Mode (+10,0,1,10,32,5)", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:10,0,1,10,32,5)", UNREADABLE)]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::negative_code("427 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first (1,2,3,4,5,6)\r\n227 second 10,0,1,10,32,5\r\n", "10.0.1.10:8197")]
#[case::not_the_first_line("227-first (10,0,1,10,32,5)\r\n227 second", UNREADABLE)]
fn filezilla_needs_a_bracket_and_its_counterpart(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::Brackets, reply), expected);
}

/// .NET src/libraries/System.Net.Requests/src/System/Net/FtpControlStream.cs GetPortV4, CheckValid (the
/// reply with all its lines), QueueOrCreateDataConection (any code 2xx). The address is not read.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)\r\n", "0.0.0.0:8197")]
#[case::full_stop_after("227 Entering Passive Mode (10,0,1,10,32,5).\r\n", "0.0.0.0:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5\r\n", "0.0.0.0:8197")]
#[case::full_stop_after_the_number("227 Entering Passive Mode 10,0,1,10,32,5.\r\n", UNREADABLE)]
#[case::no_end_of_line("227 Entering Passive Mode (10,0,1,10,32,5)", "0.0.0.0:8197")]
#[case::one_word_after("227 Mode (10,0,1,10,32,5)now\r\n", "0.0.0.0:8197")]
#[case::blank_and_word_after("227 Mode (10,0,1,10,32,5) now\r\n", UNREADABLE)]
#[case::blank_at_the_end("227 Mode (10,0,1,10,32,5) \r\n", UNREADABLE)]
#[case::the_last_two_of_seven("227 Mode (1,2,10,0,1,10,32,5)\r\n", "0.0.0.0:8197")]
#[case::seven_parts_are_too_few("227 1,2,3,4,32,5\r\n", UNREADABLE)]
#[case::words_count("227 Entering Passive Mode now (32,5)\r\n", "0.0.0.0:8197")]
#[case::empty_parts_count("227    (,,32,5)\r\n", "0.0.0.0:8197")]
#[case::no_address_is_too_large("227 Mode (999,0,1,10,32,5)\r\n", "0.0.0.0:8197")]
#[case::no_byte("227 Mode (10,0,1,10,32,256)\r\n", UNREADABLE)]
#[case::negative("227 Mode (10,0,1,10,-32,5)\r\n", UNREADABLE)]
#[case::missing_number("227 Mode (10,0,1,10,32,)\r\n", UNREADABLE)]
#[case::blanks("227 Mode (10, 0, 1, 10, 32, 5)\r\n", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:10,0,1,10,32,5)\r\n", "0.0.0.0:8197")]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)\r\n", "0.0.0.0:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)\r\n", UNREADABLE)]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)\r\n", "0.0.0.0:8197")]
#[case::a_code_is_a_number_too("227-first (10,0,1,10,32,5)\r\n227 end\r\n", "0.0.0.0:1507")]
fn dotnet_reads_the_port_from_the_end(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::LastTwo, reply), expected);
}
