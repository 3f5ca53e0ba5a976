//! Sessions, tokens, accounts, suspended tenants and the audit.

use plume_server::{
    access::{Tenants, audit::AuditEvent},
    store::model::{AuditQuery, Pass, PassCursor, PassKind},
};

use super::*;

pub(crate) async fn passes_are_found_by_kind_and_id_and_end(bed: &dyn Bed) {
    let (store, now) = (bed.store(), bed.now());
    let pass = |id: &str, seen: i64, ends: Option<i64>| Pass {
        id: id.to_owned(),
        seen: now + seconds(seen),
        ends: ends.map(|ends| now + seconds(ends)),
        body: id.as_bytes().to_vec(),
    };
    let short = pass("short", 1, Some(10));
    let long = pass("long", 2, None);
    store.put_pass(PassKind::Session, short.clone()).await.unwrap();
    store.put_pass(PassKind::Session, long.clone()).await.unwrap();
    store.put_pass(PassKind::Token, pass("short", 0, None)).await.unwrap();
    assert_eq!(store.pass(PassKind::Session, "short").await.unwrap(), Some(short.clone()));
    assert_eq!(store.pass(PassKind::Account, "short").await.unwrap(), None);
    assert_eq!(store.passes(PassKind::Session, 10).await.unwrap(), [long.clone(), short.clone()]);
    store.use_pass(PassKind::Session, "short", now + seconds(3)).await.unwrap();
    store.use_pass(PassKind::Session, "none", now).await.unwrap();
    assert_eq!(store.passes(PassKind::Session, 1).await.unwrap()[0].id, "short");
    let third = pass("third", 2, None);
    store.put_pass(PassKind::Session, third.clone()).await.unwrap();
    let mut after = None;
    let mut ids = Vec::new();
    while let [found] = &store.passes_after(PassKind::Session, after, 1).await.unwrap()[..] {
        ids.push(found.id.clone());
        after = Some(PassCursor::from(found));
    }
    assert_eq!(ids, ["short", "long", "third"]);
    let (mut after, mut ids) = (String::new(), Vec::new());
    while let [found] = &store.passes_by_id(PassKind::Session, &after, 1).await.unwrap()[..] {
        // A use moves it in the other order only.
        store.use_pass(PassKind::Session, "third", now + seconds(4)).await.unwrap();
        ids.push(found.id.clone());
        after = found.id.clone();
    }
    assert_eq!(ids, ["long", "short", "third"]);
    assert!(store.remove_pass(PassKind::Session, "third").await.unwrap());
    let changed = Pass { body: b"changed".to_vec(), ..third };
    assert!(!store.change_pass(PassKind::Session, changed.clone()).await.unwrap());
    assert_eq!(store.pass(PassKind::Session, "third").await.unwrap(), None, "a change adds none");
    let changed = Pass { id: "long".to_owned(), ..changed };
    assert!(store.change_pass(PassKind::Session, changed.clone()).await.unwrap());
    assert_eq!(store.pass(PassKind::Session, "long").await.unwrap(), Some(changed));
    store.put_pass(PassKind::Session, Pass { body: b"new".to_vec(), ..long.clone() }).await.unwrap();
    assert_eq!(store.pass(PassKind::Session, "long").await.unwrap().unwrap().body, b"new");
    store.end_passes(now + seconds(9)).await.unwrap();
    assert_eq!(store.passes(PassKind::Session, 10).await.unwrap().len(), 2);
    store.end_passes(now + seconds(10)).await.unwrap();
    assert_eq!(store.pass(PassKind::Session, "short").await.unwrap(), None);
    assert!(store.remove_pass(PassKind::Session, "long").await.unwrap());
    assert!(!store.remove_pass(PassKind::Session, "long").await.unwrap());
    assert!(store.pass(PassKind::Token, "short").await.unwrap().is_some());
}

