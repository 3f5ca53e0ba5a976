//! The matrix: one row per fault, with the tests that prove it.
//!
//! Rows `AP` are about calls of the API. Rows `TE` were written for the token endpoint, where `plume-auth` proves them,
//! and hold for a call of the API as well; they say what it does. The oracles that every row shares are in
//! [`Cloud::ends_with`](crate::cloud::Cloud::ends_with): the number of requests and of token requests, permits and
//! waits back at the start, no token in any text.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

/// One fault.
pub(crate) struct Row {
    id: &'static str,
    /// The fault.
    fault: &'static str,
    /// The expected behaviour.
    expected: &'static str,
    /// Further checks.
    oracle: &'static str,
    /// Tests of this program. That they are functions proves that they exist.
    here: &'static [(&'static str, fn())],
    /// Tests of other packages, where a lower level proves it better: the file and the test's name.
    there: &'static [(&'static str, &'static str)],
}

macro_rules! matrix {
    ($(
        $id:literal $fault:literal => $expected:literal, $oracle:literal;
        [$($module:ident :: $test:ident),* $(,)?] $([$($file:literal : $name:literal),+ $(,)?])?
    )+) => {
        const MATRIX: &[Row] = &[$(
            Row {
                id: $id,
                fault: $fault,
                expected: $expected,
                oracle: $oracle,
                here: &[$((
                    concat!(stringify!($module), "::", stringify!($test)),
                    crate::$module::$test as fn(),
                )),*],
                there: &[$($(($file, $name)),+)?],
            },
        )+];
    };
}

/// Every row there has to be, in this order.
const REQUIRED: &[&str] = &[
    "AP01", "AP01b", "AP02", "AP03", "AP04", "AP05", "AP06", "AP07", "AP08", "AP09", "AP10", "AP11", "AP12",
    "AP13", "AP14", "AP15", "AP16", "AP17", "AP18", "AP19", "AP20", "AP21", "AP21b", "AP22", "AP23", "AP24",
    "AP25", "AP26", "AP27", "AP28", "AP29", "AP30", "AP31", "AP32", "AP33", "AP34", "AP35", "AP36", "TE04",
    "TE08", "TE09", "TE10", "TE11", "TE12", "TE13", "TE14", "TE15", "TE16", "TE17", "TE18", "TE19", "TE20",
    "TE33", "TE34", "TE35", "TE36", "TE37", "TE38", "TE39", "TE40", "TE41", "TE42",
];

/// A row that is missing, or one without a test, stops the build here.
const _: () = {
    assert!(MATRIX.len() == REQUIRED.len(), "a row is missing, or one is new");
    let mut index = 0;
    while index < MATRIX.len() {
        let (row, required) = (&MATRIX[index], REQUIRED[index].as_bytes());
        let mut letter = 0;
        while letter < required.len() {
            assert!(row.id.as_bytes()[letter] == required[letter], "a row is missing or out of order");
            letter += 1;
        }
        assert!(!row.here.is_empty() || !row.there.is_empty(), "a row has no test");
        assert!(!row.fault.is_empty() && !row.expected.is_empty() && !row.oracle.is_empty());
        index += 1;
    }
};

