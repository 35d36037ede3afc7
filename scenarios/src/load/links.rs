//! What legs between interfaces are like.

use std::time::Duration;

use crate::schema::Spanned;

use crate::load::{Report, values};
use crate::model::Link;
use crate::schema;

/// The greatest delay, in milliseconds.
const GREATEST_DELAY: u64 = 60_000;

/// The greatest loss, in percent.
const GREATEST_LOSS: f64 = 50.0;

/// A link; what its table leaves out is [`Link::default`].
pub(crate) fn link(report: &mut Report, table: &schema::LinkTable) -> Option<Link> {
    let default = Link::default();
    let latency = delay(report, &table.latency_ms, default.latency);
    let jitter = delay(report, &table.jitter_ms, default.jitter);
    let bandwidth = values::optional(&table.bandwidth_bit_s, |rate| bandwidth(report, rate));
    let loss = match &table.loss_percent {
        Some(percent) => {
            values::number(report, percent, 0.0..=GREATEST_LOSS).map(|percent| percent / 100.0)
        }
        None => Some(default.loss),
    };
    let mtu = values::optional(&table.mtu, |mtu| {
        values::within(report, mtu, 576..=9001).and_then(|mtu| u16::try_from(mtu).ok())
    });
    Some(Link {
        latency: latency?,
        jitter: jitter?,
        bandwidth: bandwidth?,
        loss: loss?,
        mtu: mtu?,
        mtu_discovery: table.mtu_discovery.unwrap_or(default.mtu_discovery),
    })
}

/// The link of a thing that may have one of its own; the outer none is an error.
pub(crate) fn own(report: &mut Report, table: &Option<schema::LinkTable>) -> Option<Option<Link>> {
    values::optional(table, |table| link(report, table))
}

fn delay(
    report: &mut Report,
    number: &Option<Spanned<u64>>,
    default: Duration,
) -> Option<Duration> {
    match number {
        Some(number) => {
            values::within(report, number, 0..=GREATEST_DELAY).map(Duration::from_millis)
        }
        None => Some(default),
    }
}

fn bandwidth(report: &mut Report, rate: &Spanned<u64>) -> Option<u64> {
    match *rate.get_ref() {
        0 => report.fail(
            rate.span(),
            "nothing gets through a bandwidth of 0",
            "write bits per second, or remove the key: there is no limit then",
        ),
        rate => Some(rate),
    }
}
