//! What every caching token provider should promise, as one function: [`check`].
//!
//! Each check is a bug that a published token cache has had. Run it on a single-threaded runtime: the suite lets
//! everything else run by yielding to it.

use std::{fmt, future::poll_fn, panic::AssertUnwindSafe, pin::pin, sync::Arc, task::Poll, time::Duration};

use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, join_all},
};

use super::{Driver, ScriptedAnswer as Answer};
use crate::provider::TokenProvider;
use crate::provider::{AuthError, AuthErrorKind};
use crate::token::AccessToken;

/// How often the suite yields before it takes what is pending for blocked.
const PATIENCE: u32 = 20;
/// The longest delay that a provider may take to try again after a failure that can pass.
const RECOVERY: Duration = Duration::from_secs(30);

/// What came of [`check`].
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    results: Vec<(&'static str, Result<(), String>)>,
}

impl Report {
    /// Whether every promise was kept.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failures().next().is_none()
    }

    /// The promises that were not kept, each with what was seen.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.results.iter().filter_map(|(name, result)| Some((*name, result.as_ref().err()?.as_str())))
    }

    /// How many promises were checked.
    #[must_use]
    pub fn checked(&self) -> usize {
        self.results.len()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failures().count();
        write!(f, "{} of {} promises kept", self.checked() - failed, self.checked())?;
        for (name, what) in self.failures() {
            write!(f, "\n  {name}: {what}")?;
        }
        Ok(())
    }
}

type Outcome = Result<(), String>;
type Check<D> = for<'a> fn(&'a D) -> LocalBoxFuture<'a, Outcome>;

macro_rules! suite {
    ($driver:ident: $($name:ident),* $(,)?) => {
        [$((stringify!($name), (|driver| $name(driver).boxed_local()) as Check<$driver>)),*]
    };
}

macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}

/// Checks the providers that `factory` makes, a fresh one for each promise. A panic in one is a broken promise.
pub async fn check<D: Driver>(factory: impl Fn() -> D) -> Report {
    let checks = suite![D:
        one_fetch_for_all_cold_callers,
        one_fetch_for_all_callers_at_the_end,
        one_failure_for_all_callers,
        an_outage_is_not_hammered,
        an_outage_ends_by_itself,
        callers_that_leave_do_not_stop_the_fetch,
        one_caller_that_leaves_does_not_fail_the_others,
        a_failed_refresh_is_invisible,
        a_hung_refresh_blocks_nobody,
        a_refresh_comes_before_the_end,
        an_expired_token_is_not_served,
        a_short_lived_token_is_used,
        a_late_rejection_spares_the_new_token,
        a_storm_of_rejections_is_one_fetch,
        a_rejected_token_does_not_come_back,
        a_rejected_token_does_not_come_back_when_it_is_issued_again,
        a_suspended_machine_is_noticed,
        a_wall_clock_set_back_does_not_prolong_a_token,
        a_wall_clock_that_jumps_costs_one_fetch,
        a_slow_answer_shortens_the_life,
        a_panic_wedges_nothing,
        a_hung_fetch_ends,
        nothing_happens_while_idle,
        a_refusal_is_remembered,
        a_refusal_is_not_remembered_for_ever,
        tokens_that_are_nearly_over_are_no_loop,
        patience_is_granted,
        an_endless_lifetime_is_no_panic,
        a_token_at_hand_is_a_valid_one,
        no_token_shows,
    ];
    let mut results = Vec::new();
    for (name, check) in checks {
        let result = AssertUnwindSafe(async { check(&factory()).await }).catch_unwind().await;
        results.push((name, result.unwrap_or_else(|_| Err("it panicked".to_owned()))));
    }
    Report { results }
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Lets everything else run.
async fn settle() {
    for _ in 0..PATIENCE {
        yield_once().await;
    }
}

/// What `future` comes to without the time moving. `None` when it waits.
async fn now<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..PATIENCE {
        if let Some(output) = poll_fn(|cx| Poll::Ready(Some(future.as_mut().poll(cx)))).await
            && let Poll::Ready(output) = output
        {
            return Some(output);
        }
        yield_once().await;
    }
    None
}

