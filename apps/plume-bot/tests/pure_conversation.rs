//! Invariants of the conversation for any input, without Telegram, Plume and time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use plume::auth::{SecureUrl, UrlGuard};
use plume_bot::{
    chat::{
        Action, Command, Context, Conversation, Effect, Event, Parsed, Screen, Source, parse,
        texts::SENTENCES,
    },
    questions::{Answer, Customer, Hit, Preferences, Problem, Question, Saved, Standing, TokenEnd},
    secret::Secret,
};
use plume_telegram::{MessageId, html, stand_in::markup::html as entities};

/// base64 of "0oaEXAMPLE:not-a-real-secret"
const HEADER: &str = "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==";
const CANARY: &str = "MG9hRVhBTVBMRTpub3QtYS1yZWFs";
const SSO: &str = "https://sso.example.net/oauth2/ausEXAMPLE/v1/token";
const PARTNER: &str = "5e00000000000000000000aa";

fn context() -> Context {
    Context {
        user: 1,
        name: "<b>Anna</b>".to_owned(),
        guard: UrlGuard::hosts(["*.example.net"]).unwrap(),
        api: SecureUrl::parse("https://api.example.net/api").ok(),
        reports: None,
        shared: false,
        demo: false,
        example: None,
        keeps: true,
    }
}

const PRIVATE: Source = Source { private: true, message: Some(MessageId(1)) };

/// The result of a text.
fn say(conversation: &mut Conversation, text: &str) -> Vec<Effect> {
    let event = match parse(text, "bot") {
        Parsed::Command(command) => Event::Command(command),
        _ => Event::Text(Secret::new(text.to_owned())),
    };
    conversation.step(&context(), PRIVATE, event)
}

fn screen(effects: &[Effect]) -> &Screen {
    let shown = effects.iter().find_map(|effect| match effect {
        Effect::Show(screen) | Effect::Warn(screen) => Some(screen),
        _ => None,
    });
    shown.unwrap_or_else(|| panic!("nothing is shown: {effects:?}"))
}

#[test]
fn a_set_up_is_a_list_of_texts() {
    let mut conversation = Conversation::new(Saved::default());
    for (text, answer) in [
        ("/health", "not configured"),
        ("/auth", "Step 1 of 4"),
        (SSO, "Step 2 of 4"),
        (HEADER, "Step 3 of 4"),
        ("/back", "Step 2 of 4"),
        (HEADER, "Step 3 of 4"),
        (PARTNER, "Step 4 of 4"),
        ("/skip", "Confirming Your Configuration"),
    ] {
        let effects = say(&mut conversation, text);
        assert!(screen(&effects).html.contains(answer), "{text}: {effects:?}");
        assert_eq!(matches!(effects.first(), Some(Effect::Delete)), text == HEADER);
    }
}

#[test]
fn a_test_that_went_well_is_kept_and_offers_the_next_command() {
    let mut conversation = Conversation::new(Saved::default());
    let mut asked = Vec::new();
    for text in ["/auth", SSO, HEADER, PARTNER, "/skip"] {
        asked = say(&mut conversation, text);
    }
    let Some(Effect::Ask(question @ Question::Test(..))) = asked.pop() else { panic!("{asked:?}") };
    let effects = conversation.step(
        &context(),
        PRIVATE,
        Event::Answered(question, Ok(Answer::Tested { not_granted: Vec::new() })),
    );
    assert!(matches!(effects.first(), Some(Effect::Save)));
    assert!(screen(&effects).html.contains("Next: choose a home with /locations"));
    assert!(conversation.saved().account.is_some());
}

/// The answer that the question of a set-up wants.
fn wanted(html: &str) -> Option<&'static str> {
    let steps =
        [("Step 1", SSO), ("Step 2", HEADER), ("Step 3", PARTNER), ("Step 4", "https://api.example.net/api")];
    steps.into_iter().find_map(|(step, answer)| html.contains(step).then_some(answer))
}

