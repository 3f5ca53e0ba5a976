//! Problems of a credential that several tenants use.

use plume::monitor::{
    home::CheckFailure,
    monitor::incident_change,
    source::{SourceCheck, SourcePolicy, Sources},
};
use plume_server::store::model::Decisions;

use super::*;

/// Returns the incidents of a tenant that are about a source: whether each is open.
async fn of_sources(bed: &Bed, tenant: &str) -> Vec<bool> {
    let query = IncidentQuery { limit: 100, ..IncidentQuery::default() };
    let filed = bed.store().incidents(&TenantId::new(tenant), query).await.unwrap();
    let sources = filed.iter().filter(|filed| matches!(filed.incident.scope, Scope::Source(_)));
    sources.map(|filed| filed.incident.is_open()).collect()
}

#[tokio::test]
async fn a_refused_credential_is_one_incident_of_the_operator_and_ends_with_the_last_home() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(0).clock(clock).build()
    })
    .await;
    // A second tenant whose only home is read with the same credential.
    let (location, other) = (Home::Healthy.location_id(), TenantId::new("other"));
    let locations = bed.cloud.tenant_locations("Example ISP").unwrap();
    let (customer, location) = locations.into_iter().find(|(_, id)| *id == location).unwrap();
    bed.store().put_tenant(Tenant { id: other.clone(), name: "Other".to_owned() }).await.unwrap();
    let home = NewHome {
        tenant: other.clone(),
        id: HomeId::new("other-home"),
        name: "Other".to_owned(),
        customer,
        location,
        region: None,
        tags: Vec::new(),
        due: bed.clock.wall(),
    };
    bed.store().put_homes(vec![home]).await.unwrap();
    bed.pass(10).await;
    let plan = r#"{"rules": [{"effect": {"kind": "revoked_client"}}]}"#;
    bed.cloud.set_faults(FaultPlan::parse(plan).unwrap());
    bed.pass(45).await;
    // Each tenant has one home, and both together are enough. No tenant has a message.
    for (tenant, expected) in [(OPERATOR, &[true][..]), (TENANT, &[]), ("other", &[])] {
        assert_eq!(of_sources(&bed, tenant).await, expected, "{tenant}");
    }
    assert_eq!(bed.messages, [(MessageKind::Problem, Status::Orange)]);
    let announcer = bed.announcer();
    for (tenant, home) in [(TENANT, Home::Healthy.location_id()), ("other", "other-home")] {
        bed.store().remove_home(&TenantId::new(tenant), &HomeId::new(home), &announcer).await.unwrap();
    }
    bed.pass(1).await;
    assert_eq!(of_sources(&bed, OPERATOR).await, [false]);
    assert_eq!(bed.messages[1..], [(MessageKind::Gone, Status::Green)]);
}

#[tokio::test]
async fn trouble_of_a_credential_that_no_home_is_read_with_any_more_ends() {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([Home::Healthy]).customers(0).clock(clock).build()
    })
    .await;
    // The tenant had a credential of its own, which was refused. Its home is now read with that of the operator.
    let (mut sources, policy, mut changes) = (Sources::new(), SourcePolicy::standard(), Vec::new());
    for number in 0..60 {
        bed.clock.advance(Duration::from_secs(60));
        let (home, now) = (HomeId::new(format!("home-{}", number % 3)), bed.clock.wall());
        let check = SourceCheck::new(TenantId::new(TENANT), home, now, Some(CheckFailure::Credential));
        changes.extend(sources.observe(&policy, &check).iter().map(|change| incident_change(change).1));
    }
    assert_eq!(changes.len(), 1);
    let announcer = bed.announcer();
    let opened = Decisions { changes, ..Decisions::default() };
    bed.store().decide(&TenantId::new(TENANT), opened, &announcer).await.unwrap();
    let (operator, body) = (TenantId::new(OPERATOR), serde_json::to_vec(&sources).unwrap());
    bed.store().put_record(&operator, RecordKind::State, "sources", 0, body).await.unwrap();
    bed.restart().await;
    assert_eq!(bed.fleet.as_ref().unwrap().problems().len(), 0);
    bed.pass(1).await;
    assert_eq!(of_sources(&bed, TENANT).await, [false]);
    assert_eq!(bed.messages, [(MessageKind::Problem, Status::Orange), (MessageKind::Gone, Status::Green)]);
}
