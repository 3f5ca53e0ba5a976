//! The order of names as people expect it.

/// Returns the key by which lists sort a name: upper and lower case are equal, and numbers are sorted by their value.
pub(crate) fn natural(name: &str) -> String {
    let mut key = String::with_capacity(name.len().saturating_add(8));
    let lower = name.to_lowercase();
    let mut rest = lower.as_str();
    while let Some(start) = rest.find(|one: char| one.is_ascii_digit()) {
        let (text, from) = rest.split_at(start);
        let end = from.find(|one: char| !one.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        let digits = digits.trim_start_matches('0');
        // The number of digits decides first.
        key.push_str(&format!("{text}{:02}{digits}", digits.len().min(99)));
        rest = after;
    }
    key + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_sorted_by_their_value() {
        let sorted = [
            "",
            "1 Alder Street",
            "10 Alder Street",
            "alder Street",
            "Street 0",
            "Street 2",
            "street 2a",
            "Street 002b",
            "Street 10",
            "Street 10 / 9",
            "Street 10 / 10",
            "Street 99999999999999999999999",
            "Street A",
        ];
        let mut names = sorted;
        names.reverse();
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, sorted);
        assert_eq!(natural("Street 7"), natural("STREET 007"));
    }
}
