//! Runs cells of the headline matrix over and over, on one thread, for profilers that want a plain
//! program: `cells TOPOLOGY COUNT [PASSIVE-IP CLIENT]`. Each cell's record is kept until the next.

use pasvlab_harness::Scenario;
use pasvlab_scenarios::{Catalog, Selection};

/// As in the command itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [topology, count, rest @ ..] = arguments.as_slice() else {
        return Err("usage: cells TOPOLOGY COUNT [PASSIVE-IP CLIENT]".into());
    };
    let count: usize = count.parse()?;
    let catalog = Catalog::builtin()?;
    let mut selection = Selection { topologies: vec![topology.clone()], ..Selection::default() };
    if let [passive_ip, client] = rest {
        selection.passive_ips = vec![passive_ip.clone()];
        selection.clients = pasvlab_scenarios::Clients::Listed(vec![client.clone()]);
    }
    let matrix = catalog.matrix("headline")?;
    let mut scenarios = Vec::new();
    for cell in catalog.expand(matrix, &selection)? {
        scenarios.extend(Scenario::of_cell(&catalog, &cell, &matrix.server, 1)?);
    }
    let mut packets = 0;
    let mut kept = None;
    for scenario in scenarios.iter().cycle().take(count) {
        let record = pasvlab_harness::run(scenario);
        packets += record.packets.len();
        kept = Some(record);
    }
    drop(kept);
    #[expect(clippy::print_stdout, reason = "its only output")]
    {
        println!("{count} cells, {packets} packets");
    }
    Ok(())
}
