//! The bot's life: being stopped, panics, long silence, records that cannot be read for a while.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use common::{ANNA, BEN, Directory, KEY, OTHER_KEY, Options, PARTNER, SSO, Stage};
use http::Request;
use plume::{
    RateLimiter,
    auth::{SecureUrl, UrlGuard},
    runtime::{Clock, InProcess, ManualClock, Transport},
    types::PartnerId,
};
use plume_seal::{KeySource, KeysFromCallback, RecordName, RecordStore, SealKeys};
use plume_sim::{Home, Simulator};

use plume_bot::{
    plume_cloud::Plume,
    questions::{Account, Place, Question, Saved},
    state::{UserStore, UserStoreError},
};
use plume_telegram::{Log, Stopped, UserId};
use secrecy::ExposeSecret;

/// The simulator, which answers when it is allowed to.
fn held(sim: &Simulator) -> (Arc<dyn Transport>, tokio::sync::watch::Sender<bool>) {
    let (release, held) = tokio::sync::watch::channel(false);
    let sim = sim.clone();
    let transport = Arc::new(InProcess::new(move |request: Request<Bytes>| {
        let (mut held, sim) = (held.clone(), sim.clone());
        async move {
            let _ = held.wait_for(|released| *released).await;
            Ok(sim.handle(request))
        }
    }));
    (transport, release)
}

fn health(home: Home) -> String {
    format!("/health {} {}", home.customer_id(), home.location_id())
}

/// Moves the clock until a task has ended.
async fn finish<T>(clock: &ManualClock, task: tokio::task::JoinHandle<T>, most: Duration) -> T {
    let until = clock.monotonic() + most;
    while !task.is_finished() {
        assert!(clock.monotonic() < until, "it does not end");
        clock.advance(Duration::from_millis(500));
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
    }
    task.await.unwrap()
}

#[tokio::test]
async fn accepted_updates_are_finished_before_shutdown() {
    let sim = Simulator::builder().seed(7).build();
    let (transport, release) = held(&sim);
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    stage.standin.say(ANNA, ANNA, &health(Home::Healthy));
    stage.breathe().await;
    let (standin, clock, bot) = (stage.standin.clone(), stage.clock.clone(), stage.bot.clone());
    let task = stage.stop();
    for _ in 0..400 {
        tokio::task::yield_now().await;
    }
    assert!(!task.is_finished(), "the question is running");
    // What comes now is for the next start.
    standin.say(BEN, BEN, "/help");
    clock.advance(Duration::from_secs(10));
    release.send(true).unwrap();
    assert_eq!(finish(&clock, task, Duration::from_secs(30)).await, Stopped::Asked);
    let shown = |chat: i64| standin.messages(chat).into_iter().filter(|message| message.from_bot).count();
    assert!(standin.messages(ANNA).iter().any(|message| message.text.contains("OPERATIONAL")));
    assert_eq!((shown(ANNA), shown(BEN)), (1, 0));
    drop(bot);
    // And what was answered is confirmed, so that it is not answered again, also without a ledger on disk.
    let stage = Stage::with(Options { standin: Some(standin), clock, ..Options::default() }).await;
    stage.settle().await;
    assert_eq!((stage.said(ANNA), stage.said(BEN)), (1, 1));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_home_that_never_answers() {
    let sim = Simulator::builder().seed(7).build();
    let (transport, _never) = held(&sim);
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    stage.standin.say(ANNA, ANNA, &health(Home::Healthy));
    stage.breathe().await;
    let clock = stage.clock.clone();
    assert_eq!(finish(&clock, stage.stop(), Duration::from_secs(120)).await, Stopped::Asked);
}

#[tokio::test]
async fn a_worker_that_panics_is_replaced_and_its_inbox_is_kept() {
    let directory = Directory::new();
    let state = Some(directory.path().to_owned());
    let stage = Stage::with(Options { state: state.clone(), ..Options::default() }).await;
    stage.say(ANNA, "/settings").await;
    stage.press(ANNA, "5 rows").await;
    let (standin, clock) = stage.kill().await;
    let options = Options {
        state,
        keys: common::keys(OTHER_KEY),
        standin: Some(standin),
        clock,
        panics_at: Some("failed to load a user"),
        ..Options::default()
    };
    let stage = Stage::with(options).await;
    let said = stage.said(ANNA);
    stage.standin.say(ANNA, ANNA, "/start");
    stage.standin.say(ANNA, ANNA, "/help");
    stage.settle().await;
    assert!(stage.last(ANNA).text.contains("Commands"), "{:?}", stage.last(ANNA));
    assert!(stage.said(ANNA) > said);
    let logged = stage.logged();
    assert!(logged.contains("the worker of a user panicked and was replaced: planned"), "{logged}");
    assert!(!logged.contains("too many waiting"), "{logged}");
    assert_eq!(stage.bot.workers(), 1);
}

#[tokio::test]
async fn a_question_that_panics_is_answered() {
    let sim = Simulator::builder().seed(7).build();
    let broken = common::answering(move |request| {
        assert!(!request.uri().path().ends_with("/nodes"), "planned");
        Ok(sim.handle(request.clone()))
    });
    let stage = Stage::with(Options { operator_transport: Some(broken), ..Options::default() }).await;
    let answer = stage.say(ANNA, "/nodes c l").await;
    assert!(answer.text.contains("did not work (code E"), "{answer:?}");
    // More of them than may run at a time.
    for _ in 0..4 {
        let answer = stage.say(ANNA, "/nodes c l").await;
        assert!(answer.text.contains("did not work (code E"), "{answer:?}");
    }
    assert!(stage.logged().contains("planned"));
}

#[tokio::test]
async fn idle_worker_ends_without_loss() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    stage.sign_in(ANNA).await;
    stage.say(ANNA, &format!("/locations {}", Home::PoorQoe.customer_id())).await;
    stage.press(ANNA, "Home").await;
    stage.say(BEN, "/start").await;
    assert_eq!(stage.bot.workers(), 2);
    stage.clock.advance(Duration::from_secs(23 * 60 * 60));
    stage.breathe().await;
    stage.say(ANNA, "/start").await;
    stage.clock.advance(Duration::from_secs(2 * 60 * 60));
    stage.breathe().await;
    assert_eq!(stage.bot.workers(), 1, "Ben was quiet for a day, Anna was not");
    stage.clock.advance(Duration::from_secs(24 * 60 * 60));
    stage.breathe().await;
    assert_eq!(stage.bot.workers(), 0);
    assert!(
        stage.say(ANNA, "/health").await.text.contains("QoE"),
        "account and place are kept without a disk too"
    );
    assert_eq!(stage.bot.workers(), 1);
}

