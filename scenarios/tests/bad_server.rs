//! Servers that cannot be.

mod common;

use pasvlab_scenarios::load;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::a_control_port_of_zero(
    "control_port = 21",
    "control_port = 0",
    (5, 16),
    "port 0 is not a port",
    "ports begin at 1"
)]
#[case::a_control_port_beyond_the_last(
    "control_port = 21",
    "control_port = 70000",
    (5, 16),
    "out of bounds: integer `70000`, expected a whole number",
    "write a whole number from 0 to 65535"
)]
#[case::a_control_port_in_quotes(
    "control_port = 21",
    "control_port = \"21\"",
    (5, 16),
    "wrong type: string \"21\", expected a whole number",
    "write a whole number from 0 to 65535"
)]
#[case::passive_ports_backwards(
    "\"8192-8200\"",
    "\"8200-8192\"",
    (6, 17),
    "the port range `8200-8192` is backwards",
    "write \"8192-8200\""
)]
#[case::passive_ports_that_include_the_control_port(
    "control_port = 21",
    "control_port = 8200",
    (6, 17),
    "the passive ports include the control port 8200",
    "the server can listen on a port only once; move one of them"
)]
#[case::a_greeting_of_two_lines(
    "\"Hello.\"",
    "\"Hello.\\r\\n221 Bye.\"",
    (7, 12),
    "this text has a line break or another control character",
    "it must be one line"
)]
#[case::no_files(
    "\n[[file]]\npath = \"report.csv\"\nsize = 6000\n",
    "",
    (1, 6),
    "this server has no files",
    "add a [[file]] with `path` and `size`; clients download the first"
)]
#[case::two_files_with_one_path(
    "[[file]]",
    "[[file]]\npath = \"report.csv\"\nsize = 1\n\n[[file]]",
    (17, 8),
    "there are two files `report.csv`",
    "keep one of them"
)]
#[case::a_path_that_leads_out(
    "\"report.csv\"",
    "\"../report.csv\"",
    (13, 8),
    "`../report.csv` is not a path below the home",
    "write for example \"report.csv\" or \"reports/june.csv\""
)]
#[case::a_path_from_the_root(
    "\"report.csv\"",
    "\"/report.csv\"",
    (13, 8),
    "`/report.csv` is not a path below the home",
    "write for example \"report.csv\" or \"reports/june.csv\""
)]
#[case::a_file_that_is_too_large(
    "size = 6000",
    "size = 1073741825",
    (14, 8),
    "1073741825 is out of bounds",
    "write a number from 0 to 1073741824"
)]
#[case::an_idle_time_out_that_is_too_long(
    "idle_timeout_s = 1800",
    "idle_timeout_s = 604801",
    (10, 18),
    "604801 is out of bounds",
    "write a number from 1 to 604800"
)]
#[case::an_unknown_peer_of_data_connections(
    "idle_timeout_s = 1800",
    "data_peer = \"nobody\"",
    (10, 13),
    "`nobody` is not a value that this key can have",
    "allowed: `session` and `any`"
)]
#[case::an_unknown_place_of_a_proxy_header(
    "idle_timeout_s = 1800",
    "accepts_proxy_protocol = \"data\"",
    (10, 26),
    "`data` is not a value that this key can have",
    "allowed: `nowhere`, `control` and `everywhere`"
)]
#[case::active_mode_in_words(
    "idle_timeout_s = 1800",
    "active_mode = \"yes\"",
    (10, 15),
    "wrong type: string \"yes\", expected a boolean",
    "write true or false"
)]
#[case::an_id_that_is_not_the_file_name(
    "id = \"t\"",
    "id = \"u\"",
    (1, 6),
    "the id `u` differs from the file's name",
    "write `id = \"t\"`, or call the file `u.toml`"
)]
fn in_a_server_file(
    #[case] old: &str,
    #[case] new: &str,
    #[case] place: (usize, usize),
    #[case] message: &str,
    #[case] hint: &str,
) {
    let text = common::broken(common::SERVER, old, new);
    let error = load::server("servers/t.toml", &text).unwrap_err();
    common::check(&error, "servers/t.toml", place, message, hint);
}
