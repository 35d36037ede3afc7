//! A network in memory, as small as can be: no delay, no loss, one host.

use std::collections::{HashMap, VecDeque};
use std::future::ready;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::sim::{BoxFuture, Datagram, Guard, Listener, Network, SocketOptions, Stream};

/// The address every name of this network stands for.
pub(crate) const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

/// A queue of bytes, connections or datagrams, and those who wait for it.
#[derive(Debug)]
struct Queue<T> {
    items: VecDeque<T>,
    closed: bool,
    waiting: Vec<Waker>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { items: VecDeque::new(), closed: false, waiting: Vec::new() }
    }
}

impl<T> Queue<T> {
    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }

    fn push(&mut self, items: impl IntoIterator<Item = T>) {
        self.items.extend(items);
        self.wake();
    }

    /// Ready when there is something to take, or never will be.
    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if self.items.is_empty() && !self.closed {
            self.waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

type Shared<T> = Arc<Mutex<Queue<T>>>;
type Accepted = (Box<dyn Stream>, SocketAddr);
type Parcel = (Vec<u8>, SocketAddr);

#[derive(Default)]
pub(crate) struct Fake {
    listeners: Arc<Mutex<HashMap<SocketAddr, Shared<Accepted>>>>,
    mailboxes: Arc<Mutex<HashMap<SocketAddr, Shared<Parcel>>>>,
    last_port: AtomicU16,
    /// The options of the last connect or listen, for tests to look at.
    pub(crate) options: Mutex<SocketOptions>,
    /// Every name asked for.
    pub(crate) resolved: Mutex<Vec<String>>,
}

impl Fake {
    pub(crate) fn install() -> (Rc<Self>, Guard) {
        let fake = Rc::new(Self::default());
        let guard = tokio::sim::install(fake.clone());
        (fake, guard)
    }

    fn numbered(&self, mut local: SocketAddr) -> SocketAddr {
        if local.port() == 0 {
            local.set_port(40_000 + self.last_port.fetch_add(1, Relaxed));
        }
        local
    }
}

impl Network for Fake {
    fn connect(
        &self,
        peer: SocketAddr,
        options: &SocketOptions,
    ) -> BoxFuture<io::Result<Box<dyn Stream>>> {
        *self.options.lock().unwrap() = options.clone();
        let listeners = self.listeners.lock().unwrap();
        let Some(queue) = listeners.get(&peer) else {
            return Box::pin(ready(Err(io::ErrorKind::ConnectionRefused.into())));
        };
        let local = options.local.unwrap_or_else(|| self.numbered((HOST, 0).into()));
        let (there, back) = (Shared::default(), Shared::default());
        let end = |local, peer, read: &Shared<u8>, write: &Shared<u8>| {
            Box::new(End {
                local,
                peer,
                read: read.clone(),
                write: write.clone(),
                ttl: AtomicU32::new(64),
            })
        };
        let server = end(peer, local, &there, &back);
        queue.lock().unwrap().push([(server as _, local)]);
        let client: Box<dyn Stream> = end(local, peer, &back, &there);
        Box::pin(ready(Ok(client)))
    }

    fn listen(&self, local: SocketAddr, options: &SocketOptions) -> io::Result<Box<dyn Listener>> {
        *self.options.lock().unwrap() = options.clone();
        let local = self.numbered(local);
        let queue = claim(&self.listeners, local)?;
        Ok(Box::new(Held { local, queue, held: self.listeners.clone() }))
    }

    fn bind_udp(&self, local: SocketAddr) -> io::Result<Box<dyn Datagram>> {
        let local = self.numbered(local);
        let queue = claim(&self.mailboxes, local)?;
        let held = Held { local, queue, held: self.mailboxes.clone() };
        Ok(Box::new(Mailbox(held, Mutex::default())))
    }

    fn resolve(&self, host: &str) -> BoxFuture<io::Result<Vec<IpAddr>>> {
        self.resolved.lock().unwrap().push(host.to_owned());
        let ips = if host == "nowhere" { vec![] } else { vec![HOST] };
        Box::pin(ready(Ok(ips)))
    }
}

fn claim<T>(
    held: &Mutex<HashMap<SocketAddr, Shared<T>>>,
    local: SocketAddr,
) -> io::Result<Shared<T>> {
    let mut held = held.lock().unwrap();
    if held.contains_key(&local) {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    Ok(held.entry(local).or_default().clone())
}

/// An address, until it is dropped.
#[derive(Debug)]
struct Held<T> {
    local: SocketAddr,
    queue: Shared<T>,
    held: Arc<Mutex<HashMap<SocketAddr, Shared<T>>>>,
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        self.held.lock().unwrap().remove(&self.local);
    }
}

impl Listener for Held<Accepted> {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let mut queue = self.queue.lock().unwrap();
        queue.poll(cx).map(|()| Ok(queue.items.pop_front().unwrap()))
    }
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
    fn set_ttl(&self, _: u32) -> io::Result<()> {
        Ok(())
    }
    fn ttl(&self) -> io::Result<u32> {
        Ok(64)
    }
}

