//! What is asked of Plume.

use crate::questions::account::Account;
use crate::questions::place::{Place, Report};
use crate::questions::saved::Preferences;

/// What is asked of Plume.
#[derive(Debug, Clone)]
pub enum Question {
    /// Whether this account works; with a number that distinguishes a later one.
    Test(Box<Account>, u32),
    Report(Place, Report, Preferences),
    Customers(u32),
    /// A customer's locations, of which this page is shown.
    Locations(String, usize),
    Find(String),
    /// What the location is called that was chosen.
    Name(Place),
    Whoami,
    Revoke(Box<Account>),
}

impl Question {
    /// Whether a user who asks too much at a time can ask again later. Signing in and out is not asked twice.
    pub fn may_wait(&self) -> bool {
        !matches!(self, Self::Test(..) | Self::Revoke(_) | Self::Name(_))
    }
}
