//! Sign-in and sign-out.

mod account;
mod answer;
mod page;
mod provider;

pub(super) use account::sign_in;
pub(super) use page::{page, sign_out};
pub(super) use provider::{callback, start};
