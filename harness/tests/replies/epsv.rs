//! The replies to `EPSV`, which carry a port.

use pasvlab_harness::ftp::client::replies;
use pasvlab_scenarios::EpsvReply as Way;
use rstest::rstest;

use crate::code;

fn port(way: Way, reply: &str) -> Option<u16> {
    replies::epsv(way, code(reply), reply)
}

/// curl 8.22 lib/ftp.c ftp_state_pasv_resp:2057-2085; lib/pingpong.c Curl_pp_readresp (keeps the last
/// line).
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", Some(8197))]
#[case::number_signs("229 Entering Extended Passive Mode (###8197#)", Some(8197))]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", None)]
#[case::nothing_closes("229 Extended (|||8197|", Some(8197))]
#[case::the_last_delimiter_is_missing("229 Extended (|||8197)", None)]
#[case::another_last_delimiter("229 Extended (|||8197!)", None)]
#[case::two_delimiters("229 Extended (||8197|)", None)]
#[case::mixed_delimiters("229 Extended (|!|8197|)", None)]
#[case::other_parentheses_before("229 Extended (new) (|||8197|)", None)]
#[case::family_and_address("229 Extended (|1|10.0.1.10|8197|)", None)]
#[case::blank_before("229 Extended (||| 8197|)", None)]
#[case::minus_sign("229 Extended (|||-8197|)", None)]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::port_65535("229 Extended (|||65535|)", Some(65535))]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::huge_port("229 Extended (|||99999999999999999999|)", None)]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::other_positive_code("200 Extended (|||8197|)", None)]
#[case::last_line("229-first (|||1|)\r\n229 second (|||8197|)", Some(8197))]
#[case::not_the_first_line("229-first (|||8197|)\r\n229 second", None)]
fn curl_takes_any_delimiter(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::AnyDelimiter, reply), expected);
}

/// tnftp 20230507 src/ftp.c getreply:400-500 (from the first parenthesis on, up to `)` or the line's
/// end), initconn:1507-1525.
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", Some(8197))]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", None)]
#[case::nothing_closes("229 Extended (|||8197|", Some(8197))]
#[case::the_last_delimiter_is_missing("229 Extended (|||8197)", None)]
#[case::another_last_delimiter("229 Extended (|||8197!)", None)]
#[case::mixed_delimiters("229 Extended (|!|8197|)", None)]
#[case::blank_before("229 Extended (||| 8197|)", Some(8197))]
#[case::minus_sign("229 Extended (|||-57339|)", Some(8197))]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::modulo_65536("229 Extended (|||73733|)", Some(8197))]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::other_positive_code("200 Extended (|||8197|)", None)]
#[case::first_line("229-first (|||8197|)\r\n229 second", Some(8197))]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
#[case::first_parenthesis_of_all("229-first (new)\r\n229 second (|||8197|)", None)]
fn tnftp_scans_between_any_delimiters(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::AnyDelimiterScanned, reply), expected);
}

/// Commons Net 3.13 FTPClient.java _parseExtendedPassiveModeReply:815-833, 768 (first line).
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", Some(8197))]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", None)]
#[case::nothing_closes("229 Extended (|||8197|", None)]
#[case::nothing_opens("229 Extended |||8197|)", None)]
#[case::blanks_outside("229 Extended ( |||8197| )", Some(8197))]
#[case::blanks_inside("229 Extended (||| 8197|)", None)]
#[case::another_last_delimiter("229 Extended (|||8197!)", None)]
#[case::other_parentheses_before("229 Extended (new) (|||8197|)", None)]
#[case::more_after_the_port("229 Extended (|||8197|9|)", None)]
#[case::plus_sign("229 Extended (|||+8197|)", Some(8197))]
#[case::minus_sign("229 Extended (|||-8197|)", None)]
#[case::no_port("229 Extended (||||)", None)]
#[case::three_bars("229 Extended (|||)", None)]
#[case::empty_parentheses("229 Extended ()", None)]
#[case::parentheses_the_wrong_way_round("229 Extended )|||8197|(", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::first_line("229-first (|||8197|)\r\n229 second", Some(8197))]
#[case::not_the_last_line("229-first\r\n229 second (|||8197|)", None)]
fn commons_net_wants_nothing_else_in_parentheses(
    #[case] reply: &str,
    #[case] expected: Option<u16>,
) {
    assert_eq!(port(Way::WholeParentheses, reply), expected);
}

