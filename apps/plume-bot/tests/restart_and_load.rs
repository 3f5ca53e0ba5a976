//! Being killed, being given nonsense, and being used by many at once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use common::{ANNA, BEN, Directory, OTHER_KEY, Options, Stage};
use plume::runtime::{Clock, InProcess, Transport, TransportError, TransportErrorKind};
use plume_sim::{Home, Simulator};
use plume_telegram::{
    Busy, Log, Poller,
    stand_in::{TOKEN, api_over},
};
use serde_json::json;

/// The simulator, whose responses about `home` wait until they are released.
fn slow_for(home: Home, sim: &Simulator) -> (Arc<dyn Transport>, tokio::sync::watch::Sender<bool>) {
    let (release, held) = tokio::sync::watch::channel(false);
    let sim = sim.clone();
    let transport = Arc::new(InProcess::new(move |request: http::Request<bytes::Bytes>| {
        let (mut held, sim) = (held.clone(), sim.clone());
        async move {
            if request.uri().path().contains(home.customer_id()) {
                let _ = held.wait_for(|released| *released).await;
            }
            Ok(sim.handle(request))
        }
    }));
    (transport, release)
}

fn health(home: Home) -> String {
    format!("/health {} {}", home.customer_id(), home.location_id())
}

#[tokio::test]
async fn update_redelivered_after_a_kill_has_no_second_effect() {
    let directory = Directory::new();
    let state = || Some(directory.path().to_owned());
    let stage = Stage::with(Options { state: state(), ..Options::default() }).await;
    let from = json!({ "id": ANNA, "first_name": "Anna" });
    let chat = json!({ "id": ANNA, "type": "private" });
    let message = json!({ "message_id": 900, "from": from, "chat": chat, "text": "/help" });
    stage.say(ANNA, "/start").await;
    let id = stage.standin.push(json!({ "message": message }));
    stage.settle().await;
    let said = stage.said(ANNA);
    assert_eq!(said, 2);
    // Killed before the next poll: Telegram holds the update for unconfirmed and sends it again.
    let again = json!({ "update_id": id, "message": message });
    let (standin, clock) = stage.kill().await;
    standin.push(again);
    let stage =
        Stage::with(Options { state: state(), standin: Some(standin), clock, ..Options::default() }).await;
    stage.settle().await;
    assert_eq!(stage.said(ANNA), said, "at most once");
    assert!(stage.logged().contains("a repeated update was skipped"), "{}", stage.logged());
    stage.say(ANNA, "/start").await;
    assert_eq!(stage.said(ANNA), said + 1, "the next one is answered");
    // Also within one life.
    let id = stage.standin.push(json!({ "message": message }));
    stage.standin.push(json!({ "update_id": id, "message": message }));
    stage.settle().await;
    assert_eq!(stage.said(ANNA), said + 2);
}

#[tokio::test]
async fn an_update_is_not_confirmed_before_it_is_taken_up() {
    let clock = plume::runtime::ManualClock::new(chrono::DateTime::UNIX_EPOCH + common::START);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let standin = plume_telegram::stand_in::StandIn::new(Arc::clone(&shared));
    let poller = Poller::new(standin.api(), shared, Log::new(|_| ()));
    let held = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&held);
    tokio::spawn(async move {
        let deliver = move |_, guard| kept.lock().unwrap().push(guard);
        poller.run(deliver, &Busy::default(), || (), std::future::pending()).await
    });
    let turn = || async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    standin.say(ANNA, ANNA, "one");
    turn().await;
    assert_eq!((held.lock().unwrap().len(), standin.polls()), (1, 1), "a kill now would bring it again");
    held.lock().unwrap().clear();
    turn().await;
    assert_eq!(standin.polls(), 2);
    // One that hangs does not stop the others.
    standin.say(ANNA, ANNA, "two");
    turn().await;
    assert_eq!(standin.polls(), 2);
    clock.advance(Duration::from_secs(2));
    turn().await;
    assert_eq!(standin.polls(), 3);
}

