//! How clients read the replies to `PASV` and `EPSV`.
//!
//! Each way is a program's own, see [`PasvReply`] and [`EpsvReply`]; what a program would take for an
//! address, this takes for one. Two things are simplified. A program that keeps the address as text
//! learns only when it dials that it is none; here the reply is unreadable, even if the program would
//! go on to dial the peer. And numbers with leading zeros are decimal.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;

use pasvlab_scenarios::{EpsvReply, PasvReply};

/// Reads the reply to `PASV`: its code and its text, which begins with the code. None if the client
/// cannot read it.
#[must_use]
pub fn pasv(way: PasvReply, code: u16, text: &str) -> Option<SocketAddrV4> {
    use PasvReply as Way;
    if !pasv_codes(way).contains(&code) {
        return None;
    }
    match way {
        Way::FirstDigit => low_bytes(six(on_any_line(text)?, scan)?),
        Way::FirstDigitOfFirstLine => low_bytes(six(first_digit(first_line(text))?, scan)?),
        Way::FirstDigitOfLastLine | Way::FirstDigitOfLastLineAnyCode => {
            low_bytes(six(first_digit(last_line(text))?, scan)?)
        }
        Way::FirstDigitNoBlanks => with_gaps(first_digit(last_line(text))?),
        Way::FirstDigitSum => octets_and_sum(first_digit(last_line(text))?),
        Way::FirstSix => {
            low_bytes(digits_of(after_code(last_line(text))).find_map(|at| six(at, scan))?)
        }
        Way::FirstSixOctets => octets(digits_of(last_line(text)).find_map(|at| six(at, octet))?),
        Way::FirstSixShort => {
            let found = digits_of(first_line(text)).find_map(|at| six(at, short))?;
            address_and_port(found, found[4] << 8 | found[5])
        }
        Way::FirstSixSum | Way::FirstSixSumAnyCode => first_sum(text),
        Way::FirstSixSumOfLastLine => first_sum(last_line(text)),
        Way::FirstSixSigned => first_signed(text),
        Way::Parentheses => split_between_parentheses(text),
        Way::ExactParentheses => octets(text.match_indices('(').find_map(|(at, _)| {
            let (found, rest) = six_and_rest(&text[at + 1..], digits)?;
            rest.starts_with(')').then_some(found)
        })?),
        Way::ParenthesesOrFirstDigit => six_parts(last_line(text)),
        Way::Brackets => bracketed(last_line(text)),
        Way::LastTwo => last_two(text),
        Way::PortOfSix => {
            let [.., high, low] = digits_of(first_line(text)).find_map(|at| six(at, scan))?;
            let port = u16::try_from((high as u32) << 8 | low as u32).ok()?;
            Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))
        }
    }
}

/// Whether a client takes a reply with this code as one by which the server grants `PASV`. If it
/// cannot read such a reply it may do something else than after a refusal.
#[must_use]
pub fn pasv_is_granted(way: PasvReply, code: u16) -> bool {
    match way {
        // tnftp 20230507 src/ftp.c initconn: a completion, then sscanf; the same in the others.
        PasvReply::FirstDigit => (200..300).contains(&code),
        // Python Lib/ftplib.py parse227, Ruby net-ftp parse227: what is no error reply is looked at.
        PasvReply::FirstSixSum => (100..400).contains(&code),
        _ => pasv_codes(way).contains(&code),
    }
}

/// The same for `EPSV`.
#[must_use]
pub fn epsv_is_granted(way: EpsvReply, code: u16) -> bool {
    match way {
        // tnftp 20230507 src/ftp.c initconn:1304-1311: "wrong server" is a refusal.
        EpsvReply::AnyDelimiterScanned => {
            (200..300).contains(&code) && (code / 10 != 22 || code == 229)
        }
        // inetutils 2.8 ftp/ftp.c initconn: a completion, then sscanf.
        EpsvReply::FirstNumber => (200..300).contains(&code),
        _ => epsv_codes(way).contains(&code),
    }
}

