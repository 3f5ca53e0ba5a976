//! Gauge `store`: every change of a record is detected, and a process may be killed at any point.
//!
//! With `--plant` it tests a store with three faults: records are read without verification, syncing a file does
//! nothing, and nonces repeat. Every part must find its fault.

use std::{collections::BTreeMap, process::ExitCode, sync::Arc};

use gauges::{Reading, Settings};
use plume_seal::{
    Codec, Kind, Place, Plain, RecordName, RecordStore, SealKey, SealKeys, Sealed, StoreError,
    StoreErrorKind, hash, nonce,
};
use serde_json::json;
use testkit::disk::{End, SimDisk};
use zeroize::Zeroizing;

fn main() -> ExitCode {
    gauges::run(&[("store", measure)])
}

fn measure(settings: Settings) -> Result<Reading, String> {
    let effort = if settings.quick { Effort::QUICK } else { Effort::FULL };
    let counts = count(settings.seed, effort, settings.plant).map_err(|error| error.to_string())?;
    let parts: BTreeMap<_, _> =
        counts.0.iter().map(|(part, count)| (*part, [count.tried, count.faults])).collect();
    Ok(Reading {
        value: json!({ "faults": counts.0.values().map(|count| count.faults).sum::<usize>(), "parts": parts }),
        goal: "0 faults: no undetected change of a record and no lost record, [attempted, faults] in each part",
        pass: counts.pass(),
        scanned: counts.0.values().map(|count| count.tried as u64).sum(),
    })
}

/// The parts, with the minimum number of cases of each.
const PARTS: [(&str, usize); 7] = [
    // Flipped bits and cut records, plain and sealed, with and without a forged checksum.
    ("flips", 10_000),
    ("truncations", 1_000),
    // Records in the place of another tenant, kind or id, and older copies put back.
    ("swaps", 500),
    ("copies", 10),
    // Points at which a process is killed while it writes a record or changes the key of all records.
    ("write_kills", 1_000),
    ("rotation_kills", 1_000),
    ("nonces", 1_000),
];

/// The cases of each part. A fault is an undetected change, a lost record, or a repeated nonce.
#[derive(Debug, Default)]
struct Counts(BTreeMap<&'static str, Count>);

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    tried: usize,
    faults: usize,
}

impl Counts {
    fn case(&mut self, part: &'static str, good: bool) {
        let count = self.0.entry(part).or_default();
        count.tried += 1;
        count.faults += usize::from(!good);
    }

    fn pass(&self) -> bool {
        let of = |part| self.0.get(part).copied().unwrap_or_default();
        PARTS.iter().all(|(part, least)| of(part).faults == 0 && of(part).tried >= *least)
    }
}

/// The amount of work.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// Bytes of the token in the record whose bits are flipped.
    token_bytes: usize,
    /// Nonces to draw.
    nonces: usize,
    /// Maximum bytes per write. It sets the number of points at which writing a record can be interrupted.
    chunk: usize,
}

impl Effort {
    /// The full amount: a record of 4 KiB, a million nonces, a kill after every byte.
    const FULL: Self = Self { token_bytes: 3_800, nonces: 1_000_000, chunk: 1 };
    /// The smallest amount that passes.
    const QUICK: Self = Self { token_bytes: 400, nonces: 10_000, chunk: 3 };
}

fn count(seed: u64, effort: Effort, plant: bool) -> Result<Counts, StoreError> {
    let bench = Bench { seed, effort, plant };
    let mut counts = Counts::default();
    bench.changes(&mut counts)?;
    bench.swaps(&mut counts)?;
    bench.copies(&mut counts)?;
    bench.write_kills(&mut counts)?;
    bench.rotation_kills(&mut counts)?;
    bench.nonces(&mut counts)?;
    Ok(counts)
}

/// Magic, version and form.
const HEADER: usize = 10;
const CHECKSUM: usize = 32;

struct Bench {
    seed: u64,
    effort: Effort,
    plant: bool,
}

/// Planted: accepts every record without verification.
#[derive(Debug)]
struct Gullible;

impl Codec for Gullible {
    fn prefix(&self) -> &'static str {
        "plain1-"
    }

    fn counts(&self) -> bool {
        false
    }

    fn encode(&self, _: &Place<'_>, contents: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
        Ok(contents.to_vec())
    }

    fn decode(&self, _: &Place<'_>, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        Ok(Zeroizing::new(file.to_vec()))
    }
}

impl Bench {
    fn bytes(&self, purpose: &str, number: u64) -> [u8; 32] {
        hash(purpose, &[&self.seed.to_be_bytes(), &number.to_be_bytes()])
    }

    fn key(&self, number: u64) -> RecordName {
        RecordName::new("tenant", "gauge record", &[&self.bytes("gauge key", number)])
    }

