//! One run of the program: its client, its defaults, and what it has to say beside the result.

use std::{
    cell::{OnceCell, RefCell},
    sync::Arc,
    time::Duration,
};

use plume::{
    Client, CustomerHandle, ErrorKind, LocationHandle, RateLimiter, Resource, Settings,
    cli::{self, Meta, Source},
    runtime::{Clock, ManualClock, SystemClock},
};
use plume_sim::{Home, Simulator, Story};
use serde::Serialize;

use crate::args::{Global, LocationIds};
use crate::ask::Ask;
use crate::config::Config;
use crate::failure::{Failure, Result, nearest};
use crate::output::{Outcome, Output, Printed, complain};

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) ask: Ask,
    global: Global,
    output: Output,
    cloud: OnceCell<Cloud>,
    /// The location that the command is about.
    location: RefCell<Option<LocationHandle>>,
    warnings: RefCell<Vec<String>>,
}

/// The cloud of this run and the ids that may be left out.
#[derive(Debug)]
struct Cloud {
    client: Client,
    customer_id: Option<String>,
    location_id: Option<String>,
}

/// The advice when an id is missing.
const IDS: &str =
    "Give the ids as arguments, set `customer_id` and `location_id` in a profile, or add --demo.";

impl Session {
    pub(crate) fn new(global: Global, output: Output) -> Result<Self> {
        let simulated = [
            ("--home", global.home.is_some()),
            ("--story", global.story.is_some()),
            ("--after", global.after.is_some()),
            ("--paced", global.paced),
        ];
        for (name, given) in simulated {
            if given && !global.demo {
                let message = format!("{name} is about simulated homes");
                return Err(Failure::usage(message, format!("Add --demo, or leave out {name}.")));
            }
        }
        let ask = Ask::new(global.no_input);
        let (location, warnings) = (RefCell::new(None), RefCell::new(Vec::new()));
        Ok(Self { ask, global, output, cloud: OnceCell::new(), location, warnings })
    }

    /// The client of this run. The settings are read when a command needs it.
    pub(crate) fn client(&self) -> Result<&Client> {
        Ok(&self.cloud()?.client)
    }

    fn cloud(&self) -> Result<&Cloud> {
        if let Some(cloud) = self.cloud.get() {
            return Ok(cloud);
        }
        let cloud = if self.global.demo { self.demo()? } else { self.live()? };
        Ok(self.cloud.get_or_init(|| cloud))
    }

    fn demo(&self) -> Result<Cloud> {
        let simulator = self.simulator();
        let clock = Arc::new(SystemClock::new());
        let limiter = match self.global.paced {
            true => RateLimiter::of_process(),
            // A simulator in the same process has no call limit of its own.
            false => RateLimiter::unlimited(clock),
        };
        let client = Client::builder()
            .settings(Settings::from_variables(simulator.environment())?)
            .transport(simulator.transport())
            .rate_limiter(limiter);
        let home = self.global.home.unwrap_or(Home::Healthy);
        Ok(Cloud {
            client: self.with_deadline(client.build()?),
            customer_id: Some(home.customer_id().to_owned()),
            location_id: Some(home.location_id().to_owned()),
        })
    }

    /// The cloud of a demo. Its clock shows the present; the story began before it.
    fn simulator(&self) -> Simulator {
        let builder = Simulator::builder().seed(7);
        let Some(story) = self.global.story.as_deref().and_then(Story::named) else {
            return builder.build();
        };
        let passed = Duration::from_secs(60 * u64::from(self.global.after.unwrap_or(12)));
        let now = SystemClock::new().wall();
        let clock = ManualClock::new(now.checked_sub(passed).unwrap_or(now));
        let simulator = builder.story(story).clock(Arc::new(clock.clone())).build();
        clock.advance(passed);
        simulator
    }

    fn live(&self) -> Result<Cloud> {
        let config = Config::load(self.global.profile.as_deref())?;
        let settings = config.settings()?;
        for warning in settings.warnings() {
            self.warn(warning);
        }
        Ok(Cloud {
            client: self.with_deadline(Client::builder().settings(settings).build()?),
            customer_id: config.get("customer_id").map(str::to_owned),
            location_id: config.get("location_id").map(str::to_owned),
        })
    }

    fn with_deadline(&self, client: Client) -> Client {
        match self.global.timeout {
            Some(deadline) => client.with_deadline(deadline),
            None => client,
        }
    }

    /// The customer with this id, or the default one.
    pub(crate) fn customer(&self, id: Option<&str>) -> Result<CustomerHandle> {
        let cloud = self.cloud()?;
        match id.or(cloud.customer_id.as_deref()) {
            Some(id) => Ok(cloud.client.customer(id)),
            None => Err(Failure::usage("the <CUSTOMER_ID> is missing", IDS)),
        }
    }

