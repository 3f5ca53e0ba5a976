//! The cloud of a run: a real one with the settings of the person, or a simulated one.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use plume::{
    Client, ClientBuilder, RateLimiter, Settings, cli,
    record::Replayer,
    runtime::{Clock, SystemClock, Transport, time},
};
use plume_sim::{Home, Simulator, SimulatorBuilder, Story};

use crate::args::Global;
use crate::config::Config;
use crate::failure::{Failure, Result};
use crate::session::later::Later;
use crate::session::tape::{self, Tape};
use crate::session::wire::{Headed, LastHead, Logged};
use crate::state::Vault;

/// A client, and the ids that may be left out.
#[derive(Debug)]
pub(super) struct Cloud {
    pub(super) client: Client,
    pub(super) customer_id: Option<String>,
    pub(super) location_id: Option<String>,
    /// The customers and locations of a recording that is about several.
    pub(super) recorded: Vec<(String, String)>,
    /// The recording, with --replay.
    pub(super) replayer: Option<Replayer>,
    /// Likely mistakes in the settings.
    pub(super) warnings: Vec<String>,
    pub(super) tape: Tape,
    /// Failures of the store of tokens.
    pub(super) notices: Notices,
    pub(super) last: LastHead,
}

/// Warnings from other threads; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices(Arc<Mutex<Vec<String>>>);

impl Notices {
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, notice: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }
}

impl Cloud {
    /// Sends no request.
    pub(super) fn open(global: &Global) -> Result<Self> {
        let mut tape = Tape::new(global)?;
        if let Some(directory) = &global.replay {
            return Self::replayed(global, directory, tape);
        }
        if global.demo {
            let simulator = simulator(global, Simulator::builder().seed(7));
            let settings = Settings::from_variables(simulator.environment())?;
            let limiter = match global.paced {
                true => RateLimiter::of_process(),
                // A simulator in the same process has no call limit of its own.
                false => RateLimiter::unlimited(Arc::new(SystemClock::new())),
            };
            let home = global.home.unwrap_or(Home::Healthy);
            let (notices, last) = (Notices::default(), LastHead::default());
            let transport = tape.around(global, simulator.transport(), &settings)?;
            let base = Client::builder().settings(settings).rate_limiter(limiter);
            return Ok(Self {
                client: built(global, builder(global, base, transport, &last, &tape))?,
                notices,
                last,
                customer_id: Some(home.customer_id().to_owned()),
                location_id: Some(home.location_id().to_owned()),
                recorded: Vec::new(),
                replayer: None,
                warnings: Vec::new(),
                tape,
            });
        }
        let config = Config::load(global.profile.as_deref())?;
        config.check_file()?;
        let settings = config.settings()?;
        let mut warnings = settings.warnings().to_vec();
        let (notices, last) = (Notices::default(), LastHead::default());
        let keeps_tokens = settings.store_key().is_some() && config.place.directory().is_some();
        let transport = Arc::new(settings.network().transport().build());
        let transport = tape.around(global, transport, &settings)?;
        let mut builder = builder(global, Client::builder().settings(settings), transport, &last, &tape);
        if keeps_tokens {
            match config.place.create() {
                Ok(vault) => builder = with_store(builder, vault, &notices),
                Err(failure) => warnings.push(not_kept(failure)),
            }
        }
        Ok(Self {
            client: built(global, builder)?,
            notices,
            last,
            customer_id: config.get("customer_id").map(str::to_owned),
            location_id: config.get("location_id").map(str::to_owned),
            recorded: Vec::new(),
            replayer: None,
            warnings,
            tape,
        })
    }

    /// The ids are those of the recording, if it is about one location.
    fn replayed(global: &Global, directory: &Path, tape: Tape) -> Result<Self> {
        let mut replayer = Replayer::open(directory)?;
        if let Some(key) = tape::key_file() {
            replayer = replayer.with_key(directory, key)?;
        }
        let transport = tape.pseudonyms(Arc::new(replayer.clone()));
        let (customer_id, location_id, recorded) = match <[_; 1]>::try_from(replayer.locations()) {
            Ok([(customer, location)]) => (Some(customer), Some(location), Vec::new()),
            Err(several) => (None, None, several),
        };
        let (notices, last) = (Notices::default(), LastHead::default());
        let client = built(global, builder(global, replayer.client()?, transport, &last, &tape))?;
        let (warnings, replayer) = (Vec::new(), Some(replayer));
        Ok(Self { client, customer_id, location_id, recorded, replayer, warnings, tape, notices, last })
    }
}

impl Cloud {
    /// An id or a name that a person typed, as the responses have it: a pseudonym with --replay or --sanitize.
    pub(super) fn typed(&self, field: &str, text: &str) -> String {
        let recorded = self.replayer.as_ref().and_then(|replayer| replayer.recorded(text));
        self.tape.id(field, recorded.as_deref().unwrap_or(text))
    }
}

/// A builder with the transports that options put around the one of the cloud.
pub(super) fn builder(
    global: &Global,
    builder: ClientBuilder,
    transport: Arc<dyn Transport>,
    last: &LastHead,
    tape: &Tape,
) -> ClientBuilder {
    builder.transport(reported(global, Arc::new(Headed::new(transport, last.clone())), tape))
}

/// The transport, which writes its requests to stderr with --verbose.
pub(super) fn reported(global: &Global, transport: Arc<dyn Transport>, tape: &Tape) -> Arc<dyn Transport> {
    match global.verbose {
        true => Arc::new(Logged::new(transport, tape.sanitizer().cloned())),
        false => transport,
    }
}

pub(super) fn built(global: &Global, builder: ClientBuilder) -> Result<Client> {
    let client = builder.build()?;
    Ok(match global.timeout {
        Some(deadline) => client.with_deadline(deadline),
        None => client,
    })
}

/// Keeps the tokens of a client between runs.
fn with_store(builder: ClientBuilder, vault: Vault, notices: &Notices) -> ClientBuilder {
    let (tokens, notices) = (vault.tokens(), notices.clone());
    builder.token_store(tokens, move |error| notices.add(not_kept(vault.failed("use", error))))
}

fn not_kept(failure: Failure) -> String {
    let failure = cli::Failure::from(failure);
    format!("tokens are not kept between runs: {}. {}", failure.message, failure.help)
}

/// The simulated cloud. Its clock shows the present; the story began before it.
pub(super) fn simulator(global: &Global, mut builder: SimulatorBuilder) -> Simulator {
    if let Some(customers) = global.customers {
        builder = builder.customers(customers);
    }
    let Some(story) = global.story.as_deref().and_then(Story::named) else {
        return builder.build();
    };
    let clock = Arc::new(Later::new(time::before(SystemClock::new().wall(), global.story_time())));
    let simulator = builder.story(story).clock(Arc::clone(&clock) as Arc<dyn Clock>).build();
    clock.start();
    simulator
}
