//! Documents and changes.

use plume_server::store::{
    StoreErrorKind,
    model::{ChangeKind, RecordKind},
};

use super::*;

pub(crate) async fn a_document_is_changed_only_by_who_read_it(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    let (store, owner, kind) = (bed.store(), tenant("a"), RecordKind::Window);
    assert_eq!(store.put_record(&owner, kind, "w1", 0, b"one".to_vec()).await.unwrap(), 1);
    let conflict = |result: Result<u64, plume_server::store::StoreError>| result.unwrap_err().kind();
    assert_eq!(
        conflict(store.put_record(&owner, kind, "w1", 0, b"new".to_vec()).await),
        StoreErrorKind::Conflict
    );
    assert_eq!(store.put_record(&owner, kind, "w1", 1, b"two".to_vec()).await.unwrap(), 2);
    assert_eq!(
        conflict(store.put_record(&owner, kind, "w1", 1, b"too late".to_vec()).await),
        StoreErrorKind::Conflict
    );
    assert_eq!(
        conflict(store.put_record(&owner, kind, "w2", 1, b"none".to_vec()).await),
        StoreErrorKind::Conflict
    );
    let records = store.records(&owner, kind).await.unwrap();
    let found: Vec<_> =
        records.iter().map(|record| (record.id.as_str(), record.edition, record.body.as_slice())).collect();
    assert_eq!(found, [("w1", 2, &b"two"[..])]);
    assert_eq!(store.record(&owner, kind, "w1").await.unwrap().as_ref(), records.first());
    for (owner, kind, id) in
        [(&owner, kind, "w2"), (&owner, RecordKind::Silence, "w1"), (&tenant("b"), kind, "w1")]
    {
        assert!(store.record(owner, kind, id).await.unwrap().is_none());
    }
    assert!(store.records(&owner, RecordKind::Silence).await.unwrap().is_empty());
    assert_eq!(
        store.remove_record(&owner, kind, "w1", 1).await.unwrap_err().kind(),
        StoreErrorKind::Conflict
    );
    store.remove_record(&owner, kind, "w1", 2).await.unwrap();
    assert!(store.records(&owner, kind).await.unwrap().is_empty());
}

pub(crate) async fn sealed_documents_are_readable_and_resealed(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    let (store, owner) = (bed.store(), tenant("a"));
    for kind in [RecordKind::Channel, RecordKind::Credential] {
        store.put_record(&owner, kind, "x", 0, b"not-a-real-secret".to_vec()).await.unwrap();
    }
    store.put_record(&owner, RecordKind::Route, "x", 0, b"plain".to_vec()).await.unwrap();
    assert_eq!(store.reseal().await.unwrap(), 2);
    for kind in [RecordKind::Channel, RecordKind::Credential] {
        let records = store.records(&owner, kind).await.unwrap();
        assert_eq!((records[0].edition, records[0].body.as_slice()), (1, &b"not-a-real-secret"[..]));
        assert!(!format!("{records:?}").contains("not-a-real"), "{records:?}");
        assert_eq!(store.record(&owner, kind, "x").await.unwrap().unwrap().body, b"not-a-real-secret");
    }
}

pub(crate) async fn changes_wake_receivers_in_order(bed: &dyn Bed) {
    for owner in ["a", "b"] {
        add_tenant(bed, owner).await;
    }
    add_home(bed, "a", "h").await;
    let mut watch = bed.store().watch();
    let before = *watch.borrow_and_update();
    check(bed, "h", |result| result.incidents = vec![opens(bed, "i1", "h")]).await;
    assert!(watch.has_changed().unwrap());
    let after = *watch.borrow_and_update();
    assert!(after > before);
    let changes = bed.store().changes(&tenant("a"), before, 10).await.unwrap().unwrap();
    let subjects: Vec<_> = changes.iter().map(|change| (change.kind, change.subject.as_str())).collect();
    assert_eq!(subjects, [(ChangeKind::Home, "h"), (ChangeKind::Incident, "i1")]);
    assert_eq!(changes.last().map(|change| change.seq), Some(after));
    assert!(bed.store().changes(&tenant("b"), 0, 10).await.unwrap().unwrap().is_empty());
    assert!(bed.store().changes(&tenant("a"), after, 10).await.unwrap().unwrap().is_empty());
    // A check without news wakes no page.
    bed.pass(Duration::from_secs(300)).await;
    let verdict = bed.store().home(&tenant("a"), &home("h")).await.unwrap().unwrap().verdict;
    check(bed, "h", |result| result.verdict = verdict).await;
    assert!(!watch.has_changed().unwrap());
}
