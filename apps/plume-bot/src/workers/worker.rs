//! The worker of one user: turns updates into events, and performs the effects of the conversation.
//!
//! It never waits for Plume or Telegram. Tasks do, and their results are further inputs, so that `/cancel` works while a
//! report is being made.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use plume_telegram::{
    ApiError, Call, Chat, Content, Guard, Keyboard, MessageId, Update, UserId,
    html::{MAX_UNITS, split},
};
use tokio::{sync::mpsc, task::JoinSet};

use crate::chat::texts::{self, SENTENCES};
use crate::chat::{Action, Context, Conversation, Effect, Event, Parsed, Screen, Source, parse};
use crate::questions::{Answer, Problem, Question};
use crate::secret::Secret;
use crate::state::UserStoreError;
use crate::workers::buttons::{Buttons, LIFE};
use crate::workers::caught::caught;
use crate::workers::inbox::{Input, Parts, Workers};

/// The time for which a set-up waits for an answer.
const SETUP_TIME: Duration = Duration::from_secs(5 * 60);
/// Maximum number of simultaneous questions of one user to Plume.
const MAX_ASKING: usize = 3;
/// The idle time after which a worker ends. By then the last button has expired, and everything else is stored.
const QUIET: Duration = LIFE;
/// The number of attempts to lock a record that another process holds, and the pause between them.
const LOCKED_TRIES: usize = 20;
const LOCKED_WAIT: Duration = Duration::from_millis(100);

/// The result of a task of a worker.
enum Done {
    Asked { at: At, number: u64, answered: Box<(Question, Result<Answer, Problem>)> },
    Shown { at: At, buttons: Vec<String>, message: Option<MessageId> },
    NotEdited(At, Box<Screen>),
    NotDeleted(At),
    Nothing,
}

/// The place of a reply.
#[derive(Debug, Clone, Copy)]
struct At {
    chat: Chat,
    /// The message to edit, if a button of it was pressed.
    edit: Option<MessageId>,
    message: Option<MessageId>,
}

/// The worker of one user.
pub(crate) struct Worker {
    parts: Arc<Parts>,
    user: UserId,
    workers: Weak<Workers>,
    context: Context,
    conversation: Conversation,
    buttons: Buttons<Action>,
    tasks: JoinSet<(Done, Guard)>,
    asking: usize,
    /// The newest question for each message that its answer will edit.
    newest: HashMap<MessageId, u64>,
    questions: u64,
    /// The place of the set-up, and its deadline.
    setup: Option<(At, Duration)>,
    gone: bool,
    /// Whether the user's record was read, or moved aside because it is damaged. Until then it must not be overwritten.
    loaded: bool,
    /// Whether the user was notified that the record could not be read.
    told_unread: bool,
    active: Duration,
}

impl Worker {
    /// Creates a worker for a user, whose record is loaded with the first update.
    pub(crate) fn new(parts: Arc<Parts>, user: UserId, workers: Weak<Workers>) -> Self {
        let context = Context { user: user.0, ..parts.context.clone() };
        let active = parts.clock.monotonic();
        Self {
            parts,
            user,
            workers,
            context,
            conversation: Conversation::default(),
            buttons: Buttons::default(),
            tasks: JoinSet::new(),
            asking: 0,
            newest: HashMap::new(),
            questions: 0,
            setup: None,
            gone: false,
            loaded: false,
            told_unread: false,
            active,
        }
    }

