//! Buttons: Telegram gets a random number for each, and what it means stays here.
//!
//! A client can send any data it likes, so a press is looked up again each time: it must be known, not too old, and come
//! from the chat and the message that the button was made for. Each user has [`Handles`] of his own, so a button that
//! somebody else presses means nothing.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use plume_telegram::{ChatId, MessageId};

/// How long a button works.
pub(super) const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Buttons of one user; older ones go first.
const MOST: usize = 512;

/// The buttons of one user.
#[derive(Debug)]
pub(super) struct Handles<A> {
    known: HashMap<String, Handle<A>>,
    oldest: VecDeque<String>,
}

#[derive(Debug)]
struct Handle<A> {
    chat: ChatId,
    /// Known once Telegram has told the message's number.
    message: Option<MessageId>,
    until: Duration,
    action: A,
}

impl<A> Default for Handles<A> {
    fn default() -> Self {
        Self { known: HashMap::new(), oldest: VecDeque::new() }
    }
}

impl<A: Clone> Handles<A> {
    /// The data of a new button. `None` if there are no random numbers to be had.
    pub(super) fn mint(&mut self, chat: ChatId, action: A, now: Duration) -> Option<String> {
        let data = format!("v1:{:016x}", getrandom::u64().ok()?);
        while self.oldest.len() >= MOST {
            let oldest = self.oldest.pop_front()?;
            self.known.remove(&oldest);
        }
        self.oldest.push_back(data.clone());
        let handle = Handle { chat, message: None, until: now.saturating_add(LIFE), action };
        self.known.insert(data.clone(), handle);
        Some(data)
    }

    /// These buttons stand below this message now, and no others.
    pub(super) fn bind(&mut self, buttons: &[String], chat: ChatId, message: MessageId) {
        self.known.retain(|data, handle| {
            handle.chat != chat || handle.message != Some(message) || buttons.contains(data)
        });
        self.oldest.retain(|data| self.known.contains_key(data));
        for data in buttons {
            if let Some(handle) = self.known.get_mut(data) {
                handle.message = Some(message);
            }
        }
    }

    /// What a press means, and the message of the button. `None` for one that is forged, replayed, expired, or from
    /// another chat or message.
    pub(super) fn find(
        &self,
        data: &str,
        chat: ChatId,
        message: Option<MessageId>,
        now: Duration,
    ) -> Option<(A, Option<MessageId>)> {
        let handle = self.known.get(data)?;
        let same_message = match (handle.message, message) {
            (Some(made_for), Some(pressed)) => made_for == pressed,
            _ => true,
        };
        let valid = handle.chat == chat && same_message && now < handle.until;
        valid.then(|| (handle.action.clone(), handle.message.or(message)))
    }

    /// A chat got another id.
    pub(super) fn moved(&mut self, old: ChatId, new: ChatId) {
        for handle in self.known.values_mut().filter(|handle| handle.chat == old) {
            handle.chat = new;
            // Messages get other numbers in the new chat.
            handle.message = None;
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.oldest.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: ChatId = ChatId(1);
    const ZERO: Duration = Duration::ZERO;

    fn one() -> (Handles<u8>, String) {
        let mut handles = Handles::default();
        let data = handles.mint(CHAT, 7, ZERO).unwrap();
        handles.bind(std::slice::from_ref(&data), CHAT, MessageId(3));
        (handles, data)
    }

    #[test]
    fn a_button_works_where_it_was_made_for_and_only_there() {
        let (handles, data) = one();
        assert!(data.len() <= 64);
        let here = Some(MessageId(3));
        assert_eq!(handles.find(&data, CHAT, here, ZERO), Some((7, here)));
        assert_eq!(
            handles.find(&data, CHAT, None, ZERO),
            Some((7, here)),
            "a stand-in may not tell the message"
        );
        assert!(handles.find(&data, ChatId(2), here, ZERO).is_none(), "another chat");
        assert!(handles.find(&data, CHAT, Some(MessageId(4)), ZERO).is_none(), "another message");
        assert!(handles.find("v1:0000000000000000", CHAT, here, ZERO).is_none(), "forged");
        assert!(handles.find(&data, CHAT, here, LIFE).is_none(), "expired");
    }

    #[test]
    fn new_buttons_of_a_message_end_the_old_ones() {
        let (mut handles, old) = one();
        let new = handles.mint(CHAT, 8, ZERO).unwrap();
        handles.bind(std::slice::from_ref(&new), CHAT, MessageId(3));
        assert!(handles.find(&old, CHAT, Some(MessageId(3)), ZERO).is_none());
        assert!(handles.find(&new, CHAT, Some(MessageId(3)), ZERO).is_some());
    }

    #[test]
    fn there_are_never_too_many() {
        let mut handles = Handles::default();
        let first = handles.mint(CHAT, 0, ZERO).unwrap();
        for _ in 0..MOST * 3 {
            handles.mint(CHAT, 1, ZERO);
        }
        assert_eq!(handles.known.len(), MOST);
        assert!(handles.find(&first, CHAT, None, ZERO).is_none());
    }
}