/// suppaftp 12.2.1 src/regex.rs:13 EPSV_PORT_RE, src/sync_ftp.rs:1195.
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", None)]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", None)]
#[case::other_parentheses_before("229 Extended (new) (|||x|) (|||8197|)", Some(8197))]
#[case::family_and_address("229 Extended (|1|10.0.1.10|8197|)", None)]
#[case::blank_before("229 Extended (||| 8197|)", None)]
#[case::plus_sign("229 Extended (|||+8197|)", None)]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::the_first_port_counts("229 Extended (|||65536|) (|||8197|)", None)]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::first_line("229-first (|||8197|)\r\n229 second", Some(8197))]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
fn suppaftp_wants_bars_in_parentheses(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::Bars, reply), expected);
}

/// FileZilla 3.71.0 src/engine/ftp/rawtransfer.cpp ParseEpsvResponse:297-313, 160-199 (2xx or 3xx);
/// src/engine/ftp/ftpcontrolsocket.cpp ParseLine (keeps the last line).
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", None)]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", None)]
#[case::the_first_bars_count("229 Extended (|||x|) (|||8197|)", None)]
#[case::blank_before("229 Extended (||| 8197|)", None)]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", None)]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::huge_port("229 Extended (|||99999999999999999999|)", None)]
#[case::any_positive_code("200 Extended (|||8197|)", Some(8197))]
#[case::negative_code("429 Extended (|||8197|)", None)]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
#[case::not_the_first_line("229-first (|||8197|)\r\n229 second", None)]
fn filezilla_takes_no_port_0(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::BarsNotZero, reply), expected);
}

/// basic-ftp 6.0.1 src/transfer.ts parseEpsvResponse:31-43; src/FtpContext.ts _onControlSocketData (only
/// codes from 400 are errors).
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", Some(8197))]
#[case::mixed("229 Entering Extended Passive Mode (|!|8197!)", Some(8197))]
#[case::number_signs("229 Entering Extended Passive Mode (###8197#)", None)]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", Some(8197))]
#[case::the_last_mark_is_missing("229 Extended (|||8197)", None)]
#[case::more_after_the_port("229 Extended (|||8197|9|) or (|||1|)", Some(8197))]
#[case::words_after_the_port("229 Extended (|||8197 or so|)", Some(8197))]
#[case::words_before_the_port("229 Extended (|||port 8197|)", None)]
#[case::blank_before("229 Extended (||| 8197|)", Some(8197))]
#[case::plus_sign("229 Extended (|||+8197|)", Some(8197))]
#[case::minus_sign("229 Extended (|||-8197|)", None)]
#[case::seven_bars("229 Extended (||||||8197|)", None)]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::on_one_line("229-first (|||\r\n229 8197|)", None)]
#[case::first_line("229-first (|||8197|)\r\n229 second", Some(8197))]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::preliminary_code("129 Extended (|||8197|)", Some(8197))]
#[case::negative_code("529 Extended (|||8197|)", None)]
fn basic_ftp_takes_bars_and_exclamation_marks(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::BarsOrMarks, reply), expected);
}

