//! Arguments of what writes captures.

use std::path::PathBuf;

use clap::Args;

/// Whether packets are written to a file, and which.
#[derive(Debug, Default, Args)]
pub(crate) struct CaptureArgs {
    /// Write the packets to this file (pcapng, for Wireshark), as every place saw them
    #[arg(long, value_name = "FILE")]
    pub(crate) pcap: Option<PathBuf>,

    /// Only as this place saw them, as `client` (repeatable)
    #[arg(long, value_name = "PLACE", requires = "pcap")]
    pub(crate) pcap_at: Vec<String>,
}
