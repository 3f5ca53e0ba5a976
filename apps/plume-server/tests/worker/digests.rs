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

#[tokio::test]
async fn trouble_at_the_first_checks_is_one_summary_whatever_the_restarts() {
    for restart in [None, Some(3), Some(7)] {
        let mut bed = Bed::new(|clock| {
            let homes = [Home::GatewayDown, Home::OnePodDown, Home::TwoPodsDown, Home::Healthy];
            Simulator::builder().seed(7).homes(homes).customers(0).clock(clock).build()
        })
        .await;
        for minute in 0..20 {
            if restart == Some(minute) {
                bed.restart().await;
            }
            bed.pass(1).await;
        }
        assert_eq!((bed.messages.as_slice(), bed.digests.as_slice()), (&[][..], &[3][..]), "{restart:?}");
        let incidents = bed.incidents().await;
        assert!(incidents.len() == 3 && incidents.iter().all(|one| one.announced.is_some()));
        // They are in the daily digest, and no reminder of its own.
        until(&mut bed, "08:00").await;
        assert_eq!((bed.messages.as_slice(), bed.digests.as_slice()), (&[][..], &[3, 3][..]), "{restart:?}");
    }
}

/// Makes every read and write of incidents fail, or ends that.
fn break_store(bed: &Bed, is_broken: bool) {
    let (from, to) = if is_broken { ("incident", "away") } else { ("away", "incident") };
    let file = rusqlite::Connection::open(bed.folder.join("monitor.db")).unwrap();
    file.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).unwrap();
}

/// Lets time pass without checks. Returns the number of failed decisions.
async fn lead(bed: &mut Bed, steps: u64) -> u64 {
    let mut failed = 0;
    for step in 0..steps {
        bed.clock.advance(STEP);
        failed += u64::from(bed.leader.as_mut().unwrap().tick(step.is_multiple_of(6)).await.is_err());
        bed.send().await;
    }
    failed
}

#[tokio::test]
async fn a_summary_of_first_checks_that_cannot_be_stored_is_late_and_not_lost() {
    let mut due = None;
    // Never, twice at its time, and for longer than the longest time that it waits.
    for broken in [0, 2, 900] {
        let mut bed = Bed::new(|clock| {
            let homes = [Home::GatewayDown, Home::OnePodDown, Home::TwoPodsDown, Home::Healthy];
            Simulator::builder().seed(7).homes(homes).customers(0).clock(clock).build()
        })
        .await;
        let mut step = 0;
        while bed.digests.is_empty() && due.is_none_or(|due| step < due) {
            bed.pass_step(step).await;
            step += 1;
        }
        // The step before the one that writes it.
        let due = *due.get_or_insert(step - 1);
        assert!((60..240).contains(&due) && step <= due + 1, "{due}");
        if broken > 0 {
            break_store(&bed, true);
            assert_eq!(lead(&mut bed, broken).await, broken);
            assert!(bed.digests.is_empty());
            break_store(&bed, false);
            assert_eq!(lead(&mut bed, 1).await, 0);
        }
        assert_eq!((bed.messages.as_slice(), bed.digests.as_slice()), (&[][..], &[3][..]), "{broken}");
        assert_eq!(lead(&mut bed, 300).await, 0);
        assert_eq!((bed.messages.as_slice(), bed.digests.as_slice()), (&[][..], &[3][..]), "{broken}");
    }
}

#[tokio::test]
async fn an_incident_that_was_stored_after_its_summary_is_in_the_next() {
    let mut bed =
        Bed::new(|clock| Simulator::builder().seed(7).homes([]).customers(0).clock(clock).build()).await;
    // A leader decides about all that waits when it begins.
    assert_eq!(lead(&mut bed, 6).await, 0);
    let (home, now) = (HomeId::new("home-1"), bed.clock.wall());
    let id = IncidentId::of_home(&home, now, 1);
    let mut change = IncidentChange::new(id, Scope::Home(home), ChangeKind::Opened, now);
    let cause = Cause::new(CauseKind::Status, "gateway", Status::Red, "the gateway is offline");
    let mut situation = Situation::new(cause, now, "offline");
    situation.from_before = true;
    change.situation = Some(situation);
    // The leader does not know what another one noted, as if it had written the summary before the end of the transaction.
    let policy: NotifyPolicy = serde_json::from_str(bed.notify).unwrap();
    let other: Arc<dyn Announcer> = Arc::new(Notifier::new(policy, Arc::clone(bed.fleet.as_ref().unwrap())));
    let decisions = Decisions { changes: vec![change], ..Decisions::default() };
    bed.store().decide(&TenantId::new(TENANT), decisions, &other).await.unwrap();
    assert_eq!(lead(&mut bed, 110).await, 0);
    assert_eq!(bed.messages, []);
    assert_eq!(lead(&mut bed, 20).await, 0);
    assert_eq!(bed.messages, [(MessageKind::Problem, Status::Red)]);
}
