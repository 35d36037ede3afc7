//! Programs that look for six numbers anywhere, without blanks.

use pasvlab_scenarios::PasvReply as Way;
use rstest::rstest;

use crate::{UNREADABLE, address};

/// curl 8.22 lib/ftp.c match_pasv_6nums:2028-2044, ftp_state_pasv_resp:2100-2109; lib/pingpong.c
/// Curl_pp_readresp (keeps the last line).
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (127,0,0,1,4,51)", "127.0.0.1:1075")]
#[case::listening_to("227 Data transfer will passively listen to 127,0,0,1,4,51", "127.0.0.1:1075")]
#[case::after_a_full_stop("227 Entering passive mode. 127,0,0,1,4,51", "127.0.0.1:1075")]
#[case::other_numbers_before("227 Mode 2, 1,2,3 (127,0,0,1,4,51)", "127.0.0.1:1075")]
#[case::not_over_255("227 Mode (127,0,0,1,4,256)", UNREADABLE)]
#[case::over_255_is_passed_over("227 Mode 256,127,0,0,1,4,51", "56.127.0.0:260")]
#[case::the_end_of_a_long_number("227 Mode (1127,0,0,1,4,51)", "127.0.0.1:1075")]
#[case::no_blanks("227 Mode (127, 0, 0, 1, 4, 51)", UNREADABLE)]
#[case::no_sign("227 Mode (127,0,0,-1,4,51)", UNREADABLE)]
#[case::sign_before_the_first("227 Mode (-127,0,0,1,4,51)", "127.0.0.1:1075")]
#[case::missing_number("227 Mode (127,0,0,1,,51)", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:127,0,0,1,4,51)", "127.0.0.1:1075")]
#[case::leading_zeros("227 Mode (0127,000,00,0001,04,051)", "127.0.0.1:1075")]
#[case::other_positive_code("200 Mode (127,0,0,1,4,51)", UNREADABLE)]
#[case::last_line("227-first (1,2,3,4,5,6)\r\n227 second (127,0,0,1,4,51)", "127.0.0.1:1075")]
#[case::not_the_first_line("227-first (127,0,0,1,4,51)\r\n227 second", UNREADABLE)]
fn curl_takes_six_octets(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::FirstSixOctets, reply), expected);
}

/// Commons Net 3.13 FTPClient.java PARMS_PAT:450, _parsePassiveModeReply:842-877, 774 (first line). The
/// address is text: an octet over 255 makes it none.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::other_numbers_before("227 Mode 2, 1,2,3 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::the_end_of_a_long_number("227 Mode (99910,0,1,10,32,5)", UNREADABLE)]
#[case::its_last_three_digits("227 Mode (1010,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::the_first_three_of_the_sixth("227 Mode (10,0,1,10,32,0055)", "10.0.1.10:8197")]
#[case::the_sixth_is_ored("227 Mode (10,0,1,10,32,773)", "10.0.1.10:8965")]
#[case::bits_are_set_once("227 Mode (10,0,1,10,33,261)", "10.0.1.10:8453")]
#[case::port_over_65535("227 Mode (10,0,1,10,256,0)", UNREADABLE)]
#[case::octet_over_255("227 Mode (300,0,1,10,32,5)", UNREADABLE)]
#[case::no_blanks("227 Mode (10, 0, 1, 10, 32, 5)", UNREADABLE)]
#[case::no_sign("227 Mode (10,0,1,-10,32,5)", UNREADABLE)]
#[case::missing_number("227 Mode (10,0,1,10,32,)", UNREADABLE)]
#[case::other_positive_code("200 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "10.0.1.10:8197")]
#[case::not_the_last_line("227-first\r\n227 second (10,0,1,10,32,5)", UNREADABLE)]
fn commons_net_takes_groups_of_up_to_three_digits(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::FirstSixShort, reply), expected);
}

/// Python 3.13.5 Lib/ftplib.py parse227:812-828, getmultiline (joins all lines); Ruby net-ftp 0.3.9
/// lib/net/ftp.rb parse227:1421-1435, parse_pasv_port, getmultiline.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::other_numbers_before("227 Mode 2, 1,2,3 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::the_sixth_is_added("227 Mode (10,0,1,10,0,8197)", "10.0.1.10:8197")]
#[case::port_over_65535("227 Mode (10,0,1,10,256,0)", UNREADABLE)]
#[case::huge_port("227 Mode (10,0,1,10,99999999999999999999,5)", UNREADABLE)]
#[case::octet_over_255("227 Mode (300,0,1,10,32,5)", UNREADABLE)]
#[case::no_blanks("227 Mode (10, 0, 1, 10, 32, 5)", UNREADABLE)]
#[case::no_sign("227 Mode (10,0,1,10,-32,5)", UNREADABLE)]
#[case::missing_number("227 Mode (10,0,1,10,,5)", UNREADABLE)]
#[case::mapped_style("227 Mode (::ffff:10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::other_positive_code("200 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "10.0.1.10:8197")]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::first_of_both("227-first 1,2,3,4,5,6\r\n227 second (10,0,1,10,32,5)", "1.2.3.4:1286")]
fn python_and_ruby_add_up_the_port(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::FirstSixSum, reply), expected);
}

