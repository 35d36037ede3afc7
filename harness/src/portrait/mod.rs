//! A program's portrait: from what it was seen to do in several situations to a client's behaviour.
//!
//! - `sight` — what a program did in one situation, read from a record.
//! - `plan` — which situation comes next, and whether it can show anything new.
//! - `address` — which address policies fit what was seen.
//! - `reaction` — what comes after a failure, and which fall-backs fit that.
//! - `conclude` — the whole behaviour, with the evidence for every part of it.
//! - `likeness` — what a client file does in the same situations, and whether it is the same.
//!
//! All of it is pure: sights in, conclusions out. Whether a real program was watched or the lab's own
//! client makes no difference.

mod address;
mod conclude;
mod likeness;
mod operations;
mod plan;
mod reaction;
mod retry;
mod sight;

pub use address::{Observation, Went, candidates, preference, same_everywhere};
pub use conclude::{Draft, Key, Nothing, conclude};
pub use likeness::{Difference, Likeness, closest, differences, simulated, watch};
pub use plan::next;
pub use sight::{Dial, Effort, End, Session, Sight, Step, sight};
