//! Programs that begin at the first digit after the code.

use pasvlab_scenarios::PasvReply as Way;
use rstest::rstest;

use crate::{UNREADABLE, address};

/// netkit-ftp 0.17 with Red Hat's patches, ftp/ftp.c getreply:442- and initconn:1349-1360; tnftp
/// 20230507 src/ftp.c getreply:400-500 and initconn:1399; inetutils 2.8 ftp/ftp.c getreply:525-545 and
/// initconn:1418.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5).", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::in_other_brackets("227 Entering Passive Mode [10,0,1,10,32,5]", "10.0.1.10:8197")]
#[case::right_after_the_code("227 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::after_an_equals_sign("227 Passive mode OK =10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::another_number_before("227 Mode 2 (10,0,1,10,32,5)", UNREADABLE)]
#[case::blanks_before_numbers("227 Mode (10, 0, 1, 10, 32, 5)", "10.0.1.10:8197")]
#[case::blanks_after_numbers("227 Mode (10 ,0,1,10,32,5)", UNREADABLE)]
#[case::modulo_256("227 Mode (266,256,257,10,288,261)", "10.0.1.10:8197")]
#[case::negative_after_the_first("227 Mode (10,0,1,-246,-224,5)", "10.0.1.10:8197")]
#[case::the_first_cannot_be_negative("227 Mode (-10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::plus_signs("227 Mode (+10,+0,1,10,32,+5)", "10.0.1.10:8197")]
#[case::leading_zeros("227 Mode (010,000,001,010,032,005)", "10.0.1.10:8197")]
#[case::too_large_is_the_largest("227 Mode (10,0,1,10,99999999999999999999,5)", "10.0.1.10:65285")]
#[case::five_numbers("227 Mode (10,0,1,10,32)", UNREADABLE)]
#[case::seven_numbers("227 Mode (10,0,1,10,32,5,99)", "10.0.1.10:8197")]
#[case::a_number_is_missing("227 Mode (10,0,1,,32,5)", UNREADABLE)]
#[case::dots("227 Mode (10.0.1.10,32,5)", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::no_number("227 Entering Passive Mode", UNREADABLE)]
#[case::only_a_code("227", UNREADABLE)]
#[case::other_code("228 Entering Passive Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "10.0.1.10:8197")]
#[case::line_between("227-first\r\n    see 10,0,1,10,32,5\r\n227 last 2", "10.0.1.10:8197")]
#[case::first_digit_of_all("227-take 2\r\n227 second (10,0,1,10,32,5)", UNREADABLE)]
#[case::columns_begin_in_each_line("227-first\r\n1,2,\r\n227 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::a_line_is_not_continued("227-first (10,0,1,\r\n227 10,32,5)", UNREADABLE)]
fn netkit_reads_from_the_first_digit_after_any_lines_code(
    #[case] reply: &str,
    #[case] expected: &str,
) {
    assert_eq!(address(Way::FirstDigit, reply), expected);
}

/// NcFTP 3.2.7 libncftp/ftp.c FTPSendPassive:799-868; libncftp/rcmd.c GetResponse (the code is cut off,
/// the lines are kept apart).
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5.", "10.0.1.10:8197")]
#[case::another_number_before("227 Mode 2 (10,0,1,10,32,5)", UNREADABLE)]
#[case::weird_octets_are_masked("227 Mode (266,0,1,10,32,261)", "10.0.1.10:8197")]
#[case::negative_octets_are_masked("227 Mode (10,0,1,-246,32,5)", "10.0.1.10:8197")]
#[case::blanks_before_numbers("227 Mode (10, 0, 1, 10, 32, 5)", "10.0.1.10:8197")]
#[case::missing_numbers("227 Mode (10,0,1,10)", UNREADABLE)]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "10.0.1.10:8197")]
#[case::not_the_last_line("227-first\r\n227 second (10,0,1,10,32,5)", UNREADABLE)]
fn ncftp_reads_the_first_line_after_any_positive_code(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::FirstDigitOfFirstLine, reply), expected);
}

/// PHP 8.4.24 ext/ftp/ftp.c ftp_pasv:864-868; ftp_getresp (goes on to the last line, cuts off the code).
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::another_number_before("227 Mode 2 (10,0,1,10,32,5)", UNREADABLE)]
#[case::modulo_256("227 Mode (10,0,1,10,32,261)", "10.0.1.10:8197")]
#[case::blanks_before_numbers("227 Mode (10, 0, 1, 10, 32, 5)", "10.0.1.10:8197")]
#[case::missing_numbers("227 Mode (10,0,1,10,32,)", UNREADABLE)]
#[case::other_positive_code("200 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::not_the_first_line("227-first (10,0,1,10,32,5)\r\n227 second", UNREADABLE)]
#[case::a_number_in_the_first_line("227-take 2\r\n227 (10,0,1,10,32,5)", "10.0.1.10:8197")]
fn php_extension_reads_the_last_line(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::FirstDigitOfLastLine, reply), expected);
}

