//! `pasvlab explain`: what a reason means.

use std::io::Write;

use pasvlab_report::reasons::{self, Reasons};

use crate::cli::{ExplainArgs, ExplainFormat};
use crate::exit::Failure;

/// Runs `pasvlab explain`.
pub(crate) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let reasons = Reasons::builtin().map_err(|error| Failure::Usage(error.to_string()))?;
    let mut out = anstream::stdout().lock();
    match (&args.id, args.format) {
        (Some(id), ExplainFormat::Terminal) => {
            let (cause, page) = reasons.find(id)?;
            reasons::write_page(cause, page, &mut out)?;
        }
        (Some(id), ExplainFormat::Markdown) => {
            let (cause, page) = reasons.find(id)?;
            out.write_all(reasons::one_page(cause, page).as_bytes())?;
        }
        (None, ExplainFormat::Markdown) => {
            out.write_all(reasons::reasons_page(&reasons).as_bytes())?;
        }
        (None, ExplainFormat::Terminal) if args.all => {
            for (number, (cause, page)) in reasons.all().enumerate() {
                if number > 0 {
                    writeln!(out, "\n")?;
                }
                reasons::write_page(cause, page, &mut out)?;
            }
        }
        (None, ExplainFormat::Terminal) => reasons::write_list(&reasons, &mut out)?,
    }
    out.flush()?;
    Ok(())
}
