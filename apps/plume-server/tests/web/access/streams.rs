//! The lists and streams of sessions, and their ends.

use chrono::TimeDelta;
use futures_util::{FutureExt, StreamExt};
use plume_server::{
    store::{IncidentStore, model::Action},
    web::follow,
};

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
        Self::of(bed, "/events?summary=1", cookie).await
    }

    async fn of<S: Store + Clone + 'static>(bed: &Bed<S>, path: &str, cookie: &str) -> (StatusCode, Self) {
        let request = Request::get(path).header("host", "localhost:8080").header("cookie", cookie);
        let answer = bed.routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        (answer.status(), Self(answer.into_body().into_data_stream()))
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        let bytes = self.0.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// The names of the events that are there.
    fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(Some(event)) = self.next().now_or_never() {
            let name = event.lines().find_map(|line| line.strip_prefix("event: "));
            names.extend(name.map(str::to_owned));
        }
        names
    }
}

/// Lets the hub run, and a time pass.
async fn pass(clock: &ManualClock, time: Duration) {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    clock.advance(time);
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_changes_between_a_page_and_its_stream_reaches_the_page() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    let clock = Arc::new(bed.clock.clone());
    let hub = tokio::spawn(follow(bed.live.clone(), bed.dashboard.clone(), clock, bed.stop.stopping()));
    pass(&bed.clock, Duration::from_secs(20)).await;
    let place =
        |page: &Answer| page.text.split("data-at=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let first = place(&bed.get("/incidents").await);
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    pass(&bed.clock, Duration::from_secs(1)).await;
    let second = place(&bed.get("/incidents").await);
    let events = async |place: &str| {
        let (_, mut stream) = Stream::of(&bed, &format!("/events?incidents=all&at={place}"), "").await;
        stream.names()
    };
    assert_eq!(events(&first).await, ["beat", "incident"]);
    assert_eq!(events(&second).await, ["beat"], "the page has it");
    assert_eq!(events("").await, ["beat"]);
    // No page was expected, so there is no event of the change.
    pass(&bed.clock, Duration::from_secs(20)).await;
    bed.open_incident("i2", "h1", bed.clock.wall()).await;
    pass(&bed.clock, Duration::from_secs(1)).await;
    assert_eq!(events(&second).await, ["beat", "resync"]);
    hub.abort();
}

#[tokio::test]
async fn changes_that_the_store_could_not_read_are_shown_when_it_can() {
    let folder = Folder::new("stream");
    let bed = Bed::build(None, Process::default(), |_| None, |clock| folder.store(clock)).await;
    bed.add_home("h1", "Alder Street 1").await;
    let clock = Arc::new(bed.clock.clone());
    let hub = tokio::spawn(follow(bed.live.clone(), bed.dashboard.clone(), clock, bed.stop.stopping()));
    let (_, mut stream) = Stream::of(&bed, "/events?incidents=all", "").await;
    pass(&bed.clock, Duration::from_secs(1)).await;
    // As if the file were damaged.
    let rename = |from: &str, to: &str| {
        let file = rusqlite::Connection::open(folder.path()).unwrap();
        file.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).unwrap();
    };
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    rename("change", "away");
    let mut until = async |name: &str| {
        let (mut all, mut rounds) = (Vec::new(), 0);
        while !all.iter().any(|event| event == name) {
            rounds += 1;
            assert!(rounds < 10_000, "no {name}: {all:?}");
            pass(&bed.clock, Duration::from_millis(500)).await;
            all.extend(stream.names().into_iter().filter(|event| event != "beat"));
        }
        all
    };
    assert_eq!(until("resync").await, ["resync"], "the page says that it is not up to date");
    rename("away", "change");
    assert_eq!(until("incident").await, ["incident"]);
    hub.abort();
}

#[tokio::test]
async fn a_summary_is_sent_if_something_in_it_has_changed() {
    let bed = Bed::closed().await;
    let (all, north) = (bed.session("all-admin").await, bed.session("viewer").await);
    let (_, mut all) = Stream::open(&bed, &all).await;
    let (_, mut north) = Stream::open(&bed, &north).await;
    let clock = Arc::new(bed.clock.clone());
    let hub = tokio::spawn(follow(bed.live.clone(), bed.dashboard.clone(), clock, bed.stop.stopping()));
    let mut after = async |seconds: u64| {
        for _ in 0..seconds {
            pass(&bed.clock, Duration::from_secs(1)).await;
        }
        [&mut all, &mut north].map(|stream| stream.names().iter().filter(|name| *name == "summary").count())
    };
    assert_eq!(after(6).await, [1, 1]);
    assert_eq!(after(30).await, [0, 0]);
    bed.open_incident_of(&TenantId::new("south"), "i3", "h2", bed.clock.wall()).await;
    assert_eq!(after(6).await, [1, 0]);
    *bed.pulse.lock().unwrap() = Some(Pulse { stale: 1, ..pulse() });
    assert_eq!(after(6).await, [1, 0], "only who sees all tenants sees the monitor");
    assert_eq!(after(6).await, [0, 0]);
    // By the time alone.
    bed.open_incident("i4", "h1", bed.clock.wall()).await;
    after(6).await;
    let id = IncidentId::new("i4");
    let seen = bed.store.incident(&tenant(), &id).await.unwrap().unwrap().incident.seen();
    let snooze = Action::Snooze { seen, until: bed.clock.wall() + TimeDelta::seconds(90) };
    bed.store.act(&tenant(), &id, "Ada", snooze, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
    assert_eq!(after(6).await, [1, 1]);
    let [whole, part] = after(150).await;
    assert!((1..=3).contains(&whole) && (1..=3).contains(&part), "{whole} {part}");
    hub.abort();
}

// MO37
#[tokio::test]
async fn a_reader_that_is_too_slow_loads_its_page_again() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    let clock = Arc::new(bed.clock.clone());
    let hub = tokio::spawn(follow(bed.live.clone(), bed.dashboard.clone(), clock, bed.stop.stopping()));
    let (_, mut stream) = Stream::of(&bed, "/events?incidents=all", "").await;
    pass(&bed.clock, Duration::from_secs(1)).await;
    assert_eq!(stream.names(), ["beat"]);
    // More than are kept, while nothing is read.
    for step in 0..6 {
        for number in 0..50 {
            bed.open_incident(&format!("i{step}-{number}"), "h1", bed.clock.wall()).await;
        }
        pass(&bed.clock, Duration::from_secs(1)).await;
    }
    let names = stream.names();
    assert_eq!(names.first().map(String::as_str), Some("resync"), "{names:?}");
    assert!((2..=260).contains(&names.len()), "{}", names.len());
    hub.abort();
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
        bed.open_incident(&format!("i{seconds}"), "h1", bed.clock.wall()).await;
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
    assert!(summaries > 150, "{summaries} summaries");
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
