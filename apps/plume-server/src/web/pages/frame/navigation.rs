//! The pages in the navigation.

/// A page in the navigation: the first part of its path, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::pages) struct Entry {
    section: &'static str,
    pub(in crate::web::pages) name: &'static str,
}

impl Entry {
    const fn new(section: &'static str, name: &'static str) -> Self {
        Self { section, name }
    }

    /// Returns the path of the page.
    pub(in crate::web::pages) fn path(&self) -> String {
        format!("/{}", self.section)
    }
}

/// All pages, in their order.
pub(in crate::web::pages) const ENTRIES: &[Entry] =
    &[Entry::new("", "Overview"), Entry::new("homes", "Homes"), Entry::new("incidents", "Incidents")];

/// The entries for a page: whether each is the one that the path belongs to.
pub(super) fn entries(path: &str) -> Vec<(Entry, bool)> {
    let section = path.split('/').nth(1).unwrap_or_default();
    ENTRIES.iter().map(|entry| (*entry, entry.section == section)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_below_a_section_belongs_to_its_entry() {
        let current = |path: &str| {
            let found = entries(path).into_iter().find(|(_, is_current)| *is_current);
            found.map(|(entry, _)| entry.name)
        };
        assert_eq!(current("/"), Some("Overview"));
        assert_eq!(current("/homes/north/h1"), Some("Homes"));
        assert_eq!(current("/homesick"), None);
    }
}
