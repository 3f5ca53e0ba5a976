//! Which test proves which row of the fault matrix of bots.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

/// A row, what is expected, and the tests.
const ROWS: [(&str, &str, &[&str]); 22] = [
    ("BT01", "a stranger gets one neutral line", &["a_stranger_gets_one_neutral_line_and_nothing_else"]),
    ("BT02", "foreign buttons do nothing", &["buttons_that_were_not_made_for_the_presser_do_nothing"]),
    (
        "BT03",
        "a secret is deleted first",
        &[
            "a_secret_goes_first_whatever_follows",
            "a_secret_that_nobody_asked_for_goes_too",
            "a_secret_behind_a_command_goes_too",
        ],
    ),
    (
        "BT04",
        "a secret in a group, or one that cannot be deleted",
        &[
            "groups_have_no_set_up_and_a_secret_there_is_told_to_be_burnt",
            "a_message_that_cannot_be_deleted_is_told_with_what_to_do",
        ],
    ),
    (
        "BT05",
        "an abandoned set-up is wiped",
        &[
            "a_set_up_that_ends_leaves_nothing_in_memory_or_on_disk",
            "a_set_up_ends_after_five_minutes_of_silence",
            "a_restart_in_the_middle_of_a_set_up_leaves_nothing_of_it",
        ],
    ),
    ("BT06", "URLs that lead inside", &["urls_that_lead_inside_are_refused_before_anything_is_sent"]),
    ("BT07", "names that lead inside", &["a_name_that_leads_inside_is_refused_where_it_is_dialled"]),
    ("BT08", "a hostile SSO", &["what_a_hostile_sso_answers_is_bounded_and_never_shown"]),
    (
        "BT09",
        "another host asks for the credential",
        &["an_update_keeps_what_is_skipped_but_never_a_credential_for_another_host"],
    ),
    (
        "BT10",
        "hostile names",
        &["a_hostile_name_is_shown_and_does_nothing", "names_are_shown_literally_and_cut"],
    ),
    (
        "BT11",
        "long replies",
        &["a_long_answer_comes_in_parts_that_telegram_takes", "an_emoji_at_the_border_stays_whole"],
    ),
    (
        "BT12",
        "retry_after",
        &[
            "retry_after_is_obeyed_and_urgent_calls_go_first",
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
            "who_blocks_the_bot_is_left_alone_until_he_comes_back",
            "a_chat_that_is_gone_loses_its_queue",
        ],
    ),
    ("BT16", "a second poller", &["a_second_poller_is_backed_off_from_and_told_to_the_operator"]),
    (
        "BT17",
        "killed between effect and offset",
        &["an_update_that_comes_again_after_a_kill_has_no_second_effect"],
    ),
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
            "a_slow_home_delays_nobody_else_and_can_be_cancelled",
        ],
    ),
    ("BT20", "the bot token in errors", &["the_bot_token_is_in_no_error_and_no_log"]),
    // There is no webhook, so there is no header to forge: the bot polls only.
    ("BT21", "malformed updates", &["nonsense_is_skipped_and_the_poller_goes_on"]),
    ("BT22", "long lists and long ids", &["long_lists_have_pages_and_nothing_is_dropped"]),
];

const SOURCES: [&str; 8] = [
    include_str!("conversations.rs"),
    include_str!("setup_secrets.rs"),
    include_str!("telegram_faults.rs"),
    include_str!("restart_and_load.rs"),
    include_str!("../../../plume-telegram/src/html.rs"),
    include_str!("../../../plume-telegram/src/outgoing/pacer.rs"),
    include_str!("../../../plume-telegram/tests/outbox.rs"),
    include_str!("../src/users/buttons.rs"),
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