matrix! {
    "AP01" "401 once, for a token that the API does not accept"
        => "the token is dropped by its generation, replaced, and the call replayed once", "one token request for all";
        [tokens::a_401_costs_one_new_token_and_one_replay, tokens::a_401_that_names_nothing_costs_one_look_more,
         tokens::many_401s_for_one_token_cost_one_new_one, tokens::a_cloud_that_refuses_every_new_token_is_left_alone]
    "AP01b" "401 for an unknown id while the token is accepted elsewhere"
        => "an error about the id; the token stays; one shared, bounded check", "no other caller is refused or delayed, no token request";
        [tokens::a_401_that_stays_is_an_unknown_customer_and_no_loop]
        ["plume-client/tests/unknown_ids.rs": "deleted_ids_do_not_affect_known_ones",
         "plume-client/tests/unknown_ids.rs": "deleted_home_polled_for_a_day_costs_no_extra_token"]
    "AP02" "403 with the API's own error body"
        => "forbidden; no new token, no other try", "one request";
        [answers::a_403_of_the_application_is_forbidden_and_final]
    "AP03" "403 with a Bearer challenge"
        => "`insufficient_scope` is forbidden, `invalid_token` is as a 401", "requests and token requests";
        [answers::a_bearer_challenge_with_403_decides_over_the_body]
    "AP04" "403 of the firewall: a page, other JSON, nothing, its headers"
        => "blocked with the time; all calls of the address fail fast until then", "no request and no token request in the pause, one after it";
        [answers::a_403_of_the_firewall_stops_all_calls_and_drops_no_token,
         answers::after_a_block_one_call_looks_whether_it_is_over]
    "AP05" "more calls than the cloud takes"
        => "the limiter holds them back", "at most 1,900 in any 300 s";
        [limits::no_window_sees_more_calls_than_the_limit]
    "AP06" "the machine slept, or a clock was set"
        => "no burst above 20", "requests of a millisecond, a second, a window";
        [limits::after_a_suspend_or_a_jump_of_the_clock_the_burst_is_no_larger]
    "AP07" "one tenant floods, forty-nine are polite"
        => "each has its turn", "every polite tenant gets 80 % of its calls, and the limit is kept";
        [limits::one_tenant_that_floods_leaves_the_others_their_share]
    "AP08" "nothing but 503 for ten minutes"
        => "the retry budget runs out", "1.1 requests for a call after the first minute";
        [outages::an_outage_is_not_multiplied]
        ["plume-client/tests/resilience.rs": "an_outage_of_ten_minutes_is_not_multiplied"]
    "AP09" "one answer in a hundred is a 503"
        => "hidden by another try", "99.99 % of the reads succeed";
        [outages::one_failure_in_a_hundred_is_not_seen]
    "AP10" "a write whose connection breaks after the body was sent"
        => "not sent again; the outcome is unknown", "the server sees it once";
        [outages::a_write_whose_answer_is_lost_is_sent_once,
         outages::a_write_reset_after_its_body_reaches_the_server_once, outages::a_post_that_only_reads_is_repeated]
    "AP11" "400, 404, 409, 412, 422"
        => "typed, with the server's words", "one request";
        [answers::a_refusal_has_its_type_and_is_sent_once]
    "AP12" "unexpected statuses, up to 999, and 2xx without a body"
        => "an error with the number", "one request";
        [answers::an_odd_status_is_an_error_with_its_number]
    "AP13" "each field null"
        => "the field is not known, the element and its neighbours stay", "the number of elements; no verdict from what is unknown";
        [fields::each_field_null_costs_that_field]
        ["plume-types/tests/bodies.rs": "a_null_or_wrong_value_never_costs_the_body",
         "plume-health/tests/health/totality.rs": "home_with_only_ids_is_unknown"]
    "AP14" "each field missing"
        => "as null", "the number of elements";
        [fields::each_field_missing_costs_that_field]
        ["plume-types/tests/bodies.rs": "a_body_without_its_optional_fields_decodes"]
    "AP15" "each field of each wrong type"
        => "kept or diagnosed, never lost without a word", "the number of elements";
        [fields::each_field_of_each_wrong_type_is_diagnosed_and_the_list_kept]
    "AP16" "a word that the enum does not know, in another case, a number"
        => "kept as text, and written as it was", "counted as drift";
        [fields::a_word_nobody_knows_is_kept_as_it_is]
        ["plume-types/tests/properties.rs": "every_word_of_an_enum_round_trips"]
    "AP17" "fields and nesting that no model knows"
        => "ignored", "counted as drift";
        [fields::fields_nobody_knows_are_ignored_and_counted]
    "AP18" "a key twice, at the top and nested"
        => "one of them by rule, never none", "counted as drift";
        [fields::a_key_that_stands_twice_is_diagnosed]
    "AP19" "nesting 129 and 200,000 deep"
        => "an error", "no overflow of the stack";
        [shapes::nesting_without_end_is_an_error_and_no_overflow,
         shapes::nesting_without_end_in_a_refusal_is_no_overflow_either]
    "AP20" "100,000 devices; a name of 10 MiB, one of 16"
        => "read; too large beyond the limit of the body", "all elements; one request";
        [bodies::a_hundred_thousand_devices_are_read,
         bodies::a_name_without_end_is_bounded_by_the_limit_of_the_body]
        ["plume-health/tests/health/totality.rs": "hundred_thousand_devices_are_analyzed"]
    "AP21" "no UTF-8, UTF-16"
        => "an error", "no panic";
        [shapes::bytes_that_are_no_text_are_errors]
    "AP21b" "half a surrogate pair, a raw control character, an unknown escape or an overflowing number in one field"
        => "costs that field (U+FFFD in text), counted as drift; the rest is read", "never the list, page or home";
        [shapes::what_json_does_not_allow_costs_its_field]
        ["plume-types/tests/bodies.rs": "values_that_json_does_not_allow_cost_their_field"]
    "AP22" "a list bare, wrapped, under another name, `{}`, `null`, `\"ok\"`, an error with 200"
        => "known shapes are read, others are errors, never an empty list", "no home is offline for it";
        [shapes::known_shapes_are_read, shapes::other_shapes_are_errors_and_never_an_empty_list]
        ["plume-types/tests/bodies.rs": "another_shape_is_an_error_and_never_an_empty_list"]
    "AP23" "numbers too large, negative zero, in text, not a number"
        => "one rule per field", "no panic; the rest of the element";
        [fields::numbers_have_one_rule_per_field]
    "AP24" "times without a zone, in seconds and milliseconds, in the year 0, far away, empty"
        => "one rule per field", "no panic; lost parts are reported";
        [fields::times_have_one_rule_per_field]
    "AP25" "a body that is cut at any byte, or continues after its end"
        => "an error", "one request";
        [shapes::a_body_that_is_cut_or_goes_on_is_an_error]
    "AP26" "the same page again, two pages by turns, pages without end, pages that shrink"
        => "an error in a cycle or at the maximum number of pages; short pages are noted", "the number of pages; each row once";
        [pages::pages_that_go_in_circles_are_an_error, pages::a_list_without_end_ends_at_the_most_pages,
         pages::pages_that_shrink_lose_nothing_and_are_flagged]
        ["plume-client/tests/pages.rs": "every_count_and_page_size_gives_every_row_once"]
    "AP27" "a limit that is ignored; a list that changes while it is read"
        => "each row once, and flagged", "what stays is not lost";
        [pages::a_limit_that_is_ignored_gives_each_row_once_and_is_flagged,
         pages::a_list_that_changes_gives_each_row_once_and_is_flagged]
        ["plume-client/tests/pages.rs": "changing_list_loses_no_constant_row"]
    "AP28" "ids that are a path, a query, a fragment, nothing, 4 KiB, emoji"
        => "one encoded segment, or refused before anything is sent", "the segments of the URL; no token request";
        [paths::an_id_is_one_segment_or_refused, paths::a_raw_path_cannot_climb]
    "AP29" "a base with a path, with and without a slash, with user or query"
        => "joined or refused, without repeating a password", "the URL that is asked";
        [paths::a_base_is_joined_or_refused]
    "AP30" "a redirect to another origin, or from https to http"
        => "not followed", "no byte at the target";
        [wire::a_redirect_is_not_followed_wherever_it_leads]
    "AP31" "a body that unpacks without end"
        => "cut at the limit of the unpacked bytes", "memory within twice the limit";
        [wire::a_packed_body_nobody_asked_for_is_an_error, bodies::the_limit_of_a_body_holds_at_its_edge]
        ["lab/gauges/tests/wire.rs": "every_fault_of_the_wire_ends_in_its_error"]
    "AP32" "silence after the head; a kept connection that swallows requests"
        => "the time limit of the read, then another connection", "connections and requests";
        [wire::silence_after_the_head_meets_the_time_limit, wire::a_kept_connection_that_swallows_requests_is_left]
    "AP33" "HTTP/2: GOAWAY, reset streams, stalls, frames without end, frames that break the rules"
        => "retries, then a typed error; a timeout if nothing arrives", "memory within twice the limit";
        []
        ["lab/gauges/tests/wire.rs": "every_fault_of_the_wire_ends_in_its_error",
         "lab/gauges/src/wire/h2.rs": "unprocessed_request_is_sent_once_and_is_retryable"]
    "AP34" "10,000 calls dropped at any point"
        => "nothing stays behind", "permits, waits and exchanges as at the start";
        [limits::ten_thousand_calls_dropped_at_any_point_leave_nothing_behind]
    "AP35" "the server's `Date` missing, wrong by a day, from a cache"
        => "no result changes", "no wait, no token request";
        [patience::a_clock_that_disagrees_changes_no_result]
    "AP36" "invalid numbers, nothing known, an empty home, old data"
        => "a defined status, unknown where nothing is known", "the same verdict for the same home";
        []
        ["plume-health/tests/health/totality.rs": "invalid_numbers_are_unknown",
         "plume-health/tests/health/totality.rs": "extreme_times_are_handled",
         "plume-health/tests/health/totality.rs": "home_with_only_ids_is_unknown"]
    "TE04" "400 without words, or with others than JSON"
        => "rejected, with the status and a short text", "at most 512 bytes, no control characters; one request";
        [answers::a_refusal_without_words_keeps_its_status, answers::what_a_refusal_says_is_cut_and_cannot_forge_lines]
    "TE08" "429 or 503 with `Retry-After: 7`"
        => "waits that long", "the token stays";
        [patience::patience_is_kept_within_the_deadline]
    "TE09" "`Retry-After` as a date in three forms, in the past, far in the future"
        => "as seconds; the past is now", "no request before its time";
        [patience::patience_as_a_date_counts_from_now]
    "TE10" "`Retry-After` that makes no sense or never ends"
        => "ignored or cut", "at most three requests, with waits between them";
        [patience::patience_that_makes_no_sense_is_no_burst_and_no_eternity, patience::between_tries_there_is_a_wait_that_differs]
    "TE11" "a reset time in another dialect, from a clock that is an hour off"
        => "cannot stop the client", "less than a minute";
        [patience::a_reset_time_of_another_dialect_cannot_stop_the_client]
    "TE12" "408, 500, 502, 503, 504"
        => "tried three times, then transient", "three requests";
        [outages::server_failures_get_three_attempts]
    "TE13" "`Retry-After` beyond the deadline"
        => "reported at once, with the time", "no wait; the token stays";
        [patience::patience_beyond_the_deadline_is_told_at_once]
    "TE14" "200 with a page"
        => "unreadable", "one request, never an empty list";
        [shapes::a_page_in_place_of_an_answer_is_an_error]
    "TE15" "200 with nothing, 204"
        => "unreadable", "one request, never an empty list";
        [shapes::nothing_in_place_of_an_answer_is_an_error]
    "TE16" "a body cut by a clean close"
        => "unreadable", "never a shorter list";
        [connections::a_body_cut_by_a_clean_close_is_never_a_shorter_list]
    "TE17" "a wrong length, invalid chunks"
        => "an error of the network if bytes are missing, unreadable if the text is cut", "requests";
        [connections::a_length_that_is_not_true_is_an_error, connections::chunks_that_are_none_are_an_error]
    "TE18" "compressed bodies, also twice and with unrequested encodings"
        => "unreadable", "one request; memory: AP31";
        [wire::a_packed_body_nobody_asked_for_is_an_error]
    "TE19" "a body without end"
        => "unreadable, too large", "the bytes that were read";
        [wire::a_body_without_end_is_cut_soon_after_the_limit]
    "TE20" "JSON under another label, with a mark before it"
        => "read", "one request";
        [shapes::the_label_of_a_body_does_not_matter]
    "TE33" "a byte at a time, in the head and in the body"
        => "the time limit", "three requests";
        [wire::a_head_that_drips_meets_the_time_limit, wire::a_body_that_drips_meets_the_time_limit]
    "TE34" "a server that accepts and says nothing"
        => "the time limit", "three requests on three connections";
        [wire::a_server_that_never_answers_meets_the_time_limit]
    "TE35" "a reset before, inside and after the head, and inside the body"
        => "repaired by another try; three of them are an error", "connections and requests";
        [connections::a_reset_at_any_stage_is_repaired_by_another_try,
         connections::resets_without_end_are_three_tries_and_an_error,
         connections::a_reset_before_the_request_is_read_is_repaired,
         connections::a_server_that_speaks_something_else_is_an_error]
    "TE36" "a kept connection that the server has closed"
        => "not seen", "no error";
        [connections::a_kept_connection_that_the_server_has_closed_goes_unnoticed]
    "TE37" "names that do not exist, that lead nowhere, that change"
        => "an error of the network that names the host; the next address is tried", "three look-ups";
        [connections::names_that_lead_nowhere_are_tried_again_and_the_next_address_too]
    "TE38" "certificates that have expired, are not valid yet, are for another host, are not trusted; a handshake that is cut; TLS 1.0"
        => "certificates and versions are not retried, an interrupted handshake is", "one request, or three";
        [connections::permanent_failure_gets_one_attempt]
        ["lab/gauges/tests/wire.rs": "every_fault_of_the_wire_ends_in_its_error",
         "plume-runtime/tests/http_transport/tls.rs": "interrupted_handshake_is_retryable",
         "plume-runtime/tests/http_transport/tls.rs": "a_port_without_tls_is_a_tls_failure"]
    "TE39" "301, 302, 303, 307, 308 to other places and to itself"
        => "not followed", "no byte of the credentials at the target";
        [wire::a_redirect_is_not_followed_wherever_it_leads]
    "TE40" "proxies in the environment; a proxy that answers itself"
        => "ignored unless chosen, refused by name if it cannot be read; its credentials never show; 407 is final", "connections";
        []
        ["plume-runtime/tests/http_transport/environment.rs": "proxies_of_the_environment_are_ignored",
         "plume-runtime/tests/http_transport/proxies.rs": "a_proxy_never_shows_its_credentials",
         "plume-runtime/tests/http_transport/proxies.rs": "a_proxy_that_refuses_the_tunnel_is_a_failed_connection_and_407_is_final",
         "plume-runtime/tests/http_transport/environment.rs": "a_proxy_of_the_environment_that_cannot_be_read_is_refused_by_name"]
    "TE41" "a refusal that repeats our `Authorization`"
        => "removed before it reaches an error", "the marker in the token";
        [wire::what_the_server_repeats_of_our_request_is_not_shown]
    "TE42" "interim answers without end, a thousand headers, a header of 1 MiB"
        => "the time limit, or an error of the network", "requests; memory: AP31";
        [wire::interim_answers_without_end_meet_the_time_limit, wire::a_head_without_measure_is_an_error]
}

