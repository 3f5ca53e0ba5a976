//! The answers to questions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use plume::{
    health::{HealthReport, uptime::UptimeReport, wan::WanReport},
    types::{Device, List, LocationSnapshot, Node, SpeedTest, WifiNetworkListItem},
};

use crate::questions::place::Place;

/// The answer to a question.
#[derive(Debug)]
pub enum Answer {
    Tested {
        /// The requested words of the scope that were not granted.
        not_granted: Vec<String>,
    },
    Report(Box<Data>),
    /// A page of customers, and whether there may be more.
    Customers {
        customers: Vec<Customer>,
        more: bool,
    },
    Locations(Vec<Place>),
    Found(Vec<Hit>),
    Named(Place),
    Whoami(Standing),
    Revoked(TokenEnd),
}

/// The data of a report.
#[derive(Debug)]
pub enum Data {
    Health(Box<HealthReport>),
    Overview(Box<Overview>),
    Nodes(List<Node>),
    Devices {
        devices: List<Device>,
        /// The ids and names of the pods of the devices, as far as they are known.
        pods: HashMap<String, String>,
    },
    /// Wi-Fi networks, without passphrases.
    Wifi(List<WifiNetworkListItem>),
    Wan(Box<WanReport>),
    Stats(UptimeReport),
}

/// The overview of a location.
#[derive(Debug)]
pub struct Overview {
    pub report: HealthReport,
    /// The snapshot that it is made from.
    pub snapshot: LocationSnapshot,
    pub speed: Option<SpeedTest>,
}

/// A customer in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub id: String,
    pub name: String,
}

/// A search result.
#[derive(Debug)]
pub struct Hit {
    pub customer: Customer,
    /// The locations of the customer, as far as they are known.
    pub places: Vec<Place>,
}

/// A user's token and scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The expiry of the token, if there is one.
    pub token_ends: Option<DateTime<Utc>>,
    /// The words of the scope that the operator's account was not granted, if the user uses that account.
    pub not_granted: Vec<String>,
}

/// The end of a token after signing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEnd {
    None,
    Revoked,
    /// It could not be revoked, and will expire.
    RunsOut,
}
