//! The repetition of alerts: an Alertmanager forgets an alert that is not repeated.

use std::{collections::HashSet, sync::Arc, time::Duration};

use plume::monitor::ids::IncidentId;

use crate::notify::channel::{Channel, Target};
use crate::notify::delivery::{Verdict, classify};
use crate::notify::render::alerts;
use crate::notify::sender::known::state_name;
use crate::notify::sender::run::Sender;
use crate::store::{
    Result, StoreErrorKind,
    model::{Announcer, Decisions, Queue, RecordKind, Silent},
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
            if !self.may_repeat(&all, self.now(), EVERY) {
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
        let (mut state, edition) = self.state(queue).await?;
        let ids: Vec<String> = state.repeated.iter().cloned().collect();
        for batch in ids.chunks(BATCH) {
            let mut incidents = Vec::new();
            for id in batch {
                let id = IncidentId::new(id.as_str());
                match self.parts.store.incident(&queue.tenant, &id).await? {
                    Some(filed) => incidents.push(filed.incident),
                    None => drop(state.repeated.remove(id.as_str())),
                }
            }
            let Ok(request) = alerts(url, &incidents, self.now()) else { continue };
            let reply = self.parts.carriers.carry(request).await;
            if classify(&channel.target, &reply, self.now()).verdict == Verdict::Sent {
                for incident in incidents.iter().filter(|incident| !incident.is_open()) {
                    state.repeated.remove(incident.id.as_str());
                }
            }
        }
        if state.repeated.len() == ids.len() {
            return Ok(());
        }
        let body = serde_json::to_vec(&state).unwrap_or_default();
        let states = vec![(state_name(&queue.channel), edition, body)];
        let silent: Arc<dyn Announcer> = Arc::new(Silent);
        let decisions = Decisions { states, ..Decisions::default() };
        match self.parts.store.decide(&queue.tenant, decisions, &silent).await {
            // A turn of the channel has written its state meanwhile; the next repetition continues.
            Err(error) if error.kind() == StoreErrorKind::Conflict => Ok(()),
            done => done,
        }
    }
}
