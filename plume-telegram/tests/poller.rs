//! Long polling.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::DateTime;
use plume_runtime::{Clock, ManualClock};
use plume_telegram::{Busy, Log, Poller, stand_in::StandIn};

const ANNA: i64 = 11;

#[tokio::test]
async fn a_poller_without_progress_gives_no_sign_of_life() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let standin = StandIn::new(Arc::clone(&shared));
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&log);
    let poller =
        Poller::new(standin.api(), shared, Log::new(move |line| kept.lock().unwrap().push(line.to_owned())));
    let signs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&signs);
    tokio::spawn(async move {
        let alive = || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        poller.run(|_, _| (), &Busy::default(), alive, std::future::pending()).await
    });
    let pass = |seconds: u64| {
        let clock = clock.clone();
        async move {
            for _ in 0..seconds {
                clock.advance(Duration::from_secs(1));
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
            }
        }
    };
    standin.say(ANNA, ANNA, "one");
    pass(60).await;
    let before = signs.load(Ordering::Relaxed);
    assert!(before >= 2, "{before}");
    standin.stick(true);
    standin.say(ANNA, ANNA, "two");
    // The first response with it is progress; an equal response is not.
    pass(10).await;
    let (before, polls) = (signs.load(Ordering::Relaxed), standin.polls());
    pass(600).await;
    assert_eq!(signs.load(Ordering::Relaxed), before);
    assert!(standin.polls() - polls <= 60, "{} polls in ten minutes", standin.polls() - polls);
    assert!(log.lock().unwrap().iter().any(|line| line.contains("no progress")));
    standin.stick(false);
    pass(120).await;
    assert!(signs.load(Ordering::Relaxed) > before, "it recovers");
}
