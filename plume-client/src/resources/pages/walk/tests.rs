//! Randomized walks over servers that do as they like: after every question and every answer the invariants hold.

use fastrand::Rng;

use super::*;

impl Walk {
    /// Panics unless everything holds.
    fn invariants(&self) {
        // Every field has to be named here, so that a new one is not forgotten.
        let Self {
            limit,
            confirm: _,
            max_pages,
            notes: _,
            next,
            tail,
            anchored,
            short: _,
            last_rows: _,
            seen,
            resumed: _,
            back,
            idle,
            passed,
            pages,
            done,
        } = self;
        assert!(*limit >= 1, "a page without rows never ends");
        assert!(tail.iter().all(|key| seen.contains(&hash(key))), "a row was given and not remembered");
        assert!(!*anchored || !tail.is_empty() || *next == 0, "an anchor without a row");
        assert!(back.is_none() || *idle > 0, "a step back without a reason");
        assert!(*idle <= MAX_IDLE && passed.len() <= *pages as usize, "{idle} {passed:?}");
        assert!(*pages <= *max_pages, "{pages} pages");
        match self.ask() {
            Ok(None) => assert!(*done),
            Ok(Some(ask)) => {
                assert!(!*done && ask.limit >= *limit && ask.offset <= *next, "{ask:?}");
                // A caller that is dropped and comes back asks the same.
                assert_eq!(self.ask(), Ok(Some(ask)));
            }
            Err(Stuck::Repeats) => assert_eq!(*idle, MAX_IDLE),
            Err(Stuck::TooLong) => assert_eq!(pages, max_pages),
            Err(Stuck::Lost) => panic!("lost without a question"),
        }
    }
}

/// A server with its own view of limit and offset, whose list changes under the walk.
struct Server {
    rows: Vec<u64>,
    next_row: u64,
    cap: usize,
    ignores_offset: bool,
    ignores_limit: bool,
    restless: bool,
    unreadable: bool,
}

impl Server {
    fn draw(rng: &mut Rng) -> Self {
        let count = rng.u64(0..60);
        Self {
            rows: (0..count).collect(),
            next_row: 1_000,
            cap: if rng.bool() { rng.usize(1..12) } else { usize::MAX },
            ignores_offset: rng.u8(0..8) == 0,
            ignores_limit: rng.u8(0..8) == 0,
            restless: rng.bool(),
            unreadable: rng.u8(0..4) == 0,
        }
    }

    fn change(&mut self, rng: &mut Rng) {
        match rng.u8(0..4) {
            0 => {
                self.rows.insert(rng.usize(..=self.rows.len()), self.next_row);
                self.next_row += 1;
            }
            1 if !self.rows.is_empty() => {
                self.rows.remove(rng.usize(..self.rows.len()));
            }
            2 if self.rows.len() > 1 => {
                let (one, other) = (rng.usize(..self.rows.len()), rng.usize(..self.rows.len()));
                self.rows.swap(one, other);
            }
            _ => self.rows.truncate(rng.usize(0..200)),
        }
    }

    fn page(&self, ask: PageRequest, rng: &mut Rng) -> (Vec<String>, usize) {
        let offset = if self.ignores_offset { 0 } else { usize::try_from(ask.offset).unwrap_or(usize::MAX) };
        let limit = if self.ignores_limit { usize::MAX } else { ask.limit as usize };
        let rows: Vec<String> =
            self.rows.iter().skip(offset).take(limit.min(self.cap)).map(u64::to_string).collect();
        let lost = if self.unreadable { rng.usize(0..3).min(rows.len()) } else { 0 };
        (rows[lost..].to_vec(), lost)
    }
}

/// Returns the number of yielded rows, and whether the walk reached the end of the list.
fn walk(seed: u64, spoil: Option<fn(&mut Walk)>) -> (usize, bool) {
    let mut rng = Rng::with_seed(seed);
    let mut server = Server::draw(&mut rng);
    let limit = rng.u32(0..10);
    let mut walk = Walk::new(limit, rng.u64(0..4));
    walk.max_pages = rng.u32(1..200);
    walk.confirm = rng.u8(0..4) > 0;
    let mut given = HashSet::new();
    for step in 0.. {
        assert!(step < 2_000, "the walk does not end");
        walk.invariants();
        let Ok(Some(ask)) = walk.ask() else { break };
        if server.restless && step < 100 && rng.u8(0..3) == 0 {
            server.change(&mut rng);
        }
        let (keys, unreadable) = server.page(ask, &mut rng);
        match rng.u8(0..10) {
            // The caller is dropped with the answer on its way, and comes back later.
            0 => continue,
            // It continues in another process.
            1 => {
                let (next, tail) = walk.position();
                let (next, tail): (_, Vec<String>) = (next, tail.cloned().collect());
                let (max_pages, confirm) = (walk.max_pages, walk.confirm);
                walk = Walk::new(limit, 0);
                (walk.max_pages, walk.confirm) = (max_pages.saturating_sub(1).max(1), confirm);
                walk.resume(next, &tail);
                // What it does not remember it may give again.
                given = tail.into_iter().collect();
                continue;
            }
            _ => {}
        }
        let Ok(taken) = walk.take(ask, &keys, unreadable) else { break };
        for place in taken.new {
            assert!(given.insert(keys[place].clone()), "row {} came twice", keys[place]);
        }
        if let Some(spoil) = spoil {
            spoil(&mut walk);
        }
    }
    (given.len(), walk.done)
}

#[test]
fn every_invariant_holds_after_every_answer() {
    let (mut rows, mut ended) = (0, 0);
    for seed in 0..3_000 {
        let outcome = std::panic::catch_unwind(|| walk(seed, None));
        let (more, done) = outcome.unwrap_or_else(|_| panic!("seed {seed}, see above"));
        rows += more;
        ended += u32::from(done);
    }
    assert!(rows > 10_000 && ended > 1_000, "{rows} rows, {ended} walks to the end");
}

/// The test of the test: planted faults are found.
#[test]
fn planted_faults_are_found() {
    type Fault = fn(&mut Walk);
    let faults: [(&str, Fault); 4] = [
        ("a row is not remembered", |walk| {
            if let Some(last) = walk.tail.back().map(|key| hash(key)) {
                walk.seen.remove(&last);
            }
        }),
        ("idle pages are not counted", |walk| walk.idle = 0),
        ("pages are not counted", |walk| walk.pages = 0),
        ("an anchor without a row", |walk| {
            walk.tail.clear();
            walk.anchored = true;
        }),
    ];
    for (what, fault) in faults {
        let found = (0..200).any(|seed| std::panic::catch_unwind(|| walk(seed, Some(fault))).is_err());
        assert!(found, "{what} was not found");
    }
}

#[test]
fn a_continuation_at_the_end_of_all_numbers_ends_or_is_refused() {
    for next in [u64::MAX, u64::MAX - 1, u64::from(u32::MAX)] {
        for tail in [vec![], vec!["a".to_owned(), "b".to_owned()]] {
            let mut walk = Walk::new(10, 0);
            walk.resume(next, &tail);
            for keys in [vec!["b".to_owned(), "c".to_owned()], vec!["d".to_owned()], vec![]] {
                let Ok(Some(ask)) = walk.ask() else { break };
                if walk.take(ask, &keys, 3).is_err() {
                    break;
                }
                walk.invariants();
            }
            assert!(walk.pages > 0);
        }
    }
}