    fn record(&self, number: u64, size: usize) -> Vec<u8> {
        self.bytes("gauge token", number).iter().cycle().take(size).map(|byte| b'a' + byte % 26).collect()
    }

    fn seal_key(&self, name: &str) -> Result<SealKey, StoreError> {
        SealKey::new(name, hash("gauge seal key", &[&self.seed.to_be_bytes(), name.as_bytes()]))
    }

    fn codecs(&self) -> Result<Vec<Arc<dyn Codec>>, StoreError> {
        if self.plant {
            return Ok(vec![Arc::new(Gullible)]);
        }
        let sealed = Sealed::new(Arc::new(SealKeys::new(self.seal_key("one")?)))?;
        Ok(vec![Arc::new(Plain), Arc::new(sealed)])
    }

    fn store(&self, disk: &SimDisk, keys: SealKeys) -> Result<RecordStore, StoreError> {
        let disk = Arc::new(disk.clone());
        RecordStore::sealed_on(disk.clone(), disk, Arc::new(keys))
    }

    fn disk(&self) -> SimDisk {
        let disk = SimDisk::new();
        disk.writes_at_most(self.effort.chunk);
        if self.plant {
            disk.sync_lies();
        }
        disk
    }

    /// Tries every flipped bit and every length, with the old checksum and with a corrected one.
    fn changes(&self, counts: &mut Counts) -> Result<(), StoreError> {
        let key = self.key(0);
        let place = Place::new(&key, Kind::Record);
        let contents = || Zeroizing::new(self.record(0, self.effort.token_bytes));
        for codec in self.codecs()? {
            let file = codec.encode(&place, contents())?;
            for bit in 0..file.len() * 8 {
                counts.case("flips", codec.decode(&place, &flipped(&file, bit)).is_err());
            }
            for length in 0..file.len() {
                let cut = file.get(..length).unwrap_or_default();
                counts.case("truncations", codec.decode(&place, cut).is_err());
            }
        }
        // A plain record has no secret, so anyone can write a valid one.
        if !self.plant {
            let sealed = Sealed::new(Arc::new(SealKeys::new(self.seal_key("one")?)))?;
            let file = sealed.encode(&place, contents())?;
            let body = file.get(HEADER..file.len() - CHECKSUM).unwrap_or_default();
            for bit in 0..body.len() * 8 {
                counts.case("flips", sealed.decode(&place, &forged(&file, &flipped(body, bit))).is_err());
            }
            for length in 0..body.len() {
                let cut = body.get(..length).unwrap_or_default();
                counts.case("truncations", sealed.decode(&place, &forged(&file, cut)).is_err());
            }
        }
        Ok(())
    }

    fn swaps(&self, counts: &mut Counts) -> Result<(), StoreError> {
        // The same four blind indexes for each tenant.
        let named =
            |(tenant, number)| RecordName::new(tenant, "gauge record", &[&self.bytes("gauge id", number)]);
        let numbered = |tenant| (0..4).map(move |number| (tenant, number));
        let names: Vec<_> = ["one", "two", "three"].into_iter().flat_map(numbered).map(named).collect();
        let mut places = Vec::new();
        for kind in [Kind::Record, Kind::Mark] {
            places.extend(names.iter().map(|name| Place::new(name, kind)));
        }
        for codec in self.codecs()? {
            for (from, home) in places.iter().enumerate() {
                let file = codec.encode(home, self.record(0, 20).into())?;
                for (to, place) in places.iter().enumerate() {
                    counts.case("swaps", codec.decode(place, &file).is_ok() == (from == to));
                }
            }
        }
        Ok(())
    }

    /// Puts back every older file of a record while its counter stays.
    fn copies(&self, counts: &mut Counts) -> Result<(), StoreError> {
        let (disk, key) = (self.disk(), self.key(0));
        let keys = SealKeys::new(self.seal_key("one")?);
        let store = self.store(&disk, keys.clone())?;
        store.save(&key, &self.record(0, 20))?;
        let files = disk.files();
        let name = files.iter().map(|(name, _)| name).find(|name| name.ends_with(".token"));
        let Some(name) = name else { return Err(StoreError::new(StoreErrorKind::Io, "nothing was written")) };
        let mut copies = vec![disk.file(name).unwrap_or_default()];
        for number in 1..10 {
            store.save(&key, &self.record(number, 20))?;
            copies.extend(disk.file(name));
        }
        let newest = copies.pop();
        for (at, copy) in copies.iter().enumerate() {
            for forgotten in [false, true] {
                let disk = disk.after(End::Killed);
                // Planted: the newer record is forgotten.
                let lost = self.plant || forgotten;
                if lost {
                    disk.lose(".mark");
                }
                disk.put(name, copy);
                let refused = self.store(&disk, keys.clone())?.load(&key).is_err();
                // Without a counter the first record is indistinguishable from an old one.
                counts.case("copies", refused || (forgotten && at == 0 && !self.plant));
            }
        }
        counts.case("copies", newest.is_some() && store.load(&key)?.is_some());
        Ok(())
    }

