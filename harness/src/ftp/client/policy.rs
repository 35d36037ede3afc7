//! Which address a client dials, given the reply to `PASV` and the control connection's peer.

use std::net::Ipv4Addr;

use pasvlab_scenarios::AddressPolicy;

/// What a policy makes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Dial the reply's address.
    Reply,
    /// Dial the control connection's peer.
    Peer,
    /// Dial nothing: the transfer ends.
    Neither,
}

/// Applies `policy`.
#[must_use]
pub fn choose(policy: AddressPolicy, reply: Ipv4Addr, peer: Ipv4Addr) -> Choice {
    let unroutable = |address| starts_with_zero(address) || has_unroutable_prefix(address);
    let substitute = match policy {
        AddressPolicy::Reply => false,
        AddressPolicy::Peer => true,
        AddressPolicy::ReplyMustEqualPeer if reply == peer => false,
        AddressPolicy::ReplyMustEqualPeerOrLoopback
            if reply == peer || (reply.is_loopback() && peer.is_loopback()) =>
        {
            false
        }
        AddressPolicy::ReplyMustEqualPeer | AddressPolicy::ReplyMustEqualPeerOrLoopback => {
            return Choice::Neither;
        }
        AddressPolicy::PeerIfReserved => is_reserved(reply) || reply.is_multicast(),
        AddressPolicy::PeerIfReservedOrScopeDiffers => {
            is_reserved(reply)
                || reply.is_multicast()
                || is_private_or_link_local(reply) != is_private_or_link_local(peer)
                || (reply == Ipv4Addr::LOCALHOST) != (peer == Ipv4Addr::LOCALHOST)
        }
        AddressPolicy::PeerIfReplyUnroutable => unroutable(reply) && !unroutable(peer),
        AddressPolicy::PeerIfReplyUnroutableButZero => {
            has_unroutable_prefix(reply) && !has_unroutable_prefix(peer)
        }
        // The literal parser rejects a first octet of 0, and what is no literal is not routable.
        AddressPolicy::PeerIfReplyUnroutableOrInvalid => unroutable(reply) && !unroutable(peer),
        AddressPolicy::MismatchIfReplyUnroutableOrInvalid => {
            if unroutable(reply) && !unroutable(peer) {
                return Choice::Neither;
            }
            false
        }
        AddressPolicy::PeerIfReplyPrivateAndPrefixDiffers => {
            private_prefix(reply).is_some_and(|prefix| private_prefix(peer) != Some(prefix))
        }
        AddressPolicy::PeerIfReplySiteLocalAndPeerNot => reply.is_private() && !peer.is_private(),
        AddressPolicy::PeerIfReplyZeroOrSiteLocalAndPeerNot => {
            reply.is_unspecified() || (reply.is_private() && !peer.is_private())
        }
        AddressPolicy::PeerIfReplyPrivateAndPeerNot => {
            let private =
                |address: Ipv4Addr| address.is_private() || address == Ipv4Addr::LOCALHOST;
            private(reply) && !private(peer)
        }
        AddressPolicy::PeerIfMulticastOrScopeDiffers => {
            reply.is_multicast()
                || reply.is_private() != peer.is_private()
                || reply.is_loopback() != peer.is_loopback()
        }
        AddressPolicy::PeerIfReplyUnroutableWhateverPeer => {
            // The pattern has no end: it takes 127.0.0.10 and 127.0.0.100 as well.
            let text = reply.to_string();
            reply.is_private() || text.starts_with("127.0.0.1") || reply.is_unspecified()
        }
    };
    if substitute { Choice::Peer } else { Choice::Reply }
}

/// Which of the texts `192.168.`, `10.` and `172.16.` to `172.31.` an address begins with, as its
/// first two octets, or only the first for `10.` (NcFTP 3.2.7 libncftp/ftp.c, FTPFixPrivateAddr).
fn private_prefix(address: Ipv4Addr) -> Option<(u8, u8)> {
    match address.octets() {
        [10, ..] => Some((10, 0)),
        [first @ 192, second @ 168, ..] | [first @ 172, second @ 16..=31, ..] => {
            Some((first, second))
        }
        _ => None,
    }
}

