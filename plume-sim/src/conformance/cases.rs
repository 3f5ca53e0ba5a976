//! The cases.

use std::{collections::BTreeSet, time::Duration};

use http::Method;

use crate::conformance::stage::{Bench, Checked, NODES, Stop, check, failed, is_one_of};
use crate::conformance::subject::{Failure, SeenNode};
use crate::faults::{Change, Effect, FaultPlan, FaultRule, Mutation, ResetStage, RetryAfter};
use crate::http::Area;
use crate::world::{Home, ListShape};

/// Defines the cases: each with its name and its function.
macro_rules! cases {
    ($($name:literal => $case:ident,)*) => {
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        pub(crate) async fn run_one(bench: &Bench<'_>, name: &str) -> Checked {
            match name {
                $($name => $case(bench).await,)*
                _ => Err(Stop::Skip("no case has this name")),
            }
        }
    };
}

cases! {
    "one token serves many calls" => one_token,
    "a token is renewed before it expires" => renewal,
    "a token without a lifetime is not used for long" => unsaid_life,
    "a 401 leads to one new token and one retry" => one_replay,
    "a 401 for an unknown customer is not retried forever" => unknown_customer,
    "a 403 of the API is final" => forbidden,
    "a safe call is retried after a failure" => safe_retry,
    "retries are bounded" => tries_end,
    "Retry-After is respected" => retry_after,
    "a change that may have happened is not repeated" => no_second_change,
    "a block pauses all calls and keeps the token" => block,
    "the call limit is respected" => call_limit,
    "every page is read" => every_page,
    "every envelope is parsed" => every_envelope,
    "an unknown word is not an error" => unknown_word,
    "unexpected members do not lose the list" => odd_members,
    "an unreadable list is not an empty list" => no_list,
    "a hanging call ends" => silence,
    "an endless body is refused" => endless_body,
    "a redirect is not followed" => redirection,
    "valid tokens are used during an outage of the authorization server" => outage,
    "providers stay separate" => tenants,
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn one_token(bench: &Bench<'_>) -> Checked {
    let stage = bench.stage(|builder| builder).await?;
    for home in Home::ALL.iter().cycle().take(18) {
        stage.nodes_of(*home).await.map_err(|failure| Stop::Fail(format!("{home}: {failure:?}")))?;
    }
    let asked = stage.token_requests();
    check(asked == 1, || format!("{asked} token requests for 18 calls"))?;
    stage.clean(&[])
}

async fn renewal(bench: &Bench<'_>) -> Checked {
    bench.needs_clock()?;
    let stage = bench.stage(|builder| builder).await?;
    // Every second around every expiry.
    for life in 1..=3_u64 {
        for offset in [0, 300, 580, 590, 598, 599, 600] {
            let until = seconds((life - 1) * 600 + offset);
            stage.pass(until.saturating_sub(stage.now()));
            stage.nodes_ok("a call around the end of a token").await?;
        }
    }
    let asked = stage.token_requests();
    check((3..=5).contains(&asked), || format!("{asked} token requests in 30 min, token lifetime 10 min"))?;
    stage.clean(&[])
}

async fn unsaid_life(bench: &Bench<'_>) -> Checked {
    bench.needs_clock()?;
    let rule = FaultRule::new(Effect::ExpiresIn(None)).area(Area::Oauth);
    let stage = bench.stage(|builder| builder.faults(FaultPlan::new(7).rule(rule))).await?;
    for _ in 0..4 {
        stage.nodes_ok("a call with a token without a lifetime").await?;
        stage.pass(seconds(400));
    }
    stage.clean(&[])
}

async fn one_replay(bench: &Bench<'_>) -> Checked {
    // The token was accepted before: a 401 to the first call of a new token would mean the customer.
    let stage = bench.stage(|builder| builder).await?;
    stage.nodes_ok("a call").await?;
    let rule = FaultRule::new(Effect::Unauthorized).route(NODES).to_request(1);
    stage.simulator.set_faults(FaultPlan::new(7).rule(rule));
    stage.nodes_ok("a call whose token was invalidated").await?;
    let (calls, asked) = (stage.calls_to(NODES), stage.token_requests());
    // The call, its retry, and at most one more to verify the token.
    check(calls <= 4 && asked == 2, || {
        format!("{calls} calls and {asked} token requests, expected at most 4 and 2")
    })?;
    stage.clean(&[])
}

async fn unknown_customer(bench: &Bench<'_>) -> Checked {
    let stage = bench.stage(|builder| builder).await?;
    let result = stage.subject.nodes("5ca1ab1e0000000c00ffffff", Home::Healthy.location_id()).await;
    let failure = failed("401", result)?;
    is_one_of("the failure for an unknown customer", &failure, &[Failure::Unauthorized, Failure::NotFound])?;
    let (calls, asked) = (stage.calls_to(NODES), stage.token_requests());
    check(calls <= 2 && asked <= 2, || {
        format!("{calls} calls and {asked} token requests, at most 2 of each")
    })?;
    stage.clean(&[])
}

async fn forbidden(bench: &Bench<'_>) -> Checked {
    let stage = bench.with_fault(Effect::Forbidden, u64::MAX).await?;
    is_one_of("403 with the API's envelope", &failed("403", stage.nodes().await)?, &[Failure::Forbidden])?;
    let (calls, asked) = (stage.calls_to(NODES), stage.token_requests());
    check((calls, asked) == (1, 1), || {
        format!("{calls} calls and {asked} token requests, expected 1 and 1")
    })?;
    // The 403 does not concern other calls.
    stage.simulator.set_faults(FaultPlan::default());
    stage.nodes_ok("a call after a 403").await?;
    stage.clean(&[])
}

async fn safe_retry(bench: &Bench<'_>) -> Checked {
    for effect in [
        Effect::status(503),
        Effect::status(502),
        Effect::Reset { at: ResetStage::Request },
        Effect::Reset { at: ResetStage::Body },
    ] {
        let what = format!("a call after one {effect}");
        let stage = bench.with_fault(effect, 1).await?;
        stage.nodes_ok(&what).await?;
        stage.clean(&[])?;
    }
    Ok(())
}

async fn tries_end(bench: &Bench<'_>) -> Checked {
    let stage = bench.with_fault(Effect::status(503), u64::MAX).await?;
    is_one_of("503 without end", &failed("503", stage.nodes().await)?, &[Failure::Server])?;
    let calls = stage.calls_to(NODES);
    check((2..=4).contains(&calls), || format!("{calls} attempts of one call, expected 2 to 4"))?;
    stage.clean(&[])
}

async fn retry_after(bench: &Bench<'_>) -> Checked {
    bench.needs_clock()?;
    for form in [RetryAfter::Seconds(7), RetryAfter::DateIn(7)] {
        let what = format!("{form:?}");
        let stage = bench.with_fault(Effect::status(429).retry_after(form), 1).await?;
        match stage.nodes().await {
            Ok(_) => {
                let waited = stage.now();
                check(waited >= seconds(6), || format!("{what}: waited only {waited:?}"))?;
            }
            // A client that does not wait has to report it.
            Err(failure) => is_one_of(&what, &failure, &[Failure::RateLimited])?,
        }
        stage.clean(&[])?;
    }
    Ok(())
}

async fn no_second_change(bench: &Bench<'_>) -> Checked {
    for effect in [
        Effect::Reset { at: ResetStage::Request },
        Effect::Reset { at: ResetStage::Body },
        Effect::status(503),
    ] {
        let what = effect.to_string();
        let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let plan = writes.into_iter().fold(FaultPlan::new(7), |plan, method| {
            plan.rule(FaultRule::new(effect.clone()).method(method).area(Area::Api))
        });
        let stage = bench.stage(|builder| builder.faults(plan)).await?;
        let nodes = stage.nodes_of(Home::Healthy).await.unwrap_or_default();
        let node = nodes.first().map(|node| node.id.clone()).unwrap_or_default();
        let home = Home::Healthy;
        let result = stage.subject.change(home.customer_id(), home.location_id(), &node).await;
        let Some(result) = result else {
            return Err(Stop::Skip("the client has no non-idempotent call"));
        };
        failed(&what, result)?;
        let requests = stage.simulator.requests();
        let sent = requests
            .iter()
            .filter(|request| request.method != Method::GET && request.path.starts_with("/api/"))
            .count();
        check(sent == 1, || format!("{what}: a change was sent {sent} times"))?;
        stage.clean(&[])?;
    }
    Ok(())
}

async fn block(bench: &Bench<'_>) -> Checked {
    bench.needs_clock()?;
    let stage = bench.with_fault(Effect::FirewallBlock { lasts: seconds(300) }, 1).await?;
    let accepted = [Failure::Blocked, Failure::RateLimited];
    is_one_of("the firewall's 403", &failed("a block", stage.nodes().await)?, &accepted)?;
    let asked = stage.token_requests();
    for _ in 0..20 {
        stage.pass(seconds(10));
        failed("a block", stage.nodes_of(Home::Healthy).await)?;
    }
    let during = stage.calls_to(NODES) - 1;
    check(during <= 1, || format!("{during} calls while the address was blocked, at most one probe"))?;
    check(asked == 1 && stage.token_requests() == asked, || {
        "more than one token request around a block".to_owned()
    })?;
    stage.pass(seconds(400));
    stage.nodes_ok("a call after the block").await?;
    stage.clean(&[])
}

async fn call_limit(bench: &Bench<'_>) -> Checked {
    bench.needs_clock()?;
    let stage = bench.stage(|builder| builder.firewall().homes([Home::Empty])).await?;
    for number in 0..2_500 {
        stage
            .nodes_of(Home::Empty)
            .await
            .map_err(|failure| Stop::Fail(format!("call {number} failed with {failure:?}")))?;
    }
    stage.clean(&[])
}

async fn every_page(bench: &Bench<'_>) -> Checked {
    for customers in [0, 92, 492, 1_234] {
        let stage = bench.stage(|builder| builder.customers(customers)).await?;
        let seen = stage.subject.customers().await;
        let seen = seen.map_err(|failure| Stop::Fail(format!("{customers} customers: {failure:?}")))?;
        let different: BTreeSet<&String> = seen.iter().collect();
        let expected = usize::try_from(customers).unwrap_or(usize::MAX) + Home::ALL.len();
        check(seen.len() == different.len(), || "a customer is listed twice".to_owned())?;
        check(seen.len() == expected, || format!("read {} of {expected} customers", seen.len()))?;
        stage.clean(&[])?;
    }
    Ok(())
}

async fn every_envelope(bench: &Bench<'_>) -> Checked {
    let mut first: Option<Vec<SeenNode>> = None;
    for shape in [ListShape::Wrapped, ListShape::Bare, ListShape::DoubleWrapped] {
        let stage = bench.stage(|builder| builder.list_shape(shape)).await?;
        let nodes = stage.nodes_ok(&format!("{shape:?}")).await?;
        check(nodes.len() == 3, || format!("{shape:?}: {} of 3 nodes", nodes.len()))?;
        let reference = first.get_or_insert_with(|| nodes.clone());
        check(*reference == nodes, || format!("{shape:?}: {nodes:?}, expected {reference:?}"))?;
    }
    Ok(())
}

async fn unknown_word(bench: &Bench<'_>) -> Checked {
    let mutation = Mutation::new(Change::UnknownWords).share(1.0).keys(["connectionState", "health", "mode"]);
    let stage = bench.with_fault(Effect::Mutate(mutation), u64::MAX).await?;
    let nodes = stage.nodes_ok("a list with new words").await?;
    check(nodes.len() == 3, || format!("{} of 3 nodes", nodes.len()))?;
    let known = nodes.iter().find(|node| node.state.as_deref().is_some_and(|word| word != "notYetKnownWord"));
    check(known.is_none(), || format!("an unknown word was parsed as {known:?}"))
}

async fn odd_members(bench: &Bench<'_>) -> Checked {
    let before = bench.stage(|builder| builder).await?.nodes_ok("the list as it is").await?;
    for (change, keys) in [
        (Change::ExtraFields, &[][..]),
        (Change::NumbersAsText, &[]),
        (Change::Nulls, &["nickname", "health", "firmwareVersion", "backhaulType"]),
        (Change::Missing, &["nickname", "health", "firmwareVersion", "backhaulType"]),
    ] {
        let mutation = Mutation::new(change).share(1.0).keys(keys.iter().copied());
        let stage = bench.with_fault(Effect::Mutate(mutation), u64::MAX).await?;
        let nodes = stage.nodes_ok(&format!("{change:?}")).await?;
        check(nodes == before, || format!("{change:?}: {nodes:?}, expected {before:?}"))?;
    }
    Ok(())
}

async fn no_list(bench: &Bench<'_>) -> Checked {
    for effect in [
        Effect::HtmlBody,
        Effect::EmptyBody,
        Effect::TruncatedBody,
        Effect::NestedBody { levels: 100_000 },
        Effect::Mutate(Mutation::new(Change::Renamed)),
    ] {
        let what = effect.to_string();
        let stage = bench.with_fault(effect, u64::MAX).await?;
        failed(&what, stage.nodes().await)?;
        let calls = stage.calls_to(NODES);
        check(calls <= 4, || format!("{what}: {calls} calls"))?;
        stage.clean(&[])?;
    }
    Ok(())
}

async fn silence(bench: &Bench<'_>) -> Checked {
    bench.needs_clock()?;
    for effect in [Effect::Hang, Effect::SlowBody { bytes_per_second: 1 }] {
        let what = effect.to_string();
        let stage = bench.with_fault(effect, u64::MAX).await?;
        failed(&what, stage.nodes().await)?;
        let waited = stage.now();
        check(waited <= seconds(300), || format!("{what}: gave up after {waited:?}"))?;
        stage.clean(&[])?;
    }
    Ok(())
}

async fn endless_body(bench: &Bench<'_>) -> Checked {
    // In process no body of this size is created; on the wire the client has to disconnect.
    let stage = bench.with_fault(Effect::HugeBody { bytes: 1 << 36 }, u64::MAX).await?;
    failed("64 GiB", stage.nodes().await)?;
    stage.clean(&[])
}

async fn redirection(bench: &Bench<'_>) -> Checked {
    let elsewhere = format!("/api/Customers/{}", Home::Healthy.customer_id());
    let stage = bench.with_fault(Effect::Redirect { status: 307, location: elsewhere }, u64::MAX).await?;
    failed("a redirect", stage.nodes().await)?;
    let followed = stage.calls_to("/api/Customers/{id}");
    check(followed == 0, || "the token was sent to the target of the redirect".to_owned())?;
    stage.clean(&[])
}

async fn outage(bench: &Bench<'_>) -> Checked {
    bench.needs_clock()?;
    let down = Effect::status(503);
    let rule = FaultRule::new(down).area(Area::Oauth).between(seconds(60), seconds(1_800));
    let stage = bench.stage(|builder| builder.faults(FaultPlan::new(7).rule(rule))).await?;
    stage.nodes_ok("a call before the outage").await?;
    // The token is valid for 600 s, also while its issuer is down.
    for at in [100, 250, 400, 550, 575, 590, 595] {
        stage.pass(seconds(at).saturating_sub(stage.now()));
        stage.nodes_ok("a call during the outage with a valid token").await?;
    }
    while stage.now() < seconds(1_800) {
        stage.pass(seconds(20));
        if stage.now() > seconds(610) && stage.now() < seconds(1_790) {
            failed("an outage", stage.nodes().await)?;
        }
    }
    stage.pass(seconds(60));
    stage.nodes_ok("a call a minute after the outage").await?;
    stage.clean(&[])
}

async fn tenants(bench: &Bench<'_>) -> Checked {
    const OTHER: &str = "Other Example ISP";
    let stage = bench.stage(|builder| builder.customers(3).tenant(OTHER, 2)).await?;
    let other = bench.of_tenant(&stage, OTHER)?;
    let ask = |failure| Stop::Fail(format!("{failure:?}"));
    for _ in 0..3 {
        let mine = stage.subject.customers().await.map_err(ask)?;
        let theirs = other.customers().await.map_err(ask)?;
        check((mine.len(), theirs.len()) == (11, 2), || format!("{mine:?} and {theirs:?}"))?;
        check(theirs.iter().all(|id| !mine.contains(id)), || "a customer of another provider".to_owned())?;
    }
    stage.clean(&[])
}
