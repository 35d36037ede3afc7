//! Filters of subnets and interfaces: network ACLs and security groups.
//!
//! Sources: Amazon VPC guide, Network ACLs; EC2 guide, Security groups, Security group connection
//! tracking.

use std::net::SocketAddrV4;

use pasvlab_scenarios::{AclRule, NetworkAcl, SecurityGroup, SecurityRule};
use rustc_hash::FxHashMap;

use super::{Packet, Time};

/// Which way a packet goes through a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the subnet or the interface.
    Inbound,
    /// Out of it.
    Outbound,
}

/// Whether a network ACL lets a packet pass: the rule with the lowest number that matches decides,
/// for each packet anew.
#[must_use]
pub fn acl_allows(acl: &NetworkAcl, direction: Direction, packet: &Packet) -> bool {
    let (rules, peer) = match direction {
        Direction::Inbound => (&acl.inbound, packet.src),
        Direction::Outbound => (&acl.outbound, packet.dst),
    };
    let matches =
        |rule: &&AclRule| rule.ports.contains(&packet.dst.port()) && rule.peer.contains(peer.ip());
    rules.iter().find(matches).is_some_and(|rule| rule.allow)
}

/// The security groups of one interface, and the connections that they track.
#[derive(Debug)]
pub struct SecurityFilter {
    inbound: Vec<SecurityRule>,
    outbound: Vec<SecurityRule>,
    idle: Time,
    /// By the interface's end and the other one; when it was last used.
    tracked: FxHashMap<(SocketAddrV4, SocketAddrV4), Time>,
}

impl SecurityFilter {
    /// The rules of several groups add up. The shortest of their idle time-outs counts; on AWS that
    /// is a setting of the interface.
    #[must_use]
    pub fn new<'a>(groups: impl IntoIterator<Item = &'a SecurityGroup>) -> Self {
        let mut filter = Self {
            inbound: Vec::new(),
            outbound: Vec::new(),
            idle: Time::MAX,
            tracked: FxHashMap::default(),
        };
        for group in groups {
            filter.inbound.extend(group.inbound.iter().cloned());
            filter.outbound.extend(group.outbound.iter().cloned());
            filter.idle = filter.idle.min(group.idle_timeout);
        }
        filter
    }

    /// Whether a packet passes: it belongs to a tracked connection, or a rule allows it, and then
    /// its connection is tracked.
    pub fn lets_pass(&mut self, now: Time, direction: Direction, packet: &Packet) -> bool {
        let (rules, own, peer) = match direction {
            Direction::Inbound => {
                (&self.inbound, packet.dst, packet.consumer.unwrap_or(packet.src))
            }
            Direction::Outbound => (&self.outbound, packet.src, packet.dst),
        };
        if let Some(last) = self.tracked.get_mut(&(own, peer))
            && now.saturating_sub(*last) <= self.idle
        {
            *last = now;
            return true;
        }
        let port = packet.dst.port();
        let allowed =
            rules.iter().any(|rule| rule.ports.contains(&port) && rule.peer.contains(peer.ip()));
        if allowed {
            self.tracked.insert((own, peer), now);
        }
        allowed
    }
}
