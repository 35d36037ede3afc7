//! Lets a program believe that it has set its groups.
//!
//! One user and one group are mapped, and then setgroups(2) is refused (user_namespaces(7)). Servers that
//! become the user who has logged in call it first, and end if it fails, although there is no group that
//! they could gain or lose. So the call is answered with success, and does nothing.

use std::collections::BTreeMap;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

use crate::Error;

/// From here on, for this thread and what it starts. Without effect on a processor that the filter's
/// author does not know.
pub(super) fn pretend() -> Result<(), Error> {
    let failed = |error: String| Error::step("answer setgroups inside", error);
    let Ok(processor) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(()) };
    let filter = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_setgroups, Vec::new())]),
        SeccompAction::Allow,
        // No error: the call is not made, and returns 0 (seccomp(2), SECCOMP_RET_ERRNO).
        SeccompAction::Errno(0),
        processor,
    );
    let filter = filter.map_err(|error| failed(error.to_string()))?;
    let program = BpfProgram::try_from(filter).map_err(|error| failed(error.to_string()))?;
    apply_filter(&program).map_err(|error| failed(error.to_string()))
}
