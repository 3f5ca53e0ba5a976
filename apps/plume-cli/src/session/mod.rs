//! One run of the program: its client, its defaults, and what it has to say beside the result.

mod cloud;
pub(crate) mod feed;
mod later;
mod tape;
mod wire;

use std::{
    cell::{OnceCell, RefCell},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, SubsecRound, Utc};
use plume::{
    Client, CustomerHandle, ErrorKind, LocationHandle, Resource, Settings,
    cli::{self, Meta, exit},
    types::Location,
};
use plume_sim::{Simulator, SimulatorBuilder};
use serde::Serialize;

use crate::args::{Format, Global, LocationIds};
use crate::ask::Ask;
use crate::config::{Config, Origin};
use crate::failure::{Failure, Result, nearest};
use crate::output::{Outcome, Output, Printed, Screen, complain, now, print};
use crate::session::cloud::Cloud;
use crate::session::tape::Tape;
use crate::session::wire::LastHead;

pub(crate) use wire::Head;

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) ask: Ask,
    /// The arguments of the program, for completions and manual pages.
    pub(crate) program: fn() -> clap::Command,
    pub(crate) global: Global,
    pub(crate) output: Output,
    cloud: OnceCell<Cloud>,
    /// The subject of the command, for suggestions.
    subject: RefCell<Subject>,
    warnings: RefCell<Vec<String>>,
}

#[derive(Debug, Default)]
struct Subject {
    customer: Option<CustomerHandle>,
    location: Option<LocationHandle>,
}

/// The advice when an id is missing.
const IDS: &str =
    "Give the ids as arguments, set `customer_id` and `location_id` in a profile, or add --demo.";

impl Session {
    pub(crate) fn new(global: Global, output: Output, program: fn() -> clap::Command) -> Result<Self> {
        let simulated = [
            ("--home", global.home.is_some()),
            ("--story", global.story.is_some()),
            ("--after", global.after.is_some()),
            ("--paced", global.paced),
            ("--customers", global.customers.is_some()),
        ];
        for (name, given) in simulated {
            if given && !global.demo {
                let message = format!("{name} is about simulated homes");
                return Err(Failure::usage(message, format!("Add --demo, or leave out {name}.")));
            }
        }
        let ask = Ask::new(global.no_input);
        let (subject, warnings) = (RefCell::default(), RefCell::default());
        Ok(Self { ask, program, global, output, cloud: OnceCell::new(), subject, warnings })
    }

    /// The room for diagrams.
    pub(crate) fn screen(&self) -> Screen {
        self.output.screen()
    }

    pub(crate) fn format(&self) -> Format {
        self.global.output
    }

    /// The client of this run. The settings are read when a command needs it.
    pub(crate) fn client(&self) -> Result<&Client> {
        Ok(&self.cloud()?.client)
    }

    fn cloud(&self) -> Result<&Cloud> {
        if let Some(cloud) = self.cloud.get() {
            return Ok(cloud);
        }
        let cloud = Cloud::open(&self.global)?;
        cloud.warnings.iter().for_each(|warning| self.warn(warning));
        Ok(self.cloud.get_or_init(|| cloud))
    }

    /// The ids that may be left out: of the customer and the location.
    pub(crate) fn default_ids(&self) -> Result<(Option<&str>, Option<&str>)> {
        let cloud = self.cloud()?;
        Ok((cloud.customer_id.as_deref(), cloud.location_id.as_deref()))
    }

    pub(crate) fn is_demo(&self) -> bool {
        self.global.demo
    }

