//! Claims and commits.

use plume_server::store::{
    StoreErrorKind,
    model::{Committed, Decisions, HomeQuery, IncidentQuery, Traits},
};

use super::*;

pub(crate) async fn due_homes_are_the_most_overdue_of_each_class_and_tenant(bed: &dyn Bed) {
    for owner in ["a", "b"] {
        add_tenant(bed, owner).await;
    }
    let now = bed.now();
    let homes = [("a", "a1", -30), ("a", "a2", -90), ("a", "a3", -60), ("a", "a4", 1), ("b", "b1", -5)];
    for (owner, id, offset) in homes {
        let new = NewHome { due: now + seconds(offset), ..new_home(bed, owner, id) };
        bed.store().put_homes(vec![new]).await.unwrap();
    }
    let found = |limit| async move {
        let due = bed.store().due(now, now + seconds(3600), limit).await.unwrap();
        due.into_iter().map(|due| due.home.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(2).await, ["a2", "a3", "b1"]);
    assert_eq!(found(9).await, ["a2", "a3", "a1", "b1"]);
    // Another class has a limit of its own.
    check(bed, "a2", |result| {
        result.schedule.class = CheckClass::Suspect;
        result.schedule.due = now;
    })
    .await;
    assert_eq!(found(1).await, ["a2", "a3", "b1"]);
    let due = due(bed).await;
    let suspect = due.iter().find(|due| due.home == home("a2")).unwrap();
    assert_eq!(
        (suspect.schedule.class, suspect.schedule.due, suspect.schedule.runs_since_full),
        (CheckClass::Suspect, now, 1)
    );
}

pub(crate) async fn a_clock_that_was_set_back_delays_no_home(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    let now = bed.now();
    let far = NewHome { due: now + seconds(86_400), ..new_home(bed, "a", "far") };
    let near = NewHome { due: now + seconds(600), ..new_home(bed, "a", "near") };
    bed.store().put_homes(vec![far, near]).await.unwrap();
    let due = bed.store().due(now, now + seconds(3600), 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.home.as_str()).collect::<Vec<_>>(), ["far"]);
    assert_eq!(bed.store().claim(&due, LEASE).await.unwrap().len(), 1);
}

pub(crate) async fn a_claim_keeps_others_out_until_its_lease_ends(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h").await;
    let seen = due(bed).await;
    let first = claim(bed, "h").await.unwrap();
    assert_eq!((first.customer.as_str(), first.location.as_str()), ("customer-h", "location-h"));
    assert_eq!((first.state.clone(), first.traits.region.as_deref()), (None, Some("north")));
    assert!(due(bed).await.is_empty());
    assert!(bed.store().claim(&seen, LEASE).await.unwrap().is_empty());

    bed.pass(LEASE).await;
    let second = claim(bed, "h").await.unwrap();
    assert!(second.fence > first.fence);
    // The first worker wakes up late.
    assert_eq!(bed.store().commit(result(bed, &first), &silent()).await.unwrap(), Committed::Taken);
    assert_eq!(bed.store().commit(result(bed, &second), &silent()).await.unwrap(), Committed::Done);
    // Nor can the second one write twice.
    assert_eq!(bed.store().commit(result(bed, &second), &silent()).await.unwrap(), Committed::Taken);
    let period = bed.now() - seconds(60)..bed.now() + seconds(60);
    assert_eq!(bed.store().points(&tenant("a"), &home("h"), period).await.unwrap().len(), 1);
}

pub(crate) async fn a_released_home_is_due_again(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h").await;
    let first = claim(bed, "h").await.unwrap();
    bed.store().release(&first).await.unwrap();
    let second = claim(bed, "h").await.unwrap();
    // A release of an older claim has no effect.
    bed.store().release(&first).await.unwrap();
    assert!(due(bed).await.is_empty());
    assert_eq!(bed.store().commit(result(bed, &first), &silent()).await.unwrap(), Committed::Taken);
    assert_eq!(bed.store().commit(result(bed, &second), &silent()).await.unwrap(), Committed::Done);
}