#[test]
fn every_test_here_runs_and_proves_a_row() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--list", "--format", "terse"])
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let living: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter(|name| !name.starts_with("matrix::"))
        .collect();
    let ignored = Command::new(std::env::current_exe().unwrap())
        .args(["--list", "--format", "terse", "--ignored"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(ignored.stdout).unwrap().trim(),
        "",
        "a test that does not run proves nothing"
    );
    let named: BTreeSet<&str> = MATRIX.iter().flat_map(|row| row.here).map(|(name, _)| *name).collect();
    assert!(!living.is_empty());
    let without_row: Vec<_> = living.difference(&named).collect();
    assert!(without_row.is_empty(), "no row names {without_row:?}");
    let not_run: Vec<_> = named.difference(&living).collect();
    assert!(not_run.is_empty(), "functions, but no tests: {not_run:?}");
}

/// Whether `source` holds a test function of this name.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(index, line)| {
        let is_it = ["fn", "async fn", "pub(crate) fn", "pub(crate) async fn"].iter().any(|kind| {
            line.strip_prefix(kind).is_some_and(|rest| rest.trim_start().starts_with(&format!("{name}(")))
        });
        let mut attributes = lines[..index].iter().rev().take_while(|line| line.starts_with("#["));
        is_it && attributes.any(|line| line.ends_with("test]")) && !source.contains("#[ignore")
    })
}

#[test]
fn tests_named_of_other_packages_exist() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for row in MATRIX {
        for (file, name) in row.there {
            let source =
                fs::read_to_string(workspace.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(has_test(&source, name), "{}: {file} has no test {name}", row.id);
        }
    }
    assert!(!has_test("fn sample() {}", "sample") && has_test("#[test]\nfn sample() {}", "sample"));
}
