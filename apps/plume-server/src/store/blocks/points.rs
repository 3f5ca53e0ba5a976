//! Blocks of samples.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::blocks::number::{byte, put, take};
use crate::store::model::Point;
use crate::store::model::{rank, status};

const VERSION: u8 = 1;
const HOUR: i64 = 3600;

const RANK: u8 = 0b111;
const FULL: u8 = 1 << 3;
const FAILURE: u8 = 1 << 4;
const PODS: u8 = 1 << 5;
const DEVICES: u8 = 1 << 6;

/// Returns the block of a time: the hours since 1970.
pub(crate) fn hour_of(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(HOUR)
}

/// Returns the start of a block.
pub(crate) fn hour_start(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(hour.saturating_mul(HOUR), 0).unwrap_or(DateTime::UNIX_EPOCH)
}

/// Returns the bytes of a new block with one sample, and those to append to a block that exists.
pub(crate) fn append(point: &Point) -> (Vec<u8>, Vec<u8>) {
    let mut entry = Vec::with_capacity(12);
    put(&mut entry, u32::try_from(point.at.timestamp().rem_euclid(HOUR)).unwrap_or_default());
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    entry.push(
        rank(point.status)
            | flag(point.is_full, FULL)
            | flag(point.failure > 0, FAILURE)
            | flag(point.pods.is_some(), PODS)
            | flag(point.devices.is_some(), DEVICES),
    );
    if point.failure > 0 {
        entry.push(point.failure);
    }
    put(&mut entry, point.took_ms);
    if let Some((pods, off)) = point.pods {
        put(&mut entry, pods);
        put(&mut entry, off);
    }
    if let Some(devices) = point.devices {
        put(&mut entry, devices);
    }
    let mut block = Vec::with_capacity(entry.len() + 1);
    block.push(VERSION);
    block.extend_from_slice(&entry);
    (block, entry)
}

/// Returns the samples of a block by their time. A torn end is left out.
pub(crate) fn decode(hour: i64, block: &[u8]) -> Vec<Point> {
    let mut rest = block;
    let mut points = Vec::new();
    if byte(&mut rest) == Some(VERSION) {
        while !rest.is_empty() {
            let Some(point) = point(hour, &mut rest) else { break };
            points.push(point);
        }
    }
    // The clock may have been set back.
    points.sort_by_key(|point| point.at);
    points
}

fn point(hour: i64, rest: &mut &[u8]) -> Option<Point> {
    let seconds = take(rest)?;
    let flags = byte(rest)?;
    let has = |flag: u8| flags & flag != 0;
    let failure = if has(FAILURE) { byte(rest)? } else { 0 };
    let took_ms = take(rest)?;
    let pods = if has(PODS) { Some((take(rest)?, take(rest)?)) } else { None };
    let devices = if has(DEVICES) { Some(take(rest)?) } else { None };
    let at = hour_start(hour).checked_add_signed(TimeDelta::seconds(i64::from(seconds)))?;
    Some(Point { at, status: status(flags & RANK), is_full: has(FULL), failure, took_ms, pods, devices })
}

#[cfg(test)]
mod tests {
    use plume::health::Status;
    use proptest::prelude::*;

    use super::*;

    fn points() -> impl Strategy<Value = Vec<Point>> {
        let point = (
            0_i64..3600,
            0_u8..5,
            any::<bool>(),
            any::<u8>(),
            any::<u32>(),
            any::<Option<(u32, u32)>>(),
            any::<Option<u32>>(),
        );
        let point = point.prop_map(|(second, place, is_full, failure, took_ms, pods, devices)| Point {
            at: hour_start(490_000) + TimeDelta::seconds(second),
            status: status(place),
            is_full,
            failure,
            took_ms,
            pods,
            devices,
        });
        prop::collection::vec(point, 1..40)
    }

    proptest! {
        #[test]
        fn every_sample_of_a_block_is_read_again(mut points in points(), cut in any::<prop::sample::Index>()) {
            let mut block = Vec::new();
            for point in &points {
                let (new, more) = append(point);
                block.extend_from_slice(if block.is_empty() { &new } else { &more });
            }
            points.sort_by_key(|point| point.at);
            prop_assert_eq!(decode(490_000, &block), points.clone());
            // A torn block gives fewer samples, and no panic.
            let torn = decode(490_000, &block[..cut.index(block.len())]);
            prop_assert!(torn.len() < points.len());
        }

        #[test]
        fn foreign_bytes_are_no_panic(block in prop::collection::vec(any::<u8>(), 0..60)) {
            decode(1, &block);
        }
    }

    #[test]
    fn a_usual_sample_has_seven_bytes() {
        let point = Point {
            at: hour_start(490_000) + TimeDelta::seconds(3000),
            status: Status::Green,
            is_full: false,
            failure: 0,
            took_ms: 180,
            pods: Some((4, 0)),
            devices: None,
        };
        assert_eq!(append(&point).1.len(), 7);
    }
}
