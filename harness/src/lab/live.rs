//! A cell with real programs in it.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use pasvlab_scenarios::{Host, Role};

use super::{Scenario, plan};
use crate::ftp::files::Sha256Digest;
use crate::ftp::server::Store;
use crate::live::Attached;
use crate::live::observe::{self, Known};
use crate::record::{PlaceKind, Record};
use crate::sim::Runs;
use crate::sim::driver;

/// Where a real program is to be: what its surroundings have to offer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Real {
    /// The host's addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// Every name that holds there, with its addresses.
    pub names: Vec<(Ipv4Addr, String)>,
}

impl Real {
    /// The place of the client in a scenario.
    ///
    /// # Panics
    /// If the topology has no client, which no topology that was loaded lacks.
    #[must_use]
    pub fn client_of(scenario: &Scenario<'_>) -> Self {
        Self::of(scenario, Role::Client).expect("every topology has a client")
    }

    /// The place of the server in a scenario; none if it has several servers.
    #[must_use]
    pub fn server_of(scenario: &Scenario<'_>) -> Option<Self> {
        Self::of(scenario, Role::Server)
    }

    fn of(scenario: &Scenario<'_>, role: Role) -> Option<Self> {
        let topology = scenario.topology;
        let mut hosts = topology.hosts.iter().filter(|host| host.role == role);
        let (host, None) = (hosts.next()?, hosts.next()) else { return None };
        let network = topology.network_of(host.interfaces[0]);
        let names = super::health::names(topology, scenario.server);
        let holds = names.iter().filter(|name| name.network.is_none_or(|scope| scope == network));
        let names = holds
            .flat_map(|name| name.addresses.iter().map(|address| (*address, name.name.clone())));
        Some(Self { addresses: addresses(host), names: names.collect() })
    }
}

fn addresses(host: &Host) -> Vec<Ipv4Addr> {
    host.interfaces.iter().map(|interface| interface.address).collect()
}

/// The real programs of a session.
#[derive(Debug, Default)]
pub struct Live {
    /// In the client's place.
    pub client: Option<Attached>,
    /// In the server's place.
    pub server: Option<Attached>,
    /// After how long the session is stopped; none: not before a day has gone.
    pub limit: Option<Duration>,
    /// How long the client's operating system tries to connect if nobody answers.
    pub patience: Duration,
}

/// Runs a cell with real programs, in real time, until the client's has ended, and returns what
/// happened.
///
/// # Errors
/// If the programs' devices are unusable.
pub fn run_live(scenario: &Scenario<'_>, live: Live) -> io::Result<Record> {
    let store = Store::new();
    let mut plan = plan(scenario, &store);
    plan.limit = live.limit.unwrap_or(plan.limit);
    let lab_serves = live.server.is_none();
    let mut attach = |kind: PlaceKind, attached: Option<Attached>| {
        let host = plan
            .hosts
            .iter_mut()
            .find(|host| plan.places[usize::from(host.places[0].0)].kind == kind);
        if let (Some(host), Some(attached)) = (host, attached) {
            host.runs = Runs::Real(attached);
        }
    };
    attach(PlaceKind::Client, live.client);
    attach(PlaceKind::Server, live.server);
    let driver::Outcome { mut record, loopback } = driver::run(plan)?;
    let known = Known {
        loopback,
        files: scenario.server.files.clone(),
        stored: if lab_serves { Some(stored(&store)?) } else { None },
        real_server: !lab_serves,
        patience: live.patience,
    };
    if !lab_serves {
        "a real server".clone_into(&mut record.cell.server);
    }
    observe::observe(&mut record, &known);
    Ok(record)
}

/// What the server has in the end.
fn stored(store: &Store) -> io::Result<BTreeMap<String, Sha256Digest>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(store.digests()))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV4;
    use std::os::unix::net::UnixDatagram;
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use etherparse::{SlicedPacket, TransportSlice};
    use pasvlab_scenarios::Catalog;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::net::wire::{self, Ip};
    use crate::net::{Flags, Packet};

    /// The kernel of a host whose program sends everything and closes with something unread.
    fn impatient(device: &UnixDatagram, client: SocketAddrV4, server: SocketAddrV4) {
        let send = |flags, seq, ack, payload: &'static [u8]| {
            let (payload, window) = (Bytes::from_static(payload), 65535);
            let (src, dst, consumer) = (client, server, None);
            let packet = Packet { src, dst, seq, ack, flags, window, payload, consumer };
            device.send(&wire::segment(&packet, Ip { ttl: 64, identification: 0 })).expect("sent");
        };
        send(Flags::SYN, 1000, 0, b"");
        let mut buffer = [0; 1500];
        let length = device.recv(&mut buffer).expect("an answer");
        let answer = SlicedPacket::from_ip(&buffer[..length]).expect("a packet").transport;
        let Some(TransportSlice::Tcp(answer)) = answer else { panic!("not TCP") };
        assert!(answer.syn() && answer.ack());
        let ack = answer.sequence_number() + 1;
        let acknowledges = Flags { ack: true, ..Flags::default() };
        send(acknowledges, 1001, ack, b"");
        send(acknowledges, 1001, ack, b"everything");
        send(Flags { rst: true, ..acknowledges }, 1011, ack, b"");
    }

    #[test]
    fn what_came_before_a_reset_can_be_read() {
        let catalog = Catalog::builtin().expect("the built-in catalogue is sound");
        let cell = "direct/auto/lftp".parse().expect("a cell");
        let scenario = Scenario::of_cell(&catalog, &cell, "transfer-family", 1);
        let scenario = scenario.expect("known ids").expect("a setting of the topology");
        let client = SocketAddrV4::new(Real::client_of(&scenario).addresses[0], 40_000);
        let server = SocketAddrV4::new(Real::server_of(&scenario).expect("one").addresses[0], 21);
        let pairs: [(UnixDatagram, UnixDatagram); 3] =
            std::array::from_fn(|_| UnixDatagram::pair().expect("a pair of sockets"));
        let [device, loopback, ending] = pairs;
        for theirs in [&device.1, &loopback.1, &ending.1] {
            theirs.set_nonblocking(true).expect("a socket");
        }
        let attached = Attached {
            device: device.1.into(),
            loopback: loopback.1.into(),
            ending: ending.1.into(),
        };
        let read = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&read);
        let program = async move {
            let listener = TcpListener::bind(server).await.expect("bound");
            let (mut stream, _) = listener.accept().await.expect("accepted");
            let mut bytes = Vec::new();
            let end = stream.read_to_end(&mut bytes).await.map_err(|error| error.kind());
            *kept.lock().expect("one thread") = Some((bytes, end));
        };
        let mut plan = plan(&scenario, &Store::new());
        let (mut client_runs, mut server_runs) =
            (Some(Runs::Real(attached)), Some(Runs::Program(Box::pin(program))));
        for host in &mut plan.hosts {
            let kind = plan.places[usize::from(host.places[0].0)].kind;
            let runs = if kind == PlaceKind::Client { &mut client_runs } else { &mut server_runs };
            host.runs = runs.take().expect("two hosts");
        }
        std::thread::scope(|scope| {
            scope.spawn(|| {
                impatient(&device.0, client, server);
                ending.0.send(b"ended").expect("told");
            });
            driver::run(plan).expect("descriptors");
        });
        let expected = (b"everything".to_vec(), Err(std::io::ErrorKind::ConnectionReset));
        assert_eq!(read.lock().expect("one thread").take(), Some(expected));
    }
}
