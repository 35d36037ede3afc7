//! What is said about servers: complete, and readable.

use pasvlab_report::server;
use pasvlab_report::words::WIDTH;
use pasvlab_scenarios::{Catalog, Server, ServerTls};

/// What is printed, without colours.
fn plain(server: &Server) -> String {
    let mut out = Vec::new();
    server::write(server, &mut out).expect("memory can be written to");
    let bytes = anstream::adapter::strip_bytes(&out).into_vec();
    String::from_utf8(bytes).expect("text")
}

#[test]
fn a_server_that_wants_tls_says_so() {
    let catalog = Catalog::builtin().expect("the built-in files are sound");
    let server = catalog.server("transfer-family-ftps").expect("a built-in server");
    let text = plain(server);
    let (facts, sources) = text.split_once("\nSources\n").expect("sources");
    assert_eq!(
        facts,
        "\
transfer-family-ftps

AWS Transfer Family (FTPS), passive ports 8192-8200
As transfer-family, with TLS: nobody logs in before AUTH TLS, and nobody
transfers before PROT P, or on a data connection that does not resume the
control connection's TLS session. Only explicit FTPS, on port 21.

Control port:    21
Passive ports:   8192-8200
TLS:             required: nobody logs in before AUTH TLS, and no data
                 connection is prepared before PROT P
                 a data connection must resume the session of its control
                 connection
AUTO announces:  the address to which the control connection came
Takes data from: the address that the control connection comes from, no other
Active mode:     no: PORT is refused
PROXY header:    not expected: it would be taken for FTP, or for data
Idle sessions:   end after 30 min
Greeting:        220 Service ready for new user.
Log-in:          demo, password correct-horse
Files:           report.csv (2000 bytes)
                 notes.txt (120 bytes)
"
    );
    assert!(sources.starts_with("  - AWS Transfer Family user guide"), "{sources}");
}

#[test]
fn every_server_is_described_within_the_width_of_a_terminal() {
    let catalog = Catalog::builtin().expect("the built-in files are sound");
    for server in catalog.servers() {
        let text = plain(server);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.contains("TLS:             none"), server.tls == ServerTls::None, "{text}");
        let quirks = server.quirks.iter().filter_map(|quirk| quirk.command.as_deref());
        for command in quirks {
            assert!(text.contains(&format!(" {command}: ")), "{text}");
        }
    }
}
