//! Traces and metrics of calls, and the values that they must not contain.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use chrono::DateTime;
use http::Response;
use plume_auth::{SecureUrl, StaticToken};
use plume_client::{Client, Error};
use plume_runtime::{InProcess, ManualClock};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

const TOKEN: &str = "canary.not-a-real-token";
const CUSTOMER: &str = "canary-customer-5f01";
const LOCATION: &str = "canary-location-5f02";

/// Fields of every span and event, and nothing else.
#[derive(Clone, Default)]
struct Captured {
    spans: Arc<Mutex<BTreeMap<u64, Fields>>>,
    events: Arc<Mutex<Vec<Fields>>>,
    next: Arc<AtomicU64>,
}

#[derive(Clone, Default, Debug)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Captured {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("plume")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::default();
        fields.0.insert("name", attributes.metadata().name().to_owned());
        attributes.record(&mut fields);
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.spans.lock().unwrap().insert(id, fields);
        span::Id::from_u64(id)
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        values.record(self.spans.lock().unwrap().get_mut(&id.into_u64()).unwrap());
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.events.lock().unwrap().push(fields);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// A client whose server fails once in three, always with a customer's data in its words.
fn client() -> Client {
    let count = AtomicUsize::new(0);
    let transport = InProcess::new(move |_| {
        let status = if count.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) { 503 } else { 200 };
        async move {
            let body = if status == 200 {
                r#"[{"id":"canary-node","nickname":"canary"}]"#
            } else {
                r#"{"error":{"statusCode":503,"message":"canary@example.net"}}"#
            };
            Ok(Response::builder().status(status).body(Bytes::from(body)).unwrap())
        }
    });
    Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(StaticToken::new(TOKEN).unwrap())
        .transport(Arc::new(transport))
        .clock(Arc::new(ManualClock::skipping(DateTime::UNIX_EPOCH)))
        .build()
        .unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

async fn nodes(client: &Client) -> Result<usize, Error> {
    Ok(client.customer(CUSTOMER).location(LOCATION).nodes().await?.len())
}

#[test]
fn one_span_per_call_and_one_event_per_attempt() {
    let captured = Captured::default();
    tracing::subscriber::with_default(captured.clone(), || {
        assert_eq!(block_on(nodes(&client())).unwrap(), 1);
    });
    let spans = captured.spans.lock().unwrap();
    let [span] = spans.values().collect::<Vec<_>>()[..] else { panic!("one span: {spans:?}") };
    for (name, value) in [
        ("name", "plume.call"),
        ("otel.kind", "client"),
        ("otel.name", "location.nodes"),
        ("http.request.method", "GET"),
        ("url.template", "/Customers/{id}/locations/{locationId}/nodes"),
        ("server.address", "cloud.example.net"),
        ("http.response.status_code", "200"),
        ("http.response.body.size", "42"),
        ("http.request.resend_count", "1"),
        ("plume.wait.limiter_ms", "0"),
        ("plume.wait.token_ms", "0"),
    ] {
        assert_eq!(span.0.get(name).map(String::as_str), Some(value), "{name}: {span:?}");
    }
    assert!(!span.0.contains_key("error.type"));
    let events = captured.events.lock().unwrap();
    let tries: Vec<(&str, &str)> =
        events.iter().map(|event| (&*event.0["attempt"], &*event.0["http.response.status_code"])).collect();
    assert_eq!(tries, [("1", "503"), ("2", "200")]);
}

#[test]
fn a_failed_call_names_its_kind() {
    let captured = Captured::default();
    tracing::subscriber::with_default(captured.clone(), || {
        let client = client().with_retry(plume_client::RetryPolicy::none());
        assert!(block_on(nodes(&client)).is_err());
    });
    let spans = captured.spans.lock().unwrap();
    assert_eq!(spans[&1].0["error.type"], "server");
    assert_eq!(spans[&1].0["http.response.status_code"], "503");
}

#[test]
fn no_secret_and_no_id_is_ever_shown_and_routes_stay_few() {
    let captured = Captured::default();
    tracing::subscriber::with_default(captured.clone(), || {
        let client = client();
        block_on(async {
            for number in 0..1_000 {
                let id = format!("{CUSTOMER}-{number}");
                let _ = client.customer(id.as_str()).location(LOCATION).nodes().await;
                let _ = client.customer(id.as_str()).get().await;
            }
        });
    });
    let spans = captured.spans.lock().unwrap();
    assert_eq!(spans.len(), 2_000);
    let routes: std::collections::BTreeSet<&String> =
        spans.values().map(|span| &span.0["url.template"]).collect();
    assert_eq!(routes.len(), 2);
    let shown = format!("{spans:?} {:?}", captured.events.lock().unwrap());
    assert!(!shown.contains("canary"), "a token, an id or the server's words");
}

#[cfg(feature = "metrics")]
mod metered {
    use metrics::{
        Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString,
        Unit,
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Meters(Arc<Mutex<BTreeMap<String, f64>>>);

    struct Meter(Meters, String);

    impl Meters {
        fn meter(&self, key: &Key) -> Arc<Meter> {
            let labels: Vec<String> =
                key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            Arc::new(Meter(self.clone(), format!("{} {}", key.name(), labels.join(" "))))
        }
    }

    impl Meter {
        fn add(&self, value: f64) {
            *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
        }
    }

    impl CounterFn for Meter {
        fn increment(&self, value: u64) {
            self.add(value as f64);
        }
        fn absolute(&self, _: u64) {}
    }

    impl HistogramFn for Meter {
        fn record(&self, value: f64) {
            self.add(value);
        }
    }

    impl Recorder for Meters {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(self.meter(key))
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }
        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::from_arc(self.meter(key))
        }
    }

    #[test]
    fn calls_and_attempts_are_counted() {
        let meters = Meters::default();
        // A call site that is first met without a subscriber can be off for the tests beside this one.
        let _traced = tracing::subscriber::set_default(Captured::default());
        metrics::with_local_recorder(&meters, || {
            let client = client();
            block_on(async {
                for _ in 0..2 {
                    nodes(&client).await.unwrap();
                }
                let once = client.with_retry(plume_client::RetryPolicy::none());
                nodes(&once).await.unwrap_err();
            });
        });
        let meters = meters.0.lock().unwrap();
        for (name, value) in [
            ("plume_client_calls_total operation=location.nodes outcome=ok", 2.0),
            ("plume_client_calls_total operation=location.nodes outcome=server", 1.0),
            ("plume_client_attempts_total operation=location.nodes status=200", 2.0),
            ("plume_client_attempts_total operation=location.nodes status=503", 2.0),
        ] {
            assert_eq!(meters.get(name), Some(&value), "{name}: {meters:?}");
        }
        assert!(meters["plume_client_call_duration_seconds operation=location.nodes"] > 0.0);
        assert!(!format!("{meters:?}").contains("canary"));
    }
}
