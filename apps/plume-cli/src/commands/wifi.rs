//! `plume wifi`: the Wi-Fi networks of a location.

use clap::Args;
use plume::types::{WifiNetwork, WifiNetworkListItem};
use serde::Serialize;

use crate::args::{Length, LocationIds, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Rows, Schemas};
use crate::session::Session;

/// List the Wi-Fi networks of a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo wifi",
    "plume wifi 5f0000000000000000000001 5f0000000000000000000002 --show-secrets",
]))]
pub(crate) struct Wifi {
    #[command(flatten)]
    ids: LocationIds,
    /// Show the passphrases of the home network
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    length: Length,
}

/// A network, with its passphrases if requested.
#[derive(Serialize)]
pub(crate) struct Network {
    #[serde(flatten)]
    item: WifiNetworkListItem,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrases: Option<Vec<Passphrase>>,
}

#[derive(Serialize)]
struct Passphrase {
    zone: Option<String>,
    passphrase: String,
}

const SCHEMAS: Schemas = Schemas { list: "plume.wifi.list/1", row: "plume.wifi/1" };

const COLUMNS: [Column<Network>; 6] = [
    Column::text("SSID", |network| Cell::option(network.item.ssid.as_ref())),
    Column::word("ENABLED", |network| Cell::yes_no(network.item.enabled)),
    Column::extra(Column::word("SECURITY", |network| Cell::option(network.item.wpa_mode.as_ref()))),
    Column::extra(Column::word("TYPE", |network| Cell::option(network.item.vap_type.as_ref()))),
    Column::extra(Column::word("ID", |network| Cell::option(network.item.network_id.as_ref()))),
    Column::word("PASSPHRASE", |network| Cell::option(network.shown())),
];

impl Wifi {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Network>> {
        let location = session.location(&self.ids).await?;
        let list = Rows::from(location.wifi_networks().await?);
        let mut networks = list.map(|item| Network { item, passphrases: None });
        let [columns @ .., _] = &COLUMNS;
        if !self.show_secrets {
            return Ok(Outcome::list(SCHEMAS, networks.cut(&self.length), columns));
        }
        let home = location.wifi_network().await?;
        let found = networks.items.iter_mut().find(|network| network.is(&home));
        match found {
            Some(network) => network.passphrases = Some(passphrases(&home)),
            None => session.warn("the home network is not in the list of networks"),
        }
        Ok(Outcome::list(SCHEMAS, networks.cut(&self.length), &COLUMNS))
    }
}

impl Network {
    fn is(&self, home: &WifiNetwork) -> bool {
        home.ssid.is_some() && self.item.ssid == home.ssid
    }

    fn shown(&self) -> Option<String> {
        let shown = |one: &Passphrase| match one.zone.as_deref() {
            None | Some("home") => one.passphrase.clone(),
            Some(zone) => format!("{} ({zone})", one.passphrase),
        };
        Some(self.passphrases.as_ref()?.iter().map(shown).collect::<Vec<_>>().join(", "))
    }
}

/// The passphrases of a network: one per zone, else the one of the network.
fn passphrases(network: &WifiNetwork) -> Vec<Passphrase> {
    let keys = network.keys.iter().flatten().filter(|key| key.enable != Some(false));
    let keys = keys.filter_map(|key| {
        let zone = key.access_zone.as_ref().map(ToString::to_string);
        Some(Passphrase { zone, passphrase: key.encryption_key.as_ref()?.expose().to_owned() })
    });
    let mut passphrases: Vec<Passphrase> = keys.collect();
    if let (true, Some(key)) = (passphrases.is_empty(), &network.encryption_key) {
        passphrases.push(Passphrase { zone: None, passphrase: key.expose().to_owned() });
    }
    passphrases
}
