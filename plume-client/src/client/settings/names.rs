//! The names of settings.

/// The token endpoint.
pub(super) const SSO_URL: &str = "PLUME_SSO_URL";
/// The client's credentials.
pub(super) const AUTH_HEADER: &str = "PLUME_AUTH_HEADER";
/// The provider.
pub(super) const PARTNER_ID: &str = "PLUME_PARTNER_ID";
/// Base of the API.
pub(super) const API_BASE: &str = "PLUME_API_BASE";
/// Base of the reports.
pub(super) const REPORTS_BASE: &str = "PLUME_REPORTS_BASE";
/// Base of the LTE service.
pub(super) const LTE_BASE: &str = "PLUME_LTE_BASE";

/// The proxy.
pub(super) const PROXY: &str = "PLUME_PROXY";
/// A file with certificates to trust.
pub(super) const EXTRA_ROOTS: &str = "PLUME_EXTRA_ROOTS";

/// Names that are read here.
pub(super) const READ: [&str; 8] =
    [SSO_URL, AUTH_HEADER, PARTNER_ID, API_BASE, REPORTS_BASE, LTE_BASE, PROXY, EXTRA_ROOTS];
/// Names that other programs of this project read.
pub(super) const ELSEWHERE: [&str; 3] = ["PLUME_PROFILE", "PLUME_CONFIG", "PLUME_TOKEN_STORE"];

/// The known name that a mistyped one most likely means.
pub(super) fn nearest(name: &str) -> Option<String> {
    const MAX_TYPOS: usize = 4;
    let files = [format!("{AUTH_HEADER}_FILE")];
    READ.iter()
        .chain(&ELSEWHERE)
        .map(|known| (*known).to_owned())
        .chain(files)
        .map(|known| (distance(name, &known), known))
        .min()
        .filter(|(distance, _)| *distance <= MAX_TYPOS)
        .map(|(_, known)| known)
}

/// Levenshtein's distance: how many characters were added, dropped or changed.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let above = *cell;
            let cost = diagonal + usize::from(a != b);
            left = cost.min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
