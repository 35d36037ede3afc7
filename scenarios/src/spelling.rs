//! How a file spells a variant.

use std::fmt::Debug;

/// A variant without fields as a file spells it: in lower case, its words joined by hyphens. Every
/// variant's spelling follows from its name.
///
/// ```
/// use pasvlab_scenarios::{AddressPolicy, spelled};
/// assert_eq!(spelled(AddressPolicy::ReplyMustEqualPeer), "reply-must-equal-peer");
/// ```
pub fn spelled(variant: impl Debug) -> String {
    spelled_name(&format!("{variant:?}"))
}

/// The same from the variant's name.
pub(crate) fn spelled_name(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}
