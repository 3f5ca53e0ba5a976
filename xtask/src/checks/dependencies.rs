//! The dependency direction of ARCHITECTURE.md, proved from what cargo resolves.
//!
//! Two views of each crate alone (`cargo tree -p`, normal dependencies, so neither dev nor build):
//! - every feature on every platform, for what may be named at all;
//! - default features on this platform, for the number of crates a user compiles.
//!
//! Inside a crate the same holds for its files: [`crate::checks::imports`].

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{Outcome, Workspace};

/// The allowed dependencies of one of our crates.
struct Rule {
    name: &'static str,
    /// Workspace crates it may depend on.
    ours: &'static [&'static str],
    /// The only foreign crates it may name, if the list is closed.
    foreign: Option<&'static [&'static str]>,
    /// Whether its whole tree must be free of I/O and async.
    pure: bool,
    /// Maximum number of crates it may bring, itself included.
    limit: Option<usize>,
}

impl Rule {
    /// A row that allows any foreign crate, and only these workspace crates.
    const fn open(name: &'static str, ours: &'static [&'static str]) -> Self {
        Self { name, ours, foreign: None, pure: false, limit: None }
    }

    /// A row of a pure crate that allows only these crates.
    const fn pure(
        name: &'static str,
        ours: &'static [&'static str],
        foreign: &'static [&'static str],
    ) -> Self {
        Self { name, ours, foreign: Some(foreign), pure: true, limit: None }
    }
}

const RULES: &[Rule] = &[
    Rule::pure("plume-text", &[], &[]),
    Rule::pure("plume-types", &["plume-text"], &["chrono", "serde", "serde_json"]),
    Rule::open("plume-runtime", &["plume-text"]),
    Rule::open("plume-seal", &["plume-text"]),
    Rule::open("plume-auth", &["plume-runtime", "plume-seal", "plume-text"]),
    Rule {
        limit: Some(110),
        ..Rule::open("plume-client", &["plume-auth", "plume-runtime", "plume-text", "plume-types"])
    },
    Rule { limit: Some(18), ..Rule::pure("plume-health", &["plume-text", "plume-types"], ANALYSIS) },
    Rule::pure(
        "plume-monitor",
        &["plume-health", "plume-text", "plume-types"],
        &["chrono", "chrono-tz", "serde", "serde_json", "thiserror"],
    ),
    Rule::open("plume-telegram", &["plume-runtime", "plume-text"]),
    // Not even the models: the simulator writes its JSON itself, so that a wrong model is found.
    Rule::open("plume-sim", &["plume-runtime", "plume-text"]),
    Rule::open(
        "plume-sdk",
        &[
            "plume-auth",
            "plume-client",
            "plume-health",
            "plume-monitor",
            "plume-runtime",
            "plume-text",
            "plume-types",
        ],
    ),
    Rule::open("plume-bot", &["plume-sdk", "plume-seal", "plume-sim", "plume-telegram", "plume-text"]),
    Rule::open("plume-cli", &["plume-sdk", "plume-seal", "plume-sim", "plume-text"]),
    Rule::open(
        "plume-server",
        &["plume-bot", "plume-sdk", "plume-seal", "plume-sim", "plume-telegram", "plume-text"],
    ),
];

/// The foreign crates of an analysis.
const ANALYSIS: &[&str] = &["chrono", "serde", "serde_json", "thiserror"];

/// The HTTP library and the one crate that may name it.
const HTTP_LIBRARY: &str = "reqwest";
const HTTP_OWNER: &str = "plume-runtime";

const IMPURE: &[&str] = &["async-trait", "http", "hyper", "reqwest", "rustls", "tokio"];
const IMPURE_FAMILY: &str = "futures";

/// The edges and packages of one `cargo tree`.
#[derive(Debug, Default, PartialEq)]
struct Tree {
    edges: BTreeSet<(String, String)>,
    /// Name and version: two versions of one crate are two packages to compile.
    packages: BTreeSet<(String, String)>,
}

impl Tree {
    fn direct<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.edges.iter().filter(move |(from, _)| from == name).map(|(_, to)| to.as_str())
    }
}

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let members: Vec<String> = workspace.members()?.into_iter().map(|member| member.name).collect();
    let mut trees = BTreeMap::new();
    for name in &members {
        let args = ["-p", name, "--all-features", "--target", "all"];
        trees.insert(name.clone(), tree(workspace, &args)?);
    }
    outcome.scanned("workspace crates", trees.len());
    outcome.scanned("dependency edges (all features, all platforms)", edges(&trees).len());
    outcome.faults = judge(&trees);
    for rule in RULES {
        if let Some(limit) = rule.limit {
            let count = crate_count(workspace, rule.name)?;
            outcome
                .notes
                .push(format!("{} compiles {count} crates, limit {limit} ({HOW_COUNTED})", rule.name));
            outcome.faults.extend(over_limit(rule.name, count, limit));
        }
    }
    Ok(outcome)
}

