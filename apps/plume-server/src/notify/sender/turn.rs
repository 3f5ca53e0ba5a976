//! One turn of a channel: its whole backlog, in order.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use plume::{
    monitor::{
        ids::{HomeId, TenantId},
        monitor::OPERATOR,
        notify::Message,
    },
    runtime::time,
};

use plume_text::human;

use crate::notify::channel::{Channel, News, Target};
use crate::notify::content::{Body, Names};
use crate::notify::delivery::{Judged, Reply, Verdict, classify, next_attempt};
use crate::notify::render::{Envelope, render};
use crate::notify::sender::known::{Failing, Known, state_name};
use crate::notify::sender::plan::{BY_FLEET, Item, Need, merged, need, newest, summary};
use crate::notify::sender::report::{is_test, report};
use crate::notify::sender::run::{HOUR, Sender};
use crate::notify::sender::silence::Silence;
use crate::store::{
    Result, StoreErrorKind,
    model::{
        Announcer, Attempt, Committed, Decisions, Filed, Outcome, Outgoing, Queue, RecordKind, Sending,
        Silent,
    },
};

/// Time for a turn. Each attempt has a limit of its own, so the last one ends within the lease.
const TURN: Duration = Duration::from_secs(60);
/// Time for which messages are claimed.
const LEASE: Duration = Duration::from_secs(120);
/// Maximum number of messages in a turn.
const BATCH: usize = 1_000;
/// Time between two messages of a channel: Slack's limit, and that of a chat in Telegram.
const PACE: Duration = Duration::from_secs(1);
/// Maximum number of rows of the delivery log of an incident that show what was sent.
const LOG: usize = 500;

impl Sender {
    /// Sends what waits in a channel, until its first failure.
    pub(super) async fn turn(&self, queue: &Queue) -> Result<()> {
        let now = self.now();
        let mut known = self.known(queue).await?;
        let mut taken = self.parts.store.take_messages(queue, now, LEASE, BATCH).await?;
        if let Some(until) = known.state.paused(now) {
            let suspect = known.state.suspect();
            let is_other = |sending: &Sending| suspect.is_some_and(|suspect| sending.id != suspect);
            let (others, paused): (Vec<_>, Vec<_>) = taken.into_iter().partition(is_other);
            self.postpone(&paused, until).await?;
            if others.is_empty() {
                return Ok(());
            }
            // The receiver may refuse one message only, which must not keep the others.
            taken = others;
        }
        let channel = match &known.channel {
            Ok(channel) => channel.clone(),
            Err(reason) => {
                let reason = reason.clone();
                return self.refuse(queue, &mut known, taken, reason).await;
            }
        };
        let items = self.parsed(taken).await?;
        let (items, replaced) = newest(items);
        for (newer, older) in &replaced {
            if self.parts.store.supersede(older, newer, now).await? == Committed::Taken {
                return Ok(());
            }
        }
        let mut items = self.needed(queue, items, now).await?;
        // Whether the channel works is seen by the others first: a message that failed alone, or before the last success, waits.
        let (suspect, failures) = (known.state.suspect(), known.state.failures);
        items.sort_by_key(|item| item.sending.attempts > failures || Some(item.sending.id) == suspect);
        for home in items.iter().flat_map(|item| Names::homes_of(&item.body)) {
            if let Some(name) = self.name_of(queue, &home).await? {
                known.names.add_home(home, name);
            }
        }
        let sent = self.sent_before(queue, now).await?;
        let is_alertmanager = matches!(channel.target, Target::Alertmanager { .. });
        // An Alertmanager groups and limits itself, and the same alerts are repeated to it anyway.
        let most = match is_alertmanager {
            true => usize::MAX,
            false => usize::try_from(channel.max_per_hour).unwrap_or(usize::MAX),
        };
        let room = most.saturating_sub(sent.len());
        if room == 0 && !items.is_empty() {
            // Until the oldest of those that count leaves the hour.
            let first = sent.get(sent.len().saturating_sub(most)).copied().unwrap_or(now);
            let taken: Vec<Sending> = items.into_iter().map(|item| item.sending).collect();
            return self.hold(&taken, time::after(first, HOUR)).await;
        }
        let (merged, items) = if is_alertmanager { (Vec::new(), items) } else { merged(items, room) };
        if !merged.is_empty() {
            self.summarize(queue, &merged, &known.names, now).await?;
            let alone: Vec<Sending> = items.into_iter().map(|item| item.sending).collect();
            return self.postpone(&alone, now).await;
        }
        self.send_all(queue, &channel, &mut known, items).await
    }

