//! Mutates one piece into an input.

use std::ops::Range;

use fastrand::Rng;

use super::seeds::Seed;

/// Values that are edge cases for some parser.
const VALUES: [&[u8]; 40] = [
    b"null",
    b"true",
    b"false",
    b"0",
    b"-0",
    b"1",
    b"-1",
    b"17",
    b"1.5",
    b"1e5",
    b"1e999",
    b"-1e999",
    b"1e-999",
    b"18446744073709551615",
    b"18446744073709551616",
    b"-9223372036854775808",
    b"9007199254740993",
    b"99999999999999",
    b"253402300800000",
    b"-62167219200001",
    b"\"\"",
    b"\" \"",
    b"\"12\"",
    b"\"-1.5\"",
    b"\"NaN\"",
    b"\"1e999\"",
    b"\"connected\"",
    b"\"\\ud800\"",
    b"\"\\ud83d\\ude00\"",
    b"\"\\u0000\"",
    b"\"2026-01-15T10:00:00.000Z\"",
    b"\"0000-01-01T00:00:00Z\"",
    b"\"+262143-12-31T23:59:59Z\"",
    b"\"2016-12-31T23:59:60Z\"",
    b"[]",
    b"{}",
    b"[[]]",
    b"[null]",
    b"{\"id\":\"x\"}",
    b"[{\"\":{}}]",
];

/// Bytes that end or begin a token.
const BYTES: &[u8] = b"\"\\{}[]:,.-+eE0179 \n\t\0\x7f\x80\xbf\xc0\xe2\xed\xf4\xffuntf";

/// Makes inputs in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Mutator {
    out: Vec<u8>,
}

fn one<'s, T>(random: &mut Rng, of: &'s [T]) -> Option<&'s T> {
    if of.is_empty() { None } else { of.get(random.usize(..of.len())) }
}

impl Mutator {
    /// Returns the next input, made from one of the pieces in `pool`.
    pub(crate) fn next(&mut self, random: &mut Rng, pool: &[Seed]) -> &[u8] {
        self.out.clear();
        let Some(seed) = one(random, pool) else { return &self.out };
        // Half by structure, a quarter by bytes, a quarter by both.
        let how = random.u8(..4);
        if how == 3 || seed.values.is_empty() || !self.by_structure(random, seed, pool) {
            self.out.clear();
            self.out.extend_from_slice(&seed.text);
        }
        if how >= 2 || seed.values.is_empty() {
            for _ in 0..random.u8(1..4) {
                self.by_bytes(random);
            }
        }
        &self.out
    }

    /// Returns the text with `middle` in place of `range`.
    fn splice(&mut self, text: &[u8], range: &Range<usize>, middle: &[u8]) -> Option<()> {
        self.out.extend_from_slice(text.get(..range.start)?);
        self.out.extend_from_slice(middle);
        self.out.extend_from_slice(text.get(range.end..)?);
        Some(())
    }

    fn by_structure(&mut self, random: &mut Rng, seed: &Seed, pool: &[Seed]) -> bool {
        self.try_structure(random, seed, pool).is_some()
    }

    fn try_structure(&mut self, random: &mut Rng, seed: &Seed, pool: &[Seed]) -> Option<()> {
        let text = seed.text.as_slice();
        match random.u8(..16) {
            // Another value.
            0..=6 => self.splice(text, one(random, &seed.values)?, one(random, &VALUES)?),
            // A field or element removed or doubled.
            7 | 8 => self.splice(text, one(random, &seed.members)?, b""),
            9 => {
                let member = one(random, &seed.members)?;
                self.splice(text, &(member.start..member.start), text.get(member.clone())?)
            }
            // A value of another piece.
            10 | 11 => {
                let other = one(random, pool)?;
                let value = one(random, &other.values)?;
                self.splice(text, one(random, &seed.values)?, other.text.get(value.clone())?)
            }
            // The name of another field.
            12 | 13 => {
                let other = one(random, pool)?;
                let key = one(random, &other.keys)?;
                self.splice(text, one(random, &seed.keys)?, other.text.get(key.clone())?)
            }
            // A number in another notation, or with many digits.
            14 => {
                let mut digits = [b'0'; 40];
                digits.iter_mut().for_each(|digit| *digit = b'0' + random.u8(..10));
                if let Some(point) = digits.get_mut(random.usize(1..39)) {
                    *point = *one(random, b".eE")?;
                }
                let length = random.usize(1..40);
                self.splice(text, one(random, &seed.values)?, digits.get(..length)?)
            }
            // Wrapped: usually once, rarely many times.
            _ => {
                let value = one(random, &seed.values)?;
                let times = if random.u8(..64) == 0 { random.usize(100..300) } else { random.usize(1..4) };
                let (open, close): (&[u8], &[u8]) =
                    if random.bool() { (b"[", b"]") } else { (b"{\"nodes\":", b"}") };
                self.out.extend_from_slice(text.get(..value.start)?);
                (0..times).for_each(|_| self.out.extend_from_slice(open));
                self.out.extend_from_slice(text.get(value.clone())?);
                (0..times).for_each(|_| self.out.extend_from_slice(close));
                self.out.extend_from_slice(text.get(value.end..)?);
                Some(())
            }
        }
    }

    fn by_bytes(&mut self, random: &mut Rng) {
        let length = self.out.len();
        if length == 0 {
            self.out.extend_from_slice(one(random, &VALUES).copied().unwrap_or_default());
            return;
        }
        let at = random.usize(..length);
        let end = (at + random.usize(1..9)).min(length);
        let byte = BYTES.get(random.usize(..BYTES.len())).copied().unwrap_or_default();
        match random.u8(..8) {
            0 => self.out.get_mut(at).into_iter().for_each(|old| *old ^= 1 << random.u8(..8)),
            1 => self.out.get_mut(at).into_iter().for_each(|old| *old = byte),
            2 => self.out.insert(at, byte),
            3 => drop(self.out.drain(at..end)),
            4 => {
                let again: Vec<u8> = self.out.get(at..end).map(<[u8]>::to_vec).unwrap_or_default();
                drop(self.out.splice(at..at, again));
            }
            5 => self.out.truncate(at),
            6 => {
                let value = one(random, &VALUES).copied().unwrap_or_default();
                drop(self.out.splice(at..end, value.iter().copied()));
            }
            _ => {
                let other = random.usize(..length);
                self.out.swap(at, other);
            }
        }
    }
}
