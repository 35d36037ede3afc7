//! Files that are not TOML, or have other keys or types than they should.

mod common;

use pasvlab_scenarios::load;
use rstest::rstest;

/// `old` in the sound file becomes `new`; the first complaint must be at `place` (line and column), say
/// `message` and advise `hint`.
#[rstest]
#[case::a_list_that_is_not_closed(
    "sources = []",
    "sources = [",
    (5, 9),
    "not TOML: unexpected `=` in array, expected value, `]`",
    "what is before this place is well-formed, so look here or just before"
)]
#[case::a_text_that_is_not_closed(
    "title = \"A title\"",
    "title = \"A title",
    (2, 17),
    "not TOML: invalid basic string, expected `\"`",
    "what is before this place is well-formed, so look here or just before"
)]
#[case::a_key_that_is_there_twice(
    "sources = []",
    "sources = []\nsources = []",
    (5, 1),
    "duplicate key `sources`",
    "keep one of them"
)]
#[case::an_unknown_key_that_is_a_slip(
    "sources = []",
    "source = []",
    (4, 1),
    "unknown key `source`",
    "did you mean `sources`?"
)]
#[case::an_unknown_key_like_no_other(
    "link = { latency_ms = 2 }",
    "colour = \"blue\"",
    (6, 1),
    "unknown key `colour`",
    "known here: `id`, `title`, `summary`, `sources`, `connect`, "
)]
#[case::an_unknown_key_in_a_table(
    "zone = \"a\"\ncidr = \"172",
    "zome = \"a\"\ncidr = \"172",
    (28, 1),
    "unknown key `zome`",
    "did you mean `zone`? known here: `id`, `network`, `zone`, `cidr`, `routes` and `acl`"
)]
#[case::an_unknown_key_in_braces(
    "to = \"10.0.1.0/24\"",
    "dest = \"10.0.1.0/24\"",
    (30, 13),
    "unknown key `dest`",
    "known here: `to` and `via`"
)]
#[case::an_unknown_table(
    "[[peering]]",
    "[[peerings]]",
    (21, 3),
    "unknown key `peerings`",
    "did you mean `peering`?"
)]
#[case::a_number_for_a_text(
    "connect = \"ftp.example\"",
    "connect = 21",
    (5, 11),
    "wrong type: integer `21`, expected a string",
    "write a text in quotes: \"…\""
)]
#[case::a_text_for_a_number(
    "latency_ms = 2",
    "latency_ms = \"2 ms\"",
    (6, 23),
    "wrong type: string \"2 ms\", expected a whole number",
    "write a whole number, without sign, quotes, fraction or unit"
)]
#[case::a_negative_number(
    "latency_ms = 2",
    "latency_ms = -2",
    (6, 23),
    "out of bounds: integer `-2`, expected a whole number",
    "write a whole number, without sign, quotes, fraction or unit"
)]
#[case::a_number_out_of_bounds(
    "latency_ms = 2",
    "latency_ms = 60001",
    (6, 23),
    "60001 is out of bounds",
    "write a number from 0 to 60000"
)]
#[case::a_table_for_a_list_of_tables(
    "[[peering]]",
    "[peering]",
    (21, 1),
    "wrong type: table, expected a list",
    "write a list, […], or for tables two pairs of brackets, [[…]]"
)]
#[case::a_number_for_an_enumeration(
    "kind = \"vpc\"\ncidrs = [\"172",
    "kind = 1\ncidrs = [\"172",
    (13, 8),
    "wrong type: expected a string",
    "write a text in quotes: \"…\""
)]
#[case::a_text_for_a_truth(
    "id = \"nlb\"\n",
    "id = \"nlb\"\ncross_zone = \"no\"\n",
    (60, 14),
    "wrong type: string \"no\", expected a boolean",
    "write true or false"
)]
#[case::an_unknown_kind_of_network(
    "kind = \"vpc\"\ncidrs = [\"172",
    "kind = \"vpcs\"\ncidrs = [\"172",
    (13, 8),
    "`vpcs` is not a value that this key can have",
    "did you mean `vpc`? allowed: `vpc`, `on-premises` and `internet`"
)]
#[case::an_unknown_role(
    "role = \"server\"",
    "role = \"router\"",
    (51, 8),
    "`router` is not a value that this key can have",
    "allowed: `client`, `server`, `bystander` and `proxy`"
)]
#[case::a_key_that_is_missing_at_the_top(
    "connect = \"ftp.example\"\n",
    "",
    (1, 1),
    "missing key `connect`",
    "add `connect = …` at the top of the file, before the first [table]"
)]
#[case::a_key_that_is_missing_in_a_table(
    "service = \"svc\"\n",
    "",
    (70, 1),
    "missing key `service`",
    "add `service = …` below [[endpoint]]"
)]
#[case::a_missing_network(
    "[[network]]\nid = \"corp\"\nkind = \"vpc\"\ncidrs = [\"172.20.0.0/16\"]\n\n[[network]]\nid = \"provider\"\nkind = \"vpc\"\ncidrs = [\"10.0.0.0/16\"]\n",
    "",
    (1, 1),
    "missing key `network`",
    "add [[network]] to the file"
)]
#[case::a_listener_without_a_target_group(
    "{ ports = \"21\", target_group = \"ftp\" }",
    "{ ports = \"21\" }",
    (62, 5),
    "missing key `target_group`",
    "add `target_group = …` inside these braces"
)]
#[case::an_id_with_capitals(
    "id = \"corp-a\"",
    "id = \"Corp_A\"",
    (26, 6),
    "bad id `Corp_A`",
    "an id consists of lower-case letters, digits and `-`, for example `corp-a`"
)]
#[case::an_empty_id(
    "id = \"corp-a\"",
    "id = \"\"",
    (26, 6),
    "bad id ``",
    "an id consists of lower-case letters, digits and `-`"
)]
#[case::an_id_that_is_not_the_file_name(
    "id = \"t\"",
    "id = \"u\"",
    (1, 6),
    "the id `u` differs from the file's name",
    "write `id = \"t\"`, or call the file `u.toml`"
)]
#[case::an_empty_title(
    "title = \"A title\"",
    "title = \" \"",
    (2, 9),
    "this text is empty",
    "remove it or write something"
)]
#[case::a_title_of_two_lines(
    "title = \"A title\"",
    "title = \"A\\ntitle\"",
    (2, 9),
    "this text has a line break or another control character",
    "it must be one line"
)]
#[case::an_empty_summary(
    "summary = \"A summary.\"",
    "summary = \"\"\"\n\"\"\"",
    (3, 11),
    "this text is empty",
    "write at least a few words"
)]
fn in_a_topology_file(
    #[case] old: &str,
    #[case] new: &str,
    #[case] place: (usize, usize),
    #[case] message: &str,
    #[case] hint: &str,
) {
    let text = common::broken(common::TOPOLOGY, old, new);
    let error = load::topology("topologies/t.toml", &text).unwrap_err();
    common::check(&error, "topologies/t.toml", place, message, hint);
}