/// FluentFTP 54.1.2 Client/Modules/PassivePortModule.cs GetEnhancedPassivePort:17; Model/FtpReply.cs
/// Success (1xx to 3xx); Client/BaseClient/GetReply.cs (the last line is the message).
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", Some(8197))]
#[case::mixed("229 Entering Extended Passive Mode (|!|8197!)", Some(8197))]
#[case::number_signs("229 Entering Extended Passive Mode (###8197#)", None)]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", None)]
#[case::other_parentheses_before("229 Extended (new) (|||8197|)", Some(8197))]
#[case::more_after_the_port("229 Extended (|||8197|9|)", None)]
#[case::blank_before("229 Extended (||| 8197|)", None)]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
#[case::not_the_first_line("229-first (|||8197|)\r\n229 second", None)]
fn fluentftp_wants_marks_in_parentheses(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::BarsOrMarksInParentheses, reply), expected);
}

/// jlaffaye/ftp 0.2.2 ftp.go parseEPSV; the standard library's textproto.ReadResponse joins all lines.
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", None)]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", Some(8197))]
#[case::the_last_bar_is_missing("229 Extended (|||8197)", None)]
#[case::up_to_the_last_bar("229 Extended (|||8197|9|)", None)]
#[case::blank_before("229 Extended (||| 8197|)", None)]
#[case::plus_sign("229 Extended (|||+8197|)", Some(8197))]
#[case::minus_sign("229 Extended (|||-8197|)", None)]
#[case::no_port("229 Extended (||||)", None)]
#[case::three_bars("229 Extended (|||)", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::other_positive_code("200 Extended (|||8197|)", None)]
#[case::first_line("229-first (|||8197|)\r\n229 second", Some(8197))]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
fn jlaffaye_reads_between_bars(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::BetweenBars, reply), expected);
}

/// lftp 4.9.3 src/ftpclass.cc Handle_EPSV:793-827, 4370-4391 (any code 2xx); ReceiveResp (goes on to the
/// last line).
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", Some(8197))]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", None)]
#[case::right_after_the_code("229 |||8197|", Some(8197))]
#[case::the_last_delimiter_is_missing("229 Extended (|||8197)", Some(8197))]
#[case::mixed_delimiters("229 Extended (|!|8197|)", None)]
#[case::family_and_address("229 Extended (|1|10.0.1.10|8197|)", None)]
#[case::blank_before("229 Extended (||| 8197|)", Some(8197))]
#[case::blanks_are_delimiters("229 Extended ( 8197 )", Some(8197))]
#[case::percent_signs_are_none("229 Extended (%%%8197%)", None)]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::modulo_65536("229 Extended (|||73733|)", Some(8197))]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::any_positive_code("200 Extended (|||8197|)", Some(8197))]
#[case::negative_code("429 Extended (|||8197|)", None)]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
#[case::not_the_first_line("229-first (|||8197|)\r\n229 second", None)]
fn lftp_goes_by_the_first_character(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::FirstCharacter, reply), expected);
}

/// gvfs 1.61.90 daemon/gvfsftptask.c g_vfs_ftp_task_setup_data_connection_epsv:847-854 (any code 2xx);
/// daemon/gvfsftpconnection.c g_vfs_ftp_connection_receive (lines).
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", Some(8197))]
#[case::any_three_characters("229 Entering Extended Passive Mode (abc8197)", Some(8197))]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", None)]
#[case::the_last_parenthesis("229 Extended (new) (|||8197|)", Some(8197))]
#[case::other_parentheses_after("229 Extended (|||8197|) (new)", None)]
#[case::two_delimiters("229 Extended (||8197|)", Some(197))]
#[case::blank_before("229 Extended (||| 8197|)", Some(8197))]
#[case::no_port("229 Extended (||||)", None)]
#[case::nothing_after("229 Extended (|||", None)]
#[case::port_0("229 Extended (|||0|)", None)]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::any_positive_code("200 Extended (|||8197|)", Some(8197))]
#[case::intermediate_code("329 Extended (|||8197|)", None)]
#[case::first_line("229-first (|||8197|)\r\n229 second", Some(8197))]
#[case::not_the_last_line("229-first\r\n229 second (|||8197|)", None)]
fn gvfs_skips_three_characters(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::AfterLastParenthesis, reply), expected);
}

