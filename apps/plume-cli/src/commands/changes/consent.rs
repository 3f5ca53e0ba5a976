//! The consent to a change, and its request.

use clap::Args;
use plume::{
    Change, Changed, DryRun, LocationHandle,
    cli::{exit, for_terminal},
    types::{Device, Node},
};
use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::find::{find, find_whole};
use crate::output::{Cell, Column, Data, Outcome, Table};
use crate::session::Session;

/// The consent to a change.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Consent {
    /// Show the request and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Make the change without a question
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
}

/// The `data` of the document.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    /// The change in words.
    change: String,
    request: DryRun,
    sent: bool,
    /// Whether the cloud will make the change later.
    pending: bool,
    /// The id of what was started.
    id: Option<String>,
}

const SCHEMA: &str = "plume.change/1";

const COLUMNS: [Column<Made>; 5] = [
    Column::text("CHANGE", |made| Cell::new(&made.change)),
    Column::word("SENT", |made| Cell::yes_no(Some(made.sent))),
    Column::word("PENDING", |made| Cell::yes_no(Some(made.pending))),
    Column::word("METHOD", |made| Cell::new(&made.request.method)),
    Column::text("URL", |made| Cell::new(&made.request.url)),
];

impl Consent {
    /// Refuses a script without --yes before any call.
    pub(crate) fn check(self, session: &Session) -> Result<()> {
        match self.dry_run || self.yes || session.ask.is_possible() {
            true => Ok(()),
            false => Err(Failure::usage(
                "this changes something, and there is no terminal to ask",
                "Add --yes to make the change, or --dry-run to see the request.",
            )),
        }
    }

    /// The node that a person named: in full if there is no question.
    pub(super) async fn node(self, session: &Session, home: &LocationHandle, given: &str) -> Result<Node> {
        let nodes = home.nodes().await?;
        let given = session.named(given);
        let found = match self.yes {
            true => find_whole(session.ask, "node", &given, &nodes, Node::names).await?,
            false => find(session.ask, "node", &given, &nodes, Node::names).await?,
        };
        Ok(found.clone())
    }

    /// The device that a person named, in the same way.
    pub(super) async fn device(
        self,
        session: &Session,
        home: &LocationHandle,
        given: &str,
    ) -> Result<Device> {
        let devices = home.devices().await?;
        let given = session.named(given);
        let found = match self.yes {
            true => find_whole(session.ask, "device", &given, &devices, Device::names).await?,
            false => find(session.ask, "device", &given, &devices, Device::names).await?,
        };
        Ok(found.clone())
    }

    /// Sends the change of a home, or shows its request. `words` name the change and its subject: `Restart the node "Hall"`.
    pub(crate) async fn make<T>(
        self,
        session: &Session,
        home: &LocationHandle,
        words: String,
        change: Change<T>,
    ) -> Result<(Outcome<Made>, Option<T>)> {
        let request = change.dry_run()?;
        if self.dry_run {
            return Ok((shown(session, words, request), None));
        }
        if !self.yes {
            // With the name of the home, because an id says nothing to a person.
            let location = home.get().await?;
            let question = format!("{words} in \"{}\" ({})?", location.display_name(), location.id);
            self.ask(session, &question).await?;
        }
        let Changed { response, pending, .. } = send(session, change).await?;
        let text = match pending {
            true => format!("Accepted, the cloud will do it: {words}"),
            false => format!("Done: {words}"),
        };
        Ok((outcome(Made { change: words, request, sent: true, pending, id: None }, text), response))
    }

    /// Sends a change that is only known by its request, or shows that.
    pub(crate) async fn send<T>(self, session: &Session, change: Change<T>) -> Result<Sent<T>> {
        let request = change.dry_run()?;
        if self.dry_run {
            let words = format!("{} {}", request.method, request.url);
            return Ok(Sent::Shown(Box::new(shown(session, words, request))));
        }
        self.ask(session, &format!("The request:\n{request}")).await?;
        Ok(Sent::Changed(send(session, change).await?))
    }

    async fn ask(self, session: &Session, question: &str) -> Result<()> {
        if self.yes || session.ask.confirm(question, "Add --yes.").await? {
            return Ok(());
        }
        Err(Failure::of_code(exit::FAILED, "cancelled, nothing was changed", "Answer y to change it."))
    }
}

/// The result of a change without words of its own.
pub(crate) enum Sent<T> {
    Changed(Changed<T>),
    /// Nothing was sent.
    Shown(Box<Outcome<Made>>),
}

/// Sends a change once. A warning says so if its effect is not known afterwards.
async fn send<T>(session: &Session, change: Change<T>) -> Result<Changed<T>> {
    let mut sending = Sending { session, is_over: false };
    let sent = change.send().await;
    sending.is_over = true;
    sent.map_err(|error| {
        if error.may_have_happened() {
            session.warn("the change may have been made although the call failed; look before you repeat it");
        }
        error.into()
    })
}

/// The request of a dry run, in one piece, so that it can be copied.
fn shown(session: &Session, words: String, request: DryRun) -> Outcome<Made> {
    session.remark("note: a dry run; no change was sent");
    let text = request.to_string();
    let mut outcome = outcome(Made { change: words, request, sent: false, pending: false, id: None }, text);
    outcome.view.is_verbatim = true;
    outcome
}

/// Names of the API are in the text.
fn outcome(made: Made, text: String) -> Outcome<Made> {
    let text = for_terminal(&text);
    let table = Table::rows(std::slice::from_ref(&made), &COLUMNS);
    Outcome::report(SCHEMA, made, text, table)
}

/// A change on its way. A signal drops it.
struct Sending<'s> {
    session: &'s Session,
    is_over: bool,
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.session
                .remark("warning: interrupted; the change may have been made, look before you repeat it");
        }
    }
}

/// A text for a field of a request: with --sanitize a pseudonym, which the request turns back.
///
/// # Errors
///
/// Control characters.
pub(super) fn new_text(session: &Session, field: &str, text: &str) -> Result<String> {
    if text.chars().any(char::is_control) {
        let message = "a name has no control characters and line breaks";
        return Err(Failure::usage(message, "Correct the text. Nothing was sent."));
    }
    session.typed(field, text)
}

/// `node "Hall" (TST0000001)`.
pub(super) fn node_words(node: &Node) -> String {
    format!("node \"{}\" ({})", node.display_name(), node.id)
}

impl Outcome<Made> {
    /// Adds the id of what was started.
    pub(super) fn started(&mut self, id: String) {
        if let Some(text) = &mut self.view.text {
            *text = format!("{text}\nId: {id}");
        }
        if let Data::One { value, .. } = &mut self.data {
            value.id = Some(id);
        }
    }

    pub(super) fn is_sent(&self) -> bool {
        matches!(&self.data, Data::One { value, .. } if value.sent)
    }
}
