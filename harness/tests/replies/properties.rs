//! What holds for any reply.

use std::net::{Ipv4Addr, SocketAddrV4};

use pasvlab_harness::ftp::client::replies;
use pasvlab_scenarios::PasvReply;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::ways::{EPSV, PASV};

/// What replies are made of, and what is not in them but may come.
const PIECES: [&str; 32] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "|",
    "||||",
    "!",
    ",",
    ".",
    "-",
    "+",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\0",
    "%",
    "0",
    "7",
    "255",
    "256",
    "65535",
    "65536",
    "99999999999999999999",
    "é",
    "\u{fffd}",
    "𝟙",
];

fn replies() -> impl Strategy<Value = String> {
    let beginnings = select(&["", "2", "227", "227 ", "227-x\r\n227 ", "229 ", "229 (|||"][..]);
    let rest = vec(select(&PIECES[..]), 0..40);
    (beginnings, rest).prop_map(|(beginning, rest)| beginning.to_owned() + &rest.concat())
}

fn read_by_all(code: u16, text: &str) {
    for way in PASV {
        let _ = replies::pasv(*way, code, text);
    }
    for way in EPSV {
        let _ = replies::epsv(*way, code, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 2000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_makes_anyone_panic(code: u16, text: String) {
        read_by_all(code, &text);
        read_by_all(227, &text);
        read_by_all(229, &text);
    }

    #[test]
    fn no_text_of_digits_and_brackets_makes_anyone_panic(text in replies()) {
        read_by_all(227, &text);
        read_by_all(229, &text);
    }

    #[test]
    fn no_bytes_make_anyone_panic(bytes: Vec<u8>) {
        let text = String::from_utf8_lossy(&bytes);
        read_by_all(227, &text);
        read_by_all(229, &text);
    }

    /// RFC 959 section 5.4, RFC 1123 section 4.1.2.6.
    #[test]
    fn the_canonical_reply_to_pasv_is_read_by_everyone(
        address: [u8; 4],
        port in 1..=u16::MAX,
        ending in select(&["", "\r\n"][..]),
    ) {
        let ([a, b, c, d], [high, low]) = (address, port.to_be_bytes());
        let text = format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low}).{ending}");
        for way in PASV {
            let address = match way {
                PasvReply::LastTwo | PasvReply::PortOfSix => Ipv4Addr::UNSPECIFIED,
                _ => address.into(),
            };
            let read = replies::pasv(*way, 227, &text);
            prop_assert_eq!(read, Some(SocketAddrV4::new(address, port)), "{:?}", way);
        }
    }

    /// RFC 2428 section 3.
    #[test]
    fn the_canonical_reply_to_epsv_is_read_by_everyone(
        port in 1..=u16::MAX,
        ending in select(&["", "\r\n"][..]),
    ) {
        let text = format!("229 Entering Extended Passive Mode (|||{port}|){ending}");
        for way in EPSV {
            prop_assert_eq!(replies::epsv(*way, 229, &text), Some(port), "{:?}", way);
        }
    }

    /// RFC 959 section 4.2.1: 4xx and 5xx are refusals.
    #[test]
    fn no_refusal_is_read_by_anyone(code in 400..=u16::MAX, port: u16) {
        let [high, low] = port.to_be_bytes();
        let text = format!("{code} ({high},{low},{high},{low},{high},{low}) (|||{port}|)");
        for way in PASV {
            prop_assert_eq!(replies::pasv(*way, code, &text), None, "{:?}", way);
        }
        for way in EPSV {
            prop_assert_eq!(replies::epsv(*way, code, &text), None, "{:?}", way);
        }
    }
}
