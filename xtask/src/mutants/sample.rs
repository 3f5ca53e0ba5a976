//! The sample and the table: the pure part of `cargo xtask mutants`.

use std::collections::BTreeMap;

/// The required share of the viable mutants that tests find, in percent.
pub(crate) const GOAL: usize = 95;

/// The result of the tests with one mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A test failed.
    Killed,
    /// Every test passed.
    Survived,
    /// The mutant does not compile.
    NotViable,
    /// The tests timed out. The mutant counts as found.
    TimedOut,
}

/// Selects `count` of `names`. Equal seeds give equal samples, and a larger sample contains the smaller one.
pub(crate) fn sample(names: &[String], count: usize, seed: u64) -> Vec<String> {
    let mut ranked: Vec<_> = names.iter().map(|name| (rank(name, seed), name)).collect();
    ranked.sort_unstable();
    let mut taken: Vec<_> = ranked.into_iter().take(count).map(|(_, name)| name.clone()).collect();
    taken.sort_unstable();
    taken
}

/// The FNV-1a hash of seed and name, mixed by the last step of `SplitMix64` so that similar names rank apart.
fn rank(name: &str, seed: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in seed.to_le_bytes().into_iter().chain(name.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// The mutants of one package and their outcomes.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) package: String,
    pub(crate) sampled: Vec<String>,
    /// By the mutant's name. A mutant of the sample that is missing here was not run.
    pub(crate) outcomes: BTreeMap<String, Outcome>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    sampled: usize,
    killed: usize,
    timed_out: usize,
    survived: usize,
    not_viable: usize,
}

impl Counts {
    fn of<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.sampled += row.sampled.len();
            for outcome in row.outcomes.values() {
                *match outcome {
                    Outcome::Killed => &mut counts.killed,
                    Outcome::TimedOut => &mut counts.timed_out,
                    Outcome::Survived => &mut counts.survived,
                    Outcome::NotViable => &mut counts.not_viable,
                } += 1;
            }
        }
        counts
    }

    fn found(self) -> usize {
        self.killed + self.timed_out
    }

    fn viable(self) -> usize {
        self.found() + self.survived
    }

    fn not_run(self) -> usize {
        self.sampled.saturating_sub(self.viable() + self.not_viable)
    }

    fn line(self, name: &str) -> String {
        let share = match self.viable() {
            0 => "-".to_owned(),
            // Rounded down: 94.97 % is not 95.0 %.
            viable => {
                let tenths = self.found() * 1_000 / viable;
                format!("{}.{} %", tenths / 10, tenths % 10)
            }
        };
        format!(
            "{name:<14}{:>9}{:>9}{:>11}{:>10}{:>12}{:>9}{share:>10}\n",
            self.sampled,
            self.killed,
            self.timed_out,
            self.survived,
            self.not_viable,
            self.not_run()
        )
    }
}

/// Returns the table, the mutants to review, and the faults of the run.
pub(crate) fn report(rows: &[Row]) -> (String, Vec<String>) {
    let mut text = format!(
        "{:<14}{:>9}{:>9}{:>11}{:>10}{:>12}{:>9}{:>10}\n",
        "package", "sampled", "killed", "timed out", "survived", "not viable", "not run", "found"
    );
    for row in rows {
        text.push_str(&Counts::of([row]).line(&row.package));
    }
    let total = Counts::of(rows);
    text.push_str(&total.line("all"));
    for (title, wanted) in [("survived", Outcome::Survived), ("timed out", Outcome::TimedOut)] {
        let names = rows.iter().flat_map(|row| &row.outcomes).filter(|(_, outcome)| **outcome == wanted);
        let lines: String = names.map(|(name, _)| format!("  {name}\n")).collect();
        if !lines.is_empty() {
            text.push_str(&format!("\n{title}:\n{lines}"));
        }
    }
    let mut faults = Vec::new();
    if total.not_run() > 0 {
        faults.push(format!("{} of {} mutants were not run", total.not_run(), total.sampled));
    }
    if total.viable() == 0 {
        faults.push("no mutant was viable, so nothing was tested".to_owned());
    } else if total.found() * 100 < GOAL * total.viable() {
        let (found, viable) = (total.found(), total.viable());
        faults.push(format!("tests found {found} of {viable} viable mutants, the goal is {GOAL} %"));
    }
    (text, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("plume-types/src/a.rs:{number}:1: replace + with -")).collect()
    }

    #[test]
    fn sample_depends_on_its_seed_alone_and_contains_smaller_ones() {
        let all = names(500);
        let twenty = sample(&all, 20, 1);
        assert_eq!(twenty.len(), 20);
        let mut reversed = all.clone();
        reversed.reverse();
        assert_eq!(sample(&reversed, 20, 1), twenty, "the order of the names does not matter");
        assert_ne!(sample(&all, 20, 2), twenty);
        let forty = sample(&all, 40, 1);
        assert_eq!(twenty.iter().filter(|name| forty.contains(name)).count(), 20);
        assert_eq!(sample(&all, 1_000, 1).len(), 500, "there are no more");
        // Not the first ones, not neighbours: some of each hundred.
        for hundred in 0..5 {
            let members = &all[hundred * 100..(hundred + 1) * 100];
            let taken = forty.iter().filter(|name| members.contains(name)).count();
            assert!((2..=20).contains(&taken), "{taken} of the hundred {hundred}");
        }
    }

    fn row(package: &str, outcomes: &[(&str, Outcome)], not_run: usize) -> Row {
        let mut sampled: Vec<_> = outcomes.iter().map(|(name, _)| (*name).to_owned()).collect();
        sampled.extend(names(not_run));
        let outcomes = outcomes.iter().map(|(name, outcome)| ((*name).to_owned(), *outcome)).collect();
        Row { package: package.to_owned(), sampled, outcomes }
    }

    #[test]
    fn table_counts_each_outcome_and_lists_mutants_to_review() {
        use Outcome::{Killed, NotViable, Survived, TimedOut};
        let rows = [
            row("plume-auth", &[("a", Killed), ("b", Killed), ("c", TimedOut), ("d", NotViable)], 0),
            row("plume-types", &[("e", Killed), ("f", Survived)], 1),
        ];
        let (text, faults) = report(&rows);
        assert_eq!(
            text,
            "package         sampled   killed  timed out  survived  not viable  not run     found\n\
             plume-auth            4        2          1         0           1        0   100.0 %\n\
             plume-types           3        1          0         1           0        1    50.0 %\n\
             all                   7        3          1         1           1        1    80.0 %\n\
             \nsurvived:\n  f\n\ntimed out:\n  c\n"
        );
        assert_eq!(
            faults,
            ["1 of 7 mutants were not run", "tests found 4 of 5 viable mutants, the goal is 95 %"]
        );
    }

    #[test]
    fn goal_is_met_at_ninety_five_percent_and_not_without_mutants() {
        let of_hundred = |survivors: usize| {
            let mut row = Row { package: "a".to_owned(), sampled: names(100), ..Row::default() };
            for (at, name) in names(100).into_iter().enumerate() {
                row.outcomes.insert(name, if at < survivors { Outcome::Survived } else { Outcome::Killed });
            }
            report(&[row]).1
        };
        assert_eq!(of_hundred(5), [""; 0]);
        assert_eq!(of_hundred(6), ["tests found 94 of 100 viable mutants, the goal is 95 %"]);
        let (_, faults) = report(&[row("a", &[("b", Outcome::NotViable)], 0)]);
        assert_eq!(faults, ["no mutant was viable, so nothing was tested"]);
    }
}
