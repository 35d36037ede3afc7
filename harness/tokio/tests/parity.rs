//! The types of the seam are the types of the real tokio, as far as a program
//! can tell: one body of code is compiled against both, and run against both on
//! the loopback.

use std::fmt::Debug;
use std::io;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// What any socket type of tokio is.
fn socket<T: Debug + Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}

fn send_sync<T: Send + Sync>(_: T) {}

/// What a program can tell of a result: the kind and the text of its error.
fn seen<T>(what: &str, result: io::Result<T>) -> String {
    match result {
        Ok(_) => format!("{what}: ok"),
        Err(error) => format!("{what}: {:?}, {error}", error.kind()),
    }
}

macro_rules! parity {
    ($module:ident, $tokio:ident) => {
        mod $module {
            use super::{seen, send_sync, socket};
            use std::future::Future;
            use std::io::{self, IoSlice, IoSliceMut};
            use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
            use std::task::{Context, Poll};
            use std::time::Duration;
            use $tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
            use $tokio::net::tcp::{
                OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf,
            };
            use $tokio::net::{
                TcpListener, TcpSocket, TcpStream, ToSocketAddrs, UdpSocket, lookup_host,
            };
            use $tokio::task::JoinHandle;

            type Get<S, T> = fn(&S) -> io::Result<T>;
            type Set<S, T> = fn(&S, T) -> io::Result<()>;
            type Polled<S, T> = fn(&S, &mut Context<'_>) -> Poll<io::Result<T>>;
            type Filled<S, T> = fn(&S, &mut Context<'_>, &mut ReadBuf<'_>) -> Poll<io::Result<T>>;
            type TryRead<S> = fn(&S, &mut [u8]) -> io::Result<usize>;
            type TryWrite<S> = fn(&S, &[u8]) -> io::Result<usize>;
            type TryReadVectored<S> = fn(&S, &mut [IoSliceMut<'_>]) -> io::Result<usize>;
            type TryWriteVectored<S> = fn(&S, &[IoSlice<'_>]) -> io::Result<usize>;

            #[cfg(unix)]
            fn descriptor<T: std::os::fd::AsFd + std::os::fd::AsRawFd>() {}

            fn stream<T: AsyncRead + AsyncWrite>() {}
            fn source<T: AsyncRead>() {}
            fn sink<T: AsyncWrite>() {}
            fn addresses<T: ToSocketAddrs + ?Sized>() {}

            #[allow(dead_code)]
            pub(super) fn bounds() {
                socket::<TcpStream>();
                socket::<TcpListener>();
                socket::<TcpSocket>();
                socket::<UdpSocket>();
                socket::<OwnedReadHalf>();
                socket::<OwnedWriteHalf>();
                socket::<ReuniteError>();
                stream::<TcpStream>();
                source::<OwnedReadHalf>();
                source::<ReadHalf<'static>>();
                sink::<OwnedWriteHalf>();
                sink::<WriteHalf<'static>>();
                send_sync(None::<(ReadHalf<'static>, WriteHalf<'static>)>);
                #[cfg(unix)]
                {
                    descriptor::<TcpStream>();
                    descriptor::<TcpListener>();
                    descriptor::<TcpSocket>();
                    descriptor::<UdpSocket>();
                }
                let _: fn(_) -> io::Result<TcpStream> =
                    <TcpStream as TryFrom<std::net::TcpStream>>::try_from;
                let _: fn(_) -> io::Result<TcpListener> =
                    <TcpListener as TryFrom<std::net::TcpListener>>::try_from;
                let _: fn(_) -> io::Result<UdpSocket> =
                    <UdpSocket as TryFrom<std::net::UdpSocket>>::try_from;
                let _: fn(&TcpStream) -> &TcpStream = <TcpStream as AsRef<TcpStream>>::as_ref;
                let _: fn(&ReuniteError) -> &dyn std::error::Error = |error| error;

                addresses::<SocketAddr>();
                addresses::<std::net::SocketAddrV4>();
                addresses::<std::net::SocketAddrV6>();
                addresses::<(std::net::IpAddr, u16)>();
                addresses::<(Ipv4Addr, u16)>();
                addresses::<(Ipv6Addr, u16)>();
                addresses::<&[SocketAddr]>();
                addresses::<str>();
                addresses::<&&str>();
                addresses::<String>();
                addresses::<(&str, u16)>();
                addresses::<(String, u16)>();
            }

            #[allow(dead_code, deprecated)]
            pub(super) fn signatures_of_streams() {
                let _: fn(std::net::TcpStream) -> io::Result<TcpStream> = TcpStream::from_std;
                let _: fn(TcpStream) -> io::Result<std::net::TcpStream> = TcpStream::into_std;
                let _: Get<TcpStream, SocketAddr> = TcpStream::local_addr;
                let _: Get<TcpStream, SocketAddr> = TcpStream::peer_addr;
                let _: Get<TcpStream, Option<io::Error>> = TcpStream::take_error;
                let _: Get<TcpStream, bool> = TcpStream::nodelay;
                let _: Set<TcpStream, bool> = TcpStream::set_nodelay;
                let _: Get<TcpStream, Option<Duration>> = TcpStream::linger;
                let _: Set<TcpStream, Option<Duration>> = TcpStream::set_linger;
                let _: Get<TcpStream, ()> = TcpStream::set_zero_linger;
                let _: Get<TcpStream, u32> = TcpStream::ttl;
                let _: Set<TcpStream, u32> = TcpStream::set_ttl;
                let _: Filled<TcpStream, usize> = TcpStream::poll_peek;
                let _: Polled<TcpStream, ()> = TcpStream::poll_read_ready;
                let _: Polled<TcpStream, ()> = TcpStream::poll_write_ready;
                let _: TryRead<TcpStream> = TcpStream::try_read;
                let _: TryReadVectored<TcpStream> = TcpStream::try_read_vectored;
                let _: fn(&TcpStream, &mut Vec<u8>) -> io::Result<usize> = TcpStream::try_read_buf;
                let _: TryWrite<TcpStream> = TcpStream::try_write;
                let _: TryWriteVectored<TcpStream> = TcpStream::try_write_vectored;
                let _: for<'a> fn(&'a mut TcpStream) -> (ReadHalf<'a>, WriteHalf<'a>) =
                    TcpStream::split;
                let _: fn(TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) = TcpStream::into_split;
                let _: fn(OwnedReadHalf, OwnedWriteHalf) -> Result<TcpStream, ReuniteError> =
                    OwnedReadHalf::reunite;
                let _: fn(OwnedWriteHalf, OwnedReadHalf) -> Result<TcpStream, ReuniteError> =
                    OwnedWriteHalf::reunite;
                let _: fn(OwnedWriteHalf) = OwnedWriteHalf::forget;
                let _: fn(
                    &mut OwnedReadHalf,
                    &mut Context<'_>,
                    &mut ReadBuf<'_>,
                ) -> Poll<io::Result<usize>> = OwnedReadHalf::poll_peek;
                let _: TryRead<OwnedReadHalf> = OwnedReadHalf::try_read;
                let _: TryReadVectored<OwnedReadHalf> = OwnedReadHalf::try_read_vectored;
                let _: TryWrite<OwnedWriteHalf> = OwnedWriteHalf::try_write;
                let _: TryWriteVectored<OwnedWriteHalf> = OwnedWriteHalf::try_write_vectored;
                let _: Get<OwnedReadHalf, SocketAddr> = OwnedReadHalf::peer_addr;
                let _: Get<OwnedWriteHalf, SocketAddr> = OwnedWriteHalf::local_addr;
                #[cfg(target_os = "linux")]
                {
                    let _: Get<TcpStream, bool> = TcpStream::quickack;
                    let _: Set<TcpStream, bool> = TcpStream::set_quickack;
                }

                let _: fn(std::net::TcpListener) -> io::Result<TcpListener> = TcpListener::from_std;
                let _: fn(TcpListener) -> io::Result<std::net::TcpListener> = TcpListener::into_std;
                let _: Polled<TcpListener, (TcpStream, SocketAddr)> = TcpListener::poll_accept;
                let _: Get<TcpListener, SocketAddr> = TcpListener::local_addr;
                let _: Get<TcpListener, u32> = TcpListener::ttl;
                let _: Set<TcpListener, u32> = TcpListener::set_ttl;
            }

            #[allow(dead_code, deprecated)]
            pub(super) fn signatures_of_sockets() {
                let _: fn() -> io::Result<TcpSocket> = TcpSocket::new_v4;
                let _: fn() -> io::Result<TcpSocket> = TcpSocket::new_v6;
                let _: fn(std::net::TcpStream) -> TcpSocket = TcpSocket::from_std_stream;
                let _: Set<TcpSocket, SocketAddr> = TcpSocket::bind;
                let _: fn(TcpSocket, u32) -> io::Result<TcpListener> = TcpSocket::listen;
                let _: Get<TcpSocket, SocketAddr> = TcpSocket::local_addr;
                let _: Get<TcpSocket, Option<io::Error>> = TcpSocket::take_error;
                let _: Get<TcpSocket, bool> = TcpSocket::keepalive;
                let _: Set<TcpSocket, bool> = TcpSocket::set_keepalive;
                let _: Get<TcpSocket, bool> = TcpSocket::reuseaddr;
                let _: Set<TcpSocket, bool> = TcpSocket::set_reuseaddr;
                let _: Get<TcpSocket, u32> = TcpSocket::send_buffer_size;
                let _: Set<TcpSocket, u32> = TcpSocket::set_send_buffer_size;
                let _: Get<TcpSocket, u32> = TcpSocket::recv_buffer_size;
                let _: Set<TcpSocket, u32> = TcpSocket::set_recv_buffer_size;
                let _: Get<TcpSocket, bool> = TcpSocket::nodelay;
                let _: Set<TcpSocket, bool> = TcpSocket::set_nodelay;
                let _: Get<TcpSocket, Option<Duration>> = TcpSocket::linger;
                let _: Set<TcpSocket, Option<Duration>> = TcpSocket::set_linger;
                let _: Get<TcpSocket, ()> = TcpSocket::set_zero_linger;
                #[cfg(target_os = "linux")]
                {
                    let _: Get<TcpSocket, bool> = TcpSocket::reuseport;
                    let _: Set<TcpSocket, bool> = TcpSocket::set_reuseport;
                    let _: Get<TcpSocket, u32> = TcpSocket::tos_v4;
                    let _: Set<TcpSocket, u32> = TcpSocket::set_tos_v4;
                    let _: Get<TcpSocket, u32> = TcpSocket::tclass_v6;
                    let _: Set<TcpSocket, u32> = TcpSocket::set_tclass_v6;
                    let _: Get<TcpSocket, Option<Vec<u8>>> = TcpSocket::device;
                    let _: fn(&TcpSocket, Option<&[u8]>) -> io::Result<()> = TcpSocket::bind_device;
                    let _: Get<UdpSocket, u32> = UdpSocket::tos_v4;
                    let _: Get<UdpSocket, u32> = UdpSocket::tclass_v6;
                    let _: fn(&UdpSocket, Option<&[u8]>) -> io::Result<()> = UdpSocket::bind_device;
                }

                let _: fn(std::net::UdpSocket) -> io::Result<UdpSocket> = UdpSocket::from_std;
                let _: fn(UdpSocket) -> io::Result<std::net::UdpSocket> = UdpSocket::into_std;
                let _: Get<UdpSocket, SocketAddr> = UdpSocket::local_addr;
                let _: Get<UdpSocket, SocketAddr> = UdpSocket::peer_addr;
                let _: Polled<UdpSocket, ()> = UdpSocket::poll_send_ready;
                let _: Polled<UdpSocket, ()> = UdpSocket::poll_recv_ready;
                let _: Filled<UdpSocket, ()> = UdpSocket::poll_recv;
                let _: Filled<UdpSocket, ()> = UdpSocket::poll_peek;
                let _: Filled<UdpSocket, SocketAddr> = UdpSocket::poll_recv_from;
                let _: Filled<UdpSocket, SocketAddr> = UdpSocket::poll_peek_from;
                let _: Polled<UdpSocket, SocketAddr> = UdpSocket::poll_peek_sender;
                let _: TryRead<UdpSocket> = UdpSocket::try_recv;
                let _: TryRead<UdpSocket> = UdpSocket::try_peek;
                let _: TryWrite<UdpSocket> = UdpSocket::try_send;
                let _: fn(&UdpSocket, &[u8], SocketAddr) -> io::Result<usize> =
                    UdpSocket::try_send_to;
                let _: fn(&UdpSocket, &mut [u8]) -> io::Result<(usize, SocketAddr)> =
                    UdpSocket::try_recv_from;
                let _: fn(&UdpSocket, &mut Vec<u8>) -> io::Result<(usize, SocketAddr)> =
                    UdpSocket::try_recv_buf_from;
                let _: Get<UdpSocket, SocketAddr> = UdpSocket::try_peek_sender;
                let _: Get<UdpSocket, bool> = UdpSocket::broadcast;
                let _: Set<UdpSocket, bool> = UdpSocket::set_broadcast;
                let _: Get<UdpSocket, u32> = UdpSocket::ttl;
                let _: Set<UdpSocket, u32> = UdpSocket::set_ttl;
                let _: fn(&UdpSocket, Ipv4Addr, Ipv4Addr) -> io::Result<()> =
                    UdpSocket::join_multicast_v4;
                let _: fn(&UdpSocket, &Ipv6Addr, u32) -> io::Result<()> =
                    UdpSocket::leave_multicast_v6;
            }

            #[allow(dead_code)]
            pub(super) fn futures(
                stream: &TcpStream,
                listener: &TcpListener,
                socket: TcpSocket,
                udp: &UdpSocket,
                mut halves: (OwnedReadHalf, OwnedWriteHalf),
                to: SocketAddr,
            ) {
                use $tokio::io::Interest;
                send_sync(TcpStream::connect(to));
                send_sync(TcpStream::connect("name:1"));
                send_sync(TcpStream::connect(("name", 1)));
                send_sync(stream.peek(&mut []));
                send_sync(stream.readable());
                send_sync(stream.writable());
                send_sync(stream.ready(Interest::READABLE | Interest::WRITABLE));
                send_sync(stream.async_io(Interest::READABLE, || Ok(())));
                let _: io::Result<u8> = stream.try_io(Interest::READABLE, || Ok(1));
                send_sync(TcpListener::bind(to));
                send_sync(TcpListener::bind("name:1"));
                send_sync(listener.accept());
                send_sync(socket.connect(to));
                send_sync(UdpSocket::bind("name:1"));
                send_sync(udp.connect("name:1"));
                send_sync(udp.send(&[]));
                send_sync(udp.recv(&mut []));
                send_sync(udp.send_to(&[], "name:1"));
                send_sync(udp.recv_from(&mut []));
                send_sync(udp.recv_buf(&mut Vec::new()));
                send_sync(udp.peek_from(&mut []));
                send_sync(udp.peek_sender());
                send_sync(udp.async_io(Interest::READABLE, || Ok(())));
                send_sync(lookup_host("name:1"));
                send_sync(halves.0.peek(&mut []));
                send_sync(halves.0.readable());
                send_sync(halves.1.writable());
                send_sync(halves.1.ready(Interest::WRITABLE));
            }

            #[allow(dead_code)]
            fn spawns<F>(future: F) -> JoinHandle<F::Output>
            where
                F: Future<Output: Send + 'static> + Send + 'static,
            {
                drop::<JoinHandle<u8>>($tokio::task::spawn_blocking(|| 1));
                let _: u8 = $tokio::task::block_in_place(|| 1);
                drop::<JoinHandle<()>>($tokio::task::spawn(async {}));
                $tokio::spawn(future)
            }

            /// Everything a program sees go wrong, in order, with the ports that
            /// differ from run to run left out.
            pub(super) async fn errors() -> Vec<String> {
                let none: &[SocketAddr] = &[];
                let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let address = taken.local_addr().expect("bound");
                let free = {
                    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                    listener.local_addr().expect("bound")
                };
                let udp = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
                let reserved = udp.local_addr().expect("bound");
                let mut seen = vec![
                    seen("connect, nobody listens", TcpStream::connect(free).await),
                    seen("connect, no address", TcpStream::connect(none).await),
                    seen("connect, no port", TcpStream::connect("127.0.0.1").await),
                    seen("connect, bad port", TcpStream::connect("127.0.0.1:ftp").await),
                    seen(
                        "connect, last of several",
                        TcpStream::connect(&[address, free][..]).await,
                    ),
                    seen("bind, in use", TcpListener::bind(address).await),
                    seen("bind, no address", TcpListener::bind(none).await),
                    seen("bind, not ours", TcpListener::bind("192.0.2.1:0").await),
                    seen("bind datagrams, in use", UdpSocket::bind(reserved).await),
                    seen("bind datagrams, no address", UdpSocket::bind(none).await),
                    seen("connect datagrams, no address", udp.connect(none).await),
                    seen("send, no address", udp.send_to(b"x", none).await),
                    seen("send, no peer", udp.send(b"x").await),
                    seen("receive, nothing there", udp.try_recv_from(&mut [0; 8])),
                ];

                let socket = TcpSocket::new_v4().expect("a socket");
                seen.push(self::seen("bind a socket, in use", socket.bind(address)));
                let socket = TcpSocket::new_v4().expect("a socket");
                seen.push(self::seen(
                    "connect a socket, nobody listens",
                    socket.connect(free).await,
                ));

                let client = TcpStream::connect(address).await.expect("somebody listens");
                let (server, _) = taken.accept().await.expect("somebody connects");
                seen.push(self::seen("read, nothing there", client.try_read(&mut [0; 8])));
                let (read, write) = client.into_split();
                let (other_read, other_write) = server.into_split();
                let error = read.reunite(other_write).expect_err("halves of two streams");
                seen.push(format!("reunite: {error}"));
                let ReuniteError(read, mut other_write) = error;
                other_write.shutdown().await.expect("still open");
                drop((read, write, other_read));
                seen.push(self::seen("write after shutdown", other_write.write(b"x").await));
                seen
            }

            /// What addresses stand for.
            pub(super) async fn addresses_of() -> Vec<Vec<SocketAddr>> {
                let mut all = Vec::new();
                for name in ["127.0.0.1:21", "[::1]:21", "localhost:21"] {
                    all.push(lookup_host(name).await.expect("an address").collect());
                    all.push(lookup_host(name.to_owned()).await.expect("an address").collect());
                }
                for host in ["127.0.0.1", "::1", "localhost"] {
                    all.push(lookup_host((host, 21)).await.expect("an address").collect());
                }
                all
            }

            /// A line to and fro, one way through each kind of half.
            pub(super) async fn echo() -> Vec<u8> {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let address = listener.local_addr().expect("bound");
                let server = $tokio::spawn(async move {
                    let (mut stream, _) = listener.accept().await?;
                    let (mut read, mut write) = stream.split();
                    $tokio::io::copy(&mut read, &mut write).await
                });
                let stream = TcpStream::connect(address).await.expect("somebody listens");
                let (mut read, mut write) = stream.into_split();
                write.write_all(b"NOOP\r\n").await.expect("open");
                // Dropping the half is what ends the copy of the server.
                drop(write);
                let mut answer = Vec::new();
                read.read_to_end(&mut answer).await.expect("open");
                server.await.expect("no panic").expect("no error");
                answer
            }
        }
    };
}

parity!(with_real, real);
parity!(with_seam, tokio);

#[test]
fn both_have_the_same_bounds_and_signatures() {
    with_real::bounds();
    with_real::signatures_of_streams();
    with_real::signatures_of_sockets();
    with_seam::bounds();
    with_seam::signatures_of_streams();
    with_seam::signatures_of_sockets();
}

#[tokio::test]
async fn both_fail_alike() {
    let real = with_real::errors().await;
    assert_eq!(with_seam::errors().await, real);
    assert!(real.iter().any(|line| line.contains("ConnectionRefused")), "{real:#?}");
    assert!(real.iter().any(|line| line.contains("AddrInUse")), "{real:#?}");
}

#[tokio::test]
async fn both_resolve_alike() {
    assert_eq!(with_seam::addresses_of().await, with_real::addresses_of().await);
}

#[tokio::test]
async fn both_carry_data_alike() {
    assert_eq!(with_seam::echo().await, with_real::echo().await);
}

/// The macros are those of the real crate, which name it and not the seam.
#[tokio::test]
async fn the_macros_work_through_the_seam() {
    tokio::task_local! {
        static NUMBER: u8;
    }
    let number = NUMBER.scope(1, async { NUMBER.get() });
    tokio::pin!(number);
    let chosen = tokio::select! {
        biased;
        number = &mut number => number,
        () = tokio::time::sleep(std::time::Duration::from_secs(60)) => 0,
    };
    assert_eq!(tokio::join!(async { chosen }, async { 2 }), (1, 2));
    let both = tokio::try_join!(async { Ok::<_, ()>(1) }, async { Ok(2) });
    assert_eq!(both, Ok((1, 2)));
    let spawned = tokio::spawn(async { 3 }).await;
    assert_eq!(spawned.expect("no panic"), 3);
    started_by_main();
}

fn started_by_main() {
    #[tokio::main(flavor = "current_thread")]
    async fn main() -> u8 {
        tokio::task::yield_now().await;
        4
    }
    // Its own thread, because one runtime does not start inside another.
    let thread = std::thread::spawn(main);
    assert_eq!(thread.join().expect("no panic"), 4);
}
