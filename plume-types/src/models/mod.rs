//! Models of the API's responses, one file for each subject.

mod customer;
mod device;
mod error_body;
mod gateway_reports;
mod home_network;
mod location;
mod node;
mod qoe;
mod reports;
mod setting;
mod snapshot;
mod state;
mod wan;
mod wifi;

pub use customer::*;
pub use device::*;
pub use error_body::ErrorBody;
pub use gateway_reports::*;
pub use home_network::*;
pub use location::*;
pub use node::*;
pub use qoe::{AppQoe, QoeRating, TrafficClassQoe};
pub use reports::*;
pub use setting::*;
pub use snapshot::{LocationSnapshot, Part, PartFailure, PartFailureKind};
pub use state::*;
pub use wan::*;
pub use wifi::*;