#[tokio::test]
async fn handled_updates_are_confirmed_at_shutdown() {
    let clock = plume::runtime::ManualClock::new(chrono::DateTime::UNIX_EPOCH + common::START);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let standin = plume_telegram::stand_in::StandIn::new(Arc::clone(&shared));
    let poller = Poller::new(standin.api(), shared, Log::new(|_| ()));
    let held = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&held);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let deliver = move |_, guard| kept.lock().unwrap().push(guard);
        let stopped = async { drop(stopped.await) };
        poller.run(deliver, &Busy::default(), || (), stopped).await
    });
    let turn = || async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    standin.say(ANNA, ANNA, "one");
    turn().await;
    stop.send(()).unwrap();
    turn().await;
    assert_eq!((standin.polls(), task.is_finished()), (1, false), "it is being handled");
    held.lock().unwrap().clear();
    turn().await;
    assert_eq!((standin.polls(), task.is_finished()), (2, true));
    let left = standin.api().updates(None, Duration::ZERO).await.unwrap();
    assert_eq!(left, Vec::<serde_json::Value>::new(), "nothing comes again");
}

#[tokio::test]
async fn wrong_key_is_reported_and_changes_no_file() {
    let directory = Directory::new();
    let state = || Some(directory.path().to_owned());
    let choose = format!("/locations {}", Home::PoorQoe.customer_id());
    let stage = Stage::with(Options { state: state(), ..Options::default() }).await;
    stage.say(ANNA, &choose).await;
    stage.press(ANNA, "Home").await;
    let (standin, clock) = stage.kill().await;

    let (keys, standin) = (common::keys(OTHER_KEY), Some(standin));
    let stage = Stage::with(Options { state: state(), keys, standin, clock, ..Options::default() }).await;
    stage.say(ANNA, "/start").await;
    let all: String = stage.standin.messages(ANNA).into_iter().map(|message| message.text).collect();
    assert!(all.contains("could not read your saved data"), "{all}");
    stage.say(ANNA, "/settings").await;
    stage.press(ANNA, "5 rows").await;
    let all: String = stage.standin.messages(ANNA).into_iter().map(|message| message.text).collect();
    assert!(all.contains("could not save this"), "{all}");
    assert!(stage.logged().contains("failed to load a user"));
    let (standin, clock) = stage.kill().await;

    let standin = Some(standin);
    let stage = Stage::with(Options { state: state(), standin, clock, ..Options::default() }).await;
    assert!(stage.say(ANNA, "/health").await.text.contains("QoE"), "the place is still there");
}

#[tokio::test]
async fn invalid_updates_are_skipped() {
    let stage = Stage::new().await;
    for update in [
        json!({ "message": null }),
        json!({ "message": { "message_id": "x", "from": [], "chat": 3 } }),
        json!({ "callback_query": { "id": 5 } }),
        json!({ "brand_new_kind": { "from": { "id": ANNA } } }),
        json!({ "message": { "message_id": 1, "from": { "id": ANNA }, "chat": { "id": ANNA, "type": "private" }, "text": "x".repeat(10 << 20) } }),
        json!({ "update_id": "seven" }),
        json!({ "update_id": -5, "message": {} }),
    ] {
        stage.standin.push(update);
    }
    // And complete but invalid responses.
    stage.standin.refuse_next("getUpdates", 500, "Internal Server Error", None);
    stage.standin.refuse_next("getUpdates", 502, "Bad Gateway", None);
    stage.pass(Duration::from_secs(30)).await;
    assert!(stage.say(ANNA, "/help").await.text.contains("Commands"));
    assert!(stage.logged().contains("an update was skipped"));
}