    async fn send_all(
        &self,
        queue: &Queue,
        channel: &Channel,
        known: &mut Known,
        items: Vec<Item>,
    ) -> Result<()> {
        let began = self.parts.clock.monotonic();
        let (mut items, mut has_worked) = (items.into_iter(), false);
        while let Some(item) = items.next() {
            if self.parts.clock.monotonic().saturating_sub(began) >= TURN {
                let rest: Vec<Sending> = [item].into_iter().chain(items).map(|item| item.sending).collect();
                return self.postpone(&rest, self.now()).await;
            }
            if self.parts.store.begin(&item.sending).await? == Committed::Taken {
                continue;
            }
            let judged = self.attempt(channel, &known.names, &item).await;
            if matches!(judged.verdict, Verdict::Sent | Verdict::Accepted) {
                remember_alert(channel, known, &item);
                has_worked = true;
            }
            if let (true, Verdict::Retry { after: None, is_uncertain }) = (has_worked, judged.verdict) {
                // The channel works, so it is the message: it waits alone.
                self.retry_alone(queue, &item.sending, judged.detail, is_uncertain).await?;
                continue;
            }
            if let Some(pause) = self.settle(queue, known, &item.sending, judged).await? {
                let rest: Vec<Sending> = items.map(|item| item.sending).collect();
                return self.postpone(&rest, pause).await;
            }
            if items.len() > 0 {
                self.parts.clock.sleep(PACE).await;
            }
        }
        Ok(())
    }

    /// Returns the name of a home, also of one that was removed.
    async fn name_of(&self, queue: &Queue, home: &HomeId) -> Result<Option<String>> {
        if let Some(found) = self.parts.store.home(&queue.tenant, home).await? {
            return Ok(Some(found.name));
        }
        let removed = self.parts.store.record(&queue.tenant, RecordKind::Removed, home.as_str()).await?;
        Ok(removed.and_then(|record| String::from_utf8(record.body).ok()))
    }

    async fn attempt(&self, channel: &Channel, names: &Names, item: &Item) -> Judged {
        let (now, target) = (self.now(), &channel.target);
        let (from, bot) = (self.parts.from.as_str(), self.parts.bot.as_ref());
        let envelope = Envelope { sending: &item.sending, body: &item.body, names, from, bot, now };
        let reply = match render(target, &envelope) {
            Ok(request) => self.parts.carriers.carry(request).await,
            Err(reason) => Reply::Impossible(reason),
        };
        classify(target, &reply, self.now())
    }

    /// Records a failure of one message beside others that were sent.
    async fn retry_alone(
        &self,
        queue: &Queue,
        sending: &Sending,
        detail: String,
        is_uncertain: bool,
    ) -> Result<()> {
        let now = self.now();
        let next = || next_attempt(sending.attempts.saturating_add(1), None, sending.alive_since, now);
        let at = if is_test(&sending.message) { None } else { next() };
        let outcome = at.map_or(Outcome::Dead, |at| Outcome::Retry { at, is_uncertain });
        self.log_dead(queue, sending, &outcome, &detail);
        self.parts.store.settle(sending, Attempt { at: now, detail, outcome }).await.map(drop)
    }

    /// Writes a line about a message that is given up.
    fn log_dead(&self, queue: &Queue, sending: &Sending, outcome: &Outcome, detail: &str) {
        if matches!(outcome, Outcome::Dead) {
            let (tenant, channel, id) = (&queue.tenant, &queue.channel, &sending.message.dedup);
            tracing::warn!(%tenant, channel, id, "a message is a dead letter: {detail}");
        }
    }

