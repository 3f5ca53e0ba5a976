//! The reaction to each kind of event, one short function per kind.

use crate::chat::command::Command;
use crate::chat::context::Context;
use crate::chat::event::{Action, Effect, Event, Screen, Source};
use crate::chat::setup::{Outcome, Setup};
use crate::chat::step::Step;
use crate::chat::texts::{self, SENTENCES};
use crate::chat::views;
use crate::questions::{Answer, Data, Place, Problem, Question, Report, Saved};
use crate::secret::Secret;

/// The conversation with one user.
#[derive(Debug, Default)]
pub struct Conversation {
    saved: Saved,
    setup: Option<Setup>,
    /// The number of the test whose result is pending.
    testing: Option<u32>,
    tests: u32,
    /// Whether the user's record could not be read so far.
    unread: bool,
}

impl Conversation {
    /// Continues with the stored state of the last conversation.
    pub fn new(saved: Saved) -> Self {
        Self { saved, ..Self::default() }
    }

    /// Restores the stored state. A set-up in progress continues.
    pub fn restore(&mut self, saved: Saved) {
        self.saved = saved;
        self.unread = false;
    }

    /// Notes that the user's record cannot be read at the moment, so that a missing account has no meaning.
    pub fn set_unread(&mut self) {
        self.unread = true;
    }

    /// Returns the state to store.
    pub fn saved(&self) -> &Saved {
        &self.saved
    }

    /// Returns whether a set-up is in progress.
    pub fn in_setup(&self) -> bool {
        self.setup.is_some()
    }

    /// Abandons a set-up in progress.
    pub fn abandon(&mut self) {
        self.setup = None;
        self.testing = None;
    }

    /// Handles an event, and returns the effects.
    pub fn step(&mut self, context: &Context, source: Source, event: Event) -> Vec<Effect> {
        match event {
            Event::Text(text) => self.written(context, source, &text, true, false),
            Event::NotText { written, edited } => self.written(context, source, &written, false, edited),
            Event::Command(command) => self.command(context, source, command),
            Event::Pressed(action) => self.pressed(context, source, action),
            Event::Stale => show(self.menu(context, SENTENCES.stale)),
            Event::Answered(question, Ok(answer)) => self.answered(context, question, answer),
            Event::Answered(question, Err(problem)) => self.failed(context, &question, &problem),
            Event::NotDeleted => vec![Effect::Warn(Screen::text(SENTENCES.not_deleted))],
            Event::TimedOut => {
                self.abandon();
                say(SENTENCES.timed_out)
            }
        }
    }

    /// Handles a message that is not a command: an answer, talk, or an attachment, which can contain a secret as well.
    fn written(
        &mut self,
        context: &Context,
        source: Source,
        written: &Secret,
        is_text: bool,
        edited: bool,
    ) -> Vec<Effect> {
        let secret = written.looks_secret();
        let Some(setup) = self.setup.as_mut().filter(|_| source.private) else {
            let talk = if is_text { SENTENCES.not_understood } else { SENTENCES.only_text };
            return match (secret, source.private && !edited) {
                (true, _) => unasked_secret(source),
                (false, true) => show(self.menu(context, talk)),
                // People in a group talk to each other.
                (false, false) => Vec::new(),
            };
        };
        let asked = setup.step() == Step::Header;
        let mut effects = Vec::new();
        // It may have been meant as the header, even as a picture. It is deleted first.
        if secret || asked {
            effects.push(Effect::Delete);
        }
        let lead = match (is_text, secret, edited) {
            (true, true, _) if !asked => SENTENCES.secret_too_early,
            (true, ..) => {
                let outcome = setup.answer(written, context);
                effects.extend(self.advance(context, outcome));
                return effects;
            }
            (false, true, _) => SENTENCES.secret_not_text,
            (false, false, true) => SENTENCES.edited,
            (false, false, false) => SENTENCES.only_text,
        };
        effects.extend(self.ask_step(context, lead));
        effects
    }

