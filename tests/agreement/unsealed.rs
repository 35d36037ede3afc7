//! Opens a control connection in TLS 1.3 with nothing but the secrets that a capture has in it (RFC 8446
//! sections 5.2 and 7.3), by other means than the library that sealed it.

use std::collections::BTreeMap;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA384, KeyType, Prk};

/// Length of a record's header.
const HEADER: usize = 5;
/// Types of records and of what is in them.
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
/// Where a client's first record has its random number.
const RANDOM: std::ops::Range<usize> = 11..43;

/// A key log: secrets by label and client random, in hexadecimal.
#[derive(Debug)]
pub(crate) struct Secrets(BTreeMap<(String, String), Vec<u8>>);

impl Secrets {
    pub(crate) fn read(log: &str) -> Self {
        let line = |line: &str| match line.split(' ').collect::<Vec<_>>()[..] {
            [label, random, secret] => ((label.to_owned(), random.to_owned()), bytes(secret)),
            _ => panic!("not a line of a key log: {line}"),
        };
        Self(log.lines().map(line).collect())
    }

    /// What client and server wrote on a connection, which begins in clear and ends in TLS.
    pub(crate) fn open(&self, sent: &[u8], received: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let ((sent, sent_sealed), (received, received_sealed)) = (parted(sent), parted(received));
        let random: String = sent_sealed[RANDOM].iter().map(|byte| format!("{byte:02x}")).collect();
        let keys = |who: &str| {
            let labels =
                [format!("{who}_HANDSHAKE_TRAFFIC_SECRET"), format!("{who}_TRAFFIC_SECRET_0")];
            labels.map(|label| &self.0[&(label, random.clone())][..])
        };
        let client = [sent, &opened(sent_sealed, keys("CLIENT"))[..]].concat();
        (client, [received, &opened(received_sealed, keys("SERVER"))[..]].concat())
    }
}

/// What comes before the first record of TLS, and the rest. Records begin where lines have ended.
fn parted(stream: &[u8]) -> (&[u8], &[u8]) {
    let begin = stream.windows(4).position(|bytes| bytes == [b'\r', b'\n', HANDSHAKE, 3]);
    stream.split_at(begin.expect("it goes over to TLS") + 2)
}

/// What an application wrote. The handshake's keys are followed by those for data.
fn opened(stream: &[u8], secrets: [&[u8]; 2]) -> Vec<u8> {
    let mut keys = secrets.map(Key::of).into_iter();
    let mut key = keys.next().expect("two");
    let (mut rest, mut written) = (stream, Vec::new());
    while let Some((header, after)) = rest.split_first_chunk::<HEADER>() {
        let (sealed, after) =
            after.split_at(usize::from(u16::from_be_bytes([header[3], header[4]])));
        rest = after;
        if header[0] != APPLICATION_DATA {
            continue;
        }
        let inner = key.open(header, sealed).unwrap_or_else(|| {
            key = keys.next().expect("a record that no secret opens");
            key.open(header, sealed).expect("a record that the next secret opens")
        });
        let end = inner.iter().rposition(|byte| *byte != 0).expect("a type");
        if inner[end] == APPLICATION_DATA {
            written.extend_from_slice(&inner[..end]);
        }
    }
    written
}

/// A key of TLS_AES_256_GCM_SHA384, and how many records it has opened.
struct Key {
    key: LessSafeKey,
    iv: [u8; 12],
    records: u64,
}

impl Key {
    fn of(secret: &[u8]) -> Self {
        assert_eq!(secret.len(), 48, "another cipher suite");
        let secret = Prk::new_less_safe(HKDF_SHA384, secret);
        let (mut key, mut iv) = ([0; 32], [0; 12]);
        expand(&secret, "key", &mut key);
        expand(&secret, "iv", &mut iv);
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("32 bytes"));
        Self { key, iv, records: 0 }
    }

    fn open(&mut self, header: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = self.iv;
        for (byte, count) in nonce[4..].iter_mut().zip(self.records.to_be_bytes()) {
            *byte ^= count;
        }
        let (nonce, mut inner) = (Nonce::assume_unique_for_key(nonce), sealed.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(header), &mut inner).ok()?.len();
        inner.truncate(length);
        self.records += 1;
        Some(inner)
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label without a context.
fn expand(secret: &Prk, label: &str, out: &mut [u8]) {
    let label = format!("tls13 {label}");
    let info =
        [&(out.len() as u16).to_be_bytes(), &[label.len() as u8][..], label.as_bytes(), &[0]];
    let expanded = secret.expand(&info, Length(out.len())).and_then(|key| key.fill(out));
    expanded.expect("a short key");
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
}
