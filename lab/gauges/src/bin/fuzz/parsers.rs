//! The parsers of input from outside.

use std::{cell::RefCell, fmt::Debug, hint::black_box, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::DateTime;
use futures_util::FutureExt;
use http::{HeaderValue, Response, StatusCode};
use plume_auth::{
    AccessToken, AuthorizationSetting, ClientCredentials, Credential, IssuedToken, Scope, SecureUrl,
    StaticToken, TokenSource, UrlGuard,
};
use plume_client::{Client, Filter, RateLimiter, Service, Settings};
use plume_runtime::{Clock, InProcess, ManualClock, Transport, TransportError, TransportErrorKind};
use plume_types::{
    AppQoe, Backhaul, BandSeries, Capabilities, ConnectionState, Count, Customer, CustomerSearchHit, Device,
    DeviceBandwidth, DeviceBandwidthHistory, DeviceBandwidthSeries, ErrorBody, FreeForm,
    LanConnectivityHistory, List, Location, LocationAlerts, LocationBandwidth, LocationQoe, LocationSnapshot,
    LocationSummary, LteNetworkConfiguration, MacAddress, Node, NodeClaim, NodeId, OnboardingCheckpoint,
    OnlineStats, OptimizationCounts, PartnerCustomerHit, PartnerId, PartnerLocation, PartnerNode, QoeHistory,
    QoeMetrics, RebootHistory, RssiSeries, ServiceLevel, SpeedTestSeries, TextOrFlag, UplinkStatus,
    WanConfiguration, WanSaturation, WanSaturationHistory, WanStats, WifiNetwork, WifiNetworkListItem,
    WifiSsid,
    decode::{self, Decode},
};
use serde_json::{Value, json};

use super::seeds::{Seed, body, pieces};

/// One parser, and the pieces of its inputs.
pub(crate) struct Parser {
    pub(crate) name: &'static str,
    pub(crate) pool: Vec<Seed>,
    /// Inputs per turn: fewer where one costs microseconds.
    pub(crate) weight: u32,
    pub(crate) read: Read,
}

type Read = Box<dyn Fn(&[u8]) + Send + Sync>;

const CHEAP: u32 = 256;
const DEAR: u32 = 8;

impl Parser {
    fn new(name: &'static str, pool: Vec<Seed>, read: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        Self { name, pool, weight: CHEAP, read: Box::new(read) }
    }

    /// A parser of text, with examples.
    fn of_text(name: &'static str, examples: &[&str], read: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let pool = examples.iter().map(|text| Seed::plain(text)).collect();
        Self::new(name, pool, move |input| read(&String::from_utf8_lossy(input)))
    }

    fn dear(mut self) -> Self {
        self.weight = DEAR;
        self
    }
}

fn one<T: Decode>(input: &[u8]) {
    drop(black_box(decode::body::<T>(input)));
}

/// Responses with one model, by their sample.
macro_rules! models {
    ($($sample:literal $model:ty),+ $(,)?) => {
        [$(Parser::new(concat!("model ", $sample), pieces($sample)?, one::<$model>)),+]
    };
}

/// Lists, by sample and the names of their wrappers.
macro_rules! lists {
    ($($sample:literal $model:ty [$($wrapper:literal),*]),+ $(,)?) => {
        [$(Parser::new(concat!("list ", $sample), pieces($sample)?, |input| {
            drop(black_box(decode::list::<$model>(input, &[$($wrapper),*])));
        })),+]
    };
}

pub(crate) fn all(plant: bool) -> Result<Vec<Parser>, String> {
    let mut parsers = Vec::new();
    parsers.extend(models![
        "alerts" LocationAlerts,
        "backhaul" Backhaul,
        "capabilities" Capabilities,
        "customer" Customer,
        "customer-delete" Count,
        "customer-register" Customer,
        "customers-count" Count,
        "device" Device,
        "location" Location,
        "location-summary" LocationSummary,
        "lte-network-configuration" LteNetworkConfiguration,
        "node" Node,
        "node-claim" NodeClaim,
        "onboarding-checkpoint" OnboardingCheckpoint,
        "partner-location" PartnerLocation,
        "partner-node" PartnerNode,
        "partner-node-minimal" PartnerNode,
        "reports-band-series" BandSeries,
        "reports-device-bandwidth" DeviceBandwidthSeries,
        "reports-device-rssi" RssiSeries,
        "reports-gateway-device-bandwidth" DeviceBandwidth,
        "reports-gateway-device-bandwidth-history" DeviceBandwidthHistory,
        "reports-gateway-lan-connectivity-history" LanConnectivityHistory,
        "reports-gateway-location-device-bandwidth" LocationBandwidth,
        "reports-gateway-location-qoe" LocationQoe,
        "reports-gateway-optimization" OptimizationCounts,
        "reports-gateway-qoe-history" QoeHistory,
        "reports-gateway-reboot-history" RebootHistory,
        "reports-gateway-wan-saturation" WanSaturation,
        "reports-gateway-wan-saturation-history" WanSaturationHistory,
        "reports-gateway-wan-stats-history" WanStats,
        "reports-online-stats" OnlineStats,
        "reports-qoe-metrics-v2" QoeMetrics,
        "reports-speed-test-results" SpeedTestSeries,
        "reports-wan-stats-daily" WanStats,
        "service-level" ServiceLevel,
        "uplink-status" UplinkStatus,
        "wan-configuration" WanConfiguration,
        "wifi-network-ssid" WifiSsid,
    ]);
    parsers.extend(lists![
        "customers" Customer [],
        "customer-search-v2" CustomerSearchHit ["data", "items", "results"],
        "devices" Device ["devices"],
        "devices-swagger-shape" Device ["devices"],
        "locations" Location ["locations"],
        "nodes" Node ["nodes"],
        "nodes-swagger-shape" Node ["nodes"],
        "partner-customer-search" PartnerCustomerHit ["data", "items", "results"],
        "wifi-networks" WifiNetworkListItem ["wifiNetworks", "networks"],
    ]);
    parsers.extend(values()?);
    parsers.extend(texts());
    parsers.extend(calls()?);
    if plant {
        parsers.push(planted());
    }
    Ok(parsers)
}

/// Planted: reads the first letter as if every letter were one byte long.
#[allow(clippy::indexing_slicing, clippy::string_slice, reason = "the planted fault")]
fn planted() -> Parser {
    let seeds = vec![Seed::json(&json!({"name": "\u{e9}t\u{e9}", "id": "x"}))];
    Parser::new("planted", seeds, |input| {
        if let Ok(text) = std::str::from_utf8(input)
            && let Some((_, name)) = text.split_once("name\":\"")
            && name.len() > 1
        {
            black_box(&name[..1]);
        }
    })
}

/// Values and the shapes around them.
fn values() -> Result<Vec<Parser>, String> {
    let scalars = || {
        [
            "149",
            "\"149\"",
            "4.5",
            "true",
            "\"true\"",
            "\"2024-09-21T21:02:32.777Z\"",
            "1726952552777",
            "\"connected\"",
        ]
        .iter()
        .filter_map(|text| Some(Seed::json(&serde_json::from_str(text).ok()?)))
        .collect::<Vec<_>>()
    };
    let errors = ["401", "404", "422", "500"]
        .iter()
        .map(|status| Ok(Seed::json(&body(&format!("error-loopback-{status}"))?)))
        .chain([
            Ok(Seed::json(&json!({"error": "invalid_client", "error_description": "no"}))),
            Ok(Seed::json(&json!({"errorCode": "E0000047", "errorSummary": "too many"}))),
            Ok(Seed::json(&json!({"message": "Forbidden"}))),
        ])
        .collect::<Result<Vec<_>, String>>()?;
    let snapshot = json!({"customer": "c", "location": "l", "takenAt": "2026-01-15T10:00:00Z",
        "nodes": {"known": [{"id": "A"}]}, "devices": {"failed": {"kind": "refused", "message": "no"}}});
    Ok(vec![
        Parser::new("scalar u16", scalars(), one::<u16>),
        Parser::new("scalar u32", scalars(), one::<u32>),
        Parser::new("scalar u64", scalars(), one::<u64>),
        Parser::new("scalar i64", scalars(), one::<i64>),
        Parser::new("scalar f64", scalars(), one::<f64>),
        Parser::new("scalar bool", scalars(), one::<bool>),
        Parser::new("scalar text", scalars(), one::<String>),
        Parser::new("scalar text or flag", scalars(), one::<TextOrFlag>),
        Parser::new("scalar time", scalars(), one::<DateTime<chrono::Utc>>),
        Parser::new("scalar word", scalars(), one::<ConnectionState>),
        Parser::new("scalar id", scalars(), one::<NodeId>),
        Parser::new("scalar address", scalars(), one::<MacAddress>),
        Parser::new("free form", pieces("capabilities")?, one::<FreeForm>),
        Parser::new("wrapped wifi-network", pieces("wifi-network")?, |input| {
            drop(black_box(decode::wrapped::<WifiNetwork>(input, &["wifiNetwork"])));
        }),
        Parser::new("wrapped node", pieces("partner-node-unclaimed")?, |input| {
            drop(black_box(decode::wrapped::<PartnerNode>(input, &["data", "item", "result", "node"])));
        }),
        Parser::new("traffic classes", pieces("appqoe-stats-by-traffic-class")?, |input| {
            if let Ok(decoded) = decode::body::<AppQoe>(input) {
                black_box(decoded.value.traffic_classes());
            }
        }),
        Parser::new("refusals", errors, |input| drop(black_box(ErrorBody::parse(input)))),
        Parser::new("snapshots", vec![Seed::json(&snapshot)], |input| {
            drop(black_box(serde_json::from_slice::<LocationSnapshot>(input)));
        }),
        // A decoded value stays the same when it is written and read again.
        Parser::new("round trip of nodes", pieces("node")?, again::<Node>).dear(),
        Parser::new("round trip of devices", pieces("device")?, again::<Device>).dear(),
        Parser::new("round trip of lists", pieces("nodes")?, again::<List<Node>>).dear(),
    ])
}

fn again<T: Decode + serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(input: &[u8]) {
    let Ok(decoded) = decode::body::<T>(input) else { return };
    let written = serde_json::to_string(&decoded.value).unwrap_or_default();
    // Secrets are written redacted, and the last bit of a long decimal may differ.
    let comparable = !written.contains("[redacted]") && !written.contains('.');
    let read = serde_json::from_str::<T>(&written);
    assert!(!comparable || read.is_ok_and(|read| read == decoded.value), "{written} was not read back");
}

/// Texts from people and settings.
fn texts() -> Vec<Parser> {
    const URLS: [&str; 6] = [
        "https://cloud.example.net/api",
        "http://127.0.0.1:8080/api/",
        "https://user@cloud.example.net:8443/a?b#c",
        "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token",
        "https://[::ffff:127.0.0.1]/",
        "https://xn--bcher-kva.example.net/%2e%2e/",
    ];
    let guard = UrlGuard::plume();
    vec![
        Parser::of_text(
            "hardware addresses",
            &["02:00:00:00:00:01", "02-00-00-00-00-01", "020000000001"],
            |text| {
                let address = MacAddress::from(text);
                assert_eq!(MacAddress::from(address.canonical()).canonical(), address.canonical());
                black_box(address == "02:00:00:00:00:01");
            },
        ),
        Parser::of_text("partner ids", &["5e00000000000000000000aa", "sample-partner"], |text| {
            let _ = black_box((PartnerId::parse(text), PartnerId::slug(text)));
        }),
        Parser::of_text("URLs", &URLS, |text| {
            if let Ok(url) = SecureUrl::parse(text) {
                assert!(!url.as_base().ends_with('/'));
            }
        }),
        Parser::of_text("guarded URLs", &URLS, move |text| drop(black_box(guard.check(text)))),
        Parser::of_text(
            "authorization settings",
            &["Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==", "Bearer a.b.c"],
            |text| {
                drop(black_box(AuthorizationSetting::parse(text)));
            },
        ),
        Parser::of_text("addresses", &["9.9.9.9", "::ffff:9.9.9.9", "64:ff9b::1", "fe80::1"], |text| {
            if let Ok(address) = text.parse() {
                black_box(plume_runtime::is_public_address(address));
            }
            black_box(plume_runtime::is_loopback_host(text));
        }),
        Parser::of_text(
            "settings",
            &[
                "PLUME_API_BASE=https://cloud.example.net/api",
                "PLUME_SSO_ULR=x",
                "PLUME_PARTNER_ID=5e00000000000000000000aa",
            ],
            |text| {
                // Files are not opened.
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                if !name.contains("_FILE") {
                    drop(black_box(Settings::from_variables([(name, value)])));
                }
            },
        ),
        Parser::of_text("filters", &["accountId", "createdAt DESC", "a\"b\\c"], |text| {
            let filter = Filter::new().equals(text, text).fields([text]).order(text).limit(7).to_json();
            let read: Value = serde_json::from_str(&filter).unwrap_or_default();
            assert_eq!(read.pointer("/fields/0"), Some(&json!(text)), "{filter}");
            assert_eq!(read.get("where").and_then(|conditions| conditions.get(text)), Some(&json!(text)));
        }),
    ]
}

thread_local! {
    /// The next response of the server in this thread.
    static REPLY: RefCell<Response<Bytes>> = RefCell::default();
}

fn replying() -> Arc<dyn Transport> {
    Arc::new(InProcess::new(|request: http::Request<Bytes>| {
        // The URL must be valid for every HTTP library, not only for ours.
        let reply = match request.uri().authority() {
            Some(_) => Ok(REPLY.with_borrow(Clone::clone)),
            None => Err(TransportError::new(TransportErrorKind::Refused, "no URL")),
        };
        async { reply }
    }))
}

fn reply(status: u16, body: &[u8], headers: &[(&'static str, &[u8])]) {
    REPLY.with_borrow_mut(|reply| {
        *reply = Response::new(Bytes::copy_from_slice(body));
        *reply.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                reply.headers_mut().insert(*name, value);
            }
        }
    });
}

/// Polls a call once. Nothing in it waits, so it must be complete.
fn ended<T>(call: impl Future<Output = T>) -> T {
    let Some(result) = call.now_or_never() else {
        unreachable!("the call is pending");
    };
    result
}

/// Parsers that are reached only through a call: refusals, `Retry-After`, paths, tokens.
fn calls() -> Result<Vec<Parser>, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let client = Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").map_err(|error| text(&error))?)
        .token_provider(StaticToken::new("not.a.token").ok_or("no token")?)
        .transport(replying())
        .rate_limiter(RateLimiter::unlimited(Arc::clone(&shared)))
        .clock(Arc::clone(&shared))
        .build()
        .map_err(|error| text(&error))?;
    // After a block by the firewall the next call would not be sent.
    let rested = move || clock.advance(Duration::from_secs(301));
    let source = ClientCredentials::new(
        SecureUrl::parse("https://sso.example.net/oauth2/ausEXAMPLE/v1/token")
            .map_err(|error| text(&error))?,
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
        Scope::partner_admin("5e00000000000000000000aa"),
        replying(),
    )
    .clock(shared);
    let issued = IssuedToken::new("not.a.token", Duration::from_secs(600)).ok_or("no token")?;
    let token = AccessToken::from_issued(&issued, 1).ok_or("no token")?;

    let nodes = {
        let client = client.clone();
        move || ended(client.customer("c").location("l").nodes())
    };
    let refused = {
        let (nodes, rested) = (nodes.clone(), rested.clone());
        move |input: &[u8]| {
            const STATUSES: [u16; 12] = [200, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503];
            rested();
            let status = STATUSES.get(input.len() % STATUSES.len()).copied().unwrap_or(200);
            reply(status, input, &[]);
            if let Err(error) = nodes() {
                black_box((
                    error.to_string(),
                    format!("{error:?}"),
                    error.help(),
                    error.excerpt().map(str::len),
                ));
            }
        }
    };
    let patience = {
        let rested = rested.clone();
        move |input: &[u8]| {
            rested();
            reply(429, b"", &[("retry-after", input), ("date", input)]);
            if let Err(error) = nodes() {
                black_box(error.retry_after());
            }
        }
    };
    let challenged = {
        let (client, rested) = (client.clone(), rested.clone());
        move |input: &[u8]| {
            rested();
            reply(403, b"", &[("www-authenticate", input)]);
            black_box(ended(client.customer("c").get()).is_err());
        }
    };
    let paths = {
        let (client, rested) = (client.clone(), rested);
        move |input: &str| {
            rested();
            reply(200, b"{\"nodes\":[]}", &[]);
            black_box(ended(client.customer(input).location(input).nodes()).is_ok());
            black_box(ended(client.read_path(Service::Api, input).with(input, input).json()).is_ok());
        }
    };
    let introspecting = source.clone();
    let issued = |value: Value| Seed::json(&value);
    let tokens = vec![
        issued(json!({"token_type": "Bearer", "expires_in": 600, "access_token": "not.a.token"})),
        issued(json!({"access_token": "not.a.token", "scope": "partnerId:5e00 role:partnerIdAdmin"})),
        issued(
            json!({"token_type": "bearer", "expires_in": "1800", "access_token": "eyJhbGciOiJub25lIn0.eyJleHAiOjF9."}),
        ),
        issued(json!({"error": "invalid_client", "error_description": "no"})),
        issued(json!({"errorCode": "E0000011", "errorSummary": "no", "errorId": "oae"})),
    ];
    let active = vec![
        issued(json!({"active": true, "exp": 1_768_471_800, "scope": "x", "client_id": "0oaEXAMPLE"})),
        issued(json!({"active": false})),
    ];
    let refusals = ["401", "404", "422", "500"]
        .iter()
        .map(|status| Ok(Seed::json(&body(&format!("error-loopback-{status}"))?)))
        .chain(pieces("nodes")?.into_iter().map(Ok))
        .chain([Ok(Seed::plain("<html><head><title>403 Forbidden</title></head></html>"))])
        .collect::<Result<Vec<_>, String>>()?;
    let plain = |texts: &[&str]| texts.iter().map(|text| Seed::plain(text)).collect::<Vec<_>>();
    let dates = [
        "7",
        "120",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ];
    Ok(vec![
        Parser::new("answers of a call", refusals, refused).dear(),
        Parser::new("retry-after", plain(&dates), patience).dear(),
        Parser::new(
            "challenges",
            plain(&[r#"Bearer realm="x", error="invalid_token""#, "Basic"]),
            challenged,
        )
        .dear(),
        Parser::of_text(
            "paths",
            &["/Customers/x/locations", "/a/%2e%2e/b", "5f0000000000000000000001", "a/b?c#d"],
            paths,
        )
        .dear(),
        Parser::new("token answers", tokens, move |input| {
            reply(if input.len() % 4 == 3 { 400 } else { 200 }, input, &[]);
            black_box(ended(source.fetch()).is_ok());
        })
        .dear(),
        Parser::new("introspections", active, move |input| {
            reply(200, input, &[]);
            black_box(ended(introspecting.introspect(&token)).is_ok());
        })
        .dear(),
    ])
}
