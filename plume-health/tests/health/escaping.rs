//! Hostile names in every format.

use plume_health::{Format, HealthReport};
use serde_json::{Value, json};
use testkit::snapshots::{device, down, failed, gateway, healthy, known, report, with};

const HOSTILE: [&str; 12] = [
    "*bold* _it_ `code` [x](http://example.com) ||spoiler||",
    "# heading\n- item\n> quote\n1. one",
    "<script>alert(\"x\")</script>&amp;<b>",
    "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J",
    "\u{202e}desrever\u{2066}\u{200f}",
    "back\\slash \\* \\",
    "![image](http://example.com/x.png) @everyone #tag $x$ ~~gone~~ {a} = +",
    "  \u{200b}\u{feff}  ",
    "\r\nline\u{2028}line\u{2029}line\u{85}",
    "\u{0}\u{1}\u{7f}",
    "👨‍👩‍👧 Küche",
    "</b><b>",
];

/// A home that shows the name in as many places as there are.
fn home(name: &str) -> HealthReport {
    let class = json!([{"trafficClass": name, "qoe": "poor"}, {"trafficClass": "x", "qoe": name}]);
    let behind =
        with(device("02:00:00:00:10:02", name, "disconnected"), "leafToRoot", json!([{"id": "TST0000002"}]));
    let odd = with(with(gateway(), "id", json!("TST0000003")), "connectionState", json!(name));
    let sick = with(
        with(with(gateway(), "nickname", json!(name)), "model", json!(name)),
        "alerts",
        json!([{"type": name}]),
    );
    let sick = with(sick, "health", json!({"status": name}));
    let snapshot = with(
        healthy(),
        "location",
        known(json!({"id": "x", "name": name, "networkStatus": {"status": name}})),
    );
    let snapshot = with(snapshot, "nodes", known(vec![sick, odd, down("TST0000002", name)]));
    let snapshot = with(snapshot, "devices", known(vec![device(name, name, "disconnected"), behind]));
    let snapshot = with(snapshot, "serviceLevel", failed("serverError", name));
    report(with(snapshot, "qoe", known(class)))
}

