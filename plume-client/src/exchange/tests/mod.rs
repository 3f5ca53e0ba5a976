//! Calls of a client, from the first try to the last.

mod schedules;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::DateTime;
use http::{Method, Response};
use plume_auth::{SecureUrl, StaticToken};
use plume_runtime::{InProcess, ManualClock, TransportError, TransportErrorKind};

use crate::call::Call;
use crate::client::Client;
use crate::error::ErrorKind;
use crate::operations::{Operation, Safety, Service};

#[tokio::test]
async fn unsafe_operation_is_sent_once() {
    let change =
        |safety| Operation::undescribed("test.change", Method::POST, Service::Api, "/changes", safety);
    let fails = |kind| Err(TransportError::new(kind, "planted failure"));
    let answers = |status: u16| Ok(Response::builder().status(status).body(Bytes::new()).unwrap());
    for (safety, outcome, sent, kind) in [
        // The request may have arrived, so the change may have taken place.
        (Safety::Neither, fails(TransportErrorKind::Interrupted), 1, ErrorKind::OutcomeUnknown),
        (Safety::Neither, fails(TransportErrorKind::Timeout), 1, ErrorKind::OutcomeUnknown),
        (Safety::Neither, answers(503), 1, ErrorKind::Server),
        (Safety::Neither, answers(429), 1, ErrorKind::RateLimited),
        // It cannot have arrived: another try is no second time.
        (Safety::Neither, fails(TransportErrorKind::Connect), 3, ErrorKind::Network),
        (Safety::Neither, fails(TransportErrorKind::Unprocessed), 3, ErrorKind::Network),
        // Another try meets the same proxy.
        (Safety::Safe, fails(TransportErrorKind::Proxy), 1, ErrorKind::Network),
        // Twice is the same as once.
        (Safety::Idempotent, fails(TransportErrorKind::Interrupted), 3, ErrorKind::Network),
        (Safety::Idempotent, answers(503), 3, ErrorKind::Server),
    ] {
        let requests = Arc::new(Mutex::new(0));
        let (seen, reply) = (Arc::clone(&requests), outcome.clone());
        let transport = InProcess::new(move |_| {
            *seen.lock().unwrap() += 1;
            let reply = reply.clone();
            async { reply }
        });
        let client = Client::builder()
            .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
            .token_provider(StaticToken::new("not.a.token").unwrap())
            .transport(Arc::new(transport))
            .clock(Arc::new(ManualClock::skipping(DateTime::UNIX_EPOCH)))
            .build()
            .unwrap();
        let operation = change(safety);
        let error = client.send(Call::at(&operation, "/changes".to_owned())).await.err().unwrap();
        assert_eq!((*requests.lock().unwrap(), error.kind()), (sent, kind), "{safety:?} {outcome:?}");
    }
}