/// The codes after which a client reads on.
fn pasv_codes(way: PasvReply) -> RangeInclusive<u16> {
    use PasvReply as Way;
    match way {
        Way::FirstDigit
        | Way::FirstDigitOfLastLine
        | Way::FirstDigitSum
        | Way::FirstSixOctets
        | Way::FirstSixShort
        | Way::FirstSixSum
        | Way::Parentheses
        | Way::ExactParentheses => 227..=227,
        Way::FirstDigitOfFirstLine
        | Way::FirstDigitOfLastLineAnyCode
        | Way::FirstDigitNoBlanks
        | Way::FirstSix
        | Way::FirstSixSumAnyCode
        | Way::LastTwo
        | Way::PortOfSix => 200..=299,
        Way::ParenthesesOrFirstDigit | Way::Brackets => 200..=399,
        Way::FirstSixSumOfLastLine | Way::FirstSixSigned => 100..=399,
    }
}

/// Reads the port in the reply to `EPSV`. None if the client cannot read it.
#[must_use]
pub fn epsv(way: EpsvReply, code: u16, text: &str) -> Option<u16> {
    use EpsvReply as Way;
    if !epsv_codes(way).contains(&code) {
        return None;
    }
    match way {
        Way::AnyDelimiter => {
            let (delimiter, rest) = three_equal(after(after_code(last_line(text)), "(")?)?;
            delimited(digits(rest)?, delimiter).and_then(in_range)
        }
        Way::AnyDelimiterScanned => {
            let (delimiter, rest) = three_equal(up_to_end(after(text, "(")?))?;
            delimited(scan(rest)?, delimiter).map(|port| port as u16)
        }
        Way::WholeParentheses => {
            let line = first_line(text);
            let open = line.find('(').map_or(0, |open| open + 1);
            let inside = line.get(open..line.find(')')?)?.trim_matches(|c: char| c <= ' ');
            let (delimiter, rest) = three_equal(inside)?;
            signed_port(rest.strip_suffix(delimiter)?)
        }
        Way::Bars => text.match_indices("(|||").find_map(|(at, bars)| {
            let (port, rest) = digits(&text[at + bars.len()..])?;
            rest.starts_with("|)").then_some(in_range(port))
        })?,
        Way::BarsNotZero => {
            let inside = after(last_line(text), "(|||")?.split_once("|)")?.0;
            whole(inside).and_then(in_range).filter(|port| *port != 0)
        }
        Way::BarsOrMarks => leading_port(text.lines().find_map(between_marks)?),
        Way::BarsOrMarksInParentheses => {
            let line = last_line(text);
            line.match_indices('(').find_map(|(at, _)| {
                let (port, rest) = digits(after_marks(&line[at + 1..])?)?;
                rest.strip_prefix(MARKS)?.starts_with(')').then_some(in_range(port))
            })?
        }
        Way::BetweenBars => signed_port(text.get(text.find("|||")? + 3..text.rfind('|')?)?),
        Way::FirstCharacter => {
            let line = last_line(text);
            scan(after_first_character(after(line, "(").unwrap_or(after_code(line)))?)
                .map(|(port, _)| port as u16)
        }
        Way::AfterLastParenthesis => {
            let line = first_line(text);
            let port = scan(line.get(line.rfind('(')? + 4..)?)?.0 as u32;
            in_range(port.into()).filter(|port| *port != 0)
        }
        Way::AfterFirstBar => {
            let line = last_line(text);
            let rest = &line[line.find('|')?..];
            let port = rest.get(3..).and_then(scan).map_or(0, |(port, _)| port as i32);
            u16::try_from(port).ok().filter(|_| rest.len() > 3)
        }
        Way::AfterThirdBar => {
            let rest = after_code(last_line(text)).splitn(4, '|').nth(3)?;
            Some(scan(rest)?.0 as u16).filter(|port| *port != 0)
        }
        Way::FirstNumber => scan(on_any_line(text)?).map(|(port, _)| port as u16),
    }
}