#[tokio::test]
async fn slow_home_delays_no_other_user_and_is_cancellable() {
    let sim = Simulator::builder().seed(7).build();
    let (transport, release) = slow_for(Home::PoorQoe, &sim);
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    stage.standin.say(ANNA, ANNA, &health(Home::PoorQoe));
    stage.breathe().await;
    let asked = stage.clock.monotonic();
    stage.standin.say(BEN, BEN, &health(Home::Healthy));
    stage.breathe().await;
    assert!(stage.last(BEN).text.contains("OPERATIONAL"));
    assert_eq!(stage.clock.monotonic(), asked, "not even a moment later");
    // Anna herself is not stuck either.
    stage.standin.say(ANNA, ANNA, "/help");
    stage.breathe().await;
    assert!(stage.last(ANNA).text.contains("Commands"));
    // But questions of one user do not pile up.
    for _ in 0..5 {
        stage.standin.say(ANNA, ANNA, &health(Home::PoorQoe));
        stage.pass(Duration::from_secs(2)).await;
    }
    assert!(stage.last(ANNA).text.contains("still working"));
    release.send(true).unwrap();
    stage.settle().await;
    let reports = stage.standin.messages(ANNA).into_iter().filter(|message| message.text.contains("Video"));
    assert_eq!(reports.count(), 3);
}

#[tokio::test]
async fn of_two_presses_the_later_one_is_shown() {
    let sim = Simulator::builder().seed(7).build();
    let (release, held) = tokio::sync::watch::channel(true);
    let inner = sim.clone();
    let transport = Arc::new(InProcess::new(move |request: http::Request<bytes::Bytes>| {
        let (mut held, sim) = (held.clone(), inner.clone());
        async move {
            if request.uri().path().ends_with("/devices") {
                let _ = held.wait_for(|released| *released).await;
            }
            Ok(sim.handle(request))
        }
    }));
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    stage.say(ANNA, &health(Home::Healthy)).await;
    release.send(false).unwrap();
    stage.press_in(ANNA, ANNA, "Devices");
    stage.press_in(ANNA, ANNA, "WiFi");
    stage.pass(Duration::from_secs(3)).await;
    assert!(stage.last(ANNA).text.contains("WiFi Networks"));
    release.send(true).unwrap();
    stage.settle().await;
    assert!(stage.last(ANNA).text.contains("WiFi Networks"), "the slow answer does not come over it");
}

#[tokio::test]
async fn a_tenant_that_never_answers_is_given_up_with_a_word() {
    let sim = Simulator::builder().seed(7).build();
    let (transport, _never) = slow_for(Home::PoorQoe, &sim);
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    let home = Home::PoorQoe;
    let nodes = stage.say(ANNA, &format!("/nodes {} {}", home.customer_id(), home.location_id())).await;
    assert!(nodes.text.contains("cannot be reached"), "{nodes:?}");
    assert!(!nodes.buttons.is_empty(), "and the way on is there");
}

/// How long a crowd takes, by the clock, if one home is slow or none is.
async fn crowd(slow: bool) -> Duration {
    const USERS: i64 = 1_000;
    let sim = Simulator::builder().seed(7).build();
    let (transport, release) = slow_for(Home::PoorQoe, &sim);
    if !slow {
        release.send(true).unwrap();
    }
    let allowed: Vec<i64> = (1..=USERS).collect();
    let options = Options { allowed, operator_transport: Some(transport), ..Options::default() };
    let stage = Stage::with(options).await;
    let begun = stage.clock.monotonic();
    for user in 1..=USERS {
        let home = if user % 100 == 0 { Home::PoorQoe } else { Home::Healthy };
        // One call each, because the test measures waits between users.
        stage.standin.say(user, user, &format!("/nodes {} {}", home.customer_id(), home.location_id()));
    }
    let served = || {
        let sent = stage.standin.calls().into_iter().filter(|call| call.ok && call.method == "sendMessage");
        let chats = sent.filter_map(|call| call.chat).filter(|user| user % 100 != 0);
        chats.collect::<std::collections::HashSet<_>>().len()
    };
    let mut steps = 0;
    while served() < 990 {
        stage.clock.advance(Duration::from_millis(500));
        for _ in 0..60 {
            tokio::task::yield_now().await;
        }
        steps += 1;
        assert!(steps < 1_000, "the others are waiting: {} served", served());
    }
    stage.clock.monotonic() - begun
}

