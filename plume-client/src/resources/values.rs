//! The values that changes send.

use plume_types::{MacAddress, PartnerId, Profile, Secret, ServiceId, WpaMode};

use crate::call::Call;

/// Declares what a change sends: optional values, each set by a method of its name.
macro_rules! optional_values {
    ($(#[$meta:meta])* pub struct $name:ident { $( $(#[$doc:meta])* $field:ident : $type:ty = $json:literal, )+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        #[must_use]
        pub struct $name {
            $( pub(crate) $field: Option<$type>, )+
        }

        impl $name {
            $(
                $(#[$doc])*
                pub fn $field(mut self, value: impl Into<$type>) -> Self {
                    self.$field = Some(value.into());
                    self
                }
            )+
        }

        impl $crate::resources::values::Values for $name {
            fn is_empty(&self) -> bool {
                true $( && self.$field.is_none() )+
            }

            fn fill(&self, mut call: $crate::call::Call<'static>) -> $crate::call::Call<'static> {
                $(
                    if let Some(value) = &self.$field {
                        call.set($json, $crate::resources::values::Sent::sent(value));
                    }
                )+
                call
            }
        }
    };
}
pub(crate) use optional_values;

/// What the structs of [`optional_values`] have in common.
pub(crate) trait Values {
    /// Whether nothing was given.
    fn is_empty(&self) -> bool;

    /// The call with what was given.
    fn fill(&self, call: Call<'static>) -> Call<'static>;
}

/// A value as a body holds it.
pub(crate) trait Sent {
    fn sent(&self) -> serde_json::Value;
}

macro_rules! sent_by {
    ($( $type:ty: $value:ident => $expression:expr; )+) => {
        $( impl Sent for $type {
            fn sent(&self) -> serde_json::Value {
                let $value = self;
                $expression.into()
            }
        } )+
    };
}
sent_by! {
    String: value => value.as_str();
    bool: value => *value;
    u32: value => *value;
    PartnerId: value => value.as_str();
    ServiceId: value => value.as_str();
    Profile: value => value.as_str();
    WpaMode: value => value.as_str();
    MacAddress: value => value.canonical();
    // The one way of a secret into a request.
    Secret: value => value.expose();
}
