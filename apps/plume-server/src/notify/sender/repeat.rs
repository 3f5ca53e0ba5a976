//! The repetition of alerts: an Alertmanager forgets an alert that is not repeated.

use std::{collections::HashSet, time::Duration};

use plume::monitor::ids::IncidentId;

use crate::notify::channel::{Channel, Target};
use crate::notify::delivery::{Verdict, classify};
use crate::notify::render::alerts;
use crate::notify::sender::run::Sender;
use crate::store::{
    Result,
    model::{Queue, RecordKind},
};

/// Time between two repetitions. Alerts end after five times as long.
const EVERY: Duration = Duration::from_secs(60);
/// Maximum number of alerts in one request.
const BATCH: usize = 500;

impl Sender {
    /// Returns the channels whose alerts are to be repeated now, without those that are.
    pub(super) async fn alerting(&self, repeated: &HashSet<Queue>) -> Result<Vec<(Queue, Channel)>> {
        let mut due = Vec::new();
        for tenant in self.parts.store.tenants().await? {
            let all = Queue { tenant: tenant.id.clone(), channel: String::new() };
            if self.parts.suspended.has(&tenant.id) || !self.may_repeat(&all, self.now(), EVERY) {
                continue;
            }
            for (id, record) in self.parts.store.each_record(&tenant.id, RecordKind::Channel).await? {
                let queue = Queue { tenant: tenant.id.clone(), channel: id };
                let channel =
                    record.ok().and_then(|record| serde_json::from_slice::<Channel>(&record.body).ok());
                let is_due = |channel: &Channel| {
                    matches!(channel.target, Target::Alertmanager { .. }) && !repeated.contains(&queue)
                };
                if let Some(channel) = channel.filter(is_due) {
                    due.push((queue, channel));
                }
            }
        }
        Ok(due)
    }

    /// Repeats the alerts of open incidents, and resolves those that are over.
    pub(super) async fn repeat(&self, queue: &Queue, channel: &Channel) -> Result<()> {
        let Target::Alertmanager { url } = &channel.target else { return Ok(()) };
        let mut known = self.known(queue).await?;
        let ids: Vec<String> = known.state.repeated.iter().cloned().collect();
        let mut failure = None;
        for batch in ids.chunks(BATCH) {
            let mut incidents = Vec::new();
            for id in batch {
                let id = IncidentId::new(id.as_str());
                match self.parts.store.incident(&queue.tenant, &id).await? {
                    Some(filed) => incidents.push(filed.incident),
                    None => drop(known.state.repeated.remove(id.as_str())),
                }
            }
            let Ok(request) = alerts(url, &incidents, self.now()) else { continue };
            let reply = tokio::select! {
                biased;
                () = self.parts.suspended.when(&queue.tenant) => return Ok(()),
                reply = self.parts.carriers.carry(request) => reply,
            };
            let judged = classify(&channel.target, &reply, self.now());
            if judged.verdict == Verdict::Sent {
                for incident in incidents.iter().filter(|incident| !incident.is_open()) {
                    known.state.repeated.remove(incident.id.as_str());
                }
            } else {
                failure = Some((judged.verdict == Verdict::Failed, judged.detail));
            }
        }
        let (now, was_failing) = (self.now(), known.state.failing_since.is_some());
        // Without repetitions the Alertmanager takes the trouble for over, so people must see that they fail. Messages are
        // attempted all the same.
        let (news, cause) = match failure {
            Some((is_final, cause)) => {
                let pause = known.state.paused_until;
                (known.state.failed(now, &cause, pause, is_final), cause)
            }
            None if was_failing && !ids.is_empty() => (known.state.worked(now), String::new()),
            None if known.state.repeated.len() == ids.len() => return Ok(()),
            None => (None, String::new()),
        };
        self.save(queue, &mut known, news, &cause).await
    }
}
