//! Which address policies fit what was seen.

use std::net::Ipv4Addr;

use pasvlab_scenarios::AddressPolicy;

use crate::ftp::client::policy::{Choice, choose};

/// Where a data connection went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Went {
    /// To this address.
    To(Ipv4Addr),
    /// Nowhere: none was dialled.
    Nowhere,
    /// It did not arrive where anybody looked.
    Unseen,
}

/// A reply to `PASV`, and where the program went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// The address in the reply.
    pub announced: Ipv4Addr,
    /// The control connection's peer.
    pub peer: Ipv4Addr,
    /// Where the data connection went.
    pub went: Went,
}

impl Observation {
    /// Whether a policy would have led there.
    #[must_use]
    pub fn fits(&self, policy: AddressPolicy) -> bool {
        let choice = choose(policy, self.announced, self.peer);
        match self.went {
            Went::To(address) => match choice {
                Choice::Reply => address == self.announced,
                Choice::Peer => address == self.peer,
                Choice::Neither => false,
            },
            Went::Nowhere => choice == Choice::Neither,
            Went::Unseen => choice == Choice::Neither || self.leads_away(choice),
        }
    }

    fn leads_away(&self, choice: Choice) -> bool {
        choice == Choice::Reply && self.announced != self.peer
    }
}

/// Every policy, in the order in which one is chosen where several fit: those that compare nothing,
/// then those that compare reply and peer for equality, then those of the most programs, then those
/// whose program is old or whose option is rare. Of two policies that never differ the one with the
/// plainer name comes first.
#[must_use]
pub const fn preference() -> [AddressPolicy; 16] {
    use AddressPolicy as P;
    [
        P::Reply,
        P::Peer,
        P::ReplyMustEqualPeer,
        P::ReplyMustEqualPeerOrLoopback,
        P::PeerIfReservedOrScopeDiffers,
        P::PeerIfReplyUnroutable,
        P::PeerIfReplyUnroutableOrInvalid,
        P::PeerIfReplyPrivateAndPrefixDiffers,
        P::PeerIfReplyZeroOrSiteLocalAndPeerNot,
        P::PeerIfReplyPrivateAndPeerNot,
        P::PeerIfMulticastOrScopeDiffers,
        P::PeerIfReplyUnroutableWhateverPeer,
        P::PeerIfReserved,
        P::PeerIfReplySiteLocalAndPeerNot,
        P::PeerIfReplyUnroutableButZero,
        P::MismatchIfReplyUnroutableOrInvalid,
    ]
}

/// The policies that fit everything that was seen, the preferred one first.
#[must_use]
pub fn candidates(seen: &[Observation]) -> Vec<AddressPolicy> {
    let fits = |policy: &AddressPolicy| seen.iter().all(|observation| observation.fits(*policy));
    preference().into_iter().filter(fits).collect()
}

/// Whether two policies choose alike, whatever is announced: they differ in what their programs
/// compare, not in what comes of it.
#[must_use]
pub fn same_everywhere(one: AddressPolicy, other: AddressPolicy) -> bool {
    let addresses = || CLASSES.into_iter().map(Ipv4Addr::from);
    addresses()
        .all(|reply| addresses().all(|peer| choose(one, reply, peer) == choose(other, reply, peer)))
}

/// Two addresses of every class that some policy looks at, or neighbours of such a class.
const CLASSES: [[u8; 4]; 21] = [
    [0, 0, 0, 0],
    [0, 0, 0, 1],
    [10, 0, 1, 10],
    [10, 1, 135, 46],
    [100, 64, 0, 1],
    [127, 0, 0, 1],
    [127, 0, 0, 2],
    [127, 0, 0, 19],
    [169, 254, 7, 7],
    [172, 15, 0, 1],
    [172, 16, 0, 1],
    [172, 17, 0, 2],
    [172, 32, 0, 1],
    [192, 168, 1, 1],
    [192, 168, 50, 10],
    [198, 51, 100, 7],
    [203, 0, 113, 5],
    [224, 0, 0, 1],
    [239, 1, 2, 3],
    [240, 0, 0, 1],
    [255, 255, 255, 254],
];

#[cfg(test)]
mod tests {
    use super::*;
    use AddressPolicy as P;

    /// A new policy does not compile until it is here; the test below then asks for its place.
    fn number(policy: P) -> usize {
        match policy {
            P::Reply
            | P::Peer
            | P::ReplyMustEqualPeer
            | P::ReplyMustEqualPeerOrLoopback
            | P::PeerIfReservedOrScopeDiffers
            | P::PeerIfReserved
            | P::PeerIfReplyUnroutable
            | P::PeerIfReplyUnroutableButZero
            | P::PeerIfReplyUnroutableOrInvalid
            | P::MismatchIfReplyUnroutableOrInvalid
            | P::PeerIfReplyPrivateAndPrefixDiffers
            | P::PeerIfReplySiteLocalAndPeerNot
            | P::PeerIfReplyZeroOrSiteLocalAndPeerNot
            | P::PeerIfReplyPrivateAndPeerNot
            | P::PeerIfMulticastOrScopeDiffers
            | P::PeerIfReplyUnroutableWhateverPeer => policy as usize,
        }
    }

    #[test]
    fn every_policy_has_a_place_in_the_order_of_preference() {
        let mut numbers: Vec<usize> = preference().into_iter().map(number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..preference().len()).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_seen_leaves_every_policy() {
        assert_eq!(candidates(&[]), preference());
    }

    #[test]
    fn an_unseen_connection_went_to_the_reply_or_nowhere() {
        let (announced, peer) = (Ipv4Addr::new(10, 0, 1, 10), Ipv4Addr::new(10, 1, 135, 46));
        let seen = Observation { announced, peer, went: Went::Unseen };
        assert!(seen.fits(P::Reply) && seen.fits(P::ReplyMustEqualPeer) && !seen.fits(P::Peer));
    }

    #[test]
    fn only_these_policies_never_differ() {
        let mut same = Vec::new();
        for (at, one) in preference().into_iter().enumerate() {
            let others = preference().into_iter().skip(at + 1);
            same.extend(others.filter(|o| same_everywhere(one, *o)).map(|other| (one, other)));
        }
        assert_eq!(same, [(P::PeerIfReplyUnroutable, P::PeerIfReplyUnroutableOrInvalid)]);
    }
}
