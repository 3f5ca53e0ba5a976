//! What clients have to keep, one rule or a few alike in each file.

mod chains;
mod changes;
mod desks;
mod egress;
mod reading;
mod redirects;
mod waits;

pub(crate) use chains::{Chains, Ending, Trail};
pub(crate) use changes::{Change, Changes, Sender};
pub(crate) use desks::{Desk, Forbidden};
pub(crate) use egress::Egress;
pub(crate) use reading::Readings;
pub(crate) use redirects::{Redirections, Target};
pub(crate) use waits::Waits;
