//! Customers, partners, groups and the inventory.

pub(crate) mod accounts;
pub(crate) mod customer;
pub(crate) mod partners;
