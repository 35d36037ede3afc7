//! Where data connections may arrive.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::ops::RangeInclusive;

use tokio::net::{TcpListener, TcpStream};

/// How often another port is tried if one is taken at one of the addresses.
const TRIES: usize = 50;

/// The same port at several addresses.
#[derive(Debug)]
pub(super) struct Doors {
    pub(super) port: u16,
    listeners: Vec<TcpListener>,
}

impl Doors {
    /// Listens at all of these addresses on one port, of these if there are any; at the first address
    /// it must.
    pub(super) async fn open(
        addresses: &[Ipv4Addr],
        ports: Option<&RangeInclusive<u16>>,
    ) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        let any = std::iter::repeat_n(0, TRIES);
        let ports: Vec<u16> = ports.map_or_else(|| any.collect(), |ports| ports.clone().collect());
        for port in ports {
            match Self::open_once(addresses, port).await {
                Ok(doors) => return Ok(doors),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn open_once(addresses: &[Ipv4Addr], port: u16) -> io::Result<Self> {
        let bind = |address: Ipv4Addr, port| TcpListener::bind(SocketAddr::from((address, port)));
        let (first, others) = addresses.split_first().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let listener = bind(*first, port).await?;
        let port = listener.local_addr()?.port();
        let mut listeners = vec![listener];
        for address in others {
            match bind(*address, port).await {
                Ok(listener) => listeners.push(listener),
                // An address that this system does not have: macOS has 127.0.0.1 only.
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { port, listeners })
    }

    /// The first connection at any of them: it, where it arrived, and where it came from.
    pub(super) async fn first(&self) -> io::Result<(TcpStream, SocketAddrV4, SocketAddrV4)> {
        let accepts: Vec<_> =
            self.listeners.iter().map(|listener| Box::pin(listener.accept())).collect();
        let (accepted, ..) = futures_util::future::select_all(accepts).await;
        let (stream, from) = accepted?;
        let at = stream.local_addr()?;
        match (v4(at), v4(from)) {
            (Some(at), Some(from)) => Ok((stream, at, from)),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

pub(super) fn v4(address: SocketAddr) -> Option<SocketAddrV4> {
    match address {
        SocketAddr::V4(address) => Some(address),
        SocketAddr::V6(_) => None,
    }
}
