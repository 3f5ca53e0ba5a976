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

/// Moves every second home to a tenant of its own.
pub(super) async fn split(bed: &mut Bed, other: &TenantId) {
    let (tenant, silent) = (TenantId::new(TENANT), Arc::new(Silent) as Arc<dyn Announcer>);
    bed.store().put_tenant(Tenant { id: other.clone(), name: "Other".to_owned() }).await.unwrap();
    for (customer, location) in bed.cloud.tenant_locations("Example ISP").unwrap().into_iter().step_by(2) {
        let home = HomeId::new(location.as_str());
        bed.store().remove_home(&tenant, &home, &silent).await.unwrap();
        let home = NewHome {
            tenant: other.clone(),
            id: home,
            name: location.clone(),
            customer,
            location,
            region: Some("north".to_owned()),
            tags: Vec::new(),
            due: bed.clock.wall(),
        };
        bed.store().put_homes(vec![home]).await.unwrap();
    }
    bed.restart().await;
}

#[tokio::test]
async fn homes_that_are_not_claimed_cost_others_no_permit() {
    let mut bed =
        Bed::new(|clock| Simulator::builder().seed(7).homes([]).customers(60).clock(clock).build()).await;
    let other = TenantId::new("other");
    split(&mut bed, &other).await;
    // This process does not know it yet.
    bed.store().suspend(&TenantId::new(TENANT), true).await.unwrap();
    let (worker, stop) = (bed.worker.clone().unwrap(), Stop::default());
    let stopping = stop.stopping();
    let run = tokio::spawn(async move { worker.run(stopping).await });
    let began = bed.clock.monotonic();
    // 4.8 calls per second, and four calls for each of the 30 homes.
    while bed.clock.monotonic() - began < Duration::from_secs(36) {
        tokio::task::yield_now().await;
        if bed.clock.sleepers() > 0 {
            bed.clock.advance(Duration::from_millis(100));
        }
    }
    stop.stop();
    run.await.unwrap();
    let query = HomeQuery { limit: 100, ..HomeQuery::default() };
    let homes = bed.store().homes(&other, query).await.unwrap().items;
    let checked = homes.iter().filter(|home| home.checked.is_some()).count();
    assert!(homes.len() >= 30 && checked + 2 >= homes.len(), "{checked} of {}", homes.len());
}
