//! Timers of the system clock, all on one thread of the process.

use std::{
    collections::BTreeMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// Replaces a time that the clock cannot represent.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
/// Maximum single wait of the thread.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// The time for which an idle thread is kept, so that many short waits do not start one thread each.
const LINGER: Duration = Duration::from_secs(10);
/// The polling interval of a caller if no thread could be started.
const STEP: Duration = Duration::from_millis(20);

static PROCESS: Alarm = Alarm::new(|alarm| {
    let thread = std::thread::Builder::new().name("plume-alarm".to_owned());
    thread.spawn(|| alarm.run()).map(drop)
});

/// Waits for `duration`. Needs no runtime.
pub(crate) fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
    PROCESS.sleep(duration)
}

#[expect(clippy::disallowed_methods, reason = "the alarm implements the waits of the system clock")]
fn now() -> Instant {
    Instant::now()
}

/// Wakes any number of waits in the order of their deadlines.
///
/// The thread starts with the first wait and ends [`LINGER`] after the last one.
struct Alarm {
    state: Mutex<State>,
    changed: Condvar,
    start: fn(&'static Alarm) -> io::Result<()>,
}

struct State {
    waits: BTreeMap<(Instant, u64), Waker>,
    next: u64,
    runs: bool,
}

impl Alarm {
    const fn new(start: fn(&'static Self) -> io::Result<()>) -> Self {
        let state = State { waits: BTreeMap::new(), next: 0, runs: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), start }
    }

    fn sleep(&'static self, duration: Duration) -> Sleep {
        let now = now();
        Sleep { alarm: self, until: now.checked_add(duration).unwrap_or_else(|| now + FAR), number: None }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete, so a poisoned lock is still valid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the thread.
    fn run(&self) {
        let mut state = self.lock();
        let mut idle = false;
        loop {
            let now = now();
            let later = state.waits.split_off(&(now, u64::MAX));
            let due = std::mem::replace(&mut state.waits, later);
            if !due.is_empty() {
                drop(state);
                for waker in due.into_values() {
                    // A panic of one waker must not end the other waits.
                    let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
                }
                state = self.lock();
                continue;
            }
            let rest = match state.waits.first_key_value() {
                Some(((until, _), _)) => until.saturating_duration_since(now).min(LONGEST),
                None if idle => {
                    state.runs = false;
                    return;
                }
                None => LINGER,
            };
            let waited = self.changed.wait_timeout(state, rest);
            let timeout;
            (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            idle = timeout.timed_out() && state.waits.is_empty();
        }
    }
}

/// A wait. Dropping it cancels it.
struct Sleep {
    alarm: &'static Alarm,
    until: Instant,
    number: Option<u64>,
}

impl Sleep {
    /// Registers the waker. Returns whether there is a thread to call it.
    fn file(&mut self, waker: Waker) -> bool {
        let mut state = self.alarm.lock();
        let number = *self.number.get_or_insert_with(|| {
            state.next = state.next.wrapping_add(1);
            state.next
        });
        let place = (self.until, number);
        let old = state.waits.insert(place, waker);
        // Started under the lock, so that no other wait relies on a thread that could not be started.
        if !state.runs {
            state.runs = (self.alarm.start)(self.alarm).is_ok();
        } else if state.waits.first_key_value().is_some_and(|(first, _)| *first == place) {
            self.alarm.changed.notify_one();
        }
        let runs = state.runs;
        drop(state);
        drop(old);
        runs
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.until.saturating_duration_since(now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        if !self.file(cx.waker().clone()) {
            // No thread could be started: the wait is coarse, but neither too short nor a busy loop.
            std::thread::park_timeout(left.min(STEP));
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let waker = self.alarm.lock().waits.remove(&(self.until, number));
            drop(waker);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        task::Wake,
    };

    use super::*;

    /// Reports each wake.
    struct Bell(mpsc::Sender<()>);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            let _ = self.0.send(());
        }
    }

    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a foreign waker");
        }
    }

    fn alarm(start: fn(&'static Alarm) -> io::Result<()>) -> &'static Alarm {
        Box::leak(Box::new(Alarm::new(start)))
    }

    fn poll(sleep: &mut Sleep, waker: &Waker) -> Poll<()> {
        Pin::new(sleep).poll(&mut Context::from_waker(waker))
    }

    #[test]
    fn waits_share_one_thread_and_leave_no_state() {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        let alarm = alarm(|alarm| {
            THREADS.fetch_add(1, Ordering::SeqCst);
            std::thread::Builder::new().spawn(|| alarm.run()).map(drop)
        });
        let (bell, rung) = mpsc::channel();
        let waker = Waker::from(Arc::new(Bell(bell)));
        let mut long: Vec<_> = (0..1_000).map(|hours| alarm.sleep(LONGEST * (1 + hours))).collect();
        let mut endless = alarm.sleep(Duration::MAX);
        assert!(long.iter_mut().all(|sleep| poll(sleep, &waker).is_pending()));
        assert!(poll(&mut endless, &waker).is_pending());
        // Later than the others, earlier than they end; and again after that.
        for _ in 0..3 {
            let mut short = alarm.sleep(Duration::from_millis(1));
            while poll(&mut short, &waker).is_pending() {
                rung.recv_timeout(Duration::from_secs(20)).unwrap();
            }
        }
        assert_eq!(THREADS.load(Ordering::SeqCst), 1);
        assert_eq!(alarm.lock().waits.len(), 1_001);
        drop((long, endless));
        assert_eq!(alarm.lock().waits.len(), 0);
    }

    #[test]
    fn a_waker_that_panics_does_not_end_the_alarm() {
        let alarm = alarm(|alarm| std::thread::Builder::new().spawn(|| alarm.run()).map(drop));
        let mut wrong = alarm.sleep(Duration::from_millis(1));
        assert!(poll(&mut wrong, &Waker::from(Arc::new(Panics))).is_pending());
        let (bell, rung) = mpsc::channel();
        let waker = Waker::from(Arc::new(Bell(bell)));
        let mut right = alarm.sleep(Duration::from_millis(2));
        while poll(&mut right, &waker).is_pending() {
            rung.recv_timeout(Duration::from_secs(20)).unwrap();
        }
    }

    #[test]
    fn without_a_thread_a_wait_is_neither_early_nor_a_busy_loop() {
        let alarm = alarm(|_| Err(io::ErrorKind::WouldBlock.into()));
        let (bell, rung) = mpsc::channel();
        let waker = Waker::from(Arc::new(Bell(bell)));
        let mut sleep = alarm.sleep(STEP * 5);
        let mut polls = 0;
        while poll(&mut sleep, &waker).is_pending() {
            polls += 1;
            rung.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        assert!(now() >= sleep.until);
        assert!(polls <= 10, "{polls} polls");
    }
}
