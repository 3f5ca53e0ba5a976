//! `plume find`: customers, locations, nodes and devices by anything that a person knows of them.

use std::collections::BTreeMap;

use clap::Args;
use plume::{
    Client, Error, FailedSearch, FleetCost, FoundItem, FoundKind, KeyForm, LookupResult, NamePattern,
    Priority, cli::exit,
};
use plume_text::shorten;

use crate::args::{Length, help};
use crate::commands::fleet::Progress;
use crate::failure::{Failure, Result};
use crate::find::LONGEST;
use crate::output::{Cell, Column, Outcome, Rows, Schemas, count};
use crate::session::{PSEUDONYMS, Session};

/// Find a customer, location, node or device by anything known of it
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo find Sample",
    "plume find aa-bb-cc-00-11-22 --fleet",
]))]
pub(crate) struct Find {
    /// A serial number, MAC address in any notation, account, service id, name, e-mail address, or id
    text: String,
    /// Search the pods and devices of every location of the partner, too, after a question with the number of calls
    #[arg(long)]
    fleet: bool,
    /// Search the fleet without a question
    #[arg(long, short, requires = "fleet")]
    yes: bool,
    #[command(flatten)]
    length: Length,
}

const SCHEMAS: Schemas = Schemas { list: "plume.find.list/1", row: "plume.find/1" };

const COLUMNS: [Column<FoundItem>; 6] = [
    Column::word("KIND", |found| Cell::new(found.kind.as_str())),
    Column::text("NAME", |found| Cell::option(found.name.as_ref())),
    Column::word("ID", |found| Cell::new(&found.id)),
    Column::extra(Column::word("CUSTOMER ID", |found| Cell::option(found.customer_id.as_ref()))),
    Column::extra(Column::word("LOCATION ID", |found| Cell::option(found.location_id.as_ref()))),
    Column::extra(Column::text("MATCH", |found| Cell::option(found.matched.as_ref()))),
];

/// The API returns at most this many customers of each kind of key.
const MAX_HITS: usize = 10;

impl Find {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<FoundItem>> {
        let Some(pattern) = NamePattern::new(&self.text) else {
            let message = "the text to find has neither a letter nor a digit";
            return Err(Failure::usage(message, "Give a name, a key, an address or an id."));
        };
        if self.fleet && !self.yes && !session.ask.is_possible() {
            let message = "--fleet makes many calls, and there is no terminal to ask";
            return Err(Failure::usage(message, "Add --yes; `plume fleet plan` shows what calls cost."));
        }
        let client = session.client()?;
        let mut lookup = client.lookup(&self.text);
        let form = lookup.form();
        if let Some(location) = session.default_location()? {
            lookup = lookup.within(location);
        }
        let mut found = lookup.run().await?;
        let mut ended_at_match = false;
        match form.fits_devices() {
            _ if !self.fleet => {}
            false => session.warn("--fleet is about pods and devices, and not needed here"),
            true => {
                if self.consent(session, client, found.items.len()).await? {
                    ended_at_match = in_fleet(client, &pattern, self.length.all, &mut found).await;
                } else if found.items.is_empty() {
                    let message = "cancelled, the fleet was not searched";
                    return Err(Failure::of_code(exit::FAILED, message, "Answer y to search it."));
                }
            }
        }
        self.outcome(session, form, found, ended_at_match)
    }

    /// Asks before the walk, which costs calls and time.
    async fn consent(&self, session: &Session, client: &Client, found: usize) -> Result<bool> {
        // Without a number the search still works.
        let cost = client.fleet().find_cost().await.ok().flatten();
        let so_far = match found {
            0 => String::new(),
            1 => " 1 match so far.".to_owned(),
            found => format!(" {found} matches so far."),
        };
        let plan = format!("{}.{so_far}", estimate(cost, client.rate_limiter().status().pace));
        if self.yes {
            session.remark(&format!("note: {plan}"));
            return Ok(true);
        }
        session.ask.confirm(&plan, "Add --yes to search the fleet without a question.").await
    }