    /// Records an attempt. Returns the end of the pause if the channel fails.
    async fn settle(
        &self,
        queue: &Queue,
        known: &mut Known,
        sending: &Sending,
        judged: Judged,
    ) -> Result<Option<DateTime<Utc>>> {
        let now = self.now();
        let Judged { verdict, detail, refused } = judged;
        let is_test = is_test(&sending.message);
        let (outcome, pause) = match verdict {
            Verdict::Retry { .. } if is_test => (Outcome::Dead, None),
            Verdict::Sent => (Outcome::Sent, None),
            Verdict::Accepted => (Outcome::Accepted, None),
            Verdict::Failed => (Outcome::Dead, None),
            Verdict::Retry { after, is_uncertain } => {
                // A new message does not hurry a channel that fails for long.
                let attempts = sending.attempts.max(known.state.failures).saturating_add(1);
                match next_attempt(attempts, after, sending.alive_since, now) {
                    Some(at) => (Outcome::Retry { at, is_uncertain }, Some(at)),
                    // The channel is tried with the next message.
                    None => (Outcome::Dead, next_attempt(attempts, after, now, now)),
                }
            }
        };
        let is_sent = matches!(outcome, Outcome::Sent | Outcome::Accepted);
        let kind = known.channel.as_ref().ok().map(|channel| channel.target.kind());
        self.parts.meters.message(kind, outcome.as_str());
        self.log_dead(queue, sending, &outcome, &detail);
        let attempt = Attempt { at: now, detail: detail.clone(), outcome };
        self.parts.store.settle(sending, attempt).await?;
        if is_test && !is_sent {
            return Ok(None);
        }
        let (tenant, channel, since) = (&queue.tenant, &queue.channel, known.state.failing_since);
        let works = is_sent && refused.is_none();
        let is_new = since.is_none() || is_sent != (known.state.failures == 0);
        match (works, since) {
            (true, Some(since)) => {
                let after = human(time::between(since, now));
                tracing::info!(%tenant, channel, "a channel works again after {after}");
            }
            (false, _) if is_new => tracing::warn!(%tenant, channel, "a channel fails: {detail}"),
            _ => {}
        }
        if is_sent {
            self.add_sent(queue, now);
        }
        let news = if works {
            known.state.worked(now)
        } else if let Some(refused) = refused.filter(|_| is_sent) {
            // The channel is not paused: the others have the message.
            known.state.refused(now, &format!("refused {refused}"))
        } else {
            // A channel that cannot be used is repaired by people only.
            let is_final = verdict == Verdict::Failed || known.channel.is_err();
            let culprit = known.state.culprit;
            let news = known.state.failed(now, &detail, pause, is_final);
            if matches!(verdict, Verdict::Retry { after: None, .. }) {
                known.state.blame(sending.id, sending.attempts, culprit);
            }
            news
        };
        self.save(queue, known, news, &detail).await?;
        Ok(pause)
    }

