//! The API and the LTE service: the functions that answer their routes.
//!
//! **The simulator writes its JSON itself.** It depends on `plume-runtime` only, so a wrong model cannot hide behind
//! a simulator that shares it. It serves with hyper directly: its router is the same in process and on the wire, and
//! needs no web framework.

pub(crate) mod applications;
pub(crate) mod customers;
pub(crate) mod gateway;
pub(crate) mod locations;
pub(crate) mod lte;
pub(crate) mod overview;
pub(crate) mod settings;
pub(crate) mod writes;
