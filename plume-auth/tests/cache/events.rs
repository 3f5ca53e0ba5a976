//! Events and traces.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::DateTime;
use plume_auth::{AuthErrorKind, CachedTokenProvider, TokenEvent, TokenObserver, TokenPhase, TokenProvider};
use plume_runtime::{Clock, ManualClock};

use crate::support::Scripted;

#[derive(Debug, Default)]
struct Diary(Mutex<Vec<String>>);

impl TokenObserver for Diary {
    fn observe(&self, event: &TokenEvent) {
        let line = match event {
            TokenEvent::Obtained { generation, .. } => format!("obtained {generation}"),
            TokenEvent::Refreshed { generation, .. } => format!("refreshed {generation}"),
            TokenEvent::Failed { error, failures, .. } => format!("failed {:?} {failures}", error.kind()),
            TokenEvent::Rejected { generation } => format!("rejected {generation}"),
            TokenEvent::Rotated { generation } => format!("rotated {generation}"),
            TokenEvent::Dropped { generation } => format!("dropped {generation}"),
            _ => "?".to_owned(),
        };
        self.0.lock().unwrap().push(line);
        panic!("an observer's panic is its own affair");
    }
}

#[tokio::test]
async fn every_event_is_observed_and_traced() {
    let source = Scripted::new(&[
        Ok(("a", 600)),
        Err(AuthErrorKind::Unavailable),
        Ok(("b", 600)),
        Err(AuthErrorKind::CredentialsRejected),
    ]);
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let diary = Arc::new(Diary::default());
    let observer: Arc<dyn TokenObserver> = Arc::clone(&diary) as _;
    let provider =
        CachedTokenProvider::builder(source, Arc::new(clock.clone())).observer(observer).seed(1).build();
    let phase = |expected| assert_eq!(provider.status().phase, expected);
    phase(TokenPhase::Cold);
    provider.token().await.unwrap();
    phase(TokenPhase::Fresh);
    let status = provider.status();
    assert_eq!((status.generation, status.age), (Some(1), Some(Duration::ZERO)));
    assert_eq!(status.expires_in, Some(Duration::from_secs(600)));
    assert_eq!(status.expires_at, Some(clock.wall() + Duration::from_secs(600)));
    assert!((510..=540).contains(&status.refresh_in.unwrap().as_secs()));
    clock.advance(Duration::from_secs(541));
    phase(TokenPhase::Advisory);
    provider.token().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let status = provider.status();
    assert_eq!(status.last_error.unwrap().kind(), AuthErrorKind::Unavailable);
    assert!(status.refresh_in.unwrap() > Duration::ZERO && status.failures == 1);
    clock.advance(Duration::from_secs(35));
    phase(TokenPhase::Mandatory);
    provider.token().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let second = provider.token().await.unwrap();
    provider.invalidate(&second);
    phase(TokenPhase::Rejected);
    assert!(provider.token().await.is_err());
    phase(TokenPhase::Refused);
    drop(provider);
    assert_eq!(
        *diary.0.lock().unwrap(),
        ["obtained 1", "failed Unavailable 1", "refreshed 3", "rejected 3", "failed CredentialsRejected 1"]
    );
}
