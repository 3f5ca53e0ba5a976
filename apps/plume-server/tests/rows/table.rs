//! The rows, in the order of the matrices.

/// A row.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The expected behaviour.
    pub(crate) expected: &'static str,
    pub(crate) proofs: &'static [Proof],
}

/// The proof of a row, or of a part of it.
pub(crate) enum Proof {
    /// A test of this package.
    Test(&'static str),
    /// Tests of `plume-monitor`, whose own table has the row.
    Monitor,
    /// A test of the budget of `plume-monitor`.
    Budget(&'static str),
    /// It concerns several workers or another database, for this reason.
    Later(&'static str),
}

use Proof::{Budget, Later, Monitor, Test};

/// Rows that have no proof yet.
pub(crate) const MISSING: &[&str] = &[];

const fn row(name: &'static str, expected: &'static str, proofs: &'static [Proof]) -> Row {
    Row { name, expected, proofs }
}

pub(crate) const ROWS: &[Row] = &[
    row("MO01", "ten thousand due homes are paced, the worst first", &[Monitor]),
    row(
        "MO02",
        "a restart in every minute starves no home",
        &[Monitor, Test("restarts_at_any_minute_change_no_message")],
    ),
    row("MO03", "an outage of the server is caught up once", &[Monitor]),
    row("MO04", "a change while the server was away is reported once", &[Monitor]),
    row(
        "MO05",
        "a cloud that is away is one incident, and no home is red",
        &[Monitor, Test("a_cloud_without_answers_makes_no_home_red")],
    ),
    row(
        "MO06",
        "a block pauses the checks, and one probe asks",
        &[Monitor, Test("a_blocked_address_gets_one_call_at_a_time")],
    ),
    row(
        "MO07",
        "the own network is down: messages wait",
        &[Monitor, Test("a_channel_that_fails_for_three_days_loses_nothing_silently")],
    ),
    row("MO08", "a home that flips is two messages", &[Monitor]),
    row("MO09", "thresholds are exact", &[Monitor]),
    row("MO10", "flapping that ends in silence is reported when it ends", &[Monitor]),
    row(
        "MO11",
        "one incident with its consequences",
        &[Monitor, Test("a_power_cut_is_one_incident_with_two_messages")],
    ),
    row("MO12", "one recovery in any order", &[Monitor]),
    row("MO13", "a region is one fleet incident", &[Monitor, Test("a_storm_of_many_homes_is_one_message")]),
    row(
        "MO14",
        "a requested wait is obeyed, up to an hour",
        &[
            Test("a_wait_that_the_receiver_requests_is_obeyed_up_to_an_hour"),
            Test("a_requested_wait_is_obeyed_up_to_an_hour"),
        ],
    ),
    row(
        "MO15",
        "a failing channel backs off, keeps the newest state, and is reported on another channel",
        &[
            Test("a_channel_that_fails_for_three_days_loses_nothing_silently"),
            Test("attempts_are_spread_over_a_day_and_end"),
            Test("trouble_that_ended_while_the_channel_failed_is_one_message"),
            Test("a_message_ends_as_a_dead_letter_after_a_day"),
            Test("a_failure_is_reported_once_after_ten_minutes_and_its_end_once"),
            Test("a_channel_that_does_not_exist_is_reported_and_its_messages_wait_for_a_day"),
            Test("a_channel_of_a_newer_version_is_reported_and_stops_no_other"),
        ],
    ),
    row(
        "MO16",
        "a broken connection repeats with the same id, or with a mark",
        &[
            Test("a_broken_connection_repeats_with_the_same_id_or_a_mark"),
            Test("a_connection_that_is_cut_is_uncertain_and_one_that_is_refused_is_not"),
        ],
    ),
    row(
        "MO17",
        "an end at any step loses no message and repeats one at most",
        &[
            Test("an_end_at_any_point_loses_no_message_and_repeats_one_at_most"),
            Test("an_end_at_any_point_marks_what_is_repeated_where_there_is_no_id"),
            Test("killed_processes_lose_no_webhook_and_repeat_it_with_its_id"),
            Test("killed_processes_mark_what_they_repeat_where_there_is_no_id"),
            Test("a_killed_process_leaves_whole_commits_and_loses_none"),
            Test("a_lost_sender_makes_a_repeat_with_the_same_id"),
            Test("messages_are_stored_with_the_change_of_their_incident"),
        ],
    ),
    row(
        "MO18",
        "an older result of a home is rejected",
        &[Test("a_result_without_a_valid_claim_changes_nothing"), Later("two workers")],
    ),
    row(
        "MO19",
        "a result after the lease is rejected",
        &[Test("a_claim_keeps_others_out_until_its_lease_ends"), Later("a worker that is stopped")],
    ),
    row(
        "MO20",
        "a leader that returns decides nothing twice",
        &[Test("decisions_are_written_whole_or_not_at_all"), Later("two leaders")],
    ),
    row("MO21", "the database is away: checks stop and return", &[Later("a database on another machine")]),
    row(
        "MO22",
        "the disk is full: messages continue, the gap is recorded, one notice",
        &[
            Test("a_full_disk_costs_history_and_no_message_and_is_reported_once"),
            Test("a_full_disk_takes_the_reserve"),
            Test("a_full_disk_is_an_error_of_its_own_and_passes"),
            Test("the_space_is_given_back_once_and_kept_again"),
        ],
    ),
    row(
        "MO23",
        "readers and deletes beside the writer are never locked out",
        &[
            Test("old_history_is_deleted_and_the_rest_is_kept"),
            Test("readers_beside_writes_and_deletions_are_never_locked_out"),
        ],
    ),
    row(
        "MO24",
        "a transaction that writes begins as one",
        &[Test("a_group_holds_the_lock_of_writers_before_it_reads")],
    ),
    row(
        "MO25",
        "wall clocks and time zones",
        &[
            Monitor,
            Test("a_clock_that_was_set_back_delays_no_home"),
            Test("a_clock_that_was_set_back_does_not_pause_a_channel_for_a_day"),
        ],
    ),
    row(
        "MO26",
        "leases do not use the wall clock",
        &[Test("a_claim_does_not_outlive_its_process"), Later("the clock of a database")],
    ),
    row(
        "MO27",
        "a home that is gone closes its incident, and no other tenant sees it",
        &[
            Monitor,
            Test("a_removed_home_leaves_nothing_and_closes_its_incidents"),
            Test("a_removed_home_is_announced_as_gone_once_on_its_route"),
            Test("a_fleet_incident_ends_with_its_last_home_also_if_that_is_removed"),
            Test("nothing_of_another_tenant_is_found"),
            Test("a_home_belongs_to_one_tenant"),
        ],
    ),
    row("MO28", "a refused credential is one incident of its tenant", &[Monitor]),
    row("MO29", "a large tenant delays no small one", &[Budget("a_large_tenant_beside_small_ones")]),
    row(
        "MO30",
        "a budget that is too small keeps availability",
        &[Budget("a_budget_that_is_too_small_keeps_availability_and_the_order")],
    ),
    row("MO31", "an address that is shared is named", &[Later("the ledger of calls")]),
    row(
        "MO32",
        "lost permits are not used again",
        &[Budget("a_lost_result_is_repeated_after_the_lease"), Later("the ledger of calls")],
    ),
    row("MO33", "late permits expire", &[Later("the ledger of calls")]),
    row(
        "MO34",
        "receivers inside the network are refused at the connection",
        &[
            Test("urls_inside_the_network_are_refused"),
            Test("a_name_with_a_private_address_is_refused_at_every_connection"),
            Test("a_mail_server_inside_the_network_has_to_be_listed"),
            Test("a_redirect_is_not_followed"),
        ],
    ),
    row(
        "MO35",
        "foreign texts are escaped for each receiver",
        &[
            Test("hostile_names_stay_texts"),
            Test("mixed_names_stay_texts"),
            Test("every_page_escapes_foreign_text_and_forbids_foreign_scripts"),
            Test("a_mail_arrives_with_its_subject_and_without_headers_of_others"),
        ],
    ),
    row(
        "MO36",
        "messages fit the limits of their receivers",
        &[
            Test("hostile_names_stay_texts"),
            Test("the_hourly_limit_makes_a_summary_also_after_a_restart"),
            Test("telegram_gets_long_texts_cut_and_messages_one_by_one"),
            Test("slack_gets_plain_text_within_its_limits"),
            Test("teams_gets_a_card_of_text_runs_within_its_size"),
        ],
    ),
    row(
        "MO37",
        "live pages cost bounded memory, and a late reader loads the page again",
        &[
            Test("a_reader_that_comes_back_gets_what_it_missed_or_loads_the_page_again"),
            Test("a_page_gets_only_what_it_shows"),
            Test("a_stream_has_signs_of_life_and_ends_with_its_session"),
            Test("one_session_cannot_take_the_streams_of_others"),
        ],
    ),
    row("MO38", "open streams do not delay the end", &[Test("open_streams_do_not_delay_the_end")]),
    row(
        "MO39",
        "the second of two people sees the first",
        &[
            Monitor,
            Test("the_second_of_two_people_is_refused"),
            Test("the_second_of_two_people_sees_who_was_first"),
        ],
    ),
    row(
        "MO40",
        "a worsening after an acknowledgement is news",
        &[Monitor, Test("a_message_is_not_sent_once_people_have_the_trouble_or_it_is_over")],
    ),
    row(
        "MO41",
        "metrics that are not read cost no memory",
        &[
            Test("metrics_without_a_scrape_cost_no_memory"),
            Test("the_number_of_series_does_not_depend_on_the_number_of_homes"),
        ],
    ),
    row(
        "MO42",
        "no metric for each home",
        &[Test("the_number_of_series_does_not_depend_on_the_number_of_homes")],
    ),
    row(
        "MO43",
        "a newer file is refused, and of two that start one makes the tables",
        &[
            Test("a_file_that_is_not_ours_or_newer_is_refused_unchanged"),
            Test("of_two_that_start_at_once_one_makes_the_tables"),
            Test("a_second_process_on_the_file_is_refused_until_the_first_ends"),
        ],
    ),
    row("MO44", "old transactions of PostgreSQL", &[Later("PostgreSQL")]),
    row("MO45", "lost notifications of PostgreSQL", &[Later("PostgreSQL")]),
    row(
        "MO46",
        "sign-in, and its end",
        &[
            Test("a_response_is_accepted_once_and_from_the_browser_that_began"),
            Test("the_nonce_and_the_verifier_belong_to_the_sign_in"),
            Test("the_keys_are_bounded_kept_and_fetched_at_most_once_a_minute"),
            Test("a_person_of_no_rule_is_refused_and_audited"),
            Test("a_session_ends_when_it_is_idle_or_old_or_signed_out"),
            Test("the_session_of_a_person_who_left_at_the_provider_ends_within_five_minutes"),
            Test("claims_that_changed_at_the_provider_count_within_five_minutes_for_tokens_too"),
        ],
    ),
    row(
        "MO47",
        "pages without scripts, by keyboard, with a screen reader",
        &[
            Test("every_page_passes_on_phone_and_desktop_light_and_dark_with_and_without_its_script"),
            Test("open_pages_move_report_a_cut_and_work_without_javascript"),
            Test("each_check_finds_its_fault"),
        ],
    ),
    row(
        "MO48",
        "a dead monitor is noticed",
        &[
            Test("a_monitor_sends_heartbeats_only_while_all_its_parts_work"),
            Test("a_run_sends_heartbeats_to_the_configured_address"),
            Test("each_alert_fires_once_and_does_not_once"),
        ],
    ),
    row(
        "BT06",
        "URLs inside the network are refused before any packet",
        &[
            Test("urls_inside_the_network_are_refused"),
            Test("a_channel_is_checked_when_it_is_entered"),
            Test("origins_of_the_operator_are_allowed_exactly"),
        ],
    ),
    row(
        "BT07",
        "names inside the network are refused at the connection",
        &[
            Test("a_name_with_a_private_address_is_refused_at_every_connection"),
            Test("a_mail_server_inside_the_network_has_to_be_listed"),
            Test("a_redirect_is_not_followed"),
        ],
    ),
    row(
        "BT08",
        "a hostile receiver is bounded and never shown",
        &[
            Test("a_hostile_body_is_bounded_and_never_shown_as_it_is"),
            Test("a_slow_receiver_has_twenty_seconds"),
            Test("each_response_of_a_receiver_has_one_meaning"),
        ],
    ),
    row(
        "BT09",
        "a secret is not sent to another receiver",
        &[Test("a_channel_is_added_replaced_and_removed_by_forms")],
    ),
    row(
        "WB01",
        "a forged return of a sign-in makes no session",
        &[
            Test("a_response_is_accepted_once_and_from_the_browser_that_began"),
            Test("only_the_browser_that_began_continues_and_only_in_time"),
        ],
    ),
    row(
        "WB02",
        "a sign-in without its nonce or verifier is refused",
        &[Test("the_nonce_and_the_verifier_belong_to_the_sign_in")],
    ),
    row("WB03", "forged id tokens are refused", &[Test("every_mutation_of_the_token_is_refused")]),
    row(
        "WB04",
        "the keys of the provider are bounded and fetched once a minute",
        &[Test("the_keys_are_bounded_kept_and_fetched_at_most_once_a_minute")],
    ),
    row(
        "WB05",
        "an organisation that is not listed is refused",
        &[
            Test("none_or_a_missing_claim_or_an_address_that_is_not_verified_is_refused"),
            Test("the_first_rule_that_matches_counts"),
            Test("a_person_of_no_rule_is_refused_and_audited"),
        ],
    ),
    row(
        "WB06",
        "a session has a new id after the sign-in",
        &[
            Test("sign_in_makes_a_new_session_and_leads_to_local_paths_only"),
            Test("a_session_of_an_account_ends_with_the_account_or_its_password"),
            Test("a_revoked_session_ends_its_stream_at_once"),
        ],
    ),
    row(
        "WB07",
        "changes come from pages of this server",
        &[
            Test("a_form_without_the_token_or_from_another_page_changes_nothing"),
            Test("a_change_comes_from_a_page_of_this_server"),
            Test("a_form_of_another_session_or_page_is_refused"),
        ],
    ),
    row(
        "WB08",
        "every route by role and tenant",
        &[
            Test("every_route_for_every_role_and_tenant"),
            Test("a_foreign_tenant_and_a_missing_one_have_the_same_answer"),
        ],
    ),
    row(
        "WB09",
        "stored texts are escaped",
        &[Test("every_page_escapes_foreign_text_and_forbids_foreign_scripts")],
    ),
    row(
        "WB10",
        "sign-ins are limited without locking the victim out",
        &[
            Test("attempts_to_sign_in_are_few_and_the_victim_is_not_locked_out"),
            Test("a_thousand_attempts_in_a_minute_from_one_address_are_few"),
            Test("attempts_from_many_addresses_do_not_lock_the_victim_out"),
            Test("the_memory_is_bounded"),
        ],
    ),
    row(
        "WB11",
        "a changed audit is detected",
        &[
            Test("each_of_six_manipulations_is_found"),
            Test("the_audit_is_a_chain_in_parts_by_tenant_and_text"),
            Test("each_manipulation_of_the_file_is_found"),
            Test("a_chain_without_its_old_rows_is_whole_and_each_manipulation_is_found"),
        ],
    ),
    row(
        "WB12",
        "without the audit no privileged action",
        &[
            Test("without_the_audit_no_privileged_action_is_done"),
            Test("every_privileged_route_has_its_action_in_the_audit"),
            Test("without_its_head_the_audit_takes_no_row"),
            Test("the_audit_takes_no_row_on_a_full_disk_or_in_a_group_that_is_undone"),
        ],
    ),
    row(
        "WB13",
        "a suspended tenant stops at once",
        &[
            Test("a_suspended_tenant_ends_its_sessions_and_tokens"),
            Test("all_sessions_of_a_suspended_tenant_end_also_those_that_are_not_listed"),
            Test("open_pages_of_a_suspended_tenant_close_at_once"),
            Test("every_page_says_that_a_tenant_is_suspended"),
            Test("messages_that_were_taken_before_a_suspension_wait_until_its_end"),
            Test("a_running_check_of_a_suspended_tenant_is_dropped_at_once"),
            Test("a_suspended_tenant_has_no_later_call_and_continues_when_it_is_resumed"),
            Test("a_suspended_tenant_has_no_work"),
        ],
    ),
    row(
        "WB14",
        "the way back is a path of this server",
        &[
            Test("sign_in_makes_a_new_session_and_leads_to_local_paths_only"),
            Test("only_a_path_of_this_server_is_a_way_back"),
        ],
    ),
    row(
        "WB15",
        "slow requests and idle connections are limited",
        &[
            Test("idle_and_slow_connections_end_and_one_network_does_not_take_all"),
            Test("all_connections_together_are_limited"),
            Test("a_long_head_is_refused"),
            Test("a_client_that_does_not_read_has_no_place_for_long"),
            Test("a_form_that_does_not_arrive_is_refused"),
            Test("a_process_with_few_descriptors_keeps_some_for_its_own_work"),
        ],
    ),
];
