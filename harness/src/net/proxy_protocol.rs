//! The PROXY protocol: a header in front of a connection's first byte that says who opened it.
//!
//! Source: HAProxy, The PROXY protocol, versions 1 and 2.

use std::net::{Ipv4Addr, SocketAddrV4};

/// The first bytes of a binary header (section 2.2).
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, a connection on somebody's behalf.
const VERSION_2_PROXY: u8 = 0x21;
/// TCP over IPv4.
const TCP_4: u8 = 0x11;
/// The highest address family and transport protocol of version 2; others are invalid (section 2.2).
const HIGHEST_FAMILY: u8 = 3;
const HIGHEST_TRANSPORT: u8 = 2;
/// Bytes of two IPv4 addresses and two ports.
const ADDRESSES_4: usize = 12;
/// The longest line of version 1 (section 2.1).
const LONGEST_LINE: usize = 107;
/// The type of the field with which a load balancer names the endpoint (NLB guide, Proxy protocol).
const AWS_FIELD: u8 = 0xea;
/// Its subtype: an endpoint's id follows.
const AWS_ENDPOINT_ID: u8 = 0x01;

/// A header of version 1.
#[must_use]
pub fn text(src: SocketAddrV4, dst: SocketAddrV4) -> Vec<u8> {
    format!("PROXY TCP4 {} {} {} {}\r\n", src.ip(), dst.ip(), src.port(), dst.port()).into_bytes()
}

/// A header of version 2; with the id of the endpoint through which the connection came, if it did.
#[must_use]
pub fn binary(src: SocketAddrV4, dst: SocketAddrV4, endpoint: Option<&str>) -> Vec<u8> {
    let mut fields = Vec::new();
    if let Some(id) = endpoint {
        fields.push(AWS_FIELD);
        fields.extend(((id.len() + 1) as u16).to_be_bytes());
        fields.push(AWS_ENDPOINT_ID);
        fields.extend(id.as_bytes());
    }
    let mut header = SIGNATURE.to_vec();
    header.extend([VERSION_2_PROXY, TCP_4]);
    header.extend(((ADDRESSES_4 + fields.len()) as u16).to_be_bytes());
    header.extend(src.ip().octets());
    header.extend(dst.ip().octets());
    header.extend(src.port().to_be_bytes());
    header.extend(dst.port().to_be_bytes());
    header.extend(fields);
    header
}

/// What the beginning of a connection says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// More bytes are needed to tell.
    Incomplete,
    /// There is no header, or not a sound one.
    Absent,
    /// A header of this many bytes.
    Present {
        /// Who opened the connection; none if the header does not say (`UNKNOWN`, `LOCAL`, anything
        /// but TCP over IPv4 in a binary one).
        src: Option<SocketAddrV4>,
        /// Bytes that belong to the header.
        length: usize,
    },
}

/// Reads the beginning of a connection.
#[must_use]
pub fn read(bytes: &[u8]) -> Header {
    let common = bytes.len().min(SIGNATURE.len());
    if common > 0 && bytes[..common] == SIGNATURE[..common] {
        return read_binary(bytes).unwrap_or(Header::Incomplete);
    }
    let start = b"PROXY ";
    let common = bytes.len().min(start.len());
    if bytes[..common] == start[..common] { read_text(bytes) } else { Header::Absent }
}

/// None if more bytes are needed.
fn read_binary(bytes: &[u8]) -> Option<Header> {
    let rest = bytes.get(SIGNATURE.len()..)?;
    let [command, family, high, low] = *rest.first_chunk()?;
    if command >> 4 != 2 || command & 0xf > 1 {
        return Some(Header::Absent);
    }
    let body = usize::from(u16::from_be_bytes([high, low]));
    let rest = rest.get(4..4 + body)?;
    let length = SIGNATURE.len() + 4 + body;
    // Without a connection on somebody's behalf the rest means nothing.
    if command != VERSION_2_PROXY {
        return Some(Header::Present { src: None, length });
    }
    if family >> 4 > HIGHEST_FAMILY || family & 0xf > HIGHEST_TRANSPORT {
        return Some(Header::Absent);
    }
    if family != TCP_4 {
        return Some(Header::Present { src: None, length });
    }
    let Some([a, b, c, d, _, _, _, _, high, low, _, _]) = rest.first_chunk::<ADDRESSES_4>() else {
        return Some(Header::Absent);
    };
    let port = u16::from_be_bytes([*high, *low]);
    let src = Some(SocketAddrV4::new(Ipv4Addr::new(*a, *b, *c, *d), port));
    Some(Header::Present { src, length })
}

fn read_text(bytes: &[u8]) -> Header {
    let longest = &bytes[..bytes.len().min(LONGEST_LINE)];
    let Some(end) = longest.windows(2).position(|two| two == b"\r\n") else {
        return if bytes.len() < LONGEST_LINE { Header::Incomplete } else { Header::Absent };
    };
    let line = &bytes[..end];
    let length = end + 2;
    if line == b"PROXY UNKNOWN" || line.starts_with(b"PROXY UNKNOWN ") {
        return Header::Present { src: None, length };
    }
    match std::str::from_utf8(line).ok().and_then(source) {
        Some(src) => Header::Present { src: Some(src), length },
        None => Header::Absent,
    }
}

/// The source in a line about TCP over IPv4.
fn source(line: &str) -> Option<SocketAddrV4> {
    let words: Vec<&str> = line.split(' ').collect();
    let ["PROXY", "TCP4", src, dst, src_port, dst_port] = words[..] else { return None };
    let _: (Ipv4Addr, u16) = (dst.parse().ok()?, port(dst_port)?);
    Some(SocketAddrV4::new(src.parse().ok()?, port(src_port)?))
}

/// A port without a sign or zeroes in front.
fn port(word: &str) -> Option<u16> {
    word.parse().ok().filter(|port: &u16| port.to_string() == word)
}