/// The codes after which a client reads on.
fn epsv_codes(way: EpsvReply) -> RangeInclusive<u16> {
    use EpsvReply as Way;
    match way {
        Way::AnyDelimiter
        | Way::AnyDelimiterScanned
        | Way::WholeParentheses
        | Way::Bars
        | Way::BetweenBars
        | Way::AfterThirdBar => 229..=229,
        Way::FirstNumber => 227..=229,
        Way::FirstCharacter | Way::AfterLastParenthesis | Way::AfterFirstBar => 200..=299,
        Way::BarsNotZero => 200..=399,
        Way::BarsOrMarks | Way::BarsOrMarksInParentheses => 100..=399,
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('\r')
}

fn last_line(text: &str) -> &str {
    text.lines().next_back().unwrap_or_default().trim_end_matches('\r')
}

/// The line after the code and the blank or hyphen that follows it (RFC 959 section 4.2).
fn after_code(line: &str) -> &str {
    let start = (4..line.len()).find(|at| line.is_char_boundary(*at));
    start.map_or("", |start| &line[start..])
}

/// The text after the first `mark`.
fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

/// The text before the first `)` or end of a line.
fn up_to_end(text: &str) -> &str {
    text.split([')', '\r', '\n']).next().unwrap_or_default()
}

/// The line from the first digit after the code on.
fn first_digit(line: &str) -> Option<&str> {
    digits_of(after_code(line)).next()
}

/// The same in the first line that has one, up to a `)`.
fn on_any_line(text: &str) -> Option<&str> {
    text.lines().find_map(first_digit).map(up_to_end)
}

/// The text from each digit on.
fn digits_of(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| &text[at..])
}

/// A number at the start of the text, and what follows it. What is too large is the largest.
fn digits(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    (end > 0).then(|| (number.parse().unwrap_or(u64::MAX), rest))
}

/// What C takes for white space.
const SPACE: [char; 6] = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];

/// A number as C's `strtoul` reads it, and with it `sscanf`: white space and a sign may stand before
/// it; what is negative wraps round. (`strtol` differs beyond 2^63.)
fn scan(text: &str) -> Option<(u64, &str)> {
    let text = text.trim_start_matches(SPACE);
    let Some(unsigned) = text.strip_prefix('-') else {
        return digits(text.strip_prefix('+').unwrap_or(text));
    };
    let (number, rest) = digits(unsigned)?;
    Some((if number == u64::MAX { number } else { number.wrapping_neg() }, rest))
}

/// A number of at most 255.
fn octet(text: &str) -> Option<(u64, &str)> {
    digits(text).filter(|(number, _)| *number <= 255)
}

/// The first three digits of a number, or as many as it has.
fn short(text: &str) -> Option<(u64, &str)> {
    let (_, rest) = digits(text)?;
    let (number, _) = text.split_at((text.len() - rest.len()).min(3));
    digits(number).map(|(value, _)| (value, &text[number.len()..]))
}

/// A text that is nothing but a number.
fn whole(text: &str) -> Option<u64> {
    digits(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

/// A run of digits and hyphens.
fn signed(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Six numbers joined by commas, each read by `number`.
fn six<'a, N>(text: &'a str, number: impl Fn(&'a str) -> Option<(N, &'a str)>) -> Option<[N; 6]> {
    six_and_rest(text, number).map(|(numbers, _)| numbers)
}

/// The same with what follows.
fn six_and_rest<'a, N>(
    text: &'a str,
    number: impl Fn(&'a str) -> Option<(N, &'a str)>,
) -> Option<([N; 6], &'a str)> {
    let mut numbers = Vec::with_capacity(6);
    let mut rest = text;
    while numbers.len() < 6 {
        if !numbers.is_empty() {
            rest = rest.strip_prefix(',')?;
        }
        let (value, after) = number(rest)?;
        numbers.push(value);
        rest = after;
    }
    Some((numbers.try_into().ok()?, rest))
}

/// A port with or without a sign.
fn signed_port(text: &str) -> Option<u16> {
    u16::try_from(text.parse::<i64>().ok()?).ok()
}

fn in_range(port: u64) -> Option<u16> {
    u16::try_from(port).ok()
}

/// All taken modulo 256.
fn low_bytes(numbers: [u64; 6]) -> Option<SocketAddrV4> {
    let [a, b, c, d, high, low] = numbers.map(|number| number as u8);
    Some(SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
}

/// None if one of them is over 255.
fn octets(numbers: [u64; 6]) -> Option<SocketAddrV4> {
    numbers.iter().all(|number| *number <= 255).then(|| low_bytes(numbers))?
}

/// The first four are the address.
fn address_and_port(numbers: [u64; 6], port: u64) -> Option<SocketAddrV4> {
    let [a, b, c, d, ..] = numbers.map(|number| u8::try_from(number).ok());
    Some(SocketAddrV4::new(Ipv4Addr::new(a?, b?, c?, d?), in_range(port)?))
}

fn first_sum(text: &str) -> Option<SocketAddrV4> {
    let found = digits_of(text).find_map(|at| six(at, digits))?;
    address_and_port(found, found[4].checked_mul(256)?.checked_add(found[5])?)
}

/// Each number may be missing.
fn with_gaps(text: &str) -> Option<SocketAddrV4> {
    let mut rest = text;
    let mut bytes = [0_u8; 6];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let add = |sum: u8, digit: u8| sum.wrapping_mul(10).wrapping_add(digit - b'0');
        *byte = rest[..end].bytes().fold(0, add);
        rest = &rest[end..];
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if place < 5 => return None,
            None => {}
        }
    }
    low_bytes(bytes.map(u64::from))
}

