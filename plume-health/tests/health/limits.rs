//! Reports with a length limit.

use plume_health::Format;
use serde_json::json;
use testkit::snapshots::{check_limits, gateway, healthy, known, report, sick, units, with};

const FOR_PEOPLE: [Format; 3] = [Format::Text, Format::Markdown, Format::Html];

#[test]
fn a_report_fits_into_a_message() {
    let report = sick();
    for format in FOR_PEOPLE {
        let whole = report.render(format);
        assert!(units(&whole) > 4_096, "{format:?} {}", units(&whole));
        let text = report.render(format.within(4_096));
        assert!(units(&text) <= 4_096 && units(&text) > 3_800, "{format:?} {}", units(&text));
        let (head, last) = text.rsplit_once('\n').unwrap();
        assert!(whole.starts_with(head.trim_end()), "{format:?}");
        let missing = whole.lines().filter(|line| !line.trim().is_empty()).count()
            - head.lines().filter(|line| !line.trim().is_empty()).count();
        assert_eq!(last.replace('\\', ""), format!("… and {missing} more lines"), "{format:?}");
        assert_eq!(text.matches("<b>").count(), text.matches("</b>").count());
    }
}

#[test]
fn every_limit_holds_and_cuts_between_lines() {
    let (long, short) = (sick(), report(healthy()));
    let cut: usize = FOR_PEOPLE
        .into_iter()
        .flat_map(|format| {
            [
                check_limits(|limit| long.render(format.within(limit))),
                check_limits(|limit| short.render(format.within(limit))),
            ]
        })
        .sum();
    assert!(cut > 500, "{cut}");
}

#[test]
fn the_verdict_is_kept_and_no_heading_is_left_alone() {
    let report = sick();
    let whole = report.render(Format::Html);
    let (title, rest) = whole.split_once("\n\n").unwrap();
    let headline = rest.lines().next().unwrap();
    // Exactly enough for the title, the verdict and the last line.
    let head = format!("{title}\n\n{headline}");
    let lines = whole.lines().filter(|line| !line.is_empty()).count() - 2;
    let expected = format!("{head}\n… and {lines} more lines");
    assert_eq!(report.render(Format::Html.within(units(&expected))), expected);
    for limit in (units(&expected)..units(&whole)).step_by(97) {
        let text = report.render(Format::Html.within(limit));
        let before = text.lines().rev().nth(1).unwrap();
        let heading = before.starts_with("<b>") && before != headline;
        assert!(!before.is_empty() && !heading && text.starts_with(&head), "{limit}: {text}");
    }
}

#[test]
fn json_is_whole_or_null() {
    let report = report(healthy());
    let whole = report.render(Format::Json);
    let compact = serde_json::to_string(&report).unwrap();
    assert_eq!(report.render(Format::Json.within(units(&whole))), whole);
    assert_eq!(report.render(Format::Json.within(units(&whole) - 1)), compact);
    assert_eq!(report.render(Format::Json.within(units(&compact))), compact);
    for (limit, text) in [(units(&compact) - 1, "null"), (4, "null"), (3, ""), (0, "")] {
        assert_eq!(report.render(Format::Json.within(limit)), text, "{limit}");
    }
}

#[test]
fn names_show_something_and_stay_bounded() {
    let title = |name: &str| {
        let mut home = healthy();
        home["location"]["known"]["name"] = json!(name);
        report(home).render(Format::Text).lines().next().unwrap().to_owned()
    };
    for name in ["\u{2800}", "\u{200b}\u{2060}", "\u{301}\u{301}", "\u{3164}", "\u{fe0f}"] {
        assert_eq!(title(name), "🏥 Health Status for (unnamed)", "{name:?}");
    }
    let many = format!("Z{}algo", "\u{301}".repeat(62));
    assert_eq!(title(&many), "🏥 Health Status for Z\u{301}\u{301}\u{301}\u{301}algo");
    assert_eq!(title("Küche 👨‍👩‍👧"), "🏥 Health Status for Küche 👨‍👩‍👧");
    // A name in a list as well.
    let home = with(healthy(), "nodes", known(vec![with(gateway(), "nickname", json!("\u{2800}"))]));
    let text = report(home).render(Format::Text);
    assert!(text.contains("\n• (unnamed)\n") || text.contains("\n• TST0000001\n"), "{text}");
}