    /// Writes the state of a channel together with the message about it on another channel.
    pub(super) async fn save(
        &self,
        queue: &Queue,
        known: &mut Known,
        news: Option<News>,
        cause: &str,
    ) -> Result<()> {
        let message = match news {
            Some(news) => self.report(queue, known, news, cause).await?,
            None => None,
        };
        let body = serde_json::to_vec(&known.state).unwrap_or_default();
        let decisions = Decisions {
            states: vec![(state_name(&queue.channel), known.edition, body)],
            outbox: message.into_iter().collect(),
            ..Decisions::default()
        };
        let silent: Arc<dyn Announcer> = Arc::new(Silent);
        match self.parts.store.decide(&queue.tenant, decisions, &silent).await {
            Ok(()) => known.edition = known.edition.saturating_add(1),
            // Another sender has written it. Its state counts from the next turn.
            Err(error) if error.kind() == StoreErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Returns the message about a channel for another one of the tenant. Without another one, the operator has it.
    async fn report(
        &self,
        queue: &Queue,
        known: &Known,
        news: News,
        cause: &str,
    ) -> Result<Option<Outgoing>> {
        let failing = known.failing(queue);
        let mut others = self.working_first(&queue.tenant).await?;
        others.retain(|(id, _)| *id != queue.channel);
        if let Some(message) = report(&failing, news, cause, &others, self.now()) {
            return Ok(Some(message));
        }
        let (tenant, channel, operator) = (&queue.tenant, &queue.channel, TenantId::new(OPERATOR));
        let last = match *tenant == operator {
            true => Vec::new(),
            false => self.working_first(&operator).await?,
        };
        let name = format!("{} of the tenant {}", failing.name, known.names.tenant(tenant.as_str()));
        let id = format!("{tenant}/{channel}");
        let failing = Failing { id: &id, name: &name, fallback: None };
        let Some(message) = report(&failing, news, cause, &last, self.now()) else {
            if matches!(news, News::Failing(_)) {
                tracing::error!(%tenant, channel, "a channel fails, and there is no other to report it: {cause}");
            }
            return Ok(None);
        };
        let decisions = Decisions { outbox: vec![message], ..Decisions::default() };
        let silent: Arc<dyn Announcer> = Arc::new(Silent);
        self.parts.store.decide(&operator, decisions, &silent).await?;
        Ok(None)
    }

    /// Lets the messages of a channel wait that cannot be used, with the attempts of one that fails: a person may repair it, or
    /// give the key of its document.
    async fn refuse(
        &self,
        queue: &Queue,
        known: &mut Known,
        taken: Vec<Sending>,
        reason: String,
    ) -> Result<()> {
        let mut taken = taken.into_iter();
        let Some(first) = taken.next() else { return Ok(()) };
        let verdict = Verdict::Retry { after: None, is_uncertain: false };
        let pause =
            self.settle(queue, known, &first, Judged { verdict, detail: reason, refused: None }).await?;
        let rest: Vec<Sending> = taken.collect();
        self.postpone(&rest, pause.unwrap_or_else(|| self.now())).await
    }

    async fn parsed(&self, taken: Vec<Sending>) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        for sending in taken {
            match Body::parse(&sending.message.body) {
                Ok(body) => items.push(Item { sending, body }),
                Err(detail) => {
                    let attempt = Attempt { at: self.now(), detail, outcome: Outcome::Dead };
                    self.parts.store.settle(&sending, attempt).await?;
                }
            }
        }
        Ok(items)
    }

    /// Settles the messages that are not needed now. Returns the others.
    async fn needed(&self, queue: &Queue, items: Vec<Item>, now: DateTime<Utc>) -> Result<Vec<Item>> {
        let records = self.parts.store.records(&queue.tenant, RecordKind::Silence).await?;
        let silences: Vec<Silence> =
            records.iter().filter_map(|record| serde_json::from_slice(&record.body).ok()).collect();
        let mut kept = Vec::new();
        for item in items {
            let Some(message) = item.body.message() else {
                kept.push(item);
                continue;
            };
            let filed = self.parts.store.incident(&queue.tenant, &message.incident).await?;
            match need(message, filed.as_ref().map(|filed| &filed.incident), &silences, now) {
                Need::Send => kept.push(item),
                Need::Wait(until) => self.hold(&[item.sending], until).await?,
                Need::Over(reason) => {
                    if reason == BY_FLEET && !self.withdraw(queue, message, filed).await? {
                        // The incident has changed meanwhile: decide again.
                        self.postpone(&[item.sending], now).await?;
                        continue;
                    }
                    let attempt =
                        Attempt { at: now, detail: reason.to_owned(), outcome: Outcome::Superseded };
                    self.parts.store.settle(&item.sending, attempt).await?;
                }
            }
        }
        Ok(kept)
    }

    /// Takes back that a message was announced: a fleet incident reports the trouble now, and if it ends before the trouble,
    /// this is news. Returns whether the incident was still the one that was read.
    async fn withdraw(&self, queue: &Queue, message: &Message, filed: Option<Filed>) -> Result<bool> {
        let Some(mut filed) = filed else { return Ok(true) };
        let log = self.parts.store.deliveries(&queue.tenant, Some(&message.incident), LOG).await?;
        let is_sent = |outcome: &str| matches!(outcome, "sent" | "accepted");
        let was_sent = log.iter().any(|row| is_sent(&row.outcome) && row.at >= message.at);
        message.withdraw(&mut filed.incident, was_sent);
        let decisions = Decisions { edited: vec![filed], ..Decisions::default() };
        // The fleet incident announces it, so this one needs no message.
        let silent: Arc<dyn Announcer> = Arc::new(Silent);
        match self.parts.store.decide(&queue.tenant, decisions, &silent).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == StoreErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn summarize(
        &self,
        queue: &Queue,
        items: &[Item],
        names: &Names,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let older: Vec<Sending> = items.iter().map(|item| item.sending.clone()).collect();
        let (first, last) =
            (older.first().map_or(0, |first| first.id), older.last().map_or(0, |last| last.id));
        let body = Body::Summary { summary: summary(items, names) };
        let message = Outgoing {
            channel: queue.channel.clone(),
            incident: None,
            dedup: format!("summary:{first}-{last}:{}", now.timestamp_millis()),
            not_before: now,
            body: body.to_bytes(),
        };
        // The next turn sends it.
        self.parts.store.replace(&older, message, now).await.map(drop)
    }

    async fn postpone(&self, taken: &[Sending], until: DateTime<Utc>) -> Result<()> {
        for sending in taken {
            let outcome = Outcome::Postponed { at: until };
            let attempt = Attempt { at: self.now(), detail: String::new(), outcome };
            self.parts.store.settle(sending, attempt).await?;
        }
        Ok(())
    }

    /// Lets messages wait for a reason that is no failure.
    async fn hold(&self, taken: &[Sending], until: DateTime<Utc>) -> Result<()> {
        for sending in taken {
            let attempt =
                Attempt { at: self.now(), detail: String::new(), outcome: Outcome::Held { at: until } };
            self.parts.store.settle(sending, attempt).await?;
        }
        Ok(())
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.parts.clock.wall()
    }
}

/// Keeps the incidents whose alerts an Alertmanager expects again and again.
fn remember_alert(channel: &Channel, known: &mut Known, item: &Item) {
    if let (Target::Alertmanager { .. }, Some(message)) = (&channel.target, item.body.message()) {
        let incident = message.incident.to_string();
        match message.ended_at {
            None => known.state.repeated.insert(incident),
            Some(_) => known.state.repeated.remove(&incident),
        };
    }
}
