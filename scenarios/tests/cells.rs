//! Cells: their names, and what a matrix expands to.

use pasvlab_scenarios::{Catalog, CellId, Clients, Matrix, Selection, expand};
use proptest::prelude::*;
use rstest::rstest;

proptest! {
    #[test]
    fn a_cell_is_read_back_as_it_was_written(
        topology in "[a-z0-9-]{1,12}",
        passive_ip in "[a-z0-9-]{1,12}",
        client in "[a-z0-9-]{1,12}",
    ) {
        let cell = CellId { topology, passive_ip, client };
        prop_assert_eq!(cell.to_string().parse::<CellId>().unwrap(), cell);
    }

    #[test]
    fn a_text_is_a_cell_only_if_it_is_written_like_one(text in ".{0,24}") {
        if let Ok(cell) = text.parse::<CellId>() {
            prop_assert_eq!(cell.to_string(), text);
        }
    }
}

#[rstest]
#[case::two_parts("privatelink/zero", "fewer than three parts")]
#[case::four_parts("privatelink/zero/lftp/1", "more than three parts")]
#[case::nothing_in_between("privatelink//lftp", "one of its parts is empty")]
#[case::capitals("PrivateLink/zero/lftp", "lower-case letters")]
fn a_text_that_is_no_cell_is_refused_with_the_reason(#[case] text: &str, #[case] reason: &str) {
    let error = text.parse::<CellId>().unwrap_err().to_string();
    assert!(error.starts_with(&format!("`{text}` is not a cell: ")), "{error}");
    assert!(error.contains(reason), "{error}");
    assert!(error.ends_with("for example privatelink/zero/lftp"), "{error}");
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn matrix() -> Matrix {
    Matrix {
        id: "m".to_owned(),
        title: "A title".to_owned(),
        topologies: strings(&["nlb", "direct"]),
        passive_ips: strings(&["zero", "auto"]),
        clients: strings(&["wget", "lftp"]),
        server: "transfer-family".to_owned(),
    }
}

fn names(cells: &[CellId]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

#[test]
fn a_matrix_expands_by_topology_then_client_then_setting_in_its_own_order() {
    let cells = names(&expand(&matrix(), &Selection::default()));
    let expected = [
        "nlb/zero/wget",
        "nlb/auto/wget",
        "nlb/zero/lftp",
        "nlb/auto/lftp",
        "direct/zero/wget",
        "direct/auto/wget",
        "direct/zero/lftp",
        "direct/auto/lftp",
    ];
    assert_eq!(cells, expected);
}

#[test]
fn a_selection_replaces_what_it_names() {
    let selection = Selection {
        topologies: strings(&["privatelink"]),
        passive_ips: Vec::new(),
        clients: Clients::Listed(strings(&["curl"])),
    };
    let cells = names(&expand(&matrix(), &selection));
    assert_eq!(cells, ["privatelink/zero/curl", "privatelink/auto/curl"]);
}

#[test]
fn the_catalogue_knows_all_clients_and_refuses_unknown_ones() {
    let catalog = Catalog::builtin().unwrap();
    let all = Selection { clients: Clients::All, ..Selection::default() };
    let cells = catalog.expand(&matrix(), &all).unwrap();
    let server = catalog.server(&matrix().server).unwrap();
    let taken = catalog.clients().filter(|client| server.takes(client)).count();
    assert!(taken < catalog.clients().len(), "some speak TLS");
    assert_eq!(cells.len(), 2 * 2 * taken);
    let bad = Selection { passive_ips: strings(&["zer0"]), ..Selection::default() };
    let error = catalog.expand(&matrix(), &bad).unwrap_err().to_string();
    let start =
        "unknown PassiveIp `zer0`; did you mean `zero`? (there is `auto`, `endpoint`, `nlb`";
    assert!(error.starts_with(start) && error.ends_with(" and `zero`)"), "{error}");
}
