//! Diagnostics on standard error, with virtual time instead of the clock's.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// Virtual time of the simulation on this thread.
struct VirtualTime;

impl FormatTime for VirtualTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        let now = pasvlab_harness::sim::now();
        write!(writer, "{:>6}.{:03}", now.as_secs(), now.subsec_millis())
    }
}

/// Installs the subscriber if anything is to be said: `-v`, `-vv`, or `RUST_LOG`. Without one the
/// instrumented libraries cost next to nothing.
pub(crate) fn install(verbose: u8) {
    let from_environment = std::env::var_os("RUST_LOG").is_some();
    if verbose == 0 && !from_environment {
        return;
    }
    let filter = if from_environment {
        EnvFilter::from_default_env()
    } else if verbose == 1 {
        EnvFilter::new("pasvlab=debug,pasvlab_harness=debug,libunftp=info")
    } else {
        EnvFilter::new("pasvlab=trace,pasvlab_harness=trace,libunftp=trace,suppaftp=trace")
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_timer(VirtualTime)
        .with_ansi(crate::terminal::colour_on_stderr())
        .with_writer(std::io::stderr)
        .init();
}