pub(crate) async fn a_result_is_written_whole(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h").await;
    let (store, now, owner, h) = (bed.store(), bed.now(), tenant("a"), home("h"));
    let claimed = claim(bed, "h").await.unwrap();
    let mut written = result(bed, &claimed);
    written.point = point(now, Status::Red);
    written.verdict = Verdict { status: Status::Red, since: now, headline: "offline".to_owned() };
    written.traits =
        Some(Traits { firmware: Some("3.2".to_owned()), model: Some("PP1".to_owned()), region: None });
    written.transitions = vec![transition(now, Status::Green, Status::Red)];
    written.incidents = vec![opens(bed, "i1", "h")];
    written.schedule.class = CheckClass::Incident;
    assert_eq!(store.commit(written.clone(), &pager()).await.unwrap(), Committed::Done);

    let period = now - seconds(1)..now + seconds(1);
    assert_eq!(store.points(&owner, &h, period.clone()).await.unwrap(), [written.point]);
    assert_eq!(store.transitions(&owner, &h, period).await.unwrap(), written.transitions);
    assert_eq!(
        store.latest_transitions(&owner, 5).await.unwrap(),
        [(h.clone(), written.transitions[0].clone())]
    );
    let filed = store.incident(&owner, &incident_id("i1")).await.unwrap().unwrap();
    assert_eq!((&filed.incident.scope, filed.edition), (&Scope::Home(h.clone()), 1));
    assert_eq!(Some(&filed.incident.situation), written.incidents[0].situation.as_ref());
    let taken = take_messages(bed, 5).await;
    assert_eq!(taken.iter().map(|taken| taken.message.body.as_slice()).collect::<Vec<_>>(), [b"cause 1"]);
    let shown = store.home(&owner, &h).await.unwrap().unwrap();
    assert_eq!((shown.verdict, shown.checked), (written.verdict, Some(now)));
    assert_eq!(
        (shown.traits.firmware.as_deref(), shown.traits.region.as_deref()),
        (Some("3.2"), Some("north"))
    );
    assert!(due(bed).await.is_empty());

    bed.pass(Duration::from_secs(300)).await;
    let next = claim(bed, "h").await.unwrap();
    assert_eq!((next.state.as_deref(), next.schedule), (Some(&b"state"[..]), written.schedule));
    assert_eq!(next.traits.model.as_deref(), Some("PP1"));
}

pub(crate) async fn a_result_without_a_valid_claim_changes_nothing(bed: &dyn Bed) {
    for owner in ["a", "b"] {
        add_tenant(bed, owner).await;
    }
    add_home(bed, "a", "h").await;
    let claimed = claim(bed, "h").await.unwrap();
    let mut wrong = result(bed, &claimed);
    wrong.verdict.status = Status::Red;
    wrong.transitions = vec![transition(bed.now(), Status::Green, Status::Red)];
    wrong.incidents = vec![opens(bed, "i1", "h")];
    let foreign = CheckResult { tenant: tenant("b"), ..wrong.clone() };
    let other_fence = CheckResult { fence: claimed.fence + 1, ..wrong.clone() };
    let unknown = CheckResult { home: home("none"), ..wrong };
    for wrong in [foreign, other_fence, unknown] {
        assert_eq!(bed.store().commit(wrong, &pager()).await.unwrap(), Committed::Taken);
    }
    let period = bed.now() - seconds(60)..bed.now() + seconds(60);
    assert!(bed.store().points(&tenant("a"), &home("h"), period).await.unwrap().is_empty());
    assert!(bed.store().latest_transitions(&tenant("a"), 5).await.unwrap().is_empty());
    assert!(
        bed.store()
            .incidents(&tenant("a"), IncidentQuery { limit: 5, ..IncidentQuery::default() })
            .await
            .unwrap()
            .is_empty()
    );
    assert!(take_messages(bed, 5).await.is_empty());
    let homes =
        bed.store().homes(&tenant("a"), HomeQuery { limit: 5, ..HomeQuery::default() }).await.unwrap();
    assert_eq!(homes.items[0].verdict.status, Status::Unknown);
}

