//! The promises of a caching token provider. Each check is a bug that a published token cache has had.

use std::{future::poll_fn, panic::AssertUnwindSafe, pin::pin, sync::Arc, task::Poll, time::Duration};

use chrono::{DateTime, TimeDelta};
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, join_all},
};
use plume_runtime::{Clock, ManualClock, testing::Report};

use crate::provider::TokenProvider;
use crate::provider::{AuthError, AuthErrorKind};
use crate::testing::source::{ScriptedAnswer as Answer, ScriptedSource};
use crate::token::AccessToken;

/// The number of yields after which a pending future counts as blocked.
const PATIENCE: u32 = 20;
/// Maximum delay before a provider retries after a temporary failure.
const RECOVERY: Duration = Duration::from_secs(30);

type Outcome = Result<(), String>;
type Check = for<'a> fn(&'a Rig) -> LocalBoxFuture<'a, Outcome>;

macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        [$((stringify!($name), (|rig| $name(rig).boxed_local()) as Check)),*]
    };
}

macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}

/// A provider on a [`ScriptedSource`] and a [`ManualClock`].
struct Rig {
    provider: Arc<dyn TokenProvider>,
    source: ScriptedSource,
    clock: ManualClock,
}

impl Rig {
    fn new<P: TokenProvider + 'static>(build: impl FnOnce(ScriptedSource, ManualClock) -> P) -> Self {
        let source = ScriptedSource::new();
        let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        Self { provider: Arc::new(build(source.clone(), clock.clone())), source, clock }
    }

    fn provider(&self) -> Arc<dyn TokenProvider> {
        Arc::clone(&self.provider)
    }

    /// Advances only the wall clock.
    fn advance_wall(&self, seconds: i64) {
        let wall = self.clock.wall();
        let moved = TimeDelta::try_seconds(seconds).and_then(|by| wall.checked_add_signed(by));
        self.clock.set_wall(moved.unwrap_or(wall));
    }
}

