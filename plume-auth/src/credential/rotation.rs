//! Credentials that change while the program runs.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use plume_seal::read_secret_file;
use secrecy::ExposeSecret;

use crate::credential::basic::Credential;
use crate::credential::pasted::AuthorizationSetting;
use crate::provider::trace;
use crate::provider::{AuthError, AuthErrorKind};

/// The source of a credential, read for each token request.
///
/// A [`Credential`] is a source that never changes. Tokens that were issued for an old credential stay valid until they
/// expire, so a change fails no call.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// Returns the current credential.
    ///
    /// # Errors
    ///
    /// [`AuthError`] if there is none.
    fn credential(&self) -> Result<Credential, AuthError>;
}

impl CredentialSource for Credential {
    fn credential(&self) -> Result<Credential, AuthError> {
        Ok(self.clone())
    }
}

impl<S: CredentialSource + ?Sized> CredentialSource for Arc<S> {
    fn credential(&self) -> Result<Credential, AuthError> {
        (**self).credential()
    }
}

/// A credential that the program can replace. Clones share it.
///
/// The next token request uses the new credential; the provider then reports
/// [`TokenEvent::Rotated`](crate::TokenEvent::Rotated). If the old one was refused already, call
/// [`CachedTokenProvider::retry_now`](crate::CachedTokenProvider::retry_now) as well.
///
/// ```
/// use plume_auth::{Credential, CredentialSource, RotatingCredential};
///
/// let credential = RotatingCredential::new(Credential::from_client("0oaEXAMPLE", "not-a-real-secret"));
/// let in_use = credential.clone();
/// credential.replace(Credential::from_client("0oaEXAMPLE", "another-fake-secret"));
/// assert!(in_use.credential().is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct RotatingCredential {
    current: Arc<Mutex<Credential>>,
}

impl RotatingCredential {
    /// Creates one that begins with `credential`.
    #[must_use]
    pub fn new(credential: Credential) -> Self {
        Self { current: Arc::new(Mutex::new(credential)) }
    }

    /// Replaces the credential. The memory of the old one is wiped when no request uses it any more.
    pub fn replace(&self, credential: Credential) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = credential;
    }
}

impl CredentialSource for RotatingCredential {
    fn credential(&self) -> Result<Credential, AuthError> {
        Ok(self.current.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// A credential in a file, as container platforms mount secrets: the value of `PLUME_AUTH_HEADER` in one line.
///
/// The file is read for each token request, a few times an hour, and not by its time stamp: some platforms replace files
/// without changing it. While the file cannot be read or is incomplete, the last complete credential is used.
///
/// ```no_run
/// use plume_auth::CredentialFile;
///
/// let credential = CredentialFile::open("/run/secrets/plume-header")?;
/// # Ok::<(), plume_auth::AuthError>(())
/// ```
pub struct CredentialFile {
    path: PathBuf,
    last: Mutex<Credential>,
}

impl CredentialFile {
    /// Opens `path` and reads it for the first time.
    ///
    /// # Errors
    ///
    /// [`AuthError`] of kind `Configuration`. It repeats neither the path nor the contents of the file.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, AuthError> {
        let path = path.into();
        let first = read(&path).map_err(|what| {
            AuthError::new(AuthErrorKind::Configuration, format!("the setting of the credential file {what}"))
        })?;
        Ok(Self { path, last: Mutex::new(first) })
    }
}

impl CredentialSource for CredentialFile {
    fn credential(&self) -> Result<Credential, AuthError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match read(&self.path) {
            Ok(credential) => *last = credential,
            Err(what) => trace::credential_kept(&format!("the setting of the credential file {what}")),
        }
        Ok(last.clone())
    }
}

impl fmt::Debug for CredentialFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Reads a credential. The text of an error continues the name of the setting.
fn read(path: &Path) -> Result<Credential, String> {
    let text = read_secret_file(path).map_err(|what| what.to_string())?;
    match AuthorizationSetting::parse(text.expose_secret()) {
        Ok(AuthorizationSetting::Basic(credential)) if credential.is_whole() => Ok(credential),
        Ok(AuthorizationSetting::Basic(_)) => Err("names a file without a complete credential".to_owned()),
        Ok(_) => Err("names a file with a bearer token, which cannot be renewed".to_owned()),
        Err(what) => Err(format!("names a file whose text {what}")),
    }
}