#[tokio::test]
async fn a_thousand_users_do_not_notice_the_slow_ones() {
    let (without, with) = (crowd(false).await, crowd(true).await);
    assert!(with <= without.mul_f64(1.1), "{with:?} instead of {without:?}");
}

#[tokio::test]
async fn the_bot_token_is_in_no_error_and_no_log() {
    let telling = Arc::new(InProcess::new(|request: http::Request<bytes::Bytes>| {
        let text = format!("could not reach {}", request.uri());
        std::future::ready(Err(TransportError::new(TransportErrorKind::Interrupted, text)))
    }));
    let api = api_over(telling);
    let error = api.updates(None, Duration::ZERO).await.unwrap_err();
    assert!(!error.to_string().contains(TOKEN) && error.to_string().contains("[bot token]"), "{error}");
    assert!(!format!("{error:?} {api:?}").contains(TOKEN));
    // The real transport, without a listener.
    let real = Arc::new(plume::runtime::HttpTransport::default());
    let api = api_over(real);
    let error = api.updates(None, Duration::ZERO).await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("not-a-real"), "{error:?}");

    let stage = Stage::new().await;
    stage.say(ANNA, "/help").await;
    stage.standin.unreachable(true);
    stage.pass(Duration::from_secs(60)).await;
    stage.standin.unreachable(false);
    stage.say(ANNA, "/help").await;
    assert!(stage.logged().contains("the call to Telegram failed") && !stage.logged().contains(TOKEN));
}

#[tokio::test]
async fn an_unknown_failure_is_a_code_for_the_user_and_a_story_for_the_log() {
    let html = common::answering(|request| {
        let is_token = request.uri().path().ends_with("/token");
        let body = if is_token {
            "{\"access_token\":\"not.a.token\",\"token_type\":\"Bearer\",\"expires_in\":600}"
        } else {
            "<html>proxy at proxy.internal.example.net failed</html>"
        };
        Ok(http::Response::new(bytes::Bytes::from(body)))
    });
    let stage = Stage::with(Options { operator_transport: Some(html), ..Options::default() }).await;
    let answer = stage.say(ANNA, "/nodes c l").await;
    let code = answer.text.split("(code ").nth(1).and_then(|rest| rest.split(')').next()).unwrap().to_owned();
    assert!(!answer.text.contains("html"), "{answer:?}");
    assert!(stage.logged().contains(&code), "{}", stage.logged());
}

#[tokio::test]
async fn expired_token_is_renewed_and_revoked_account_is_reported() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    stage.sign_in(ANNA).await;
    assert!(stage.health(ANNA, Home::Healthy).await.text.contains("OPERATIONAL"));
    stage.clock.advance(Duration::from_secs(3_600));
    assert!(stage.health(ANNA, Home::Healthy).await.text.contains("OPERATIONAL"), "a new token, unasked");
    // The SSO does not know the client any more.
    let refusing = common::answering(|_| {
        let mut response = http::Response::new(bytes::Bytes::from("{\"error\":\"invalid_client\"}"));
        *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        Ok(response)
    });
    let options = Options { operator_transport: Some(Arc::clone(&refusing)), ..Options::default() };
    let stage = Stage::with(options).await;
    let shown = stage.say(ANNA, "/find x").await;
    assert!(shown.text.contains("the account of this bot's operator"), "{shown:?}");
    assert!(!shown.text.contains("/auth"), "the user cannot correct it: {shown:?}");
    // The same of an account of one's own.
    let sim = Simulator::builder().seed(7).build();
    let broken = Arc::new(AtomicBool::new(false));
    let is_broken = Arc::clone(&broken);
    let plume = Arc::new(InProcess::new(move |request: http::Request<bytes::Bytes>| {
        let (refusing, sim) = (Arc::clone(&refusing), sim.clone());
        let broken = is_broken.load(Ordering::Relaxed);
        async move {
            if broken {
                return refusing.send(request, &plume::runtime::Limits::default()).await;
            }
            Ok(sim.handle(request))
        }
    }));
    let stage = Stage::with(Options { operator: false, plume: Some(plume), ..Options::default() }).await;
    assert!(stage.sign_in(ANNA).await.text.contains("Successful"));
    broken.store(true, Ordering::Relaxed);
    stage.clock.advance(Duration::from_secs(100_000));
    let shown = stage.say(ANNA, "/find x").await;
    assert!(shown.text.contains("Auth failed") && shown.text.contains("/auth"), "{shown:?}");
}