/// Checks a caching [`TokenProvider`]: every promise of [`CachedTokenProvider`](crate::CachedTokenProvider).
///
/// `build` creates a new provider for each promise, on the source and the clock that the suite controls. Run it on a
/// single-threaded runtime: the suite yields to let other tasks run. [The module](crate::testing) has an example.
pub async fn check_provider<P: TokenProvider + 'static>(
    build: impl Fn(ScriptedSource, ManualClock) -> P,
) -> Report {
    let checks = suite![
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
    let mut report = Report::default();
    for (promise, check) in checks {
        let check = AssertUnwindSafe(async { check(&Rig::new(&build)).await });
        report.add(promise, check.catch_unwind().await);
    }
    report
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

/// Yields until other tasks have run.
async fn settle() {
    for _ in 0..PATIENCE {
        yield_once().await;
    }
}

/// Returns the output of `future` without advancing time. `None` if it waits.
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

/// Makes one call, and lets background tasks finish.
async fn call(rig: &Rig) -> Got {
    let provider = rig.provider();
    let got = now(provider.token()).await;
    settle().await;
    got
}

async fn token(rig: &Rig) -> Result<AccessToken, String> {
    match call(rig).await {
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

/// Makes many calls at once, while the source is held until all of them wait.
async fn herd(rig: &Rig, callers: usize) -> Vec<Got> {
    rig.source.hold(true);
    let provider = rig.provider();
    let calls = join_all((0..callers).map(|_| provider.token()));
    let mut calls = Box::pin(calls);
    if let Some(results) = now(&mut calls).await {
        rig.source.hold(false);
        return results.into_iter().map(Some).collect();
    }
    rig.source.hold(false);
    match now(calls).await {
        Some(results) => results.into_iter().map(Some).collect(),
        None => vec![None],
    }
}

async fn one_fetch_for_all_cold_callers(rig: &Rig) -> Outcome {
    let results = herd(rig, 300).await;
    ensure!(results.iter().all(|got| matches!(got, Some(Ok(_)))), "not every caller got a token");
    ensure!(rig.source.requests() == 1, "{} requests", rig.source.requests());
    Ok(())
}

async fn one_fetch_for_all_callers_at_the_end(rig: &Rig) -> Outcome {
    let old = token(rig).await?;
    rig.clock.advance(seconds(600));
    let results = herd(rig, 300).await;
    let fresh = |got: &Got| matches!(got, Some(Ok(new)) if new.expose_token() != old.expose_token());
    ensure!(results.iter().all(fresh), "not every caller got the new token");
    ensure!(rig.source.requests() == 2, "{} requests", rig.source.requests());
    Ok(())
}

async fn one_failure_for_all_callers(rig: &Rig) -> Outcome {
    rig.source.always(Answer::Fail(AuthErrorKind::Unavailable));
    let results = herd(rig, 300).await;
    ensure!(results.iter().all(is_error), "not every caller got the error");
    ensure!(rig.source.requests() == 1, "{} requests", rig.source.requests());
    Ok(())
}

async fn an_outage_is_not_hammered(rig: &Rig) -> Outcome {
    rig.source.always(Answer::Fail(AuthErrorKind::Unavailable));
    for _ in 0..600 {
        let _ = call(rig).await;
        rig.clock.advance(Duration::from_millis(100));
    }
    ensure!(rig.source.requests() <= 8, "{} requests in a minute", rig.source.requests());
    Ok(())
}

async fn an_outage_ends_by_itself(rig: &Rig) -> Outcome {
    rig.source.always(Answer::Fail(AuthErrorKind::Unavailable));
    for _ in 0..60 {
        let _ = call(rig).await;
        rig.clock.advance(seconds(60));
    }
    let _ = call(rig).await;
    rig.source.always(Answer::New(seconds(600)));
    rig.clock.advance(RECOVERY);
    token(rig).await.map(drop)
}

async fn callers_that_leave_do_not_stop_the_fetch(rig: &Rig) -> Outcome {
    rig.source.hold(true);
    let provider = rig.provider();
    ensure!(now(provider.token()).await.is_none(), "a token out of nothing");
    settle().await;
    rig.source.hold(false);
    settle().await;
    token(rig).await?;
    ensure!(rig.source.requests() == 1, "{} requests", rig.source.requests());
    Ok(())
}

async fn one_caller_that_leaves_does_not_fail_the_others(rig: &Rig) -> Outcome {
    rig.source.hold(true);
    let provider = rig.provider();
    let mut hasty = Box::pin(provider.token());
    let mut patient = Box::pin(provider.token());
    ensure!(now(&mut hasty).await.is_none(), "a token out of nothing");
    ensure!(now(&mut patient).await.is_none(), "a token out of nothing");
    drop(hasty);
    settle().await;
    rig.source.hold(false);
    ensure!(matches!(now(patient).await, Some(Ok(_))), "the other caller got no token");
    ensure!(rig.source.requests() == 1, "{} requests", rig.source.requests());
    Ok(())
}

async fn a_failed_refresh_is_invisible(rig: &Rig) -> Outcome {
    token(rig).await?;
    rig.source.always(Answer::Fail(AuthErrorKind::Unavailable));
    rig.clock.advance(seconds(500));
    for second in 500..600 {
        ensure!(matches!(call(rig).await, Some(Ok(_))), "no token at {second} s of 600");
        rig.clock.advance(seconds(1));
    }
    Ok(())
}

async fn a_hung_refresh_blocks_nobody(rig: &Rig) -> Outcome {
    token(rig).await?;
    rig.source.hold(true);
    rig.clock.advance(seconds(541));
    for second in 541..600 {
        ensure!(matches!(call(rig).await, Some(Ok(_))), "blocked at {second} s of 600");
        rig.clock.advance(seconds(1));
    }
    Ok(())
}

async fn a_refresh_comes_before_the_end(rig: &Rig) -> Outcome {
    token(rig).await?;
    rig.clock.advance(seconds(595));
    token(rig).await?;
    ensure!(rig.source.requests() == 2, "{} requests five seconds before the end", rig.source.requests());
    Ok(())
}

async fn an_expired_token_is_not_served(rig: &Rig) -> Outcome {
    token(rig).await?;
    rig.source.always(Answer::Fail(AuthErrorKind::Unavailable));
    for wait in [600, 1, 3_600] {
        rig.clock.advance(seconds(wait));
        for _ in 0..2 {
            ensure!(is_error(&call(rig).await), "an expired token was served");
        }
    }
    Ok(())
}

async fn a_short_lived_token_is_used(rig: &Rig) -> Outcome {
    for life in [1, 5, 20, 31] {
        rig.source.always(Answer::New(seconds(life)));
        rig.clock.advance(seconds(700));
        let before = rig.source.requests();
        // Four lives, forty calls in each.
        for _ in 0..160 {
            token(rig).await?;
            rig.clock.advance(seconds(life) / 40);
        }
        let requests = rig.source.requests() - before;
        ensure!(requests <= 9, "{requests} requests in four lives of {life} s");
    }
    Ok(())
}

async fn a_late_rejection_spares_the_new_token(rig: &Rig) -> Outcome {
    let first = token(rig).await?;
    rig.provider().invalidate(&first);
    let second = token(rig).await?;
    ensure!(first.expose_token() != second.expose_token(), "the rejected token is still served");
    rig.provider().invalidate(&first);
    let third = token(rig).await?;
    ensure!(second.expose_token() == third.expose_token(), "the new token was thrown away");
    ensure!(rig.source.requests() == 2, "{} requests", rig.source.requests());
    Ok(())
}

async fn a_storm_of_rejections_is_one_fetch(rig: &Rig) -> Outcome {
    let first = token(rig).await?;
    for _ in 0..300 {
        rig.provider().invalidate(&first);
        token(rig).await?;
    }
    ensure!(rig.source.requests() == 2, "{} requests", rig.source.requests());
    Ok(())
}

async fn a_rejected_token_does_not_come_back(rig: &Rig) -> Outcome {
    let first = token(rig).await?;
    rig.source.always(Answer::Fail(AuthErrorKind::Unavailable));
    rig.provider().invalidate(&first);
    for _ in 0..100 {
        ensure!(!matches!(call(rig).await, Some(Ok(_))), "the rejected token was served");
        rig.clock.advance(seconds(1));
    }
    Ok(())
}

async fn a_rejected_token_does_not_come_back_when_it_is_issued_again(rig: &Rig) -> Outcome {
    rig.source.always(Answer::Token("issued-again".to_owned(), seconds(600)));
    let first = token(rig).await?;
    rig.provider().invalidate(&first);
    for _ in 0..100 {
        ensure!(!matches!(call(rig).await, Some(Ok(_))), "the rejected token was served");
        rig.clock.advance(seconds(1));
    }
    ensure!(rig.source.requests() <= 20, "{} requests in 100 s", rig.source.requests());
    rig.source.always(Answer::New(seconds(600)));
    rig.clock.advance(RECOVERY);
    token(rig).await.map(drop)
}

async fn a_suspended_machine_is_noticed(rig: &Rig) -> Outcome {
    let first = token(rig).await?;
    // The monotonic clock did not advance.
    rig.advance_wall(7_200);
    let second = token(rig).await?;
    ensure!(first.expose_token() != second.expose_token(), "an expired token was served");
    Ok(())
}

async fn a_wall_clock_set_back_does_not_prolong_a_token(rig: &Rig) -> Outcome {
    let first = token(rig).await?;
    rig.advance_wall(-86_400);
    rig.clock.advance(seconds(601));
    let second = token(rig).await?;
    ensure!(first.expose_token() != second.expose_token(), "an expired token was served");
    Ok(())
}

async fn a_wall_clock_that_jumps_costs_one_fetch(rig: &Rig) -> Outcome {
    token(rig).await?;
    for jump in [-86_400, 86_400, 86_400, -86_400] {
        rig.advance_wall(jump);
        for _ in 0..50 {
            token(rig).await?;
        }
    }
    ensure!(rig.source.requests() <= 3, "{} requests", rig.source.requests());
    Ok(())
}

async fn a_slow_answer_shortens_the_life(rig: &Rig) -> Outcome {
    rig.source.hold(true);
    let provider = rig.provider();
    let mut waiting = Box::pin(provider.token());
    ensure!(now(&mut waiting).await.is_none(), "a token out of nothing");
    rig.clock.advance(seconds(20));
    rig.source.hold(false);
    let Some(Ok(first)) = now(waiting).await else { return Err("no token after 20 s".to_owned()) };
    // 605 s after the request, 585 s after the response.
    rig.clock.advance(seconds(585));
    rig.source.always(Answer::Fail(AuthErrorKind::Unavailable));
    let served = matches!(call(rig).await, Some(Ok(token)) if token.expose_token() == first.expose_token());
    ensure!(!served, "an expired token was served");
    Ok(())
}

async fn a_panic_wedges_nothing(rig: &Rig) -> Outcome {
    rig.source.then(Answer::Panic);
    rig.source.hold(true);
    let provider = rig.provider();
    let calls = join_all((0..10).map(|_| AssertUnwindSafe(provider.token()).catch_unwind()));
    let mut calls = Box::pin(calls);
    ensure!(now(&mut calls).await.is_none(), "a token out of nothing");
    rig.source.hold(false);
    let Some(results) = now(calls).await else { return Err("the callers never get a result".to_owned()) };
    ensure!(results.iter().all(Result::is_ok), "the panic reached a caller");
    rig.clock.advance(RECOVERY);
    token(rig).await.map(drop)
}

async fn a_hung_fetch_ends(rig: &Rig) -> Outcome {
    rig.source.hold(true);
    let provider = rig.provider();
    let mut waiting = Box::pin(provider.token());
    ensure!(now(&mut waiting).await.is_none(), "a token out of nothing");
    for _ in 0..60 {
        rig.clock.advance(seconds(1));
        if now(&mut waiting).await.is_some() {
            rig.source.hold(false);
            rig.clock.advance(RECOVERY);
            return token(rig).await.map(drop);
        }
    }
    Err("a caller still waits after a minute".to_owned())
}

async fn nothing_happens_while_idle(rig: &Rig) -> Outcome {
    token(rig).await?;
    for _ in 0..24 {
        rig.clock.advance(seconds(3_600));
        settle().await;
    }
    ensure!(rig.source.requests() == 1, "{} requests in an idle day", rig.source.requests());
    Ok(())
}

async fn a_refusal_is_remembered(rig: &Rig) -> Outcome {
    rig.source.always(Answer::Fail(AuthErrorKind::CredentialsRejected));
    for _ in 0..180 {
        ensure!(is_error(&call(rig).await), "no error");
        rig.clock.advance(Duration::from_millis(5));
    }
    ensure!(rig.source.requests() == 1, "{} requests within a second", rig.source.requests());
    Ok(())
}

async fn a_refusal_is_not_remembered_for_ever(rig: &Rig) -> Outcome {
    rig.source.always(Answer::Fail(AuthErrorKind::CredentialsRejected));
    for _ in 0..20 {
        let _ = call(rig).await;
        rig.clock.advance(seconds(60));
    }
    let _ = call(rig).await;
    rig.source.always(Answer::New(seconds(600)));
    rig.clock.advance(seconds(60));
    token(rig).await.map(drop)
}

async fn tokens_that_are_nearly_over_are_no_loop(rig: &Rig) -> Outcome {
    rig.source.always(Answer::Token("nearly-over".to_owned(), seconds(1)));
    for _ in 0..600 {
        let _ = call(rig).await;
        rig.clock.advance(Duration::from_millis(100));
    }
    ensure!(rig.source.requests() <= 8, "{} requests in a minute", rig.source.requests());
    Ok(())
}

async fn patience_is_granted(rig: &Rig) -> Outcome {
    rig.source.then(Answer::Throttle(seconds(100)));
    let _ = call(rig).await;
    for _ in 0..99 {
        ensure!(is_error(&call(rig).await), "no error");
        rig.clock.advance(seconds(1));
    }
    ensure!(rig.source.requests() == 1, "{} requests in the 100 s to wait", rig.source.requests());
    rig.clock.advance(seconds(20));
    token(rig).await.map(drop)
}

async fn an_endless_lifetime_is_no_panic(rig: &Rig) -> Outcome {
    rig.source.always(Answer::New(Duration::MAX));
    token(rig).await?;
    rig.clock.advance(seconds(1 << 33));
    token(rig).await.map(drop)
}

/// [`TokenProvider::ready`] keeps the same promises.
async fn a_token_at_hand_is_a_valid_one(rig: &Rig) -> Outcome {
    let provider: Arc<dyn TokenProvider> = rig.provider();
    ensure!(provider.ready().is_none(), "a token out of nothing");
    let first = token(rig).await?;
    rig.source.hold(true);
    let same = |ready: Option<AccessToken>| ready.is_none_or(|r| r.expose_token() == first.expose_token());
    ensure!(same(provider.ready()), "another token than the one that is served");
    for (monotonic, wall) in [(601, 0), (0, 7_200)] {
        rig.clock.advance(seconds(monotonic));
        rig.advance_wall(wall);
        ensure!(provider.ready().is_none(), "an expired token is ready");
    }
    rig.source.hold(false);
    let _ = call(rig).await;
    let second = token(rig).await?;
    provider.invalidate(&second);
    ensure!(provider.ready().is_none(), "a rejected token is ready");
    Ok(())
}

async fn no_token_shows(rig: &Rig) -> Outcome {
    let secret = "canary-not-a-real-token";
    rig.source.always(Answer::Token(secret.to_owned(), seconds(600)));
    let token = token(rig).await?;
    let shown = format!("{token:?} {:?} {:#?}", rig.provider(), rig.provider());
    ensure!(!shown.contains(secret), "the token shows in Debug");
    ensure!(token.header_value().is_sensitive(), "the header value is not marked sensitive");
    Ok(())
}
