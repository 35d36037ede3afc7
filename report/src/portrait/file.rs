//! A client file out of what was learned. The same conclusions make the same text, always.

use std::fmt::Write;

use pasvlab_scenarios::{
    Client, DataCommand, EpsvAddress, Fallback, OnConnectCauses, OnReplyCodes, Operation, Order,
    Retry, spelled,
};

use super::{Portrait, table};
use crate::words;

/// The client file.
#[must_use]
pub fn text(portrait: &Portrait<'_>) -> String {
    let mut file = File { portrait, text: String::new() };
    file.head();
    file.operations();
    file.data();
    file.rules();
    file.retry();
    file.messages();
    file.text
}

struct File<'a> {
    portrait: &'a Portrait<'a>,
    text: String,
}

impl File<'_> {
    fn client(&self) -> &Client {
        &self.portrait.draft.client
    }

    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    fn comment(&mut self, text: &str) {
        for line in words::wrapped(text, 2) {
            let line = format!("# {line}");
            self.line(line.trim_end());
        }
    }

    /// What was seen for a key, and where it is inexact.
    fn evidence(&mut self, key: &str) {
        let draft = self.portrait.draft;
        if let Some(seen) = draft.evidence.get(key) {
            self.comment(&format!("seen: {seen}"));
        }
        for (_, text) in draft.inexact.iter().filter(|(of, _)| *of == key) {
            self.comment(&format!("Inexact: {text}."));
        }
    }

    fn key(&mut self, key: &str, value: impl AsRef<str>) {
        self.evidence(key);
        self.line(format!("{key} = {}", value.as_ref()));
    }

    /// A key that may be left out, but not what is to be said about it.
    fn key_unless(&mut self, default: bool, key: &str, value: impl AsRef<str>) {
        if default {
            self.evidence(key);
        } else {
            self.key(key, value);
        }
    }

    fn head(&mut self) {
        let about = self.portrait.about.clone();
        self.comment(
            "Written by `pasvlab learn`: what a program was seen to do in the lab. What no \
                      situation showed has its default.",
        );
        for untold in &self.portrait.draft.untold {
            self.comment(&format!("Not told apart: {untold}."));
        }
        for difference in self.portrait.differences {
            let (seen, file) = (table::steps(&difference.seen), table::steps(&difference.file));
            let situation = &difference.situation;
            self.comment(&format!(
                "Inexact: {situation}: the program did {seen}; this file does {file}."
            ));
        }
        self.line("");
        self.line(format!("id = {}", quoted(&about.id)));
        self.line(format!("program = {}", quoted(&about.program)));
        let version = about.version.clone();
        self.line(format!("versions = {}", quoted(version.as_deref().unwrap_or("unknown"))));
        self.line("options = []");
        self.line("os = \"linux\"");
        self.line("verified = \"run\"");
        self.line(format!("summary = {}", quoted(&summary(self.client()))));
        let run = match version {
            Some(version) => format!("{version}, run inside the lab: {}", about.command),
            None => format!("run inside the lab: {}", about.command),
        };
        self.line(format!("sources = [{}]", quoted(&run)));
        self.line("");
        let login = list(&self.client().login);
        self.key("login", login);
    }

    fn operations(&mut self) {
        let client = self.client().clone();
        let operations =
            [("list", &client.list), ("download", &client.download), ("upload", &client.upload)];
        for (key, operation) in operations {
            self.line("");
            self.evidence(key);
            self.line(format!("[{key}]"));
            self.operation(operation);
        }
    }

    fn operation(&mut self, operation: &Operation) {
        let Operation { before, before_connect, between, command, order, .. } = operation;
        let lists = [("before", before), ("before_connect", before_connect), ("between", between)];
        for (key, lines) in lists.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            self.line(format!("{key} = {}", list(lines)));
        }
        self.line(format!("command = {}", quoted(command)));
        if let Some(order) = order {
            self.line(format!("order = {}", named(order)));
        }
    }

    fn data(&mut self) {
        let data = self.client().data.clone();
        self.line("");
        self.line("[data]");
        self.key("commands", commands(&data.commands));
        let features = list(&data.epsv_needs_feature);
        self.key_unless(data.epsv_needs_feature.is_empty(), "epsv_needs_feature", features);
        self.key("order", named(data.order));
        self.evidence("pasv_reply");
        self.key("address", named(data.address));
        let peer = data.epsv_address == EpsvAddress::Peer;
        let sends_epsv = data.commands.contains(&DataCommand::Epsv);
        self.key_unless(peer && !sends_epsv, "epsv_address", named(data.epsv_address));
        self.flag("data_must_be_at_peer", data.data_must_be_at_peer);
        self.key("on_reply_error", named(data.on_reply_error));
        self.key("on_unparsable", named(data.on_unparsable));
        self.flag("unparsable_is_control_port", data.unparsable_is_control_port);
        let stops = data.on_mismatch == Fallback::Stop;
        self.key_unless(stops, "on_mismatch", named(data.on_mismatch));
        self.key("on_connect_failure", named(data.on_connect_failure));
        if let Some(fallback) = data.on_replaced_connect_failure {
            self.key("on_replaced_connect_failure", named(fallback));
        }
        self.key_unless(data.tries == 1, "tries", data.tries.to_string());
        self.flag("forgets_failures", data.forgets_failures);
        self.flag("eprt_needs_epsv", data.eprt_needs_epsv);
        if let Some(time) = data.connect_timeout {
            self.key("connect_timeout_s", time.as_secs().to_string());
        }
    }

    fn flag(&mut self, key: &str, value: bool) {
        self.key_unless(!value, key, "true");
    }

    fn rules(&mut self) {
        let data = self.client().data.clone();
        for OnReplyCodes { commands: of, codes, then, .. } in &data.on_reply_codes {
            let codes: Vec<String> = codes.iter().map(u16::to_string).collect();
            self.line("");
            self.line("[[data.on_reply_codes]]");
            self.line(format!("commands = {}", commands(of)));
            self.line(format!("codes = [{}]", codes.join(", ")));
            self.line(format!("then = {}", named(then)));
        }
        for OnConnectCauses { commands: of, causes, then } in &data.on_connect_causes {
            let causes: Vec<String> = causes.iter().map(named).collect();
            self.line("");
            self.line("[[data.on_connect_causes]]");
            self.line(format!("commands = {}", commands(of)));
            self.line(format!("causes = [{}]", causes.join(", ")));
            self.line(format!("then = {}", named(then)));
        }
    }

    fn retry(&mut self) {
        let Some(retry) = self.client().retry.clone() else { return };
        let Retry { after, rounds, first_wait, wait_factor, wait_step, max_wait, .. } = retry;
        let after: Vec<String> = after.iter().map(named).collect();
        self.line("");
        self.evidence("retry");
        self.line("[retry]");
        self.line(format!("after = [{}]", after.join(", ")));
        self.line(format!("rounds = {rounds}"));
        self.line(format!("first_wait_s = {}", first_wait.as_secs_f64()));
        if wait_factor != 1.0 {
            self.line(format!("wait_factor = {wait_factor}"));
        }
        if !wait_step.is_zero() {
            self.line(format!("wait_step_s = {}", wait_step.as_secs_f64()));
        }
        self.line(format!("max_wait_s = {}", max_wait.as_secs_f64()));
        if retry.waits_from_start {
            self.line("waits_from_start = true");
        }
    }

    fn messages(&mut self) {
        self.line("");
        self.evidence("messages");
        self.line("[messages]");
        let text = format!("{}: {}", self.portrait.about.program, self.client().messages.connect);
        // What is in braces has a meaning here.
        let program = self.portrait.about.program.replace(['{', '}'], "");
        let text = text.replacen(&self.portrait.about.program, &program, 1);
        self.line(format!("connect = {}", quoted(&text)));
    }
}

/// What it does in two sentences.
fn summary(client: &Client) -> String {
    let data = &client.data;
    let names: Vec<&str> = data.commands.iter().map(|command| command.name()).collect();
    let mut text = String::from("Sends ");
    text.push_str(&names.join(", then "));
    let order = match data.order {
        Order::ConnectFirst => "before",
        Order::CommandFirst => "after",
    };
    // Writing to a string cannot fail.
    let _ = write!(text, ". Connects {order} it sends the transfer command.");
    if data.commands.contains(&DataCommand::Pasv) {
        text.push_str(" After PASV: ");
        text.push_str(crate::client::sentences::address(data.address));
    }
    text
}

/// Text as a file spells it (TOML, basic strings).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter.is_control() => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn named(variant: impl std::fmt::Debug) -> String {
    quoted(&spelled(variant))
}

fn list(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| quoted(line)).collect();
    format!("[{}]", lines.join(", "))
}

fn commands(commands: &[DataCommand]) -> String {
    let names: Vec<String> = commands.iter().map(|command| quoted(command.name())).collect();
    format!("[{}]", names.join(", "))
}
