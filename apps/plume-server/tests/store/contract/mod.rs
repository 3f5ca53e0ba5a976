//! The promises of every store. `contract!` makes a test of each for one kind of store.

pub(crate) mod access;
pub(crate) mod checks;
pub(crate) mod figures;
pub(crate) mod history;
pub(crate) mod homes;
pub(crate) mod incidents;
pub(crate) mod outbox;
pub(crate) mod records;
pub(crate) mod uptime;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use plume::{
    health::Status,
    monitor::{
        home::Transition,
        ids::{HomeId, IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, Incident, IncidentChange, Scope, Situation},
        schedule::{CheckClass, HomeSchedule, SchedulePolicy},
    },
};
use plume_server::store::{
    Store,
    model::{
        Announcement, Announcer, CheckResult, Claim, Due, Logged, NewHome, Outgoing, Point, Sending, Silent,
        Tenant, Verdict,
    },
};

/// A store under test with its clock, which only the test moves.
#[async_trait]
pub(crate) trait Bed: Send + Sync {
    fn store(&self) -> &dyn Store;

    fn now(&self) -> DateTime<Utc>;

    /// Lets the time of leases pass.
    async fn pass(&self, time: Duration);
}

/// Makes a test of each promise. `$bed` is an expression for a fresh bed.
macro_rules! contract {
    ($bed:expr) => {
        $crate::contract::contract! { $bed;
            access: passes_are_found_by_kind_and_id_and_end,
            access: a_suspended_tenant_has_no_work,
            access: the_audit_is_a_chain_in_parts_by_tenant_and_text,
            access: old_rows_of_the_audit_are_removed_and_the_rest_is_checked,
            checks: due_homes_are_the_most_overdue_of_each_class_and_tenant,
            checks: a_clock_that_was_set_back_delays_no_home,
            checks: a_claim_keeps_others_out_until_its_lease_ends,
            checks: a_released_home_is_due_again,
            checks: a_result_is_written_whole,
            checks: a_result_without_a_valid_claim_changes_nothing,
            checks: a_home_that_was_checked_meanwhile_is_not_claimed,
            checks: decisions_are_written_whole_or_not_at_all,
            checks: a_decision_moves_a_check_unless_it_runs,
            figures: numbers_cover_all_tenants_and_what_is_open_or_waits,
            homes: homes_are_added_once_and_changed_in_place,
            homes: the_names_for_routes_are_those_of_the_tenant,
            homes: a_home_belongs_to_one_tenant,
            homes: pages_of_homes_are_complete_and_in_order,
            homes: filters_select_homes,
            homes: common_and_rare_conditions_select_the_same_homes,
            homes: counts_follow_every_change,
            homes: a_removed_home_leaves_nothing_and_closes_its_incidents,
            homes: nothing_of_another_tenant_is_found,
            incidents: messages_are_stored_with_the_change_of_their_incident,
            incidents: an_incident_without_a_change_is_not_written_again,
            incidents: hastened_incidents_are_decided_about_at_once,
            incidents: decisions_of_people_survive_those_of_the_monitor,
            incidents: the_second_of_two_people_is_refused,
            incidents: selections_of_incidents_are_the_newest_first,
            incidents: the_worst_of_many_open_incidents_are_first_and_on_one_part_of_the_list,
            incidents: incidents_of_the_same_time_are_each_on_one_part_of_the_list,
            outbox: messages_are_taken_in_order_and_only_once,
            outbox: a_lost_sender_makes_a_repeat_with_the_same_id,
            outbox: attempts_are_logged_and_end_in_a_dead_letter,
            outbox: a_repeated_decision_makes_no_second_message,
            outbox: a_postponed_message_waits_without_an_attempt,
            outbox: a_retry_is_taken_with_what_is_due_in_its_channel,
            outbox: replaced_messages_are_logged_and_counted,
            outbox: queues_of_channels_are_counted,
            outbox: a_dead_letter_is_revived_or_discarded_once,
            outbox: messages_of_an_hour_are_those_of_their_channel,
            records: a_document_is_changed_only_by_who_read_it,
            records: sealed_documents_are_readable_and_resealed,
            records: changes_wake_receivers_in_order,
            history: samples_are_read_by_period,
            history: summaries_cover_every_ended_hour_and_day,
            history: a_jump_of_the_clock_costs_few_steps,
            history: late_samples_reach_their_summary,
            history: transitions_come_with_the_last_one_before,
            history: transitions_are_in_the_order_of_their_decisions,
            history: old_history_is_deleted_and_the_rest_is_kept,
            uptime: histories_cover_every_home_with_the_status_before,
            uptime: counted_homes_are_listed_once_the_worst_first,
            uptime: a_list_of_counted_homes_continues_after_one_that_was_removed,
            uptime: counted_groups_are_replaced_whole,
        }
    };
    ($bed:expr; $($module:ident: $promise:ident,)*) => {$(
        #[tokio::test]
        async fn $promise() {
            let bed = $bed;
            $crate::contract::$module::$promise(&bed).await;
        }
    )*};
}
pub(crate) use contract;

pub(crate) fn tenant(id: &str) -> TenantId {
    TenantId::new(id)
}

pub(crate) fn home(id: &str) -> HomeId {
    HomeId::new(id)
}

pub(crate) fn incident_id(id: &str) -> IncidentId {
    IncidentId::new(id)
}

pub(crate) fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

pub(crate) const LEASE: Duration = Duration::from_secs(20);

/// Takes up to `limit` messages of every channel.
pub(crate) async fn take_messages(bed: &dyn Bed, limit: usize) -> Vec<Sending> {
    let mut taken = Vec::new();
    for queue in bed.store().queues(bed.now()).await.unwrap() {
        taken.extend(bed.store().take_messages(&queue, bed.now(), LEASE, limit).await.unwrap());
    }
    taken
}

