//! The routes of one incident.

use chrono::{DateTime, Utc};

use crate::ids::{ChannelId, TenantId};
use crate::incident::Incident;
use crate::notify::decide::{NotifyContext, difference, is_of_group};
use crate::notify::kind::MessageKind;
use crate::notify::message::Message;
use crate::notify::policy::{NotifyPolicy, Route, RouteTarget};

/// The routes of an incident: its own, and those of the homes of a fleet incident. It replaces their messages, so it reaches
/// each channel that one of them would reach.
///
/// ```
/// use plume_health::Status;
/// use plume_monitor::notify::{NotifyPolicy, RouteTarget};
///
/// let policy: NotifyPolicy =
///     serde_json::from_str(r#"{"routes": [{"tags": ["vip"], "channels": ["pager"]}, {"channels": ["chat"]}]}"#)?;
/// let region = RouteTarget::new("north".into(), Status::Red);
/// let mut home = region.clone();
/// home.tags = vec!["vip".into()];
/// assert_eq!(policy.routing(region, [home]).channels(), ["chat".into(), "pager".into()]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Routing<'a> {
    policy: &'a NotifyPolicy,
    tenant: TenantId,
    routes: Vec<&'a Route>,
}

impl NotifyPolicy {
    /// Returns the routes of an incident, from its own target and those of the homes of a fleet incident.
    pub fn routing(&self, own: RouteTarget, homes: impl IntoIterator<Item = RouteTarget>) -> Routing<'_> {
        let tenant = own.tenant.clone();
        let mut routes: Vec<&Route> = Vec::new();
        for route in [own].into_iter().chain(homes).filter_map(|target| self.route(&target)) {
            if !routes.iter().any(|known| std::ptr::eq(*known, route)) {
                routes.push(route);
            }
        }
        Routing { policy: self, tenant, routes }
    }
}

impl<'a> Routing<'a> {
    /// Returns the route whose digests have the incident: its own, if there is one.
    #[must_use]
    pub fn first(&self) -> Option<&'a Route> {
        self.routes.first().copied()
    }

    /// Returns the channels of all routes.
    #[must_use]
    pub fn channels(&self) -> Vec<ChannelId> {
        let mut channels: Vec<ChannelId> = Vec::new();
        for channel in self.routes.iter().flat_map(|route| &route.channels) {
            if !channels.contains(channel) {
                channels.push(channel.clone());
            }
        }
        channels
    }

    /// Returns the circumstances of a decision about the incident. A fleet incident waits while all of its channels are quiet.
    #[must_use]
    pub fn context(&self, incident: &Incident, in_maintenance: bool, now: DateTime<Utc>) -> NotifyContext {
        if !is_of_group(incident) {
            let quiet_until = self.first().and_then(|route| route.quiet_until(now));
            return NotifyContext { in_maintenance, quiet_until, unheard_at: None };
        }
        let is_open = incident.is_open();
        let channels = if is_open { self.channels() } else { incident.notified.clone() };
        let times = channels.into_iter().map(|channel| (self.quiet_until(&channel, now), channel));
        let times: Vec<(Option<DateTime<Utc>>, ChannelId)> = times.collect();
        let is_quiet = !times.is_empty() && times.iter().all(|(until, _)| until.is_some());
        let unheard = times.iter().filter(|(_, channel)| is_open && !incident.has_heard(channel));
        NotifyContext {
            in_maintenance,
            quiet_until: times.iter().filter_map(|(until, _)| *until).min().filter(|_| is_quiet),
            unheard_at: unheard.map(|(until, _)| until.unwrap_or(now)).min(),
        }
    }

    /// Returns the message about the incident, and records in the incident that it was announced. Store both together.
    ///
    /// The first message of a fleet incident goes to the channels that are not quiet; the others have it later. All that
    /// follows goes to those that had it, and waits for the end of their quiet hours: see [`Message::not_before`].
    #[must_use]
    pub fn announce(&self, incident: &mut Incident, kind: MessageKind, now: DateTime<Utc>) -> Message {
        if !is_of_group(incident) {
            return Message::announce(incident, kind, self.channels(), now);
        }
        let is_begin = kind == MessageKind::Problem;
        let is_known = is_begin && difference(incident).is_none();
        let is_quiet = |channel: &ChannelId| self.quiet_until(channel, now).is_some();
        let mut channels = if incident.is_open() { self.channels() } else { incident.notified.clone() };
        channels.retain(|channel| match kind {
            MessageKind::Problem => !(is_quiet(channel) || is_known && incident.has_heard(channel)),
            _ => !incident.is_open() || incident.has_heard(channel),
        });
        let mut message = match is_known {
            true => Message::introduce(incident, channels, now),
            false => Message::announce(incident, kind, channels, now),
        };
        let held = message.channels.iter().map(|channel| (channel.clone(), self.quiet_until(channel, now)));
        message.not_before = held.filter_map(|(channel, until)| Some((channel, until?))).collect();
        message
    }

    /// Returns the end of the quiet hours of a channel, if all routes of the incident to it are quiet. If none leads to it any
    /// more, because its homes are well, the routes of the tenant count.
    fn quiet_until(&self, channel: &ChannelId, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let leads = |route: &&Route| route.channels.contains(channel);
        let mut routes: Vec<&Route> = self.routes.iter().copied().filter(leads).collect();
        if routes.is_empty() {
            let is_own = |route: &&Route| route.tenants.is_empty() || route.tenants.contains(&self.tenant);
            routes = self.policy.routes.iter().filter(leads).filter(is_own).collect();
        }
        let ends: Option<Vec<_>> = routes.into_iter().map(|route| route.quiet_until(now)).collect();
        ends?.into_iter().min()
    }
}
