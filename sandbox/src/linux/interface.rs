//! The TUN device and the loopback interface, set up by ioctl as in netdevice(7) and the kernel's
//! Documentation/networking/tuntap.rst, and descriptors that came from elsewhere.
#![expect(unsafe_code, reason = "ioctl and descriptors received by number have no safe interface")]

use std::fs::{File, OpenOptions};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use libc::{c_char, c_int, c_short, c_ulong, ifreq, rtentry, sockaddr, sockaddr_in};
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};

use crate::Error;

/// The device's name inside.
const NAME: &str = "pasvlab0";

/// A descriptor that this process was given: in a message, or when it was started.
pub(super) fn received(descriptor: RawFd) -> OwnedFd {
    // SAFETY: the kernel put the descriptor into this process's table for the receiver of the message,
    // or command-fds did before this program began; nothing else in this process knows its number.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

/// A TUN device with these addresses that takes every packet, and the loopback interface up.
pub(super) fn bring_up(addresses: &[Ipv4Addr], mtu: u16) -> Result<OwnedFd, Error> {
    let tun = open_tun()?;
    configure(addresses, mtu).map_err(|error| Error::step("set up the network inside", error))?;
    Ok(tun)
}

fn open_tun() -> Result<OwnedFd, Error> {
    let failed = |error: io::Error| Error::Tun { cause: error.to_string() };
    let tun = OpenOptions::new().read(true).write(true).open("/dev/net/tun").map_err(failed)?;
    let mut request = named(NAME);
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as c_short;
    control(&tun, libc::TUNSETIFF as c_ulong, &mut request).map_err(failed)?;
    nix::fcntl::fcntl(&tun, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))
        .map_err(|error| failed(error.into()))?;
    Ok(tun.into())
}

fn configure(addresses: &[Ipv4Addr], mtu: u16) -> io::Result<()> {
    let any = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    let any = File::from(any);
    for (number, address) in addresses.iter().enumerate() {
        // Further addresses are aliases (netdevice(7)).
        let name = if number == 0 { NAME.to_owned() } else { format!("{NAME}:{number}") };
        let mut request = named(&name);
        request.ifr_ifru.ifru_addr = socket_address(*address);
        control(&any, libc::SIOCSIFADDR as c_ulong, &mut request)?;
        request.ifr_ifru.ifru_netmask = socket_address(Ipv4Addr::BROADCAST);
        control(&any, libc::SIOCSIFNETMASK as c_ulong, &mut request)?;
    }
    let mut request = named(NAME);
    request.ifr_ifru.ifru_mtu = c_int::from(mtu);
    control(&any, libc::SIOCSIFMTU as c_ulong, &mut request)?;
    for name in ["lo", NAME] {
        let mut request = named(name);
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as c_short;
        control(&any, libc::SIOCSIFFLAGS as c_ulong, &mut request)?;
    }
    let mut device: Vec<c_char> = NAME.bytes().chain([0]).map(|byte| byte as c_char).collect();
    // SAFETY: rtentry is plain data for which all zeros is a value.
    let mut route: rtentry = unsafe { std::mem::zeroed() };
    route.rt_dst = socket_address(Ipv4Addr::UNSPECIFIED);
    route.rt_genmask = socket_address(Ipv4Addr::UNSPECIFIED);
    route.rt_flags = libc::RTF_UP;
    route.rt_dev = device.as_mut_ptr();
    control(&any, libc::SIOCADDRT as c_ulong, &mut route)
}

/// Sees every IPv4 packet on the loopback interface (packet(7)).
pub(super) fn tap() -> Result<OwnedFd, Error> {
    let failed = |error: io::Error| Error::step("watch the loopback interface inside", error);
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let tap = socket(AddressFamily::Packet, SockType::Datagram, flags, SockProtocol::EthIp)
        .map_err(|error| failed(error.into()))?;
    // SAFETY: sockaddr_ll is plain data for which all zeros is a value.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as libc::sa_family_t;
    address.sll_protocol = (libc::ETH_P_IP as u16).to_be();
    // SAFETY: the name ends with a zero byte.
    address.sll_ifindex = unsafe { libc::if_nametoindex(c"lo".as_ptr()) } as c_int;
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the address is what packet sockets are bound to, and lives throughout the call.
    let bound = unsafe { libc::bind(tap.as_raw_fd(), (&raw const address).cast(), length) };
    if bound < 0 { Err(failed(io::Error::last_os_error())) } else { Ok(tap) }
}

fn named(name: &str) -> ifreq {
    // SAFETY: ifreq is plain data for which all zeros is a value.
    let mut request: ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = byte as c_char;
    }
    request
}

fn socket_address(address: Ipv4Addr) -> sockaddr {
    // SAFETY: sockaddr_in is plain data for which all zeros is a value.
    let mut inet: sockaddr_in = unsafe { std::mem::zeroed() };
    inet.sin_family = libc::AF_INET as libc::sa_family_t;
    inet.sin_addr.s_addr = u32::from(address).to_be();
    // SAFETY: both are plain data of 16 bytes, and the kernel reads a sockaddr by its family.
    unsafe { std::mem::transmute::<sockaddr_in, sockaddr>(inet) }
}

/// ioctl(2) with a structure that the kernel reads and may write.
fn control<T>(descriptor: &File, request: c_ulong, argument: &mut T) -> io::Result<()> {
    // SAFETY: every request above takes a pointer to the structure that it is given here, which lives
    // throughout the call; the names inside end with zeros and live as long.
    let result =
        unsafe { libc::ioctl(descriptor.as_raw_fd(), request, std::ptr::from_mut(argument)) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
