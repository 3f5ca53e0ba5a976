//! The suite passes a client that does everything right, and fails each that has one bug.
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

/// The case that is about this bug.
fn case_about(bug: Bug) -> &'static str {
    match bug {
        Bug::TokenPerCall => "one token serves many calls",
        Bug::UsesExpiredToken => "a token is renewed before its end",
        Bug::TrustsUnsaidLife => "a token of unsaid life is not trusted for long",
        Bug::ReusesRefusedToken => "401 costs one new token and one replay",
        Bug::LoopsOn401 => "401 for an unknown customer comes to an end",
        Bug::RefreshesOn403 | Bug::RetriesForbidden => "403 of the API is final",
        Bug::NeverRetries => "a safe call is tried again after a failure",
        Bug::RetriesWithoutEnd => "tries come to an end",
        Bug::IgnoresRetryAfter => "Retry-After is kept",
        Bug::RepeatsChanges => "a change that may have happened is not repeated",
        Bug::HammersDuringBlock | Bug::NewTokenOnBlock => "a block pauses all calls and no token",
        Bug::NoLimiter => "the call limit is kept",
        Bug::DropsLastPage | Bug::ReadsOnePage => "every page is read",
        Bug::KnowsOneEnvelope => "every envelope is understood",
        Bug::KnowsAllWords => "a word from tomorrow is no error",
        Bug::WantsEveryMember => "odd members do not cost the list",
        Bug::EmptyOnGarbage => "what is no list is not an empty list",
        Bug::WaitsForever => "silence comes to an end",
        Bug::FollowsRedirects => "a redirection is not followed",
        Bug::DropsGoodTokenInOutage | Bug::HammersTokenEndpoint => {
            "an outage of the authorization server is survived"
        }
        Bug::SharesTokens => "providers stay apart",
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
    // The size limit is the transport's, which this client does not bring itself.
    assert_eq!(unproven, ["an endless body is refused"]);
}