#[tokio::test]
async fn advice_is_given_only_where_it_is_true() {
    use TransportErrorKind::{Connect, Timeout, Tls};
    let token = |status: u16, body: &'static str| {
        common::answering(move |_| {
            let mut response = http::Response::new(bytes::Bytes::from(body));
            *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
            Ok(response)
        })
    };
    let broken =
        |kind: TransportErrorKind| common::answering(move |_| Err(TransportError::new(kind, "canary")));
    for (name, transport, says) in [
        ("an empty 403", token(403, ""), "sign-in service refuses this account without a reason"),
        ("busy", token(429, "{\"error\":\"slow_down\"}"), "sign-in service takes no requests at the moment"),
        ("down", token(503, ""), "sign-in service takes no requests at the moment"),
        ("certificate", broken(Tls), "a retry does not help"),
        ("no network", broken(Connect), "cannot be reached"),
        ("silence", broken(Timeout), "cannot be reached"),
    ] {
        let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
        let shown = stage.say(ANNA, "/nodes c l").await.text;
        assert!(shown.contains(says), "{name}: {shown}");
        assert!(
            !shown.contains("/auth") && !shown.contains("5 min") && !shown.contains("call limit"),
            "{name}: {shown}"
        );
        assert!(!shown.contains("canary"), "{name}: {shown}");
        assert!(!stage.logged().is_empty(), "{name}");
    }
    // The API refuses every token, and says so: that is no word about the ids.
    let refusing = common::answering(|request| {
        let is_token = request.uri().path().ends_with("/token");
        let body = r#"{"access_token":"not.a.token","token_type":"Bearer","expires_in":600}"#;
        let mut response = http::Response::new(bytes::Bytes::from(if is_token { body } else { "" }));
        if !is_token {
            *response.status_mut() = http::StatusCode::UNAUTHORIZED;
            let challenge = http::HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert(http::header::WWW_AUTHENTICATE, challenge);
        }
        Ok(response)
    });
    let stage = Stage::with(Options { operator_transport: Some(refusing), ..Options::default() }).await;
    let shown = stage.say(ANNA, "/nodes c l").await.text;
    assert!(shown.contains("refuses the account of this bot's operator"), "{shown}");
    // The API refuses everything, and the check for the cause fails.
    let (down, fails) = (Simulator::builder().seed(7).build(), Arc::new(AtomicBool::new(false)));
    let failing = Arc::clone(&fails);
    let unchecked = common::answering(move |request| {
        let mut response = down.handle(request.clone());
        if request.uri().path().contains("/nodes") {
            *response.body_mut() = bytes::Bytes::new();
            *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        } else if failing.load(Ordering::Relaxed) {
            *response.status_mut() = http::StatusCode::BAD_GATEWAY;
        }
        Ok(response)
    });
    let stage = Stage::with(Options { operator_transport: Some(unchecked), ..Options::default() }).await;
    stage.say(ANNA, "/find x").await;
    fails.store(true, Ordering::Relaxed);
    let shown = stage.say(ANNA, "/nodes c l").await.text;
    assert!(shown.contains("cannot find out") && !shown.contains("/auth"), "{shown}");
    // What the operator did not set is not the user's to add.
    let stage = Stage::new().await;
    let shown = stage.say(ANNA, "/nodes 5ca1ab1e0000000c0000ffff 5ca1ab1e0000000c0000fffe").await.text;
    assert!(shown.contains("no such") && !shown.contains("/auth"), "{shown}");
}