/// 0/8, 127/8 except 127.0.0.1, 240/4 and above (lftp 4.9.3 src/network.cc, is_reserved).
fn is_reserved(address: Ipv4Addr) -> bool {
    let first = address.octets()[0];
    first == 0 || (first == 127 && address != Ipv4Addr::LOCALHOST) || first >= 240
}

/// 10/8, 172.16/12, 192.168/16, 169.254/16 (lftp 4.9.3 src/network.cc, is_private).
fn is_private_or_link_local(address: Ipv4Addr) -> bool {
    address.is_private() || address.is_link_local()
}

/// The address as text starts with `127`, `10.`, `192.168`, `169.254`, or `172.16.` to `172.31.`
/// (WinSCP source/filezilla/FtpControlSocket.cpp, IsRoutableAddress; libfilezilla lib/iputils.cpp,
/// is_routable_address). For dotted quads without leading zeros these prefixes are whole ranges.
fn has_unroutable_prefix(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_private() || address.is_link_local()
}

/// The address as text starts with `0.`.
fn starts_with_zero(address: Ipv4Addr) -> bool {
    address.octets()[0] == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use pasvlab_scenarios::AddressPolicy as P;
    use rstest::rstest;

    const PRIVATE: &str = "10.1.135.46";
    const PUBLIC: &str = "198.51.100.7";

    #[rstest]
    #[case::reply_is_dialled_as_it_is(P::Reply, "0.0.0.0", PRIVATE, Choice::Reply)]
    #[case::peer_is_dialled_whatever_the_reply(P::Peer, "203.0.113.5", PRIVATE, Choice::Peer)]
    #[case::equal_reply_is_accepted(P::ReplyMustEqualPeer, PRIVATE, PRIVATE, Choice::Reply)]
    #[case::other_reply_ends_it(P::ReplyMustEqualPeer, "10.0.1.10", PRIVATE, Choice::Neither)]
    #[case::reserved_zero(P::PeerIfReservedOrScopeDiffers, "0.0.0.0", PRIVATE, Choice::Peer)]
    #[case::reserved_240(P::PeerIfReservedOrScopeDiffers, "240.0.0.1", PUBLIC, Choice::Peer)]
    #[case::multicast(P::PeerIfReservedOrScopeDiffers, "224.0.0.1", PUBLIC, Choice::Peer)]
    #[case::both_private(P::PeerIfReservedOrScopeDiffers, "10.0.1.10", PRIVATE, Choice::Reply)]
    #[case::private_public(P::PeerIfReservedOrScopeDiffers, "10.0.1.10", PUBLIC, Choice::Peer)]
    #[case::public_private(P::PeerIfReservedOrScopeDiffers, PUBLIC, PRIVATE, Choice::Peer)]
    #[case::shared_space_is_public(
        P::PeerIfReservedOrScopeDiffers,
        "100.64.0.1",
        PUBLIC,
        Choice::Reply
    )]
    #[case::unroutable_to_public(P::PeerIfReplyUnroutable, "10.0.1.10", PUBLIC, Choice::Peer)]
    #[case::unroutable_to_private(P::PeerIfReplyUnroutable, "10.0.1.10", PRIVATE, Choice::Reply)]
    #[case::zero_to_private(P::PeerIfReplyUnroutable, "0.0.0.0", PRIVATE, Choice::Reply)]
    #[case::zero_to_public(P::PeerIfReplyUnroutable, "0.0.0.0", PUBLIC, Choice::Peer)]
    #[case::invalid_zero_to_private(
        P::PeerIfReplyUnroutableOrInvalid,
        "0.0.0.0",
        PRIVATE,
        Choice::Reply
    )]
    #[case::invalid_zero_to_public(
        P::PeerIfReplyUnroutableOrInvalid,
        "0.0.0.0",
        PUBLIC,
        Choice::Peer
    )]
    #[case::loopback_for_loopback(
        P::ReplyMustEqualPeerOrLoopback,
        "127.0.0.2",
        "127.0.0.1",
        Choice::Reply
    )]
    #[case::other_ends_it(P::ReplyMustEqualPeerOrLoopback, "10.0.1.10", PRIVATE, Choice::Neither)]
    #[case::only_reserved(P::PeerIfReserved, "10.0.1.10", PUBLIC, Choice::Reply)]
    #[case::only_reserved_zero(P::PeerIfReserved, "0.0.0.0", PUBLIC, Choice::Peer)]
    #[case::zero_is_routable(P::PeerIfReplyUnroutableButZero, "0.0.0.0", PUBLIC, Choice::Reply)]
    #[case::private_is_not(P::PeerIfReplyUnroutableButZero, "10.0.1.10", PUBLIC, Choice::Peer)]
    #[case::mismatch(P::MismatchIfReplyUnroutableOrInvalid, "10.0.1.10", PUBLIC, Choice::Neither)]
    #[case::no_mismatch(P::MismatchIfReplyUnroutableOrInvalid, "10.0.1.10", PRIVATE, Choice::Reply)]
    #[case::same_prefix(P::PeerIfReplyPrivateAndPrefixDiffers, "10.0.1.10", PRIVATE, Choice::Reply)]
    #[case::other_prefix(
        P::PeerIfReplyPrivateAndPrefixDiffers,
        "192.168.1.1",
        PRIVATE,
        Choice::Peer
    )]
    #[case::prefix_of_172(
        P::PeerIfReplyPrivateAndPrefixDiffers,
        "172.17.0.2",
        "172.16.0.1",
        Choice::Peer
    )]
    #[case::no_prefix(P::PeerIfReplyPrivateAndPrefixDiffers, "0.0.0.0", PRIVATE, Choice::Reply)]
    #[case::site_local(P::PeerIfReplySiteLocalAndPeerNot, "10.0.1.10", PUBLIC, Choice::Peer)]
    #[case::site_local_both(P::PeerIfReplySiteLocalAndPeerNot, "10.0.1.10", PRIVATE, Choice::Reply)]
    #[case::link_local_is_not(
        P::PeerIfReplySiteLocalAndPeerNot,
        "169.254.1.1",
        PUBLIC,
        Choice::Reply
    )]
    #[case::zero(P::PeerIfReplyZeroOrSiteLocalAndPeerNot, "0.0.0.0", PRIVATE, Choice::Peer)]
    #[case::not_zero(P::PeerIfReplySiteLocalAndPeerNot, "0.0.0.0", PUBLIC, Choice::Reply)]
    #[case::localhost(P::PeerIfReplyPrivateAndPeerNot, "127.0.0.1", PUBLIC, Choice::Peer)]
    #[case::other_loopback(P::PeerIfReplyPrivateAndPeerNot, "127.0.0.2", PUBLIC, Choice::Reply)]
    #[case::go_zero_private(P::PeerIfMulticastOrScopeDiffers, "0.0.0.0", PRIVATE, Choice::Peer)]
    #[case::go_zero_public(P::PeerIfMulticastOrScopeDiffers, "0.0.0.0", PUBLIC, Choice::Reply)]
    #[case::go_link_local(P::PeerIfMulticastOrScopeDiffers, "169.254.1.1", PUBLIC, Choice::Reply)]
    #[case::whatever_peer(P::PeerIfReplyUnroutableWhateverPeer, "10.0.1.10", PRIVATE, Choice::Peer)]
    #[case::whatever_zero(P::PeerIfReplyUnroutableWhateverPeer, "0.0.0.0", PUBLIC, Choice::Peer)]
    #[case::whatever_pattern(
        P::PeerIfReplyUnroutableWhateverPeer,
        "127.0.0.19",
        PUBLIC,
        Choice::Peer
    )]
    #[case::whatever_other(P::PeerIfReplyUnroutableWhateverPeer, "0.0.0.1", PUBLIC, Choice::Reply)]
    #[case::other_public(P::PeerIfReplyUnroutableOrInvalid, "203.0.113.5", PRIVATE, Choice::Reply)]
    fn policy_chooses(
        #[case] policy: P,
        #[case] reply: &str,
        #[case] peer: &str,
        #[case] expected: Choice,
    ) {
        let address = |text: &str| text.parse().expect("an address");
        assert_eq!(choose(policy, address(reply), address(peer)), expected);
    }
}
