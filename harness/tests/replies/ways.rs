//! Every way to read a reply. A variant that is missing here does not compile.

use pasvlab_scenarios::{EpsvReply, PasvReply};

macro_rules! every {
    ($name:ident: $kind:ident { $($way:ident,)* }) => {
        #[doc = concat!("Every [`", stringify!($kind), "`].")]
        pub(crate) const $name: &[$kind] = &[$($kind::$way,)*];

        const _: fn($kind) = |way| match way {
            $($kind::$way => (),)*
        };
    };
}

every!(PASV: PasvReply {
    FirstDigit,
    FirstDigitOfFirstLine,
    FirstDigitOfLastLine,
    FirstDigitOfLastLineAnyCode,
    FirstDigitNoBlanks,
    FirstDigitSum,
    FirstSix,
    FirstSixOctets,
    FirstSixShort,
    FirstSixSum,
    FirstSixSumAnyCode,
    FirstSixSumOfLastLine,
    FirstSixSigned,
    Parentheses,
    ExactParentheses,
    ParenthesesOrFirstDigit,
    Brackets,
    LastTwo,
    PortOfSix,
});

every!(EPSV: EpsvReply {
    AnyDelimiter,
    AnyDelimiterScanned,
    WholeParentheses,
    Bars,
    BarsNotZero,
    BarsOrMarks,
    BarsOrMarksInParentheses,
    BetweenBars,
    FirstCharacter,
    AfterLastParenthesis,
    AfterFirstBar,
    AfterThirdBar,
    FirstNumber,
});
