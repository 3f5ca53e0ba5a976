//! Blocks of summaries.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use crate::store::blocks::number::{byte, put, take};
use crate::store::model::rank;
use crate::store::model::{Point, Resolution, Summary};

const VERSION: u8 = 1;
const DAY: i64 = 86_400;

/// Returns the block of a summary: the days since 1970 for hours, the months since the year 0 for days.
pub(crate) fn block_of(resolution: Resolution, start: DateTime<Utc>) -> i64 {
    match resolution {
        Resolution::Hour => start.timestamp().div_euclid(DAY),
        Resolution::Day => i64::from(start.year()) * 12 + i64::from(start.month0()),
    }
}

/// Returns the place of a summary in its block.
fn index_of(resolution: Resolution, start: DateTime<Utc>) -> u8 {
    let index = match resolution {
        Resolution::Hour => start.timestamp().rem_euclid(DAY) / 3600,
        Resolution::Day => i64::from(start.day0()),
    };
    u8::try_from(index).unwrap_or_default()
}

/// Returns the start of the summary at a place of a block.
fn start_of(resolution: Resolution, block: i64, index: u8) -> Option<DateTime<Utc>> {
    match resolution {
        Resolution::Hour => {
            DateTime::from_timestamp(block.checked_mul(DAY)?.checked_add(i64::from(index) * 3600)?, 0)
        }
        Resolution::Day => {
            let (year, month) =
                (i32::try_from(block.div_euclid(12)).ok()?, u32::try_from(block.rem_euclid(12)).ok()?);
            let first = NaiveDate::from_ymd_opt(year, month + 1, 1)?;
            let day = first.checked_add_signed(TimeDelta::days(i64::from(index)))?;
            Some(day.and_hms_opt(0, 0, 0)?.and_utc())
        }
    }
}

/// Returns a block.
pub(crate) fn encode(resolution: Resolution, summaries: &[Summary]) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for summary in summaries {
        bytes.push(index_of(resolution, summary.start));
        let present = summary.by_status.iter().enumerate().filter(|(_, count)| **count > 0);
        bytes.push(present.clone().fold(0, |mask, (place, _)| mask | (1 << place)));
        present.for_each(|(_, count)| put(&mut bytes, *count));
        for number in [summary.took_mean_ms, summary.took_max_ms, summary.pods_off_max, summary.devices_max] {
            put(&mut bytes, number);
        }
    }
    bytes
}

/// Returns the summaries of a block. A torn end is left out.
pub(crate) fn decode(resolution: Resolution, block: i64, bytes: &[u8]) -> Vec<Summary> {
    let mut rest = bytes;
    let mut summaries = Vec::new();
    if byte(&mut rest) == Some(VERSION) {
        while !rest.is_empty() {
            let Some(summary) = summary(resolution, block, &mut rest) else { break };
            summaries.push(summary);
        }
    }
    summaries
}

fn summary(resolution: Resolution, block: i64, rest: &mut &[u8]) -> Option<Summary> {
    let start = start_of(resolution, block, byte(rest)?)?;
    let mask = byte(rest)?;
    let mut by_status = [0; 5];
    for (place, count) in by_status.iter_mut().enumerate() {
        if mask & (1 << place) != 0 {
            *count = take(rest)?;
        }
    }
    let mut next = || take(rest);
    Some(Summary {
        start,
        by_status,
        took_mean_ms: next()?,
        took_max_ms: next()?,
        pods_off_max: next()?,
        devices_max: next()?,
    })
}

/// Returns the summary of samples; `None` of none.
pub(crate) fn of_points(start: DateTime<Utc>, points: &[Point]) -> Option<Summary> {
    let parts = points.iter().map(|point| {
        let mut by_status = [0; 5];
        if let Some(count) = by_status.get_mut(usize::from(rank(point.status))) {
            *count = 1;
        }
        Summary {
            start,
            by_status,
            took_mean_ms: point.took_ms,
            took_max_ms: point.took_ms,
            pods_off_max: point.pods.map_or(0, |(_, off)| off),
            devices_max: point.devices.unwrap_or_default(),
        }
    });
    merge(start, parts)
}

/// Returns the summary of shorter ones; `None` of none.
pub(crate) fn of_summaries(start: DateTime<Utc>, parts: &[Summary]) -> Option<Summary> {
    merge(start, parts.iter().copied())
}

fn merge(start: DateTime<Utc>, parts: impl Iterator<Item = Summary>) -> Option<Summary> {
    let mut whole = Summary {
        start,
        by_status: [0; 5],
        took_mean_ms: 0,
        took_max_ms: 0,
        pods_off_max: 0,
        devices_max: 0,
    };
    let mut took = 0_u64;
    for part in parts {
        for (sum, count) in whole.by_status.iter_mut().zip(part.by_status) {
            *sum = sum.saturating_add(count);
        }
        took = took.saturating_add(u64::from(part.took_mean_ms).saturating_mul(part.samples().into()));
        whole.took_max_ms = whole.took_max_ms.max(part.took_max_ms);
        whole.pods_off_max = whole.pods_off_max.max(part.pods_off_max);
        whole.devices_max = whole.devices_max.max(part.devices_max);
    }
    let samples = u64::from(whole.samples());
    whole.took_mean_ms = u32::try_from(took.checked_div(samples)?).unwrap_or(u32::MAX);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn blocks_are_days_of_hours_and_months_of_days() {
        for (resolution, block, index, text) in [
            (Resolution::Hour, 20_424, 23, "2025-12-02T23:00:00Z"),
            (Resolution::Hour, -1, 0, "1969-12-31T00:00:00Z"),
            (Resolution::Day, 2024 * 12 + 1, 28, "2024-02-29T00:00:00Z"),
            (Resolution::Day, 2025 * 12 + 11, 30, "2025-12-31T00:00:00Z"),
        ] {
            assert_eq!(
                (block_of(resolution, at(text)), index_of(resolution, at(text))),
                (block, index),
                "{text}"
            );
            assert_eq!(start_of(resolution, block, index), Some(at(text)));
        }
    }

    proptest! {
        #[test]
        fn summaries_are_read_again(counts in prop::collection::vec(any::<([u32; 5], [u32; 4])>(), 0..24)) {
            for (resolution, block) in [(Resolution::Hour, 20_424), (Resolution::Day, 2025 * 12)] {
                let summaries: Vec<Summary> = (0..).zip(&counts).map(|(index, (by_status, [mean, max, off, devices]))| Summary {
                    start: start_of(resolution, block, index).unwrap(),
                    by_status: *by_status,
                    took_mean_ms: *mean,
                    took_max_ms: *max,
                    pods_off_max: *off,
                    devices_max: *devices,
                }).collect();
                prop_assert_eq!(decode(resolution, block, &encode(resolution, &summaries)), summaries);
            }
        }

        #[test]
        fn foreign_bytes_are_no_panic(block in any::<i64>(), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            decode(Resolution::Hour, block, &bytes);
            decode(Resolution::Day, block, &bytes);
        }
    }
}
