//! The channels of a visible tenant.

use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::access::{Role, audit::AuditEvent};
use crate::notify::{
    Channel, ChannelState, Means, forget, lost_messages, resume, send_test, silence, stray_channels,
};
use crate::store::{
    Result, StoreError, StoreErrorKind,
    model::{Backlog, DeadLetter, Delivery, RecordKind},
};
use crate::web::dashboard::outlook::Outlook;
use crate::web::dashboard::visible::{SOMEONE, Visible, VisibleTenant};
use crate::web::view::reason;

/// A channel with its condition.
#[derive(Debug, Clone)]
pub(in crate::web) struct Listed {
    pub(in crate::web) id: String,
    /// 0 for a channel that does not exist and has messages.
    pub(in crate::web) edition: u64,
    /// `None` for a document that cannot be read.
    pub(in crate::web) channel: Option<Channel>,
    pub(in crate::web) state: ChannelState,
    pub(in crate::web) backlog: Backlog,
    /// Whether a route names it.
    pub(in crate::web) is_routed: bool,
}

impl Listed {
    /// Returns the name for people.
    pub(in crate::web) fn name(&self) -> &str {
        self.channel.as_ref().map_or(&self.id, |channel| &channel.name)
    }

    /// Returns the condition in a word: whether it works, and what it waits for.
    pub(in crate::web) fn word(&self, now: DateTime<Utc>) -> &'static str {
        match &self.state {
            _ if self.edition == 0 => "does not exist",
            _ if self.channel.is_none() => "unreadable",
            state if state.failing_since.is_some() && state.paused(now).is_some() => "failing, paused",
            state if state.failing_since.is_some() => "failing",
            state if state.worked_at.is_some() => "working",
            _ => "not used yet",
        }
    }
}

impl Visible {
    /// Returns a line if no message is sent at all, for channels that routes name and visible tenants do not have, and for visitors
    /// that see all tenants for routes that are never used.
    pub(in crate::web) async fn lost_messages(&self) -> Result<Vec<String>> {
        let routes = &self.dashboard.outlook().routes;
        let mut known = Vec::new();
        for tenant in self.tenants().await? {
            known.push(self.dashboard.store().route_names(&tenant.id).await?);
        }
        let lines = match self.has_all() {
            true => lost_messages(routes, &known),
            false => {
                let silence = silence(routes).map(str::to_owned).into_iter();
                silence.chain(stray_channels(routes, &known)).collect()
            }
        };
        Ok(lines.iter().map(|line| reason(line)).collect())
    }
}

impl VisibleTenant {
    fn outlook(&self) -> &Outlook {
        self.visible.dashboard.outlook()
    }

    /// Returns what channels can use.
    pub(in crate::web) fn means(&self) -> &Means {
        &self.outlook().means
    }

    /// Returns the channels by their id, then those with messages that do not exist: removed, or named wrongly by a route.
    pub(in crate::web) async fn channels(&self) -> Result<Vec<Listed>> {
        let store = self.visible.dashboard.store();
        let states = store.records(&self.id, RecordKind::State).await?;
        let backlogs = store.backlogs(&self.id).await?;
        let records = store.each_record(&self.id, RecordKind::Channel).await?;
        let listed = |id: &str, edition: u64, channel: Option<Channel>| {
            let name = format!("channel:{id}");
            let state = states.iter().find(|state| state.id == name);
            let state = state.and_then(|state| serde_json::from_slice(&state.body).ok());
            let backlog = backlogs.iter().find(|backlog| backlog.channel == id).cloned();
            let none = || Backlog { channel: id.to_owned(), waiting: 0, oldest: None, dead: 0 };
            Listed {
                channel,
                state: state.unwrap_or_default(),
                backlog: backlog.unwrap_or_else(none),
                is_routed: self.is_routed(id),
                edition,
                id: id.to_owned(),
            }
        };
        let mut all: Vec<Listed> = Vec::new();
        for (id, record) in &records {
            all.push(match record {
                Ok(record) => listed(id, record.edition, serde_json::from_slice(&record.body).ok()),
                // It exists, and only its key could say which edition it has.
                Err(_) => listed(id, u64::MAX, None),
            });
        }
        let is_stray = |backlog: &&Backlog| !records.iter().any(|(id, _)| *id == backlog.channel);
        all.extend(backlogs.iter().filter(is_stray).map(|backlog| listed(&backlog.channel, 0, None)));
        Ok(all)
    }

