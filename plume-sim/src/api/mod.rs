//! The handlers of the API and the LTE service.
//!
//! **The simulator writes its JSON itself.** It depends on `plume-runtime` only, so a wrong model does not pass
//! because the simulator shares it. The server uses hyper directly: the routes are the same in process and on the
//! wire, without a web framework.

pub(crate) mod applications;
pub(crate) mod customers;
pub(crate) mod gateway;
pub(crate) mod locations;
pub(crate) mod lte;
pub(crate) mod overview;
pub(crate) mod settings;
pub(crate) mod writes;
