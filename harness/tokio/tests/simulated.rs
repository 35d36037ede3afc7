//! What the seam does while a simulated network is in force, and that it does
//! nothing otherwise.

mod fake;

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::time::Duration;

use fake::{Fake, HOST};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest, Ready};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket, lookup_host};
use tokio::runtime::Runtime;
use tokio::sim::SocketOptions;
use tokio::task::LocalSet;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

/// Runs `future` as the driver of a simulation would. A future which waits for
/// what never comes fails at once: there is nothing else to move the clock for.
fn run<T>(future: impl Future<Output = T>) -> T {
    let done = LocalSet::new().block_on(&runtime(), async {
        tokio::time::timeout(Duration::from_secs(60), future).await
    });
    done.expect("does not wait for ever")
}

const ADDRESS: &str = "server.test:21";

fn address(port: u16) -> SocketAddr {
    (HOST, port).into()
}

/// Both ends of a connection.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(ADDRESS).await.expect("free");
    let client = TcpStream::connect(ADDRESS).await.expect("somebody listens");
    let (server, peer) = listener.accept().await.expect("somebody connects");
    assert_eq!(peer, client.local_addr().expect("open"));
    (client, server)
}

#[test]
fn spawned_tasks_belong_to_the_local_set() {
    let (_, _guard) = Fake::install();
    let runtime = runtime();
    let local = LocalSet::new();
    let task = {
        let _runtime = runtime.enter();
        let _local = local.enter();
        tokio::spawn(std::future::pending::<()>())
    };
    assert!(!task.is_finished());
    drop(local);
    let end = runtime.block_on(async { tokio::time::timeout(Duration::ZERO, task).await });
    let error = end.expect("ended").expect_err("its local set is gone");
    assert!(error.is_cancelled());
}

#[test]
fn a_connection_carries_data_both_ways_and_ends() {
    let (_, _guard) = Fake::install();
    run(async {
        let (mut client, mut server) = pair().await;
        assert_eq!(client.peer_addr().expect("open"), address(21));
        client.write_all(b"USER x\r\n").await.expect("open");
        let mut line = [0; 8];
        assert_eq!(server.peek(&mut line).await.expect("open"), 8);
        server.read_exact(&mut line).await.expect("open");
        assert_eq!(&line, b"USER x\r\n");
        server.set_ttl(3).expect("open");
        assert_eq!(server.ttl().expect("open"), 3);
        let parts = [IoSlice::new(b""), IoSlice::new(b"230")];
        assert_eq!(server.write_vectored(&parts).await.expect("open"), 3);
        server.shutdown().await.expect("open");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("open");
        assert_eq!(answer, "230");
        let error = client.into_std().expect_err("there is none");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    });
}

#[test]
fn attempts_and_readiness_agree() {
    let (_, _guard) = Fake::install();
    run(async {
        let (client, server) = pair().await;
        let error = server.try_read(&mut [0; 8]).expect_err("nothing there");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        let both = Interest::READABLE | Interest::WRITABLE;
        assert_eq!(server.ready(both).await.expect("open"), Ready::WRITABLE);

        let reader = tokio::spawn(async move {
            server.readable().await?;
            let mut buf = Vec::new();
            server.try_read_buf(&mut buf)?;
            io::Result::Ok((server, buf))
        });
        tokio::task::yield_now().await;
        client.writable().await.expect("open");
        assert_eq!(client.try_write(b"NOOP").expect("open"), 4);
        let (server, read) = reader.await.expect("no panic").expect("open");
        assert_eq!(read, b"NOOP");

        drop(client);
        let ready = server.ready(both).await.expect("open");
        assert!(ready.is_read_closed() && ready.is_writable());
        assert_eq!(server.try_read(&mut [0; 8]).expect("the end"), 0);
        let error = server.try_io(Interest::READABLE, || Ok(()));
        assert_eq!(error.expect_err("no socket").kind(), ErrorKind::Unsupported);
    });
}

