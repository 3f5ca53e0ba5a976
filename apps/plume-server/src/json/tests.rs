use plume::monitor::{monitor::Policies, sla::SlaPolicy};

use super::*;
use crate::config::check_routes;

fn problems(text: &str) -> Vec<String> {
    parse::<Policies>(text, Path::new("p.json"), check_routes).1
}

/// Returns the problems with their lines alone.
fn by_line(text: &str) -> Vec<String> {
    let without_column = |problem: String| {
        let mut parts = problem.splitn(4, ':');
        let (file, line) = (parts.next().unwrap(), parts.next().unwrap());
        format!("{file}:{line}:{}", parts.nth(1).unwrap())
    };
    problems(text).into_iter().map(without_column).collect()
}

#[test]
fn several_errors_in_one_line_have_their_columns() {
    let text = "{\"n\u{f6}tify\": {}, \"schedule\": {\"normal\": 5, \"nrmal\": 1}}";
    assert_eq!(
        problems(text),
        [
            "p.json:1:2: unknown key `n\u{f6}tify`; did you mean `notify`?",
            "p.json:1:29: `schedule.normal` must be a text in quotes, not `5`",
            "p.json:1:42: unknown key `nrmal`; did you mean `normal`?",
        ]
    );
}

#[test]
fn text_that_is_no_json_has_the_place_of_its_fault() {
    for (text, expected) in [
        ("", "1:1: invalid JSON: the text is empty"),
        (" \n\n", "2:1: invalid JSON: the text is empty"),
        ("{\n", "1:2: invalid JSON: the text ends within an object"),
        ("{\"a\":", "1:5: invalid JSON: the text ends before a value"),
        ("{\"\u{f6}\": \"x\ny\"}", "1:9: invalid JSON: control character"),
        ("{\n \"x\" 1}", "2:6: invalid JSON: expected `:`"),
        ("{\"\u{f6}\": tru}", "1:10: invalid JSON: expected `true`, `false` or `null`"),
        ("{\"x\": y}", "1:7: invalid JSON: expected a text in quotes, a number, `true`"),
        ("{}\n{}", "2:1: invalid JSON: there is more after the end of the value"),
    ] {
        let found = problems(text);
        let is_same = found.len() == 1 && found[0].starts_with(&format!("p.json:{expected}"));
        assert!(is_same, "{text}: {found:?}");
    }
}

#[test]
fn a_body_is_refused_with_all_its_errors() {
    let refused = |body: &[u8]| read_body::<Policies>(body, |_| Vec::new()).unwrap_err();
    assert_eq!(
        refused(b"a=b"),
        [
            "the body is no JSON: expected a text in quotes, a number, `true`, `false`, `null`, a list or an object (line 1, column 1)"
        ]
    );
    assert_eq!(refused(b""), ["the body is no JSON: the text is empty (line 1, column 1)"]);
    assert_eq!(refused(b"[7]"), ["the body must be an object, such as `{}`, not a list"]);
    assert_eq!(refused(b"null"), ["the body must be an object, such as `{}`, not `null`"]);
    assert_eq!(refused(b"\xff"), ["the body is no text in UTF-8"]);
    assert_eq!(
        refused(
            br#"{"schedule": {"normal": [5]}, "shedule": 1, "budget": {"per_second": true}, "budget": {}}"#
        ),
        [
            "`schedule.normal` must be a text in quotes, not a list",
            "unknown key `shedule`; did you mean `schedule`?",
            "`budget` is there more than once",
        ]
    );
}

#[test]
fn a_list_of_a_route_that_is_likely_a_mistake_is_an_error() {
    let text = r#"{"notify": {"routes": [
{"tenants": [], "tags": ["a", "b", "a"], "groups": [], "severities": ["green", "red"], "channels": ["hook", "hook"]},
{"severities": [], "channels": ["hook"], "quiet": {"ranges": []}},
{"channels": ["hook"], "quiet": {"ranges": [{"days": [], "from": "22:00", "to": "07:00"},
{"days": ["mon", "mon"], "from": "22:00", "to": "07:00"}]}},
{"groups": [{"kind": "region", "value": "a"}, {"kind": "model", "value": "a"}], "channels": []}]}}"#;
    let empty = "is empty; leave it out if there is no such condition";
    assert_eq!(
        by_line(text),
        [
            format!("p.json:2: `notify.routes[0].tenants` {empty}"),
            "p.json:2: `notify.routes[0].tags[2]` is in the list more than once".to_owned(),
            format!("p.json:2: `notify.routes[0].groups` {empty}"),
            "p.json:2: `notify.routes[0].severities[0]` must be one of `red`, `orange`, `yellow`, `unknown`"
                .to_owned(),
            "p.json:2: `notify.routes[0].channels[1]` is in the list more than once".to_owned(),
            format!("p.json:3: `notify.routes[1].severities` {empty}"),
            "p.json:3: `notify.routes[1].quiet.ranges` is empty, so it is never quiet".to_owned(),
            "p.json:4: `notify.routes[2].quiet.ranges[0].days` is empty, so the range never begins"
                .to_owned(),
            "p.json:5: `notify.routes[2].quiet.ranges[1].days[1]` is in the list more than once".to_owned(),
        ]
    );
}

