//! How fast cells run, and how fast the same session is over real loopback sockets.
//!
//! `cargo bench` prints all figures; see `benches/README.md` for what they mean and how to count
//! instructions.

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pasvlab_harness::ftp::files;
use pasvlab_harness::ftp::server::{self, Settings, Store};
use pasvlab_harness::{Dialler, Jobs, Scenario};
use pasvlab_scenarios::{Catalog, PassiveIp, Selection, Server};
use suppaftp::tokio::AsyncFtpStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// As in the command itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SEED: u64 = 1;

fn selected(topologies: &[&str]) -> Selection {
    let topologies = topologies.iter().map(|id| (*id).to_owned()).collect();
    Selection { topologies, ..Selection::default() }
}

/// Cells of the headline matrix, on one thread and on all.
fn cells(criterion: &mut Criterion) {
    let catalog = Catalog::builtin().expect("the built-in catalogue");
    let matrix = catalog.matrix("headline").expect("the headline matrix");
    let mut group = criterion.benchmark_group("matrix");
    group.sample_size(20);

    let privatelink =
        Jobs::new(&catalog, matrix, &selected(&["privatelink"]), SEED).expect("known ids");
    group.throughput(Throughput::Elements(privatelink.len() as u64));
    group.bench_function("privatelink, one thread", |bencher| {
        bencher.iter(|| black_box(privatelink.run(1, || {})));
    });

    let all = Jobs::new(&catalog, matrix, &Selection::default(), SEED).expect("known ids");
    group.throughput(Throughput::Elements(all.len() as u64));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    group.bench_function(format!("headline, {threads} threads"), |bencher| {
        bencher.iter(|| black_box(all.run(threads, || {})));
    });
    group.finish();
}

/// One whole session: log-in, listing, download, upload.
fn session(criterion: &mut Criterion) {
    let catalog = Catalog::builtin().expect("the built-in catalogue");
    let topology = catalog.topology("privatelink").expect("a topology");
    let client = Dialler::Simulated(catalog.client("suppaftp").expect("a client"));
    let server = catalog.server("transfer-family").expect("a server");
    let scenario = Scenario::of(topology, "endpoint", client, server, SEED).expect("a setting");
    let mut group = criterion.benchmark_group("session");
    group.throughput(Throughput::Elements(1));
    group.bench_function("simulated, privatelink/endpoint/suppaftp, record kept", |bencher| {
        bencher.iter(|| black_box(pasvlab_harness::run(&scenario)));
    });

    let mut idle = scenario.clone();
    let patient =
        Server { idle_timeout: std::time::Duration::from_secs(3_600), ..idle.server.clone() };
    idle.server = &patient;
    idle.passive_ip = "auto".to_owned();
    idle.announced = PassiveIp::Auto;
    group.bench_function("simulated, privatelink/auto/suppaftp, 127 idle seconds", |bencher| {
        bencher.iter(|| black_box(pasvlab_harness::run(&idle)));
    });

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime with sockets");
    let address = runtime.block_on(real_server(scenario.server.clone()));
    group.sample_size(20);
    group.bench_function("real loopback sockets, the same transfers", |bencher| {
        bencher.iter(|| runtime.block_on(real_session(address, scenario.server)));
    });
    group.finish();
}

/// The lab's server on a loopback address of this machine.
async fn real_server(mut server: Server) -> SocketAddr {
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port");
    let address = free.local_addr().expect("its address");
    drop(free);
    server.control_port = address.port();
    server.passive_ports = 49_152..=65_535;
    let settings = Settings {
        server,
        passive_ip: PassiveIp::Auto,
        passive_port: None,
        addresses: vec![Ipv4Addr::LOCALHOST],
        identity: None,
        seed: SEED,
    };
    server::run(settings, Store::new()).await;
    address
}

async fn real_session(address: SocketAddr, server: &Server) {
    let mut ftp = AsyncFtpStream::connect(address).await.expect("the server answers");
    ftp.login(&server.user, &server.password).await.expect("logged in");
    let listed = ftp.list(None).await.expect("a listing");
    assert!(!listed.is_empty());
    let spec = &server.files[0];
    let mut stream = ftp.retr_as_stream(&spec.path).await.expect("a download");
    let mut content = Vec::new();
    stream.read_to_end(&mut content).await.expect("data");
    stream.finish().await.expect("complete");
    assert_eq!(files::sha256(&content), files::file(spec).digest);
    let mut stream = ftp.put_with_stream("uploaded").await.expect("an upload");
    stream.write_all(&content).await.expect("data");
    stream.finish().await.expect("complete");
    ftp.quit().await.expect("closed");
}

criterion_group!(benches, cells, session);
criterion_main!(benches);
