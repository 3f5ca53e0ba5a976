//! A status as a shape and a word, so that it needs no color.

use std::fmt;

use askama::{Template, filters::HtmlSafe};
use plume::health::Status;

/// A status on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Template)]
#[template(
    source = r##"<span class="badge {{code}}"><svg aria-hidden="true" viewBox="0 0 16 16"><use href="#s-{{code}}"/></svg>{{word}}</span>"##,
    ext = "html"
)]
pub(in crate::web) struct Badge {
    /// The name of the color and the shape.
    pub(in crate::web) code: &'static str,
    pub(in crate::web) word: &'static str,
}

// Both texts are constants of this file.
impl HtmlSafe for Badge {}

impl From<Status> for Badge {
    fn from(status: Status) -> Self {
        let (code, word) = match status {
            Status::Red => ("red", "Offline"),
            Status::Orange => ("orange", "Disrupted"),
            Status::Yellow => ("yellow", "Degraded"),
            Status::Unknown => ("unknown", "No data"),
            Status::Green => ("green", "OK"),
        };
        Self { code, word }
    }
}

impl Badge {
    /// A home whose first trouble waits for another check.
    pub(in crate::web) const UNCONFIRMED: Self = Self { code: "unknown", word: "Not confirmed yet" };
    /// Trouble in maintenance windows.
    pub(in crate::web) const PLANNED: Self = Self { code: "planned", word: "Planned" };
    pub(in crate::web) const UNCHECKED: Self = Self { code: "unknown", word: "Not checked yet" };
    /// A home that is well at present, and whose status keeps changing.
    pub(in crate::web) const FLAPPING: Self = Self { code: "yellow", word: "Flapping" };
    pub(in crate::web) const MET: Self = Self { code: "green", word: "Met" };
    pub(in crate::web) const MISSED: Self = Self { code: "red", word: "Missed" };
    pub(in crate::web) const NOT_ENOUGH: Self = Self { code: "unknown", word: "Not known enough" };
    pub(in crate::web) const FINE: Self = Self { code: "green", word: "OK" };
    pub(in crate::web) const ATTENTION: Self = Self { code: "yellow", word: "Attention" };
    pub(in crate::web) const FAILING: Self = Self { code: "red", word: "Failing" };
    pub(in crate::web) const NOT_KNOWN: Self = Self { code: "unknown", word: "Not known" };

    /// All statuses, the worst first.
    pub(in crate::web) const ALL: [Status; 5] =
        [Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green];
}

/// The start of the headline of a home whose first trouble waits for another check.
pub(in crate::web) const UNCONFIRMED: &str = "not confirmed yet: ";

/// The reason in a headline, without the words for the status before it.
pub(in crate::web) fn reason(headline: &str) -> String {
    let headline = headline.strip_prefix(UNCONFIRMED).unwrap_or(headline);
    let reason = match headline.split_once(" - ") {
        Some((verdict, reason)) if verdict.chars().all(|one| !one.is_lowercase()) => reason,
        _ => headline.strip_prefix("no data: ").unwrap_or(headline),
    };
    let mut characters = reason.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The reason without the parts that a cheap check leaves out.
pub(in crate::web) fn brief(headline: &str) -> String {
    let reason = reason(headline);
    match reason.rsplit_once(" (") {
        Some((reason, rest)) if rest.starts_with("not checked: ") || rest.starts_with("partly checked: ") => {
            reason.to_owned()
        }
        _ => reason,
    }
}

/// Writes a number with its noun: `1 home`, `2 homes`.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Counted<N>(pub(in crate::web) N, pub(in crate::web) &'static str);

impl<N: fmt::Display + PartialEq + From<u8>> fmt::Display for Counted<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == N::from(1) { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_words_for_the_status() {
        assert_eq!(reason("🟠 SERVICE DISRUPTED - 1 pod is disconnected"), "1 pod is disconnected");
        assert_eq!(reason("no data: timeout - 3 s"), "Timeout - 3 s");
        assert_eq!(reason("not checked yet"), "Not checked yet");
        assert_eq!(
            reason("not confirmed yet: 🔴 LOCATION OFFLINE - All 4 pods are off"),
            "All 4 pods are off"
        );
        assert_eq!(reason(""), "");
        let cheap = "🔴 LOCATION OFFLINE - All 4 pods are disconnected (not checked: devices, QoE)";
        assert_eq!(brief(cheap), "All 4 pods are disconnected");
        assert_eq!(brief("🟡 DEGRADED SERVICE - Pod 'A (B)' is slow"), "Pod 'A (B)' is slow");
    }

    #[test]
    fn every_status_has_a_shape_and_a_word_of_its_own() {
        let shown = Badge::ALL.map(|status| Badge::from(status).to_string());
        for (index, one) in shown.iter().enumerate() {
            assert!(shown.iter().skip(index + 1).all(|other| other != one));
        }
        assert!(shown[0].contains("#s-red") && shown[0].contains("Offline"), "{}", shown[0]);
    }
}
