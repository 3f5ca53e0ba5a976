//! Sign-in and sign-out.

mod account;
mod answer;
mod page;

pub(super) use account::sign_in;
pub(super) use page::{page, sign_out};
