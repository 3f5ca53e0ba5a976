//! The questions to Plume.

use crate::questions::account::Account;
use crate::questions::place::{Place, Report};
use crate::questions::saved::Preferences;

/// A question to Plume.
#[derive(Debug, Clone)]
pub enum Question {
    /// Whether this account works; the number identifies the test.
    Test(Box<Account>, u32),
    Report(Place, Report, Preferences),
    Customers(u32),
    /// A page of a customer's locations.
    Locations(String, usize),
    Find(String),
    /// The name of the chosen location.
    Name(Place),
    Whoami,
    Revoke(Box<Account>),
}

impl Question {
    /// Returns whether the question can be refused while too many are running. Signing in and out cannot.
    pub fn may_wait(&self) -> bool {
        !matches!(self, Self::Test(..) | Self::Revoke(_) | Self::Name(_))
    }
}
