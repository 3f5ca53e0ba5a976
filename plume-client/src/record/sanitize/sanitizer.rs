//! The public face of the pseudonyms.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretSlice;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::record::error::RecordError;
use crate::record::sanitize::pseudonyms::Pseudonyms;
use crate::record::sanitize::shapes::Depth;
use crate::record::sanitize::state::State;

/// Shortest key in bytes.
const SHORTEST: usize = 16;

/// Replaces identities by pseudonyms and drops secrets.
///
/// The same original always has the same pseudonym, in every body, URL and text, so relations survive: the `locationId`
/// of a node is still the `id` of its location. A MAC address has one pseudonym in all its spellings.
///
/// | original | pseudonym |
/// |---|---|
/// | id of 24 hexadecimal digits, UUID | one of the same form |
/// | MAC address | a locally administered one, `0A:00:…` |
/// | serial number, account id, service id, IMEI | letters for letters, digits for digits |
/// | e-mail address | `user-1@example.com` |
/// | IP address | one for documentation, or for benchmarks when those are used up |
/// | name of a customer, location, node, device, person, provider | `Home 1`, `Node 1`, `Device 1`, `User 1`, `Provider 1` |
/// | SSID | `Network 1` |
/// | phone number | `+999…` |
/// | address, coordinates | `Place 1`, 0; country and time zone are kept |
/// | free text | `Text 1` |
/// | passphrase, token, password, pre-shared key | `[redacted]` |
///
/// Words of the API (statuses, models, firmware, types), times and measured values are kept. A text field without a rule
/// is replaced unless its value is a word of the API, so a field that this version does not know reveals nothing.
/// Identities are also found by their shape inside texts, and names that were seen before as whole words.
///
/// Ids, MAC addresses, serial numbers and IP addresses depend on the original and the key only; names are numbered in the
/// order in which they are seen, but those of [`Sanitizer::of_recording`] are derived, too. Clones share the pseudonyms; the
/// originals are kept in memory, about 300 bytes each.
///
/// # Promise
///
/// Without the key, a pseudonym cannot be turned back, and a guess cannot be checked, from the sanitized texts alone. Counts, models,
/// times and measured values are kept: who knows a home may recognize it by those.
///
/// ```
/// use plume_client::record::Sanitizer;
/// use serde_json::json;
///
/// let sanitizer = Sanitizer::new()?;
/// let mut node = json!({
///     "serialNumber": "TST0000001", "nickname": "Alice's room", "mac": "02:00:5E:00:53:01",
///     "connectionState": "connected", "wpaKey": "not-a-real-key",
/// });
/// sanitizer.json(&mut node);
/// assert_eq!(node["nickname"], "Node 1");
/// assert_eq!(node["connectionState"], "connected");
/// assert_eq!(node["wpaKey"], "[redacted]");
///
/// let text = sanitizer.in_text("TST0000001 (02005e005301) is offline");
/// assert!(!text.contains("TST0000001") && !text.contains("02005e005301"));
/// assert_eq!(sanitizer.restore(&text), "TST0000001 (02005e005301) is offline");
/// # Ok::<(), plume_client::record::RecordError>(())
/// ```
#[derive(Clone)]
pub struct Sanitizer {
    state: Arc<Mutex<State>>,
}

impl Sanitizer {
    /// Creates a sanitizer with a random key.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the operating system gives no random bytes.
    pub fn new() -> Result<Self, RecordError> {
        let mut key = vec![0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| RecordError::random(std::io::Error::other(error.to_string())))?;
        Ok(Self::of(SecretSlice::from(key), true))
    }

    /// Creates a sanitizer with a key, so that ids, MAC addresses, serial numbers and IP addresses have the same pseudonyms
    /// in every run. With the key the original of a pseudonym can be found by trying.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the key has fewer than 16 bytes.
    pub fn with_key(key: &[u8]) -> Result<Self, RecordError> {
        if key.len() < SHORTEST {
            return Err(RecordError::short_key(key.len(), SHORTEST));
        }
        Ok(Self::of(SecretSlice::from(Sha256::digest(key).to_vec()), true))
    }

    /// Creates a sanitizer that drops secrets and keeps identities.
    #[must_use]
    pub fn secrets_only() -> Self {
        Self::of(SecretSlice::from(Vec::new()), false)
    }

    /// Creates a sanitizer whose names, too, depend on the original and the key only.
    pub(super) fn derived(key: SecretSlice<u8>) -> Self {
        Self::with(Pseudonyms::new(key).with_derived_names(), true)
    }

    fn of(key: SecretSlice<u8>, identities: bool) -> Self {
        Self::with(Pseudonyms::new(key), identities)
    }

    fn with(pseudonyms: Pseudonyms, identities: bool) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(pseudonyms, identities))) }
    }

    /// Returns whether identities are replaced; see [`Sanitizer::secrets_only`].
    #[must_use]
    pub fn replaces_identities(&self) -> bool {
        self.lock().identities
    }

    /// Sanitizes a document of the API. Its shape and the types of its values are kept.
    pub fn json(&self, document: &mut Value) {
        self.lock().document(document);
    }

    /// Sanitizes the value of one field or parameter, for example `("serialNumber", "TST0000001")`.
    #[must_use]
    pub fn field(&self, name: &str, value: &str) -> String {
        self.lock().field(name, value)
    }

    /// Sanitizes a text such as an error message. Names are found if they were seen in a document before.
    #[must_use]
    pub fn in_text(&self, text: &str) -> String {
        self.lock().scan(text, Depth::All, true)
    }

    /// Sanitizes a URL, or a path with its query. Hosts of the vendor and of this machine are kept, a fragment is dropped.
    #[must_use]
    pub fn url(&self, url: &str) -> String {
        self.lock().url(url)
    }

    /// Puts the originals back into a text with pseudonyms of this sanitizer. Secrets are lost.
    #[must_use]
    pub fn restore(&self, text: &str) -> String {
        self.lock().restored(text)
    }

    /// Returns the number of known originals.
    #[must_use]
    pub fn known(&self) -> usize {
        self.lock().pseudonyms.len()
    }

    /// Returns a sanitizer with the same key that knows no originals.
    pub(in crate::record) fn fresh(&self) -> Self {
        let state = self.lock();
        Self::with(state.pseudonyms.fresh(), state.identities)
    }

    /// Sanitizes a path below a base URL.
    pub(in crate::record) fn path(&self, path: &str) -> String {
        self.lock().path(path)
    }

    /// Sanitizes the parameters of a query.
    pub(in crate::record) fn query(&self, query: &str) -> Vec<(String, String)> {
        self.lock().query(query)
    }

    /// Returns the state. No lock is held across an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sanitizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sanitizer").field("known", &self.known()).finish_non_exhaustive()
    }
}
