//! A box between client and server: it listens where clients connect to, takes connections to the server
//! and comes from its own address there. What it reads it passes on piece by piece.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use socket2::{Domain, Socket, Type};

/// What the box knows of FTP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Helper {
    /// Whether it rewrites whatever a 227 announces, or the server's own address only.
    pub(crate) every_address: bool,
    /// Whether it reads every line, as a proxy does, or only what a packet begins with.
    pub(crate) whole_lines: bool,
}

/// A box in front of a server.
pub(crate) struct Relay {
    /// Where it takes control connections.
    pub(crate) outside: (Ipv4Addr, u16),
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// What clients connect to.
    outside: Ipv4Addr,
    /// Where the server sees them come from. With one address for both, a connection of the box's could
    /// have the port that is to be forwarded next.
    inside: Ipv4Addr,
    server: Ipv4Addr,
    helper: Option<Helper>,
}

impl Relay {
    /// Listens at an address of this number on behalf of `server`; each has its own, because what is
    /// forwarded stays so.
    pub(crate) fn open(
        number: u8,
        (server, port): (Ipv4Addr, u16),
        helper: Option<Helper>,
    ) -> Self {
        let outside = Ipv4Addr::new(127, 0, 4, number);
        let inside = Ipv4Addr::new(127, 0, 5, number);
        let listener = TcpListener::bind((outside, 0)).expect("an address of this host");
        let own = listener.local_addr().expect("an address").port();
        let place = Place { outside, inside, server, helper };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                place.control(client, port);
            }
        });
        Self { outside: (outside, own) }
    }
}

impl Place {
    /// A connection to the server.
    fn inwards(self, port: u16) -> Option<TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
        socket.bind(&SocketAddr::from((self.inside, 0)).into()).ok()?;
        socket.connect(&SocketAddr::from((self.server, port)).into()).ok()?;
        Some(socket.into())
    }

    fn control(self, client: TcpStream, port: u16) {
        let Some(server) = self.inwards(port) else { return };
        let both = (client.try_clone(), server.try_clone());
        let (Ok(client_again), Ok(server_again)) = both else { return };
        thread::spawn(move || passed(client, server, |text| self.command(text)));
        thread::spawn(move || passed(server_again, client_again, |text| self.reply(text)));
    }

    /// A helper that knows `PORT` and not `EPRT`.
    fn command(self, text: &str) -> String {
        let Some(ports) = self.helper.and_then(|_| text.strip_prefix("PORT ")) else {
            return text.to_owned();
        };
        let mut numbers = ports.splitn(5, ',').skip(4);
        let own = self.inside.to_string().replace('.', ",");
        format!("PORT {own},{}", numbers.next().unwrap_or_default())
    }

    /// Opens the port that a reply announces, as an expectation or a forward; a helper rewrites the
    /// address.
    fn reply(self, text: &str) -> String {
        let mut said = String::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let Some((address, ports)) = numbers(line) else {
                said.push_str(line);
                continue;
            };
            self.forward(ports);
            let reads = |helper: Helper| {
                let begins = number == 0 && line.starts_with("227 ");
                let meant = helper.every_address || address == self.server;
                meant && (helper.whole_lines || begins)
            };
            if self.helper.is_some_and(reads) {
                let comma = |address: Ipv4Addr| address.to_string().replace('.', ",");
                said.push_str(&line.replace(&comma(address), &comma(self.outside)));
            } else {
                said.push_str(line);
            }
        }
        said
    }

    fn forward(self, port: u16) {
        // Of two lines the second announces the same port.
        let Ok(listener) = TcpListener::bind((self.outside, port)) else { return };
        thread::spawn(move || {
            let (Ok((client, _)), Some(server)) = (listener.accept(), self.inwards(port)) else {
                return;
            };
            let both = (client.try_clone(), server.try_clone());
            let (Ok(client_again), Ok(server_again)) = both else { return };
            thread::spawn(move || raw(client, server));
            thread::spawn(move || raw(server_again, client_again));
        });
    }
}

/// Address and port in a line with a 227.
fn numbers(line: &str) -> Option<(Ipv4Addr, u16)> {
    let text = line.strip_prefix("227")?.get(1..)?;
    let numbers = text.split(|letter: char| !letter.is_ascii_digit());
    let numbers: Vec<u8> = numbers.filter_map(|number| number.parse().ok()).collect();
    let [a, b, c, d, high, low] = numbers[..] else { return None };
    Some((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
}

fn passed(mut from: TcpStream, mut to: TcpStream, change: impl Fn(&str) -> String) {
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        let text = change(&String::from_utf8_lossy(&piece[..count]));
        if to.write_all(text.as_bytes()).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn raw(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