    fn command(&mut self, context: &Context, source: Source, command: Command) -> Vec<Effect> {
        match command {
            Command::Start => {
                let (connected, place) = (self.connected(context), self.saved.place.as_ref());
                show(self.menu(context, &texts::welcome(context, connected, place)))
            }
            Command::Help => say(texts::help()),
            Command::Auth { .. } | Command::Whoami if !source.private => say(SENTENCES.private_only),
            Command::Auth { update } => self.begin_setup(context, update),
            Command::Whoami => vec![Effect::Ask(Question::Whoami)],
            Command::Logout => self.log_out(context),
            Command::Cancel => self.cancel(),
            Command::Skip => match self.setup.as_mut().map(|setup| setup.skip(context)) {
                Some(outcome) => self.advance(context, outcome),
                None => say(SENTENCES.no_setup),
            },
            Command::Back => match self.setup.as_mut().map(Setup::back) {
                Some(true) => self.ask_step(context, ""),
                Some(false) => self.ask_step(context, SENTENCES.first_step),
                None => say(SENTENCES.no_setup),
            },
            Command::Report(report, place) => self.report(context, report, place),
            Command::Locations(None) => self.ask(context, Question::Customers(0)),
            Command::Locations(Some(customer)) => self.ask(context, Question::Locations(customer, 0)),
            Command::Find(text) => self.ask(context, Question::Find(text)),
            Command::Settings => show(views::settings(&self.saved.preferences, "")),
        }
    }

    fn pressed(&mut self, context: &Context, source: Source, action: Action) -> Vec<Effect> {
        match action {
            Action::Do(command) => self.command(context, source, command),
            Action::Report(place, report) => self.report(context, report, Some(place)),
            Action::Customers(offset) => self.ask(context, Question::Customers(offset)),
            Action::Locations(customer, page) => self.ask(context, Question::Locations(customer, page)),
            Action::Choose(place) => {
                self.saved.place = Some(place.clone());
                // A search hit has no name, but people choose by names.
                let next = match place.name {
                    Some(_) => Effect::Show(chosen(&place)),
                    None => Effect::Ask(Question::Name(place)),
                };
                vec![Effect::Save, next]
            }
            Action::Set(preferences) => {
                self.saved.preferences = preferences;
                vec![Effect::Save, Effect::Show(views::settings(&self.saved.preferences, SENTENCES.saved))]
            }
        }
    }

    fn answered(&mut self, context: &Context, question: Question, answer: Answer) -> Vec<Effect> {
        let rows = self.saved.preferences.rows;
        match (question, answer) {
            (Question::Test(account, number), Answer::Tested { not_granted }) => {
                // The test was cancelled, or replaced by another one.
                if self.testing != Some(number) {
                    return Vec::new();
                }
                self.testing = None;
                self.saved.account = Some(*account);
                vec![Effect::Save, Effect::Show(Screen::text(texts::connected(context, &not_granted)))]
            }
            (Question::Report(place, report, asked), Answer::Report(data)) => {
                let mut effects = self.learn_name(&place, &data);
                effects.extend(show(views::report(&place, report, &data, &asked)));
                effects
            }
            (Question::Name(place), Answer::Named(named)) => {
                let mut effects = Vec::new();
                if self.saved.place.as_ref() == Some(&place) {
                    self.saved.place = Some(named.clone());
                    effects.push(Effect::Save);
                }
                effects.push(Effect::Show(chosen(&named)));
                effects
            }
            (Question::Customers(offset), Answer::Customers { customers, more }) => {
                show(views::customers(&customers, offset, more))
            }
            (Question::Locations(customer, page), Answer::Locations(places)) => {
                show(views::locations(&customer, &places, page, rows))
            }
            (Question::Find(text), Answer::Found(hits)) => show(views::found(&text, &hits)),
            (Question::Whoami, Answer::Whoami(standing)) => {
                let (account, place) = (self.saved.account.as_ref(), self.saved.place.as_ref());
                say(texts::whoami(context, account, place, &standing))
            }
            (Question::Revoke(_), Answer::Revoked(end)) => say(texts::logged_out(end)),
            _ => Vec::new(),
        }
    }

    /// Sets the name of a location that was chosen by its id, once a report shows it.
    fn learn_name(&mut self, place: &Place, data: &Data) -> Vec<Effect> {
        let told = match data {
            Data::Health(report) => &report.location.name,
            Data::Overview(overview) => &overview.report.location.name,
            _ => return Vec::new(),
        };
        match &mut self.saved.place {
            // Without a name the report shows the id.
            Some(saved) if saved == place && saved.name.is_none() && *told != saved.location => {
                saved.name = Some(told.clone());
                vec![Effect::Save]
            }
            _ => Vec::new(),
        }
    }

