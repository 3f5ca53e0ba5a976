//! No identity of a simulated fleet survives the sanitizer, and nothing else changes.
//!
//! The names of the fields with identities are listed here a second time, independently of the sanitizer.

use std::collections::{BTreeMap, BTreeSet};

use plume_client::record::Sanitizer;
use plume_client::{Operation, Safety, operations as op};
use plume_sim::{Home, ListShape};
use proptest::prelude::*;
use serde_json::Value;

use crate::household::{Exchange, Household};
use crate::{models, reads};

/// Fields whose text is an identity as a whole.
const EXACT: [&str; 17] = [
    "accountId",
    "boxSerialNumber",
    "cartonId",
    "customerId",
    "email",
    "iccid",
    "imei",
    "locationId",
    "mac",
    "nodeId",
    "packId",
    "partnerId",
    "requestId",
    "serialNumber",
    "serviceId",
    "customerEmail",
    "purchaseOrderNumber",
];
/// Fields with names that people or providers chose.
const NAMES: [&str; 13] = [
    "city",
    "customerName",
    "defaultName",
    "hostname",
    "isp",
    "ISP",
    "label",
    "name",
    "nickname",
    "partnerName",
    "serverHost",
    "serverName",
    "ssid",
];
/// Fields with secrets.
const SECRETS: [&str; 3] = ["encryptionKey", "password", "wpaKey"];
/// Names that are words of the API as well.
const WORDS: [&str; 8] = ["customer", "home", "gateway", "lte", "motion", "unknown", "wlans", "captive"];

/// Collected evidence of one fleet.
#[derive(Debug, Default)]
struct Evidence {
    /// Originals that must not occur anywhere.
    anywhere: BTreeSet<String>,
    /// Kinds of devices, which people use as names as well.
    categories: BTreeSet<String>,
    /// From original to pseudonym, and back.
    forward: BTreeMap<String, String>,
    backward: BTreeMap<String, String>,
    /// Every sanitized text and name of a field, and the URLs.
    clean: BTreeSet<String>,
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A MAC address in its shortest form, everything else in lower case.
fn canonical(text: &str) -> String {
    let bare = text.replace([':', '-'], "").to_lowercase();
    if is_hex(&bare, 12) { bare } else { text.to_lowercase() }
}

fn texts(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(into.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            into.insert(name.clone());
            texts(value, into);
        }),
        _ => {}
    }
}