fn random_event(
    random: &mut fastrand::Rng,
    open: &mut Vec<Question>,
    seen: &[Action],
    wanted: Option<&str>,
) -> Event {
    const TEXTS: [&str; 9] = [
        HEADER,
        SSO,
        PARTNER,
        "hello",
        "",
        "<b>&",
        "https://api.example.net/api",
        "https://10.0.0.1/",
        "Basic",
    ];
    match (random.u8(..10), wanted) {
        (0..6, Some(answer)) if random.u8(..4) > 0 => return Event::Text(Secret::new(answer.to_owned())),
        _ => {}
    }
    match random.u8(..10) {
        0..3 => Event::Text(Secret::new(TEXTS[random.usize(..TEXTS.len())].to_owned())),
        3..6 => {
            let (name, _) = SENTENCES.commands[random.usize(..SENTENCES.commands.len())];
            let arguments = ["", " update", " c l", " x"][random.usize(..4)];
            match parse(&format!("/{name}{arguments}"), "bot") {
                Parsed::Command(command) => Event::Command(command),
                _ => Event::Command(Command::Skip),
            }
        }
        6 if !seen.is_empty() => Event::Pressed(seen[random.usize(..seen.len())].clone()),
        7 if !open.is_empty() => {
            let question = open.swap_remove(random.usize(..open.len()));
            let customer = Customer { id: "c".to_owned(), name: "<i>&".to_owned() };
            let answer = match &question {
                _ if random.u8(..4) == 0 => {
                    Err(Problem::Other { code: "E1".to_owned(), hint: "<x> & more.".to_owned() })
                }
                Question::Test(..) => Ok(Answer::Tested { not_granted: Vec::new() }),
                Question::Customers(_) => Ok(Answer::Customers { customers: vec![customer], more: true }),
                Question::Locations(..) => Ok(Answer::Locations(Vec::new())),
                Question::Find(_) => Ok(Answer::Found(vec![Hit { customer, places: Vec::new() }])),
                Question::Name(place) => Ok(Answer::Named(place.clone())),
                Question::Whoami => {
                    Ok(Answer::Whoami(Standing { token_ends: None, not_granted: Vec::new() }))
                }
                Question::Revoke(_) => Ok(Answer::Revoked(TokenEnd::RunsOut)),
                Question::Report(..) => Err(Problem::Unreachable),
            };
            Event::Answered(question, answer)
        }
        8 => Event::Stale,
        9 => [Event::NotDeleted, Event::TimedOut].swap_remove_at(random.usize(..2)),
        _ => Event::Pressed(Action::Set(Preferences::default())),
    }
}

trait SwapRemoveAt<T> {
    fn swap_remove_at(self, at: usize) -> T;
}

impl<T, const N: usize> SwapRemoveAt<T> for [T; N] {
    fn swap_remove_at(self, at: usize) -> T {
        self.into_iter().nth(at).unwrap()
    }
}

#[test]
fn invariants_hold_for_any_input() {
    let mut random = fastrand::Rng::with_seed(7);
    let (mut tested, mut deleted) = (0, 0);
    for _ in 0..300 {
        let context = Context { shared: random.bool(), ..context() };
        let mut conversation = Conversation::new(Saved::default());
        let (mut open, mut seen, mut next) = (Vec::new(), Vec::new(), None);
        for _ in 0..60 {
            let source = Source { private: random.u8(..5) > 0, message: Some(MessageId(1)) };
            let event = random_event(&mut random, &mut open, &seen, next);
            let ends = matches!(event, Event::TimedOut | Event::Command(Command::Cancel | Command::Logout));
            let is_header = matches!(&event, Event::Text(text) if text.expose() == HEADER);
            let shown = format!("{event:?}");
            let was_in_setup = conversation.in_setup();
            let effects = conversation.step(&context, source, event);

            assert!(!ends || !conversation.in_setup(), "{shown} ends a set-up");
            assert!(
                was_in_setup || !conversation.in_setup() || source.private,
                "{shown} begins one in a group"
            );
            let deletes = matches!(effects.first(), Some(Effect::Delete));
            assert!(!is_header || deletes, "a secret goes first: {effects:?}");
            for (number, effect) in effects.iter().enumerate() {
                assert!(number == 0 || !matches!(effect, Effect::Delete), "a secret goes first: {effects:?}");
            }
            deleted += usize::from(is_header);
            assert!(!format!("{shown} {effects:?}").contains(CANARY), "a secret is shown");
            for effect in effects {
                match effect {
                    Effect::Show(screen) | Effect::Warn(screen) => {
                        entities::parse(&screen.html)
                            .unwrap_or_else(|error| panic!("{error}: {}", screen.html));
                        assert!(
                            !html::plain(&screen.html).trim().is_empty(),
                            "an empty message after {shown}"
                        );
                        next = wanted(&screen.html);
                        let buttons = screen.buttons.into_iter().flatten();
                        seen.extend(buttons.map(|(label, action)| {
                            assert!(!label.is_empty());
                            action
                        }));
                    }
                    Effect::Ask(question) => {
                        tested += usize::from(matches!(question, Question::Test(..)));
                        assert!(
                            context.shared
                                || conversation.saved().account.is_some()
                                || !matches!(question, Question::Report(..) | Question::Customers(_))
                        );
                        open.push(question);
                    }
                    Effect::Delete | Effect::Save => {}
                }
            }
        }
    }
    assert!(tested > 5 && deleted > 50, "{tested} tests, {deleted} secrets: too few cases");
}
