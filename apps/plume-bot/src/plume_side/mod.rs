//! The Plume side: questions of the conversation in, answers out, over the SDK.
//!
//! Each user's credentials stay apart in a [`TokenRegistry`](plume::auth::TokenRegistry), and every URL that a user typed
//! passes the guard again on its way out.

mod desk;
mod problem;
mod vault;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use plume::{
    health::{HealthReport, uptime::UptimeReport, wan::WanReport},
    types::{Device, List, LocationSnapshot, Node, SpeedTest, WifiNetworkListItem},
};

pub use desk::{Plume, PlumeBuilder};
pub use problem::Problem;
pub use vault::{Vault, VaultError};

use crate::chat::Place;

/// What Plume had to say.
#[derive(Debug)]
pub enum Answer {
    /// The account works.
    Tested {
        /// Words of the scope that were asked for and not granted.
        not_granted: Vec<String>,
    },
    /// A report.
    Report(Box<Data>),
    /// A page of customers, and whether there may be more.
    Customers {
        /// The page.
        customers: Vec<Customer>,
        /// Whether the page is full.
        more: bool,
    },
    /// All locations of a customer.
    Locations(Vec<Place>),
    /// What matches.
    Found(Vec<Hit>),
    /// A location with its name.
    Named(Place),
    /// How the user stands.
    Whoami(Standing),
    /// What became of the token.
    Revoked(TokenEnd),
}

/// What a report shows.
#[derive(Debug)]
pub enum Data {
    /// Findings and verdict.
    Health(Box<HealthReport>),
    /// The overview.
    Overview(Box<Overview>),
    /// Gateway and pods.
    Nodes(List<Node>),
    /// Devices.
    Devices {
        /// The devices.
        devices: List<Device>,
        /// Ids and names of the pods they hang on, as far as they are known.
        pods: HashMap<String, String>,
    },
    /// Wi-Fi networks, without passphrases.
    Wifi(List<WifiNetworkListItem>),
    /// Traffic.
    Wan(Box<WanReport>),
    /// When it was online.
    Stats(UptimeReport),
}

/// All about a location on one screen.
#[derive(Debug)]
pub struct Overview {
    /// The verdict.
    pub report: HealthReport,
    /// What it rests on.
    pub snapshot: LocationSnapshot,
    /// The last speed test.
    pub speed: Option<SpeedTest>,
}

/// A customer, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// A customer that was found.
#[derive(Debug)]
pub struct Hit {
    /// The customer.
    pub customer: Customer,
    /// Its locations, as far as they are told.
    pub places: Vec<Place>,
}

/// How a user stands with Plume.
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
    /// There was none.
    None,
    /// The SSO has revoked it.
    Revoked,
    /// It could not be revoked, and runs out by itself.
    RunsOut,
}