#[test]
fn all_unknown_keys_are_reported_with_their_line_and_the_nearest_one() {
    let text = r#"{
  "notfy": {"routes": [1, {"a": "}"}]},
  "schedule": {"normal": "10m",
    "long_gren": "20m"
  },
  "notify": {"routes": [
    {"chanels": ["a"], "channels": ["hook"]},
    {"channels": ["hook"], "zzzzzzzzzzzz" : {
      "more": ","}, "tenants": ["north"]}]}, "last": 1
}"#;
    assert_eq!(
        by_line(text),
        [
            "p.json:2: unknown key `notfy`; did you mean `notify`?",
            "p.json:4: unknown key `long_gren`; did you mean `long_green`?",
            "p.json:7: unknown key `chanels`; did you mean `channels`?",
            "p.json:8: unknown key `zzzzzzzzzzzz`",
            "p.json:9: unknown key `last`",
        ]
    );
}

#[test]
fn other_errors_have_the_line_the_path_and_words_of_their_own() {
    for (text, expected) in [
        ("\u{feff} {}", &[][..]),
        ("[]", &["p.json:1: the document must be an object, such as `{}`"]),
        ("{\"x\": 1", &["p.json:1: invalid JSON: the text ends within an object"]),
        ("{\n\"schedule\": {\"normal\":\n5}}", &["p.json:2: `schedule.normal` must be a text in quotes"]),
        (
            "{\"x\": 1,\n\"schedule\": 5}",
            &["p.json:1: unknown key `x`", "p.json:2: `schedule` must be an object, such as `{}`"],
        ),
        ("{\n\"notify\":\n []}", &["p.json:2: `notify` must be an object, such as `{}`"]),
        ("{\"notify\": {\n\"routes\": 7}}", &["p.json:2: `notify.routes` must be a list, such as `[]`"]),
        (
            "{\"notify\": {\"routes\": [{\"channels\": [\"a\"]},\n{\"channels\": [7]}]}}",
            &["p.json:2: `notify.routes[1].channels[0]` must be a text in quotes"],
        ),
        (
            "{\"notify\": {\"routes\": [{\"channels\": [], \n\"severities\": [\"rad\"]}]}}",
            &["p.json:2: `notify.routes[0].severities[0]` must be one of `"],
        ),
        (
            "{\"notify\": {\n\"digest_minute\": -1,\n\"version\": 1}}",
            &["p.json:2: `notify.digest_minute` must be a whole number"],
        ),
        (
            "{\"home\": {\"tracker\": {\"default\":\n{\"flapping\": {\"weight\": \"0.2\"}}}}}",
            &["p.json:2: `home.tracker.default.flapping.weight` must be a number"],
        ),
        (
            "{\"notify\": {\"version\": 1,\n\"remind_every\": \"4\"\n\n}}",
            &["p.json:2: `notify.remind_every` is invalid: `4` is not a duration"],
        ),
        (
            "{\"notify\": {\"version\": 1,\n\"remind_every\": \"4s\"\n\n}}",
            &["p.json:2: `notify.remind_every` is invalid: 4s is less than 1m"],
        ),
        ("{\"notify\": {},\n\"notify\": {}}", &["p.json:2: `notify` is there more than once"]),
        ("{\"schedule\": {\"normal\": \"0s\"}}", &["p.json:1: `schedule."]),
    ] {
        let found = by_line(text);
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        let is_same = found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
        assert!(is_same, "{text}: {found:?}");
        assert!(!found.concat().contains("struct"), "{found:?}");
    }
    let terms = |text: &str| parse::<SlaPolicy>(text, Path::new("sla.json"), |_| Vec::new()).1;
    assert_eq!(terms("[]"), ["sla.json:1:1: the document must be an object, such as `{}`, not a list"]);
    assert_eq!(
        terms("{\"target_percent\":\"99\"}"),
        ["sla.json:1:2: `target_percent` must be a number, not a text"]
    );
    assert_eq!(terms("{\"maintenance\": [\n{\"from\": 1}]}").len(), 1);
}

