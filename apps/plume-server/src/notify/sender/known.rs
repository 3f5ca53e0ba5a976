//! Reads of a channel and its state.

use chrono::{DateTime, Utc};
use plume::{monitor::ids::TenantId, runtime::time};

use crate::notify::channel::{Channel, ChannelState};
use crate::notify::content::Names;
use crate::notify::sender::run::{HOUR, Sender};
use crate::store::{
    Result,
    model::{Queue, RecordKind},
};

/// A channel that fails. It may not exist.
pub(super) struct Failing<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    /// The channel that reports it.
    pub(super) fallback: Option<&'a str>,
}

/// A channel of a turn, with what the store knows of it.
pub(super) struct Known {
    /// The channel, or the reason why it cannot be used.
    pub(super) channel: std::result::Result<Channel, String>,
    pub(super) state: ChannelState,
    pub(super) edition: u64,
    pub(super) names: Names,
}

impl Known {
    /// Returns the channel for a report about it.
    pub(super) fn failing<'a>(&'a self, queue: &'a Queue) -> Failing<'a> {
        let channel = self.channel.as_ref().ok();
        Failing {
            id: &queue.channel,
            name: channel.map_or(&queue.channel, |channel| &channel.name),
            fallback: channel.and_then(|channel| channel.fallback.as_deref()),
        }
    }
}

/// The name of the stored state of a channel.
pub(super) fn state_name(channel: &str) -> String {
    format!("channel:{channel}")
}

impl Sender {
    /// Reads a channel, its state, and the names of its tenant.
    pub(super) async fn known(&self, queue: &Queue) -> Result<Known> {
        let mut channel = Err("the channel does not exist".to_owned());
        let mut changed = None;
        for (id, record) in self.parts.store.each_record(&queue.tenant, RecordKind::Channel).await? {
            if id != queue.channel {
                continue;
            }
            channel = record.map_err(|error| error.to_string()).and_then(|record| {
                changed = Some(record.changed);
                let read = serde_json::from_slice::<Channel>(&record.body);
                // The error would repeat a part of the document, which may be secret.
                read.map_err(|_| "the document of the channel is not one of this version".to_owned())
            });
        }
        let (mut state, edition) = self.state(queue).await?;
        if let Some(changed) = changed {
            state.renew(changed);
        }
        let tenants = self.parts.store.tenants().await?;
        let tenant = tenants.into_iter().find(|tenant| tenant.id == queue.tenant);
        let names = tenant.map_or_else(Names::default, |tenant| Names::of_tenant(tenant.id, tenant.name));
        Ok(Known { channel, state, edition, names })
    }

    pub(super) async fn state(&self, queue: &Queue) -> Result<(ChannelState, u64)> {
        let name = state_name(&queue.channel);
        let found = self.parts.store.record(&queue.tenant, RecordKind::State, &name).await?;
        let read = |record: crate::store::model::Record| {
            (serde_json::from_slice(&record.body).unwrap_or_default(), record.edition)
        };
        Ok(found.map(read).unwrap_or_default())
    }

    /// Returns the channels of a tenant that can be read, those that work first.
    pub(super) async fn working_first(&self, tenant: &TenantId) -> Result<Vec<(String, Channel)>> {
        let mut found = Vec::new();
        for (id, record) in self.parts.store.each_record(tenant, RecordKind::Channel).await? {
            let channel = record.ok().and_then(|record| serde_json::from_slice::<Channel>(&record.body).ok());
            let Some(channel) = channel else { continue };
            let queue = Queue { tenant: tenant.clone(), channel: id };
            let is_failing = self.state(&queue).await?.0.failing_since.is_some();
            found.push((is_failing, queue.channel, channel));
        }
        found.sort_by_key(|(is_failing, _, _)| *is_failing);
        Ok(found.into_iter().map(|(_, id, channel)| (id, channel)).collect())
    }

    /// Returns the times of the messages of the last hour, also of those before the start of this process.
    pub(super) async fn sent_before(&self, queue: &Queue, now: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>> {
        if let Some(sent) = self.sent(queue, now) {
            return Ok(sent);
        }
        let since = time::before(now, HOUR);
        let times = self.parts.store.sent_since(&queue.tenant, &queue.channel, since).await?;
        self.know_sent(queue, times);
        Ok(self.sent(queue, now).unwrap_or_default())
    }
}
