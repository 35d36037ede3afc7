//! What clients send, in order, against what was seen when the programs themselves ran.

mod common;

use common::{catalog, run, scenario};
use pasvlab_harness::record::{LineKind, transcript};
use rstest::rstest;

/// The commands up to and with the first transfer; arguments left out.
fn sent(client: &str, passive_ip: &str, last: &str) -> String {
    let (_, record) = run("direct", passive_ip, client, 1);
    let record = record.expect("a record");
    let lines = transcript::transcript(&record);
    let commands = lines.iter().filter(|line| line.kind == LineKind::Command);
    let mut words: Vec<String> = Vec::new();
    for line in commands {
        let word = line.text.split(' ').next().unwrap_or_default().to_owned();
        let ends = word == last;
        words.push(word);
        if ends {
            break;
        }
    }
    words.join(" ")
}

#[rstest]
#[case::netkit_ftp("ftp-netkit", "LIST", "USER PASS SYST PASV LIST")]
#[case::tnftp("tnftp", "LIST", "USER PASS SYST FEAT EPSV LIST")]
#[case::lftp("lftp", "LIST", "FEAT OPTS USER PASS PWD PASV LIST")]
#[case::curl("curl", "LIST", "USER PASS PWD EPSV TYPE LIST")]
#[case::python("python-ftplib", "LIST", "USER PASS TYPE PASV LIST")]
#[case::wget("wget", "LIST", "USER PASS SYST PWD TYPE PASV LIST")]
#[case::inetutils("inetutils-ftp-passive", "LIST", "USER PASS SYST PASV LIST")]
#[case::basic_ftp("basic-ftp", "MLSD", "OPTS USER PASS FEAT TYPE STRU OPTS OPTS EPSV MLSD")]
#[case::perl("perl-net-ftp", "LIST", "USER PASS PASV LIST")]
#[case::php_wrapper("php-wrapper", "RETR", "USER PASS TYPE EPSV NLST TYPE SIZE EPSV RETR")]
#[case::commons_net("commons-net", "LIST", "USER PASS SYST PASV LIST")]
#[case::ruby("ruby-net-ftp", "LIST", "USER PASS TYPE TYPE PASV LIST")]
#[case::suppaftp("suppaftp", "LIST", "USER PASS PASV LIST")]
#[case::php_extension("php-ftp", "LIST", "USER PASS PASV TYPE LIST")]
#[case::curl_in_tls("curl-ftps", "LIST", "AUTH AUTH USER PASS PBSZ PROT PWD EPSV TYPE LIST")]
#[case::lftp_in_tls("lftp-ftps", "LIST", "FEAT AUTH OPTS USER PASS PWD PBSZ PROT PASV LIST")]
#[case::python_in_tls("python-ftplib-ftps", "LIST", "AUTH USER PASS PBSZ PROT TYPE PASV LIST")]
#[case::perl_in_tls("perl-net-ftp-ftps", "LIST", "AUTH PBSZ PROT USER PASS PASV LIST")]
#[case::ruby_in_tls("ruby-net-ftp-ftps", "LIST", "AUTH PBSZ PROT USER PASS TYPE TYPE PASV LIST")]
#[case::php_extension_in_tls("php-ftp-ftps", "LIST", "AUTH PBSZ PROT USER PASS PASV TYPE LIST")]
#[case::commons_net_in_tls("commons-net-ftps", "LIST", "AUTH USER PASS PBSZ PROT SYST PASV LIST")]
#[case::filezilla_in_tls(
    "filezilla-ftps",
    "MLSD",
    "AUTH USER PASS SYST FEAT OPTS PBSZ PROT PWD TYPE PASV MLSD"
)]
#[case::wget_in_tls("wget-ftps", "LIST", "AUTH USER PASS PBSZ PROT SYST PWD TYPE PASV LIST")]
fn clients_send_what_the_programs_were_seen_to_send(
    #[case] client: &str,
    #[case] last: &str,
    #[case] expected: &str,
) {
    assert_eq!(sent(client, "auto", last), expected);
}

/// Three times PASV, then PORT, as the program was seen to do where nothing listens.
#[test]
fn ncftp_tries_three_times_and_then_turns_to_active_mode() {
    let (result, _) = run("nlb-port-21-only", "nlb", "ncftp", 1);
    let commands: Vec<&str> = result.commands.iter().map(|command| command.name()).collect();
    assert_eq!(commands, ["PASV", "PASV", "PASV", "PORT"]);
}

/// tnftp src/ftp.c:1593-1599: EPRT only if EPSV was not refused.
#[rstest]
#[case::that_was_answered("transfer-family", &["EPSV", "EPRT", "PORT"])]
#[case::that_was_refused("no-epsv", &["EPSV", "PASV", "PORT"])]
fn lukemftp_turns_to_active_mode_after_epsv(#[case] server: &str, #[case] expected: &[&str]) {
    let topology = catalog().topology("nlb-port-21-only").expect("a known topology");
    let client = catalog().client("lukemftp").expect("a known client");
    let server = catalog().server(server).expect("a known server");
    let record = pasvlab_harness::run(&scenario(topology, "nlb", client, server, 1));
    let sent = transcript::data_commands(&record);
    assert_eq!(sent.iter().map(|command| command.name()).collect::<Vec<_>>(), expected);
}

/// The listed address is not the peer's: it sends PASV and ABOR, as it was seen to do.
#[test]
fn inetutils_gives_up_at_an_address_that_is_not_the_peers() {
    let (result, record) = run("privatelink", "auto", "inetutils-ftp-passive", 1);
    assert_eq!(result.commands.len(), 1);
    assert!(result.dialled.is_empty());
    let lines = transcript::transcript(&record.expect("a record"));
    let commands = lines.iter().filter(|line| line.kind == LineKind::Command);
    let sent: Vec<&str> = commands.map(|line| line.text.as_str()).collect();
    assert_eq!(sent[sent.len() - 2..], ["PASV", "ABOR"]);
}