/// Keys that cannot be read while `broken`.
fn flaky(broken: &Arc<AtomicBool>) -> Arc<dyn KeySource> {
    let broken = Arc::clone(broken);
    Arc::new(KeysFromCallback::new(move || {
        // The wrong key, as after a mistake in the container's secrets.
        SealKeys::parse(if broken.load(Ordering::Relaxed) { OTHER_KEY } else { KEY })
    }))
}

#[tokio::test]
async fn unreadable_record_is_retried_and_never_overwritten() {
    let directory = Directory::new();
    let state = || Some(directory.path().to_owned());
    let stage = Stage::with(Options { operator: false, state: state(), ..Options::default() }).await;
    stage.sign_in(ANNA).await;
    let (standin, clock) = stage.kill().await;

    let broken = Arc::new(AtomicBool::new(true));
    let options = Options {
        operator: false,
        state: state(),
        keys: flaky(&broken),
        standin: Some(standin),
        clock,
        ..Options::default()
    };
    let stage = Stage::with(options).await;
    let home = Home::Healthy;
    let shown = stage.say(ANNA, &health(home)).await;
    assert!(shown.text.contains("cannot read your account at the moment"), "{shown:?}");
    assert!(!shown.text.contains("/auth"), "{shown:?}");
    stage.say(ANNA, "/settings").await;
    stage.press(ANNA, "5 rows").await;
    let all: String = stage.standin.messages(ANNA).into_iter().map(|message| message.text).collect();
    assert!(
        all.contains("I try again with your next message") && all.contains("could not save this"),
        "{all}"
    );
    // No restart is needed.
    broken.store(false, Ordering::Relaxed);
    assert!(stage.health(ANNA, home).await.text.contains("OPERATIONAL"));
    let (standin, clock) = stage.kill().await;
    let options =
        Options { operator: false, state: state(), standin: Some(standin), clock, ..Options::default() };
    let stage = Stage::with(options).await;
    assert!(stage.health(ANNA, home).await.text.contains("OPERATIONAL"), "the record is the old one");
}

fn user() -> Saved {
    let place = Place { customer: "c".to_owned(), location: "l".to_owned(), name: None };
    Saved { place: Some(place), ..Saved::default() }
}

