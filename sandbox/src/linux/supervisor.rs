//! The supervisor: makes the namespaces and everything in them, starts process 1, and stays until
//! the caller has closed the channel, because the network goes with its last process.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{getegid, geteuid};

use super::channel::{Channel, Said};
use super::{INIT, files, groups, interface};
use crate::{Error, Spec};

/// Signals that are the program's own business.
const TERMINAL_SIGNALS: &[i32] =
    &[signal_hook::consts::SIGINT, signal_hook::consts::SIGQUIT, signal_hook::consts::SIGHUP];

/// Runs to the end. `descriptor` is the number of the channel's descriptor.
pub(super) fn run(descriptor: Option<OsString>) -> ExitCode {
    let number = descriptor.and_then(|text| text.to_str()?.parse().ok());
    let Some(number) = number else { return ExitCode::from(70) };
    let channel = Channel::of(interface::received(number));
    // The program is not to have the channel.
    let kept = fcntl(&channel, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC));
    if kept.is_err() {
        return ExitCode::from(70);
    }
    match supervise(&channel) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If nobody listens, there is nobody to tell.
            let _ = channel.send(&Said::Failed(error), &[]);
            ExitCode::from(70)
        }
    }
}

fn supervise(channel: &Channel) -> Result<(), Error> {
    // If the caller is gone already, the channel will tell.
    die_with_the_caller()?;
    let received = channel.receive().map_err(|error| Error::step("read the task", error))?;
    let Some((spec, given)) = received else { return Ok(()) };
    let spec: Spec = spec;
    catch_signals()?;
    enter_namespaces(&spec)?;
    // A change of credentials may have taken it away (prctl(2)).
    die_with_the_caller()?;
    let device = interface::bring_up(&spec.addresses, spec.mtu)?;
    let tap = interface::tap()?;
    settings(&spec)?;
    files::put(&spec)?;
    files::give(&spec, given)?;
    channel
        .send(&Said::Ready, &[device.as_fd(), tap.as_fd()])
        .map_err(|error| Error::step("hand over the device", error))?;
    drop((device, tap));
    let code = run_program(&spec)?;
    let told = channel.send(&Said::Ended(code), &[]);
    if told.is_ok() {
        // The caller closes its end when it has seen everything.
        let _: Result<Option<(Spec, _)>, _> = channel.receive();
    }
    Ok(())
}

fn die_with_the_caller() -> Result<(), Error> {
    prctl::set_pdeathsig(Signal::SIGKILL)
        .map_err(|error| Error::step("tie the supervisor to its caller", error))
}

/// A handler, not `SIG_IGN`: the program that is started would inherit that.
fn catch_signals() -> Result<(), Error> {
    for signal in TERMINAL_SIGNALS {
        signal_hook::flag::register(*signal, Arc::new(AtomicBool::new(false)))
            .map_err(|error| Error::step("handle signals", error))?;
    }
    Ok(())
}

fn enter_namespaces(spec: &Spec) -> Result<(), Error> {
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)
        .map_err(|error| Error::UserNamespaces { cause: error.to_string() })?;
    // user_namespaces(7): a process may map its own ids, and groups only once setgroups is denied.
    let inside = |id: u32| if spec.as_root { 0 } else { id };
    let maps = [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{} {user} 1", inside(user.as_raw()))),
        ("gid_map", format!("{} {group} 1", inside(group.as_raw()))),
    ];
    for (file, text) in maps {
        fs::write(format!("/proc/self/{file}"), text)
            .map_err(|error| Error::UserNamespaces { cause: format!("{file}: {error}") })?;
    }
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWPID)
        .map_err(|error| Error::UserNamespaces { cause: error.to_string() })
}

/// Settings of the network namespace (ip-sysctl in the kernel's documentation).
fn settings(spec: &Spec) -> Result<(), Error> {
    let mut settings = vec![("ip_unprivileged_port_start", "0".to_owned())];
    if let Some(count) = spec.syn_retries {
        settings.push(("tcp_syn_retries", count.to_string()));
        settings.push(("tcp_syn_linear_timeouts", "0".to_owned()));
    }
    for (name, value) in settings {
        match fs::write(format!("/proc/sys/net/ipv4/{name}"), value) {
            // Kernels before 6.5 have no linear time-outs, which is what is wanted.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            result => {
                result.map_err(|error| Error::step(format!("set net.ipv4.{name} inside"), error))?
            }
        }
    }
    Ok(())
}

fn run_program(spec: &Spec) -> Result<u8, Error> {
    if spec.as_root {
        groups::pretend()?;
    }
    let mut init = Command::new("/proc/self/exe");
    init.arg(INIT).args(&spec.command);
    init.envs(spec.environment.iter().map(|(name, value)| (name, value)));
    let failed = |error: std::io::Error| Error::step("start process 1 inside", error);
    let mut init = init.spawn().map_err(failed)?;
    let status = init.wait().map_err(failed)?;
    Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()) as u8)
}
