//! Treatment of secrets and of URLs from users.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::{
    net::{IpAddr, Ipv4Addr, TcpListener},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use common::{ANNA, BEN, Directory, GROUP, Options, PARTNER, SSO, Stage, answering};
use plume::{
    NetworkSettings,
    runtime::{Resolver, TransportError, TransportErrorKind},
};
use plume_bot::{program::typed_urls_transport, questions::Saved, state::UserStore};
use plume_telegram::UserId;

#[tokio::test]
async fn message_with_a_secret_is_deleted_first() {
    for header in
        ["Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==", "Digest nonsense", "Bearer a.fake.token", "?"]
    {
        let stage = Stage::new().await;
        stage.say(ANNA, "/auth").await;
        stage.say(ANNA, SSO).await;
        let seen = stage.standin.calls().len();
        let message = stage.standin.say(ANNA, ANNA, header);
        stage.settle().await;
        let calls = stage.standin.calls();
        assert_eq!(calls[seen].method, "deleteMessage", "{header}: {:?}", &calls[seen..]);
        assert!(stage.standin.messages(ANNA).iter().all(|kept| kept.id != message));
        let chat: String = stage.standin.messages(ANNA).into_iter().map(|message| message.text).collect();
        assert!(header == "?" || !chat.contains(header), "it is never repeated");
        assert!(!stage.logged().contains("MG9h"), "{}", stage.logged());
    }
}

#[tokio::test]
async fn unrequested_secret_is_deleted_too() {
    let stage = Stage::new().await;
    let header = stage.header();
    for text in [header.clone(), header.trim_start_matches("Basic ").to_owned(), "Bearer abc.fake".to_owned()]
    {
        let message = stage.standin.say(ANNA, ANNA, &text);
        stage.settle().await;
        assert!(stage.standin.messages(ANNA).iter().all(|kept| kept.id != message), "{text}");
        assert!(stage.last(ANNA).text.contains("kept nothing of it"));
    }
    // In a step for another value.
    stage.say(ANNA, "/auth").await;
    let message = stage.standin.say(ANNA, ANNA, &header);
    stage.settle().await;
    assert!(stage.standin.messages(ANNA).iter().all(|kept| kept.id != message));
    let asked = stage.last(ANNA);
    assert!(asked.text.contains("second step") && asked.text.contains("Step 1 of 4"), "{asked:?}");
    // An ordinary sentence is not a secret.
    let message = stage.standin.say(BEN, BEN, "Basic question: what is this?");
    stage.settle().await;
    assert!(stage.standin.messages(BEN).iter().any(|kept| kept.id == message));
}

#[tokio::test]
async fn groups_have_no_set_up_and_a_secret_there_is_reported_as_exposed() {
    let stage = Stage::new().await;
    stage.standin.say(ANNA, GROUP, "/auth");
    stage.settle().await;
    assert!(stage.last(GROUP).text.contains("only in a private chat"));
    let message = stage.standin.say(ANNA, GROUP, &stage.header());
    stage.settle().await;
    assert!(stage.standin.messages(GROUP).iter().all(|kept| kept.id != message));
    assert!(stage.last(GROUP).text.contains("create a new one"));
    // Talk in the group is no answer to a set-up in private.
    stage.say(ANNA, "/auth").await;
    let said = stage.said(GROUP);
    stage.standin.say(ANNA, GROUP, SSO);
    stage.settle().await;
    assert_eq!(stage.said(GROUP), said);
    assert!(stage.last(ANNA).text.contains("Step 1 of 4"));
}

#[tokio::test]
async fn undeletable_message_is_reported_with_advice() {
    let stage = Stage::new().await;
    stage.say(ANNA, "/auth").await;
    stage.say(ANNA, SSO).await;
    // Older than 48 hours, or a group without the right to delete.
    stage.standin.refuse_deletions(true);
    stage.say(ANNA, &stage.header()).await;
    let all: String = stage.standin.messages(ANNA).into_iter().map(|message| message.text).collect();
    assert!(all.contains("could not delete your message") && all.contains("create a new header"), "{all}");
}

#[tokio::test]
async fn finished_set_up_leaves_nothing_in_memory_or_on_disk() {
    let directory = Directory::new();
    let state = Some(directory.path().to_owned());
    let stage = Stage::with(Options { operator: false, state, ..Options::default() }).await;
    for end in ["/cancel", "/auth", "/logout"] {
        stage.three_steps(ANNA).await;
        stage.say(ANNA, end).await;
        let next = stage.say(ANNA, "/skip").await;
        let gone = next.text.contains("No set-up") || next.text.contains("Step 1");
        assert!(gone, "after {end}: {next:?}");
        stage.say(ANNA, "/cancel").await;
        assert!(!directory.contents().contains(&stage.header()), "after {end}");
    }
    assert!(stage.say(ANNA, "/health a b").await.text.contains("not configured"));
}