/// Midnight Commander 4.8.33 src/vfs/ftpfs/ftpfs.c ftpfs_setup_passive_pasv:1118-1126; ftpfs_get_reply
/// (goes on to the last line); COMPLETE is any code 2xx.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::another_number_before("227 Mode 2 (10,0,1,10,32,5)", UNREADABLE)]
#[case::modulo_256("227 Mode (10,0,257,10,32,5)", "10.0.1.10:8197")]
#[case::negative_numbers("227 Mode (10,0,1,10,-224,-251)", "10.0.1.10:8197")]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::not_the_first_line("227-first (10,0,1,10,32,5)\r\n227 second", UNREADABLE)]
fn midnight_commander_reads_the_last_line_after_any_positive_code(
    #[case] reply: &str,
    #[case] expected: &str,
) {
    assert_eq!(address(Way::FirstDigitOfLastLineAnyCode, reply), expected);
}

/// wget 1.25.0 src/ftp-basic.c ftp_pasv:620-685; ftp_response (goes on to the last line).
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::another_number_before("227 Mode 2 (10,0,1,10,32,5)", UNREADABLE)]
#[case::no_blank_between_numbers("227 Mode (10, 0, 1, 10, 32, 5)", UNREADABLE)]
#[case::semicolons("227 Mode (10;0;1;10;32;5)", UNREADABLE)]
#[case::anything_after_the_last("227 Mode 10,0,1,10,32,5;6", "10.0.1.10:8197")]
#[case::modulo_256("227 Mode (266,0,1,10,288,5)", "10.0.1.10:8197")]
#[case::modulo_256_of_any_size("227 Mode (10,0,1,10,100000000000000000032,5)", "10.0.1.10:8197")]
#[case::no_sign("227 Mode (10,0,1,-246,32,5)", UNREADABLE)]
#[case::a_missing_number_is_zero("227 Mode (10,,1,10,32,5)", "10.0.1.10:8197")]
#[case::the_last_number_may_be_missing("227 Mode (10,0,1,10,32,)", "10.0.1.10:8192")]
#[case::its_comma_may_not("227 Mode (10,0,1,10,32)", UNREADABLE)]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::not_the_first_line("227-first (10,0,1,10,32,5)\r\n227 second", UNREADABLE)]
fn wget_takes_numbers_without_blanks_and_gaps_for_zero(
    #[case] reply: &str,
    #[case] expected: &str,
) {
    assert_eq!(address(Way::FirstDigitNoBlanks, reply), expected);
}

/// PHP 8.4.24 ext/standard/ftp_fopen_wrapper.c php_fopen_do_pasv; get_ftp_result (goes on to the last
/// line). The address is text: an octet over 255 makes it none.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::another_number_before("227 Mode 2 (10,0,1,10,32,5)", UNREADABLE)]
#[case::the_sixth_is_added("227 Mode (10,0,1,10,0,8197)", "10.0.1.10:8197")]
#[case::the_port_wraps("227 Mode (10,0,1,10,288,5)", "10.0.1.10:8197")]
#[case::octet_over_255("227 Mode (266,0,1,10,32,5)", UNREADABLE)]
#[case::no_blanks_in_the_address("227 Mode (10, 0,1,10,32,5)", UNREADABLE)]
#[case::blanks_in_the_port("227 Mode (10,0,1,10, 32, 5)", "10.0.1.10:8197")]
#[case::the_sixth_may_be_missing("227 Mode (10,0,1,10,32,)", "10.0.1.10:8192")]
#[case::the_fifth_may_be_missing("227 Mode (10,0,1,10,,5)", "10.0.1.10:5")]
#[case::port_0("227 Mode (10,0,1,10,0,0)", UNREADABLE)]
#[case::other_positive_code("200 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::not_the_first_line("227-first (10,0,1,10,32,5)\r\n227 second", UNREADABLE)]
fn php_wrapper_adds_up_the_port(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::FirstDigitSum, reply), expected);
}

/// lftp 4.9.3 src/ftpclass.cc Handle_PASV:723-764; ReceiveResp (goes on to the last line), 4370-4391
/// (any code 2xx).
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::other_numbers_before("227 Mode 2, channel 7 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::five_numbers_before("227 Mode 1,2,3,4,5 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::six_numbers_before("227 Mode 1,2,3,4,5,6 (10,0,1,10,32,5)", "1.2.3.4:1286")]
#[case::blanks_before_numbers("227 Mode (10, 0, 1, 10, 32, 5)", "10.0.1.10:8197")]
#[case::modulo_256("227 Mode (266,0,1,10,32,261)", "10.0.1.10:8197")]
#[case::negative_after_the_first("227 Mode (10,0,1,-246,32,5)", "10.0.1.10:8197")]
#[case::missing_numbers("227 Mode (10,0,1,10,32,)", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first (1,2,3,4,5,6)\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::not_the_first_line("227-first (10,0,1,10,32,5)\r\n227 second", UNREADABLE)]
fn lftp_goes_from_digit_to_digit_until_six_numbers_follow(
    #[case] reply: &str,
    #[case] expected: &str,
) {
    assert_eq!(address(Way::FirstSix, reply), expected);
}
