//! The inputs and outputs of a conversation.

use plume_telegram::MessageId;

use crate::chat::command::Command;
use crate::questions::{Answer, Place, Preferences, Problem, Question, Report};
use crate::secret::Secret;

/// An input of a conversation.
#[derive(Debug)]
pub enum Event {
    /// A text that is not a command. It may be a secret.
    Text(Secret),
    /// A picture, a file, a sticker or the like, or an edited message.
    NotText {
        /// All texts of the message. They may be secret.
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

/// The origin of an event, to which the reply goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Whether only one user reads the chat.
    pub private: bool,
    /// The message of the event. `None` for a button.
    pub message: Option<MessageId>,
}

/// An output of a conversation. Effects are performed in order.
#[derive(Debug)]
pub enum Effect {
    /// Deletes the message of the event. Always the first effect.
    Delete,
    /// Shows a screen: in place of the one whose button was pressed, otherwise as a new message.
    Show(Screen),
    /// Shows a screen as a new message with priority.
    Warn(Screen),
    /// Asks Plume. The answer is a later [`Event::Answered`].
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
    /// Creates a message without buttons.
    pub fn text(html: impl Into<String>) -> Self {
        Self { html: html.into(), buttons: Vec::new() }
    }

    /// Adds a row of buttons. An empty one is omitted.
    pub fn row<L: Into<String>>(mut self, buttons: impl IntoIterator<Item = (L, Action)>) -> Self {
        let row: Vec<_> = buttons.into_iter().map(|(label, action)| (label.into(), action)).collect();
        if !row.is_empty() {
            self.buttons.push(row);
        }
        self
    }
}

/// The action of a button. Telegram gets only a number for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Do(Command),
    Report(Place, Report),
    Customers(u32),
    Locations(String, usize),
    Choose(Place),
    Set(Preferences),
}
