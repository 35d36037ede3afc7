//! What depends on the terminal, and on what was asked of it: colour, progress, remarks.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

static QUIET: OnceLock<bool> = OnceLock::new();

/// Decides on colour for everything that is printed from here on, errors about the arguments included;
/// so it looks for `--color` by itself. Without it, `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM` and
/// what the stream leads to decide.
pub(crate) fn choose_colour(arguments: impl Iterator<Item = OsString>) {
    let mut arguments = arguments.take_while(|argument| argument != "--");
    let mut chosen = None;
    while let Some(argument) = arguments.next() {
        let argument = argument.to_string_lossy();
        let value = match argument.strip_prefix("--color") {
            Some("") => arguments.next().map(|value| value.to_string_lossy().into_owned()),
            Some(value) => value.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        chosen = value.and_then(|value| clap::ColorChoice::from_str(&value).ok()).or(chosen);
    }
    match chosen {
        Some(clap::ColorChoice::Always) => anstream::ColorChoice::Always.write_global(),
        Some(clap::ColorChoice::Never) => anstream::ColorChoice::Never.write_global(),
        Some(clap::ColorChoice::Auto) | None => {}
    }
    // Errors about files are drawn by another library.
    let colour = colour_on_stderr();
    // Setting it fails only if it is set already.
    let _ = miette::set_hook(Box::new(move |_| {
        let options = miette::MietteHandlerOpts::new()
            .color(colour)
            .rgb_colors(miette::RgbColors::Never)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        Box::new(options.build())
    }));
}

/// Whether standard error is coloured.
pub(crate) fn colour_on_stderr() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Switches progress and remarks off.
pub(crate) fn be_quiet(quiet: bool) {
    let _ = QUIET.set(quiet);
}

/// Whether `--quiet` was given.
pub(crate) fn quiet() -> bool {
    QUIET.get().copied().unwrap_or_default()
}

/// Says something on standard error that is neither a result nor an error.
pub(crate) fn remark(text: &str) -> std::io::Result<()> {
    if quiet() { Ok(()) } else { writeln!(anstream::stderr(), "{text}") }
}

/// A bar on a terminal; nothing anywhere else.
pub(crate) fn progress(steps: usize, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::hidden());
    if std::io::stderr().is_terminal() && !quiet() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(250));
    }
    bar
}
