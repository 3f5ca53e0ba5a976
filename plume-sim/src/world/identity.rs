//! The providers, each with an OAuth client and customers of its own.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

pub(crate) const AUTH_SERVER_ID: &str = "ausSIMULATOR00000000";
pub(crate) const CLIENT_ID: &str = "0oaSIMULATOR00000000";
pub(crate) const CLIENT_SECRET: &str = "not-a-real-secret";
pub(crate) const PARTNER_ID: &str = "5ca1ab1e0000000a00000001";
pub(crate) const PARTNER_NAME: &str = "Example ISP";

/// A provider and its OAuth client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) partner_id: String,
    pub(crate) partner_name: String,
}

impl Identity {
    /// Returns the provider that every simulator has.
    pub(crate) fn first() -> Self {
        Self {
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            partner_id: PARTNER_ID.to_owned(),
            partner_name: PARTNER_NAME.to_owned(),
        }
    }

    /// Returns an additional provider. `index` counts from 1.
    pub(crate) fn further(index: u32, name: &str) -> Self {
        Self {
            client_id: format!("0oaSIMULATOR{index:08}"),
            client_secret: format!("not-a-real-secret-{index}"),
            partner_id: format!("5ca1ab1e0000000a{:08x}", u64::from(index) + 1),
            partner_name: name.to_owned(),
        }
    }

    pub(crate) fn scope(&self) -> String {
        format!("partnerId:{} role:partnerIdAdmin", self.partner_id)
    }

    pub(crate) fn auth_header(&self) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", self.client_id, self.client_secret)))
    }

    /// Rewrites a response about the first provider for this one.
    ///
    /// Route handlers know one provider. Responses are rewritten in this one place, so a new route cannot omit it.
    pub(crate) fn sign(&self, body: &mut Value) {
        match body {
            Value::String(text) if text == PARTNER_ID => text.clone_from(&self.partner_id),
            Value::String(text) if text == PARTNER_NAME => text.clone_from(&self.partner_name),
            Value::Array(items) => items.iter_mut().for_each(|item| self.sign(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.sign(member)),
            _ => {}
        }
    }

    /// Rewrites a request body in the other direction: this provider becomes the first one, and the first one
    /// another.
    pub(crate) fn unsign_body<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        match std::str::from_utf8(body) {
            Ok(text) if text.contains(PARTNER_ID) || text.contains(&self.partner_id) => {
                let parts = text.split(PARTNER_ID).map(|part| part.replace(&self.partner_id, PARTNER_ID));
                Cow::Owned(parts.collect::<Vec<_>>().join(&self.partner_id).into_bytes())
            }
            _ => Cow::Borrowed(body),
        }
    }

    /// Does the same for the parameters of a path.
    pub(crate) fn unsign(&self, parameters: &mut [(&'static str, String)]) {
        for (_, value) in parameters.iter_mut().filter(|(_, value)| *value == self.partner_id) {
            PARTNER_ID.clone_into(value);
        }
    }
}
