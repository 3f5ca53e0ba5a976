//! What Plume had to say.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use plume::{
    health::{HealthReport, uptime::UptimeReport, wan::WanReport},
    types::{Device, List, LocationSnapshot, Node, SpeedTest, WifiNetworkListItem},
};

use crate::questions::place::Place;

/// What Plume had to say.
#[derive(Debug)]
pub enum Answer {
    Tested {
        /// Words of the scope that were asked for and not granted.
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

/// What a report shows.
#[derive(Debug)]
pub enum Data {
    Health(Box<HealthReport>),
    Overview(Box<Overview>),
    Nodes(List<Node>),
    Devices {
        devices: List<Device>,
        /// Ids and names of the pods they hang on, as far as they are known.
        pods: HashMap<String, String>,
    },
    /// Wi-Fi networks, without passphrases.
    Wifi(List<WifiNetworkListItem>),
    Wan(Box<WanReport>),
    Stats(UptimeReport),
}

/// All about a location on one screen.
#[derive(Debug)]
pub struct Overview {
    pub report: HealthReport,
    /// What it rests on.
    pub snapshot: LocationSnapshot,
    pub speed: Option<SpeedTest>,
}

/// A customer, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub id: String,
    pub name: String,
}

/// A customer that was found.
#[derive(Debug)]
pub struct Hit {
    pub customer: Customer,
    /// Its locations, as far as they are known.
    pub places: Vec<Place>,
}

/// A user's token and scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When the token runs out, if there is one.
    pub token_ends: Option<DateTime<Utc>>,
    /// Words of the scope that the operator's account was not granted, if the user uses that one.
    pub not_granted: Vec<String>,
}

/// What became of a token at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEnd {
    None,
    Revoked,
    /// It could not be revoked, and runs out by itself.
    RunsOut,
}