#[tokio::test]
async fn urls_that_lead_inside_are_refused_before_anything_is_sent() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    stage.say(ANNA, "/auth").await;
    for url in [
        "https://127.0.0.1/token",
        "https://10.0.0.1/token",
        "https://172.16.3.4/token",
        "https://192.168.1.1/token",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/token",
        "https://[::1]/token",
        "https://[fc00::1]/token",
        "https://[::ffff:127.0.0.1]/token",
        "https://[64:ff9b::7f00:1]/token",
        "https://[2002:7f00:1::]/token",
        "https://0.0.0.0/token",
        "https://2130706433/token",
        "https://0177.0.0.1/token",
        "https://0x7f000001/token",
        "https://localhost./token",
        "https://localhost/token",
        "https://ѕѕо.example.net/token",
        "https://sso.example.net@10.0.0.1/token",
        "https://sso.example.net:22/token",
        "http://sso.example.net/token",
        "file:///etc/passwd",
        "https://sso.example.net.evil.example.org/token",
        "https://sso.example.net\\@evil.example.org/token",
        "gopher://sso.example.net/",
    ] {
        let answer = stage.say(ANNA, url).await;
        assert!(answer.text.contains('❌') && answer.text.contains("Step 1 of 4"), "{url}: {answer:?}");
    }
    // A password in a URL is a secret besides.
    let answer = stage.say(ANNA, "https://user:canary@sso.example.net/token").await;
    assert!(answer.text.contains("kept nothing of it") && answer.text.contains("Step 1 of 4"), "{answer:?}");
    assert!(stage.standin.messages(ANNA).iter().all(|message| !message.text.contains("canary")));
    assert_eq!(stage.sim.request_count(), 0);
}

/// A name server that answers with an address inside.
#[derive(Debug)]
struct Rebinding;

