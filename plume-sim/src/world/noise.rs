//! Deterministic noise.
//!
//! A value is computed from the seed and its key (a location, a time slot), not drawn from a running generator. It
//! does not depend on the order of requests, and history stays the same when it is requested again. The mixing is our
//! own, so no library update changes the meaning of a seed.

/// Returns a well mixed number from `seed` and the value's key (the steps of `SplitMix64`).
pub(crate) fn hash(seed: u64, salts: &[u64]) -> u64 {
    salts.iter().fold(mix(seed), |state, salt| mix(state ^ mix(*salt)))
}

fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Returns a number in `low..high`.
#[expect(clippy::cast_precision_loss, reason = "53 bits are kept, which is what a double holds")]
pub(crate) fn between(seed: u64, salts: &[u64], low: f64, high: f64) -> f64 {
    let unit = (hash(seed, salts) >> 11) as f64 / (1_u64 << 53) as f64;
    low + (high - low) * unit
}

/// Returns a whole number in `0..bound`; zero if `bound` is zero.
pub(crate) fn below(seed: u64, salts: &[u64], bound: u64) -> u64 {
    hash(seed, salts).checked_rem(bound).unwrap_or(0)
}

/// Returns a text as a salt (FNV-1a).
pub(crate) fn salt(text: &str) -> u64 {
    salt_bytes(text.as_bytes())
}

/// Returns bytes as a salt.
pub(crate) fn salt_bytes(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Rounds `value` to one decimal.
pub(crate) fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Rounds `value` to two decimals.
pub(crate) fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_inputs_give_equal_values_and_others_do_not() {
        assert_eq!(hash(7, &[1, 2]), hash(7, &[1, 2]));
        assert_ne!(hash(7, &[1, 2]), hash(7, &[2, 1]));
        assert_ne!(hash(7, &[1]), hash(8, &[1]));
    }

    #[test]
    fn values_stay_within_their_bounds() {
        for n in 0..1_000 {
            let value = between(7, &[n], 2.0, 3.0);
            assert!((2.0..3.0).contains(&value), "{value}");
            assert!(below(7, &[n], 10) < 10);
        }
        assert_eq!(below(7, &[1], 0), 0);
    }
}
