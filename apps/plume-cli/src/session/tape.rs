//! Recording and pseudonyms of a run: `--record` and `--sanitize`.

use std::{path::PathBuf, sync::Arc};

use plume::{
    Settings,
    record::{Recorder, Sanitizer},
    runtime::Transport,
};

use crate::args::Global;
use crate::failure::Result;
use crate::output::complain;
use crate::places::state_directory;

/// The secret of all recordings of a person, in the platform's directory for state.
const KEY: &str = "record.key";

/// The transports that the options put around the one of the cloud.
#[derive(Debug, Default)]
pub(super) struct Tape {
    /// Of the screen, with --sanitize.
    sanitizer: Option<Sanitizer>,
    recorder: Option<Recorder>,
}

impl Tape {
    pub(super) fn new(global: &Global) -> Result<Self> {
        let sanitizer = if global.sanitize { Some(sanitizer(global)?) } else { None };
        Ok(Self { sanitizer, recorder: None })
    }

    pub(super) fn sanitizer(&self) -> Option<&Sanitizer> {
        self.sanitizer.as_ref()
    }

    /// Records and sanitizes what passes. The recording has the pseudonyms that the screen shows.
    pub(super) fn around(
        &mut self,
        global: &Global,
        mut transport: Arc<dyn Transport>,
        settings: &Settings,
    ) -> Result<Arc<dyn Transport>> {
        if let Some(directory) = &global.record {
            let sanitizer = self.sanitizer.clone().map_or_else(|| sanitizer(global), Ok)?;
            let builder = Recorder::builder(transport).settings(settings).sanitizer(sanitizer);
            let recorder = builder.create(directory)?;
            transport = Arc::new(recorder.clone());
            self.recorder = Some(recorder);
        }
        Ok(self.pseudonyms(transport))
    }

    pub(super) fn pseudonyms(&self, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
        match &self.sanitizer {
            Some(sanitizer) => sanitizer.transport(transport),
            None => transport,
        }
    }

    /// The pseudonym of an id that a person gave, with --sanitize.
    pub(super) fn id(&self, name: &str, id: &str) -> String {
        self.sanitizer.as_ref().map_or_else(|| id.to_owned(), |sanitizer| sanitizer.field(name, id))
    }

    /// A text without identities, with --sanitize.
    pub(super) fn text(&self, text: &str) -> String {
        self.sanitizer.as_ref().map_or_else(|| text.to_owned(), |sanitizer| sanitizer.in_text(text))
    }

    /// Reports the recording on stderr. Returns a warning if it is not complete.
    pub(super) fn end(&self) -> Option<String> {
        let recorder = self.recorder.as_ref()?;
        match recorder.check() {
            Ok(written) => {
                let exchanges = if written == 1 { "exchange" } else { "exchanges" };
                let directory = recorder.directory().display();
                complain(&format!("note: {written} {exchanges} recorded in {directory}"));
            }
            Err(error) => return Some(format!("the recording is not complete: {error}. {}", error.help())),
        }
        None
    }
}

/// The file of the secret, `None` without a home directory.
pub(super) fn key_file() -> Option<PathBuf> {
    Some(state_directory()?.join(KEY))
}

/// The pseudonyms of a run: those of the recording that it writes, or some of its own.
fn sanitizer(global: &Global) -> Result<Sanitizer> {
    let Some(directory) = &global.record else { return Ok(Sanitizer::new()?) };
    match key_file() {
        Some(key) => Ok(Sanitizer::of_recording(directory, key)?),
        None => {
            complain("note: without a home directory, the pseudonyms are of this run only");
            Ok(Sanitizer::new()?)
        }
    }
}
