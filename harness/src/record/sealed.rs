//! What connections in TLS carried. The server of the lab, and its clients, write down what every
//! record that they seal or open has in it; so a record of a session holds the packets as they were on
//! the wire, and still tells what was said.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Length of a record's header: type, version, length (RFC 8446 section 5.1).
const HEADER: usize = 5;
/// Length of what authenticates a record: every cipher suite in use ends with as much (RFC 5116
/// section 5.1, RFC 8439 section 2.8).
pub(crate) const TAG: usize = 16;
/// A record's first bytes: a handshake message, of a version that begins with 3.
const HANDSHAKE: [u8; 2] = [22, 3];
/// A record's first byte if it is an alert, before there are keys (RFC 8446 section 5.1).
const ALERT: u8 = 21;

/// The end of a sealed record, by which it is found again.
pub(crate) type Tag = [u8; TAG];

/// What was sealed in one session, and with which secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sealed {
    contents: BTreeMap<Tag, Content>,
    secrets: Vec<String>,
}

/// What one record has in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// What an application wrote.
    Data(Bytes),
    /// Why one side ends TLS (RFC 8446 section 6.2).
    Alert(u8),
    /// TLS's own: a handshake message, or that no more will be written.
    Own,
}

impl Sealed {
    /// Whether nothing was sealed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty() && self.secrets.is_empty()
    }

    /// The secrets, a line each, in the order in which they came to be: a label, the client's random
    /// number, the secret (the format of `SSLKEYLOGFILE`, RFC 9850).
    #[must_use]
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// A sealed record ends with `tag` and has this in it.
    pub(crate) fn note(&mut self, tag: Tag, content: Content) {
        self.contents.insert(tag, content);
    }

    /// A secret has come to be. Both ends of a connection know it; it is kept once.
    pub(crate) fn note_secret(&mut self, line: String) {
        if !self.secrets.contains(&line) {
            self.secrets.push(line);
        }
    }
}

/// Why TLS ends, of an alert's level and description; none if it is only that no more will be written
/// (RFC 8446 section 6.1).
pub(crate) fn alert(payload: &[u8]) -> Option<u8> {
    match payload {
        [_, 0 | 90] => None,
        [_, why] => Some(*why),
        _ => None,
    }
}

/// One direction of a connection, read in clear.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    sealed: bool,
    opened: bool,
    unreadable: bool,
    alert: Option<u8>,
    pending: Vec<u8>,
}

impl Reader {
    /// Takes the next bytes of the connection; returns what the application wrote with them.
    pub(crate) fn push(&mut self, book: &Sealed, bytes: &Bytes) -> Vec<Bytes> {
        // FTP's lines do not begin like that, and TLS begins with a segment of its own.
        self.sealed |= bytes.starts_with(&HANDSHAKE);
        if !self.sealed {
            return vec![bytes.clone()];
        }
        self.pending.extend_from_slice(bytes);
        let mut read = Vec::new();
        while let Some(record) = self.record() {
            // Shorter than anything sealed: a header, the level, and why.
            if let [ALERT, _, _, 0, 2, level, why] = record[..] {
                self.alert = alert(&[level, why]).or(self.alert);
            }
            let Some(tag) = record.last_chunk::<TAG>() else { continue };
            let content = book.contents.get(tag);
            self.opened |= content.is_some();
            match content {
                Some(Content::Data(content)) => read.push(content.clone()),
                Some(Content::Alert(why)) => self.alert = Some(*why),
                Some(Content::Own) => {}
                // Handshake messages before there are keys, and changes of the cipher.
                None if record[0] != 23 => {}
                // What comes after its reader has left stays sealed.
                None => self.unreadable |= !self.opened,
            }
        }
        read
    }

    /// Whether the connection has gone over to TLS.
    pub(crate) fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Why its writer ended TLS, if it did.
    pub(crate) fn alert(&self) -> Option<u8> {
        self.alert
    }

    /// Whether something was sealed that nobody noted: both programs are real ones.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.unreadable
    }

    /// The next complete record, header and all.
    fn record(&mut self) -> Option<Vec<u8>> {
        let [_, _, _, high, low] = *self.pending.first_chunk::<HEADER>()?;
        let end = HEADER + usize::from(u16::from_be_bytes([high, low]));
        (self.pending.len() >= end).then(|| self.pending.drain(..end).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A sealed record that ends with this tag.
    fn record(tag: Tag) -> Vec<u8> {
        let mut bytes = vec![23, 3, 3, 0, 40];
        bytes.extend([0xee; 24]);
        bytes.extend(tag);
        bytes
    }

    fn read(reader: &mut Reader, book: &Sealed, bytes: &[u8]) -> Vec<u8> {
        reader.push(book, &Bytes::copy_from_slice(bytes)).concat()
    }

    const HELLO: [u8; 9] = [22, 3, 1, 0, 4, 1, 0, 0, 0];

    #[test]
    fn what_comes_before_tls_is_read_as_it_is() {
        let mut reader = Reader::default();
        assert_eq!(read(&mut reader, &Sealed::default(), b"AUTH TLS\r\n"), b"AUTH TLS\r\n");
        assert!(!reader.is_sealed());
    }

    #[test]
    fn what_nobody_noted_is_unreadable_if_nothing_before_it_was_read() {
        let (mut reader, mut book) = (Reader::default(), Sealed::default());
        read(&mut reader, &book, &HELLO);
        read(&mut reader, &book, &record([1; TAG]));
        assert!(reader.is_unreadable());

        let mut reader = Reader::default();
        book.note([1; TAG], Content::Own);
        read(&mut reader, &book, &HELLO);
        read(&mut reader, &book, &record([1; TAG]));
        read(&mut reader, &book, &record([2; TAG]));
        assert!(!reader.is_unreadable());
    }

    #[test]
    fn a_secret_that_both_ends_note_is_kept_once() {
        let mut book = Sealed::default();
        book.note_secret("one".to_owned());
        book.note_secret("two".to_owned());
        book.note_secret("one".to_owned());
        assert_eq!(book.secrets(), ["one", "two"]);
    }

    proptest! {
        #[test]
        fn contents_come_out_whole_however_segments_cut_records(
            contents in prop::collection::vec(prop::option::of("[A-Z]{0,8}"), 1..20),
            size in 2_usize..60,
        ) {
            let mut book = Sealed::default();
            let mut wire = HELLO.to_vec();
            let mut expected = String::new();
            for (number, content) in contents.iter().enumerate() {
                let tag = [number as u8; TAG];
                book.note(tag, match content {
                    Some(text) => Content::Data(Bytes::from(text.clone())),
                    None => Content::Own,
                });
                expected.extend(content.as_deref());
                wire.extend(record(tag));
            }
            let mut reader = Reader::default();
            let read: Vec<u8> = wire.chunks(size).flat_map(|part| read(&mut reader, &book, part)).collect();
            prop_assert_eq!(String::from_utf8(read).unwrap(), expected);
            prop_assert!(!reader.is_unreadable());
        }

        #[test]
        fn no_bytes_make_a_reader_panic(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let mut reader = Reader::default();
            read(&mut reader, &Sealed::default(), &HELLO);
            for part in parts {
                read(&mut reader, &Sealed::default(), &part);
            }
        }
    }
}