impl Evidence {
    /// Compares an original with what the sanitizer made of it.
    fn compare(&mut self, name: &str, parent: &str, original: &Value, clean: &Value) {
        match (original, clean) {
            (Value::Object(before), Value::Object(after)) => {
                assert_eq!(before.len(), after.len(), "{name}: {before:?} {after:?}");
                let setting = before.contains_key("key") && before.contains_key("value");
                let mut renamed = after.iter().filter(|(key, _)| !before.contains_key(*key));
                let mut pairs = Vec::new();
                for (key, value) in before {
                    match after.get(key) {
                        Some(clean) => pairs.push((key, value, clean)),
                        None => self.anywhere.extend([key.clone()]),
                    }
                }
                assert!(renamed.all(|(key, _)| key.len() >= 8), "a field of the API was renamed: {after:?}");
                for (key, value, clean) in pairs {
                    if setting && key == "value" {
                        assert_eq!(clean, "[redacted]");
                    }
                    self.compare(key, name, value, clean);
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                assert_eq!(before.len(), after.len(), "{name}");
                before
                    .iter()
                    .zip(after)
                    .for_each(|(before, after)| self.compare(name, parent, before, after));
            }
            (Value::String(before), Value::String(after)) => self.text(name, parent, before, after),
            (Value::Number(before), Value::Number(after)) => {
                assert_eq!(before.is_f64(), after.is_f64(), "{name}");
                let place = ["latitude", "longitude"].contains(&name);
                assert_eq!(before == after, !place, "{name}: {before} {after}");
            }
            (before, after) => assert_eq!(before, after, "{name}"),
        }
    }

    fn text(&mut self, name: &str, parent: &str, before: &str, after: &str) {
        assert_eq!(before.is_empty(), after.is_empty(), "{name}");
        if before.is_empty() {
            return;
        }
        let shaped = is_hex(before, 24) || is_hex(&canonical(before), 12) || before.contains('@');
        let product = ["os", "vendor", "error"].contains(&parent);
        if SECRETS.contains(&name) {
            assert_eq!(after, "[redacted]");
            self.anywhere.insert(before.to_owned());
        } else if shaped || EXACT.contains(&name) {
            assert_ne!(before, after, "{name}");
            self.anywhere.extend([before.to_lowercase(), canonical(before)]);
            let (before, after) = (canonical(before), canonical(after));
            assert_eq!(
                self.forward.entry(before.clone()).or_insert_with(|| after.clone()),
                &after,
                "{name} {before}"
            );
            assert_eq!(self.backward.entry(after).or_insert_with(|| before.clone()), &before, "{name}");
        } else if NAMES.contains(&name) && !product && !WORDS.contains(&before.to_lowercase().as_str()) {
            assert_ne!(before, after, "{name}");
            if before.contains(' ') {
                self.anywhere.insert(before.to_lowercase());
            }
        } else if before.starts_with("192.168.") {
            assert_ne!(before, after, "{name}");
            self.anywhere.insert(before.to_owned());
        } else if name == "category" {
            self.categories.insert(before.to_lowercase());
        }
    }

    /// Asserts that no original is in any sanitized text.
    fn judge(&self) {
        for clean in &self.clean {
            let lower = clean.to_lowercase();
            // Every text without separators, for MAC addresses.
            let bare: String = lower.split([':', '-']).collect();
            for original in self.anywhere.difference(&self.categories) {
                assert!(!lower.contains(original.as_str()), "{original} is in {clean}");
                assert!(
                    !is_hex(original, 12) || !bare.contains(original.as_str()),
                    "{original} is in {clean}"
                );
            }
        }
    }

    /// Adds one exchange.
    fn add(&mut self, sanitizer: &Sanitizer, operation: &Operation, exchange: &Exchange) {
        let url = sanitizer.url(&exchange.url);
        self.clean.insert(url);
        if exchange.body.is_empty() {
            return;
        }
        let original: Value = serde_json::from_slice(&exchange.body).unwrap();
        let mut clean = original.clone();
        sanitizer.json(&mut clean);
        self.compare("", "", &original, &clean);
        let mut again = clean.clone();
        sanitizer.json(&mut again);
        assert_eq!(again, clean, "{operation}: pseudonyms stay");
        // What the models did not expect is the same.
        let drift = |value: &Value| models::drift(operation.response, value.to_string().as_bytes());
        match (drift(&original), drift(&clean)) {
            (Ok(before), Ok(after)) => assert_eq!(format!("{before:?}"), format!("{after:?}"), "{operation}"),
            (before, after) => assert_eq!(before.is_err(), after.is_err(), "{operation}: {after:?} {clean}"),
        }
        texts(&clean, &mut self.clean);
    }
}

fn sanitizer() -> Sanitizer {
    Sanitizer::with_key(b"not-a-real-key-of-a-test").unwrap()
}

async fn send(
    household: &Household,
    operation: &'static Operation,
    given: &[(&'static str, String)],
) -> Exchange {
    let mut read = household.client.read(operation);
    for name in operation.placeholders() {
        let given = given.iter().find(|(known, _)| *known == name).map(|(_, id)| id.clone());
        read = read.with(name, given.unwrap_or_else(|| household.id(operation, name)));
    }
    for (name, value) in household.parameters(operation) {
        read = read.with(name, value);
    }
    // Errors are documents as well.
    let _ = read.expose_text().await;
    household.last()
}

#[tokio::test]
async fn no_identity_survives_any_read_of_any_home() {
    for home in [Home::Healthy, Home::OnePodDown, Home::Empty] {
        let household = Household::explored(home, ListShape::default()).await;
        let (sanitizer, mut evidence) = (sanitizer(), Evidence::default());
        for operation in reads() {
            let exchange = send(&household, operation, &[]).await;
            evidence.add(&sanitizer, operation, &exchange);
        }
        assert!(home == Home::Empty || evidence.anywhere.len() > 40, "{home}: {evidence:?}");
        evidence.judge();
        // The ids in the URLs are those in the bodies.
        let customer = &evidence.forward[home.customer_id()];
        assert!(evidence.clean.iter().any(|url| url.contains(&format!("/Customers/{customer}/locations/"))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 8, ..ProptestConfig::default() })]

    #[test]
    fn no_identity_of_a_random_fleet_survives(seed in any::<u64>(), customers in 1..5_u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let household = Household::seeded(seed, customers);
            let (sanitizer, mut evidence) = (sanitizer(), Evidence::default());
            let mut fleet = household.client.fleet().locations();
            let mut locations = Vec::new();
            while let Some(location) = fleet.next().await {
                let location = location.unwrap();
                locations.push([("id", location.customer_id.to_string()), ("locationId", location.location_id.to_string())]);
            }
            let reads = [
                &op::LOCATION_GET, &op::NODES, &op::DEVICES, &op::WIFI_NETWORK, &op::WAN_CONFIGURATION, &op::APP_FACADE_HOME,
            ];
            for ids in &locations {
                for operation in reads {
                    prop_assert_eq!(operation.safety, Safety::Safe);
                    let exchange = send(&household, operation, ids).await;
                    evidence.add(&sanitizer, operation, &exchange);
                }
            }
            prop_assert!(evidence.anywhere.len() > 10 * locations.len());
            evidence.judge();
            Ok(())
        })?;
    }
}

#[test]
#[should_panic(expected = "is in")]
fn the_judge_finds_an_identity_that_was_kept() {
    let mut evidence = Evidence::default();
    evidence.anywhere.insert("020000000201".to_owned());
    evidence.clean.insert("02:00:00:00:02:01".to_owned());
    evidence.judge();
}
