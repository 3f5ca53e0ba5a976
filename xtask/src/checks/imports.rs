//! The imports of the files of each crate: no cycles, nothing imported through the crate's root, and the pure state
//! machines import only what their table allows.
//!
//! Read from the syntax, without the compiler: a path that begins with `crate`, `self`, `super` or a child module names
//! a module, and the file of that module is the target. Tests are left out. Paths that a macro builds from pieces are
//! not found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree, Visibility};

use crate::workspace::{Outcome, Workspace};

/// A folder or file of a state machine, which does no I/O.
struct Machine {
    path: &'static str,
    /// The files of its crate outside the machine that it may import.
    imports: &'static [&'static str],
}

/// The machines of invariant 11 in ARCHITECTURE.md. The pure crates have no row: their dependencies keep them pure.
const MACHINES: &[Machine] = &[
    Machine {
        path: "plume-auth/src/cache/machine/",
        imports: &["plume-auth/src/provider/", "plume-auth/src/token/"],
    },
    Machine {
        path: "plume-client/src/exchange/machine/",
        imports: &[
            "plume-client/src/error/",
            "plume-client/src/exchange/budget.rs",
            "plume-client/src/exchange/policy.rs",
            "plume-client/src/exchange/verification/",
        ],
    },
    Machine {
        path: "plume-client/src/exchange/verification/machine/",
        imports: &["plume-client/src/exchange/verification/marks.rs"],
    },
    Machine {
        path: "plume-client/src/limiter/machine/",
        imports: &["plume-client/src/limiter/queue/", "plume-client/src/limiter/rate.rs"],
    },
    Machine { path: "plume-client/src/limiter/queue/", imports: &["plume-client/src/limiter/rate.rs"] },
    Machine { path: "plume-client/src/resources/pages/walk/", imports: &[] },
];

/// Crates that do I/O, wait or read a clock.
const IMPURE: &[&str] =
    &["async_trait", "futures_core", "futures_util", "http", "plume_runtime", "tokio", "tracing"];

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let mut sources = BTreeMap::new();
    for path in workspace.files()?.into_iter().filter(|path| path.ends_with(".rs")) {
        let text = workspace.read(&path)?;
        sources.insert(path, text);
    }
    let mut scanned = 0;
    let mut judged = 0;
    for member in workspace.members()? {
        let directory = member.manifest.strip_suffix("Cargo.toml").unwrap_or_default();
        for root in sources.keys().filter(|path| path.strip_prefix(directory).is_some_and(is_root)) {
            let imports = Imports::read(&Sources { root, files: &sources })?;
            scanned += imports.files();
            for machine in
                MACHINES.iter().filter(|machine| machine.path.starts_with(directory) && !directory.is_empty())
            {
                judged += imports.modules.values().filter(|file| file.starts_with(machine.path)).count();
                outcome.faults.extend(imports.machine(machine));
            }
            outcome.faults.extend(imports.faults());
        }
    }
    outcome.scanned("files", scanned);
    outcome.scanned("files of machines", judged);
    Ok(outcome)
}

/// Whether a file of a package is the root of a crate.
fn is_root(path: &str) -> bool {
    let program = |name: &str| !name.contains('/') || name.ends_with("/main.rs");
    matches!(path, "src/lib.rs" | "src/main.rs") || path.strip_prefix("src/bin/").is_some_and(program)
}

/// The sources of one crate: its root and every file that may belong to it.
struct Sources<'a> {
    root: &'a str,
    files: &'a BTreeMap<String, String>,
}

/// The names that one file imports from another.
type Names = BTreeSet<String>;

/// The files of one crate and the imports between them.
#[derive(Debug, Default)]
struct Imports {
    /// The file of each module by its path.
    modules: BTreeMap<Vec<String>, String>,
    edges: BTreeMap<String, BTreeMap<String, Names>>,
    /// The first names of the paths of each file that name no module of its crate.
    foreign: BTreeMap<String, Names>,
    faults: Vec<String>,
}