/// Four numbers of an address, and two of a port that are taken as C's `strtoul` reads them, or as 0.
fn octets_and_sum(text: &str) -> Option<SocketAddrV4> {
    let mut rest = text;
    let mut address = [0; 4];
    for byte in &mut address {
        let (number, after) = octet(rest)?;
        *byte = number as u8;
        rest = after.strip_prefix(',')?;
    }
    let (high, rest) = scan(rest).unwrap_or((0, rest));
    let low = scan(rest.strip_prefix(',')?).map_or(0, |(low, _)| low);
    let port = (high as u16).wrapping_mul(256).wrapping_add(low as u16);
    (port != 0).then(|| SocketAddrV4::new(address.into(), port))
}

/// Six runs of digits and hyphens. Of the port's, what JavaScript's `parseInt` makes of them counts
/// modulo 256; what it makes nothing of is 0.
fn first_signed(text: &str) -> Option<SocketAddrV4> {
    let mut starts = text.char_indices().map(|(at, _)| &text[at..]);
    let [a, b, c, d, high, low] = starts.find_map(|at| six(at, signed))?;
    let byte = |text: &str| text.parse::<u8>().ok();
    let address = Ipv4Addr::new(byte(a)?, byte(b)?, byte(c)?, byte(d)?);
    let low_byte = |text: &str| {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let end = unsigned.find('-').unwrap_or(unsigned.len());
        let number: f64 = unsigned[..end].parse().unwrap_or(0.0);
        let sign = if unsigned.len() < text.len() { -1.0 } else { 1.0 };
        (sign * number).rem_euclid(256.0) as u8
    };
    Some(SocketAddrV4::new(address, u16::from_be_bytes([low_byte(high), low_byte(low)])))
}

/// At least six parts, the first four an address as it is written, the next two numbers with a sign.
fn split_between_parentheses(text: &str) -> Option<SocketAddrV4> {
    let inside = text.get(text.find('(')? + 1..text.rfind(')')?)?;
    let parts: Vec<&str> = inside.split(',').collect();
    let [a, b, c, d, high, low, ..] = parts[..] else { return None };
    let address = [a, b, c, d].join(".").parse().ok()?;
    let [high, low] = [high.parse::<i64>().ok()?, low.parse::<i64>().ok()?];
    let port = high.checked_mul(256)?.checked_add(low)?;
    Some(SocketAddrV4::new(address, u16::try_from(port).ok()?))
}

