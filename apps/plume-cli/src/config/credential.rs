//! The credential of a run: of the settings, or of the store.

use std::path::Path;

use secrecy::ExposeSecret;

use crate::config::value::{KEYS, Origin, Value};
use crate::config::{Config, HEADERS};
use crate::failure::{Failure, Result};

impl Config {
    /// The value of the authorization header and its origin: of the settings, or of the store.
    pub(super) fn header(&self) -> Result<Option<Value>> {
        if HEADERS.iter().any(|key| self.values.contains_key(key)) {
            return Ok(None);
        }
        let Some(profile) = self.profile() else { return Ok(None) };
        let header = self.place.header(profile)?;
        let origin = Origin::Store(self.place.directory().map(Path::to_owned).unwrap_or_default());
        Ok(header.map(|header| Value { text: header, origin }))
    }

    /// The origin of the authorization header; `None` without one.
    pub(crate) fn credential(&self) -> Result<Option<Origin>> {
        let known = HEADERS.iter().find_map(|key| self.values.get(key));
        match known {
            Some(value) => Ok(Some(value.origin.clone())),
            None => Ok(self.header()?.map(|value| value.origin)),
        }
    }

    /// The settings as variables, as [`Settings::from_variables`] reads them.
    pub(crate) fn variables(&self) -> Result<Vec<(String, String)>> {
        let header = self.header()?;
        self.check_receiver(header.as_ref())?;
        Ok(self.variables_with(header.as_ref()))
    }

    /// The same without what is in the store.
    pub(crate) fn variables_without_store(&self) -> Vec<(String, String)> {
        self.variables_with(None)
    }

    fn variables_with(&self, header: Option<&Value>) -> Vec<(String, String)> {
        let named = KEYS.iter().filter_map(|(key, variable)| {
            let own = self.values.get(key);
            let value = own.or(header.filter(|_| *key == "auth_header"))?;
            Some(((*variable)?.to_owned(), value.text.expose_secret().to_owned()))
        });
        named.chain(self.others.iter().cloned()).collect()
    }

    /// Refuses to send the secret of a profile to the token endpoint of a variable.
    fn check_receiver(&self, stored: Option<&Value>) -> Result<()> {
        let header = stored.or_else(|| HEADERS.iter().find_map(|key| self.values.get(key)));
        let (Some(header), Some(own), Some(url)) = (header, &self.own_sso_url, self.values.get("sso_url"))
        else {
            return Ok(());
        };
        if header.is_of_variable() || url.text.expose_secret() == own {
            return Ok(());
        }
        let profile = self.profile().unwrap_or_default();
        Err(Failure::usage(
            format!(
                "PLUME_SSO_URL names another token endpoint than profile \"{profile}\", whose secret would be sent there"
            ),
            format!(
                "Unset PLUME_SSO_URL, choose the profile with `--profile {profile}`, or set PLUME_AUTH_HEADER too."
            ),
        ))
    }
}