impl Imports {
    fn read(sources: &Sources<'_>) -> Result<Self, String> {
        let mut imports = Self::default();
        let mut parsed = Vec::new();
        imports.modules.insert(Vec::new(), sources.root.to_owned());
        let mut waiting = vec![(Vec::new(), sources.root.to_owned())];
        while let Some((module, file)) = waiting.pop() {
            let text = sources.files.get(&file).ok_or_else(|| format!("{file} is not in the checkout"))?;
            let syntax =
                syn::parse_file(text).map_err(|error| format!("{file} cannot be parsed: {error}"))?;
            imports.children(sources, &file, &module, &syntax.items, &mut waiting);
            parsed.push((module, file, syntax));
        }
        for (module, file, syntax) in &parsed {
            let mut references = References { scope: module.clone(), found: Vec::new() };
            syntax.items.iter().for_each(|item| references.visit_item(item));
            for (scope, path) in references.found {
                imports.refer(file, &scope, &path);
            }
        }
        Ok(imports)
    }

    fn files(&self) -> usize {
        self.modules.values().collect::<BTreeSet<_>>().len()
    }

    /// Returns the imports of one machine that its row does not allow.
    fn machine(&self, machine: &Machine) -> Vec<String> {
        let Machine { path, imports } = machine;
        let allowed =
            |to: &str| to.starts_with(path) || imports.iter().any(|allowed| to.starts_with(allowed));
        let inside = |file: &&String| file.starts_with(path);
        let mut faults = Vec::new();
        if !self.modules.values().any(|file| file.starts_with(path)) {
            faults.push(format!("{path} has no file, so its imports were not checked"));
        }
        for file in self.edges.keys().filter(inside) {
            let targets = self.edges.get(file).into_iter().flat_map(BTreeMap::keys);
            faults.extend(targets.filter(|to| !allowed(to)).map(|to| {
                format!("{file} must not import {to}; the machine may import: {}", imports.join(", "))
            }));
        }
        for (file, names) in self.foreign.iter().filter(|(file, _)| inside(file)) {
            let impure = names.iter().filter(|name| IMPURE.contains(&name.as_str()));
            faults.extend(impure.map(|name| format!("{file} must stay pure, but it names {name}")));
        }
        faults
    }

    /// Returns the faults: imports through the root, and every cycle.
    fn faults(mut self) -> Vec<String> {
        let cycles = self.cycles();
        self.faults.extend(cycles);
        self.faults
    }

    /// Adds the modules that `items` declare. Those with a file of their own are read later.
    fn children(
        &mut self,
        sources: &Sources<'_>,
        file: &str,
        module: &[String],
        items: &[Item],
        waiting: &mut Vec<(Vec<String>, String)>,
    ) {
        let modules = items.iter().filter_map(|item| match item {
            Item::Mod(item) if !is_test(&item.attrs) => Some(item),
            _ => None,
        });
        for item in modules {
            let name = item.ident.to_string();
            let path = [module, std::slice::from_ref(&name)].concat();
            if let Some((_, items)) = &item.content {
                self.modules.insert(path.clone(), file.to_owned());
                self.children(sources, file, &path, items, waiting);
                continue;
            }
            let beside = home(sources.root, module);
            let candidates = [format!("{beside}/{name}.rs"), format!("{beside}/{name}/mod.rs")];
            match candidates.into_iter().find(|candidate| sources.files.contains_key(candidate)) {
                Some(found) => {
                    self.modules.insert(path.clone(), found.clone());
                    waiting.push((path, found));
                }
                None => self.faults.push(format!("{file}: the module `{name}` has no file in its place")),
            }
        }
    }