#[test]
fn every_bad_value_is_reported_with_its_line() {
    let text = r#"{
  "schedule": {"normal": 5,
    "long_green": "x", "nrmal": 1},
  "notify": {"digest_minute": -1, "remind_every": "4s", "routes": [
    {"channels": ["a"], "severities": ["red", "rad",
      "orenge", "orange", 7]},
    {"channels": ["a"], "chanels": 1, "tags": 5},
    {"channels": [1], "groups": [{"kind": "region"},
      {"kind": "x", "value": "y"}]}
  ], "remind_every": "4h"},
  "groups": {"homes": 1.5, "homes": 2},
  "budget": {"per_second": "6"}
}"#;
    let expected = [
        "p.json:2: `schedule.normal` must be a text in quotes",
        "p.json:3: `schedule.long_green` is invalid: `x` is not a duration",
        "p.json:3: unknown key `nrmal`; did you mean `normal`?",
        "p.json:4: `notify.digest_minute` must be a whole number that is not negative and not too large",
        "p.json:5: `notify.routes[0].severities[1]` must be one of `",
        "p.json:6: `notify.routes[0].severities[2]` must be one of `",
        "p.json:6: `notify.routes[0].severities[4]` must be ",
        "p.json:7: unknown key `chanels`; did you mean `channels`?",
        "p.json:7: `notify.routes[1].tags` must be a list, such as `[]`",
        "p.json:8: `notify.routes[2].channels[0]` must be a text in quotes",
        "p.json:8: `notify.routes[2].groups[0].value` is missing",
        "p.json:9: `notify.routes[2].groups[1].kind` must be one of `",
        "p.json:10: `notify.remind_every` is there more than once",
        "p.json:11: `groups.homes` is there more than once",
        "p.json:12: `budget.per_second` must be a number",
    ];
    let found = by_line(text);
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    let many = format!("{{\"notify\": {{\"routes\": [{}7]}}}}", "7,".repeat(2 * MOST));
    assert!(problems(&many).len() > MOST, "and it ends");
}

#[test]
fn a_route_that_would_lose_messages_is_an_error() {
    let text = "{\"notify\": {\"routes\": [{},\n{\"tenants\": [\"north\"]},\n[],\n{\"channels\": [\"a b/\", \"\", \"ok\"]}, {\"channels\": []}]}}";
    assert_eq!(
        by_line(text),
        [
            "p.json:1: `notify.routes[0]` has no `channels`, so its messages would be dropped; write `\"channels\": []` if \
                 they are to be",
            "p.json:2: `notify.routes[1]` has no `channels`, so its messages would be dropped; write `\"channels\": []` if \
                 they are to be",
            "p.json:3: `notify.routes[2]` must be an object, such as `{\"channels\": [\"hook\"]}`",
            "p.json:4: `notify.routes[3].channels[0]` is no id of a channel: it must have 1 to 60 letters, digits, dashes, \
                 dots and underscores",
            "p.json:4: `notify.routes[3].channels[1]` is no id of a channel: it must have 1 to 60 letters, digits, dashes, \
                 dots and underscores",
        ]
    );
}

#[test]
fn a_place_is_the_line_of_the_key_whatever_is_in_the_texts() {
    let text = "{\"a\\\"{\": [1, {\"b\": \"]\\\\\"}, [true]],\n \"c\": -1.5e3, \"d\": {}}";
    let found: Vec<String> = places(text).into_iter().map(|(path, _)| path).collect();
    let key = "a\"{";
    let expected = [
        "",
        key,
        &format!("{key}[0]"),
        &format!("{key}[1]"),
        &format!("{key}[1].b"),
        &format!("{key}[2]"),
        &format!("{key}[2][0]"),
        "c",
        "d",
    ];
    assert_eq!(found, expected);
    assert_eq!(place_at(text, offset_of(&places(text), "d.more"), ":"), "2:15");
}