const HOW_COUNTED: &str =
    "distinct packages in `cargo tree -p NAME -e normal`, default features, itself included";

/// The number of crates that a user of `name` compiles on this platform with default features.
pub(crate) fn crate_count(workspace: &Workspace, name: &str) -> Result<usize, String> {
    Ok(tree(workspace, &["-p", name])?.packages.len())
}

fn tree(workspace: &Workspace, args: &[&str]) -> Result<Tree, String> {
    let mut all = vec!["tree", "--locked", "-e", "normal", "--prefix", "depth", "--format", " {p}"];
    all.extend(args);
    parse(&workspace.cargo(&all)?)
}

/// Reads lines like `2 serde v1.0.229 (*)`: the depth, then the package. A starred package has its children elsewhere.
fn parse(text: &str) -> Result<Tree, String> {
    let mut tree = Tree::default();
    let mut path: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(depth), Some(name), Some(version)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("cargo tree: a line without depth, name and version: `{line}`"));
        };
        let depth: usize = depth.parse().map_err(|_| format!("cargo tree: no depth in `{line}`"))?;
        path.truncate(depth);
        if let Some(parent) = path.last() {
            tree.edges.insert((parent.clone(), name.to_owned()));
        }
        path.push(name.to_owned());
        tree.packages.insert((name.to_owned(), version.to_owned()));
    }
    Ok(tree)
}

/// Every fault in the trees, one per member.
fn judge(trees: &BTreeMap<String, Tree>) -> Vec<String> {
    let mut faults = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.pure || rule.limit.is_some()) {
        if !trees.contains_key(rule.name) {
            faults
                .push(format!("{} is not in the workspace, so its dependencies were not checked", rule.name));
        }
    }
    for (name, tree) in trees {
        let rule = RULES.iter().find(|rule| rule.name == name);
        if rule.is_none() && name.starts_with("plume-") {
            faults.push(format!(
                "{name} has no row in the table of allowed dependencies (xtask/src/checks/dependencies.rs)"
            ));
        }
        for target in tree.direct(name) {
            faults.extend(judge_edge(name, rule, target, trees.contains_key(target)));
        }
        for (package, _) in &tree.packages {
            if rule.is_some_and(|rule| rule.pure) && is_impure(package) {
                faults.push(format!("{name} must stay free of I/O and async, but {package} is in its tree"));
            }
        }
    }
    faults.extend(find_cycle(trees).map(|path| format!("a cycle: {path}")));
    faults
}