pub(crate) async fn a_home_that_was_checked_meanwhile_is_not_claimed(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h").await;
    let seen = due(bed).await;
    check(bed, "h", |_| {}).await;
    assert!(bed.store().claim(&seen, LEASE).await.unwrap().is_empty());
}

pub(crate) async fn decisions_are_written_whole_or_not_at_all(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h").await;
    check(bed, "h", |result| result.incidents = vec![opens(bed, "i1", "h")]).await;
    let (store, owner, fleet) = (bed.store(), tenant("a"), incident_id("f1"));
    let seen = store.incident(&owner, &incident_id("i1")).await.unwrap().unwrap();
    let region =
        Scope::Group(plume::monitor::ids::GroupKey::new(plume::monitor::ids::GroupKind::Region, "north"));
    let joined = |filed: &plume_server::store::model::Filed| {
        let mut filed = filed.clone();
        filed.incident.fleet = Some(fleet.clone());
        filed
    };
    let decisions = |edition, edited| Decisions {
        states: vec![("groups".to_owned(), edition, format!("state after {edition}").into_bytes())],
        changes: vec![changes(bed, "f1", region.clone(), ChangeKind::Opened, 1)],
        links: Vec::new(),
        edited: vec![edited],
        rescheduled: Vec::new(),
        outbox: vec![message(bed, "m1")],
    };
    // A person acts meanwhile.
    let note = plume_server::store::model::Action::Note { text: "on my way".to_owned() };
    let noted = store.act(&owner, &incident_id("i1"), "ann", note, &silent()).await.unwrap();
    let error = store.decide(&owner, decisions(0, joined(&seen)), &silent()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    assert!(store.incident(&owner, &fleet).await.unwrap().is_none());
    assert!(take_messages(bed, 5).await.is_empty());

    store.decide(&owner, decisions(0, joined(&noted)), &silent()).await.unwrap();
    let members = IncidentQuery { fleet: Some(fleet.clone()), limit: 5, ..IncidentQuery::default() };
    let members = store.incidents(&owner, members).await.unwrap();
    assert_eq!(members.iter().map(|filed| filed.incident.id.as_str()).collect::<Vec<_>>(), ["i1"]);
    // Another leader has the old state.
    let error = store.decide(&owner, decisions(0, members[0].clone()), &silent()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    store.decide(&owner, decisions(1, members[0].clone()), &silent()).await.unwrap();
    let states = store.records(&owner, plume_server::store::model::RecordKind::State).await.unwrap();
    assert_eq!((states[0].edition, states[0].body.as_slice()), (2, &b"state after 1"[..]));
}

pub(crate) async fn a_decision_moves_a_check_unless_it_runs(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    for id in ["idle", "running"] {
        add_home(bed, "a", id).await;
        check(bed, id, |_| {}).await;
    }
    let later = bed.now() + seconds(300);
    let all = bed.store().due(later, later + seconds(3600), 10).await.unwrap();
    let running: Vec<Due> = all.iter().filter(|due| due.home == home("running")).cloned().collect();
    let claim = bed.store().claim(&running, LEASE).await.unwrap().pop().unwrap();
    let forward = |due: &Due| {
        let mut schedule = due.schedule;
        schedule.pull_forward(bed.now());
        (due.home.clone(), schedule)
    };
    let mut rescheduled: Vec<_> = all.iter().map(forward).collect();
    // One that was removed meanwhile is skipped.
    let mut gone = rescheduled[0].clone();
    gone.0 = home("gone");
    rescheduled.insert(0, gone);
    let decisions = Decisions { rescheduled, ..Decisions::default() };
    bed.store().decide(&tenant("a"), decisions, &silent()).await.unwrap();
    let now = due(bed).await;
    assert_eq!(
        now.iter().map(|due| (due.home.as_str(), due.schedule.class)).collect::<Vec<_>>(),
        [("idle", CheckClass::Suspect)]
    );
    assert_eq!(bed.store().commit(result(bed, &claim), &silent()).await.unwrap(), Committed::Done);
}
