//! The tasks of a run, by name.

use std::collections::HashMap;

use tokio::task::{Id, JoinSet};

use crate::program::failed::Failed;

/// The tasks of a run. Dropping them ends them.
#[derive(Debug, Default)]
pub struct Tasks {
    running: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// Starts a task that runs until the request to stop.
    pub fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.running.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Waits for the end of a task; `None` if there is none. Returns the failure that it is before the request to stop, and
    /// whether it is one after the request, too.
    pub(super) async fn next(&mut self) -> Option<(Failed, bool)> {
        let ended = self.running.join_next_with_id().await?;
        let (id, cause, is_failure) = match ended {
            Ok((id, ())) => (id, "it returned".to_owned(), false),
            Err(error) => (error.id(), error.to_string(), true),
        };
        let name = self.names.remove(&id).unwrap_or("a task");
        Some((Failed::Ended { name, cause }, is_failure))
    }
}
