//! `pasvlab advise`.

use clap::Args;

pub(super) const ADVISE_EXAMPLES: &str = "\
Several topologies are ways to one server, whose settings hold for all of them:
consumers of one endpoint service, or a way from inside and one from outside.

Examples:
  pasvlab advise privatelink --client ftp-netkit --client lftp
  pasvlab advise privatelink --client winscp-force-auto --keep passive-ip=AUTO
  pasvlab advise nlb-multi-az --client ftp-netkit --passive-ip nlb
  pasvlab advise privatelink privatelink-second-consumer --client ftp-netkit
  pasvlab advise idle-nlb                                        a case
  pasvlab advise docker-port-21-only --client curl --keep client --keep server

Exit codes: 0 it works, or a change was seen to help; 1 nothing helps.";

#[derive(Debug, Args)]
pub(crate) struct AdviseArgs {
    /// Topologies: ways to one server; or a case, for its topology, links and what is not given here
    #[arg(required = true, value_name = "TOPOLOGY")]
    pub(crate) topologies: Vec<String>,

    /// Clients that have to work, every way (repeatable)
    #[arg(long, value_name = "ID")]
    pub(crate) client: Vec<String>,

    /// The present setting of PassiveIp: an id of the first topology, or an address [default: auto]
    #[arg(long, value_name = "ID")]
    pub(crate) passive_ip: Option<String>,

    /// Server [default: transfer-family, or transfer-family-ftps if all clients use TLS]
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,

    /// What must stay as it is: passive-ip, passive-ip=VALUE (which is the present one then), server,
    /// network, client, client=ID (repeatable)
    #[arg(long, value_name = "WHAT")]
    pub(crate) keep: Vec<String>,
}