    /// The maximum duration of a call that an option gives.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.global.timeout
    }

    /// The name of the profile that an option gives.
    pub(crate) fn profile(&self) -> Option<&str> {
        self.global.profile.as_deref()
    }

    /// The cloud of this run in words: two runs with the same see the same fleet.
    pub(crate) fn scope(&self) -> String {
        let Global { demo, story, customers, .. } = &self.global;
        if !demo {
            let config = self.config().ok();
            let value = |key| config.as_ref().and_then(|config| config.get(key)).unwrap_or_default();
            let profile = config.as_ref().and_then(Config::profile).unwrap_or("none");
            return format!("{} as {} (profile {profile})", value("api_base"), value("partner_id"));
        }
        let customers = customers.map_or_else(String::new, |customers| format!(", {customers} customers"));
        let story = story.as_ref().map_or_else(String::new, |story| {
            format!(", story {story} after {} minutes", self.global.minutes())
        });
        format!("the simulated cloud{customers}{story}")
    }

    /// The settings of the person, also in a demo.
    pub(crate) fn config(&self) -> Result<Config> {
        Config::load(self.profile())
    }

    /// The simulated cloud that the options describe.
    pub(crate) fn simulator(&self, builder: SimulatorBuilder) -> Simulator {
        cloud::simulator(&self.global, builder)
    }

    /// A client with other settings, which keeps no tokens.
    pub(crate) fn client_with(&self, settings: Settings) -> Result<Client> {
        let transport = Arc::new(settings.network().transport().build());
        cloud::built(
            &self.global,
            cloud::builder(
                &self.global,
                Client::builder().settings(settings),
                transport,
                &LastHead::default(),
                &Tape::default(),
            ),
        )
    }

    /// Status and headers of the last response.
    pub(crate) fn last_head(&self) -> Option<Head> {
        self.cloud.get()?.last.get()
    }

    /// The customer with this id, or the default one.
    pub(crate) fn customer(&self, id: Option<&str>) -> Result<CustomerHandle> {
        let cloud = self.cloud()?;
        let Some(id) = id.or(cloud.customer_id.as_deref()) else {
            return Err(Failure::usage("the <CUSTOMER_ID> is missing", IDS));
        };
        let customer = cloud.client.customer(cloud.tape.id("customerId", id));
        self.subject.borrow_mut().customer = Some(customer.clone());
        Ok(customer)
    }

    /// The location with these ids, or the default one. A customer alone stands for its only location.
    pub(crate) async fn location(&self, ids: &LocationIds) -> Result<LocationHandle> {
        let cloud = self.cloud()?;
        let customer = self.customer(ids.customer_id.as_deref());
        let location = match (&ids.customer_id, &ids.location_id, &cloud.location_id) {
            (Some(_), Some(id), _) | (None, _, Some(id)) => {
                customer?.location(cloud.tape.id("locationId", id))
            }
            (None, _, None) if customer.is_err() => {
                return Err(Failure::usage("the <CUSTOMER_ID> and <LOCATION_ID> are missing", IDS));
            }
            _ => self.only_location(&customer?).await?,
        };
        self.subject.borrow_mut().location = Some(location.clone());
        Ok(location)
    }

    /// The location of the profile or of the demo.
    pub(crate) fn default_location(&self) -> Result<Option<LocationHandle>> {
        let cloud = self.cloud()?;
        let ids = cloud.customer_id.as_deref().zip(cloud.location_id.as_deref());
        Ok(ids.map(|(customer, location)| cloud.client.customer(customer).location(location)))
    }

    async fn only_location(&self, customer: &CustomerHandle) -> Result<LocationHandle> {
        let locations = customer.locations().await?;
        // A row that cannot be read may be the location that was meant.
        let unreadable = locations.unreadable();
        let locations = locations.into_vec();
        let name = |location: &Location| format!("{}  {}", location.id, location.display_name());
        let names: Vec<String> = locations.iter().map(name).collect();
        let chosen = match locations.len() {
            0 => None,
            1 if unreadable == 0 => Some(0),
            _ => self.ask.select("Location", &names).await?,
        };
        match chosen.and_then(|at| locations.get(at)) {
            Some(location) => Ok(customer.location(location.id.clone())),
            None if locations.is_empty() && unreadable == 0 => {
                Err(Failure::not_found("the customer has no location", "Check the <CUSTOMER_ID>."))
            }
            None => Err(Failure::usage(
                format!(
                    "the <LOCATION_ID> is missing; the customer has {} locations",
                    locations.len() + unreadable
                ),
                format!("Add one of:\n  {}", names.join("\n  ")),
            )),
        }
    }

    /// Reports an irregularity that does not stop the command: on stderr now, and in the document.
    pub(crate) fn warn(&self, warning: &str) {
        let warning = self.cloud.get().map_or_else(|| warning.to_owned(), |cloud| cloud.tape.text(warning));
        complain(&format!("warning: {warning}"));
        self.warnings.borrow_mut().push(warning);
    }

    /// Writes a line to stderr only.
    pub(crate) fn remark(&self, text: &str) {
        complain(&self.cloud.get().map_or_else(|| text.to_owned(), |cloud| cloud.tape.text(text)));
    }

    /// The time of the data: now, or with --replay the time of the recording.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let clock = self.cloud.get().map(|cloud| cloud.client.clock());
        clock.map_or_else(now, |clock| clock.wall().trunc_subsecs(3))
    }

    /// A name that a person gave, as the responses so far have it: with --sanitize its pseudonym.
    pub(crate) fn named(&self, name: &str) -> String {
        self.cloud.get().map_or_else(|| name.to_owned(), |cloud| cloud.tape.text(name))
    }

    /// Reports rows that could not be read.
    pub(crate) fn warn_of_rows(&self, unreadable: u64) {
        match unreadable {
            0 => {}
            1 => self.warn("1 row could not be read and is left out"),
            several => self.warn(&format!("{several} rows could not be read and are left out")),
        }
    }

    /// Writes a result now, in a command that continues after it.
    pub(crate) fn show<T: Serialize>(&self, outcome: &Outcome<T>) -> Result<()> {
        print(&self.print(outcome).text).map(drop).map_err(|error| {
            let message = format!("the output could not be written: {error}");
            Failure::of_code(exit::FAILED, message, "Check where stdout goes.")
        })
    }

    /// The text of a command's result.
    pub(crate) fn print<T: Serialize>(&self, outcome: &Outcome<T>) -> Printed {
        self.warn_of_store();
        self.warn_of_rows(outcome.unreadable());
        let missing = self.cloud.get().map(|cloud| cloud.client.scope_not_granted()).unwrap_or_default();
        if !missing.is_empty() {
            self.warn(&format!(
                "the token was not granted `{}`; calls that need it are refused",
                missing.join(" ")
            ));
        }
        self.end_recording();
        let meta = Meta { more: outcome.is_cut || outcome.more().is_some(), ..self.meta() };
        self.output.as_of(self.now()).print(outcome, meta, self.warnings.take())
    }

    fn end_recording(&self) {
        if let Some(warning) = self.cloud.get().and_then(|cloud| cloud.tape.end()) {
            self.warn(&warning);
        }
    }

    /// The text of a command's failure.
    pub(crate) async fn fail(&self, failure: Failure) -> Printed {
        if failure.exit_code() == Some(exit::INTERRUPTED) {
            return Printed { text: String::new(), code: exit::INTERRUPTED };
        }
        self.warn_of_store();
        let mut suggestion = None;
        if let Failure::Call(error) = &failure {
            if self.global.verbose {
                complain(&error.report().to_string());
            }
            suggestion = self.suggestion(error.kind()).await;
            if cli::exit_code(error) == exit::AUTH {
                suggestion = Some(self.login_advice());
            }
        }
        let mut failure = cli::Failure::from(failure);
        if let Some(suggestion) = suggestion {
            failure.help = format!("{suggestion} {}", failure.help);
        }
        if let Some(cloud) = self.cloud.get() {
            failure.message = cloud.tape.text(&failure.message);
        }
        self.end_recording();
        self.output.failed(&failure, self.meta(), self.warnings.take())
    }

    /// The command that helps if a credential is missing or was refused.
    pub(crate) fn login_advice(&self) -> String {
        let credential = || Config::load(self.profile()).ok()?.credential().ok()?;
        match (credential(), self.profile()) {
            // It would override what a login stores.
            (Some(Origin::Variable(name)), _) => {
                format!("Correct {name}, or unset it and run `plume auth login`.")
            }
            (_, Some(profile)) => format!("Run `plume auth login --profile {profile}`."),
            (_, None) => "Run `plume auth login`.".to_owned(),
        }
    }

    fn warn_of_store(&self) {
        let notices = self.cloud.get().map(|cloud| cloud.notices.take()).unwrap_or_default();
        notices.iter().for_each(|notice| self.warn(notice));
    }

    /// Suggests an id in place of one that does not exist.
    async fn suggestion(&self, kind: ErrorKind) -> Option<String> {
        let (customer, location) = {
            let subject = self.subject.borrow();
            (subject.customer.clone()?, subject.location.clone())
        };
        match (kind, location) {
            (ErrorKind::NotFound(Resource::Customer), _) if !is_id(customer.id().as_str()) => Some(format!(
                "An id has 24 hexadecimal digits; `plume customers search \"{}\"` may find it.",
                customer.id()
            )),
            (ErrorKind::NotFound(Resource::Location), Some(wrong)) => {
                let locations = customer.locations().await.ok()?;
                let words =
                    |location: &Location| [location.id.to_string(), location.display_name().to_owned()];
                let all: Vec<String> = locations.iter().flat_map(words).collect();
                let meant = nearest(wrong.id().as_str(), all.iter().map(String::as_str));
                let meant = meant.and_then(|meant| {
                    locations.iter().find(|location| words(location).iter().any(|word| word == meant))
                });
                match (meant, &locations[..]) {
                    (Some(meant), _) => {
                        Some(format!("Did you mean {} ({})?", meant.id, meant.display_name()))
                    }
                    (None, [only]) => {
                        Some(format!("The customer has {} ({}).", only.id, only.display_name()))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn meta(&self) -> Meta {
        let source = self.global.source();
        self.cloud.get().map_or_else(|| Meta::new(source), |cloud| Meta::of(&cloud.client, source))
    }
}

/// Returns whether a text has the form of an id of the cloud.
fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
