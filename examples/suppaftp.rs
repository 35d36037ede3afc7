//! An FTP client of a few lines on suppaftp, as its users write them: what the client files `suppaftp*`
//! are held against. `suppaftp download|session MODE`, with where and what in the variables that
//! `pasvlab exec` sets; `suppaftp version`.

use std::error::Error;
use std::fs::{self, File};
use std::process::ExitCode;
use std::time::Duration;

use suppaftp::{FtpStream, Mode};

#[expect(clippy::print_stderr, reason = "says what went wrong")]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["version"] => version(),
        [what @ ("download" | "session"), mode] => transfer(what == "session", mode),
        _ => Err("usage: suppaftp download|session passive|epsv|nat-workaround|active".into()),
    }
}

/// The library does not tell its version; the lock file does.
#[expect(clippy::print_stdout, reason = "what it is asked for")]
fn version() -> Result<(), Box<dyn Error>> {
    let mut lines = include_str!("../Cargo.lock").lines();
    lines.find(|line| *line == "name = \"suppaftp\"").ok_or("not in the lock file")?;
    let version = lines.next().and_then(|line| line.strip_prefix("version = "));
    println!("suppaftp {}", version.ok_or("without a version")?.trim_matches('"'));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "shows the listing")]
fn transfer(session: bool, mode: &str) -> Result<(), Box<dyn Error>> {
    let value = |name: &str| std::env::var(format!("PASVLAB_{name}"));
    let file = value("FILE")?;
    let mut ftp = FtpStream::connect(format!("{}:{}", value("HOST")?, value("PORT")?))?;
    match mode {
        "passive" => {}
        "epsv" => ftp.set_mode(Mode::ExtendedPassive),
        "nat-workaround" => ftp.set_passive_nat_workaround(true),
        // As long as the library waits by itself.
        "active" => ftp = ftp.active_mode(Duration::from_secs(60)),
        other => return Err(format!("no such mode: {other}").into()),
    }
    ftp.login(value("USER")?, value("PASSWORD")?)?;
    if session {
        println!("{}", ftp.list(None)?.join("\n"));
    }
    let content = ftp.retr_as_buffer(&file)?;
    fs::write("out", content.get_ref())?;
    if session {
        ftp.put_file(format!("uploaded-{file}"), &mut File::open("out")?)?;
    }
    ftp.quit()?;
    Ok(())
}
