//! The name server that real hosts find: answers questions for addresses (RFC 1035) from the
//! topology's names.

use std::net::Ipv4Addr;

use simple_dns::rdata::{A, RData};
use simple_dns::{CLASS, Packet, PacketFlag, QCLASS, QTYPE, RCODE, ResourceRecord, TYPE};

/// Seconds for which an answer may be kept: not at all, so that every question is seen.
const TTL: u32 = 0;

/// The answer to a DNS message; none if it is not a question. `resolve` gives the addresses of a name,
/// or none if there is no such name; it is asked only if the question is for IPv4 addresses, and
/// `knows` otherwise.
pub(crate) fn answer(
    message: &[u8],
    knows: impl Fn(&str) -> bool,
    resolve: impl FnOnce(&str) -> Option<Vec<Ipv4Addr>>,
) -> Option<Vec<u8>> {
    let query = Packet::parse(message).ok()?;
    let question = query.questions.first()?;
    if query.has_flags(PacketFlag::RESPONSE) {
        return None;
    }
    let name = question.qname.to_string();
    let mut reply = Packet::new_reply(query.id());
    reply.set_flags(PacketFlag::RECURSION_DESIRED | PacketFlag::RECURSION_AVAILABLE);
    reply.questions.push(question.clone());
    let inet = matches!(question.qclass, QCLASS::CLASS(CLASS::IN) | QCLASS::ANY);
    let addresses = if !inet || !knows(&name) {
        *reply.rcode_mut() = RCODE::NameError;
        Vec::new()
    } else if matches!(question.qtype, QTYPE::TYPE(TYPE::A) | QTYPE::ANY) {
        resolve(&name).unwrap_or_default()
    } else {
        Vec::new()
    };
    for address in addresses {
        let data = RData::A(A::from(address));
        reply.answers.push(ResourceRecord::new(question.qname.clone(), CLASS::IN, TTL, data));
    }
    reply.build_bytes_vec_compressed().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use simple_dns::{Name, Question};

    fn ask(name: &'static str, kind: TYPE) -> Packet<'static> {
        let mut query = Packet::new_query(7);
        let name = Name::new(name).expect("a name");
        query.questions.push(Question::new(name, kind.into(), CLASS::IN.into(), false));
        query
    }

    fn answered(name: &'static str, kind: TYPE) -> (RCODE, usize) {
        let message = ask(name, kind).build_bytes_vec().expect("a message");
        let knows = |name: &str| name == "ftp.example.com";
        let resolve = |_: &str| Some(vec![Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)]);
        let reply = answer(&message, knows, resolve).expect("an answer");
        let reply = Packet::parse(&reply).expect("a message");
        assert_eq!(reply.id(), 7);
        (reply.rcode(), reply.answers.len())
    }

    #[test]
    fn every_address_of_a_name_is_in_the_answer() {
        assert_eq!(answered("ftp.example.com", TYPE::A), (RCODE::NoError, 2));
    }

    #[test]
    fn a_known_name_has_no_address_of_version_6_but_exists() {
        assert_eq!(answered("ftp.example.com", TYPE::AAAA), (RCODE::NoError, 0));
    }

    #[test]
    fn an_unknown_name_does_not_exist() {
        assert_eq!(answered("www.example.com", TYPE::A), (RCODE::NameError, 0));
    }

    #[test]
    fn what_is_not_a_question_gets_no_answer() {
        assert_eq!(answer(b"nonsense", |_| true, |_| None), None);
    }
}