    fn is_routed(&self, channel: &str) -> bool {
        let is_mine = |route: &&plume::monitor::notify::Route| {
            route.tenants.is_empty() || route.tenants.contains(&self.id)
        };
        let mut routes = self.outlook().routes.iter().filter(is_mine);
        routes.any(|route| route.channels.iter().any(|named| named.as_str() == channel))
    }

    /// Returns the latest attempts of a channel.
    pub(in crate::web) async fn channel_log(&self, channel: &str, limit: usize) -> Result<Vec<Delivery>> {
        self.visible.dashboard.store().channel_deliveries(&self.id, channel, limit).await
    }

    /// Returns the latest dead letters of a channel.
    pub(in crate::web) async fn dead_letters(&self, channel: &str, limit: usize) -> Result<Vec<DeadLetter>> {
        self.visible.dashboard.store().dead_letters(&self.id, channel, limit).await
    }

    /// A row of the audit about a channel.
    fn of_channel(&self, action: &str, channel: &str) -> AuditEvent {
        self.event(SOMEONE, &format!("channel {action}"), channel)
    }

    /// Stores a test message.
    pub(in crate::web) async fn test_channel(&self, channel: &str) -> Result<()> {
        self.visible.needs(Role::Operator)?;
        let person = self.visible.visitor().name();
        let stored = async {
            send_test(self.visible.dashboard.store(), &self.id, channel, person, self.visible.now()).await?;
            self.resume(channel).await
        };
        self.visible.audited(self.of_channel("test", channel), stored).await
    }

    /// Ends the pause of a channel, and makes its messages due.
    pub(in crate::web) async fn try_channel(&self, channel: &str) -> Result<()> {
        self.visible.needs(Role::Operator)?;
        self.visible.audited(self.of_channel("try", channel), self.resume(channel)).await
    }

    /// Sends dead letters again.
    pub(in crate::web) async fn revive(&self, channel: &str, message: Option<i64>) -> Result<usize> {
        self.visible.needs(Role::Operator)?;
        let revived = async {
            let now = self.visible.now();
            let revived = self.visible.dashboard.store().revive(&self.id, channel, message, now).await?;
            self.resume(channel).await?;
            Ok(revived)
        };
        self.visible.audited(self.of_channel("retry", channel), revived).await
    }

    /// Gives dead letters up.
    pub(in crate::web) async fn discard(&self, channel: &str, message: Option<i64>) -> Result<usize> {
        self.visible.needs(Role::Operator)?;
        let discarded = self.visible.dashboard.store().discard(&self.id, channel, message);
        self.visible.audited(self.of_channel("drop", channel), discarded).await
    }

    /// Writes a channel of the edition that the person saw, 0 for a new one.
    pub(in crate::web) async fn put_channel(&self, id: &str, edition: u64, channel: &Channel) -> Result<()> {
        self.visible.needs(Role::Admin)?;
        let store = self.visible.dashboard.store();
        if !store.tenants().await?.iter().any(|tenant: &crate::store::model::Tenant| tenant.id == self.id) {
            return Err(missing(&self.id));
        }
        let body = serde_json::to_vec(channel).unwrap_or_default();
        let written = async {
            store.put_record(&self.id, RecordKind::Channel, id, edition, body).await?;
            if edition == 0 {
                forget(store, &self.id, id).await?;
            }
            self.resume(id).await
        };
        self.visible.audited(self.of_channel("save", id), written).await
    }

    async fn resume(&self, channel: &str) -> Result<()> {
        resume(self.visible.dashboard.store(), &self.id, channel, self.visible.now()).await
    }

    /// Removes a channel of the edition that the person saw. Its messages wait for a day, and become dead letters.
    pub(in crate::web) async fn remove_channel(&self, id: &str, edition: u64) -> Result<()> {
        self.visible.needs(Role::Admin)?;
        let store = self.visible.dashboard.store();
        let removed = async {
            store.remove_record(&self.id, RecordKind::Channel, id, edition).await?;
            forget(store, &self.id, id).await
        };
        self.visible.audited(self.of_channel("remove", id), removed).await
    }

    /// Records that a table of this tenant is handed out.
    pub(in crate::web) async fn export(&self, table: &str, subject: &str) -> Result<()> {
        self.visible.dashboard.record(self.event(SOMEONE, &format!("{table} export"), subject)).await
    }
}

fn missing(tenant: &TenantId) -> StoreError {
    StoreError::new(StoreErrorKind::Missing, format!("there is no tenant {tenant}"))
}
