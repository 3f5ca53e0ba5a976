//! `cargo xtask mutants`: plants small bugs, one at a time, and counts those that no test finds.
//!
//! cargo-mutants plants them in a copy of the checkout below the target directory, so that an interrupted run leaves no
//! bug in the checkout. The copy and its build stay, so that a mutant costs one incremental build of its crate. Only
//! that crate's tests run, the fast ones first; the others run for the mutants that survived those.

mod sample;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use clap::{Args, builder::PossibleValuesParser};

use crate::workspace::Workspace;
use sample::{Outcome, Row, report, sample};

const TOOL: &str = "cargo-mutants";
const VERSION: &str = "27.1.0";

/// A crate whose tests are measured.
struct Package {
    name: &'static str,
    /// The features with which all of its tests run.
    features: &'static [&'static str],
    /// The tests, the fast ones first. All stages but the last leave a survivor to the next.
    stages: &'static [Stage],
}

/// Tests to run.
struct Stage {
    name: &'static str,
    targets: &'static str,
    /// The number of cases of a property that sets none.
    cases: Option<&'static str>,
}

/// Few cases suffice for most mutants that a property finds.
const FEW: Option<&str> = Some("24");
const UNIT: Stage = Stage { name: "unit tests", targets: "--lib", cases: FEW };
const ALL: Stage = Stage { name: "all tests", targets: "--tests", cases: FEW };
const IN_FULL: Stage = Stage { name: "all tests in full", targets: "--tests", cases: None };

const PACKAGES: &[Package] = &[
    Package { name: "plume-auth", features: &["--all-features"], stages: &[UNIT, ALL, IN_FULL] },
    Package {
        name: "plume-client",
        // The system's TLS needs headers that a machine may lack.
        features: &["--features", "blocking,doctor,metrics"],
        stages: &[UNIT, ALL, IN_FULL],
    },
    // Nearly all of their tests are in one program.
    Package { name: "plume-types", features: &[], stages: &[ALL, IN_FULL] },
    Package { name: "plume-health", features: &[], stages: &[ALL, IN_FULL] },
    Package { name: "plume-monitor", features: &[], stages: &[ALL, IN_FULL] },
];

/// The options of `cargo xtask mutants`.
#[derive(Debug, PartialEq, Args)]
pub(crate) struct Options {
    /// Number of bugs to plant; few enough for a night beside the other long runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    sample: usize,
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The only package to plant them in
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(PACKAGES.iter().map(|package| package.name)))]
    package: Option<String>,
}

impl Options {
    fn packages(&self) -> impl Iterator<Item = &'static Package> {
        PACKAGES.iter().filter(|package| self.package.as_deref().is_none_or(|wanted| wanted == package.name))
    }
}

/// Runs the sample, prints the table and returns the faults.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<Vec<String>, String> {
    let home = target(workspace).join("mutants");
    let program = installed(&home)?;
    let tree = home.join("tree");
    workspace.copy_to(&tree)?;
    let mutants = Mutants { program, tree, home };
    // By name: one that a macro repeats counts once.
    let mut package_of = BTreeMap::new();
    for package in options.packages() {
        package_of.extend(mutants.list(package)?.into_iter().map(|mutant| (mutant, package.name)));
    }
    let names: Vec<_> = package_of.keys().cloned().collect();
    let taken = sample(&names, options.sample, options.seed);
    println!("{} of {} mutants, seed {}", taken.len(), names.len(), options.seed);
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for package in options.packages() {
        let sampled = taken.iter().filter(|name| package_of.get(*name) == Some(&package.name));
        let sampled: Vec<_> = sampled.cloned().collect();
        if !sampled.is_empty() {
            let mut outcomes = BTreeMap::new();
            // The other packages are tested even if this one fails.
            faults.extend(mutants.test(package, &sampled, &mut outcomes).err());
            rows.push(Row { package: package.name.to_owned(), sampled, outcomes });
        }
    }
    let (text, short) = report(&rows);
    print!("\n{text}");
    faults.extend(short);
    Ok(faults)
}

struct Mutants {
    program: PathBuf,
    /// The copy of the checkout.
    tree: PathBuf,
    home: PathBuf,
}

