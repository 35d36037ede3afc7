//! Matrices and cases that refer to nothing.

mod common;

use pasvlab_scenarios::Catalog;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::an_unknown_topology(
    "\"direct\"",
    "\"dierct\"",
    (4, 15),
    "unknown topology `dierct`",
    "did you mean `direct`?"
)]
#[case::an_unknown_server(
    "\"transfer-family\"",
    "\"mainframe\"",
    (3, 10),
    "unknown server `mainframe`",
    "there is `"
)]
#[case::an_unknown_client(
    "\"wget\"",
    "\"wegt\"",
    (6, 20),
    "unknown client `wegt`",
    "did you mean `wget`?"
)]
#[case::a_passive_ip_that_no_topology_has(
    "\"auto\", \"nlb\"",
    "\"auto\", \"endpoint\"",
    (5, 24),
    "no topology of this matrix has the PassiveIp `endpoint`",
    "there is `auto`, `nlb` and `zero`"
)]
#[case::no_clients(
    "clients = [\"lftp\", \"wget\"]",
    "clients = []",
    (6, 11),
    "this list is empty",
    "name at least one"
)]
#[case::a_client_that_is_there_twice(
    "\"lftp\", \"wget\"",
    "\"lftp\", \"lftp\"",
    (6, 20),
    "`lftp` is there twice",
    "keep one of them"
)]
fn in_a_matrix_file(
    #[case] old: &str,
    #[case] new: &str,
    #[case] place: (usize, usize),
    #[case] message: &str,
    #[case] hint: &str,
) {
    let dir = tempfile::tempdir().unwrap();
    let file =
        common::write(dir.path(), "matrices/t.toml", &common::broken(common::MATRIX, old, new));
    let error = Catalog::from_dir(dir.path()).unwrap_err();
    common::check(&error, &file, place, message, hint);
}

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::an_unknown_topology(
    "topology = \"nlb\"",
    "topology = \"nlbs\"",
    (5, 12),
    "unknown topology `nlbs`",
    "did you mean `nlb`?"
)]
#[case::an_unknown_server(
    "\"transfer-family\"",
    "\"transfer-famly\"",
    (8, 10),
    "unknown server `transfer-famly`",
    "did you mean `transfer-family`?"
)]
#[case::an_unknown_client(
    "\"lftp\"",
    "\"ltfp\"",
    (7, 10),
    "unknown client `ltfp`",
    "did you mean `lftp`?"
)]
#[case::a_passive_ip_that_the_topology_lacks(
    "passive_ip = \"nlb\"",
    "passive_ip = \"endpoint\"",
    (6, 14),
    "topology `nlb` has no PassiveIp `endpoint`",
    "there is `auto`, `nlb` and `zero`"
)]
#[case::a_port_that_the_server_lacks(
    "passive_port = 8192",
    "passive_port = 8201",
    (9, 16),
    "8201 is not a passive port of server `transfer-family`",
    "it has 8192 to 8200"
)]
#[case::port_zero(
    "passive_port = 8192",
    "passive_port = 0",
    (9, 16),
    "port 0 is not a port",
    "ports begin at 1"
)]
#[case::a_slip_in_the_outcome(
    "outcome = \"transferred\"",
    "outcome = \"transfered\"",
    (10, 11),
    "unknown outcome `transfered`",
    "did you mean `transferred`?"
)]
#[case::an_outcome_that_no_case_can_have(
    "outcome = \"transferred\"",
    "outcome = \"not-applicable\"",
    (10, 11),
    "unknown outcome `not-applicable`",
    "there is `transferred`, `refused`, `timed-out`, `unreachable`, `address-not-available`, `wrong-host`, `rejected` and `protocol-error`"
)]
#[case::no_outcome(
    "outcome = \"transferred\"\n",
    "",
    (1, 1),
    "missing key `outcome`",
    "add `outcome = \"transferred\"` at the top of the file, before the first [table]"
)]
#[case::a_link_that_loses_everything(
    "passive_port = 8192",
    "link = { loss_percent = 100 }",
    (9, 25),
    "100 is out of bounds",
    "write a number from 0 to 50"
)]
#[case::an_empty_line_in_the_transcript(
    "\"227 \"",
    "\"\"",
    (11, 15),
    "this text is empty",
    "remove it or write something"
)]
fn in_a_case_file(
    #[case] old: &str,
    #[case] new: &str,
    #[case] place: (usize, usize),
    #[case] message: &str,
    #[case] hint: &str,
) {
    let dir = tempfile::tempdir().unwrap();
    let file = common::write(dir.path(), "cases/t.toml", &common::broken(common::CASE, old, new));
    let error = Catalog::from_dir(dir.path()).unwrap_err();
    common::check(&error, &file, place, message, hint);
}
