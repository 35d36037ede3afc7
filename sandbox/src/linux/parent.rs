//! The caller's side.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command};

use nix::sys::memfd::{MFdFlags, memfd_create};

use command_fds::{CommandFdExt, FdMapping};

use super::SUPERVISOR;
use super::channel::{Channel, Said};
use crate::{Error, Spec};

/// The channel's descriptor in the supervisor.
const CHANNEL: i32 = 3;

/// A program that runs in a sandbox. When it is dropped, so is everything inside.
#[derive(Debug)]
pub struct Sandbox {
    supervisor: Supervisor,
    channel: Channel,
    device: OwnedFd,
    loopback: OwnedFd,
    code: Option<u8>,
}

impl Sandbox {
    /// Makes the sandbox and starts the program in it, with this process's standard streams.
    ///
    /// # Errors
    /// If something that it takes is missing; nothing is left behind then.
    pub fn start(spec: &Spec) -> Result<Self, Error> {
        Self::start_with(spec, &[])
    }

    /// The same, for a program that is given files: the content of each of [`Spec::files`].
    ///
    /// # Errors
    /// If something that it takes is missing; nothing is left behind then.
    pub fn start_with(spec: &Spec, files: &[&[u8]]) -> Result<Self, Error> {
        let files: Vec<File> =
            files.iter().map(|content| in_memory(content)).collect::<Result<_, _>>()?;
        let (channel, theirs) =
            Channel::pair().map_err(|error| Error::step("make a socket", error))?;
        let mut command = Command::new("/proc/self/exe");
        command.arg(SUPERVISOR).arg(CHANNEL.to_string());
        let mapping = FdMapping { parent_fd: theirs.into_inner(), child_fd: CHANNEL };
        command
            .fd_mappings(vec![mapping])
            .map_err(|error| Error::step("hand over a socket", format!("{error:?}")))?;
        let started = command.spawn().map_err(|error| Error::step("start the supervisor", error));
        let supervisor = Supervisor(started?);
        // The command keeps the supervisor's end of the channel open here, too.
        drop(command);
        let [device, loopback] = ready(&channel, spec, &files)?;
        Ok(Self { supervisor, channel, device, loopback, code: None })
    }

    /// The device: reading gives packets of the program, writing gives it packets. Does not block.
    #[must_use]
    pub fn device(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }

    /// Every IPv4 packet on the loopback interface inside, each twice: going out and coming in. Does
    /// not block.
    #[must_use]
    pub fn loopback(&self) -> BorrowedFd<'_> {
        self.loopback.as_fd()
    }

    /// Becomes readable when the program has ended.
    #[must_use]
    pub fn ending(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }

    /// Whether something inside listens on a TCP port.
    #[must_use]
    pub fn listens(&self, port: u16) -> bool {
        // proc_net_tcp in the kernel's documentation: local address in hexadecimal, state 0A.
        let tables = ["tcp", "tcp6"].map(|table| {
            fs::read_to_string(format!("/proc/{}/net/{table}", self.supervisor.0.id()))
        });
        let lines = tables.iter().flatten().flat_map(|table| table.lines().skip(1));
        let mut sockets = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
        let local = format!(":{port:04X}");
        sockets.any(|fields| {
            fields.get(1).is_some_and(|own| own.ends_with(&local)) && fields.get(3) == Some(&"0A")
        })
    }

    /// Waits for the program's end; its exit code, or 128 and the number of the signal that ended it.
    /// The network inside stays until the sandbox is dropped.
    ///
    /// # Errors
    /// If the supervisor died.
    pub fn wait(&mut self) -> Result<u8, Error> {
        if let Some(code) = self.code {
            return Ok(code);
        }
        let died = || Error::step("wait for the program", "its supervisor died");
        match self.channel.receive() {
            Ok(Some((Said::Ended(code), _))) => {
                self.code = Some(code);
                Ok(code)
            }
            Ok(Some((Said::Failed(error), _))) => Err(error),
            Ok(Some((Said::Ready, _)) | None) | Err(_) => Err(died()),
        }
    }
}

/// A file that is nowhere but in memory.
fn in_memory(content: &[u8]) -> Result<File, Error> {
    let failed = |error: io::Error| Error::step("keep a file in memory", error);
    let file = memfd_create(c"pasvlab", MFdFlags::MFD_CLOEXEC).map_err(|e| failed(e.into()))?;
    let mut file = File::from(file);
    file.write_all(content).and_then(|()| file.rewind()).map_err(failed)?;
    Ok(file)
}

/// Hands over the task and takes over the device and the tap.
fn ready(channel: &Channel, spec: &Spec, files: &[File]) -> Result<[OwnedFd; 2], Error> {
    let failed = |error: std::io::Error| Error::step("talk to the supervisor", error);
    let files: Vec<BorrowedFd<'_>> = files.iter().map(File::as_fd).collect();
    channel.send(spec, &files).map_err(failed)?;
    match channel.receive().map_err(failed)? {
        Some((Said::Ready, descriptors)) => descriptors
            .try_into()
            .map_err(|_| Error::step("take over the device", "descriptors are missing")),
        Some((Said::Failed(error), _)) => Err(error),
        Some((Said::Ended(_), _)) | None => {
            Err(Error::step("start the supervisor", "it ended at once"))
        }
    }
}

/// The supervisor's process, which takes everything inside along when it ends.
#[derive(Debug)]
struct Supervisor(Child);

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
