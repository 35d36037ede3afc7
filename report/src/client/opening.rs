//! From the log-in to the transfer command.

use pasvlab_scenarios::{Client, DataCommand, Operation, Order};

use super::{Step, either, knows, reads_pasv_reply, replies, sentences};

/// All of these steps.
pub(super) fn steps(client: &Client) -> Vec<Step> {
    let mut steps = vec![log_in(client), commands(client)];
    let data = &client.data;
    let (pasv, epsv) = (knows(client, DataCommand::Pasv), knows(client, DataCommand::Epsv));
    for command in &data.commands {
        match command {
            DataCommand::Pasv => steps.extend(after_pasv(client)),
            DataCommand::Epsv => steps.extend(after_epsv(client)),
            DataCommand::Port | DataCommand::Eprt => {}
        }
    }
    if !pasv && reads_pasv_reply(client) {
        steps.extend(after_pasv(client));
    }
    if data.data_must_be_at_peer && (pasv || epsv) {
        let check = "A data connection that leads to another address than the control connection's \
                     peer is dropped once the server has answered the transfer command.";
        steps.push(Step::new("What it checks", vec![check.to_owned()]));
    }
    steps.push(order(client));
    steps
}

fn after_pasv(client: &Client) -> [Step; 2] {
    let reply = replies::pasv_reply(client.data.pasv_reply);
    let address = sentences::address(client.data.address).to_owned();
    [
        Step::new("How it reads the reply to PASV", vec![reply]),
        Step::new("Which address it dials after PASV", vec![address]),
    ]
}

fn after_epsv(client: &Client) -> [Step; 2] {
    let mut reply = vec![replies::epsv_reply(client.data.epsv_reply).to_owned()];
    if client.data.epsv_takes_pasv_reply {
        reply.push(
            "If it finds none: address and port, as in a reply to PASV, with any code 2xx. From \
             there on it is as if it had sent PASV."
                .to_owned(),
        );
    }
    let address = sentences::epsv_address(client.data.epsv_address).to_owned();
    [
        Step::new("How it reads the reply to EPSV", reply),
        Step::new("Which address it dials after EPSV", vec![address]),
    ]
}

fn log_in(client: &Client) -> Step {
    let commands = match client.login.as_slice() {
        [] => "Nothing is sent after the greeting.".to_owned(),
        commands => format!("{}.", commands.join(", ")),
    };
    let mut lines = vec![commands];
    lines.extend(sentences::tls(client).into_iter().map(str::to_owned));
    Step::new("What it sends to log in", lines)
}

fn commands(client: &Client) -> Step {
    let data = &client.data;
    let mut lines: Vec<String> = match data.commands.as_slice() {
        [only] => vec![format!("Only {}", sentences::data_command(*only))],
        commands => {
            let places = std::iter::once("First").chain(std::iter::repeat("Then"));
            let line = |(place, command)| format!("{place} {}", sentences::data_command(command));
            places.zip(commands.iter().copied()).map(line).collect()
        }
    };
    if !data.epsv_needs_feature.is_empty() {
        let features = either(&data.epsv_needs_feature);
        lines.push(format!("EPSV is skipped unless the server's answer to FEAT lists {features}."));
        if !client.login.iter().any(|command| command == "FEAT") {
            lines.push("It does not send FEAT, so that EPSV is always skipped.".to_owned());
        }
    }
    if data.unlisted_last {
        lines.push(
            "EPSV and EPRT come after all others unless the server's answer to FEAT lists them."
                .to_owned(),
        );
    }
    Step::new("Which data-connection command it sends", lines)
}

fn order(client: &Client) -> Step {
    let data = &client.data;
    let mut lines = Vec::new();
    if data.commands.iter().any(|command| !command.is_active()) {
        lines.push(sentences::order(data.order).to_owned());
        if data.reads_reply_after_failure {
            lines.push(
                "If the data connection cannot be opened, it still waits for the reply to the \
                 transfer command."
                    .to_owned(),
            );
        }
    }
    if data.commands.iter().any(|command| command.is_active()) {
        lines.push(
            "In active mode it listens, sends the transfer command, and waits for the server to \
             connect."
                .to_owned(),
        );
        lines.extend(sentences::foreign_server(data.foreign_server).map(str::to_owned));
    }
    let operations =
        [("Listing", &client.list), ("Download", &client.download), ("Upload", &client.upload)];
    lines.extend(operations.map(|(name, operation)| sequence(client, name, operation)));
    Step::new("When it sends the transfer command", lines)
}

/// What happens in a transfer in which the first command works.
fn sequence(client: &Client, name: &str, operation: &Operation) -> String {
    let data = &client.data;
    let first = data.commands.first().copied().unwrap_or(DataCommand::Pasv);
    let (before, after) = match (first.is_active(), operation.order.unwrap_or(data.order)) {
        (true, _) => (None, Some("the server connects")),
        (false, Order::ConnectFirst) => (Some("it connects"), None),
        (false, Order::CommandFirst) => (None, Some("it connects")),
    };
    let parts = operation.before.iter().map(String::as_str).chain([first.name()]).chain(before);
    let parts = parts.chain(operation.between.iter().map(String::as_str));
    let parts: Vec<&str> = parts.chain([operation.command.as_str()]).chain(after).collect();
    format!("{name}: {}.", parts.join(", ").replace("{file}", "<file>"))
}