/// Midnight Commander 4.8.33 src/vfs/ftpfs/ftpfs.c ftpfs_setup_passive_epsv:1145-1180; ftpfs_get_reply
/// (goes on to the last line); COMPLETE is any code 2xx.
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", None)]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", Some(8197))]
#[case::one_bar_is_enough("229 Extended |xx8197", Some(8197))]
#[case::family_and_address("229 Extended (|1|10.0.1.10|8197|)", Some(10))]
#[case::no_number_is_0("229 Extended (||||)", Some(0))]
#[case::nothing_after("229 Extended |||", None)]
#[case::half_a_character_is_0("229 Extended ||\u{e9}8197|", Some(0))]
#[case::minus_sign("229 Extended (|||-8197|)", None)]
#[case::port_65536("229 Extended (|||65536|)", None)]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::any_positive_code("200 Extended (|||8197|)", Some(8197))]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
#[case::not_the_first_line("229-first (|||8197|)\r\n229 second", None)]
fn midnight_commander_skips_to_the_third_character_after_a_bar(
    #[case] reply: &str,
    #[case] expected: Option<u16>,
) {
    assert_eq!(port(Way::AfterFirstBar, reply), expected);
}

/// PHP 8.4.24 ext/standard/ftp_fopen_wrapper.c php_fopen_do_pasv; get_ftp_result (goes on to the last
/// line).
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", None)]
#[case::without_parentheses("229 Entering Extended Passive Mode |||8197|", Some(8197))]
#[case::the_last_bar_is_missing("229 Extended (|||8197)", Some(8197))]
#[case::family_and_address("229 Extended (|1|10.0.1.10|8197|)", Some(8197))]
#[case::two_bars("229 Extended (||8197)", None)]
#[case::blank_before("229 Extended (||| 8197|)", Some(8197))]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", None)]
#[case::modulo_65536("229 Extended (|||73733|)", Some(8197))]
#[case::port_65536_is_port_0("229 Extended (|||65536|)", None)]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", None)]
#[case::other_positive_code("200 Extended (|||8197|)", None)]
#[case::last_line("229-first | \r\n229 second (|||8197|)", Some(8197))]
#[case::not_the_first_line("229-first (|||8197|)\r\n229 second", None)]
fn php_wrapper_reads_after_the_third_bar(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::AfterThirdBar, reply), expected);
}

/// inetutils 2.8 ftp/ftp.c getreply:525-545 (227, 228 and 229 alike), initconn:1313.
#[rstest]
#[case::bars("229 Entering Extended Passive Mode (|||8197|)", Some(8197))]
#[case::exclamation_marks("229 Entering Extended Passive Mode (!!!8197!)", Some(8197))]
#[case::nothing_around_it("229 Extended Passive Mode 8197", Some(8197))]
#[case::another_number_before("229 Mode 2 (|||8197|)", Some(2))]
#[case::family_and_address("229 Extended (|1|10.0.1.10|8197|)", Some(1))]
#[case::no_port("229 Extended (||||)", None)]
#[case::port_0("229 Extended (|||0|)", Some(0))]
#[case::modulo_65536("229 Extended (|||73733|)", Some(8197))]
#[case::reply_to_pasv("227 Entering Passive Mode (10,0,1,10,32,5)", Some(10))]
#[case::other_positive_code("200 Extended (|||8197|)", None)]
#[case::first_line("229-first (|||8197|)\r\n229 second 2", Some(8197))]
#[case::last_line("229-first\r\n229 second (|||8197|)", Some(8197))]
fn inetutils_reads_the_first_number(#[case] reply: &str, #[case] expected: Option<u16>) {
    assert_eq!(port(Way::FirstNumber, reply), expected);
}
