//! One transport on several runtimes, and on none.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::Method;
use plume_runtime::{HttpTransport, Transport, TransportErrorKind};
use tokio::{runtime::Builder, sync::mpsc};

use crate::client::{get, patient, request, transport};
use testkit::wire::keeping;

#[test]
fn a_transport_is_used_on_two_runtimes_that_live() {
    let servers = Builder::new_current_thread().enable_all().build().unwrap();
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = servers.block_on(keeping(seen));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let url = server.url();
    std::thread::scope(|scope| {
        scope.spawn(|| servers.block_on(stopped));
        let transport = transport();
        // Neither is driven while the other one sends, and both keep their connection.
        let runtimes = [(); 2].map(|()| Builder::new_current_thread().enable_all().build().unwrap());
        for (round, connection) in [(0, 0), (1, 1), (0, 0), (1, 1), (0, 0)] {
            let limits = patient();
            let sent = transport.send(request(Method::POST, &url), &limits);
            assert_eq!(runtimes[round].block_on(sent).unwrap().body(), "ok");
            assert_eq!(requests.blocking_recv(), Some(connection));
        }
        // The connections of a runtime go with it, those of the other stay.
        let [one, other] = runtimes;
        drop(one);
        other.block_on(transport.send(get(&url), &patient())).unwrap();
        assert_eq!(requests.blocking_recv(), Some(1));
        stop.send(()).unwrap();
    });
}

fn unfit(transport: &HttpTransport, runtime: Option<tokio::runtime::Runtime>) -> String {
    let limits = patient();
    let sent = transport.send(get("http://127.0.0.1:9/"), &limits);
    let result = match runtime {
        Some(runtime) => runtime.block_on(sent),
        None => match pin!(sent).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => panic!("it waits for an undriven runtime"),
        },
    };
    let error = result.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Runtime);
    assert!(error.never_sent() && !error.is_transient());
    error.to_string()
}

#[test]
fn without_a_runtime_or_its_drivers_a_request_is_an_error_and_no_panic() {
    let transport = transport();
    assert!(unfit(&transport, None).contains("outside"));
    let builder = Builder::new_current_thread;
    for lacking in [builder().build(), builder().enable_time().build(), builder().enable_io().build()] {
        let text = unfit(&transport, Some(lacking.unwrap()));
        assert!(text.contains("enable_all") && text.contains("lacks"), "{text}");
    }
}
