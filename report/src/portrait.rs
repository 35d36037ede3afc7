//! What was learned about a program.
//!
//! - [`mod@file`] — as a client file.
//! - [`summary`] — for a terminal.

pub mod file;
pub mod summary;
mod table;

use pasvlab_harness::portrait::{Difference, Draft, Likeness, Sight};

/// Everything that was learned.
#[derive(Debug, Clone)]
pub struct Portrait<'a> {
    /// What the program is.
    pub about: About,
    /// What it was seen to do.
    pub seen: &'a [Sight],
    /// What was concluded from that.
    pub draft: &'a Draft,
    /// Where the lab's client does something else with the file that was made of it.
    pub differences: &'a [Difference],
    /// Clients that do the same, or nearly.
    pub closest: &'a [Likeness],
}

/// What a client file says about its program before it comes to what it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The client's id.
    pub id: String,
    /// The program.
    pub program: String,
    /// What it says about its version; none if it was not asked.
    pub version: Option<String>,
    /// How it was run.
    pub command: String,
}