type Got = Option<Result<AccessToken, AuthError>>;

/// One call; nothing else happens after it until the background is quiet.
async fn call(driver: &impl Driver) -> Got {
    let provider = driver.provider();
    let got = now(provider.token()).await;
    settle().await;
    got
}

async fn token(driver: &impl Driver) -> Result<AccessToken, String> {
    match call(driver).await {
        Some(Ok(token)) => Ok(token),
        Some(Err(error)) => Err(format!("an error where there should be a token: {error}")),
        None => Err("a caller waits where there should be a token".to_owned()),
    }
}

fn is_error(got: &Got) -> bool {
    matches!(got, Some(Err(_)))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Many calls at once, with the source held until all of them wait.
async fn herd(driver: &impl Driver, callers: usize) -> Vec<Got> {
    driver.hold(true);
    let provider = driver.provider();
    let calls = join_all((0..callers).map(|_| provider.token()));
    let mut calls = Box::pin(calls);
    if let Some(results) = now(&mut calls).await {
        driver.hold(false);
        return results.into_iter().map(Some).collect();
    }
    driver.hold(false);
    match now(calls).await {
        Some(results) => results.into_iter().map(Some).collect(),
        None => vec![None],
    }
}

async fn one_fetch_for_all_cold_callers(driver: &impl Driver) -> Outcome {
    let results = herd(driver, 300).await;
    ensure!(results.iter().all(|got| matches!(got, Some(Ok(_)))), "not everybody got a token");
    ensure!(driver.requests() == 1, "{} requests", driver.requests());
    Ok(())
}

async fn one_fetch_for_all_callers_at_the_end(driver: &impl Driver) -> Outcome {
    let old = token(driver).await?;
    driver.advance(seconds(600));
    let results = herd(driver, 300).await;
    let fresh = |got: &Got| matches!(got, Some(Ok(new)) if new.expose_token() != old.expose_token());
    ensure!(results.iter().all(fresh), "not everybody got the new token");
    ensure!(driver.requests() == 2, "{} requests", driver.requests());
    Ok(())
}

async fn one_failure_for_all_callers(driver: &impl Driver) -> Outcome {
    driver.always(Answer::Fail(AuthErrorKind::Unavailable));
    let results = herd(driver, 300).await;
    ensure!(results.iter().all(is_error), "not everybody got the error");
    ensure!(driver.requests() == 1, "{} requests", driver.requests());
    Ok(())
}

async fn an_outage_is_not_hammered(driver: &impl Driver) -> Outcome {
    driver.always(Answer::Fail(AuthErrorKind::Unavailable));
    for _ in 0..600 {
        let _ = call(driver).await;
        driver.advance(Duration::from_millis(100));
    }
    ensure!(driver.requests() <= 8, "{} requests in a minute", driver.requests());
    Ok(())
}

async fn an_outage_ends_by_itself(driver: &impl Driver) -> Outcome {
    driver.always(Answer::Fail(AuthErrorKind::Unavailable));
    for _ in 0..60 {
        let _ = call(driver).await;
        driver.advance(seconds(60));
    }
    let _ = call(driver).await;
    driver.always(Answer::New(seconds(600)));
    driver.advance(RECOVERY);
    token(driver).await.map(drop)
}

async fn callers_that_leave_do_not_stop_the_fetch(driver: &impl Driver) -> Outcome {
    driver.hold(true);
    let provider = driver.provider();
    ensure!(now(provider.token()).await.is_none(), "a token out of nothing");
    settle().await;
    driver.hold(false);
    settle().await;
    token(driver).await?;
    ensure!(driver.requests() == 1, "{} requests", driver.requests());
    Ok(())
}

async fn one_caller_that_leaves_does_not_fail_the_others(driver: &impl Driver) -> Outcome {
    driver.hold(true);
    let provider = driver.provider();
    let mut hasty = Box::pin(provider.token());
    let mut patient = Box::pin(provider.token());
    ensure!(now(&mut hasty).await.is_none(), "a token out of nothing");
    ensure!(now(&mut patient).await.is_none(), "a token out of nothing");
    drop(hasty);
    settle().await;
    driver.hold(false);
    ensure!(matches!(now(patient).await, Some(Ok(_))), "the other caller got no token");
    ensure!(driver.requests() == 1, "{} requests", driver.requests());
    Ok(())
}

async fn a_failed_refresh_is_invisible(driver: &impl Driver) -> Outcome {
    token(driver).await?;
    driver.always(Answer::Fail(AuthErrorKind::Unavailable));
    driver.advance(seconds(500));
    for second in 500..600 {
        ensure!(matches!(call(driver).await, Some(Ok(_))), "no token at {second} s of 600");
        driver.advance(seconds(1));
    }
    Ok(())
}

async fn a_hung_refresh_blocks_nobody(driver: &impl Driver) -> Outcome {
    token(driver).await?;
    driver.hold(true);
    driver.advance(seconds(541));
    for second in 541..600 {
        ensure!(matches!(call(driver).await, Some(Ok(_))), "blocked at {second} s of 600");
        driver.advance(seconds(1));
    }
    Ok(())
}

async fn a_refresh_comes_before_the_end(driver: &impl Driver) -> Outcome {
    token(driver).await?;
    driver.advance(seconds(595));
    token(driver).await?;
    ensure!(driver.requests() == 2, "{} requests five seconds before the end", driver.requests());
    Ok(())
}

async fn an_expired_token_is_not_served(driver: &impl Driver) -> Outcome {
    token(driver).await?;
    driver.always(Answer::Fail(AuthErrorKind::Unavailable));
    for wait in [600, 1, 3_600] {
        driver.advance(seconds(wait));
        for _ in 0..2 {
            ensure!(is_error(&call(driver).await), "an expired token was served");
        }
    }
    Ok(())
}

async fn a_short_lived_token_is_used(driver: &impl Driver) -> Outcome {
    for life in [1, 5, 20, 31] {
        driver.always(Answer::New(seconds(life)));
        driver.advance(seconds(700));
        let before = driver.requests();
        // Four lives, forty calls in each.
        for _ in 0..160 {
            token(driver).await?;
            driver.advance(seconds(life) / 40);
        }
        let requests = driver.requests() - before;
        ensure!(requests <= 9, "{requests} requests in four lives of {life} s");
    }
    Ok(())
}

async fn a_late_rejection_spares_the_new_token(driver: &impl Driver) -> Outcome {
    let first = token(driver).await?;
    driver.provider().invalidate(&first);
    let second = token(driver).await?;
    ensure!(first.expose_token() != second.expose_token(), "the rejected token is still served");
    driver.provider().invalidate(&first);
    let third = token(driver).await?;
    ensure!(second.expose_token() == third.expose_token(), "the new token was thrown away");
    ensure!(driver.requests() == 2, "{} requests", driver.requests());
    Ok(())
}

async fn a_storm_of_rejections_is_one_fetch(driver: &impl Driver) -> Outcome {
    let first = token(driver).await?;
    for _ in 0..300 {
        driver.provider().invalidate(&first);
        token(driver).await?;
    }
    ensure!(driver.requests() == 2, "{} requests", driver.requests());
    Ok(())
}

async fn a_rejected_token_does_not_come_back(driver: &impl Driver) -> Outcome {
    let first = token(driver).await?;
    driver.always(Answer::Fail(AuthErrorKind::Unavailable));
    driver.provider().invalidate(&first);
    for _ in 0..100 {
        ensure!(!matches!(call(driver).await, Some(Ok(_))), "the rejected token was served");
        driver.advance(seconds(1));
    }
    Ok(())
}

async fn a_rejected_token_does_not_come_back_when_it_is_issued_again(driver: &impl Driver) -> Outcome {
    driver.always(Answer::Token("issued-again".to_owned(), seconds(600)));
    let first = token(driver).await?;
    driver.provider().invalidate(&first);
    for _ in 0..100 {
        ensure!(!matches!(call(driver).await, Some(Ok(_))), "the rejected token was served");
        driver.advance(seconds(1));
    }
    ensure!(driver.requests() <= 20, "{} requests in 100 s", driver.requests());
    driver.always(Answer::New(seconds(600)));
    driver.advance(RECOVERY);
    token(driver).await.map(drop)
}

async fn a_suspended_machine_is_noticed(driver: &impl Driver) -> Outcome {
    let first = token(driver).await?;
    // The monotonic clock stood still.
    driver.advance_wall(7_200);
    let second = token(driver).await?;
    ensure!(first.expose_token() != second.expose_token(), "an expired token was served");
    Ok(())
}

async fn a_wall_clock_set_back_does_not_prolong_a_token(driver: &impl Driver) -> Outcome {
    let first = token(driver).await?;
    driver.advance_wall(-86_400);
    driver.advance(seconds(601));
    let second = token(driver).await?;
    ensure!(first.expose_token() != second.expose_token(), "an expired token was served");
    Ok(())
}

async fn a_wall_clock_that_jumps_costs_one_fetch(driver: &impl Driver) -> Outcome {
    token(driver).await?;
    for jump in [-86_400, 86_400, 86_400, -86_400] {
        driver.advance_wall(jump);
        for _ in 0..50 {
            token(driver).await?;
        }
    }
    ensure!(driver.requests() <= 3, "{} requests", driver.requests());
    Ok(())
}

async fn a_slow_answer_shortens_the_life(driver: &impl Driver) -> Outcome {
    driver.hold(true);
    let provider = driver.provider();
    let mut waiting = Box::pin(provider.token());
    ensure!(now(&mut waiting).await.is_none(), "a token out of nothing");
    driver.advance(seconds(20));
    driver.hold(false);
    let Some(Ok(first)) = now(waiting).await else { return Err("no token after 20 s".to_owned()) };
    // 605 s after the request, 585 s after the answer.
    driver.advance(seconds(585));
    driver.always(Answer::Fail(AuthErrorKind::Unavailable));
    let served =
        matches!(call(driver).await, Some(Ok(token)) if token.expose_token() == first.expose_token());
    ensure!(!served, "an expired token was served");
    Ok(())
}

async fn a_panic_wedges_nothing(driver: &impl Driver) -> Outcome {
    driver.then(Answer::Panic);
    driver.hold(true);
    let provider = driver.provider();
    let calls = join_all((0..10).map(|_| AssertUnwindSafe(provider.token()).catch_unwind()));
    let mut calls = Box::pin(calls);
    ensure!(now(&mut calls).await.is_none(), "a token out of nothing");
    driver.hold(false);
    let Some(results) = now(calls).await else { return Err("callers wait for ever".to_owned()) };
    ensure!(results.iter().all(Result::is_ok), "the panic reached a caller");
    driver.advance(RECOVERY);
    token(driver).await.map(drop)
}

async fn a_hung_fetch_ends(driver: &impl Driver) -> Outcome {
    driver.hold(true);
    let provider = driver.provider();
    let mut waiting = Box::pin(provider.token());
    ensure!(now(&mut waiting).await.is_none(), "a token out of nothing");
    for _ in 0..60 {
        driver.advance(seconds(1));
        if now(&mut waiting).await.is_some() {
            driver.hold(false);
            driver.advance(RECOVERY);
            return token(driver).await.map(drop);
        }
    }
    Err("a caller still waits after a minute".to_owned())
}

async fn nothing_happens_while_idle(driver: &impl Driver) -> Outcome {
    token(driver).await?;
    for _ in 0..24 {
        driver.advance(seconds(3_600));
        settle().await;
    }
    ensure!(driver.requests() == 1, "{} requests in an idle day", driver.requests());
    Ok(())
}

async fn a_refusal_is_remembered(driver: &impl Driver) -> Outcome {
    driver.always(Answer::Fail(AuthErrorKind::CredentialsRejected));
    for _ in 0..180 {
        ensure!(is_error(&call(driver).await), "no error");
        driver.advance(Duration::from_millis(5));
    }
    ensure!(driver.requests() == 1, "{} requests within a second", driver.requests());
    Ok(())
}

async fn a_refusal_is_not_remembered_for_ever(driver: &impl Driver) -> Outcome {
    driver.always(Answer::Fail(AuthErrorKind::CredentialsRejected));
    for _ in 0..20 {
        let _ = call(driver).await;
        driver.advance(seconds(60));
    }
    let _ = call(driver).await;
    driver.always(Answer::New(seconds(600)));
    driver.advance(seconds(60));
    token(driver).await.map(drop)
}

async fn tokens_that_are_nearly_over_are_no_loop(driver: &impl Driver) -> Outcome {
    driver.always(Answer::Token("nearly-over".to_owned(), seconds(1)));
    for _ in 0..600 {
        let _ = call(driver).await;
        driver.advance(Duration::from_millis(100));
    }
    ensure!(driver.requests() <= 8, "{} requests in a minute", driver.requests());
    Ok(())
}

async fn patience_is_granted(driver: &impl Driver) -> Outcome {
    driver.then(Answer::Throttle(seconds(100)));
    let _ = call(driver).await;
    for _ in 0..99 {
        ensure!(is_error(&call(driver).await), "no error");
        driver.advance(seconds(1));
    }
    ensure!(driver.requests() == 1, "{} requests in the 100 s to wait", driver.requests());
    driver.advance(seconds(20));
    token(driver).await.map(drop)
}

async fn an_endless_lifetime_is_no_panic(driver: &impl Driver) -> Outcome {
    driver.always(Answer::New(Duration::MAX));
    token(driver).await?;
    driver.advance(seconds(1 << 33));
    token(driver).await.map(drop)
}

/// [`TokenProvider::ready`] keeps the same promises.
async fn a_token_at_hand_is_a_valid_one(driver: &impl Driver) -> Outcome {
    let provider: Arc<dyn TokenProvider> = driver.provider();
    ensure!(provider.ready().is_none(), "a token out of nothing");
    let first = token(driver).await?;
    driver.hold(true);
    let same = |ready: Option<AccessToken>| ready.is_none_or(|r| r.expose_token() == first.expose_token());
    ensure!(same(provider.ready()), "another token than the one that is served");
    for (monotonic, wall) in [(601, 0), (0, 7_200)] {
        driver.advance(seconds(monotonic));
        driver.advance_wall(wall);
        ensure!(provider.ready().is_none(), "an expired token is at hand");
    }
    driver.hold(false);
    let _ = call(driver).await;
    let second = token(driver).await?;
    provider.invalidate(&second);
    ensure!(provider.ready().is_none(), "a rejected token is at hand");
    Ok(())
}

async fn no_token_shows(driver: &impl Driver) -> Outcome {
    let secret = "canary-not-a-real-token";
    driver.always(Answer::Token(secret.to_owned(), seconds(600)));
    let token = token(driver).await?;
    let shown = format!("{token:?} {:?} {:#?}", driver.provider(), driver.provider());
    ensure!(!shown.contains(secret), "the token shows in Debug");
    ensure!(token.header_value().is_sensitive(), "the header value is not marked sensitive");
    Ok(())
}
