//! A plain FTP client. One connection at a time, and no time-outs of its own: what it dials answers at
//! once, or refuses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

/// What it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    /// Whether it dials the address in the reply; else the server's.
    pub(crate) trusts: bool,
    /// Whether it goes on with `EPRT` and `PORT` where `PASV` is refused.
    pub(crate) active: bool,
}

impl Client {
    /// Logs in and lists the directory.
    pub(crate) fn session(self, server: (Ipv4Addr, u16)) {
        let mut control = Control::open(server);
        control.say("USER demo");
        control.say("PASS correct-horse");
        let reply = control.say("PASV");
        if let Some((announced, port)) = announced(&reply) {
            let address = if self.trusts { announced } else { server.0 };
            // Nobody has other addresses than loopback's here.
            let reachable = address.is_loopback() || address.is_unspecified();
            if let Some(mut data) =
                reachable.then(|| TcpStream::connect((address, port)).ok()).flatten()
            {
                control.send("LIST");
                let mut listing = Vec::new();
                let read = data.read_to_end(&mut listing);
                read.expect("the listing comes");
                control.reply();
                control.reply();
            }
        } else if self.active && reply.starts_with('5') {
            control.say("EPRT |1|10.9.8.7|40000|");
            control.say("PORT 10,9,8,7,156,64");
        }
        control.send("QUIT");
        control.reply();
    }
}

struct Control {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Control {
    fn open(server: (Ipv4Addr, u16)) -> Self {
        let stream = TcpStream::connect(server).expect("it listens");
        let lines = BufReader::new(stream.try_clone().expect("a stream"));
        let mut control = Self { stream, lines };
        control.reply();
        control
    }

    fn say(&mut self, command: &str) -> String {
        self.send(command);
        self.reply()
    }

    fn send(&mut self, command: &str) {
        self.stream.write_all(format!("{command}\r\n").as_bytes()).expect("it is sent");
    }

    /// The last line of a reply.
    fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).expect("a reply");
            if read == 0 || line.as_bytes().get(3) == Some(&b' ') {
                return line;
            }
        }
    }
}

fn announced(reply: &str) -> Option<(Ipv4Addr, u16)> {
    let numbers = reply.strip_prefix("227 ")?.split_once('(')?.1.split_once(')')?.0;
    let numbers: Vec<u8> = numbers.split(',').filter_map(|number| number.parse().ok()).collect();
    let [a, b, c, d, high, low] = numbers[..] else { return None };
    Some((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
}