fn visible(rendered: &str) -> bool {
    rendered.chars().all(|character| {
        character == '\n'
            || !(character.is_control()
                || matches!(character, '\u{200b}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
                || ('\u{202a}'..='\u{202e}').contains(&character)
                || ('\u{2066}'..='\u{2069}').contains(&character))
    })
}

#[test]
fn no_control_sequence_is_rendered() {
    for name in HOSTILE {
        for format in [Format::Text, Format::Markdown, Format::Html] {
            let rendered = home(name).render(format);
            assert!(visible(&rendered), "{format:?} {rendered:?}");
        }
    }
}

#[test]
fn a_name_cannot_add_lines() {
    let lines = |name: &str, format| home(name).render(format).lines().count();
    for name in HOSTILE {
        for format in [Format::Text, Format::Markdown, Format::Html] {
            assert_eq!(lines(name, format), lines("Plain", format), "{name:?}");
        }
    }
}

#[test]
fn html_contains_only_its_own_tags() {
    let tags = |rendered: &str| rendered.matches("<b>").count() + rendered.matches("</b>").count();
    let expected = tags(&home("Plain").render(Format::Html));
    for name in HOSTILE {
        let rendered = home(name).render(Format::Html);
        assert_eq!(tags(&rendered), expected, "{rendered}");
        assert_eq!(rendered.matches('<').count(), expected);
        assert_eq!(rendered.matches('>').count(), expected);
        assert!(!rendered.contains('"'));
        let rest = ["&amp;", "&lt;", "&gt;", "&quot;"]
            .iter()
            .fold(rendered, |text, entity| text.replace(entity, ""));
        assert!(!rest.contains('&'), "{rest}");
    }
    let rendered = home("<b>\"&").render(Format::Html);
    assert!(rendered.contains("Pod '&lt;b&gt;&quot;&amp;' is disconnected"), "{rendered}");
}

#[test]
fn markdown_contains_only_its_own_markup() {
    // Every ASCII punctuation character is either escaped or one of a line's two own stars.
    for name in HOSTILE {
        for line in home(name).render(Format::Markdown).lines() {
            let inner =
                line.strip_prefix('*').and_then(|rest| rest.trim_end().strip_suffix('*')).unwrap_or(line);
            let mut characters = inner.chars();
            while let Some(character) = characters.next() {
                if character == '\\' {
                    assert!(characters.next().unwrap().is_ascii_punctuation(), "{line}");
                } else {
                    assert!(!character.is_ascii_punctuation(), "{character} in {line}");
                }
            }
        }
    }
    let rendered = home("a*b_c").render(Format::Markdown);
    assert!(rendered.contains("Pod \\'a\\*b\\_c\\' is disconnected"), "{rendered}");
}

#[test]
fn markdown_of_a_healthy_home() {
    assert_eq!(
        report(healthy()).render(Format::Markdown),
        "*🏥 Health Status for Home*\n\n\
         *🟢 ALL SYSTEMS OPERATIONAL \\- No issues detected*\n\n\
         ✅ Connection\\: ONLINE\n\n\
         *📡 Nodes\\/Gateways\\:*  \n\
         • Living Room Pod  \n\
         \u{a0}\u{a0}Status\\: connected  \n\
         \u{a0}\u{a0}Model\\: P301X  \n\
         \u{a0}\u{a0}Firmware\\: 8\\.5\\.2\n\n\
         ✨ Everything looks great\\!"
    );
}

#[test]
fn html_of_a_healthy_home() {
    let rendered = report(healthy()).render(Format::Html);
    assert!(rendered.starts_with(
        "<b>🏥 Health Status for Home</b>\n\n<b>🟢 ALL SYSTEMS OPERATIONAL - No issues detected</b>\n\n✅"
    ));
}

#[test]
fn json_is_exact() {
    for name in HOSTILE {
        let json: Value = serde_json::from_str(&home(name).render(Format::Json)).unwrap();
        let nodes = json.get("nodes").unwrap().as_array().unwrap();
        let shown = if name.trim().is_empty() { "TST0000001" } else { name };
        assert!(
            nodes
                .iter()
                .any(|node| node.get("name").unwrap() == shown && node.get("model").unwrap() != "P301X"),
            "{json:#}"
        );
        let state = nodes.iter().find_map(|node| node.get("state_word"));
        assert_eq!(state, Some(&json!(name)));
    }
}

#[test]
fn long_names_and_lists_are_bounded() {
    let long = "x".repeat(10_000);
    let plain = home("Plain").render(Format::Text).chars().count();
    let rendered = home(&long).render(Format::Text);
    assert!(rendered.chars().count() < plain + 40 * 200, "{rendered}");
    assert!(rendered.contains(&format!("Pod '{}…' is disconnected", "x".repeat(63))));

    let devices: Vec<Value> = (0..500)
        .map(|index| {
            device(&format!("02:00:00:00:{:02}:{:02}", index / 100, index % 100), "TV", "disconnected")
        })
        .collect();
    let report = report(with(healthy(), "devices", known(devices)));
    assert_eq!(report.findings.len(), 500);
    let rendered = report.render(Format::Text);
    assert_eq!(rendered.matches("and 480 more").count(), 1, "{rendered}");
    assert!(rendered.contains("Disconnected Devices (500):"));
}

#[test]
fn lists_are_cut_behind_their_twentieth_entry() {
    let pods = |number: usize| -> Vec<Value> {
        (0..number).map(|index| with(gateway(), "id", json!(format!("TST{index:03}")))).collect()
    };
    let text = |nodes: Vec<Value>, network: &str| {
        let location = json!({"id": "x", "name": "Home", "networkStatus": {"status": network}});
        let snapshot = with(healthy(), "location", known(location));
        report(with(snapshot, "nodes", known(nodes))).render(Format::Text)
    };
    assert!(!text(pods(20), "online").contains("more"));
    let rendered = text(pods(21), "online");
    assert_eq!(rendered.matches("Status: connected").count(), 20);
    assert!(rendered.contains("\n• and 1 more\n"), "{rendered}");

    // The pods of "both pods are disconnected" are no consequence of it; the devices are.
    let location = json!({"id": "x", "name": "Home", "networkStatus": {"status": "offline"}});
    let snapshot = with(healthy(), "location", known(location));
    let snapshot = with(snapshot, "nodes", known(vec![down("TST000", "Pod"), down("TST001", "Pod")]));
    let devices: Vec<Value> =
        (0..22).map(|index| device(&format!("02:00:00:00:00:{index:02}"), "TV", "disconnected")).collect();
    let rendered = report(with(snapshot, "devices", known(devices))).render(Format::Text);
    assert_eq!(rendered.matches("    • Pod 'Pod' is disconnected").count(), 0, "{rendered}");
    assert_eq!(rendered.matches("    • Device 'TV' is disconnected").count(), 20, "{rendered}");
    assert!(rendered.contains("\n    • and 2 more\n"), "{rendered}");

    let devices = (0..21).map(|index| device(&format!("02:00:00:00:00:{index:02}"), "TV", "disconnected"));
    let rendered =
        report(with(healthy(), "devices", known(devices.collect::<Vec<_>>()))).render(Format::Text);
    assert_eq!(rendered.matches("  • TV").count(), 20);
    assert!(rendered.contains("\n  • and 1 more\n"), "{rendered}");
}

#[test]
fn an_invisible_name_has_a_replacement() {
    let rendered = home("\u{200b}").render(Format::Text);
    assert!(rendered.contains("Health Status for (unnamed)"), "{rendered}");
}