    /// Runs until the bot is dropped or the user has been idle for long.
    pub(crate) async fn run(mut self, inbox: &mut mpsc::Receiver<Input>) {
        loop {
            let clock = Arc::clone(&self.parts.clock);
            let until = self.setup.map_or(self.active.saturating_add(QUIET), |(_, until)| until);
            let left = until.saturating_sub(clock.monotonic());
            tokio::select! {
                biased;
                Some(done) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    match done {
                        Ok((done, busy)) => self.done(done, &busy).await,
                        Err(error) => self.parts.log.warn(&format!("a task of a worker failed: {error}")),
                    }
                }
                input = inbox.recv() => match input {
                    Some(Input::Update { update, busy, handled }) => {
                        self.active = clock.monotonic();
                        self.update(update, &busy).await;
                        drop(handled);
                    }
                    Some(Input::Gone) => self.leave(),
                    None => return,
                },
                () = clock.sleep(left), if self.setup.is_some() || self.tasks.is_empty() => {
                    if let Some((at, _)) = self.setup.take() {
                        let busy = self.parts.busy.guard();
                        self.event(at, Event::TimedOut, &busy).await;
                    } else if self.workers.upgrade().is_none_or(|workers| workers.retire(self.user, inbox)) {
                        return;
                    }
                }
            }
        }
    }

    async fn update(&mut self, update: Update, busy: &Guard) {
        self.gone = false;
        self.context.name = update.name;
        let mut at = At { chat: update.chat, edit: None, message: None };
        let event = match update.content {
            Content::Text { message, text, behind } => {
                at.message = Some(message);
                match self.read(text, behind, update.chat) {
                    Some(Ok(event)) => event,
                    Some(Err(notice)) => {
                        if self.mark(update.key).await {
                            self.show(at, Screen::text(notice), false, busy);
                        }
                        return;
                    }
                    None => return,
                }
            }
            Content::NotText { message, written, edited, .. } => {
                at.message = Some(message);
                Event::NotText { written: Secret::new(written), edited }
            }
            Content::Press { query, message, data } => {
                let now = self.parts.clock.monotonic();
                let found = self.buttons.find(&data, update.chat.id, message, now);
                let note = found.is_none().then_some(SENTENCES.stale_note);
                if !self.mark(update.key).await {
                    return;
                }
                self.call(Call::answer(&query, note), busy);
                let event = found.map_or(Event::Stale, |(action, message)| {
                    at.edit = message;
                    Event::Pressed(action)
                });
                return self.event(at, event, busy).await;
            }
            Content::Gone if update.chat.private => return self.leave(),
            Content::Moved(new) => return self.buttons.moved(update.chat.id, new),
            _ => return,
        };
        if self.mark(update.key).await {
            self.event(at, event, busy).await;
        }
    }

    /// Parses a text into an event, or a notice to reply with. `None` if it is not for this bot.
    fn read(&self, text: String, behind: String, chat: Chat) -> Option<Result<Event, String>> {
        let behind = Secret::new(behind);
        if behind.looks_secret() {
            return Some(Ok(Event::NotText { written: behind, edited: false }));
        }
        // A header after a command is still a secret: `/auth Basic …`.
        let parsed = parse(&text, &self.parts.name);
        let text = Secret::new(text);
        if text.looks_secret() {
            return Some(Ok(Event::Text(text)));
        }
        match parsed {
            Parsed::Command(command) => Some(Ok(Event::Command(command))),
            Parsed::Text => Some(Ok(Event::Text(text))),
            Parsed::NotOurs => None,
            // In a group it may be addressed to another bot.
            Parsed::Unknown if !chat.private => None,
            Parsed::Unknown => Some(Err(SENTENCES.unknown_command.to_owned())),
            Parsed::Usage(usage) => Some(Err(texts::usage(&usage))),
        }
    }

    /// Records that an update has its effect now. Returns false if it had it before.
    async fn mark(&self, update: i64) -> bool {
        let (parts, now) = (Arc::clone(&self.parts), self.parts.clock.wall());
        let on_disk = parts.ledger.is_on_disk();
        let mark = move || parts.ledger.mark(update, now).map_err(|error| error.to_string());
        off_thread(on_disk, mark).await.and_then(|marked| marked).unwrap_or_else(|error| {
            self.parts.log.warn(&format!("failed to record a handled update: {error}"));
            true
        })
    }

    async fn event(&mut self, at: At, event: Event, busy: &Guard) {
        let source = Source { private: at.chat.private, message: at.message };
        if let Some(notice) = self.load().await {
            self.show(At { edit: None, ..at }, Screen::text(notice), false, busy);
        }
        for effect in self.conversation.step(&self.context, source, event) {
            self.perform(at, effect, busy).await;
        }
        self.setup = self.conversation.in_setup().then(|| {
            // Only events in the set-up's own chat move its deadline.
            let until = self.parts.clock.monotonic().saturating_add(SETUP_TIME);
            match self.setup {
                Some(before) if !at.chat.private => before,
                _ => (At { edit: None, message: None, ..at }, until),
            }
        });
    }

    async fn perform(&mut self, at: At, effect: Effect, busy: &Guard) {
        match effect {
            Effect::Delete => self.delete(at, busy),
            Effect::Show(screen) => self.show(at, screen, false, busy),
            Effect::Warn(screen) => self.show(At { edit: None, ..at }, screen, true, busy),
            Effect::Save => {
                if !self.save().await {
                    self.show(At { edit: None, ..at }, Screen::text(SENTENCES.not_kept), true, busy);
                }
            }
            Effect::Ask(question) if self.asking >= MAX_ASKING && question.may_wait() => {
                self.show(At { edit: None, ..at }, Screen::text(SENTENCES.too_many), false, busy);
            }
            Effect::Ask(question) => self.ask(at, question, busy),
        }
    }

    fn ask(&mut self, at: At, question: Question, busy: &Guard) {
        self.call(Call::typing(at.chat), busy);
        let (parts, user) = (Arc::clone(&self.parts), self.user);
        let account = self.conversation.saved().account.clone();
        self.asking += 1;
        self.questions += 1;
        let number = self.questions;
        if let Some(message) = at.edit {
            self.newest.insert(message, number);
        }
        self.start(busy, async move {
            let answer = caught(Box::pin(parts.plume.answer(user, account, &question))).await;
            let answer = answer.unwrap_or_else(|panic| {
                Err(Problem::bug(&format!("a question panicked: {panic}"), &parts.log))
            });
            Done::Asked { at, number, answered: Box::new((question, answer)) }
        });
    }

    /// Sends a screen, split into messages if necessary. Its buttons are below the last one.
    fn show(&mut self, at: At, screen: Screen, urgent: bool, busy: &Guard) {
        if self.gone {
            return;
        }
        let now = self.parts.clock.monotonic();
        let mut button = |(label, action): &(String, Action)| {
            Some((label.clone(), self.buttons.mint(at.chat.id, action.clone(), now)?))
        };
        let keyboard: Keyboard =
            screen.buttons.iter().map(|row| row.iter().filter_map(&mut button).collect()).collect();
        let parts = split(&screen.html, MAX_UNITS);
        let last = parts.len().saturating_sub(1);
        for (number, html) in parts.into_iter().enumerate() {
            let keyboard = if number == last { keyboard.clone() } else { Keyboard::new() };
            let edit = at.edit.filter(|_| number == 0);
            let call = match edit {
                Some(message) => Call::edit(at.chat.id, message, &html, &keyboard),
                None => Call::send(at.chat, &html, &keyboard),
            };
            let call = if urgent { call.urgent() } else { call };
            // A message that can no longer be edited is sent again, if it is the whole screen.
            let resend = (edit.is_some() && last == 0).then(|| Box::new(screen.clone()));
            let sent = self.parts.outbox.send(call, busy.clone());
            self.start(busy, async move {
                match (sent.await, resend) {
                    (Some(Ok(result)), _) => {
                        let buttons = keyboard.into_iter().flatten().map(|(_, data)| data).collect();
                        Done::Shown { at, buttons, message: edit.or_else(|| MessageId::of(&result)) }
                    }
                    (Some(Err(ApiError::Refused { code: 400, .. })), Some(screen)) => {
                        Done::NotEdited(at, screen)
                    }
                    _ => Done::Nothing,
                }
            });
        }
    }

    fn delete(&mut self, at: At, busy: &Guard) {
        let Some(message) = at.message else { return };
        let sent = self.parts.outbox.send(Call::delete(at.chat.id, message), busy.clone());
        self.start(busy, async move {
            if matches!(sent.await, Some(Ok(_))) { Done::Nothing } else { Done::NotDeleted(at) }
        });
    }

    fn start(&mut self, busy: &Guard, task: impl Future<Output = Done> + Send + 'static) {
        let busy = busy.clone();
        self.tasks.spawn(async move { (task.await, busy) });
    }

    fn call(&self, call: Call, busy: &Guard) {
        drop(self.parts.outbox.send(call, busy.clone()));
    }

    async fn done(&mut self, done: Done, busy: &Guard) {
        match done {
            Done::Asked { at, number, answered } => {
                self.asking = self.asking.saturating_sub(1);
                // Another button of the message was pressed meanwhile, and its screen stays.
                let newest = at.edit.and_then(|message| self.newest.get(&message).copied());
                if self.asking == 0 {
                    self.newest.clear();
                }
                if newest.is_some_and(|newest| newest != number) {
                    return;
                }
                let (question, answer) = *answered;
                self.event(at, Event::Answered(question, answer), busy).await;
            }
            Done::Shown { at, buttons, message: Some(message) } => {
                self.buttons.bind(&buttons, at.chat.id, message);
            }
            Done::NotEdited(at, screen) => self.show(At { edit: None, ..at }, *screen, false, busy),
            Done::NotDeleted(at) => self.event(At { message: None, ..at }, Event::NotDeleted, busy).await,
            Done::Shown { .. } | Done::Nothing => {}
        }
    }

    /// Stops sending after the user has blocked the bot, until the user writes again.
    fn leave(&mut self) {
        self.gone = true;
        self.setup = None;
        self.conversation.abandon();
        self.buttons.clear();
    }

    /// Loads the user's record, unless it is loaded. Returns a notice for the user.
    async fn load(&mut self) -> Option<&'static str> {
        if self.loaded {
            return None;
        }
        let (users, user) = (self.parts.user_store.clone(), self.user);
        let error = match self.blocking(move || users.load(user)).await {
            Ok(saved) => {
                self.conversation.restore(saved);
                self.loaded = true;
                return None;
            }
            Err(error) => error,
        };
        self.parts.log.warn(&format!("failed to load a user: {error}"));
        self.loaded = error.was_put_aside();
        if !self.loaded {
            self.conversation.set_unread();
        }
        let notice = if self.loaded { SENTENCES.not_loaded } else { SENTENCES.not_read };
        (!std::mem::replace(&mut self.told_unread, true)).then_some(notice)
    }

    /// Stores the user's record. Returns whether that succeeded.
    async fn save(&self) -> bool {
        if !self.loaded {
            return false;
        }
        for _ in 0..LOCKED_TRIES {
            let (users, user) = (self.parts.user_store.clone(), self.user);
            let saved = self.conversation.saved().clone();
            match self.blocking(move || users.save(user, &saved)).await {
                Ok(()) => return true,
                Err(UserStoreError::Locked) => self.parts.clock.sleep(LOCKED_WAIT).await,
                Err(error) => {
                    self.parts.log.warn(&format!("failed to save a user: {error}"));
                    return false;
                }
            }
        }
        self.parts.log.warn(&format!("failed to save a user: {}", UserStoreError::Locked));
        false
    }

    /// Runs a function that may read or write files.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, UserStoreError> + Send + 'static,
    ) -> Result<T, UserStoreError> {
        off_thread(self.parts.user_store.is_on_disk(), work)
            .await
            .unwrap_or_else(|error| Err(UserStoreError::Broken(error)))
    }
}

/// Runs a function that may block for the time of a file access. The error says why it failed.
async fn off_thread<T: Send + 'static>(
    blocks: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    if !blocks {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}