#[test]
fn a_record_is_changed_under_its_lock() {
    // While another process holds it, nothing is changed.
    let directory = Directory::new();
    let users = UserStore::open(directory.path(), common::keys(KEY)).unwrap();
    let other = RecordStore::encrypted(directory.path(), common::keys(KEY)).unwrap();
    let parts: [&[u8]; 4] = [b"telegram:1", b"telegram-bot user", &1_i64.to_be_bytes(), b""];
    let lock =
        other.try_lock(&RecordName::new("telegram:1", "plume-auth store key 1", &parts)).unwrap().unwrap();
    assert!(matches!(users.save(UserId(1), &user()), Err(UserStoreError::Locked)));
    assert!(users.load(UserId(1)).unwrap().place.is_none());
    drop(lock);
    users.save(UserId(1), &user()).unwrap();
    assert!(users.load(UserId(1)).unwrap().place.is_some());
}

/// Earlier versions kept a user as the token of a record of plume-auth. One of them wrote these records.
#[cfg(unix)]
#[test]
fn a_record_of_an_earlier_version_is_read_and_replaced() {
    use std::{
        fs::{self, OpenOptions},
        io::Write,
        os::unix::fs::OpenOptionsExt,
        path::PathBuf,
    };
    const IDS: [&str; 2] = [
        "eeb1bd864e3844951d9ed299beb37ff33230c607bd7d8b6a5cecc0206a56f5d6",
        "a1dff6588afdb45cfbe78eea415e5ee45484ef040860b9a43529e9bb5f77cc62",
    ];
    let directory = Directory::new();
    let users = UserStore::open(directory.path(), common::keys(KEY)).unwrap();
    let path = |id: &str, end: &str| directory.path().join(format!("sealed1-{id}.{end}"));
    let put = |path: PathBuf, bytes: &[u8]| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
        file.write_all(bytes).unwrap();
    };
    put(path(IDS[0], "token"), include_bytes!("records/anna.token"));
    put(path(IDS[0], "mark"), include_bytes!("records/anna.mark"));
    let newer = include_bytes!("records/ben.token");
    put(path(IDS[1], "token"), newer);
    put(path(IDS[1], "mark"), include_bytes!("records/ben.mark"));
    let saved = users.load(UserId(ANNA)).unwrap();
    let account = saved.account.as_ref().unwrap();
    assert_eq!((account.sso.as_str(), account.partner.as_str()), (SSO, PARTNER));
    assert_eq!(account.header.expose_secret(), "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==");
    assert_eq!(saved.place.as_ref().and_then(|place| place.name.as_deref()), Some("Home"));
    assert_eq!((saved.preferences.panoptes, saved.preferences.rows), (true, 5));
    // The next change writes the new form in its place.
    users.save(UserId(ANNA), &saved).unwrap();
    let users = UserStore::open(directory.path(), common::keys(KEY)).unwrap();
    assert_eq!(users.load(UserId(ANNA)).unwrap().place, saved.place);
    let written = fs::read(path(IDS[0], "token")).unwrap();
    assert_ne!(written, include_bytes!("records/anna.token"));
    // A record with a newer version number is not read and stays where it is.
    assert!(matches!(users.load(UserId(BEN)), Err(UserStoreError::Contents)));
    assert_eq!(fs::read(path(IDS[1], "token")).unwrap(), newer);
}

#[test]
fn users_in_memory_are_not_shown_and_an_empty_one_is_not_kept() {
    let users = UserStore::in_memory();
    users.save(UserId(ANNA), &user()).unwrap();
    assert_eq!(format!("{users:?}"), "UserStore(InMemory(1 users))");
    users.save(UserId(ANNA), &Saved::default()).unwrap();
    assert_eq!(format!("{users:?}"), "UserStore(InMemory(0 users))");
}

#[tokio::test]
async fn a_test_that_is_broken_off_leaves_no_secret() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH + common::START));
    let (transport, _never) = held(&Simulator::builder().build());
    let guard = UrlGuard::hosts(["*.example.net"]).unwrap();
    let limiter = RateLimiter::unlimited(Arc::clone(&clock));
    let plume = Plume::new(transport, &guard, clock, limiter, Log::new(|_| ()), None, 1).unwrap();
    let account = Account {
        sso: SecureUrl::parse(SSO).unwrap(),
        header: "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==".to_owned().into(),
        partner: PartnerId::parse(PARTNER).unwrap(),
        api: SecureUrl::parse("https://api.example.net/api").unwrap(),
        reports: None,
    };
    let question = Question::Test(Box::new(account), 1);
    {
        let mut test = std::pin::pin!(plume.answer(UserId(1), None, &question));
        tokio::select! {
            biased;
            answer = &mut test => panic!("{answer:?}"),
            () = tokio::task::yield_now() => {}
        }
        assert!(format!("{plume:?}").contains("tenants: 1"), "it is running: {plume:?}");
    }
    assert!(format!("{plume:?}").contains("tenants: 0"), "{plume:?}");
}