/// Adds a tenant.
pub(crate) async fn add_tenant(bed: &dyn Bed, id: &str) {
    bed.store().put_tenant(Tenant { id: tenant(id), name: format!("Tenant {id}") }).await.unwrap();
}

/// Adds a home that is due now.
pub(crate) async fn add_home(bed: &dyn Bed, owner: &str, id: &str) {
    bed.store().put_homes(vec![new_home(bed, owner, id)]).await.unwrap();
}

pub(crate) fn new_home(bed: &dyn Bed, owner: &str, id: &str) -> NewHome {
    NewHome {
        tenant: tenant(owner),
        id: home(id),
        customer: format!("customer-{id}"),
        location: format!("location-{id}"),
        name: format!("Home {id}"),
        region: Some("north".to_owned()),
        tags: Vec::new(),
        due: bed.now(),
    }
}

/// All homes that are due now.
pub(crate) async fn due(bed: &dyn Bed) -> Vec<Due> {
    let now = bed.now();
    bed.store().due(now, now + seconds(3600), 1000).await.unwrap()
}

/// Claims one home that is due.
pub(crate) async fn claim(bed: &dyn Bed, id: &str) -> Option<Claim> {
    let due: Vec<Due> = due(bed).await.into_iter().filter(|due| due.home == home(id)).collect();
    bed.store().claim(&due, LEASE).await.unwrap().pop()
}

/// A green result of a claim, with the next check in five minutes.
pub(crate) fn result(bed: &dyn Bed, claim: &Claim) -> CheckResult {
    let now = bed.now();
    CheckResult {
        tenant: claim.tenant.clone(),
        home: claim.home.clone(),
        fence: claim.fence,
        point: point(now, Status::Green),
        verdict: Verdict { status: Status::Green, since: now, headline: "all well".to_owned() },
        traits: None,
        state: b"state".to_vec(),
        schedule: schedule(claim, now),
        transitions: Vec::new(),
        incidents: Vec::new(),
    }
}

fn schedule(claim: &Claim, now: DateTime<Utc>) -> HomeSchedule {
    let mut schedule = HomeSchedule::new(&claim.home, &SchedulePolicy::standard(), now);
    (schedule.due, schedule.runs_since_full) = (now + seconds(300), 1);
    schedule
}

/// Claims a home and commits a result that `change` makes of a green one.
pub(crate) async fn check(bed: &dyn Bed, id: &str, change: impl FnOnce(&mut CheckResult)) {
    check_announced(bed, id, &silent(), change).await;
}

pub(crate) async fn check_announced(
    bed: &dyn Bed,
    id: &str,
    announcer: &Arc<dyn Announcer>,
    change: impl FnOnce(&mut CheckResult),
) {
    let claim = claim(bed, id).await.unwrap();
    let mut result = result(bed, &claim);
    change(&mut result);
    let committed = bed.store().commit(result, announcer).await.unwrap();
    assert_eq!(committed, plume_server::store::model::Committed::Done);
}

pub(crate) fn point(at: DateTime<Utc>, status: Status) -> Point {
    Point { at, status, is_full: false, failure: 0, took_ms: 100, pods: Some((3, 1)), devices: Some(7) }
}

/// The change that opens an incident of a home.
pub(crate) fn opens(bed: &dyn Bed, id: &str, home_id: &str) -> IncidentChange {
    changes(bed, id, Scope::Home(home(home_id)), ChangeKind::Opened, 1)
}

pub(crate) fn changes(
    bed: &dyn Bed,
    id: &str,
    scope: Scope,
    kind: ChangeKind,
    version: u32,
) -> IncidentChange {
    let mut change = IncidentChange::new(incident_id(id), scope, kind, bed.now());
    let cause = Cause::new(CauseKind::Status, "h", Status::Red, format!("cause {version}"));
    change.version = version;
    change.situation = Some(Situation::new(cause, bed.now(), "offline"));
    change
}

pub(crate) fn silent() -> Arc<dyn Announcer> {
    Arc::new(Silent)
}

/// Announces every version once after its hold, and reminds every hour.
#[derive(Debug)]
struct Pager;

pub(crate) fn pager() -> Arc<dyn Announcer> {
    Arc::new(Pager)
}

impl Announcer for Pager {
    fn announce(&self, incident: &mut Incident, now: DateTime<Utc>) -> Announcement {
        if let Some(hold) = incident.hold_until.filter(|hold| *hold > now) {
            return Announcement { wake: Some(hold), ..Announcement::default() };
        }
        incident.mark_announced(now);
        let number = incident.announced.map_or(0, |announced| announced.number);
        let message = Outgoing {
            channel: "mail".to_owned(),
            incident: Some(incident.id.clone()),
            dedup: format!("{}#{number}", incident.id),
            not_before: now,
            body: incident.situation.root.message.as_bytes().to_vec(),
        };
        let wake = incident.is_open().then(|| now + seconds(3600));
        Announcement { messages: vec![message], wake, for_digest: false }
    }
}

pub(crate) fn message(bed: &dyn Bed, dedup: &str) -> Outgoing {
    Outgoing {
        channel: "mail".to_owned(),
        incident: Some(incident_id("i1")),
        dedup: dedup.to_owned(),
        not_before: bed.now(),
        body: format!("body of {dedup}").into_bytes(),
    }
}

pub(crate) fn transition(at: DateTime<Utc>, from: Status, to: Status) -> Logged {
    let document = serde_json::json!({ "kind": "entered", "from": from, "to": to, "since": at, "at": at });
    let transition: Transition = serde_json::from_value(document).unwrap();
    Logged { transition, headline: "the gateway is offline".to_owned() }
}
