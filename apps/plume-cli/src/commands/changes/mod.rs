//! Commands that change something: the request is shown, a person consents, the request is sent once.

mod claim;
mod consent;
mod locate;
mod reboot;
mod rename;
mod speed_test;

pub(crate) use claim::{Claim, Unclaim};
pub(crate) use consent::{Consent, Sent};
pub(crate) use locate::Locate;
pub(crate) use reboot::Reboot;
pub(crate) use rename::Rename;
pub(crate) use speed_test::RunSpeedTest;
