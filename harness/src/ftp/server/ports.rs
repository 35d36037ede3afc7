//! Passive ports in the order that the seed gives.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use libunftp::options::Binder;
use rand_core::Rng;
use rand_pcg::Pcg32;
use tokio::net::TcpSocket;

use crate::sim::{self, Door};

/// How often a pinned port is tried again while the last data connection on it is still closing.
const PINNED_TRIES: usize = 1_000;

/// Binds passive sockets: on the pinned port, or on the first free one after the port that the
/// generator names.
#[derive(Debug)]
pub(super) struct Ports {
    pinned: Option<u16>,
    choice: Arc<Mutex<Pcg32>>,
    /// What is in front of each port.
    door: Door,
}

impl Ports {
    pub(super) fn new(pinned: Option<u16>, choice: Arc<Mutex<Pcg32>>, door: Door) -> Self {
        Self { pinned, choice, door }
    }
}

#[async_trait]
impl Binder for Ports {
    async fn bind(&mut self, local: IpAddr, ports: RangeInclusive<u16>) -> io::Result<TcpSocket> {
        if let Some(port) = self.pinned {
            sim::put_door(port, self.door);
            return bind_pinned(SocketAddr::new(local, port)).await;
        }
        let count = ports.len() as u32;
        let first = self.choice.lock().unwrap_or_else(PoisonError::into_inner).next_u32() % count;
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for step in 0..count {
            let port = ports.start() + ((first + step) % count) as u16;
            match bind(SocketAddr::new(local, port)) {
                Ok(socket) => {
                    sim::put_door(port, self.door);
                    return Ok(socket);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn bind_pinned(address: SocketAddr) -> io::Result<TcpSocket> {
    for _ in 1..PINNED_TRIES {
        match bind(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            result => return result,
        }
    }
    bind(address)
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