#[async_trait]
impl Resolver for Rebinding {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_where_it_is_dialled() {
    // The port is 443 in the URL, so this listener would not be reached anyway. The test checks the refusal.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let plume = typed_urls_transport(&NetworkSettings::default(), Some(Arc::new(Rebinding)));
    let stage = Stage::with(Options { operator: false, plume: Some(plume), ..Options::default() }).await;
    let failed = stage.sign_in(ANNA).await;
    assert!(failed.text.contains("Authentication Failed"), "{failed:?}");
    assert!(stage.logged().contains("address"), "the filter refused it: {}", stage.logged());
    assert!(listener.accept().is_err());
}

#[tokio::test]
async fn hostile_sso_response_is_bounded_and_never_shown() {
    let html = "<html><script>alert('canary')</script>";
    let answers: Vec<(u16, Bytes)> = vec![
        (200, Bytes::from(html)),
        (401, Bytes::from(html)),
        (302, Bytes::from(html)),
        (200, Bytes::from(vec![b'x'; 20 << 20])),
        (200, Bytes::from("{\"access_token\":\"<b>canary</b> x\",\"token_type\":\"Bearer\"}")),
        (401, Bytes::from("{\"error\":\"<b>canary</b>\",\"error_description\":\"<script>canary\"}")),
    ];
    for (status, body) in answers {
        let shown = body.clone();
        let plume = answering(move |_| {
            let mut response = http::Response::new(body.clone());
            *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
            Ok(response)
        });
        let stage = Stage::with(Options { operator: false, plume: Some(plume), ..Options::default() }).await;
        let failed = stage.sign_in(ANNA).await;
        assert!(failed.text.contains("Authentication Failed"), "{failed:?}");
        assert!(!failed.text.contains("canary') ") && !failed.text.contains("<script"), "{failed:?}");
        assert!(failed.entities <= 2, "its words are no markup: {failed:?}");
        assert!(failed.text.len() < 1_000, "{} of {}", failed.text.len(), shown.len());
    }
    let plume = answering(|_| Err(TransportError::new(TransportErrorKind::Timeout, "no answer within 10 s")));
    let stage = Stage::with(Options { operator: false, plume: Some(plume), ..Options::default() }).await;
    assert!(stage.sign_in(ANNA).await.text.contains("cannot be reached"));
}

#[tokio::test]
async fn cancelled_connection_test_changes_nothing() {
    let (release, held) = tokio::sync::watch::channel(false);
    let sim = plume_sim::Simulator::builder().build();
    let plume = Arc::new(plume::runtime::InProcess::new(move |request| {
        let (mut held, sim) = (held.clone(), sim.clone());
        async move {
            let _ = held.wait_for(|released| *released).await;
            Ok(sim.handle(request))
        }
    }));
    let stage = Stage::with(Options { operator: false, plume: Some(plume), ..Options::default() }).await;
    stage.three_steps(ANNA).await;
    stage.standin.say(ANNA, ANNA, "/skip");
    stage.pass(std::time::Duration::from_secs(3)).await;
    assert!(stage.last(ANNA).text.contains("Confirming Your Configuration"));
    stage.standin.say(ANNA, ANNA, "/cancel");
    stage.pass(std::time::Duration::from_secs(3)).await;
    assert!(stage.last(ANNA).text.contains("cancelled"), "the user need not wait for the SSO");
    release.send(true).unwrap();
    stage.settle().await;
    assert!(stage.last(ANNA).text.contains("cancelled"));
    assert!(stage.say(ANNA, "/health a b").await.text.contains("not configured"));
}

#[tokio::test]
async fn secret_after_a_command_is_deleted_too() {
    let stage = Stage::new().await;
    for command in ["/auth", "/find", "/setup", "/nonsense", "/auth@standin_bot"] {
        let message = stage.standin.say(ANNA, ANNA, &format!("{command} {}", stage.header()));
        stage.settle().await;
        assert!(stage.standin.messages(ANNA).iter().all(|kept| kept.id != message), "{command}");
        assert!(stage.last(ANNA).text.contains("kept nothing of it"), "{command}: {:?}", stage.last(ANNA));
    }
    assert_eq!(stage.sim.request_count(), 0, "and goes nowhere");
}

#[tokio::test]
async fn the_end_of_a_cancelled_test_does_not_end_the_next_one() {
    let (first, first_held) = tokio::sync::watch::channel(false);
    let (second, second_held) = tokio::sync::watch::channel(false);
    let sim = plume_sim::Simulator::builder().build();
    // Two tests run at a time: each SSO responds when it is released.
    let plume = Arc::new(plume::runtime::InProcess::new(move |request: http::Request<Bytes>| {
        let slow = request.uri().host() == Some("slow.example.net");
        let is_sso = request.uri().path().starts_with("/oauth2");
        let (mut held, sim) = (if slow { first_held.clone() } else { second_held.clone() }, sim.clone());
        async move {
            if is_sso {
                let _ = held.wait_for(|released| *released).await;
            }
            Ok(sim.handle(request))
        }
    }));
    let stage = Stage::with(Options { operator: false, plume: Some(plume), ..Options::default() }).await;
    let pause = std::time::Duration::from_secs(2);
    let slow = "https://slow.example.net/oauth2/ausSIMULATOR00000000/v1/token";
    for (sso, end) in [(slow, "/cancel"), (SSO, "")] {
        for text in ["/auth", sso, &stage.header(), PARTNER, "/skip", end] {
            if !text.is_empty() {
                stage.standin.say(ANNA, ANNA, text);
                stage.pass(pause).await;
            }
        }
    }
    first.send(true).unwrap();
    stage.pass(pause).await;
    second.send(true).unwrap();
    stage.settle().await;
    assert!(stage.last(ANNA).text.contains("Successful"), "{:?}", stage.last(ANNA));
}

#[test]
fn stored_values_are_read_back_and_absent_ones_are_none() {
    let directory = Directory::new();
    for users in
        [UserStore::in_memory(), UserStore::open(directory.path(), common::keys(common::KEY)).unwrap()]
    {
        comes_back_and_nothing_is_nothing(&users);
    }
}

fn comes_back_and_nothing_is_nothing(users: &UserStore) {
    assert!(users.load(UserId(1)).unwrap().account.is_none());
    let place = plume_bot::questions::Place {
        customer: "c".to_owned(),
        location: "l".to_owned(),
        name: Some("Wohnung 🏠".to_owned()),
    };
    let saved = Saved { place: Some(place.clone()), ..Saved::default() };
    users.save(UserId(1), &saved).unwrap();
    assert_eq!(users.load(UserId(1)).unwrap().place, Some(place));
    assert!(users.load(UserId(2)).unwrap().place.is_none(), "another user is another record");
    users.save(UserId(1), &Saved::default()).unwrap();
    assert!(users.load(UserId(1)).unwrap().place.is_none());
}

#[tokio::test]
async fn whoami_and_debug_show_no_secret() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    stage.sign_in(ANNA).await;
    stage.health(ANNA, plume_sim::Home::Healthy).await;
    let whoami = stage.say(ANNA, "/whoami").await;
    assert!(whoami.text.contains("valid until") && whoami.text.contains(PARTNER), "{whoami:?}");
    assert!(!whoami.text.contains("MG9h"));
}
