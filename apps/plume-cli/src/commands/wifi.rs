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
        let items: Vec<&WifiNetworkListItem> = networks.items.iter().map(|network| &network.item).collect();
        match home_network(&items, &home) {
            Ok(at) => {
                if let Some(network) = networks.items.get_mut(at) {
                    network.passphrases = Some(passphrases(&home));
                }
            }
            Err(0) => session.warn("the home network is not in the list of networks"),
            Err(several) => session.warn(&format!(
                "{several} networks have the name of the home network, and its passphrases belong to one of them; \
                 `plume api GET /Customers/{{id}}/locations/{{locationId}}/wifiNetwork --show-secrets` shows them"
            )),
        }
        Ok(Outcome::list(SCHEMAS, networks.cut(&self.length), &COLUMNS))
    }
}

impl Network {
    fn shown(&self) -> Option<String> {
        let shown = |one: &Passphrase| match one.zone.as_deref() {
            None | Some("home") => one.passphrase.clone(),
            Some(zone) => format!("{} ({zone})", one.passphrase),
        };
        Some(self.passphrases.as_ref()?.iter().map(shown).collect::<Vec<_>>().join(", "))
    }
}

/// The position of the home network in the list, or the number of networks that it may be. Several networks can have one
/// name; the list calls the one of the home `home`.
fn home_network(items: &[&WifiNetworkListItem], home: &WifiNetwork) -> std::result::Result<usize, usize> {
    let same_name = |item: &WifiNetworkListItem| home.ssid.is_some() && item.ssid == home.ssid;
    let same_id = |item: &WifiNetworkListItem| item.network_id.is_some() && item.network_id == home.id;
    let is_home = |item: &WifiNetworkListItem| item.network_id.as_deref() == Some("home");
    let matches = |fits: &dyn Fn(&WifiNetworkListItem) -> bool| -> Vec<usize> {
        (0..items.len())
            .filter(|at| items.get(*at).is_some_and(|item| same_name(item) && fits(item)))
            .collect()
    };
    let named = matches(&|_| true);
    for found in [&named, &matches(&same_id), &matches(&is_home)] {
        if let [only] = found.as_slice() {
            return Ok(*only);
        }
    }
    Err(named.len())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_networks_with_one_name_the_home_is_found_by_its_id() {
        let home: WifiNetwork = serde_json::from_str(r#"{"id": "5f01", "ssid": "Sample"}"#).unwrap();
        let found = |ids: &[&str]| {
            let items = ids.iter().map(|id| serde_json::json!({"networkId": id, "ssid": "Sample"}));
            let items: Vec<WifiNetworkListItem> =
                items.map(|item| serde_json::from_value(item).unwrap()).collect();
            home_network(&items.iter().collect::<Vec<_>>(), &home)
        };
        assert_eq!(found(&["any"]), Ok(0));
        assert_eq!(found(&["guest", "home"]), Ok(1));
        assert_eq!(found(&["home", "5f01"]), Ok(1));
        assert_eq!(found(&["guest", "office"]), Err(2));
        assert_eq!(found(&[]), Err(0));
    }
}
