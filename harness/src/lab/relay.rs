//! A proxy that ends TCP connections and opens its own: HAProxy in TCP mode, nginx's stream module.
//!
//! Like them it accepts before it knows whether the other side will. Sources: HAProxy configuration
//! manual (mode tcp, balance roundrobin, send-proxy, send-proxy-v2); nginx, ngx_stream_proxy_module.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pasvlab_scenarios::{ProxyProtocol, Relay};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::net::proxy_protocol;

/// Passes connections on until dropped.
pub(super) async fn run(relays: Vec<Relay>) {
    for relay in relays {
        // All ports of a relay are one back end, whose servers take turns.
        let turns = Arc::new(AtomicUsize::new(0));
        for port in relay.ports.clone() {
            let (relay, turns) = (relay.clone(), Arc::clone(&turns));
            tokio::spawn(async move {
                if let Err(error) = listen(port, relay, &turns).await {
                    tracing::error!(port, %error, "the proxy cannot listen");
                }
            });
        }
    }
}

async fn listen(port: u16, relay: Relay, turns: &AtomicUsize) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    loop {
        let (client, peer) = listener.accept().await?;
        let turn = turns.fetch_add(1, Ordering::Relaxed);
        let target = SocketAddrV4::new(relay.to[turn % relay.to.len()], port);
        let proxy_protocol = relay.proxy_protocol;
        tokio::spawn(async move {
            if let Err(error) = pass_on(client, peer, target, proxy_protocol).await {
                tracing::debug!(%target, %error, "a connection through the proxy ended");
            }
        });
    }
}

async fn pass_on(
    mut client: TcpStream,
    peer: SocketAddr,
    target: SocketAddrV4,
    proxy_protocol: ProxyProtocol,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    if let (SocketAddr::V4(peer), SocketAddr::V4(local)) = (peer, client.local_addr()?) {
        let header = match proxy_protocol {
            ProxyProtocol::Off => Vec::new(),
            ProxyProtocol::V1 => proxy_protocol::text(peer, local),
            ProxyProtocol::V2 => proxy_protocol::binary(peer, local, None),
        };
        server.write_all(&header).await?;
    }
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
