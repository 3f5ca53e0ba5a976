//! The edit distance of two words, and the nearest of several.

/// Returns the Levenshtein distance: the number of characters added, removed or replaced.
///
/// ```
/// assert_eq!(plume_text::distance("PLUME_SSO_ULR", "PLUME_SSO_URL"), 2);
/// ```
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let above = *cell;
            left = (diagonal + usize::from(a != b)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Returns the candidate that a person most likely meant: few typing errors, in any case of letters.
///
/// ```
/// assert_eq!(plume_text::nearest("lisen", ["listen", "public_url"]), Some("listen"));
/// assert_eq!(plume_text::nearest("colour", ["listen", "public_url"]), None);
/// ```
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let most = (given.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (distance(&given, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_candidate_has_few_typing_errors() {
        let names = ["Living Room", "Bedroom", "TST0000001"];
        assert_eq!(nearest("living romo", names), Some("Living Room"));
        assert_eq!(nearest("TST0000002", names), Some("TST0000001"));
        assert_eq!(nearest("Garage", names), None);
        assert_eq!(nearest("x", ["y"]), Some("y"));
    }
}
