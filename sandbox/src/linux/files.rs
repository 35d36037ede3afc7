//! What the program sees in `/etc`, and what it does not see: a temporary file system is mounted,
//! its files are bound over those of the system, and it is taken away again. No disk is touched.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::{Error, FILES, Spec};

/// Sockets of programs outside that would look up names for one inside.
const RESOLVERS_OUTSIDE: &[&str] = &[
    "/run/systemd/resolve/io.systemd.Resolve",
    "/run/nscd/socket",
    "/var/run/nscd/socket",
    "/run/avahi-daemon/socket",
];

/// Puts the files in place.
pub(super) fn put(spec: &Spec) -> Result<(), Error> {
    let none: Option<&str> = None;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(none, "/", none, private, none)
        .map_err(|error| Error::step("make the mounts private", error))?;
    let over: PathBuf = std::env::temp_dir();
    mount(Some("tmpfs"), &over, Some("tmpfs"), MsFlags::empty(), Some("mode=0755")).map_err(
        |error| Error::step(format!("mount a file system on {}", over.display()), error),
    )?;
    let result = bind_all(spec, &over);
    umount2(&over, MntFlags::MNT_DETACH)
        .map_err(|error| Error::step(format!("unmount {}", over.display()), error))?;
    result
}

/// Puts the files that the program is given where it finds them.
pub(super) fn give(spec: &Spec, given: Vec<OwnedFd>) -> Result<(), Error> {
    if spec.files.is_empty() {
        return Ok(());
    }
    mount(Some("tmpfs"), FILES, Some("tmpfs"), MsFlags::empty(), Some("mode=0755"))
        .map_err(|error| Error::step(format!("mount a file system on {FILES}"), error))?;
    for (name, content) in spec.files.iter().zip(given) {
        let target = Path::new(FILES).join(name);
        let copied = fs::File::create(&target)
            .and_then(|mut file| io::copy(&mut fs::File::from(content), &mut file));
        copied.map_err(|error| Error::step(format!("write {}", target.display()), error))?;
    }
    Ok(())
}

fn bind_all(spec: &Spec, over: &Path) -> Result<(), Error> {
    let files = [
        ("/etc/hosts", hosts(spec)),
        ("/etc/resolv.conf", format!("nameserver {}\n", spec.resolver)),
        // glibc would ask other services than files and the name server, too (nsswitch.conf(5)).
        ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n".to_owned()),
    ];
    for (target, content) in files {
        bind(over, Path::new(target), &content)
            .map_err(|error| Error::step(format!("put {target} in place"), error))?;
    }
    for target in RESOLVERS_OUTSIDE.iter().map(Path::new).filter(|target| target.exists()) {
        bind(over, target, "")
            .map_err(|error| Error::step(format!("hide {}", target.display()), error))?;
    }
    Ok(())
}

fn hosts(spec: &Spec) -> String {
    let mut text = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n".to_owned();
    // A host knows its own name (hosts(5)); some servers ask.
    if let (Some(own), Ok(name)) =
        (spec.addresses.first(), fs::read_to_string("/proc/sys/kernel/hostname"))
    {
        text.push_str(&format!("{own} {}\n", name.trim()));
    }
    for (address, name) in &spec.hosts {
        text.push_str(&format!("{address} {name}\n"));
    }
    text
}

/// Binds a file with this content over `target`; a link is followed.
fn bind(over: &Path, target: &Path, content: &str) -> io::Result<()> {
    // A system without the file goes without it, as programs do there.
    let Ok(target) = target.canonicalize() else { return Ok(()) };
    let file = over.join(target.file_name().unwrap_or_default());
    fs::write(&file, content)?;
    let none: Option<&str> = None;
    mount(Some(&file), &target, none, MsFlags::MS_BIND, none)?;
    Ok(())
}