impl Mutants {
    fn command(&self, package: &Package) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("mutants").arg("--dir").arg(&self.tree).args(["--package", package.name]);
        command.env("CARGO_TARGET_DIR", self.home.join("build"));
        // A mutant needs no debug information, and linking the tests is most of its time.
        command.env("CARGO_PROFILE_DEV_DEBUG", "none");
        command
    }

    fn list(&self, package: &Package) -> Result<Vec<String>, String> {
        let output = self
            .command(package)
            .args(["--list", "--colors", "never"])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("failed to start {TOOL}: {error}"))?;
        if !output.status.success() {
            return Err(format!("{TOOL} cannot list the mutants of {}: {}", package.name, output.status));
        }
        let text = String::from_utf8(output.stdout)
            .map_err(|error| format!("{TOOL} did not print text: {error}"))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Tests mutants of a package, and those that survive a stage in the next one.
    fn test(
        &self,
        package: &Package,
        sampled: &[String],
        outcomes: &mut BTreeMap<String, Outcome>,
    ) -> Result<(), String> {
        let mut left = sampled.to_vec();
        for (number, stage) in package.stages.iter().enumerate() {
            if left.is_empty() {
                break;
            }
            println!("\n{}: {} mutants against {}", package.name, left.len(), stage.name);
            let results = self.home.join(format!("{}-{}", package.name, number + 1));
            let mut found = self.stage(package, stage, &left, &results)?;
            left.clear();
            if number + 1 < package.stages.len() {
                let survived = found.iter().filter(|(_, outcome)| **outcome == Outcome::Survived);
                left.extend(survived.map(|(name, _)| name.clone()));
                found.retain(|_, outcome| *outcome != Outcome::Survived);
            }
            outcomes.append(&mut found);
        }
        Ok(())
    }

    /// Tests `mutants` against one stage. A mutant that cargo-mutants did not reach has no outcome.
    fn stage(
        &self,
        package: &Package,
        stage: &Stage,
        mutants: &[String],
        results: &Path,
    ) -> Result<BTreeMap<String, Outcome>, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", results.display());
        let output = results.join("mutants.out");
        let _ = fs::remove_dir_all(results);
        fs::create_dir_all(&output).map_err(failed)?;
        // All the others count as found in an earlier run. A selection by pattern does not cover every kind of mutant.
        let others = self.list(package)?.into_iter().filter(|name| !mutants.contains(name));
        let others: String = others.map(|name| name + "\n").collect();
        fs::write(output.join("caught.txt"), others).map_err(failed)?;
        let mut command = self.command(package);
        command.args(["--in-place", "--iterate", "--output"]).arg(results).args(package.features);
        command.arg(format!("--cargo-arg={}", stage.targets));
        if let Some(cases) = stage.cases {
            command.env("PROPTEST_CASES", cases);
        }
        let status = command.status().map_err(|error| format!("failed to start {TOOL}: {error}"))?;
        let list = |name: &str| fs::read_to_string(output.join(format!("{name}.txt"))).unwrap_or_default();
        let mut found = outcomes(&[
            (Outcome::Killed, list("caught")),
            (Outcome::Survived, list("missed")),
            (Outcome::NotViable, list("unviable")),
            (Outcome::TimedOut, list("timeout")),
        ]);
        found.retain(|name, _| mutants.contains(name));
        match broken(status) && found.is_empty() {
            true => Err(format!("{TOOL} for {}, {}: {status}", package.name, stage.name)),
            false => Ok(found),
        }
    }
}

/// Whether an exit status of cargo-mutants is a failure and not only surviving (2) or timed out (3) mutants.
fn broken(status: ExitStatus) -> bool {
    !matches!(status.code(), Some(0 | 2 | 3))
}

/// The outcomes from the lists that cargo-mutants writes, one mutant a line.
fn outcomes(lists: &[(Outcome, String)]) -> BTreeMap<String, Outcome> {
    let lines = lists.iter().flat_map(|(outcome, text)| text.lines().map(|line| (line.to_owned(), *outcome)));
    lines.collect()
}

fn target(workspace: &Workspace) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.root().join("target"), PathBuf::from)
}

/// The program at its version. `.ci/run` keeps its tools in the same place, one directory for each version.
fn installed(home: &Path) -> Result<PathBuf, String> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_else(|| home.to_owned());
    let root = cache.join("plume-sdk-ci").join(format!("{TOOL}-{VERSION}"));
    let program = root.join("bin").join(format!("{TOOL}{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    let build = home.join("tool");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["install", "--locked", "--version", &format!("={VERSION}"), "--root"])
        .arg(&root)
        .arg("--target-dir")
        .arg(&build)
        .arg(TOOL)
        .status()
        .map_err(|error| format!("failed to start cargo: {error}"))?;
    let _ = fs::remove_dir_all(&build);
    match status.success() {
        true => Ok(program),
        false => Err(format!("failed to install {TOOL} {VERSION}: {status}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn parse(line: &str) -> Option<Options> {
        let command = Options::augment_args(clap::Command::new("mutants").no_binary_name(true));
        let arguments = command.try_get_matches_from(line.split_whitespace()).ok()?;
        Options::from_arg_matches(&arguments).ok()
    }

    #[test]
    fn options_have_defaults_and_invalid_ones_are_refused() {
        assert_eq!(parse(""), Some(Options { sample: 60, seed: 1, package: None }));
        assert_eq!(
            parse("--sample 400 --seed 7 --package plume-auth"),
            Some(Options { sample: 400, seed: 7, package: Some("plume-auth".to_owned()) })
        );
        for line in ["--sample", "--seed x", "--package plume-sim", "--all yes"] {
            assert_eq!(parse(line), None, "{line}");
        }
        assert_eq!(parse("").map(|options| options.packages().count()), Some(5));
        assert_eq!(parse("--package plume-types").map(|options| options.packages().count()), Some(1));
    }

    #[test]
    fn each_result_list_maps_to_its_outcome() {
        let lists = [(Outcome::Killed, "a\nb\n".to_owned()), (Outcome::TimedOut, String::new())];
        let found = outcomes(&lists);
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), Outcome::Killed), ("b".to_owned(), Outcome::Killed)]
        );
    }
}
