//! Messages: which incident needs one, when, and on which channels.
//!
//! [`decide`] compares an incident with what was last announced about it and says whether a message is due. The caller
//! stores the [`Message`] together with the incident, and sends it from there.
//!
//! * Red, orange and unknown are announced at once, after the hold that waits for a fleet incident. Yellow is announced
//!   in a daily [`Digest`].
//! * Trouble that was there at the first checks of a fleet is announced in one summary ([`SummaryTime`]), and then once a day
//!   in the digest until it ends or gets worse. So is the trouble of homes that a fleet incident left, if they are many.
//! * Yellow that is left of a home after the end of a fleet incident is announced in the digest.
//! * Nothing is announced in maintenance windows and quiet hours, and no fleet incident of homes in maintenance windows. After
//!   them, only the difference is. A digest at a quiet time waits for the end of the quiet hours.
//! * Flapping is announced at its start, and at its end with the final status.
//! * Trouble without an acknowledgement is repeated every few hours; yellow that is left of worse trouble, once a day in the
//!   digest.
//! * The end of trouble that was announced is always announced, to all channels that had a message about it.
//! * A fleet incident goes to the channels of its own route and of those of its homes ([`Routing`]). A channel whose first home
//!   joins later, or that is quiet, has the message later.
//!
//! ```
//! use plume_health::{Format, RuleId, Status};
//! use plume_monitor::ids::{HomeId, IncidentId};
//! use plume_monitor::incident::{Cause, CauseKind, ChangeKind, Incident, IncidentChange, Scope, Situation};
//! use plume_monitor::notify::{Decision, Message, MessageKind, NotifyContext, NotifyPolicy, decide};
//!
//! let now = "2026-01-15T10:00:00Z".parse()?;
//! let home = HomeId::new("home-1");
//! let root = Cause::new(CauseKind::Rule(RuleId::LocationOffline), "home-1", Status::Red, "The location is offline");
//! let mut change = IncidentChange::new(IncidentId::of_home(&home, now, 1), Scope::Home(home), ChangeKind::Opened, now);
//! change.situation = Some(Situation::new(root, now, "🔴 OFFLINE"));
//! let mut incident = Incident::open("provider".into(), &change).ok_or("no situation")?;
//!
//! let (policy, context) = (NotifyPolicy::standard(), NotifyContext::default());
//! assert_eq!(decide(&incident, &policy, context, now), Decision::Send(MessageKind::Problem));
//! let message = Message::announce(&mut incident, MessageKind::Problem, vec!["pager".into()], now);
//! assert!(message.render(Format::Text).starts_with("home-1: 🔴 red"));
//! // It is announced once.
//! assert!(matches!(decide(&incident, &policy, context, now), Decision::Wait(Some(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decide;
mod digest;
mod kind;
mod message;
mod phrases;
mod policy;
mod render;
mod routing;

pub use decide::{Decision, NotifyContext, decide, difference};
pub use digest::{Digest, DigestEntry, DigestKind, DueDigests, MAX_ENTRIES, SummaryTime, next_digest};
pub use kind::MessageKind;
pub use message::Message;
pub use policy::{NOTIFY_POLICY_VERSION, NotifyPolicy, Route, RouteTarget};
pub use routing::Routing;
