//! The same inputs leave the same bytes: run after run and on any number of threads. That debug and
//! release agree, and all of that for every topology, is checked by `.ci/run`, which has both.

mod common;

use common::{catalog, run};
use pasvlab_harness::Jobs;
use pasvlab_report::json::Json;
use pasvlab_report::{MatrixResult, Renderer};
use pasvlab_scenarios::Selection;

fn whole_matrix(seed: u64, threads: usize) -> Vec<u8> {
    let matrix = catalog().matrix("headline").expect("the headline matrix");
    let jobs = Jobs::new(catalog(), matrix, &Selection::default(), seed).expect("known ids");
    let cells = jobs.run(threads, || {});
    let (title, topologies, verified) = (String::new(), Vec::new(), Vec::new());
    let result = MatrixResult { title, seed, topologies, verified, cells, stories: Vec::new() };
    let mut bytes = Vec::new();
    Json.write(&result, &mut bytes).expect("writing to memory");
    bytes
}

#[test]
fn the_whole_matrix_is_the_same_bytes_on_one_thread_and_on_several() {
    let one = whole_matrix(7, 1);
    assert_eq!(one, whole_matrix(7, 4));
    assert_eq!(one, whole_matrix(7, 1));
}

#[test]
fn a_record_is_the_same_down_to_every_packet_and_event() {
    for (topology, passive_ip, client) in [
        ("privatelink", "zero", "lftp"),
        ("nlb-multi-az", "nlb", "wget"),
        ("privatelink-overlap", "auto", "winscp-force-auto"),
    ] {
        let first = format!("{:?}", run(topology, passive_ip, client, 3).1);
        let second = format!("{:?}", run(topology, passive_ip, client, 3).1);
        assert_eq!(first, second);
    }
}

/// At one moment the server has a command to read and an answer of its own to write, again and again.
#[test]
fn what_is_ready_at_one_moment_is_always_taken_in_the_same_order() {
    let session = || format!("{:?}", run("nlb-proxy-protocol", "auto", "lftp", 1).1);
    let first = session();
    assert!((0..24).all(|_| session() == first));
}

#[test]
fn the_seed_chooses_the_passive_port() {
    let ports: std::collections::BTreeSet<u16> = (0..40)
        .flat_map(|seed| run("direct", "auto", "suppaftp", seed).0.dialled)
        .map(|dialled| dialled.port())
        .collect();
    assert!(ports.iter().all(|port| (8192..=8200).contains(port)), "{ports:?}");
    assert_eq!(ports.len(), 9, "40 seeds should name each of the 9 ports: {ports:?}");
}
