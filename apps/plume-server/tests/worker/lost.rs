//! Decisions, states and homes that are lost on the way.

use super::*;

fn power_cut_home() -> (TenantId, HomeId) {
    (TenantId::new(TENANT), HomeId::new(Home::Healthy.location_id()))
}

#[tokio::test]
async fn a_home_is_checked_again_after_a_decision_that_was_not_stored() {
    let mut bed = Bed::new(power_cut).await;
    bed.pass(1).await;
    let (tenant, home) = power_cut_home();
    let began = bed.clock.wall();
    // As if the store had failed: the home is due in memory only.
    drop(bed.fleet.as_ref().unwrap().check_now(&home, bed.clock.wall()).unwrap());
    bed.pass(15).await;
    let points = bed.store().points(&tenant, &home, began..bed.clock.wall()).await.unwrap();
    assert!(points.len() >= 3, "{points:?}");
    assert_eq!(bed.messages, [(MessageKind::Problem, Status::Red)]);
}

#[tokio::test]
async fn a_result_that_came_too_late_does_not_keep_its_home_from_the_next_check() {
    let mut bed = Bed::new(power_cut).await;
    bed.pass(1).await;
    let (tenant, home) = power_cut_home();
    let began = bed.clock.wall();
    // Another process has checked the home meanwhile.
    let moved = "UPDATE work SET due = due + 60000, fence = fence + 1";
    let file = rusqlite::Connection::open(bed.folder.join("monitor.db")).unwrap();
    assert_eq!(file.execute(moved, []).unwrap(), 1);
    bed.pass(15).await;
    let points = bed.store().points(&tenant, &home, began..bed.clock.wall()).await.unwrap();
    assert!(points.len() >= 3, "{points:?}");
}

#[tokio::test]
async fn a_removed_home_is_announced_as_gone_once_on_its_route() {
    for is_restarted in [false, true] {
        let mut bed = Bed::new(power_cut).await;
        // The route depends on what only the home has.
        bed.notify =
            r#"{"routes": [{"groups": [{"kind": "region", "value": "north"}], "channels": ["mail"]}]}"#;
        bed.restart().await;
        bed.pass(12).await;
        assert_eq!(bed.messages, [(MessageKind::Problem, Status::Red)]);
        let (tenant, home) = power_cut_home();
        let announcer = bed.announcer();
        bed.store().remove_home(&tenant, &home, &announcer).await.unwrap();
        if is_restarted {
            drop(announcer);
            bed.restart().await;
        }
        bed.pass(10).await;
        assert_eq!(bed.messages[1..], [(MessageKind::Gone, Status::Green)]);
        bed.pass_hours(9).await;
        assert_eq!(bed.messages.len(), 2);
    }
}

#[tokio::test]
async fn a_fleet_incident_ends_with_its_last_home_also_if_that_is_removed() {
    for is_restarted in [false, true] {
        let mut bed = Bed::new(|clock| {
            Simulator::builder().seed(7).homes([]).customers(60).story(Story::PowerCut).clock(clock).build()
        })
        .await;
        bed.pass(15).await;
        let group = async |bed: &Bed| {
            let all = bed.incidents().await;
            all.into_iter().find(|one| matches!(one.scope, Scope::Group(_))).unwrap()
        };
        assert!(group(&bed).await.is_open());
        let (tenant, announcer) = (TenantId::new(TENANT), bed.announcer());
        let query = HomeQuery { limit: 1000, ..HomeQuery::default() };
        if is_restarted {
            // Another process removes them, as an import does.
            bed.leader = None;
        }
        for home in bed.store().homes(&tenant, query).await.unwrap().items {
            bed.store().remove_home(&tenant, &home.id, &announcer).await.unwrap();
        }
        drop(announcer);
        if is_restarted {
            bed.restart().await;
        }
        bed.pass(20).await;
        assert!(!group(&bed).await.is_open(), "{is_restarted}");
        assert_eq!(bed.messages.last(), Some(&(MessageKind::Recovered, Status::Green)));
    }
}

