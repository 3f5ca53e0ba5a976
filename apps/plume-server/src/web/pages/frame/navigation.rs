//! The pages in the navigation.

use crate::access::Role;

/// A page in the navigation: the first part of its path, its name, and the role that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::pages) struct Entry {
    section: &'static str,
    pub(in crate::web::pages) name: &'static str,
    needs: Role,
}

impl Entry {
    const fn new(section: &'static str, name: &'static str, needs: Role) -> Self {
        Self { section, name, needs }
    }

    /// Returns the path of the page.
    pub(in crate::web::pages) fn path(&self) -> String {
        format!("/{}", self.section)
    }
}

/// All pages, in their order.
const ENTRIES: &[Entry] = &[
    Entry::new("", "Overview", Role::Viewer),
    Entry::new("homes", "Homes", Role::Viewer),
    Entry::new("incidents", "Incidents", Role::Viewer),
    Entry::new("maintenance", "Maintenance", Role::Viewer),
    Entry::new("sla", "SLA", Role::Viewer),
    Entry::new("connections", "Connections", Role::Operator),
    Entry::new("channels", "Channels", Role::Viewer),
    Entry::new("logs", "Logs", Role::Admin),
    Entry::new("settings", "Settings", Role::Admin),
    Entry::new("users", "Users", Role::Admin),
];

/// The entries of a visitor for a page: whether each is the one that the path belongs to.
pub(super) fn entries(path: &str, role: Role) -> Vec<(Entry, bool)> {
    let section = path.split('/').nth(1).unwrap_or_default();
    let own = ENTRIES.iter().filter(|entry| entry.needs <= role);
    own.map(|entry| (*entry, entry.section == section)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_below_a_section_belongs_to_its_entry() {
        let current = |path: &str| {
            let found = entries(path, Role::Admin).into_iter().find(|(_, is_current)| *is_current);
            found.map(|(entry, _)| entry.name)
        };
        assert_eq!(current("/"), Some("Overview"));
        assert_eq!(current("/homes/north/h1"), Some("Homes"));
        assert_eq!(current("/homesick"), None);
        assert_eq!(current("/users/audit"), Some("Users"));
        assert!(entries("/", Role::Operator).iter().all(|(entry, _)| entry.name != "Users"));
    }
}
