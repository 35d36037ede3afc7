//! Questions that everyone asks a topology.

use std::net::Ipv4Addr;

use crate::model::{
    Host, HostIx, Interface, LoadBalancer, LoadBalancerIx, Network, NetworkIx, PassiveIp, Role,
    Subnet, SubnetIx, Topology,
};

impl Topology {
    /// What the server announces under this setting; none if this topology has no such setting, so
    /// that the cell is not applicable.
    ///
    /// `auto` and `zero` exist everywhere, the others come from [`Topology::passive_ips`].
    pub fn announced(&self, passive_ip: &str) -> Option<PassiveIp> {
        match passive_ip {
            "auto" => Some(PassiveIp::Auto),
            "zero" => Some(PassiveIp::Address(Ipv4Addr::UNSPECIFIED)),
            id => self.passive_ips.get(id).copied().map(PassiveIp::Address),
        }
    }

    /// The settings that [`Topology::announced`] knows: `auto`, `zero`, then this topology's own in
    /// order of id.
    pub fn passive_ip_ids(&self) -> impl Iterator<Item = &str> {
        ["auto", "zero"].into_iter().chain(self.passive_ips.keys().map(String::as_str))
    }

    /// The machine that runs the FTP client.
    ///
    /// # Panics
    ///
    /// If there is none, which the loader does not let happen.
    pub fn client(&self) -> &Host {
        &self.hosts[self.client_ix().0]
    }

    /// Position of [`Topology::client`].
    ///
    /// # Panics
    ///
    /// As [`Topology::client`].
    pub fn client_ix(&self) -> HostIx {
        self.only(Role::Client)
    }

    /// The machine that runs the FTP server.
    ///
    /// # Panics
    ///
    /// If there is none, which the loader does not let happen.
    pub fn server(&self) -> &Host {
        &self.hosts[self.server_ix().0]
    }

    /// Position of [`Topology::server`].
    ///
    /// # Panics
    ///
    /// As [`Topology::server`].
    pub fn server_ix(&self) -> HostIx {
        self.only(Role::Server)
    }

    fn only(&self, role: Role) -> HostIx {
        let position = self.hosts.iter().position(|host| host.role == role);
        HostIx(position.expect("the loader makes sure that there is one client and one server"))
    }

    /// The subnet at this position.
    pub fn subnet(&self, ix: SubnetIx) -> &Subnet {
        &self.subnets[ix.0]
    }

    /// The network at this position.
    pub fn network(&self, ix: NetworkIx) -> &Network {
        &self.networks[ix.0]
    }

    /// The load balancer at this position.
    pub fn load_balancer(&self, ix: LoadBalancerIx) -> &LoadBalancer {
        &self.load_balancers[ix.0]
    }

    /// The network in which this interface's address means something.
    pub fn network_of(&self, interface: Interface) -> NetworkIx {
        self.subnet(interface.subnet).network
    }

    /// The availability zone of this interface, if its subnet has one.
    pub fn zone_of(&self, interface: Interface) -> Option<&str> {
        self.subnet(interface.subnet).zone.as_deref()
    }
}
