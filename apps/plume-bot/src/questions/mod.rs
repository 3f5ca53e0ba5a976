//! Questions to Plume and their answers, as plain data without chat or network.

mod account;
mod answer;
mod place;
mod problem;
mod question;
mod saved;

pub use account::Account;
pub use answer::{Answer, Customer, Data, Hit, Overview, Standing, TokenEnd};
pub use place::{Place, Report};
pub use problem::Problem;
pub use question::Question;
pub use saved::{Preferences, Saved};