#[tokio::test]
async fn the_last_check_of_a_removed_home_does_not_put_it_back_into_its_groups() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([]).customers(60).story(Story::PowerCut).clock(clock).build()
    })
    .await;
    bed.pass(2).await;
    let (tenant, announcer) = (TenantId::new(TENANT), bed.announcer());
    let query = HomeQuery { limit: 1000, ..HomeQuery::default() };
    let homes = bed.store().homes(&tenant, query).await.unwrap().items;
    // The homes turn red, and the leader reads that after their removal.
    for _ in 0..60 {
        bed.clock.advance(STEP);
        bed.worker.as_ref().unwrap().turn(200).await;
    }
    for home in homes {
        bed.store().remove_home(&tenant, &home.id, &announcer).await.unwrap();
    }
    bed.step(Duration::from_secs(1)).await;
    bed.pass(20).await;
    let incidents = bed.incidents().await;
    assert!(
        incidents.len() >= 5 && incidents.iter().all(|incident| !incident.is_open()),
        "{}",
        incidents.len()
    );
    assert!(incidents.iter().all(|incident| matches!(incident.scope, Scope::Home(_))));
}

#[tokio::test]
async fn a_tenant_whose_decisions_fail_stops_no_other() {
    let (tenant, other) = (TenantId::new(TENANT), TenantId::new("other"));
    // Of two tenants, the failing one is decided about first in one of the two cases at least.
    for (failing, works) in [(&tenant, &other), (&other, &tenant)] {
        let mut bed = Bed::new(|clock| {
            Simulator::builder().seed(7).homes([]).customers(80).story(Story::PowerCut).clock(clock).build()
        })
        .await;
        suspended::split(&mut bed, &other).await;
        let planted = format!(
            "CREATE TRIGGER planted BEFORE INSERT ON record WHEN NEW.id = 'groups' \
             AND NEW.tenant = (SELECT key FROM tenant WHERE id = '{failing}') BEGIN SELECT RAISE(ABORT, 'planted'); END"
        );
        let file = rusqlite::Connection::open(bed.folder.join("monitor.db")).unwrap();
        file.execute_batch(&planted).unwrap();
        let mut failures = 0;
        for step in 0..15 * 12 {
            bed.clock.advance(STEP);
            bed.worker.as_ref().unwrap().turn(400).await;
            failures += usize::from(bed.leader.as_mut().unwrap().tick(step % 6 == 0).await.is_err());
        }
        assert!(failures > 0, "{failing}");
        let query = IncidentQuery { limit: 100, ..IncidentQuery::default() };
        let filed = bed.store().incidents(works, query).await.unwrap();
        assert!(filed.iter().any(|filed| matches!(filed.incident.scope, Scope::Group(_))), "{failing}");
    }
}

#[tokio::test]
async fn an_incident_ends_although_the_state_of_its_home_was_lost() {
    // Lost in the trouble, and after the homes are well but before the check that sees it.
    for minutes in [12, 22] {
        let mut bed = Bed::new(power_cut).await;
        bed.pass(minutes).await;
        assert_eq!(bed.messages, [(MessageKind::Problem, Status::Red)], "{minutes}");
        let first = bed.incidents().await.pop().unwrap().id;
        bed.edit("UPDATE work SET state = x'7b7d'").await;
        bed.pass(40).await;
        let incidents = bed.incidents().await;
        assert!(incidents.iter().all(|incident| !incident.is_open()), "{minutes}: {incidents:#?}");
        assert!(incidents.iter().any(|incident| incident.id == first));
        // The end is announced once for each announced start.
        let count = |wanted| bed.messages.iter().filter(|(kind, _)| *kind == wanted).count();
        let (problems, ends) = (count(MessageKind::Problem), count(MessageKind::Recovered));
        assert_eq!(bed.messages.last(), Some(&(MessageKind::Recovered, Status::Green)), "{minutes}");
        assert!(problems <= 2 && ends == 1, "{minutes}: {:?}", bed.messages);
    }
}
