//! Calls in programs that are not async.

use std::task::{Context, Waker};

use futures_util::{Stream, StreamExt};
use tokio::{
    runtime::{Builder, Runtime},
    task::coop::poll_proceed,
};

use crate::client::settings::SettingsError;
use crate::error::Error;

/// A runtime that waits for calls in a program that is not async: a script, a test, a plug-in.
///
/// It has no methods of the API. It waits for any future and iterates over any stream of the client:
///
/// ```no_run
/// # fn run() -> Result<(), plume_client::Error> {
/// use plume_client::{Blocking, Client, Filter};
///
/// let client = Client::from_env()?;
/// let blocking = Blocking::new()?;
/// let home = client.customer("5f0000000000000000000001").location("5f0000000000000000000002");
/// for node in &blocking.run(home.nodes())? {
///     println!("{}", node.display_name());
/// }
/// for customer in blocking.iterate(client.customers().pages().items()) {
///     println!("{}", customer?.display_name());
/// }
/// # Ok(()) }
/// ```
///
/// One is enough for a program, and it should live as long as the client: idle connections belong to it. Threads can share
/// it. In a program that is async elsewhere it works on threads that may block: those of `tokio::task::spawn_blocking`,
/// and within `tokio::task::block_in_place`.
#[derive(Debug)]
pub struct Blocking {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

impl Blocking {
    /// Creates a runtime without threads of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings) if the operating system lacks the resources.
    pub fn new() -> Result<Self, Error> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| SettingsError::one(format!("failed to create a runtime: {}", error.kind())))?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Waits for a call and returns its result.
    ///
    /// # Errors
    ///
    /// The call's [`Error`]; [`ErrorKind::Settings`](crate::ErrorKind::Settings) inside an async task, where waiting would
    /// block the runtime.
    ///
    /// # Panics
    ///
    /// Inside a task that opted out of tokio's scheduling (`tokio::task::unconstrained`), which looks like a thread that
    /// may block.
    pub fn run<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let misplaced = || {
            SettingsError::one(
                "`Blocking::run` was called in an async task; await the call, or use `spawn_blocking`",
            )
        };
        match &self.runtime {
            Some(runtime) if !is_in_task() => runtime.block_on(call),
            _ => Err(misplaced().into()),
        }
    }

    /// Returns an iterator over a stream, which waits for each item.
    pub fn iterate<T, E: From<Error>>(
        &self,
        mut stream: impl Stream<Item = Result<T, E>> + Unpin,
    ) -> impl Iterator<Item = Result<T, E>> {
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = self.run(async { Ok(stream.next().await) });
            match next {
                Ok(item) => item,
                // Waiting itself failed, and would fail again.
                Err(error) => {
                    ended = true;
                    Some(Err(error.into()))
                }
            }
        })
    }
}

/// Returns whether the caller is an async task, which must not block.
///
/// Threads that may block belong to a runtime as well. A task has a budget of steps before it has to yield, and such a
/// thread has none. Every step that is taken here is given back.
fn is_in_task() -> bool {
    // More than any budget.
    const STEPS: usize = 256;
    let mut context = Context::from_waker(Waker::noop());
    let mut taken = Vec::new();
    let ended = (0..STEPS).any(|_| match poll_proceed(&mut context) {
        std::task::Poll::Ready(step) => {
            taken.push(step);
            false
        }
        std::task::Poll::Pending => true,
    });
    // In reverse, because each step restores the budget before it.
    while taken.pop().is_some() {}
    ended
}

impl Drop for Blocking {
    fn drop(&mut self) {
        // Dropping a runtime waits for its threads, which is not allowed inside another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