    /// The location with these ids, or the default one. A customer alone stands for its only location.
    pub(crate) async fn location(&self, ids: &LocationIds) -> Result<LocationHandle> {
        let cloud = self.cloud()?;
        let customer = self.customer(ids.customer_id.as_deref());
        let location = match (&ids.customer_id, &ids.location_id, &cloud.location_id) {
            (Some(_), Some(id), _) => customer?.location(id.as_str()),
            (None, _, Some(id)) => customer?.location(id.as_str()),
            (None, _, None) if customer.is_err() => {
                return Err(Failure::usage("the <CUSTOMER_ID> and <LOCATION_ID> are missing", IDS));
            }
            _ => self.only_location(&customer?).await?,
        };
        self.location.replace(Some(location.clone()));
        Ok(location)
    }

    async fn only_location(&self, customer: &CustomerHandle) -> Result<LocationHandle> {
        let locations = customer.locations().await?.into_vec();
        let name =
            |location: &plume::types::Location| format!("{}  {}", location.id, location.display_name());
        let names: Vec<String> = locations.iter().map(name).collect();
        let chosen = match locations.len() {
            0 => None,
            1 => Some(0),
            _ => self.ask.select("Location", &names).await?,
        };
        match chosen.and_then(|at| locations.get(at)) {
            Some(location) => Ok(customer.location(location.id.clone())),
            None if locations.is_empty() => {
                Err(Failure::not_found("the customer has no location", "Check the <CUSTOMER_ID>."))
            }
            None => Err(Failure::usage(
                format!("the <LOCATION_ID> is missing; the customer has {} locations", locations.len()),
                format!("Add one of:\n  {}", names.join("\n  ")),
            )),
        }
    }

    /// Reports an irregularity that does not stop the command: on stderr now, and in the document.
    pub(crate) fn warn(&self, warning: &str) {
        complain(&format!("warning: {warning}"));
        self.warnings.borrow_mut().push(warning.to_owned());
    }

    /// The text of a command's result.
    pub(crate) fn print<T: Serialize>(&self, outcome: &Outcome<T>) -> Printed {
        match outcome.unreadable() {
            0 => {}
            1 => self.warn("1 row could not be read and is left out"),
            several => self.warn(&format!("{several} rows could not be read and are left out")),
        }
        let missing = self.cloud.get().map(|cloud| cloud.client.scope_not_granted()).unwrap_or_default();
        if !missing.is_empty() {
            self.warn(&format!(
                "the token was not granted `{}`; calls that need it are refused",
                missing.join(" ")
            ));
        }
        let meta = Meta { more: outcome.more().is_some(), ..self.meta() };
        self.output.print(outcome, meta, self.warnings.take())
    }

    /// The text of a command's failure.
    pub(crate) async fn fail(&self, failure: Failure) -> Printed {
        let mut suggestion = None;
        if let Failure::Call(error) = &failure {
            if self.global.verbose {
                complain(&error.report().to_string());
            }
            suggestion = self.suggestion(error.kind()).await;
        }
        let mut failure = cli::Failure::from(failure);
        if let Some(suggestion) = suggestion {
            failure.help = format!("{suggestion} {}", failure.help);
        }
        self.output.failed(&failure, self.meta(), self.warnings.take())
    }

    /// Suggests an id in place of one that does not exist.
    async fn suggestion(&self, kind: ErrorKind) -> Option<String> {
        let location = self.location.borrow().clone()?;
        let customer = location.customer_id().as_str();
        match kind {
            ErrorKind::NotFound(Resource::Customer) if !is_id(customer) => Some(format!(
                "An id has 24 hexadecimal digits; `plume customers search \"{customer}\"` may find it."
            )),
            ErrorKind::NotFound(Resource::Location) => {
                let locations = self.client().ok()?.customer(customer).locations().await.ok()?;
                let ids = locations.iter().map(|location| location.id.as_str());
                let names = locations.iter().map(plume::types::Location::display_name);
                let meant = nearest(location.id().as_str(), ids.chain(names));
                let meant = locations.iter().find(|location| {
                    meant
                        .is_some_and(|meant| [location.id.as_str(), location.display_name()].contains(&meant))
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
        let source = if self.global.demo { Source::Demo } else { Source::Live };
        self.cloud.get().map_or_else(|| Meta::new(source), |cloud| Meta::of(&cloud.client, source))
    }
}

/// Returns whether a text has the form of an id of the cloud.
fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
