//! The suite passes the reference client, and fails it with each single bug.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod reference;

use plume_sim::conformance::{self, Outcome, Way};

use reference::{Bug, Reference};

#[tokio::test]
async fn a_client_without_bugs_passes_every_case() {
    let report = conformance::run(&Reference::new(None), Way::InProcess).await;
    report.assert_passed();
    for (name, outcome) in report.results() {
        assert_eq!(*outcome, Outcome::Passed, "{name}");
    }
}

/// Returns the case that detects this bug.
fn case_about(bug: Bug) -> &'static str {
    match bug {
        Bug::TokenPerCall => "one token serves many calls",
        Bug::UsesExpiredToken => "a token is renewed before it expires",
        Bug::TrustsUnsaidLife => "a token without a lifetime is not used for long",
        Bug::ReusesRefusedToken => "a 401 leads to one new token and one retry",
        Bug::LoopsOn401 => "a 401 for an unknown customer is not retried forever",
        Bug::RefreshesOn403 | Bug::RetriesForbidden => "a 403 of the API is final",
        Bug::NeverRetries => "a safe call is retried after a failure",
        Bug::RetriesWithoutEnd => "retries are bounded",
        Bug::IgnoresRetryAfter => "Retry-After is respected",
        Bug::RepeatsChanges => "a change that may have happened is not repeated",
        Bug::HammersDuringBlock | Bug::NewTokenOnBlock => "a block pauses all calls and keeps the token",
        Bug::NoLimiter => "the call limit is respected",
        Bug::DropsLastPage | Bug::ReadsOnePage => "every page is read",
        Bug::KnowsOneEnvelope => "every envelope is parsed",
        Bug::KnowsAllWords => "an unknown word is not an error",
        Bug::WantsEveryMember => "unexpected members do not lose the list",
        Bug::EmptyOnGarbage => "an unreadable list is not an empty list",
        Bug::WaitsForever => "a hanging call ends",
        Bug::FollowsRedirects => "a redirect is not followed",
        Bug::DropsGoodTokenInOutage | Bug::HammersTokenEndpoint => {
            "valid tokens are used during an outage of the authorization server"
        }
        Bug::SharesTokens => "providers stay separate",
    }
}

#[tokio::test]
async fn every_planted_bug_fails_the_case_that_is_about_it() {
    for bug in Bug::ALL {
        let case = case_about(bug);
        let outcome = conformance::run_case(&Reference::new(Some(bug)), Way::InProcess, case).await;
        assert!(matches!(outcome, Outcome::Failed(_)), "{bug:?}: {case}: {outcome:?}");
    }
}

#[test]
fn each_case_is_failed_by_some_bug() {
    let proven = Bug::ALL.map(case_about);
    let unproven: Vec<&str> =
        conformance::cases().iter().filter(|case| !proven.contains(case)).copied().collect();
    // The size limit is the transport's, not this client's.
    assert_eq!(unproven, ["an endless body is refused"]);
}
