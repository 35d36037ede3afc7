//! What clients send, in order, against what was seen when the programs themselves ran.

mod common;

use common::run;
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
#[case::commons_net("commons-net", "LIST", "USER PASS SYST PASV LIST")]
#[case::ruby("ruby-net-ftp", "LIST", "USER PASS TYPE TYPE PASV LIST")]
#[case::php_extension("php-ftp", "LIST", "USER PASS PASV TYPE LIST")]
fn clients_send_what_the_programs_were_seen_to_send(
    #[case] client: &str,
    #[case] last: &str,
    #[case] expected: &str,
) {
    assert_eq!(sent(client, "auto", last), expected);
}
