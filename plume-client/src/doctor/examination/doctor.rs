//! The doctor.

use std::{path::PathBuf, sync::Arc, time::Duration};

use plume_runtime::{Clock, HttpTransport, Transport};
use plume_types::{CustomerId, LocationId};

use crate::client::{Partial, Settings};
use crate::doctor::diagnosis::Check;
use crate::limiter::RateLimiter;

/// The default of [`Doctor::check_deadline`].
const DEADLINE: Duration = Duration::from_secs(10);

/// Checks a set-up; see the [module](crate::doctor).
///
/// Settings may be incomplete: a doctor checks what they allow. It requests a token of its own and makes its calls with it;
/// tokens of clients are not touched.
///
/// ```no_run
/// # async fn run() {
/// use plume_client::doctor::{Doctor, Outcome};
///
/// let diagnosis = Doctor::from_env().secret_file("/etc/example/token").run().await;
/// for check in diagnosis.failed() {
///     println!("{}: {}", check.name, check.help().unwrap_or_default());
/// }
/// assert_ne!(diagnosis.outcome, Outcome::Failed);
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Doctor {
    pub(super) settings: Partial,
    pub(super) checks: Vec<Check>,
    pub(super) secret_files: Vec<PathBuf>,
    pub(super) customer: Option<CustomerId>,
    pub(super) location: Option<LocationId>,
    pub(super) transport: Option<Arc<dyn Transport>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) limiter: Option<RateLimiter>,
    pub(super) deadline: Duration,
}

impl Doctor {
    /// Checks complete settings. To check incomplete ones, use [`from_variables`](Self::from_variables).
    pub fn new(settings: Settings) -> Self {
        Self::of(settings.into())
    }

    /// Checks the environment of this process, as [`Settings::from_env`] reads it.
    pub fn from_env() -> Self {
        Self::of(Partial::of_env())
    }

    /// Checks the environment of a program that people run in a shell, as [`Settings::from_shell`] reads it.
    pub fn from_shell() -> Self {
        Self::of(Partial::of_shell())
    }

    /// Checks the given variables in place of the environment, as [`Settings::from_variables`] reads them.
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self::of(Partial::read(variables))
    }

    fn of(settings: Partial) -> Self {
        Self {
            settings,
            checks: Vec::new(),
            secret_files: Vec::new(),
            customer: None,
            location: None,
            transport: None,
            clock: None,
            limiter: None,
            deadline: DEADLINE,
        }
    }

    /// Adds a check that the program made, before the others. If it failed, missing settings count as its consequence: they
    /// are skipped.
    ///
    /// ```
    /// use plume_client::{Cause, doctor::{Check, Doctor, Finding}};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let broken = Finding::failed(Cause::Settings, "example.toml:3: invalid TOML", "Correct the file.");
    /// let none: [(&str, &str); 0] = [];
    /// let doctor = Doctor::from_variables(none).check(Check::new("configuration", broken));
    /// let diagnosis = doctor.run().await;
    /// assert_eq!(diagnosis.failed().count(), 1);
    /// assert_eq!(diagnosis.cause(), Some(Cause::Settings));
    /// # }
    /// ```
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds a file that holds a secret, to check its permissions. The file of `PLUME_AUTH_HEADER_FILE` is checked in any
    /// case.
    pub fn secret_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.secret_files.push(path.into());
        self
    }

    /// Sets the customer whose locations are read: by default the first one that has a location.
    pub fn customer(mut self, id: impl Into<CustomerId>) -> Self {
        self.customer = Some(id.into());
        self
    }

    /// Sets the location that is read, and its customer: by default the first location of the customer.
    pub fn location(mut self, customer: impl Into<CustomerId>, id: impl Into<LocationId>) -> Self {
        self.location = Some(id.into());
        self.customer(customer)
    }

    /// Returns the transport that the settings describe, for example to wrap it for [`transport`](Self::transport).
    #[must_use]
    pub fn http_transport(&self) -> HttpTransport {
        self.settings.network.transport().build()
    }

    /// Sets the transport: by default an [`HttpTransport`](plume_runtime::HttpTransport) with the proxy and the
    /// certificates of the settings.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the clock: by default the system's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Sets the call limit: by default as [`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter), or with another
    /// clock a limiter of its own.
    pub fn rate_limiter(mut self, limiter: RateLimiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Sets the maximum duration of each check that sends a request: 10 s by default. A host that does not respond gets no
    /// further request.
    pub fn check_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}
