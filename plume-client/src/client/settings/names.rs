//! The names of settings; [`Settings`](crate::Settings) documents them.

pub(super) const SSO_URL: &str = "PLUME_SSO_URL";
pub(super) const AUTH_HEADER: &str = "PLUME_AUTH_HEADER";
pub(super) const PARTNER_ID: &str = "PLUME_PARTNER_ID";
pub(super) const API_BASE: &str = "PLUME_API_BASE";
pub(super) const REPORTS_BASE: &str = "PLUME_REPORTS_BASE";
pub(super) const LTE_BASE: &str = "PLUME_LTE_BASE";
pub(super) const PROXY: &str = "PLUME_PROXY";
pub(super) const EXTRA_ROOTS: &str = "PLUME_EXTRA_ROOTS";

/// The names that a client reads.
pub(super) const READ: [&str; 8] =
    [SSO_URL, AUTH_HEADER, PARTNER_ID, API_BASE, REPORTS_BASE, LTE_BASE, PROXY, EXTRA_ROOTS];
/// The names that other programs of this project read.
pub(super) const ELSEWHERE: [&str; 5] =
    ["PLUME_PROFILE", "PLUME_CONFIG", "PLUME_TOKEN_STORE", "PLUME_STORE_KEY", "PLUME_STORE_KEY_FILE"];

/// Returns the known name closest to a mistyped one.
pub(super) fn nearest(name: &str) -> Option<String> {
    const MAX_TYPOS: usize = 4;
    let files = [format!("{AUTH_HEADER}_FILE")];
    READ.iter()
        .chain(&ELSEWHERE)
        .map(|known| (*known).to_owned())
        .chain(files)
        .map(|known| (plume_text::distance(name, &known), known))
        .min()
        .filter(|(distance, _)| *distance <= MAX_TYPOS)
        .map(|(_, known)| known)
}
