//! Ids that the caller chooses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares an id that is a text without structure.
macro_rules! opaque {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Returns an id with this text. Every text is valid.
            #[must_use]
            pub fn new(id: impl Into<Box<str>>) -> Self {
                Self(id.into())
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self::new(id)
            }
        }
    };
}

pub(super) use opaque;

opaque! {
    /// The owner of homes. No decision ever combines homes of two tenants.
    TenantId
}

opaque! {
    /// A home, unique among the homes of all tenants. The caller chooses the text, for example the id of the
    /// location, or an own key if two tenants watch the same location.
    HomeId
}

opaque! {
    /// A channel for messages, for example one webhook.
    ChannelId
}
