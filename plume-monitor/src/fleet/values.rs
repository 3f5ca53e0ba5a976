//! Counts of an attribute's values in bounded memory, with lossless merging.

use crate::fleet::count::{increase, number};
use crate::fleet::report::{Attribute, CommonCause};

/// The maximum number of different values of an attribute that are counted one by one; further ones are counted
/// together. The choice depends on the values only.
pub const MAX_VALUES: usize = 1024;
/// The smallest number of disrupted homes for a common cause.
pub const MIN_SUPPORT: u64 = 3;

/// The maximum length of a value. Longer ones are cut to bound the memory.
const MAX_LENGTH: usize = 256;

/// The number of homes by value.
///
/// Of more than [`MAX_VALUES`] values those with the smallest hashes are kept. A value among the smallest of all is
/// among the smallest of every part, so its count is exact in any order, and merging loses nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Values {
    /// By hash, then by value.
    entries: Vec<Entry>,
    /// Homes with a known value.
    homes: u64,
    disrupted: u64,
    /// Values, once for each home, dropped ones included.
    values: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    hash: u64,
    value: Box<str>,
    homes: u64,
    disrupted: u64,
}

impl Values {
    /// Adds the values of one home.
    pub(super) fn add(&mut self, mut values: Vec<&str>, disrupted: bool) {
        values.retain(|value| !value.trim().is_empty());
        if values.is_empty() {
            return;
        }
        values.iter_mut().for_each(|value| *value = cut(value));
        values.sort_unstable();
        values.dedup();
        let disrupted = u64::from(disrupted);
        increase(&mut self.homes, 1);
        increase(&mut self.disrupted, disrupted);
        increase(&mut self.values, number(values.len()));
        for value in values {
            self.count(hash(value), value, 1, disrupted);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        increase(&mut self.homes, other.homes);
        increase(&mut self.disrupted, other.disrupted);
        increase(&mut self.values, other.values);
        for entry in &other.entries {
            self.count(entry.hash, &entry.value, entry.homes, entry.disrupted);
        }
    }

    fn count(&mut self, hash: u64, value: &str, homes: u64, disrupted: u64) {
        match self.entries.binary_search_by(|entry| (entry.hash, &*entry.value).cmp(&(hash, value))) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    increase(&mut entry.homes, homes);
                    increase(&mut entry.disrupted, disrupted);
                }
            }
            Err(MAX_VALUES..) => {}
            Err(at) => {
                self.entries.insert(at, Entry { hash, value: value.into(), homes, disrupted });
                self.entries.truncate(MAX_VALUES);
            }
        }
    }

    pub(super) fn not_counted(&self) -> u64 {
        let counted = self.entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.homes));
        self.values.saturating_sub(counted)
    }

    pub(super) fn common(&self, attribute: Attribute) -> impl Iterator<Item = CommonCause> {
        self.entries.iter().filter(|entry| self.is_common(entry)).map(move |entry| CommonCause {
            attribute,
            value: entry.value.to_string(),
            disrupted_with: entry.disrupted,
            disrupted: self.disrupted,
            homes_with: entry.homes,
            homes: self.homes,
        })
    }

    /// Applies the rule in the docs of the module.
    fn is_common(&self, entry: &Entry) -> bool {
        if entry.disrupted < MIN_SUPPORT || entry.disrupted.saturating_mul(2) < self.disrupted {
            return false;
        }
        let [with, disrupted] = [entry.disrupted, self.disrupted].map(float);
        let [homes_with, homes] = [entry.homes, self.homes].map(float);
        // The excess over the expected number times the number of homes, and its variance.
        let excess = with * homes - disrupted * homes_with;
        let variance = disrupted * homes_with * (homes - homes_with) * (homes - disrupted);
        excess > 0.0 && excess * excess * (homes - 1.0) >= DEVIATIONS * DEVIATIONS * variance
    }
}

const DEVIATIONS: f64 = 3.0;

#[expect(clippy::cast_precision_loss, reason = "a fleet of 2^52 homes is not on this planet")]
fn float(count: u64) -> f64 {
    count as f64
}

fn cut(value: &str) -> &str {
    if value.len() <= MAX_LENGTH {
        return value;
    }
    let end = (0..=MAX_LENGTH).rev().find(|end| value.is_char_boundary(*end));
    end.and_then(|end| value.get(..end)).unwrap_or_default()
}

/// Returns an FNV-1a hash with the finalizer of `MurmurHash3`: stable on every machine, unlike the hasher of a map.
fn hash(value: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in value.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(homes: u64, disrupted: u64, with: u64, disrupted_with: u64) -> Values {
        let mut values = Values::default();
        for home in 0..homes {
            let is_disrupted = home < disrupted;
            let has =
                if is_disrupted { home < disrupted_with } else { home - disrupted < with - disrupted_with };
            values.add(vec![if has { "x" } else { "y" }], is_disrupted);
        }
        values
    }

    fn is_common(homes: u64, disrupted: u64, with: u64, disrupted_with: u64) -> bool {
        values(homes, disrupted, with, disrupted_with).common(Attribute::Isp).any(|cause| cause.value == "x")
    }

    #[test]
    fn a_common_cause_has_support_a_share_and_an_excess() {
        // Two homes are chance, three are not.
        assert!(!is_common(1000, 3, 10, 2));
        assert!(is_common(1000, 3, 10, 3));
        // Half of the disrupted ones, not less.
        assert!(is_common(1000, 10, 20, 5));
        assert!(!is_common(1000, 11, 20, 5));
        // Exactly three standard deviations, and less than that.
        assert!(is_common(10, 5, 5, 5));
        assert!(!is_common(8, 4, 4, 4));
        assert!(!is_common(9, 4, 4, 4));
        assert!(!is_common(1000, 10, 500, 6));
        // A value of every home explains nothing, nor does any value if every home is disrupted.
        assert!(!is_common(10, 5, 10, 5));
        assert!(!is_common(10, 10, 5, 5));
    }

    #[test]
    fn hashes_are_the_same_on_every_machine() {
        // Computed by a second program. Counts of different machines can be merged because of this.
        assert_eq!(
            ["", "One", "P301X"].map(hash),
            [0xefd0_1f60_ba99_2926, 0x8d24_0bea_ede1_c25a, 0xc30f_e9cc_bfd0_6d61]
        );
    }

    #[test]
    fn values_beyond_the_capacity_are_counted_together() {
        let names: Vec<String> = (0..MAX_VALUES + 500).map(|number| format!("isp {number}")).collect();
        let (mut one, mut other) = (Values::default(), Values::default());
        for name in &names {
            one.add(vec![name], false);
        }
        for name in names.iter().rev() {
            other.add(vec![name], false);
        }
        assert_eq!(one, other);
        assert_eq!((one.entries.len(), one.not_counted()), (MAX_VALUES, 500));
        other.merge(&one);
        assert_eq!((other.entries.len(), other.not_counted()), (MAX_VALUES, 1000));
        assert!(other.entries.iter().all(|entry| entry.homes == 2));
    }

    #[test]
    fn a_home_has_a_value_once_and_no_long_ones() {
        let long = "ü".repeat(MAX_LENGTH);
        let mut values = Values::default();
        values.add(vec!["a", "b", "a", " ", &long], true);
        assert_eq!((values.homes, values.values), (1, 3));
        assert!(values.entries.iter().all(|entry| entry.homes == 1 && entry.value.len() <= MAX_LENGTH));
        values.add(vec![" "], true);
        assert_eq!(values.homes, 1);
    }
}
