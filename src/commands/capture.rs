//! `--pcap`: the packets of a session as a file.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use pasvlab_harness::{Record, Scenario, Verdict, lab};
use pasvlab_report::capture::{self, Places};

use crate::cli::CaptureArgs;
use crate::exit::Failure;

/// A file that will have the packets of a session.
pub(super) struct Capture {
    places: Places,
    out: Box<dyn Write>,
}

/// Whether the packets go to standard output.
pub(super) fn to_stdout(args: &CaptureArgs) -> bool {
    args.pcap.as_deref() == Some(Path::new("-"))
}

impl Capture {
    /// Opens the file, if one is asked for. Nothing is opened if there is no place of a given name.
    pub(super) fn prepare(
        args: &CaptureArgs,
        scenario: &Scenario<'_>,
    ) -> Result<Option<Self>, Failure> {
        let Some(path) = &args.pcap else { return Ok(None) };
        let places = lab::places(scenario);
        let places = match args.pcap_at.as_slice() {
            [] => Places::all(&places),
            names => Places::named(&places, names).map_err(|unknown| {
                let topology = &scenario.topology.id;
                Failure::Usage(format!("--pcap-at: in topology `{topology}` {unknown}"))
            })?,
        };
        let out: Box<dyn Write> = if !to_stdout(args) {
            let file = File::create(path).map_err(|error| {
                Failure::Usage(format!("cannot write {}: {error}", path.display()))
            })?;
            Box::new(file)
        } else if io::stdout().is_terminal() {
            let text = "--pcap -: packets are not for a terminal; redirect standard output, or name a file";
            return Err(Failure::Usage(text.to_owned()));
        } else {
            Box::new(io::stdout().lock())
        };
        Ok(Some(Self { places, out: Box::new(BufWriter::new(out)) }))
    }

    /// Writes it. `command` is what was typed, without what does not matter for the packets.
    pub(super) fn write(
        mut self,
        record: &Record,
        verdict: &Verdict,
        command: &[&str],
    ) -> io::Result<()> {
        // Only a NUL cannot be quoted, which no argument has.
        let command = shlex::try_join(command.iter().copied()).unwrap_or_default();
        capture::write(record, verdict, &self.places, &command, &mut self.out)
    }
}
