//! Daily digests.

use plume::monitor::{
    ids::IncidentId,
    incident::{Cause, CauseKind, ChangeKind, IncidentChange, Situation},
};
use plume_server::store::model::Decisions;

use super::*;

async fn mild() -> Bed {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::PoorQoe]).customers(0).clock(clock).build()
    })
    .await;
    bed.pass(15).await;
    assert_eq!((bed.statuses().await, bed.messages.as_slice()), (vec![Status::Yellow], &[][..]));
    bed
}

/// Lets the time pass in long steps until a time of the next day.
async fn until(bed: &mut Bed, time: &str) {
    let end = format!("2026-01-16T{time}:00Z").parse().unwrap();
    while bed.clock.wall() < end {
        bed.step(Duration::from_secs(600).min((end - bed.clock.wall()).to_std().unwrap())).await;
    }
}

#[tokio::test]
async fn a_digest_at_a_quiet_time_waits_for_its_end() {
    let mut bed = mild().await;
    bed.notify = r#"{"routes": [{"channels": ["mail"], "quiet": {"ranges": [
        {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "22:00", "to": "09:30"}]}}]}"#;
    bed.restart().await;
    until(&mut bed, "09:29").await;
    assert!(bed.digests.is_empty());
    until(&mut bed, "09:31").await;
    assert_eq!(bed.digests, [1]);
    until(&mut bed, "20:00").await;
    assert_eq!(bed.digests, [1]);
}

#[tokio::test]
async fn a_digest_that_was_due_while_the_server_was_away_is_late_and_not_lost() {
    let mut bed = mild().await;
    until(&mut bed, "06:50").await;
    bed.clock.advance(Duration::from_secs(3_600));
    bed.restart().await;
    bed.step(STEP).await;
    assert_eq!(bed.digests, [1]);
    bed.restart().await;
    until(&mut bed, "20:00").await;
    assert_eq!(bed.digests, [1]);
}

#[tokio::test]
async fn trouble_of_a_home_in_maintenance_is_in_no_digest() {
    let mut bed = mild().await;
    let window = r#"{"name": "upgrade", "calendar": {"version": 1, "windows": [{"start": "2026-01-16T06:30:00", "duration": "2h"}]}}"#;
    let tenant = TenantId::new(TENANT);
    bed.store().put_record(&tenant, RecordKind::Window, "w1", 0, window.as_bytes().to_vec()).await.unwrap();
    until(&mut bed, "12:00").await;
    assert!(bed.digests.is_empty());
    // After the window it waits for the next one.
    for _ in 0..24 * 6 {
        bed.step(Duration::from_secs(600)).await;
    }
    assert_eq!(bed.digests, [1]);
}

#[tokio::test]
async fn a_large_digest_is_one_message_and_written_in_slices() {
    let mut bed =
        Bed::new(|clock| Simulator::builder().seed(7).homes([]).customers(0).clock(clock).build()).await;
    let now = bed.clock.wall();
    let opened = |number: usize| {
        let home = HomeId::new(format!("home-{number}"));
        let id = IncidentId::of_home(&home, now, 1);
        let mut change = IncidentChange::new(id, Scope::Home(home), ChangeKind::Opened, now);
        let cause = Cause::new(CauseKind::Status, "video", Status::Yellow, "the picture is poor");
        change.situation = Some(Situation::new(cause, now, "poor"));
        change
    };
    let decisions = Decisions { changes: (0..450).map(opened).collect(), ..Decisions::default() };
    bed.store().decide(&TenantId::new(TENANT), decisions, &bed.announcer()).await.unwrap();
    let pending = async |bed: &Bed| {
        let query = IncidentQuery { for_digest: true, limit: 1000, ..IncidentQuery::default() };
        bed.store().incidents(&TenantId::new(TENANT), query).await.unwrap().len()
    };
    assert_eq!(pending(&bed).await, 450);
    until(&mut bed, "08:00").await;
    assert_eq!((bed.digests.as_slice(), pending(&bed).await), (&[450][..], 0));
}
