//! A clock that jumps to the next thing that happens, as soon as nobody has anything left to do.

use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use plume_runtime::Clock;

#[derive(Clone)]
pub(super) struct Timeline {
    state: Arc<Mutex<State>>,
    start: SystemTime,
}

#[derive(Default)]
struct State {
    now: Duration,
    next: u64,
    sleepers: BTreeMap<(Duration, u64), Waker>,
    stuck: bool,
    watcher: Option<Waker>,
}

impl Timeline {
    pub(super) fn new(start: SystemTime) -> Self {
        Self { state: Arc::default(), start }
    }

    /// Nobody has anything left to do now: the time moves to the next end of a sleep.
    pub(super) fn jump(&self) {
        let mut due = Vec::new();
        {
            let mut state = self.lock();
            match state.sleepers.first_key_value().map(|((until, _), _)| *until) {
                Some(until) => {
                    state.now = state.now.max(until);
                    while let Some(first) = state.sleepers.first_entry() {
                        if first.key().0 > until {
                            break;
                        }
                        due.push(first.remove());
                    }
                }
                None => {
                    state.stuck = true;
                    due.extend(state.watcher.take());
                }
            }
        }
        due.into_iter().for_each(Waker::wake);
    }

    /// Ends when nobody sleeps and nobody has anything left to do: something waits for what never comes.
    pub(super) fn stuck(&self) -> impl Future<Output = ()> + use<> {
        let timeline = self.clone();
        std::future::poll_fn(move |cx| {
            let mut state = timeline.lock();
            if state.stuck {
                return Poll::Ready(());
            }
            state.watcher = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("now", &self.lock().now).finish_non_exhaustive()
    }
}

#[async_trait]
impl Clock for Timeline {
    fn wall(&self) -> SystemTime {
        self.start + self.lock().now
    }

    fn monotonic(&self) -> Duration {
        self.lock().now
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.lock().now.saturating_add(duration);
        Sleep { timeline: self.clone(), until, key: None }.await;
    }
}

struct Sleep {
    timeline: Timeline,
    until: Duration,
    key: Option<(Duration, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let timeline = self.timeline.clone();
        let mut state = timeline.lock();
        if let Some(key) = self.key.take() {
            state.sleepers.remove(&key);
        }
        if state.now >= self.until {
            return Poll::Ready(());
        }
        let key = (self.until, state.next);
        state.next += 1;
        state.sleepers.insert(key, cx.waker().clone());
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.timeline.lock().sleepers.remove(&key);
        }
    }
}
