//! The lists and streams of sessions, and their ends.

use futures_util::{FutureExt, StreamExt};
use plume_server::web::follow;

use super::*;

#[tokio::test]
async fn every_session_and_token_is_on_a_page_and_can_be_ended() {
    let bed = Bed::closed().await;
    let first = bed.session("viewer").await;
    let id = |cookie: &str| Shown::parse(cookie.trim_start_matches("session=")).unwrap().id();
    bed.clock.advance(Duration::from_secs(1));
    for _ in 0..200 {
        bed.session("viewer").await;
    }
    bed.clock.advance(Duration::from_secs(1));
    let admin = bed.session("admin").await;
    let page = bed.page("/users", &admin).await.text;
    assert!(!page.contains(&id(&first)));
    let (_, link) = page.split_once("<a href=\"/users?sessions=").unwrap();
    let link = link.split('"').next().unwrap();
    let next = bed.page(&format!("/users?sessions={link}"), &admin).await.text;
    assert!(next.contains(&id(&first)) && !next.contains("<a href=\"/users?sessions="));
    for odd in ["", "x", "1", "-", "99999999999999999999-a", "1-%00"] {
        assert_eq!(
            bed.page(&format!("/users?sessions={odd}&tokens={odd}"), &admin).await.status,
            200,
            "{odd}"
        );
    }
    assert_eq!(bed.submit("/users/sessions", &admin, &format!("id={}", id(&first))).await.status, 303);
    assert_eq!(bed.page("/", &first).await.status, 303);
    let whole = bed.session("all-admin").await;
    bed.submit("/users/tenants", &whole, "id=north&action=suspend&sure=yes").await;
    assert_eq!(bed.store.passes(PassKind::Session, 500).await.unwrap().len(), 1, "the operator stays");
}

#[tokio::test]
async fn a_session_of_an_account_ends_with_the_account_or_its_password() {
    let bed = Bed::closed().await;
    bed.add_account("ada").await;
    let old = bed.account_session().await;
    assert_eq!(bed.page("/users", &old).await.status, 200);
    bed.clock.advance(Duration::from_secs(1));
    bed.add_account("ada").await;
    assert_eq!(bed.page("/users", &old).await.status, 303, "the password is another one");
    let new = bed.account_session().await;
    assert_eq!(bed.page("/users", &new).await.status, 200);
    bed.store.remove_pass(PassKind::Account, "ada").await.unwrap();
    assert_eq!(bed.page("/users", &new).await.status, 303, "the account is removed");
}

/// A stream of live pages.
struct Stream(axum::body::BodyDataStream);

impl Stream {
    async fn open(bed: &Bed, cookie: &str) -> (StatusCode, Self) {
        let request =
            Request::get("/events?summary=1").header("host", "localhost:8080").header("cookie", cookie);
        let answer = bed.routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        (answer.status(), Self(answer.into_body().into_data_stream()))
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        let bytes = self.0.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }
}

// MO37, WB06
#[tokio::test]
async fn a_stream_has_signs_of_life_and_ends_with_its_session() {
    let bed = Bed::closed().await;
    let cookie = bed.session("viewer").await;
    let (status, mut stream) = Stream::open(&bed, &cookie).await;
    assert_eq!(status, 200);
    assert!(stream.next().await.unwrap().contains("event: beat"));
    // The summaries come more often than the signs of life, and the page is open for longer than a session may be idle.
    let stopping = bed.stop.stopping();
    let hub =
        tokio::spawn(follow(bed.live.clone(), bed.dashboard.clone(), Arc::new(bed.clock.clone()), stopping));
    let (mut beats, mut summaries, mut seconds) = (0, 0, 0);
    let ended = 'open: loop {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        bed.clock.advance(Duration::from_secs(5));
        seconds += 5;
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        while let Some(event) = stream.next().now_or_never() {
            match event {
                Some(event) if event.contains("event: beat") => beats += 1,
                Some(event) if event.contains("event: summary") => summaries += 1,
                Some(_) => {}
                None => break 'open seconds,
            }
        }
        assert!(seconds < 3_600, "the stream outlives its session");
    };
    hub.abort();
    assert!(summaries > 300, "{summaries} summaries");
    // The session is idle after 30 minutes: reading a stream is no use of it.
    assert!((1_800..=1_830).contains(&ended) && beats >= 119, "{ended} s, {beats} beats");
    assert_eq!(Stream::open(&bed, &cookie).await.0, 401);
}

#[tokio::test]
async fn a_revoked_session_ends_its_stream_at_once() {
    let bed = Bed::closed().await;
    let (admin, viewer) = (bed.session("admin").await, bed.session("viewer").await);
    let (_, mut stream) = Stream::open(&bed, &viewer).await;
    stream.next().await.unwrap();
    let id = Shown::parse(viewer.trim_start_matches("session=")).unwrap().id();
    bed.submit("/users/sessions", &admin, &format!("id={id}")).await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn one_session_cannot_take_the_streams_of_others() {
    let bed = Bed::closed().await;
    let (cookie, other) = (bed.session("viewer").await, bed.session("viewer").await);
    let mut open = Vec::new();
    for _ in 0..20 {
        let (status, stream) = Stream::open(&bed, &cookie).await;
        assert_eq!(status, 200);
        open.push(stream);
    }
    assert_eq!(Stream::open(&bed, &cookie).await.0, 429);
    assert_eq!(Stream::open(&bed, &other).await.0, 200);
    open.pop();
    assert_eq!(Stream::open(&bed, &cookie).await.0, 200);
}

#[tokio::test]
async fn who_sees_few_tenants_gets_no_false_failures_of_the_server() {
    let bed = Bed::closed().await;
    let (admin, whole) = (bed.session("admin").await, bed.session("all-admin").await);
    for (path, words) in [
        ("/settings", ["so nothing is checked", "no call has succeeded"]),
        ("/api/config", ["so nothing is checked", "no call has succeeded"]),
        ("/connections", ["has no access to the cloud", "No calls are made"]),
    ] {
        let (part, all) = (bed.page(path, &admin).await, bed.page(path, &whole).await);
        assert_eq!((part.status, all.status), (StatusCode::OK, StatusCode::OK));
        for word in words {
            assert!(!part.text.contains(word), "{path}: {word}");
            assert!(all.text.contains(word), "{path}: {word}");
        }
    }
    assert!(bed.page("/connections", &admin).await.text.contains("are shown to people who see all tenants"));
}