    fn failed(&mut self, context: &Context, question: &Question, problem: &Problem) -> Vec<Effect> {
        match question {
            Question::Test(_, number) if self.testing == Some(*number) => {
                self.testing = None;
                say(texts::test_failed(problem))
            }
            Question::Test(..) => Vec::new(),
            // It is chosen all the same; the reports show the problem.
            Question::Name(place) => show(chosen(place)),
            Question::Report(place, report, _) => {
                let screen = Screen::text(texts::problem(problem));
                show(views::navigation(screen, place, Some(*report)))
            }
            _ => show(self.menu(context, &texts::problem(problem))),
        }
    }

    fn begin_setup(&mut self, context: &Context, update: bool) -> Vec<Effect> {
        self.abandon();
        let setup = Setup::new(self.saved.account.clone().filter(|_| update));
        let begins = if setup.updates() { SENTENCES.update_begins } else { SENTENCES.setup_begins };
        self.setup = Some(setup);
        self.ask_step(context, begins)
    }

    /// Asks the current question, after a remark about the last answer.
    fn ask_step(&self, context: &Context, lead: &str) -> Vec<Effect> {
        let Some(setup) = &self.setup else { return Vec::new() };
        let question = texts::question(setup.step(), context, setup.updates());
        let blank = if lead.is_empty() { "" } else { "\n\n" };
        show(views::step(&format!("{lead}{blank}{question}"), setup, context))
    }

    fn advance(&mut self, context: &Context, outcome: Outcome) -> Vec<Effect> {
        match outcome {
            Outcome::Wrong(why) => self.ask_step(context, &why),
            Outcome::Next => self.ask_step(context, ""),
            Outcome::Done(account) => {
                self.setup = None;
                self.tests += 1;
                self.testing = Some(self.tests);
                let confirming = Screen::text(texts::confirming(&account));
                vec![Effect::Show(confirming), Effect::Ask(Question::Test(account, self.tests))]
            }
        }
    }

    fn cancel(&mut self) -> Vec<Effect> {
        let was = self.setup.is_some() || self.testing.is_some();
        self.abandon();
        say(if was { SENTENCES.setup_cancelled } else { SENTENCES.nothing_to_cancel })
    }

    fn log_out(&mut self, context: &Context) -> Vec<Effect> {
        self.abandon();
        let saved = std::mem::take(&mut self.saved);
        match saved.account {
            Some(account) => vec![Effect::Save, Effect::Ask(Question::Revoke(Box::new(account)))],
            None => vec![Effect::Save, Effect::Show(Screen::text(texts::nothing_to_log_out(context)))],
        }
    }

    fn report(&self, context: &Context, report: Report, place: Option<Place>) -> Vec<Effect> {
        let preferences = self.saved.preferences.clone();
        match place.or_else(|| self.saved.place.clone()) {
            Some(place) => self.ask(context, Question::Report(place, report, preferences)),
            None if self.connected(context) => say(SENTENCES.no_place),
            None => say(self.not_connected()),
        }
    }

    fn ask(&self, context: &Context, question: Question) -> Vec<Effect> {
        if self.connected(context) { vec![Effect::Ask(question)] } else { say(self.not_connected()) }
    }

    fn not_connected(&self) -> &'static str {
        if self.unread { SENTENCES.account_unread } else { SENTENCES.not_connected }
    }

    fn connected(&self, context: &Context) -> bool {
        context.shared || self.saved.account.is_some()
    }

    /// Returns a text with the currently useful buttons.
    fn menu(&self, context: &Context, text: &str) -> Screen {
        let screen = Screen::text(text);
        match &self.saved.place {
            _ if !self.connected(context) => screen.row([
                ("🔐 Connect", Action::Do(Command::Auth { update: false })),
                ("❓ Help", Action::Do(Command::Help)),
            ]),
            Some(place) => views::navigation(screen, place, None),
            None => screen.row([
                ("🏠 Choose a location", Action::Do(Command::Locations(None))),
                ("❓ Help", Action::Do(Command::Help)),
            ]),
        }
    }
}

fn chosen(place: &Place) -> Screen {
    views::navigation(Screen::text(texts::chosen(place)), place, None)
}

fn unasked_secret(source: Source) -> Vec<Effect> {
    let warning = if source.private { SENTENCES.secret_unasked } else { SENTENCES.secret_in_group };
    vec![Effect::Delete, Effect::Warn(Screen::text(warning))]
}

fn say(html: impl Into<String>) -> Vec<Effect> {
    show(Screen::text(html))
}

fn show(screen: Screen) -> Vec<Effect> {
    vec![Effect::Show(screen)]
}
