//! Network ACLs and security groups.

use std::ops::{Range, RangeInclusive};

use ipnet::Ipv4Net;

use crate::load::ids::Ids;
use crate::load::network::Ground;
use crate::load::{Report, values};
use crate::model::{
    AclRule, Interface, NetworkAcl, NetworkKind, SecurityGroup, SecurityGroupIx, SecurityRule,
};
use crate::schema;

/// The greatest number of a network ACL's rule (Amazon VPC guide, Network ACL rules).
const GREATEST_NUMBER: u64 = 32_766;

/// How long a tracked connection may be idle, in seconds: bounds, of which the upper one is the
/// default (EC2 guide, Security group connection tracking, Idle connection tracking timeout).
const TRACKED: RangeInclusive<u64> = 60..=432_000;

/// All addresses.
pub(crate) fn everywhere() -> Ipv4Net {
    Ipv4Net::default()
}

/// Addresses at the other end of a rule.
pub(crate) fn peers(report: &mut Report, text: &Option<schema::Text>) -> Option<Ipv4Net> {
    match text {
        Some(text) => values::cidr(report, text),
        None => Some(everywhere()),
    }
}

/// All network ACLs.
pub(crate) fn network_acls(
    report: &mut Report,
    tables: &[schema::NetworkAclTable],
) -> Option<Vec<NetworkAcl>> {
    values::all(tables.iter().map(|table| {
        let inbound = acl_rules(report, &table.inbound);
        let outbound = acl_rules(report, &table.outbound);
        Some(NetworkAcl { id: table.id.get_ref().clone(), inbound: inbound?, outbound: outbound? })
    }))
}

/// The rules of one direction, in order of number.
fn acl_rules(report: &mut Report, tables: &[schema::AclRuleTable]) -> Option<Vec<AclRule>> {
    let mut rules: Vec<(AclRule, Range<usize>)> = Vec::new();
    let mut complete = Some(());
    for table in tables {
        let Some(rule) = acl_rule(report, table) else {
            complete = None;
            continue;
        };
        let span = table.number.span();
        if let Some((_, first)) = rules.iter().find(|(known, _)| known.number == rule.number) {
            let problem = report
                .at(span.clone(), format!("two rules have the number {}", rule.number))
                .and(first.clone(), "the first one")
                .hint("the lowest number that matches decides: give every rule its own");
            report.add(problem);
            complete = None;
        }
        rules.push((rule, span));
    }
    rules.sort_by_key(|(rule, _)| rule.number);
    complete.map(|()| rules.into_iter().map(|(rule, _)| rule).collect())
}

fn acl_rule(report: &mut Report, table: &schema::AclRuleTable) -> Option<AclRule> {
    let number = values::within(report, &table.number, 1..=GREATEST_NUMBER);
    let ports = values::ports(report, &table.ports);
    let peer = peers(report, &table.peer);
    Some(AclRule {
        number: u16::try_from(number?).ok()?,
        allow: table.action == schema::AclAction::Allow,
        ports: ports?,
        peer: peer?,
    })
}

/// All security groups.
pub(crate) fn security_groups(
    report: &mut Report,
    tables: &[schema::SecurityGroupTable],
) -> Option<Vec<SecurityGroup>> {
    values::all(tables.iter().map(|table| {
        let inbound = security_rules(report, &table.inbound);
        let outbound = match &table.outbound {
            Some(rules) => security_rules(report, rules),
            None => Some(vec![SecurityRule { ports: 1..=u16::MAX, peer: everywhere() }]),
        };
        let idle_timeout =
            values::seconds_or(report, &table.idle_timeout_s, TRACKED, *TRACKED.end());
        Some(SecurityGroup {
            id: table.id.get_ref().clone(),
            inbound: inbound?,
            outbound: outbound?,
            idle_timeout: idle_timeout?,
        })
    }))
}

fn security_rules(
    report: &mut Report,
    tables: &[schema::SecurityRuleTable],
) -> Option<Vec<SecurityRule>> {
    values::all(tables.iter().map(|table| {
        let ports = values::ports(report, &table.ports);
        let peer = peers(report, &table.peer);
        Some(SecurityRule { ports: ports?, peer: peer? })
    }))
}

/// The security groups of something with these interfaces.
pub(crate) fn attached(
    report: &mut Report,
    ground: &Ground,
    interfaces: &[Interface],
    texts: &[schema::Text],
) -> Option<Vec<SecurityGroupIx>> {
    let groups = distinct(report, &ground.security_group_ids, texts, "security group");
    if let (Some(text), Some(interface)) = (texts.first(), interfaces.first()) {
        let network = &ground.networks[ground.subnets[interface.subnet.0].network.0];
        if network.kind != NetworkKind::Vpc {
            return report.fail(
                text.span(),
                format!("network `{}` is not a VPC and has no security groups", network.id),
                "remove `security_groups`, or give the network `kind = \"vpc\"`",
            );
        }
    }
    Some(groups?.into_iter().map(SecurityGroupIx).collect())
}

/// Positions of things that are referred to once each.
pub(crate) fn distinct(
    report: &mut Report,
    ids: &Ids,
    texts: &[schema::Text],
    what: &str,
) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for text in texts {
        let ix = ids.find(report, text)?;
        if found.contains(&ix) {
            return report.fail(
                text.span(),
                format!("{what} `{}` is there twice", text.get_ref()),
                "keep one of them",
            );
        }
        found.push(ix);
    }
    Some(found)
}
