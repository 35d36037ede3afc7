//! A listening socket of a simulated host, and the door in front of its port.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::sim::{Listener, Stream};
use turmoil_net::shim::tokio::net as shim;

use super::stream::SimulatedStream;
use super::world::{HostNumber, pin, world};

/// A listening socket.
#[derive(Debug)]
pub(super) struct SimulatedListener {
    host: HostNumber,
    port: u16,
    inner: shim::TcpListener,
    /// Connections whose header has not come yet.
    at_the_door: Mutex<Vec<SimulatedStream>>,
}

impl SimulatedListener {
    pub(super) fn new(host: HostNumber, inner: shim::TcpListener) -> io::Result<Self> {
        let port = inner.local_addr()?.port();
        Ok(Self { host, port, inner, at_the_door: Mutex::default() })
    }

    /// A connection whose header has come. Those without one are closed.
    fn poll_door(&self, cx: &mut Context<'_>) -> Poll<SimulatedStream> {
        let mut waiting = self.at_the_door.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = 0;
        while let Some(stream) = waiting.get_mut(place) {
            match stream.poll_header(cx) {
                Poll::Ready(true) => return Poll::Ready(waiting.remove(place)),
                Poll::Ready(false) => drop(waiting.remove(place)),
                Poll::Pending => place += 1,
            }
        }
        Poll::Pending
    }
}

impl Listener for SimulatedListener {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Box<dyn Stream>, SocketAddr)>> {
        let door = world(|world| world.door(self.host, self.port));
        loop {
            pin(self.host);
            let stream = match self.inner.poll_accept(cx)? {
                Poll::Ready((inner, _)) => SimulatedStream::new(self.host, inner),
                Poll::Pending => match self.poll_door(cx) {
                    Poll::Ready(stream) => return Poll::Ready(announce(stream)),
                    Poll::Pending => return Poll::Pending,
                },
            };
            if door.header {
                self.at_the_door.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
                continue;
            }
            let mut stream = stream;
            stream.show_peer(door.peer);
            return Poll::Ready(announce(stream));
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        pin(self.host);
        let address = self.inner.local_addr()?;
        Ok(world(|world| world.shown(address)))
    }

    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        pin(self.host);
        self.inner.set_ttl(ttl)
    }

    fn ttl(&self) -> io::Result<u32> {
        pin(self.host);
        self.inner.ttl()
    }
}

fn announce(stream: SimulatedStream) -> io::Result<(Box<dyn Stream>, SocketAddr)> {
    let peer = stream.peer_addr()?;
    Ok((Box::new(stream), peer))
}

impl Drop for SimulatedListener {
    fn drop(&mut self) {
        pin(self.host);
    }
}
