//! The pages in the navigation.

/// A page in the navigation: the first part of its path, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::pages) struct Entry {
    section: &'static str,
    pub(in crate::web::pages) name: &'static str,
    is_for_admins: bool,
}

impl Entry {
    const fn new(section: &'static str, name: &'static str) -> Self {
        Self { section, name, is_for_admins: false }
    }

    const fn for_admins(section: &'static str, name: &'static str) -> Self {
        Self { section, name, is_for_admins: true }
    }

    /// Returns the path of the page.
    pub(in crate::web::pages) fn path(&self) -> String {
        format!("/{}", self.section)
    }
}

/// All pages, in their order.
pub(in crate::web::pages) const ENTRIES: &[Entry] = &[
    Entry::new("", "Overview"),
    Entry::new("homes", "Homes"),
    Entry::new("incidents", "Incidents"),
    Entry::for_admins("users", "Users"),
];

/// The entries for a page: whether each is the one that the path belongs to.
pub(super) fn entries(path: &str, is_admin: bool) -> Vec<(Entry, bool)> {
    let section = path.split('/').nth(1).unwrap_or_default();
    let shown = ENTRIES.iter().filter(|entry| is_admin || !entry.is_for_admins);
    shown.map(|entry| (*entry, entry.section == section)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_below_a_section_belongs_to_its_entry() {
        let current = |path: &str| {
            let found = entries(path, true).into_iter().find(|(_, is_current)| *is_current);
            found.map(|(entry, _)| entry.name)
        };
        assert_eq!(current("/"), Some("Overview"));
        assert_eq!(current("/homes/north/h1"), Some("Homes"));
        assert_eq!(current("/homesick"), None);
        assert_eq!(current("/users/audit"), Some("Users"));
        assert!(entries("/", false).iter().all(|(entry, _)| entry.name != "Users"));
    }
}
