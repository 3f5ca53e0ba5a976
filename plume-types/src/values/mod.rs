//! Values of the models' fields: ids, texts, times, secrets, free-form JSON.

mod by_name;
mod free_form;
mod id;
mod mac;
mod scalar;
mod secret;
mod time;

pub use by_name::ByName;
pub use free_form::FreeForm;
pub use id::*;
pub use mac::MacAddress;
pub use scalar::TextOrFlag;
pub(crate) use scalar::flag_of;
pub use secret::Secret;
