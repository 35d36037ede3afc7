//! Clients that cannot be.

mod common;

use pasvlab_scenarios::load;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::an_empty_command_in_the_log_in(
    "login = [\"USER\", \"PASS\"]",
    "login = [\"USER\", \"\"]",
    (10, 18),
    "this text is empty",
    "remove it or write something"
)]
#[case::a_placeholder_in_the_log_in(
    "\"USER\", \"PASS\"",
    "\"USER {user}\", \"PASS\"",
    (10, 10),
    "unknown placeholder `{user}`",
    "no placeholders are known here"
)]
#[case::a_placeholder_in_the_listing(
    "\"LIST\"",
    "\"LIST {file}\"",
    (13, 11),
    "unknown placeholder `{file}`",
    "no placeholders are known here"
)]
#[case::an_unknown_placeholder_in_a_transfer(
    "\"RETR {file}\"",
    "\"RETR {path}\"",
    (17, 11),
    "unknown placeholder `{path}`",
    "known here: `{file}`"
)]
#[case::a_placeholder_that_is_not_closed(
    "\"STOR {file}\"",
    "\"STOR {file\"",
    (20, 11),
    "unknown placeholder `{`",
    "known here: `{file}`"
)]
#[case::two_commands_in_one(
    "\"TYPE I\"",
    "\"TYPE I\\r\\nNOOP\"",
    (16, 11),
    "this text has a line break or another control character",
    "it must be one line"
)]
#[case::an_unknown_placeholder_in_a_message(
    "\"connect: {os}\"",
    "\"connect: {errno}\"",
    (39, 11),
    "unknown placeholder `{errno}`",
    "known here: `{os}`, `{address}`, `{port}`, `{host}`, `{peer}`, `{seconds}`, `{ms}`, `{reply}`, "
)]
#[case::a_slip_in_a_placeholder(
    "{address}:",
    "{adress}:",
    (40, 11),
    "unknown placeholder `{adress}`",
    "did you mean `{address}`?"
)]
#[case::no_data_connection_command(
    "commands = [\"EPSV\", \"PASV\"]",
    "commands = []",
    (23, 12),
    "this client knows no data-connection command",
    "write at least one of \"PASV\", \"EPSV\", \"PORT\" and \"EPRT\""
)]
#[case::an_unknown_data_connection_command(
    "commands = [\"EPSV\", \"PASV\"]",
    "commands = [\"EPSV\", \"PASSV\"]",
    (23, 21),
    "`PASSV` is not a value that this key can have",
    "did you mean `PASV`? allowed: `PASV`, `EPSV`, `PORT` and `EPRT`"
)]
#[case::a_data_connection_command_in_lower_case(
    "commands = [\"EPSV\", \"PASV\"]",
    "commands = [\"epsv\"]",
    (23, 13),
    "`epsv` is not a value that this key can have",
    "did you mean `EPSV`? allowed: `PASV`, `EPSV`, `PORT` and `EPRT`"
)]
#[case::a_feature_for_epsv_without_epsv(
    "commands = [\"EPSV\", \"PASV\"]",
    "commands = [\"PASV\"]",
    (24, 22),
    "`epsv_needs_feature` without EPSV",
    "add \"EPSV\" to `commands`, or remove this key"
)]
#[case::an_empty_feature(
    "epsv_needs_feature = [\"EPSV\"]",
    "epsv_needs_feature = [\"\"]",
    (24, 23),
    "this text is empty",
    "remove it or write something"
)]
#[case::an_unknown_address_policy(
    "address = \"reply\"",
    "address = \"peer-if-unroutable\"",
    (26, 11),
    "`peer-if-unroutable` is not a value that this key can have",
    "did you mean `peer-if-reply-unroutable`?"
)]
#[case::an_unknown_fallback(
    "\"next-command\"",
    "\"next\"",
    (27, 18),
    "`next` is not a value that this key can have",
    "did you mean `next-command`?"
)]
#[case::active_mode_without_a_command_for_it(
    "on_reply_error = \"next-command\"",
    "on_reply_error = \"active-mode\"",
    (27, 18),
    "`active-mode` without PORT or EPRT",
    "add \"PORT\" or \"EPRT\" to `commands`"
)]
#[case::a_rule_for_every_failed_connection(
    "on_connect_failure = \"reconnect\"",
    "on_connect_causes = [{ then = \"stop\" }]",
    (28, 31),
    "this is about every failed connection",
    "write for example `commands = [\"PORT\"]`, `causes = [\"timed-out\"]`, or both"
)]
#[case::a_rule_about_a_command_that_is_not_sent(
    "on_connect_failure = \"reconnect\"",
    "on_connect_causes = [{ commands = [\"PORT\"], then = \"stop\" }]",
    (28, 35),
    "this client does not know PORT",
    "only commands of `commands` prepare connections"
)]
#[case::a_class_of_codes_that_are_no_errors(
    "on_connect_failure = \"reconnect\"",
    "on_reply_codes = [{ commands = [\"PASV\"], codes = [3], then = \"stop\" }]",
    (28, 51),
    "3 is out of bounds",
    "write a number from 400 to 599"
)]
#[case::a_reply_to_a_command_that_comes_after_the_connection(
    "on_connect_failure = \"reconnect\"",
    "reads_reply_after_failure = true",
    (28, 29),
    "`reads_reply_after_failure` without a transfer command that comes first",
    "write `order = \"command-first\"`, or remove this key"
)]
#[case::passive_mode_without_a_command_for_it(
    "commands = [\"EPSV\", \"PASV\"]\nepsv_needs_feature = [\"EPSV\"]\norder = \"connect-first\"\naddress = \"reply\"\non_reply_error = \"next-command\"",
    "commands = [\"PORT\"]\naddress = \"reply\"\non_reply_error = \"reconnect-passive\"",
    (25, 18),
    "`reconnect-passive` without PASV or EPSV",
    "add \"PASV\" or \"EPSV\" to `commands`"
)]
#[case::an_unknown_operating_system(
    "os = \"linux\"",
    "os = \"macOS\"",
    (5, 6),
    "`macOS` is not a value that this key can have",
    "did you mean `macos`? allowed: `linux`, `macos`, `bsd` and `windows`"
)]
#[case::a_time_out_of_nothing(
    "connect_timeout_s = 20",
    "connect_timeout_s = 0",
    (29, 21),
    "0 is out of bounds",
    "write a number from 1 to 604800"
)]
#[case::no_patience_for_a_reply(
    "connect_timeout_s = 20",
    "reply_timeout_s = 0",
    (29, 19),
    "0 is out of bounds",
    "write a number from 1 to 604800"
)]
#[case::a_keep_alive_all_the_time(
    "connect_timeout_s = 20",
    "tcp_keepalive_s = 0",
    (29, 19),
    "0 is out of bounds",
    "write a number from 1 to 604800"
)]
#[case::a_noop_all_the_time(
    "connect_timeout_s = 20",
    "noop_every_s = 0",
    (29, 16),
    "0 is out of bounds",
    "write a number from 1 to 604800"
)]
#[case::reconnect_without_retry(
    "[retry]\nafter = [\"timed-out\"]\nrounds = 3\nfirst_wait_s = 1\nwait_step_s = 0.5\nmax_wait_s = 10\n",
    "",
    (28, 22),
    "`reconnect` without [retry]",
    "add a [retry] table that says after what, how often, and with which pauses"
)]
#[case::retry_without_reconnect(
    "\"reconnect\"",
    "\"stop\"",
    (31, 1),
    "[retry] without `reconnect`",
    "write `on_connect_failure = \"reconnect\"` in [data], or remove [retry]"
)]
#[case::retry_after_nothing(
    "after = [\"timed-out\"]",
    "after = []",
    (32, 9),
    "there is no failure after which it tries again",
    "write at least one of \"refused\", \"timed-out\", \"unreachable\", \"address-not-available\", "
)]
#[case::retry_after_something_unknown(
    "after = [\"timed-out\"]",
    "after = [\"timeout\"]",
    (32, 10),
    "`timeout` is not a value that this key can have",
    "did you mean `timed-out`? allowed: `refused`, `timed-out`, `"
)]
#[case::a_single_round(
    "rounds = 3",
    "rounds = 1",
    (33, 10),
    "1 is out of bounds",
    "write a number from 2 to 1000000; the first round counts"
)]
#[case::a_negative_pause(
    "first_wait_s = 1",
    "first_wait_s = -1",
    (34, 16),
    "-1 is out of bounds",
    "write a number from 0 to 604800"
)]
#[case::a_pause_that_is_not_a_number(
    "first_wait_s = 1",
    "first_wait_s = nan",
    (34, 16),
    "NaN is out of bounds",
    "write a number from 0 to 604800"
)]
#[case::a_factor_below_one(
    "wait_step_s = 0.5",
    "wait_factor = 0.5",
    (35, 15),
    "0.5 is out of bounds",
    "write a number from 1 to 100"
)]
#[case::a_longest_pause_below_the_first(
    "max_wait_s = 10",
    "max_wait_s = 0.5",
    (36, 14),
    "the longest pause is shorter than the first",
    "write at least the number of `first_wait_s`"
)]
#[case::messages_without_connect(
    "connect = \"connect: {os}\"\n",
    "",
    (38, 1),
    "missing key `connect`",
    "add `connect = …` below [messages]"
)]
#[case::no_messages(
    "[messages]\nconnect = \"connect: {os}\"\nrefused = \"refused by {address}:{port}\"\n",
    "",
    (1, 1),
    "missing key `messages`",
    "add [messages] to the file"
)]
fn in_a_client_file(
    #[case] old: &str,
    #[case] new: &str,
    #[case] place: (usize, usize),
    #[case] message: &str,
    #[case] hint: &str,
) {
    let text = common::broken(common::CLIENT, old, new);
    let error = load::client("clients/t.toml", &text).unwrap_err();
    common::check(&error, "clients/t.toml", place, message, hint);
}
