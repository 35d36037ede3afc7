//! How each program reads the replies to `PASV` and `EPSV`, case by case, and what holds for all.
//!
//! The comment of a test names the program, its version, and the file in which the rule is written;
//! the expected values were worked out from that file.
//!
//! - [`first_digit`] — programs that begin at the first digit after the code.
//! - [`first_six`] — programs that look for six numbers anywhere.
//! - [`enclosed`] — programs that go by parentheses or by the end of the reply.
//! - [`epsv`] — the replies to `EPSV`.
//! - [`everyone`] — one reply, read by every program.
//! - [`properties`] — what holds for any reply.
//! - [`ways`] — the list of ways.

mod enclosed;
mod epsv;
mod everyone;
mod first_digit;
mod first_six;
mod properties;
mod ways;

use std::borrow::Cow;

use pasvlab_harness::ftp::client::replies;
use pasvlab_scenarios::PasvReply;

/// Instead of an address.
const UNREADABLE: &str = "unreadable";

/// The address that a client takes from a reply to `PASV`.
fn address(way: PasvReply, reply: &str) -> Cow<'static, str> {
    let address = replies::pasv(way, code(reply), reply);
    address.map_or(UNREADABLE.into(), |address| address.to_string().into())
}

/// The reply's code, or 0.
fn code(reply: &str) -> u16 {
    reply.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0)
}
