//! A tenant that is suspended during work. Row WB13.

use plume::runtime::InProcess;
use plume_server::store::PassStore;

use super::*;

fn healthy(clock: ManualClock) -> Simulator {
    Simulator::builder().seed(7).homes([Home::Healthy]).customers(0).clock(clock).build()
}

#[tokio::test]
async fn a_suspended_tenant_has_no_later_call_and_continues_when_it_is_resumed() {
    let mut bed = Bed::new(healthy).await;
    let tenant = TenantId::new(TENANT);
    bed.pass(10).await;
    let before = bed.cloud.requests().len();
    assert!(before > 0);
    bed.store().suspend(&tenant, true).await.unwrap();
    bed.pass(30).await;
    assert_eq!(bed.cloud.requests().len(), before);
    bed.store().suspend(&tenant, false).await.unwrap();
    bed.pass(30).await;
    assert!(bed.cloud.requests().len() > before);
}

#[tokio::test]
async fn a_running_check_of_a_suspended_tenant_is_dropped_at_once() {
    let mut bed = Bed::new(healthy).await;
    let began = Arc::new(tokio::sync::Notify::new());
    let signal = Arc::clone(&began);
    // A cloud that takes a request and never answers.
    let silent = InProcess::new(move |_| {
        signal.notify_one();
        std::future::pending()
    });
    bed.start_with(Arc::new(silent)).await;
    bed.clock.advance(Duration::from_secs(600));
    let (worker, suspended) = (bed.worker.clone().unwrap(), bed.suspended.clone());
    let turn = worker.turn(200);
    let suspends = async {
        began.notified().await;
        suspended.replace([TenantId::new(TENANT)].into());
    };
    // Without the end of the check, the turn would not end.
    tokio::join!(turn, suspends);
    let fleet = bed.fleet.as_ref().unwrap();
    assert_eq!(fleet.status().checks, 0);
}