fn judge_edge(name: &str, rule: Option<&Rule>, target: &str, is_ours: bool) -> Option<String> {
    if target == HTTP_LIBRARY && name != HTTP_OWNER {
        return Some(format!("{name} depends on {target}; only {HTTP_OWNER} may"));
    }
    match rule {
        Some(rule) if is_ours && !rule.ours.contains(&target) => {
            Some(format!("{name} must not depend on {target}; it may use: {}", listed(rule.ours)))
        }
        Some(rule) if !is_ours => {
            let foreign = rule.foreign?;
            (!foreign.contains(&target))
                .then(|| format!("{name} must not depend on {target}; it may use: {}", listed(foreign)))
        }
        // Tools and examples may use any workspace crate. That no crate uses them follows from the table.
        _ => None,
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn is_impure(package: &str) -> bool {
    IMPURE.contains(&package) || package == IMPURE_FAMILY || package.starts_with("futures-")
}

fn over_limit(name: &str, count: usize, limit: usize) -> Option<String> {
    (count > limit).then(|| format!("{name} compiles {count} crates, more than {limit}"))
}

fn edges(trees: &BTreeMap<String, Tree>) -> BTreeSet<&(String, String)> {
    trees.values().flat_map(|tree| &tree.edges).collect()
}

/// Returns a dependency cycle between our crates.
fn find_cycle(trees: &BTreeMap<String, Tree>) -> Option<String> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in edges(trees) {
        if trees.contains_key(from) && trees.contains_key(to) {
            next.entry(from).or_default().insert(to);
        }
    }
    next.keys().find_map(|start| {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![vec![*start]];
        while let Some(path) = waiting.pop() {
            for target in path.last().and_then(|last| next.get(last)).into_iter().flatten() {
                let longer: Vec<&str> = path.iter().copied().chain([*target]).collect();
                if target == start {
                    return Some(longer.join(" -> "));
                }
                if seen.insert(*target) {
                    waiting.push(longer);
                }
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEALTH: &str = "\
0 plume-health v0.1.0 (/somewhere/plume-health)
1 plume-types v0.1.0 (/somewhere/plume-types)
2 serde v1.0.229
3 serde_derive v1.0.229 (proc-macro)
1 serde v1.0.229 (*)
";

    /// A small copy of the real workspace, with extra edges.
    fn trees(extra: &[(&str, &str)]) -> BTreeMap<String, Tree> {
        let mut edges: BTreeSet<(String, String)> = RULES
            .iter()
            .flat_map(|rule| rule.ours.iter().map(|target| (rule.name.to_owned(), (*target).to_owned())))
            .collect();
        edges.insert((HTTP_OWNER.to_owned(), HTTP_LIBRARY.to_owned()));
        edges.extend(extra.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())));
        let names: BTreeSet<&str> =
            RULES.iter().map(|rule| rule.name).chain(extra.iter().map(|(from, _)| *from)).collect();
        let tree_of = |name: &str| {
            let mut tree = Tree::default();
            let mut waiting = vec![name.to_owned()];
            while let Some(package) = waiting.pop() {
                if tree.packages.insert((package.clone(), "v1".to_owned())) {
                    for edge in edges.iter().filter(|(from, _)| *from == package) {
                        tree.edges.insert(edge.clone());
                        waiting.push(edge.1.clone());
                    }
                }
            }
            tree
        };
        names.iter().map(|name| ((*name).to_owned(), tree_of(name))).collect()
    }

    #[track_caller]
    fn assert_found(extra: &[(&str, &str)], expected: &str) {
        let faults = judge(&trees(extra));
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected:?} is not in {faults:?}");
    }

    #[test]
    fn tree_is_parsed_with_depths_and_counted_once() {
        let tree = parse(HEALTH).unwrap();
        assert_eq!(tree.packages.len(), 4);
        assert_eq!(tree.direct("plume-health").collect::<Vec<_>>(), ["plume-types", "serde"]);
        assert_eq!(tree.direct("serde").collect::<Vec<_>>(), ["serde_derive"]);
        assert!(parse("plume-health v0.1.0").is_err());
    }

    #[test]
    fn designed_graph_has_no_fault() {
        assert_eq!(judge(&trees(&[])), Vec::<String>::new());
    }

    #[test]
    fn upward_dependency_is_found() {
        assert_found(&[("plume-types", "plume-client")], "plume-types must not depend on plume-client");
        assert_found(&[("plume-sim", "plume-types")], "plume-sim must not depend on plume-types");
        assert_found(&[("plume-auth", "xtask"), ("xtask", "serde")], "plume-auth must not depend on xtask");
    }

    #[test]
    fn cycle_is_found() {
        assert_found(
            &[("plume-runtime", "plume-auth")],
            "a cycle: plume-auth -> plume-runtime -> plume-auth",
        );
    }

    #[test]
    fn second_user_of_the_http_library_is_found() {
        assert_found(&[("plume-client", HTTP_LIBRARY)], "plume-client depends on");
        assert_found(&[("xtask", HTTP_LIBRARY)], "xtask depends on");
    }

    #[test]
    fn impure_crate_deep_in_a_pure_tree_is_found() {
        assert_found(&[("plume-types", "serde"), ("serde", "tokio")], "plume-health must stay free");
        assert_found(&[("plume-types", "serde"), ("serde", "futures-core")], "futures-core is in its tree");
    }

    #[test]
    fn dependency_outside_a_closed_list_is_found() {
        assert_found(&[("plume-types", "regex")], "plume-types must not depend on regex");
        assert_found(&[("plume-health", "regex")], "plume-health must not depend on regex");
    }

    #[test]
    fn crate_without_a_rule_and_rule_without_a_crate_are_found() {
        assert_found(&[("plume-extra", "serde")], "plume-extra has no row");
        let mut without = trees(&[]);
        without.remove("plume-health");
        assert!(judge(&without).iter().any(|fault| fault.contains("plume-health is not in the workspace")));
    }

    #[test]
    fn one_crate_too_many_is_found() {
        assert_eq!(over_limit("a", 18, 18), None);
        assert!(over_limit("a", 19, 18).is_some());
    }
}
