//! The routes of one incident.

use chrono::{DateTime, Utc};

use crate::ids::{ChannelId, TenantId};
use crate::incident::{Incident, Scope};
use crate::notify::decide::{NotifyContext, difference};

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

    /// Returns the circumstances of a decision about the incident. It waits while all of its routes are quiet.
    #[must_use]
    pub fn context(&self, incident: &Incident, in_maintenance: bool, now: DateTime<Utc>) -> NotifyContext {
        let is_of_group = matches!(incident.scope, Scope::Group(_));
        NotifyContext {
            in_maintenance,
            quiet_until: quiet_until(self.routes.iter().copied(), now),
            is_unheard: is_of_group && !incident.unheard(self.channels()).is_empty(),
        }
    }

    /// Returns the message about the incident, and records in the incident that it was announced. Store both together. What
    /// some channels know already goes to the others alone.
    #[must_use]
    pub fn announce(&self, incident: &mut Incident, kind: MessageKind, now: DateTime<Utc>) -> Message {
        let mut channels = self.channels();
        if kind == MessageKind::Problem && difference(incident).is_none() {
            channels = incident.unheard(channels);
        }
        let mut message = Message::announce(incident, kind, channels, now);
        let held = message
            .channels
            .iter()
            .filter_map(|channel| Some((channel.clone(), self.quiet_until(channel, now)?)));
        message.not_before = held.collect();
        message
    }

    /// Returns the end of the quiet hours of all routes to a channel: those of the incident, or, for the end of what the channel
    /// was sent by another one, those of its tenant.
    fn quiet_until(&self, channel: &ChannelId, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let has = |route: &&Route| route.channels.contains(channel);
        let own: Vec<&Route> = self.routes.iter().copied().filter(has).collect();
        if !own.is_empty() {
            return quiet_until(own, now);
        }
        let is_of_tenant = |route: &&Route| route.tenants.is_empty() || route.tenants.contains(&self.tenant);
        quiet_until(self.policy.routes.iter().filter(has).filter(is_of_tenant), now)
    }
}

/// Returns the first end of the quiet hours if all routes are quiet.
fn quiet_until<'a>(routes: impl IntoIterator<Item = &'a Route>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let ends: Option<Vec<_>> = routes.into_iter().map(|route| route.quiet_until(now)).collect();
    ends?.into_iter().min()
}