    /// Adds the import that a path in `file` names.
    fn refer(&mut self, file: &str, scope: &[String], path: &[String]) {
        let mut target = match path.first().map(String::as_str) {
            Some("crate" | "$crate") => Vec::new(),
            Some("self") => scope.to_vec(),
            Some("super") => scope.split_last().map(|(_, parent)| parent.to_vec()).unwrap_or_default(),
            Some(name) => {
                let child = [scope, &[name.to_owned()]].concat();
                if !self.modules.contains_key(&child) {
                    self.foreign.entry(file.to_owned()).or_default().insert(name.to_owned());
                    return;
                }
                child
            }
            None => return,
        };
        let mut rest = path.iter().skip(1).peekable();
        while rest.next_if(|name| *name == "super").is_some() {
            target.pop();
        }
        while let Some(name) = rest.peek() {
            target.push((*name).clone());
            if !self.modules.contains_key(&target) {
                target.pop();
                break;
            }
            rest.next();
        }
        let item = rest.next().cloned();
        let Some(to) = self.modules.get(&target).filter(|to| *to != file).cloned() else { return };
        // A module named alone is a prefix: its items follow where it is used.
        let name = item.unwrap_or_else(|| "(the module)".to_owned());
        if target.is_empty() && !file.ends_with("main.rs") {
            self.faults
                .push(format!("{file} imports `{name}` through the root of its crate; name its module"));
        }
        self.edges.entry(file.to_owned()).or_default().entry(to).or_default().insert(name);
    }

    /// Returns one line for each group of files that import each other, with the shortest cycle in it.
    fn cycles(&self) -> Vec<String> {
        let mut reported = BTreeSet::new();
        let mut cycles = Vec::new();
        for start in self.edges.keys() {
            let Some(cycle) = self.cycle(start) else { continue };
            if cycle.iter().any(|file| reported.contains(file)) {
                continue;
            }
            reported.extend(cycle.iter().cloned());
            let steps = cycle.iter().zip(cycle.iter().skip(1).chain(cycle.first()));
            let steps: Vec<_> = steps
                .map(|(from, to)| {
                    let names = self.edges.get(from).and_then(|edges| edges.get(to));
                    let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
                    format!("{from} imports {} from {to}", names.join(", "))
                })
                .collect();
            cycles.push(format!("a cycle of imports: {}", steps.join("; ")));
        }
        cycles
    }

    /// Returns the shortest cycle through `start`.
    fn cycle(&self, start: &String) -> Option<Vec<String>> {
        let mut seen = BTreeSet::new();
        let mut waiting = std::collections::VecDeque::from([vec![start.clone()]]);
        while let Some(path) = waiting.pop_front() {
            for target in
                path.last().and_then(|last| self.edges.get(last)).into_iter().flat_map(BTreeMap::keys)
            {
                if target == start {
                    return Some(path);
                }
                if seen.insert(target.clone()) {
                    waiting.push_back([path.clone(), vec![target.clone()]].concat());
                }
            }
        }
        None
    }
}

/// The directory in which the children of `module` have their files.
fn home(root: &str, module: &[String]) -> String {
    let source =
        Path::new(root).parent().map(|directory| directory.display().to_string()).unwrap_or_default();
    std::iter::once(source).chain(module.iter().cloned()).collect::<Vec<_>>().join("/")
}

/// Whether an item exists in tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|name| name == "test")
    })
}

/// Collects the paths in the items of one module.
struct References {
    scope: Vec<String>,
    found: Vec<(Vec<String>, Vec<String>)>,
}

impl References {
    fn add(&mut self, path: Vec<String>) {
        self.found.push((self.scope.clone(), path));
    }

    fn tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.add(with(name.ident.to_string())),
            UseTree::Rename(rename) => self.add(with(rename.ident.to_string())),
            UseTree::Glob(_) => self.add(with("*".to_owned())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
        }
    }

    /// Paths in the tokens of a macro: identifiers with `::` between them.
    fn tokens(&mut self, tokens: &TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens.clone() {
            match &token {
                TokenTree::Ident(name) if path.is_empty() || colons == 2 => path.push(name.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                other => {
                    self.end(&mut path);
                    match other {
                        TokenTree::Ident(name) => path.push(name.to_string()),
                        TokenTree::Group(group) => self.tokens(&group.stream()),
                        _ => {}
                    }
                }
            }
            colons = 0;
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.add(path);
        }
    }
}

