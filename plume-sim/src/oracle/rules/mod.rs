//! The rules for clients, one or a few similar ones in each file.

mod chains;
mod changes;
mod egress;
mod reading;
mod redirects;
mod token_requests;
mod waits;

pub(crate) use chains::{Chain, Chains, Ending};
pub(crate) use changes::{Change, Changes, Sender};
pub(crate) use egress::Egress;
pub(crate) use reading::Readings;
pub(crate) use redirects::{Redirections, Target};
pub(crate) use token_requests::{Forbidden, TokenRequests};
pub(crate) use waits::Waits;