    fn write_kills(&self, counts: &mut Counts) -> Result<(), StoreError> {
        let key = self.key(0);
        let keys = SealKeys::new(self.seal_key("one")?);
        // A first record, and replaced records. One has no counter yet, because its writer was killed too.
        for (saves, marked) in [(0, true), (1, true), (1, false), (2, true), (3, true)] {
            let before = self.disk();
            let store = self.store(&before, keys.clone())?;
            for number in 0..saves {
                store.save(&key, &self.record(number, 20))?;
            }
            if !marked {
                before.lose(".mark");
            }
            let old = store.load(&key)?;
            let new = self.record(saves, 20);
            for step in 0.. {
                let disk = before.after(End::Killed);
                let store = self.store(&disk, keys.clone())?;
                disk.dies_at(step);
                let finished = store.save(&key, &new).is_ok();
                for end in End::ALL {
                    let left = disk.after(end);
                    let store = self.store(&left, keys.clone())?;
                    let found = store.load(&key);
                    let good =
                        found.is_ok_and(|found| found == old && !finished || found.as_deref() == Some(&new));
                    // The store still works.
                    let next = self.record(99, 20);
                    let goes_on = store.save(&key, &next).is_ok()
                        && store.load(&key).is_ok_and(|found| found.as_deref() == Some(&next))
                        && !left.files().iter().any(|(name, _)| name.ends_with(".tmp"));
                    counts.case("write_kills", good && goes_on);
                }
                if finished {
                    break;
                }
            }
        }
        Ok(())
    }

    fn rotation_kills(&self, counts: &mut Counts) -> Result<(), StoreError> {
        let (one, two) = (self.seal_key("one")?, self.seal_key("two")?);
        let both = SealKeys::new(two.clone()).with_old(one.clone());
        let before = self.disk();
        let store = self.store(&before, SealKeys::new(one))?;
        let all: Vec<_> = (0..3).map(|number| self.key(number)).collect();
        for (number, key) in (0..).zip(&all) {
            store.save(key, &self.record(number, 20))?;
            store.save(key, &self.record(number + 10, 20))?;
        }
        let expected = tokens(&store, &all)?;
        for step in 0.. {
            let disk = before.after(End::Killed);
            let store = self.store(&disk, both.clone())?;
            disk.dies_at(step);
            let finished = store.rewrap_all().is_ok();
            for end in End::ALL {
                let left = disk.after(end);
                let store = self.store(&left, both.clone())?;
                let good = tokens(&store, &all).is_ok_and(|found| found == expected);
                // The key change is repeated to its end; then the old key can be removed.
                let done = store.rewrap_all();
                let complete = done
                    .is_ok_and(|done| done.changed + done.current == 2 * all.len() && done.keys.len() == 1);
                let new_only = self.store(&left, SealKeys::new(two.clone()))?;
                let readable = tokens(&new_only, &all).is_ok_and(|found| found == expected);
                counts.case("rotation_kills", good && complete && readable);
            }
            if finished {
                break;
            }
        }
        Ok(())
    }

    fn nonces(&self, counts: &mut Counts) -> Result<(), StoreError> {
        let mut seen = std::collections::HashSet::with_capacity(self.effort.nonces);
        for number in 0..self.effort.nonces {
            let mut nonce = nonce()?;
            if self.plant && number % 1_000 == 999 {
                nonce = [0; 24];
            }
            counts.case("nonces", seen.insert(nonce));
        }
        Ok(())
    }
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(byte) = bytes.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
    bytes
}

/// The file with another body and a matching checksum.
fn forged(file: &[u8], body: &[u8]) -> Vec<u8> {
    let mut forged = file.iter().take(HEADER).chain(body).copied().collect::<Vec<_>>();
    let checksum = hash("plume-auth sealed record 1", &[&forged]);
    forged.extend_from_slice(&checksum);
    forged
}

fn tokens(store: &RecordStore, names: &[RecordName]) -> Result<Vec<Option<Zeroizing<Vec<u8>>>>, StoreError> {
    names.iter().map(|name| store.load(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Effort = Effort { token_bytes: 20, chunk: 512, ..Effort::QUICK };

    #[test]
    fn every_part_has_cases_and_no_fault() {
        let counts = count(1, SMALL, false).unwrap();
        for (name, _) in PARTS {
            assert_eq!(counts.0[name].faults, 0, "{name}");
            assert!(counts.0[name].tried > 0, "{name}");
        }
    }

    #[test]
    fn every_part_finds_its_planted_fault() {
        let counts = count(1, SMALL, true).unwrap();
        for (name, _) in PARTS {
            assert!(counts.0[name].faults > 0, "{name}");
        }
        assert!(!counts.pass());
    }
}
