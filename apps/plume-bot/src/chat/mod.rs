//! The conversation: what came in goes in, what is to be done comes out. No I/O, no waiting, no Telegram.
//!
//! [`Conversation::step`] is the way in. A bot of your own begins here: [`Command`] says what can be asked,
//! `conversation.rs` what is done about it, `views.rs` how an answer looks, and [`texts`] holds every word.

mod command;
mod conversation;
mod secret;
mod setup;
pub mod texts;
mod views;

pub use command::{COMMANDS, Command, Parsed, parse};
pub use conversation::{Conversation, Desk, Example};
pub use secret::Secret;
pub use setup::{Account, Setup};

use chrono::{DateTime, Utc};
use plume::health::Policy;
use plume_telegram::MessageId;
use serde::{Deserialize, Serialize};

use crate::plume_side::{Answer, Problem};

/// What happens to a conversation.
#[derive(Debug)]
pub enum Event {
    /// A text that is no command. May be a secret.
    Text(Secret),
    /// A picture, a file, a sticker or the like, or an earlier message that was changed.
    NotText {
        /// Everything that was written in it. May be a secret.
        written: Secret,
        /// Whether it is an earlier message.
        edited: bool,
    },
    /// A command.
    Command(Command),
    /// A button.
    Pressed(Action),
    /// A button that is no longer valid.
    Stale,
    /// What Plume had to say to [`Effect::Ask`].
    Answered(Question, Result<Answer, Problem>),
    /// A message with a secret could not be deleted.
    NotDeleted,
    /// The time of the set-up is over.
    TimedOut,
}

/// Where an event came from, and so where its answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Whether only one user reads along.
    pub private: bool,
    /// The message that holds what came in. `None` for a button.
    pub message: Option<MessageId>,
}

/// What is to be done, in this order.
#[derive(Debug)]
pub enum Effect {
    /// Takes the message that came in away. Always the first effect.
    Delete,
    /// Shows a screen: in place of the one whose button was pressed, else as a new message.
    Show(Screen),
    /// Shows a screen as a new message that must not wait.
    Warn(Screen),
    /// Asks Plume. The answer comes back as [`Event::Answered`].
    Ask(Question),
    /// Keeps [`Saved`] over a restart.
    Save,
}

/// One message: text in HTML, and rows of buttons.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Screen {
    /// The text.
    pub html: String,
    /// Labels and what they do.
    pub buttons: Vec<Vec<(String, Action)>>,
}

impl Screen {
    /// A message without buttons.
    pub fn text(html: impl Into<String>) -> Self {
        Self { html: html.into(), buttons: Vec::new() }
    }

    /// One more row of buttons. An empty one is left out.
    #[must_use]
    pub fn row<'a>(mut self, buttons: impl IntoIterator<Item = (&'a str, Action)>) -> Self {
        let row: Vec<_> = buttons.into_iter().map(|(label, action)| (label.to_owned(), action)).collect();
        if !row.is_empty() {
            self.buttons.push(row);
        }
        self
    }
}

/// What a button does. Stays on this side: Telegram gets a number in its place.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// As if the command had been typed.
    Do(Command),
    /// A report about a place.
    Report(Place, Report),
    /// A page of customers.
    Customers(u32),
    /// A page of a customer's locations.
    Locations(String, usize),
    /// This location, from now on.
    Choose(Place),
    /// Another setting.
    Set(Preferences),
}

/// A location, as this bot remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The customer's id.
    pub customer: String,
    /// The location's id.
    pub location: String,
    /// Its name, where it is known.
    pub name: Option<String>,
}

/// What can be reported about a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Findings and verdict.
    Health,
    /// The overview.
    Status,
    /// A page of pods.
    Nodes(usize),
    /// A page of devices.
    Devices(usize),
    /// Wi-Fi networks.
    Wifi,
    /// Internet traffic.
    Wan(WanRange),
    /// When it was online.
    Stats(StatsRange),
}

/// The time that a traffic report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WanRange {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

/// The time that an online report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatsRange {
    /// 3 hours.
    Hours3,
    /// 24 hours.
    Hours24,
    /// 7 days.
    Days7,
}

/// What is asked of Plume.
#[derive(Debug, Clone)]
pub enum Question {
    /// Whether this account works; with a number by which a later one is told from it.
    Test(Box<Account>, u32),
    /// A report.
    Report(Place, Report, Preferences),
    /// A page of customers.
    Customers(u32),
    /// A customer's locations, of which this page is shown.
    Locations(String, usize),
    /// Customers and locations that match.
    Find(String),
    /// What the location is called that was chosen.
    Name(Place),
    /// How this user stands with Plume.
    Whoami,
    /// To end the account's tokens.
    Revoke(Box<Account>),
}

impl Question {
    /// Whether a user who asks too much at a time can be told to ask again later. Signing in and out is not asked twice.
    #[must_use]
    pub fn may_wait(&self) -> bool {
        !matches!(self, Self::Test(..) | Self::Revoke(_) | Self::Name(_))
    }
}

/// What a user has chosen. Survives a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Judges as the original system did; see [`Policy::panoptes`].
    pub panoptes: bool,
    /// Rows of a page.
    pub rows: usize,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { panoptes: false, rows: 10 }
    }
}

impl Preferences {
    /// The rules by which health is judged.
    #[must_use]
    pub fn policy(&self) -> Policy {
        if self.panoptes { Policy::panoptes() } else { Policy::standard() }
    }
}

/// What is kept of a user over a restart. A set-up that is under way is not.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    /// The account of `/auth`.
    pub account: Option<Account>,
    /// The chosen location.
    pub place: Option<Place>,
    /// The settings.
    pub preferences: Preferences,
}

/// What time it is, for people.
pub(crate) fn clock_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}
