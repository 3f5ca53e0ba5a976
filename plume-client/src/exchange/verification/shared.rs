//! The state behind its lock, and the callers that wait for a check.

use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use http::Uri;
use plume_auth::{ProviderIdentity, TokenKey};

use crate::exchange::verification::machine::{Checked, Machine};

/// The verification of one provider's tokens at one base URL.
#[derive(Default)]
pub(in crate::exchange) struct Verification {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    machine: Machine<Uri>,
    /// The wakers of callers that wait for the current check.
    waiting: HashMap<u64, Waker>,
    waiters: u64,
}

/// One [`Verification`] for each base URL, kept in the provider's identity.
#[derive(Default)]
struct ByBase(Mutex<HashMap<String, Arc<Verification>>>);

impl Verification {
    /// Returns the verification of a provider at `base`.
    pub(in crate::exchange) fn of(provider: &ProviderIdentity, base: &str) -> Arc<Self> {
        let by_base = provider.shared::<ByBase>();
        let mut by_base = by_base.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(by_base.entry(base.to_owned()).or_default())
    }

    /// Starts the check `number`. Dropping the result leaves the check to another caller.
    pub(in crate::exchange) fn run(&self, number: u64) -> Run<'_> {
        Run { verification: self, number: Some(number) }
    }

    /// Waits until the check `number` has ended.
    pub(in crate::exchange) fn ended(&self, number: u64) -> Ended<'_> {
        Ended { verification: self, number, waiter: None }
    }

    /// Runs an event through the machine, and wakes the callers of a check that has ended, outside the lock.
    pub(in crate::exchange) fn with<T>(&self, work: impl FnOnce(&mut Machine<Uri>) -> T) -> T {
        // Every change under the lock is complete, so a poisoned lock is valid.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.machine.running();
        let result = work(&mut state.machine);
        let over = before.is_some() && state.machine.running() != before;
        let woken = if over { std::mem::take(&mut state.waiting) } else { HashMap::new() };
        drop(state);
        for waker in woken.into_values() {
            waker.wake();
        }
        result
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").finish_non_exhaustive()
    }
}

/// A check in progress.
pub(in crate::exchange) struct Run<'v> {
    verification: &'v Verification,
    /// `None` once it has ended.
    number: Option<u64>,
}

impl Run<'_> {
    /// Ends the check. Returns whether its token must be dropped.
    pub(in crate::exchange) fn ended(mut self, token: TokenKey, end: Checked) -> bool {
        let Some(number) = self.number.take() else { return false };
        self.verification.with(|machine| machine.checked(number, token, end))
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.verification.with(|machine| machine.lost(number));
        }
    }
}

/// A future that resolves when a check ends.
pub(in crate::exchange) struct Ended<'v> {
    verification: &'v Verification,
    number: u64,
    waiter: Option<u64>,
}

impl Future for Ended<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let ended = self.get_mut();
        // Cloned and dropped outside the lock, because both can run foreign code.
        let waker = cx.waker().clone();
        let mut state = ended.verification.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.machine.running() != Some(ended.number) {
            drop(state);
            return Poll::Ready(());
        }
        let waiter = *ended.waiter.get_or_insert_with(|| {
            state.waiters += 1;
            state.waiters
        });
        let replaced = state.waiting.insert(waiter, waker);
        drop(state);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter else { return };
        let mut state = self.verification.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waker = state.waiting.remove(&waiter);
        drop(state);
        drop(waker);
    }
}
