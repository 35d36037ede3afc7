//! Any bytes as a reply to `PASV` and to `EPSV`, read in every way.

#![no_main]

#[path = "../../harness/tests/replies/ways.rs"]
mod ways;

use libfuzzer_sys::fuzz_target;
use pasvlab_harness::ftp::client::replies;

fuzz_target!(|bytes: &[u8]| {
    // As the client's engine makes text of a reply.
    let text = String::from_utf8_lossy(bytes);
    for way in ways::PASV {
        let _ = replies::pasv(*way, 227, &text);
    }
    for way in ways::EPSV {
        let _ = replies::epsv(*way, 229, &text);
    }
});
