//! Suggestions: the login that helps, and the id that was meant.

use plume::{ErrorKind, Resource, types::Location};

use crate::config::{Config, Origin};
use crate::failure::nearest;
use crate::session::Session;

impl Session {
    /// The command that helps if a credential is missing or was refused.
    pub(crate) fn login_advice(&self) -> String {
        let credential = || Config::load(self.profile()).ok()?.credential().ok()?;
        match (credential(), self.profile()) {
            // It would override what a login stores.
            (Some(Origin::Variable(name)), _) => {
                format!("Correct {name}, or unset it and run `plume auth login`.")
            }
            (_, Some(profile)) => format!("Run `plume auth login --profile {profile}`."),
            (_, None) => "Run `plume auth login`.".to_owned(),
        }
    }

    /// Suggests an id in place of one that does not exist.
    pub(super) async fn suggestion(&self, kind: ErrorKind) -> Option<String> {
        let (customer, location) = {
            let subject = self.subject.borrow();
            (subject.customer.clone()?, subject.location.clone())
        };
        match (kind, location) {
            (ErrorKind::NotFound(Resource::Customer), _) if !is_id(customer.id().as_str()) => Some(format!(
                "An id has 24 hexadecimal digits; `plume customers search \"{}\"` may find it.",
                customer.id()
            )),
            (ErrorKind::NotFound(Resource::Location), Some(wrong)) => {
                let locations = customer.locations().await.ok()?;
                let words =
                    |location: &Location| [location.id.to_string(), location.display_name().to_owned()];
                let all: Vec<String> = locations.iter().flat_map(words).collect();
                let meant = nearest(wrong.id().as_str(), all.iter().map(String::as_str));
                let meant = meant.and_then(|meant| {
                    locations.iter().find(|location| words(location).iter().any(|word| word == meant))
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
}

/// Returns whether a text has the form of an id of the cloud.
fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
