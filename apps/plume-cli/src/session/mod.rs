//! One run of the program: its client, its defaults, and what it has to say beside the result.

mod advice;
mod cloud;
pub(crate) mod feed;
mod ids;
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
    Client, CustomerHandle, LocationHandle, Settings,
    cli::{self, Meta, exit},
    runtime::Transport,
};
use plume_sim::{Simulator, SimulatorBuilder};
use serde::Serialize;

use crate::args::{Format, Global};
use crate::ask::Ask;
use crate::config::Config;
use crate::failure::{Failure, Result};
use crate::output::{Outcome, Output, Printed, Screen, complain, now, print};
use crate::session::cloud::Cloud;
use crate::session::tape::Tape;
use crate::session::wire::LastHead;

pub(crate) use wire::Head;

/// The advice for a name that a recording does not have.
pub(crate) const PSEUDONYMS: &str =
    "A recording has pseudonyms: the lists of `--replay` show them, and ids may be left out.";

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
        if global.after.is_some() && global.story.is_none() {
            let message = "--after is the time since a story began, and none is named";
            return Err(Failure::usage(message, "Add --story NAME, or leave out --after."));
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
            format!(", story {story} after {}", plume_text::human(self.global.story_time()))
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

    /// A transport that reports its requests with --verbose.
    pub(crate) fn reported(&self, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
        cloud::reported(&self.global, transport, &Tape::default())
    }

    /// Status and headers of the last response.
    pub(crate) fn last_head(&self) -> Option<Head> {
        self.cloud.get()?.last.get()
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

    /// A name that a person gave, as the responses so far have it: with --replay or --sanitize its pseudonym.
    pub(crate) fn named(&self, name: &str) -> String {
        let Some(cloud) = self.cloud.get() else { return name.to_owned() };
        let recorded = cloud.replayer.as_ref().and_then(|replayer| replayer.recorded(name));
        cloud.tape.text(recorded.as_deref().unwrap_or(name))
    }

    /// A text that a person gave for a field of a request: with --sanitize its pseudonym.
    pub(crate) fn typed(&self, field: &str, text: &str) -> Result<String> {
        Ok(self.cloud()?.typed(field, text))
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
        // Names and ids as they are in the home do not occur in a recording.
        if self.global.replay.is_some() && failure.exit_code == exit::NOT_FOUND {
            failure.help = format!("{PSEUDONYMS} {}", failure.help);
        }
        self.end_recording();
        self.output.failed(&failure, self.meta(), self.warnings.take())
    }

    fn warn_of_store(&self) {
        let notices = self.cloud.get().map(|cloud| cloud.notices.take()).unwrap_or_default();
        notices.iter().for_each(|notice| self.warn(notice));
    }

    fn meta(&self) -> Meta {
        let source = self.global.source();
        self.cloud.get().map_or_else(|| Meta::new(source), |cloud| Meta::of(&cloud.client, source))
    }
}
