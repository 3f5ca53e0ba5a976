//! A minimal TOML reader for our own manifests: sections and one-line keys.

/// The value of `key` in `[section]`, as written, without a comment or quotes.
pub(crate) fn value<'a>(text: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let mut current = "";
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            current = header.split(']').next().unwrap_or_default().trim();
        } else if current == section
            && let Some((found, value)) = line.split_once('=')
            && found.trim() == key
        {
            return Some(unquote(value.trim()));
        }
    }
    None
}

/// Whether `key` in `[section]` comes from the workspace, in either spelling.
pub(crate) fn inherits(text: &str, section: &str, key: &str) -> bool {
    let dotted = value(text, section, &format!("{key}.workspace"));
    let table = value(text, section, key).map(|found| found.split_whitespace().collect::<String>());
    dotted == Some("true") || table.as_deref() == Some("{workspace=true}")
}

fn unquote(value: &str) -> &str {
    if let Some(rest) = value.strip_prefix('"') {
        return rest.split('"').next().unwrap_or_default();
    }
    value.split('#').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"a\" # the first\nversion.workspace = true\nedition = { workspace = true }\n\n[lints]\nworkspace = true # all\n";

    #[test]
    fn values_are_found_only_in_their_section() {
        assert_eq!(value(MANIFEST, "package", "name"), Some("a"));
        assert_eq!(value(MANIFEST, "lints", "workspace"), Some("true"));
        assert_eq!(value(MANIFEST, "lints", "name"), None);
    }

    #[test]
    fn both_spellings_of_inheritance_are_read() {
        assert!(inherits(MANIFEST, "package", "version"));
        assert!(inherits(MANIFEST, "package", "edition"));
        assert!(!inherits(MANIFEST, "package", "name"));
        assert!(!inherits(MANIFEST, "package", "license"));
    }
}
