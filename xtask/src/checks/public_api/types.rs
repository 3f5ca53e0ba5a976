//! The shapes of public types: traits that users expect, and room to grow.
//!
//! Read from the syntax. A type that a macro builds is not seen, and `pub` inside a private module counts as public.

use std::collections::BTreeSet;

use syn::{Attribute, Fields, Item, Type, Visibility, punctuated::Punctuated, token::Comma};

/// Public structs that users build with a literal, so that a new field breaks them. Each says so in its docs.
const EXHAUSTIVE: &[(&str, &str)] = &[
    ("CustomerUpdate", "options: built with `..Default::default()`"),
    ("Document", "a document of programs, read by other programs"),
    ("Events", "options: built with `..Default::default()`"),
    ("Failure", "a document of programs, read by other programs"),
    ("LocationDetails", "options: built with `..Default::default()`"),
    ("Meta", "a document of programs: built with `..Meta::new(source)`"),
    ("NewCustomer", "options: built with `..Default::default()`"),
    ("NodeToClaim", "options: built with `..Default::default()`"),
    ("QoeOptions", "options: built with `..Default::default()`"),
    ("Series", "options: built with `..Default::default()`"),
    ("WifiDetails", "options: built with `..Default::default()`"),
    ("WifiUpdate", "options: built with `..Default::default()`"),
];

/// A public struct or enum of a file.
struct Shape {
    line: usize,
    name: String,
    derives: BTreeSet<String>,
    /// Only public fields, at least one, and no `non_exhaustive`.
    is_exhaustive: bool,
}

/// The types of a file, and the faults in them.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    pub(super) types: usize,
    pub(super) faults: Vec<String>,
    /// Exhaustive structs that were found in [`EXHAUSTIVE`].
    pub(super) listed: BTreeSet<&'static str>,
}

/// Judges the public types of a file.
pub(super) fn judge(path: &str, text: &str) -> Result<Shapes, String> {
    let file = syn::parse_file(text).map_err(|error| format!("{path} cannot be parsed: {error}"))?;
    let mut types = Vec::new();
    let mut hashed = BTreeSet::new();
    collect(&file.items, &mut types, &mut hashed);
    let mut shapes = Shapes { types: types.len(), ..Shapes::default() };
    for Shape { line, name, derives, is_exhaustive } in types {
        let has = |name: &str| derives.contains(name);
        if has("Copy") && has("Eq") && !has("Hash") && !hashed.contains(&name) {
            shapes.faults.push(format!("{path}:{line}: `{name}` is `Copy` and `Eq` and has no `Hash`"));
        }
        if is_exhaustive {
            match EXHAUSTIVE.iter().find(|(listed, _)| *listed == name) {
                Some((listed, _)) => {
                    shapes.listed.insert(listed);
                }
                None => shapes.faults.push(format!(
                    "{path}:{line}: `{name}` is an exhaustive struct; add `#[non_exhaustive]`, or list it with a reason"
                )),
            }
        }
    }
    Ok(shapes)
}

/// Rows of the list without a struct.
pub(super) fn stale(listed: &BTreeSet<&str>) -> Vec<String> {
    let unused = EXHAUSTIVE.iter().filter(|(name, _)| !listed.contains(name));
    unused.map(|(name, _)| format!("`{name}` is listed as an exhaustive struct and is none")).collect()
}

fn collect(items: &[Item], types: &mut Vec<Shape>, hashed: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Struct(item) if is_public(&item.vis) => {
                types.push(Shape {
                    line: item.ident.span().start().line,
                    name: item.ident.to_string(),
                    derives: derives(&item.attrs),
                    is_exhaustive: all_public(&item.fields) && !has(&item.attrs, "non_exhaustive"),
                });
            }
            Item::Enum(item) if is_public(&item.vis) => types.push(Shape {
                line: item.ident.span().start().line,
                name: item.ident.to_string(),
                derives: derives(&item.attrs),
                is_exhaustive: false,
            }),
            Item::Impl(item) => {
                let is_hash = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
                if is_hash.is_some_and(|segment| segment.ident == "Hash")
                    && let Type::Path(path) = &*item.self_ty
                    && let Some(segment) = path.path.segments.last()
                {
                    hashed.insert(segment.ident.to_string());
                }
            }
            Item::Mod(item) if !has(&item.attrs, "cfg") => {
                let inner = item.content.as_ref().map(|(_, items)| items.as_slice());
                collect(inner.unwrap_or_default(), types, hashed);
            }
            _ => {}
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn all_public(fields: &Fields) -> bool {
    !fields.is_empty() && fields.iter().all(|field| is_public(&field.vis))
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

fn derives(attributes: &[Attribute]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let paths = attribute.parse_args_with(Punctuated::<syn::Path, Comma>::parse_terminated);
        let last = |path: &syn::Path| path.segments.last().map(|segment| segment.ident.to_string());
        names.extend(paths.iter().flatten().filter_map(last));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(source: &str) -> Vec<String> {
        judge("a.rs", source).unwrap().faults
    }

    #[test]
    fn copy_and_eq_without_hash_is_found() {
        for source in [
            "#[derive(Clone, Copy, PartialEq, Eq)]\npub enum A { B }",
            "#[derive(Clone, Copy)]\n#[derive(PartialEq, Eq)]\n#[non_exhaustive]\npub struct A { pub b: u8 }",
            "pub mod inner {\n#[derive(Clone, Copy, PartialEq, std::cmp::Eq)]\npub struct A(u8);\n}",
        ] {
            assert_eq!(faults(source).len(), 1, "{source}");
        }
        for source in [
            "#[derive(Clone, Copy, PartialEq, Eq, Hash)]\npub enum A { B }",
            "#[derive(Clone, Copy, PartialEq, Eq)]\npub struct A(u8);\nimpl std::hash::Hash for A {}",
            "#[derive(Clone, Copy, PartialEq, Eq)]\npub(crate) enum A { B }",
            "#[derive(Clone, Copy, PartialEq)]\npub enum A { B(f64) }",
            "#[cfg(test)]\nmod tests {\n#[derive(Clone, Copy, PartialEq, Eq)]\npub struct A(u8);\n}",
        ] {
            assert_eq!(faults(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn exhaustive_struct_is_found_unless_listed() {
        for source in ["pub struct A { pub b: u8, pub c: u8 }", "pub struct A<'a>(pub &'a [u8]);"] {
            assert_eq!(faults(source).len(), 1, "{source}");
        }
        for source in [
            "pub struct A { pub b: u8, c: u8 }",
            "pub struct A;",
            "#[non_exhaustive]\npub struct A { pub b: u8 }",
            "pub struct Series { pub limit: u8 }",
        ] {
            assert_eq!(faults(source), Vec::<String>::new(), "{source}");
        }
        assert_eq!(
            judge("a.rs", "pub struct Series { pub limit: u8 }").unwrap().listed,
            BTreeSet::from(["Series"])
        );
        assert_eq!(stale(&EXHAUSTIVE.iter().map(|(name, _)| *name).collect()), Vec::<String>::new());
        assert_eq!(stale(&BTreeSet::new()).len(), EXHAUSTIVE.len());
    }
}
