//! Messages between the caller and the supervisor: JSON in packets of a Unix socket, with file
//! descriptors beside them.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr,
    recvmsg, sendmsg, socketpair,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Bytes of the longest message.
const LONGEST: usize = 128 * 1024;
/// Descriptors that come with a message at most.
const MOST_DESCRIPTORS: usize = 16;

/// What the supervisor says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// Device and loopback tap come with it; the program is being started.
    Ready,
    /// It could not be done.
    Failed(Error),
    /// The program has ended with this exit code; 128 and the number after a signal.
    Ended(u8),
}

/// One end of the channel.
#[derive(Debug)]
pub(super) struct Channel(OwnedFd);

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Channel {
    /// Two ends that belong together.
    pub(super) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
        Ok((Self(one), Self(other)))
    }

    pub(super) fn of(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }

    pub(super) fn into_inner(self) -> OwnedFd {
        self.0
    }

    pub(super) fn send(
        &self,
        message: &impl Serialize,
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        let text = serde_json::to_vec(message).map_err(io::Error::other)?;
        if text.len() > LONGEST {
            return Err(io::Error::other("the command line is too long"));
        }
        let raw: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&raw)];
        let control = if raw.is_empty() { &rights[..0] } else { &rights };
        let flags = MsgFlags::MSG_NOSIGNAL;
        let parts = [IoSlice::new(&text)];
        sendmsg::<UnixAddr>(self.0.as_raw_fd(), &parts, control, flags, None)?;
        Ok(())
    }

    /// The next message; none if the other end is closed.
    pub(super) fn receive<M: DeserializeOwned>(&self) -> io::Result<Option<(M, Vec<OwnedFd>)>> {
        let mut buffer = vec![0; LONGEST];
        let mut space = nix::cmsg_space!([RawFd; MOST_DESCRIPTORS]);
        let (bytes, raw) = {
            let mut parts = [IoSliceMut::new(&mut buffer)];
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            let message =
                recvmsg::<UnixAddr>(self.0.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
            let mut raw = Vec::new();
            for control in message.cmsgs()? {
                if let ControlMessageOwned::ScmRights(descriptors) = control {
                    raw.extend(descriptors);
                }
            }
            (message.bytes, raw)
        };
        let owned = raw.into_iter().map(super::interface::received).collect();
        if bytes == 0 {
            return Ok(None);
        }
        let message = serde_json::from_slice(&buffer[..bytes]).map_err(io::Error::other)?;
        Ok(Some((message, owned)))
    }
}