#[test]
fn halves_work_apart_and_reunite_only_with_their_own() {
    let (_, _guard) = Fake::install();
    run(async {
        let (mut client, server) = pair().await;
        let (read, mut write) = server.into_split();
        {
            let (read, mut write) = client.split();
            write.write_all(b"x").await.expect("open");
            assert!(read.try_read(&mut [0; 8]).is_err(), "nothing there");
        }
        write.write_all(b"y").await.expect("open");
        let (other_read, other_write) = client.into_split();
        let error = read.reunite(other_write).expect_err("of two streams");
        let (read, other_write) = (error.0, error.1);
        let mut server = write.reunite(read).expect("of one stream");
        assert_eq!(server.read_u8().await.expect("open"), b'x');
        let mut client = other_read.reunite(other_write).expect("of one stream");
        assert_eq!(client.read_u8().await.expect("open"), b'y');
        // Neither borrowed halves nor a reunion shut anything down.
        client.write_all(b"z").await.expect("open");
        assert_eq!(server.read_u8().await.expect("open"), b'z');
    });
}

#[test]
fn dropping_the_owned_write_half_shuts_down_and_forgetting_it_does_not() {
    let (_, _guard) = Fake::install();
    run(async {
        let (client, mut server) = pair().await;
        let (read, write) = client.into_split();
        write.forget();
        let error = server.try_read(&mut [0; 8]).expect_err("still open");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        drop(read);

        let (client, mut other) = pair().await;
        let (mut read, write) = client.into_split();
        drop(write);
        assert_eq!(other.read(&mut [0; 8]).await.expect("the end"), 0);
        other.write_all(b"late").await.expect("the other direction");
        drop(other);
        let mut late = Vec::new();
        read.read_to_end(&mut late).await.expect("open");
        assert_eq!(late, b"late");
        assert_eq!(server.read(&mut [0; 8]).await.expect("the end"), 0);
    });
}

#[test]
fn an_address_in_use_shows_at_the_bind_of_a_socket() {
    let (_, _guard) = Fake::install();
    run(async {
        let first = TcpSocket::new_v4().expect("always");
        first.bind(address(50_000)).expect("free");
        let second = TcpSocket::new_v4().expect("always");
        let error = second.bind(address(50_000)).expect_err("in use");
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        let error = second.bind("[::1]:1".parse().expect("an address"));
        assert_eq!(error.expect_err("IPv6").kind(), ErrorKind::InvalidInput);

        let listener = first.listen(16).expect("bound");
        assert_eq!(listener.local_addr().expect("bound"), address(50_000));
        TcpStream::connect(address(50_000)).await.expect("listens");
        drop(listener);
        second.bind(address(50_000)).expect("free again");
    });
}

#[test]
fn a_socket_hands_its_options_and_its_address_to_the_connection() {
    let (fake, _guard) = Fake::install();
    run(async {
        let listener = TcpListener::bind(ADDRESS).await.expect("free");
        assert!(fake.options.lock().unwrap().reuse_address);
        let socket = TcpSocket::new_v4().expect("always");
        socket.set_nodelay(true).expect("always");
        socket.set_recv_buffer_size(4096).expect("always");
        socket.set_zero_linger().expect("always");
        socket.bind(address(0)).expect("free");
        let local = socket.local_addr().expect("bound");
        let client = socket.connect(address(21)).await.expect("listens");
        assert_eq!(client.local_addr().expect("open"), local);
        assert_eq!(
            *fake.options.lock().unwrap(),
            SocketOptions {
                local: Some(local),
                nodelay: true,
                receive_buffer: Some(4096),
                linger: Some(Duration::ZERO),
                ..SocketOptions::default()
            }
        );
        drop(listener);
        let backlog = TcpSocket::new_v4().expect("always").listen(7);
        backlog.expect("any port");
        assert_eq!(fake.options.lock().unwrap().backlog, Some(7));
    });
}

