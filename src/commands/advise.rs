//! `pasvlab advise`: the smallest changes that make everybody's sessions work.

use std::io::Write;
use std::net::Ipv4Addr;

use pasvlab_harness::advise::{Keep, Question, advise};
use pasvlab_harness::change::Side;
use pasvlab_scenarios::{
    Case, Catalog, Client, DEFAULT_SERVER, DEFAULT_SERVER_IN_TLS, PassiveIp, Topology, UnknownId,
};

use crate::cli::AdviseArgs;
use crate::commands::run::not_applicable;
use crate::exit::Failure;

/// Runs `pasvlab advise`.
pub(crate) fn run(catalog: &Catalog, args: &AdviseArgs) -> Result<(), Failure> {
    let case = case(catalog, &args.topologies);
    let ways: Vec<&Topology> = match case {
        Some(case) => vec![catalog.topology(&case.topology)?],
        None => {
            let ways = args.topologies.iter().map(|id| catalog.topology(id));
            ways.collect::<Result<_, UnknownId>>()?
        }
    };
    let ids = match (args.client.as_slice(), case) {
        ([], Some(case)) => std::slice::from_ref(&case.client),
        ([], None) => return Err(Failure::Usage(nobody())),
        (ids, _) => ids,
    };
    let clients = ids.iter().map(|id| catalog.client(id));
    let clients = clients.collect::<Result<Vec<&Client>, UnknownId>>()?;
    let or = |given: &Option<String>, of_case: Option<&String>, default: &str| {
        given.as_ref().or(of_case).cloned().unwrap_or_else(|| default.to_owned())
    };
    let present = or(&args.passive_ip, case.map(|case| &case.passive_ip), "auto");
    let in_tls = clients.iter().all(|client| client.asks_for_tls());
    let usual = if in_tls { DEFAULT_SERVER_IN_TLS } else { DEFAULT_SERVER };
    let server = or(&args.server, case.map(|case| &case.server), usual);
    let server = catalog.server(&server)?;
    let mut passive_ip = setting(ways[0], &present)?;
    let mut keep = Vec::new();
    for text in &args.keep {
        let (what, value) = match text.split_once('=') {
            Some((what, value)) => (what, Some(value)),
            None => (text.as_str(), None),
        };
        keep.push(match (what, value) {
            ("passive-ip", None) => Keep::PassiveIp,
            ("passive-ip", Some(value)) => {
                passive_ip = setting(ways[0], value)?;
                Keep::PassiveIp
            }
            ("server", None) => Keep::All(Side::Server),
            ("network", None) => Keep::All(Side::Network),
            ("client", None) => Keep::All(Side::Client),
            ("client", Some(id)) => Keep::Client(asked(ids, id)?),
            _ => return Err(unknown(text)),
        });
    }
    let question = Question {
        catalog,
        ways,
        clients,
        server,
        passive_ip,
        passive_port: case.and_then(|case| case.passive_port),
        link: case.and_then(|case| case.link),
        keep,
    };
    let advice = advise(&question);
    let mut out = anstream::stdout().lock();
    pasvlab_report::advise::write(&question, &advice, &mut out)?;
    out.flush()?;
    if advice.all_works() || !advice.proposals.is_empty() {
        return Ok(());
    }
    Err(Failure::Differs)
}

/// The case, if one was named in place of topologies.
fn case<'a>(catalog: &'a Catalog, ids: &[String]) -> Option<&'a Case> {
    let [id] = ids else { return None };
    catalog.topology(id).err().and_then(|_| catalog.case(id).ok())
}

fn nobody() -> String {
    "whose sessions are to work? name clients with --client ID; `pasvlab list clients` has the ids"
        .to_owned()
}

/// A setting by its id in a topology, or as AWS spells it.
fn setting(way: &Topology, text: &str) -> Result<PassiveIp, Failure> {
    if text.eq_ignore_ascii_case("auto") {
        return Ok(PassiveIp::Auto);
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(PassiveIp::Address(address));
    }
    way.announced(text).ok_or_else(|| not_applicable(way, text))
}

/// A client that is kept has to be one of those that were asked about.
fn asked(clients: &[String], id: &str) -> Result<String, Failure> {
    if clients.iter().any(|client| client == id) {
        return Ok(id.to_owned());
    }
    Err(Failure::Usage(format!(
        "--keep client={id}: this is not one of the clients asked about: {}",
        clients.join(", ")
    )))
}

fn unknown(text: &str) -> Failure {
    Failure::Usage(format!(
        "--keep {text}: this cannot be kept; there are passive-ip, passive-ip=VALUE, server, network, \
         client and client=ID"
    ))
}
