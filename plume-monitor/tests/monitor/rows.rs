//! Which test proves which row of the fault matrix of monitors.

/// A row, the expected behaviour, and the tests.
const ROWS: [(&str, &str, &[&str]); 18] = [
    ("MO01", "ten thousand due homes", &["ten_thousand_homes_that_are_due_at_the_start"]),
    (
        "MO02",
        "a restart in every minute",
        &[
            "a_restart_in_every_minute_starves_no_home",
            "a_restart_changes_no_time",
            "restarts_change_nothing",
        ],
    ),
    (
        "MO03",
        "away for six hours",
        &["an_outage_of_six_hours_is_caught_up_once", "an_outage_of_six_hours_costs_one_check_per_home"],
    ),
    (
        "MO04",
        "changed or unchanged while away",
        &[
            "a_change_while_nothing_was_checked_is_reported_once_with_its_gap",
            "an_unchanged_home_is_silent_after_a_restart",
            "a_restart_after_hours_reports_what_changed_and_nothing_else",
        ],
    ),
    (
        "MO05",
        "the cloud is away",
        &[
            "an_outage_of_the_cloud_is_one_incident",
            "a_cloud_that_is_away_is_one_source_incident_and_no_trouble_of_a_home",
            "a_failed_source_opens_no_incident_of_a_home",
        ],
    ),
    (
        "MO06",
        "the address is blocked",
        &[
            "a_block_opens_at_once_and_ends_with_two_responses_in_a_row",
            "a_block_of_the_address_is_probed_by_one_check_at_a_time",
        ],
    ),
    ("MO07", "the own network is down", &["limits_of_the_share_are_exact"]),
    ("MO08", "a home that flips all day", &["a_home_that_flips_all_day_gives_two_messages"]),
    (
        "MO09",
        "exactly at the thresholds",
        &["a_change_is_confirmed_by_a_second_sample", "a_fleet_incident_needs_five_homes"],
    ),
    (
        "MO10",
        "flapping that ends in silence",
        &[
            "the_final_status_after_flapping_is_announced_after_maintenance",
            "the_final_status_after_flapping_is_announced_to_those_who_acknowledged",
        ],
    ),
    ("MO11", "a gateway and all behind it", &["a_gateway_that_is_off_is_one_incident_with_its_consequences"]),
    (
        "MO12",
        "recovery in another order",
        &[
            "pods_that_return_after_their_gateway_are_no_other_cause",
            "one_recovery_with_its_length_follows_when_pods_return_one_by_one",
        ],
    ),
    (
        "MO13",
        "a region in five minutes",
        &[
            "a_storm_in_a_region_is_one_fleet_incident_with_one_end",
            "a_region_that_is_off_is_one_message_and_one_recovery",
            "links_are_written_into_the_incidents_of_homes",
        ],
    ),
    (
        "MO25",
        "wall clocks and time zones",
        &[
            "a_wall_clock_that_jumps_between_two_runs_costs_at_most_one_interval",
            "windows_follow_the_local_time_over_changes_of_the_clocks",
            "a_clock_that_was_set_back_between_two_runs_empties_the_window",
            "a_clock_that_was_set_back_is_followed",
            "a_clock_that_jumps_breaks_nothing_and_is_followed",
        ],
    ),
    (
        "MO27",
        "deleted, moved, new",
        &[
            "a_home_can_be_moved_and_removed_with_its_incident",
            "a_home_that_is_gone_closes_its_incident",
            "a_removed_home_leaves_its_groups",
            "groups_of_two_tenants_never_meet",
        ],
    ),
    (
        "MO28",
        "the credential of a tenant is revoked",
        &[
            "a_refused_credential_affects_one_tenant",
            "a_refused_credential_is_one_incident_of_its_tenant_and_delays_no_other",
        ],
    ),
    ("MO39", "two people", &["the_second_of_two_people_sees_that_the_incident_has_changed"]),
    (
        "MO40",
        "acknowledged, then worse or another cause",
        &[
            "an_acknowledgement_ends_with_a_worse_status_or_another_cause",
            "a_worsening_and_another_cause_are_new_versions",
        ],
    ),
];

const NUMBERS: [u32; 18] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 27, 28, 39, 40];

const SOURCES: [&str; 13] = [
    include_str!("budget.rs"),
    include_str!("calendar.rs"),
    include_str!("decisions/groups/mod.rs"),
    include_str!("decisions/groups/joining.rs"),
    include_str!("decisions/home.rs"),
    include_str!("decisions/incident.rs"),
    include_str!("decisions/laws.rs"),
    include_str!("decisions/monitor.rs"),
    include_str!("decisions/notify/mod.rs"),
    include_str!("decisions/notify/flapping.rs"),
    include_str!("decisions/notify/fleet.rs"),
    include_str!("schedule.rs"),
    include_str!("source.rs"),
];

#[test]
fn every_row_has_its_tests() {
    for ((row, _, tests), number) in ROWS.iter().zip(NUMBERS) {
        assert_eq!(*row, format!("MO{number:02}"));
        assert!(!tests.is_empty());
        for test in *tests {
            let found: usize =
                SOURCES.iter().map(|source| source.matches(&format!("fn {test}(")).count()).sum();
            assert_eq!(found, 1, "{row}: {test}");
        }
    }
}
