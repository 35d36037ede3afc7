//! Turning what a program names as an address into socket addresses.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::sim;
use sealed::{Internal, Lookup};

/// Converts or resolves to one or more [`SocketAddr`] values.
///
/// Implemented for the same types as the trait of the real tokio, and sealed
/// like it. A host name is resolved by the simulated network while one is in
/// force; an IP literal is never given to any resolver.
pub trait ToSocketAddrs: sealed::ToSocketAddrsPriv {}

/// Resolves `host` to the addresses it stands for.
///
/// # Errors
///
/// When `host` is malformed or has no address.
pub async fn lookup_host<T>(host: T) -> io::Result<impl Iterator<Item = SocketAddr>>
where
    T: ToSocketAddrs,
{
    to_socket_addrs(host).await
}

/// The addresses `arg` stands for, in the order in which to try them.
pub(super) async fn to_socket_addrs<T: ToSocketAddrs>(arg: T) -> io::Result<Addresses> {
    match arg.lookup(Internal) {
        Lookup::Ready(addresses) => addresses,
        Lookup::Pending(future) => future.await,
    }
}

/// The error for a name which stands for nothing.
pub(super) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "could not resolve to any address")
}

/// Calls `f` with each address until one succeeds; otherwise the last error, or
/// [`no_address`].
pub(super) async fn first_that_works<T, F>(
    addresses: Addresses,
    mut f: impl FnMut(SocketAddr) -> F,
) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut last = None;
    for address in addresses {
        match f(address).await {
            Ok(value) => return Ok(value),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

/// One address, which is what nearly every program names and costs no
/// allocation, or several.
#[derive(Debug)]
#[doc(hidden)]
pub enum Addresses {
    One(Option<SocketAddr>),
    Many(std::vec::IntoIter<SocketAddr>),
}

impl Iterator for Addresses {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match self {
            Self::One(address) => address.take(),
            Self::Many(addresses) => addresses.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::One(address) => (usize::from(address.is_some()), Some(address.iter().len())),
            Self::Many(addresses) => addresses.size_hint(),
        }
    }
}

mod sealed {
    //! Out of reach of other crates, so that the trait can only be implemented
    //! here.

    use super::Addresses;
    use crate::sim::BoxFuture;
    use std::io;

    #[doc(hidden)]
    pub trait ToSocketAddrsPriv {
        fn lookup(&self, _: Internal) -> Lookup;
    }

    #[doc(hidden)]
    #[derive(Debug)]
    pub struct Internal;

    #[doc(hidden)]
    pub enum Lookup {
        Ready(io::Result<Addresses>),
        Pending(BoxFuture<io::Result<Addresses>>),
    }
}

fn one(address: impl Into<SocketAddr>) -> Lookup {
    Lookup::Ready(Ok(Addresses::One(Some(address.into()))))
}

/// Looks `host` up where the calling thread says: this runs inside the task
/// which asked, on the first poll of its `connect`, `bind` or `lookup_host`.
fn by_name(host: &str, port: u16) -> Lookup {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return one((ip, port));
    }
    match sim::current() {
        Some(network) => {
            let ips = network.resolve(host);
            Lookup::Pending(Box::pin(async move {
                let addresses: Vec<_> =
                    ips.await?.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
                Ok(Addresses::Many(addresses.into_iter()))
            }))
        }
        None => for_real(host.to_owned(), port),
    }
}

fn for_real(host: String, port: u16) -> Lookup {
    Lookup::Pending(Box::pin(async move {
        let addresses: Vec<_> = real::net::lookup_host((host, port)).await?.collect();
        Ok(Addresses::Many(addresses.into_iter()))
    }))
}

macro_rules! already_an_address {
    ($($type:ty),*) => {$(
        impl ToSocketAddrs for $type {}
        impl sealed::ToSocketAddrsPriv for $type {
            fn lookup(&self, _: Internal) -> Lookup {
                one(*self)
            }
        }
    )*};
}

already_an_address!(
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
    (IpAddr, u16),
    (Ipv4Addr, u16),
    (Ipv6Addr, u16)
);

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {}
impl<T: sealed::ToSocketAddrsPriv + ?Sized> sealed::ToSocketAddrsPriv for &T {
    fn lookup(&self, _: Internal) -> Lookup {
        (**self).lookup(Internal)
    }
}

impl ToSocketAddrs for &[SocketAddr] {}
impl sealed::ToSocketAddrsPriv for &[SocketAddr] {
    fn lookup(&self, _: Internal) -> Lookup {
        Lookup::Ready(Ok(match **self {
            [address] => Addresses::One(Some(address)),
            // The addresses outlive the slice, so they have to be copied.
            _ => Addresses::Many(Vec::from(*self).into_iter()),
        }))
    }
}

impl ToSocketAddrs for str {}
impl sealed::ToSocketAddrsPriv for str {
    fn lookup(&self, _: Internal) -> Lookup {
        if let Ok(address) = self.parse::<SocketAddr>() {
            return one(address);
        }
        let Some((host, port)) = self.rsplit_once(':') else {
            return malformed("invalid socket address");
        };
        match port.parse() {
            Ok(port) => by_name(host, port),
            Err(_) => malformed("invalid port value"),
        }
    }
}

fn malformed(message: &'static str) -> Lookup {
    Lookup::Ready(Err(io::Error::new(io::ErrorKind::InvalidInput, message)))
}

impl ToSocketAddrs for String {}
impl sealed::ToSocketAddrsPriv for String {
    fn lookup(&self, _: Internal) -> Lookup {
        self.as_str().lookup(Internal)
    }
}

impl ToSocketAddrs for (&str, u16) {}
impl sealed::ToSocketAddrsPriv for (&str, u16) {
    fn lookup(&self, _: Internal) -> Lookup {
        by_name(self.0, self.1)
    }
}

impl ToSocketAddrs for (String, u16) {}
impl sealed::ToSocketAddrsPriv for (String, u16) {
    fn lookup(&self, _: Internal) -> Lookup {
        by_name(&self.0, self.1)
    }
}
