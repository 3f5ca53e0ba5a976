//! Buttons: Telegram gets a random number for each, and its meaning stays here.
//!
//! A client can send any data, so a press is checked each time: its number must be known and not expired, and come from the
//! chat and the message of the button. Each user has separate [`Buttons`], so a button has no meaning for other users.

use std::{collections::VecDeque, time::Duration};

use plume_telegram::{ChatId, MessageId};

/// The lifetime of a button.
pub(super) const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum number of buttons of one user; the oldest are dropped first.
const MOST: usize = 512;

/// The buttons of one user, oldest first.
#[derive(Debug)]
pub(super) struct Buttons<A> {
    known: VecDeque<Button<A>>,
}

#[derive(Debug)]
struct Button<A> {
    data: String,
    chat: ChatId,
    /// Known once Telegram has returned the id of the message.
    message: Option<MessageId>,
    until: Duration,
    action: A,
}

impl<A> Default for Buttons<A> {
    fn default() -> Self {
        Self { known: VecDeque::new() }
    }
}

impl<A: Clone> Buttons<A> {
    /// Returns the data of a new button. `None` without a source of random numbers.
    pub(super) fn mint(&mut self, chat: ChatId, action: A, now: Duration) -> Option<String> {
        let data = format!("v1:{:016x}", getrandom::u64().ok()?);
        if self.known.len() >= MOST {
            self.known.pop_front();
        }
        let until = now.saturating_add(LIFE);
        self.known.push_back(Button { data: data.clone(), chat, message: None, until, action });
        Some(data)
    }

    /// Replaces the buttons of a message by these.
    pub(super) fn bind(&mut self, data: &[String], chat: ChatId, message: MessageId) {
        let here = (chat, Some(message));
        self.known.retain(|button| (button.chat, button.message) != here || data.contains(&button.data));
        for button in self.known.iter_mut().filter(|button| data.contains(&button.data)) {
            button.message = Some(message);
        }
    }

    /// Returns the action of a press, and the message of the button. `None` if it is forged, replayed, expired, or from
    /// another chat or message.
    pub(super) fn find(
        &self,
        data: &str,
        chat: ChatId,
        message: Option<MessageId>,
        now: Duration,
    ) -> Option<(A, Option<MessageId>)> {
        let button = self.known.iter().find(|button| button.data == data)?;
        let same_message = match (button.message, message) {
            (Some(made_for), Some(pressed)) => made_for == pressed,
            _ => true,
        };
        let valid = button.chat == chat && same_message && now < button.until;
        valid.then(|| (button.action.clone(), button.message.or(message)))
    }

    /// Moves the buttons of a chat that got another id.
    pub(super) fn moved(&mut self, old: ChatId, new: ChatId) {
        for button in self.known.iter_mut().filter(|button| button.chat == old) {
            button.chat = new;
            // Messages have other ids in the new chat.
            button.message = None;
        }
    }

    pub(super) fn clear(&mut self) {
        self.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: ChatId = ChatId(1);
    const ZERO: Duration = Duration::ZERO;

    fn one() -> (Buttons<u8>, String) {
        let mut buttons = Buttons::default();
        let data = buttons.mint(CHAT, 7, ZERO).unwrap();
        buttons.bind(std::slice::from_ref(&data), CHAT, MessageId(3));
        (buttons, data)
    }

    #[test]
    fn button_works_only_in_its_chat() {
        let (buttons, data) = one();
        assert!(data.len() <= 64);
        let here = Some(MessageId(3));
        assert_eq!(buttons.find(&data, CHAT, here, ZERO), Some((7, here)));
        assert_eq!(buttons.find(&data, CHAT, None, ZERO), Some((7, here)), "a stand-in may omit the message");
        assert!(buttons.find(&data, ChatId(2), here, ZERO).is_none(), "another chat");
        assert!(buttons.find(&data, CHAT, Some(MessageId(4)), ZERO).is_none(), "another message");
        assert!(buttons.find("v1:0000000000000000", CHAT, here, ZERO).is_none(), "forged");
        assert!(buttons.find(&data, CHAT, here, LIFE).is_none(), "expired");
    }

    #[test]
    fn new_buttons_of_a_message_end_the_old_ones() {
        let (mut buttons, old) = one();
        let new = buttons.mint(CHAT, 8, ZERO).unwrap();
        buttons.bind(std::slice::from_ref(&new), CHAT, MessageId(3));
        assert!(buttons.find(&old, CHAT, Some(MessageId(3)), ZERO).is_none());
        assert!(buttons.find(&new, CHAT, Some(MessageId(3)), ZERO).is_some());
    }

    #[test]
    fn number_of_buttons_is_bounded() {
        let mut buttons = Buttons::default();
        let first = buttons.mint(CHAT, 0, ZERO).unwrap();
        for _ in 0..MOST * 3 {
            buttons.mint(CHAT, 1, ZERO);
        }
        assert_eq!(buttons.known.len(), MOST);
        assert!(buttons.find(&first, CHAT, None, ZERO).is_none());
    }
}