/// libnet 3.15 (perl 5.42.3) Net/FTP.pm pasv:932-945, _PASV:1351 (CMD_OK is any code 2xx); Net/Cmd.pm
/// message (joins all lines).
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::other_numbers_before("227 Mode 2, 1,2,3 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::the_sixth_is_added("227 Mode (10,0,1,10,31,261)", "10.0.1.10:8197")]
#[case::no_blanks("227 Mode (10, 0, 1, 10, 32, 5)", UNREADABLE)]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "10.0.1.10:8197")]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
fn perl_adds_up_the_port_after_any_positive_code(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::FirstSixSumAnyCode, reply), expected);
}

/// FluentFTP 54.1.2 Client/Modules/PassivePortModule.cs GetPassivePort:57-99; Model/FtpReply.cs Success
/// (1xx to 3xx); Client/BaseClient/GetReply.cs DecodeStringToReply (the last line is the message).
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::other_numbers_before("227 Mode 2, 1,2,3 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::the_sixth_is_added("227 Mode (10,0,1,10,0,8197)", "10.0.1.10:8197")]
#[case::no_blanks("227 Mode(10, 0, 1, 10, 32, 5).", UNREADABLE)]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::negative_code("527 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::last_line("227-first (1,2,3,4,5,6)\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::not_the_first_line("227-first (10,0,1,10,32,5)\r\n227 second", UNREADABLE)]
fn fluentftp_reads_the_last_line_unless_the_code_is_negative(
    #[case] reply: &str,
    #[case] expected: &str,
) {
    assert_eq!(address(Way::FirstSixSumOfLastLine, reply), expected);
}

/// basic-ftp 6.0.1 src/transfer.ts parsePasvResponse:98-108; src/FtpContext.ts _onControlSocketData
/// (only codes from 400 are errors), src/parseControlResponse.ts (all lines). The address is text: what
/// is no octet makes it none.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::other_numbers_before("227 Mode 2, 1,2,3 (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::negative_port("227 Mode (10,0,1,10,-224,-251)", "10.0.1.10:8197")]
#[case::negative_address("227 Mode (-10,0,1,10,32,5)", UNREADABLE)]
#[case::the_port_is_masked("227 Mode (10,0,1,10,288,261)", "10.0.1.10:8197")]
#[case::huge_numbers_are_rounded("227 Mode (10,0,1,10,99999999999999999999,5)", "10.0.1.10:5")]
#[case::hyphens_alone_are_0("227 Mode (10,0,1,10,--,5)", "10.0.1.10:5")]
#[case::digits_before_a_hyphen("227 Mode (10,0,1,10,32-9,5-)", "10.0.1.10:8197")]
#[case::comma_before("227 Mode ,10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::after_a_gap("227 Mode 9,,10,0,1,10,32,5", "10.0.1.10:8197")]
#[case::octet_over_255("227 Mode (266,0,1,10,32,5)", UNREADABLE)]
#[case::no_blanks("227 Mode (10, 0, 1, 10, 32, 5)", UNREADABLE)]
#[case::missing_number("227 Mode (10,0,1,10,32,)", UNREADABLE)]
#[case::preliminary_code("127 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::negative_code("427 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "10.0.1.10:8197")]
#[case::last_line("227-first\r\n227 second (10,0,1,10,32,5)", "10.0.1.10:8197")]
#[case::the_code_s_hyphen_counts("227-10,0,1,10,32,5\r\n227 second", UNREADABLE)]
fn basic_ftp_takes_hyphens_for_digits(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::FirstSixSigned, reply), expected);
}

/// gvfs 1.61.90 daemon/gvfsftptask.c g_vfs_ftp_task_setup_data_connection_pasv:890-901 (any code 2xx),
/// 799-828; daemon/gvfsftpconnection.c g_vfs_ftp_connection_receive (lines). The address is not read.
#[rstest]
#[case::in_parentheses("227 Entering Passive Mode (10,0,1,10,32,5)", "0.0.0.0:8197")]
#[case::without_parentheses("227 Entering Passive Mode 10,0,1,10,32,5", "0.0.0.0:8197")]
#[case::other_numbers_before("227 Mode 2, 1,2,3 (10,0,1,10,32,5)", "0.0.0.0:8197")]
#[case::no_address_is_too_large("227 Mode (300,999,1,10,32,5)", "0.0.0.0:8197")]
#[case::blanks_before_numbers("227 Mode (10, 0, 1, 10, 32, 5)", "0.0.0.0:8197")]
#[case::negative_address("227 Mode (-10,-0,-1,-10,32,5)", "0.0.0.0:8197")]
#[case::the_sixth_is_ored("227 Mode (10,0,1,10,0,8197)", "0.0.0.0:8197")]
#[case::port_over_65535("227 Mode (10,0,1,10,288,5)", UNREADABLE)]
#[case::missing_number("227 Mode (10,0,1,10,32)", UNREADABLE)]
#[case::any_positive_code("200 Mode (10,0,1,10,32,5)", "0.0.0.0:8197")]
#[case::intermediate_code("327 Mode (10,0,1,10,32,5)", UNREADABLE)]
#[case::first_line("227-first (10,0,1,10,32,5)\r\n227 second", "0.0.0.0:8197")]
#[case::not_the_last_line("227-first\r\n227 second (10,0,1,10,32,5)", UNREADABLE)]
fn gvfs_reads_the_port_only(#[case] reply: &str, #[case] expected: &str) {
    assert_eq!(address(Way::PortOfSix, reply), expected);
}