impl<'ast> Visit<'ast> for References {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Const(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Macro(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if !is_test(&call.attrs) {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.scope.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.scope.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.tokens(&item.tokens);
        visit::visit_macro(self, item);
    }

    // `pub(in path)` and attributes import nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Imports::read(&Sources { root: "a/src/lib.rs", files: &files }).unwrap().faults()
    }

    fn machine_faults(source: &str) -> Vec<String> {
        let files = [
            ("a/src/lib.rs", "mod b; mod c; mod d;"),
            ("a/src/b/mod.rs", "mod e;"),
            ("a/src/b/e.rs", source),
            ("a/src/c.rs", "pub struct C;"),
            ("a/src/d.rs", "pub struct D;"),
        ];
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let imports = Imports::read(&Sources { root: "a/src/lib.rs", files: &files }).unwrap();
        imports.machine(&Machine { path: "a/src/b/", imports: &["a/src/c.rs"] })
    }

    #[test]
    fn machine_imports_only_what_its_row_allows() {
        assert_eq!(machine_faults("use std::time::Duration; use crate::c::C; use super::e;"), [""; 0]);
        let faults = machine_faults("use crate::d::D;");
        assert_eq!(faults, ["a/src/b/e.rs must not import a/src/d.rs; the machine may import: a/src/c.rs"]);
        let faults = machine_faults("async fn f() { tokio::time::sleep(x).await }");
        assert_eq!(faults, ["a/src/b/e.rs must stay pure, but it names tokio"]);
    }

    #[test]
    fn machine_without_files_is_found() {
        let files = [("a/src/lib.rs".to_owned(), String::new())].into();
        let imports = Imports::read(&Sources { root: "a/src/lib.rs", files: &files }).unwrap();
        assert_eq!(imports.machine(&Machine { path: "a/src/b/", imports: &[] }).len(), 1);
    }

    const ROOT: (&str, &str) = ("a/src/lib.rs", "mod b; mod c; pub use b::B; pub use c::C;");

    #[test]
    fn imports_in_one_direction_are_allowed() {
        let found = faults(&[
            ROOT,
            ("a/src/b/mod.rs", "mod d; pub use d::D; use crate::c::C; pub struct B;"),
            ("a/src/b/d.rs", "use crate::c; pub struct D(c::C); pub(in crate::b) fn f() {}"),
            ("a/src/c.rs", "pub struct C;"),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn cycle_is_found_in_every_form_of_path() {
        for import in [
            "use crate::b::B;",
            "use super::b::B;",
            "use super::{b::{self, B}};",
            "fn f(_: crate::b::B) {}",
            "fn f() { g!(1, crate::b::B) }",
            "macro_rules! m { () => { $crate::b::B } }",
        ] {
            let found =
                faults(&[ROOT, ("a/src/b.rs", "use crate::c::C; pub struct B;"), ("a/src/c.rs", import)]);
            assert_eq!(found.len(), 1, "{import}: {found:?}");
            assert!(found.concat().contains("a/src/c.rs imports"), "{found:?}");
        }
    }

    #[test]
    fn cycle_of_parent_and_child_is_found() {
        let found = faults(&[
            ("a/src/lib.rs", "mod b;"),
            ("a/src/b.rs", "mod d; pub struct B; fn f() { d::f() }"),
            ("a/src/b/d.rs", "use super::B; pub fn f() {}"),
        ]);
        assert_eq!(
            found,
            [
                "a cycle of imports: a/src/b.rs imports f from a/src/b/d.rs; a/src/b/d.rs imports B from a/src/b.rs"
            ]
        );
    }

    #[test]
    fn import_through_the_root_is_found() {
        let found =
            faults(&[ROOT, ("a/src/b.rs", "use crate::C; pub struct B;"), ("a/src/c.rs", "pub struct C;")]);
        assert!(found.concat().contains("a/src/b.rs imports `C` through the root"), "{found:?}");
    }

    #[test]
    fn tests_are_left_out() {
        let found = faults(&[
            ROOT,
            ("a/src/b.rs", "use crate::c::C; pub struct B;"),
            (
                "a/src/c.rs",
                "pub struct C; #[cfg(test)] mod tests { use crate::b::B; } #[test] fn f() { crate::b::f() } fn g() { #[cfg(test)] crate::b::f(); }",
            ),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn module_without_its_file_is_found() {
        assert_eq!(faults(&[("a/src/lib.rs", "mod b;")]).len(), 1);
    }
}
