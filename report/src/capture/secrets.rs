//! What opens connections in TLS, as a block of the file.

use std::borrow::Cow;

use pasvlab_harness::Record;
use pcap_file::pcapng::blocks::unknown::UnknownBlock;

/// A decryption secrets block (pcapng, section 4.7).
const BLOCK: u32 = 0x0000_000a;
/// Secrets that are a TLS key log (pcapng, section 4.7.1): the letters TLSK.
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// The secrets of a session; none if nothing was sealed, or between programs of which none is the lab's.
///
/// The library that writes the file has no such block, but lets one be written as bytes.
pub(super) fn block(record: &Record) -> Option<UnknownBlock<'static>> {
    let mut secrets = record.sealed.secrets().join("\n");
    if secrets.is_empty() {
        return None;
    }
    secrets.push('\n');
    // As the rest of the file: little-endian, see `ENDIANNESS`.
    let mut value = Vec::new();
    value.extend_from_slice(&TLS_KEY_LOG.to_le_bytes());
    value.extend_from_slice(&(secrets.len() as u32).to_le_bytes());
    value.extend_from_slice(secrets.as_bytes());
    // The length says how much of it counts; blocks end at a multiple of four.
    value.resize(value.len().next_multiple_of(4), 0);
    // The writer finds the block's own length out.
    Some(UnknownBlock { type_: BLOCK, length: 0, value: Cow::Owned(value) })
}
