//! The API and the LTE service: the functions that answer their routes.

pub(crate) mod applications;
pub(crate) mod customers;
pub(crate) mod gateway;
pub(crate) mod locations;
pub(crate) mod lte;
pub(crate) mod overview;
pub(crate) mod settings;
pub(crate) mod writes;
