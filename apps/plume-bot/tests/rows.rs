//! Which test proves which row of the fault matrix of bots.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

/// A row, what is expected, and the tests.
const ROWS: [(&str, &str, &[&str]); 22] = [
    ("BT01", "a stranger gets one neutral line", &["stranger_gets_only_one_neutral_line"]),
    ("BT02", "foreign buttons do nothing", &["buttons_of_other_users_have_no_effect"]),
    (
        "BT03",
        "a secret is deleted first",
        &[
            "message_with_a_secret_is_deleted_first",
            "unrequested_secret_is_deleted_too",
            "secret_after_a_command_is_deleted_too",
        ],
    ),
    (
        "BT04",
        "a secret in a group, or one that cannot be deleted",
        &[
            "groups_have_no_set_up_and_a_secret_there_is_reported_as_exposed",
            "undeletable_message_is_reported_with_advice",
        ],
    ),
    (
        "BT05",
        "an abandoned set-up is wiped",
        &[
            "finished_set_up_leaves_nothing_in_memory_or_on_disk",
            "a_set_up_ends_after_five_minutes_of_silence",
            "restart_discards_an_unfinished_set_up",
        ],
    ),
    ("BT06", "URLs that lead inside", &["urls_that_lead_inside_are_refused_before_anything_is_sent"]),
    ("BT07", "names that lead inside", &["a_name_that_leads_inside_is_refused_where_it_is_dialled"]),
    ("BT08", "a hostile SSO", &["hostile_sso_response_is_bounded_and_never_shown"]),
    (
        "BT09",
        "another host needs the credential again",
        &["update_keeps_skipped_fields_but_no_credential_for_another_host"],
    ),
    ("BT10", "hostile names", &["hostile_name_is_escaped", "names_are_shown_literally_and_cut"]),
    (
        "BT11",
        "long replies",
        &["long_reply_is_split_within_telegrams_limit", "an_emoji_at_the_border_stays_whole"],
    ),
    (
        "BT12",
        "retry_after",
        &[
            "retry_after_is_obeyed_and_urgent_calls_are_first",
            "an_hour_is_not_waited_for_a_report_but_for_a_warning",
        ],
    ),
    ("BT13", "pace and order", &["ten_thousand_messages_to_a_hundred_chats_keep_pace_and_order"]),
    ("BT14", "markup that is refused", &["markup_that_telegram_refuses_is_sent_once_more_as_plain_text"]),
    (
        "BT15",
        "migrated, blocked, deleted",
        &[
            "a_group_that_moves_is_followed",
            "user_who_blocks_the_bot_gets_no_message_until_unblocking",
            "a_chat_that_is_gone_loses_its_queue",
        ],
    ),
    ("BT16", "a second poller", &["second_poller_causes_backoff_and_an_operator_message"]),
    ("BT17", "killed between effect and offset", &["update_redelivered_after_a_kill_has_no_second_effect"]),
    (
        "BT18",
        "Telegram is down for an hour",
        &["an_outage_of_telegram_costs_no_memory_and_keeps_the_warning"],
    ),
    (
        "BT19",
        "a thousand users, one slow tenant",
        &[
            "a_thousand_users_do_not_notice_the_slow_ones",
            "slow_home_delays_no_other_user_and_is_cancellable",
        ],
    ),
    ("BT20", "the bot token in errors", &["the_bot_token_is_in_no_error_and_no_log"]),
    // There is no webhook, so there is no header to forge: the bot polls only.
    ("BT21", "malformed updates", &["invalid_updates_are_skipped"]),
    ("BT22", "long lists and long ids", &["long_lists_are_paged_without_loss"]),
];

const SOURCES: [&str; 8] = [
    include_str!("conversations.rs"),
    include_str!("setup_secrets.rs"),
    include_str!("telegram_faults.rs"),
    include_str!("restart_and_load.rs"),
    include_str!("../../../plume-telegram/src/html.rs"),
    include_str!("../../../plume-telegram/src/outgoing/pacer.rs"),
    include_str!("../../../plume-telegram/tests/outbox.rs"),
    include_str!("../src/workers/buttons.rs"),
];

#[test]
fn every_row_has_its_tests() {
    for (number, (row, _, tests)) in ROWS.iter().enumerate() {
        assert_eq!(*row, format!("BT{:02}", number + 1));
        assert!(!tests.is_empty());
        for test in *tests {
            let found = SOURCES.iter().filter(|source| source.contains(&format!("fn {test}()"))).count();
            assert_eq!(found, 1, "{row}: {test}");
        }
    }
}
