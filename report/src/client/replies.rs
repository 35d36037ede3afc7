//! How clients read the replies to `PASV` and `EPSV`, in words.

use pasvlab_scenarios::{EpsvReply, PasvReply};

/// How the reply to `PASV` is read.
#[must_use]
pub fn pasv_reply(way: PasvReply) -> String {
    format!("With {}: {}", pasv_place(way), pasv_numbers(way))
}

/// Which replies are read, and which of their lines.
fn pasv_place(way: PasvReply) -> &'static str {
    match way {
        PasvReply::FirstDigit
        | PasvReply::FirstSixSum
        | PasvReply::Parentheses
        | PasvReply::ExactParentheses => "code 227",
        PasvReply::FirstSixShort => "code 227, in the first line",
        PasvReply::FirstDigitOfLastLine | PasvReply::FirstDigitSum | PasvReply::FirstSixOctets => {
            "code 227, in the last line"
        }
        PasvReply::FirstSixSumAnyCode | PasvReply::LastTwo => "any code 2xx",
        PasvReply::FirstDigitOfFirstLine | PasvReply::PortOfSix => {
            "any code 2xx, in the first line"
        }
        PasvReply::FirstDigitOfLastLineAnyCode
        | PasvReply::FirstDigitNoBlanks
        | PasvReply::FirstSix => "any code 2xx, in the last line",
        PasvReply::ParenthesesOrFirstDigit | PasvReply::Brackets => {
            "any code 2xx or 3xx, in the last line"
        }
        PasvReply::FirstSixSigned => "any code 1xx to 3xx",
        PasvReply::FirstSixSumOfLastLine => "any code 1xx to 3xx, in the last line",
    }
}

/// What is taken for address and port.
fn pasv_numbers(way: PasvReply) -> &'static str {
    match way {
        PasvReply::FirstDigit => {
            "six numbers joined by commas, at the first digit after the code, in the first line that \
             has one. Blanks and a sign may stand before each number but the first; all are taken \
             modulo 256."
        }
        PasvReply::FirstDigitOfFirstLine
        | PasvReply::FirstDigitOfLastLine
        | PasvReply::FirstDigitOfLastLineAnyCode => {
            "six numbers joined by commas, at the first digit after the code. Blanks and a sign may \
             stand before each number but the first; all are taken modulo 256."
        }
        PasvReply::FirstDigitNoBlanks => {
            "six numbers joined by commas without blanks, at the first digit after the code. A \
             missing number is 0; all are taken modulo 256."
        }
        PasvReply::FirstDigitSum => {
            "four numbers of 0 to 255 and two more, joined by commas, at the first digit after the \
             code. The port is 256 times the fifth plus the sixth, modulo 65536; 0 is no port."
        }
        PasvReply::FirstSix => {
            "the first six numbers joined by commas. Blanks and a sign may stand before each number \
             but the first; all are taken modulo 256."
        }
        PasvReply::FirstSixOctets => "the first six numbers of 0 to 255 joined by commas.",
        PasvReply::FirstSixShort => {
            "the first six numbers of one to three digits joined by commas. The port has the bits of \
             the fifth, shifted by eight, and of the sixth."
        }
        PasvReply::FirstSixSum
        | PasvReply::FirstSixSumAnyCode
        | PasvReply::FirstSixSumOfLastLine => {
            "the first six numbers joined by commas. The port is 256 times the fifth plus the sixth."
        }
        PasvReply::FirstSixSigned => {
            "the first six numbers, which may be negative, joined by commas. Those of the port are \
             taken modulo 256."
        }
        PasvReply::Parentheses => IN_PARENTHESES,
        PasvReply::ExactParentheses => {
            "six numbers of 0 to 255 joined by commas, with nothing else between \"(\" and \")\"."
        }
        PasvReply::ParenthesesOrFirstDigit => IN_PARENTHESES_OR_NOT,
        PasvReply::Brackets => IN_BRACKETS,
        PasvReply::LastTwo => LAST_TWO,
        PasvReply::PortOfSix => {
            "the port of six numbers joined by commas, wherever they are. The address is not read."
        }
    }
}

const IN_PARENTHESES: &str = "what stands between the first \"(\" and the last \")\", split at \
    commas into at least six parts. The port is 256 times the fifth plus the sixth.";

const IN_PARENTHESES_OR_NOT: &str = "what stands between the first \"(\" and the first \")\", or \
    without these what begins at the first digit after the code, split at commas and full stops into \
    exactly six parts. The port is 256 times the fifth plus the sixth, modulo 65536.";

const IN_BRACKETS: &str = "exactly six numbers of one to three digits, at most 255, joined by commas, \
    between round, square, curly or angle brackets or between blanks.";

const LAST_TWO: &str = "it splits the reply at blanks, parentheses and commas into at least eight \
    parts. The last two are the port, or the two before the last if that is no number. The address is \
    not read.";

/// How the reply to `EPSV` is read.
#[must_use]
pub fn epsv_reply(way: EpsvReply) -> &'static str {
    match way {
        EpsvReply::AnyDelimiter => {
            "With code 229, in the last line: the first \"(\", three equal characters of any kind, \
             the port, and that character again."
        }
        EpsvReply::AnyDelimiterScanned => {
            "With code 229: the first \"(\", three equal characters of any kind, the port, and that \
             character again. Blanks and a sign may stand before the port, which is taken modulo \
             65536."
        }
        EpsvReply::WholeParentheses => {
            "With code 229, in the first line: nothing else between the first \"(\" and the first \
             \")\" than three equal characters of any kind, the port, and that character again."
        }
        EpsvReply::Bars => "With code 229: exactly \"(|||\", the port, and \"|)\".",
        EpsvReply::BarsNotZero => {
            "With any code 2xx or 3xx, in the last line: the port between the first \"(|||\" and the \
             next \"|)\"; 0 is no port."
        }
        EpsvReply::BarsOrMarks => {
            "With any code 1xx to 3xx: three characters of which each is \"|\" or \"!\", the port, \
             and another of them on the same line."
        }
        EpsvReply::BarsOrMarksInParentheses => {
            "With any code 1xx to 3xx, in the last line: exactly \"(|||\", the port, and \"|)\", with \
             \"!\" in place of any \"|\"."
        }
        EpsvReply::BetweenBars => {
            "With code 229: the port between the first \"|||\" and the last \"|\", with parentheses \
             or without."
        }
        EpsvReply::FirstCharacter => {
            "With any code 2xx, in the last line: three times the first character after \"(\", or \
             after the code where there is none, and then the port, before which blanks and a sign \
             may stand and which is taken modulo 65536."
        }
        EpsvReply::AfterLastParenthesis => {
            "With any code 2xx, in the first line: the port, which begins four characters after the \
             last \"(\"; 0 is no port."
        }
        EpsvReply::AfterFirstBar => {
            "With any code 2xx, in the last line: the port, which begins three characters after the \
             first \"|\"; what is no number is 0."
        }
        EpsvReply::AfterThirdBar => {
            "With code 229, in the last line: the port after the third \"|\", modulo 65536; 0 is no \
             port."
        }
        EpsvReply::FirstNumber => {
            "With codes 227 to 229: the first number after the code, in the first line that has one, \
             modulo 65536."
        }
    }
}
