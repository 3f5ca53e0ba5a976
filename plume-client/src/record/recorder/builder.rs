//! The builder of a recorder, and the session that it creates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use plume_auth::SecureUrl;
use plume_runtime::{Clock, SystemClock, Transport};

use crate::client::Settings;
use crate::record::error::RecordError;
use crate::record::recorder::recorder::Recorder;
use crate::record::sanitize::Sanitizer;
use crate::record::session::{
    Bases, Disk, FORMAT, FileSystem, Identities, MANIFEST, Manifest, VERSION, create_directory,
    ensure_directory, session_name,
};

/// Attempts to find a name for a session that no other process uses.
const ATTEMPTS: u32 = 16;
/// A builder of a [`Recorder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct RecorderBuilder {
    inner: Arc<dyn Transport>,
    clock: Option<Arc<dyn Clock>>,
    sanitizer: Option<Sanitizer>,
    partner_id: Option<String>,
    bases: Bases,
    disk: Arc<dyn Disk>,
}

impl Recorder {
    /// Returns a builder of a recorder of the exchanges of `inner`.
    pub fn builder(inner: Arc<dyn Transport>) -> RecorderBuilder {
        RecorderBuilder {
            inner,
            clock: None,
            sanitizer: None,
            partner_id: None,
            bases: Bases::default(),
            disk: Arc::new(FileSystem),
        }
    }
}

impl RecorderBuilder {
    /// Sets base URLs and partner id, which the replay needs.
    pub fn settings(mut self, settings: &Settings) -> Self {
        self.partner_id = settings.partner_id.as_ref().map(ToString::to_string);
        let base = |url: &SecureUrl| url.as_base().to_owned();
        self.bases.api = Some(base(&settings.api_base));
        self.bases.reports = settings.reports_base.as_ref().map(base);
        self.bases.lte = settings.lte_base.as_ref().map(base);
        self
    }

    /// Sets the base URL of the API.
    pub fn api_base(mut self, base: &SecureUrl) -> Self {
        self.bases.api = Some(base.as_base().to_owned());
        self
    }

    /// Sets the base URL of the reports.
    pub fn reports_base(mut self, base: &SecureUrl) -> Self {
        self.bases.reports = Some(base.as_base().to_owned());
        self
    }

    /// Sets the base URL of the LTE service.
    pub fn lte_base(mut self, base: &SecureUrl) -> Self {
        self.bases.lte = Some(base.as_base().to_owned());
        self
    }

    /// Sets the sanitizer: by default one with a random key. A shared one gives the pseudonyms that the program shows.
    pub fn sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.sanitizer = Some(sanitizer);
        self
    }

    /// Sets the clock: by default the system's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    #[cfg(test)]
    pub(super) fn disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = disk;
        self
    }

    /// Creates a session in `directory`, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the directory or the manifest cannot be written.
    pub fn create(self, directory: impl AsRef<Path>) -> Result<Recorder, RecordError> {
        let sanitizer = match self.sanitizer {
            Some(sanitizer) => sanitizer,
            None => Sanitizer::new()?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let recorded_at = clock.wall();
        let clean = |base: &Option<String>| base.as_deref().map(|base| origin(&sanitizer, base));
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: concat!("plume-client ", env!("CARGO_PKG_VERSION")).to_owned(),
            recorded_at,
            identities: match sanitizer.replaces_identities() {
                true => Identities::Replaced,
                false => Identities::Kept,
            },
            partner_id: self.partner_id.map(|id| sanitizer.field("partnerId", &id)),
            bases: Bases {
                api: clean(&self.bases.api),
                reports: clean(&self.bases.reports),
                lte: clean(&self.bases.lte),
            },
        };
        let session = new_session(directory.as_ref(), recorded_at)?;
        let failed = |error| RecordError::io("write the recording", &session.join(MANIFEST), error);
        let contents = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.into()))?;
        self.disk.write(&session, MANIFEST, &contents).map_err(failed)?;
        Ok(Recorder {
            inner: self.inner,
            clock,
            sanitizer,
            bases: Arc::new(self.bases),
            directory: session.into(),
            disk: self.disk,
            progress: Arc::default(),
        })
    }
}

/// Sanitizes the host of a base URL.
fn origin(sanitizer: &Sanitizer, base: &str) -> String {
    let path = base.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
    let origin = base.get(..base.len() - path.len()).unwrap_or_default();
    format!("{}{path}", sanitizer.url(origin))
}

/// Creates the directory of a session.
fn new_session(directory: &Path, at: DateTime<Utc>) -> Result<PathBuf, RecordError> {
    let failed = |path: &Path, error| RecordError::io("create the recording", path, error);
    ensure_directory(directory).map_err(|error| failed(directory, error))?;
    let mut path = directory.to_owned();
    let mut last = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
    for _ in 0..ATTEMPTS {
        path = directory.join(session_name(at, fastrand::u32(..)));
        match create_directory(&path) {
            Ok(()) => return Ok(path),
            Err(error) => last = error,
        }
        if last.kind() != std::io::ErrorKind::AlreadyExists {
            break;
        }
    }
    Err(failed(&path, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_private_clouds_are_replaced_and_paths_kept() {
        let sanitizer = Sanitizer::with_key(b"not-a-real-key-16").unwrap();
        for (base, clean) in [
            ("https://cloud.isp.example/deep/api", "https://host-1.example.net/deep/api"),
            (
                "https://piranha-gamma.prod.us-west-2.aws.plume.com/api",
                "https://piranha-gamma.prod.us-west-2.aws.plume.com/api",
            ),
            ("http://127.0.0.1:9/api", "http://127.0.0.1:9/api"),
            ("https://cloud.isp.example", "https://host-1.example.net"),
        ] {
            assert_eq!(origin(&sanitizer, base), clean);
        }
    }
}
