//! What happens to a conversation, and what is to be done about it.

use plume_telegram::MessageId;

use crate::chat::command::Command;
use crate::questions::{Answer, Place, Preferences, Problem, Question, Report};
use crate::secret::Secret;

/// What happens to a conversation.
#[derive(Debug)]
pub enum Event {
    /// A text that is no command. May be a secret.
    Text(Secret),
    /// A picture, a file, a sticker or the like, or an earlier message that was changed.
    NotText {
        /// Everything that was written in it. May be a secret.
        written: Secret,
        edited: bool,
    },
    Command(Command),
    Pressed(Action),
    Stale,
    Answered(Question, Result<Answer, Problem>),
    /// A message with a secret could not be deleted.
    NotDeleted,
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
    Save,
}

/// One message: text in HTML, and rows of buttons.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Screen {
    pub html: String,
    pub buttons: Vec<Vec<(String, Action)>>,
}

impl Screen {
    /// A message without buttons.
    pub fn text(html: impl Into<String>) -> Self {
        Self { html: html.into(), buttons: Vec::new() }
    }

    /// One more row of buttons. An empty one is left out.
    pub fn row<L: Into<String>>(mut self, buttons: impl IntoIterator<Item = (L, Action)>) -> Self {
        let row: Vec<_> = buttons.into_iter().map(|(label, action)| (label.into(), action)).collect();
        if !row.is_empty() {
            self.buttons.push(row);
        }
        self
    }
}

/// What a button does. Stays on this side: Telegram gets a number in its place.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Do(Command),
    Report(Place, Report),
    Customers(u32),
    Locations(String, usize),
    Choose(Place),
    Set(Preferences),
}