#[derive(Debug)]
struct End {
    local: SocketAddr,
    peer: SocketAddr,
    read: Shared<u8>,
    write: Shared<u8>,
    ttl: AtomicU32,
}

impl End {
    fn close(&self) {
        let mut queue = self.write.lock().unwrap();
        queue.closed = true;
        queue.wake();
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.close();
    }
}

impl Stream for End {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_peek(cx, buf).map_ok(|read| {
            self.read.lock().unwrap().items.drain(..read);
        })
    }
    fn poll_write(&self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut queue = self.write.lock().unwrap();
        if queue.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        queue.push(buf.iter().copied());
        Poll::Ready(Ok(buf.len()))
    }
    fn poll_shutdown(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close();
        Poll::Ready(Ok(()))
    }
    fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let mut queue = self.read.lock().unwrap();
        queue.poll(cx).map(|()| {
            let items = queue.items.make_contiguous();
            let most = items.len().min(buf.remaining());
            buf.put_slice(&items[..most]);
            Ok(most)
        })
    }
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
    fn set_nodelay(&self, _: bool) -> io::Result<()> {
        Ok(())
    }
    fn nodelay(&self) -> io::Result<bool> {
        Ok(true)
    }
    fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.ttl.store(ttl, Relaxed);
        Ok(())
    }
    fn ttl(&self) -> io::Result<u32> {
        Ok(self.ttl.load(Relaxed))
    }
    fn set_linger(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }
    fn linger(&self) -> io::Result<Option<Duration>> {
        Ok(None)
    }
}

#[derive(Debug)]
struct Mailbox(Held<Parcel>, Mutex<Option<SocketAddr>>);

impl Datagram for Mailbox {
    fn poll_send_to(
        &self,
        _: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        if let Some(queue) = self.0.held.lock().unwrap().get(&target) {
            queue.lock().unwrap().push([(buf.to_vec(), self.0.local)]);
        }
        Poll::Ready(Ok(buf.len()))
    }
    fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        self.poll_peek_from(cx, buf).map_ok(|sender| {
            self.0.queue.lock().unwrap().items.pop_front();
            sender
        })
    }
    fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        let mut queue = self.0.queue.lock().unwrap();
        queue.poll(cx).map(|()| {
            let (bytes, sender) = &queue.items[0];
            buf.put_slice(&bytes[..bytes.len().min(buf.remaining())]);
            Ok(*sender)
        })
    }
    fn connect(&self, peer: SocketAddr) -> io::Result<()> {
        *self.1.lock().unwrap() = Some(peer);
        Ok(())
    }
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        let peer = *self.1.lock().unwrap();
        peer.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.0.local)
    }
    fn set_ttl(&self, _: u32) -> io::Result<()> {
        Ok(())
    }
    fn ttl(&self) -> io::Result<u32> {
        Ok(64)
    }
    fn set_broadcast(&self, _: bool) -> io::Result<()> {
        Ok(())
    }
    fn broadcast(&self) -> io::Result<bool> {
        Ok(false)
    }
}