    fn outcome(
        &self,
        session: &Session,
        form: KeyForm,
        found: LookupResult,
        ended_at_match: bool,
    ) -> Result<Outcome<FoundItem>> {
        let text = self.text.trim();
        warn_of(session, &found.failed);
        let searched = found.searched.join(", ");
        if found.items.is_empty() && found.is_conclusive() {
            let help = match form.fits_devices() && !self.fleet {
                true => {
                    "The API cannot search for pods and devices by name or MAC address; --fleet reads those of every \
                     location."
                }
                false => "Check the spelling; a part of a name is enough.",
            };
            let message = format!(
                "nothing found for \"{}\", read as {form}; searched {searched}",
                shorten(text, LONGEST)
            );
            return Err(Failure::not_found(message, help));
        }
        session.remark(&format!("note: read as {form}; searched {searched}"));
        let is_complete = found.failed.is_empty() && found.unreadable == 0;
        let customers = found.items.iter().filter(|found| found.kind == FoundKind::Customer).count();
        let mut rows =
            Rows { items: found.items, unreadable: found.unreadable, more: None }.cut(&self.length);
        let more = match (ended_at_match, customers >= MAX_HITS) {
            (true, _) => Some("The search ended at the first match; --all searches every location."),
            (false, true) => {
                Some("There may be more: the search returns ten customers of a kind. Use a longer text.")
            }
            (false, false) => None,
        };
        rows.more = rows.more.or(more.map(str::to_owned));
        let code = if is_complete { exit::DONE } else { exit::PARTLY };
        Ok(Outcome { code, ..Outcome::list(SCHEMAS, rows, &COLUMNS) })
    }
}

/// The calls in flight: enough to use the call limit at usual response times.
const CONCURRENCY: usize = 16;
/// The name of the walk.
const FLEET: &str = "the nodes and devices of all locations";

/// Searches all locations. Returns whether it ended at a match, before the last customer.
async fn in_fleet(client: &Client, pattern: &NamePattern, all: bool, found: &mut LookupResult) -> bool {
    let client = client.with_priority(Priority::Background);
    let mut progress = Progress::new(&client);
    let mut stream = client.fleet().concurrency(CONCURRENCY).find(pattern);
    let mut is_new = false;
    let mut has_failed = false;
    while all || !is_new {
        progress.show(stream.progress());
        // Whole customers, so that the progress says whether the last one was searched.
        let step = tokio::select! {
            biased;
            step = stream.next_step() => step,
            () = progress.tick() => continue,
        };
        let Some(step) = step else { break };
        for item in step.items {
            match item {
                Ok(item) => is_new |= found.add(item.value),
                Err(failure) => {
                    has_failed |= failure.ended;
                    found.failed.push(FailedSearch::new(FLEET, Error::from(failure)));
                }
            }
        }
    }
    found.unreadable += stream.notes().unreadable;
    if !has_failed {
        found.searched.push(FLEET);
    }
    let progress = stream.progress();
    is_new && !all && progress.customers_total.is_none_or(|total| progress.customers_done < total)
}

/// One warning per search: a fleet can have thousands of failures.
fn warn_of(session: &Session, failed: &[FailedSearch]) {
    let mut counts = BTreeMap::<&str, (&Error, usize)>::new();
    for FailedSearch { search, error, .. } in failed {
        counts.entry(search).or_insert((error, 0)).1 += 1;
    }
    for (search, (error, number)) in counts {
        let more = match number {
            1 => String::new(),
            number => format!(" (and {} more failures)", number - 1),
        };
        session.warn(&format!("not searched: {search}: {error}{more}"));
    }
    if session.global.replay.is_some() && !failed.is_empty() {
        session.remark(&format!("note: {PSEUDONYMS}"));
    }
}

/// The cost of a search of the whole fleet, for people. `pace` is the call limit's rate per second.
fn estimate(cost: Option<FleetCost>, pace: Option<f64>) -> String {
    let Some(FleetCost { customers, calls, .. }) = cost else {
        return "Searching every location of the partner; the API did not give the number of customers"
            .to_owned();
    };
    let duration = cost.zip(pace).map(|(cost, pace)| {
        let time = plume_text::human(std::time::Duration::from_secs(cost.duration(pace).as_secs().max(1)));
        format!(", {time} at {pace:.0} calls per second")
    });
    format!(
        "Searching the homes of {}: about {calls} calls{}",
        count(customers, "customer"),
        duration.unwrap_or_default()
    )
}