#[test]
fn names_go_to_the_network_and_literals_to_nobody() {
    let (fake, _guard) = Fake::install();
    run(async {
        let refused = TcpStream::connect("server.test:21").await;
        assert_eq!(refused.expect_err("nobody listens").kind(), ErrorKind::ConnectionRefused);
        let nowhere = TcpStream::connect(("nowhere", 21)).await;
        let nowhere = nowhere.expect_err("no address");
        assert_eq!(nowhere.kind(), ErrorKind::InvalidInput);
        assert_eq!(nowhere.to_string(), "could not resolve to any address");
        for literal in ["127.0.0.1", "::1"] {
            let found = lookup_host((literal, 1)).await.expect("a literal");
            assert_eq!(found.count(), 1);
        }
        let found: Vec<_> =
            lookup_host(String::from("[::1]:1")).await.expect("a literal").collect();
        assert_eq!(found, ["[::1]:1".parse().expect("an address")]);
        assert_eq!(*fake.resolved.lock().unwrap(), ["server.test", "nowhere"]);
    });
}

#[test]
fn datagrams_go_through_the_network() {
    let (_, _guard) = Fake::install();
    run(async {
        let one = UdpSocket::bind(address(53)).await.expect("free");
        let in_use = UdpSocket::bind(address(53)).await.expect_err("in use");
        assert_eq!(in_use.kind(), ErrorKind::AddrInUse);
        let two = UdpSocket::bind((HOST, 0)).await.expect("free");
        let unconnected = two.send(b"x").await.expect_err("no peer");
        assert_eq!(unconnected.kind(), ErrorKind::NotConnected);
        two.connect("server.test:53").await.expect("an address");
        assert_eq!(two.send(b"question").await.expect("open"), 8);
        let sender = two.local_addr().expect("bound");
        assert_eq!(one.peek_sender().await.expect("open"), sender);
        let mut buf = Vec::new();
        let received = one.recv_buf_from(&mut buf).await.expect("open");
        assert_eq!((received, &buf[..]), ((8, sender), &b"question"[..]));
        let nothing = one.try_recv(&mut buf).expect_err("nothing there");
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        let refused = one.multicast_loop_v4().expect_err("not simulated");
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
    });
}

#[test]
fn blocking_is_refused_with_a_reason() {
    let (_, _guard) = Fake::install();
    let refused = |f: fn()| {
        let panic = std::panic::catch_unwind(f).expect_err("refused");
        let message = panic.downcast::<String>().expect("a message");
        assert!(message.contains("would freeze virtual time"), "{message}");
        assert!(message.contains("Do the work inside the task"), "{message}");
    };
    run(async {
        refused(|| drop(tokio::task::spawn_blocking(|| ())));
        refused(|| tokio::task::block_in_place(|| ()));
    });
}

#[test]
fn only_one_network_is_in_force_and_only_for_as_long_as_its_guard() {
    assert!(!tokio::sim::in_force());
    let (fake, guard) = Fake::install();
    assert!(tokio::sim::in_force());
    let elsewhere = std::thread::spawn(tokio::sim::in_force).join();
    assert!(!elsewhere.expect("no panic"));
    let second = std::panic::catch_unwind(|| drop(Fake::install()));
    assert!(second.is_err());
    assert!(tokio::sim::in_force(), "the first one still is");
    drop(guard);
    assert!(!tokio::sim::in_force());
    assert_eq!(std::rc::Rc::strong_count(&fake), 1);
}

/// On several threads, because that is where live sockets are served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_no_network_everything_is_real() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("free");
    let listener = socket.listen(1).expect("bound");
    let address = listener.local_addr().expect("bound");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await
    });
    let mut client = TcpStream::connect(address).await.expect("listens");
    client.write_all(b"NOOP\r\n").await.expect("open");
    client.shutdown().await.expect("open");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("open");
    assert_eq!(answer, b"NOOP\r\n");
    assert_eq!(server.await.expect("no panic").expect("open"), 6);
    assert!(client.into_std().is_ok(), "a real one");
    let blocking = tokio::task::spawn_blocking(|| 7).await;
    assert_eq!(blocking.expect("no panic"), 7);
    assert_eq!(tokio::task::block_in_place(|| 8), 8);
}

#[test]
fn select_takes_the_first_branch_that_is_ready() {
    run(async {
        for _ in 0..64 {
            let taken = tokio::select! {
                () = std::future::pending() => 0,
                one = async { 1 } => one,
                two = async { 2 } => two,
            };
            assert_eq!(taken, 1);
            let taken = tokio::select! {
                biased;
                two = async { 2 } => two,
                one = async { 1 } => one,
            };
            assert_eq!(taken, 2);
        }
    });
}