pub(crate) async fn a_suspended_tenant_has_no_work(bed: &dyn Bed) {
    for owner in ["a", "b"] {
        add_tenant(bed, owner).await;
        add_home(bed, owner, &format!("home-{owner}")).await;
    }
    let (store, later) = (bed.store(), bed.now() + seconds(600));
    let due = store.due(later, later, 10).await.unwrap();
    assert_eq!(due.len(), 2);
    store.suspend(&tenant("a"), true).await.unwrap();
    store.suspend(&tenant("a"), true).await.unwrap();
    assert_eq!(store.suspended().await.unwrap(), [tenant("a")].into());
    let left: Vec<_> = store.due(later, later, 10).await.unwrap().into_iter().map(|due| due.tenant).collect();
    assert_eq!(left, [tenant("b")]);
    let claims = store.claim(&due, LEASE).await.unwrap();
    assert_eq!(claims.into_iter().map(|claim| claim.tenant).collect::<Vec<_>>(), [tenant("b")]);
    store.suspend(&tenant("a"), false).await.unwrap();
    assert_eq!(store.claim(&due, LEASE).await.unwrap().len(), 1, "it continues");
    assert!(store.suspend(&tenant("none"), true).await.is_err());
}

pub(crate) async fn the_audit_is_a_chain_in_parts_by_tenant_and_text(bed: &dyn Bed) {
    let store = bed.store();
    assert_eq!(store.check_audit().await.unwrap(), Ok(0));
    for number in 1..=5_u64 {
        let event = AuditEvent::new("Ada", "incident note", &format!("i{number}"));
        let event = if number % 2 == 0 { event.of(&tenant("a")) } else { event };
        assert_eq!(store.audit(event.with_outcome("refused: x\ny")).await.unwrap(), number);
    }
    assert_eq!(store.check_audit().await.unwrap(), Ok(5));
    let query = |tenants: Tenants, text: Option<&str>, before: Option<u64>| AuditQuery {
        tenants,
        text: text.map(str::to_owned),
        before,
        limit: 2,
    };
    let mut found = Vec::new();
    for (tenants, text, before) in [
        (Tenants::All, None, None),
        (Tenants::All, None, Some(4)),
        (Tenants::All, Some("I3"), None),
        (Tenants::All, Some("' OR 1"), None),
        (Tenants::Only([tenant("a")].into()), None, None),
        (Tenants::Only([tenant("b")].into()), None, None),
    ] {
        let rows = store.audit_rows(query(tenants, text, before)).await.unwrap();
        found.push(rows.iter().map(|row| row.number).collect::<Vec<_>>());
    }
    assert_eq!(found, [vec![5, 4], vec![3, 2], vec![3], vec![], vec![4, 2], vec![]]);
    store.audit(AuditEvent::new("Ada MÜLLER", "incident note", "i6")).await.unwrap();
    let named = store.audit_rows(query(Tenants::All, Some("müller"), None)).await.unwrap();
    assert_eq!(named.iter().map(|row| row.number).collect::<Vec<_>>(), [6]);
    let rows = store.audit_rows(query(Tenants::All, None, Some(2))).await.unwrap();
    assert!(!rows[0].event.outcome.contains('\n'), "{:?}", rows[0]);
    assert_eq!(rows[0].at, bed.now());
}

pub(crate) async fn old_rows_of_the_audit_are_removed_and_the_rest_is_checked(bed: &dyn Bed) {
    let (store, begin) = (bed.store(), bed.now());
    assert_eq!(store.prune_audit(begin + seconds(100), 1).await.unwrap(), 0);
    for _ in 0..10 {
        store.audit(AuditEvent::new("Ada", "incident note", "i")).await.unwrap();
        bed.pass(Duration::from_secs(1)).await;
    }
    let numbers = || async {
        let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 100 };
        let rows = store.audit_rows(query).await.unwrap();
        rows.into_iter().rev().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!(store.prune_audit(begin, 100).await.unwrap(), 0);
    // Rows of the seconds 0 to 2 are too old.
    assert_eq!(store.prune_audit(begin + seconds(3), 100).await.unwrap(), 3);
    assert_eq!((numbers().await, store.check_audit().await.unwrap()), ((4..=10).collect(), Ok(7)));
    // All but the last four are too many.
    assert_eq!(store.prune_audit(begin, 4).await.unwrap(), 3);
    assert_eq!((numbers().await, store.check_audit().await.unwrap()), ((7..=10).collect(), Ok(4)));
    assert_eq!(store.prune_audit(begin + seconds(100), 100).await.unwrap(), 4);
    assert_eq!(store.check_audit().await.unwrap(), Ok(0));
    assert_eq!(store.audit(AuditEvent::new("Ada", "incident note", "i")).await.unwrap(), 11);
    assert_eq!(store.check_audit().await.unwrap(), Ok(1));
}