/// The first four parts are an address as it is written; the last two are taken as C's `atol` reads
/// them.
fn six_parts(line: &str) -> Option<SocketAddrV4> {
    let inside = match (line.find('('), line.find(')')) {
        (Some(open), Some(close)) => line.get(open + 1..close)?,
        _ => first_digit(line)?,
    };
    let parts: Vec<&str> = inside.split([',', '.']).collect();
    let [a, b, c, d, high, low] = parts[..] else { return None };
    let number = |text: &str| scan(text).map_or(0, |(number, _)| number as u16);
    let port = number(high).wrapping_mul(256).wrapping_add(number(low));
    let byte = |text: &str| whole(text).and_then(|number| u8::try_from(number).ok());
    Some(SocketAddrV4::new(Ipv4Addr::new(byte(a)?, byte(b)?, byte(c)?, byte(d)?), port))
}

/// After any of ` ([{<` from the fourth character on, and before its counterpart; after a blank, before
/// a blank or the end.
fn bracketed(line: &str) -> Option<SocketAddrV4> {
    line.char_indices().filter(|(at, _)| *at >= 3).find_map(|(at, open)| {
        let close = match open {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            '<' => '>',
            ' ' => ' ',
            _ => return None,
        };
        let inside = &line[at + 1..];
        let end = inside.find(|c: char| !c.is_ascii_digit() && c != ',');
        match end {
            Some(end) if inside[end..].starts_with(close) => {}
            None if open == ' ' => {}
            _ => return None,
        }
        let number = |text| short(text).filter(|(number, _)| *number <= 255);
        let (found, rest) = six_and_rest(&inside[..end.unwrap_or(inside.len())], number)?;
        rest.is_empty().then(|| low_bytes(found))?
    })
}

/// The end of the last line is a part of its own, or of the last part, where it counts as white space.
fn last_two(text: &str) -> Option<SocketAddrV4> {
    let mut parts: Vec<&str> =
        text.trim_end_matches(['\r', '\n']).split([' ', '(', ',', ')']).collect();
    if parts.len() < 8 {
        return None;
    }
    if !parts.last()?.starts_with(char::is_numeric) {
        parts.pop();
    }
    let mut byte = || {
        let number: i64 = parts.pop()?.trim_matches(SPACE).parse().ok()?;
        u8::try_from(number).ok()
    };
    let [low, high] = [byte()?, byte()?];
    Some(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, u16::from_be_bytes([high, low])))
}

/// The delimiters of `EPSV` for those who know two (`!` is how `|` comes from some EBCDIC servers).
const MARKS: [char; 2] = ['|', '!'];

fn after_marks(text: &str) -> Option<&str> {
    text.strip_prefix(MARKS)?.strip_prefix(MARKS)?.strip_prefix(MARKS)
}

/// What is between three marks and the last one of the line, at the first place with something there.
fn between_marks(line: &str) -> Option<&str> {
    line.match_indices(MARKS).find_map(|(at, _)| {
        let rest = after_marks(&line[at..])?;
        rest.get(..rest.rfind(MARKS)?).filter(|inside| !inside.is_empty())
    })
}

/// The number at the start of the text, as JavaScript's `parseInt` reads it, if it is a port.
fn leading_port(text: &str) -> Option<u16> {
    let text = text.trim_start();
    let negative = text.starts_with('-');
    let (port, _) = digits(text.strip_prefix(['-', '+']).unwrap_or(text))?;
    in_range(port).filter(|port| !negative || *port == 0)
}

/// The character that the text begins with three times, and what follows.
fn three_equal(text: &str) -> Option<(char, &str)> {
    let delimiter = text.chars().next().filter(|c| c.is_ascii() && *c != '\0')?;
    let rest = text.strip_prefix(delimiter)?.strip_prefix(delimiter)?.strip_prefix(delimiter)?;
    Some((delimiter, rest))
}

/// The number, if the delimiter follows it.
fn delimited((number, rest): (u64, &str), delimiter: char) -> Option<u64> {
    rest.starts_with(delimiter).then_some(number)
}

/// What follows three times the first character, which C's `sscanf` is asked to find: white space
/// stands for any amount of it, `%` for itself only where it is doubled.
fn after_first_character(text: &str) -> Option<&str> {
    if text.starts_with(SPACE) {
        return Some(text);
    }
    three_equal(text).filter(|(first, _)| *first != '%').map(|(_, rest)| rest)
}
