//! How answers look: a text, and the buttons that make sense below it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use plume::{
    WanPeriod,
    health::{Format, RuleId, Status},
    types::{ConnectionState, Device, Field, Node, WifiNetworkListItem},
};
use plume_telegram::html::{escape, name, short};

use crate::chat::command::{Command, REPORTS};
use crate::chat::context::Context;
use crate::chat::event::{Action, Screen};
use crate::chat::setup::Setup;
use crate::chat::step::Step;
use crate::chat::texts::{self, SENTENCES, clock_time};
use crate::questions::{Customer, Data, Hit, Overview, Place, Preferences, Report};

/// Customers of a page.
pub(super) const CUSTOMERS: u32 = 10;

/// The question of a set-up, with the buttons that answer it without typing.
pub(super) fn step(text: &str, setup: &Setup, context: &Context) -> Screen {
    let skippable = setup.updates() || (setup.step() == Step::Api && context.api.is_some());
    let skip = skippable.then_some(("⏭ Skip", Action::Do(Command::Skip)));
    let back = (setup.step() != Step::Sso).then_some(("⬅ Back", Action::Do(Command::Back)));
    let cancel = Some(("✖ Cancel", Action::Do(Command::Cancel)));
    Screen::text(text).row([back, skip, cancel].into_iter().flatten())
}

/// A report with its paging, its time ranges and the ways on from it.
pub(super) fn report(place: &Place, report: Report, data: &Data, preferences: &Preferences) -> Screen {
    let rows = preferences.rows;
    let judged = if preferences.panoptes { texts::JUDGED_AS_ORIGINAL } else { "" };
    let here = |report| Action::Report(place.clone(), report);
    let (html, row) = match (data, report) {
        (Data::Health(report), _) => {
            let text = report.render(Format::Html);
            (format!("{text}\n\n{judged}{}", next_after(report.status, report)), Vec::new())
        }
        (Data::Overview(overview), _) => (self::overview(place, overview, judged), Vec::new()),
        (Data::Nodes(nodes), Report::Nodes(page)) => {
            let title = format!("📡 <b>Node Details</b> of {}", texts::place_name(place));
            listed(&title, nodes, nodes.unreadable(), page, rows, node, |page| here(Report::Nodes(page)))
        }
        (Data::Devices { devices, pods }, Report::Devices(page)) => {
            let title = format!("📱 <b>Devices</b> of {}", texts::place_name(place));
            let line = |device: &Device| self::device(device, pods);
            listed(&title, devices, devices.unreadable(), page, rows, line, |page| {
                here(Report::Devices(page))
            })
        }
        (Data::Wifi(networks), _) => {
            let title = format!("📶 <b>WiFi Networks</b> of {}", texts::place_name(place));
            listed(&title, networks, networks.unreadable(), 0, 50, wifi, |_| here(Report::Wifi))
        }
        (Data::Wan(traffic), Report::Wan(shown)) => {
            let ranges = [
                (WanPeriod::Daily, "24 Hrs"),
                (WanPeriod::Weekly, "7 Days"),
                (WanPeriod::Monthly, "30 Days"),
            ];
            let row = ranges.map(|(range, label)| (marked(label, range == shown), here(Report::Wan(range))));
            (traffic.render(Format::Html), row.to_vec())
        }
        (Data::Stats(uptime), Report::Stats(shown)) => {
            let ranges = [(3, "3 Hrs"), (24, "24 Hrs"), (7 * 24, "7 Days")];
            let row =
                ranges.map(|(hours, label)| (marked(label, hours == shown), here(Report::Stats(hours))));
            (uptime.render(Format::Html), row.to_vec())
        }
        _ => return Screen::default(),
    };
    let mut screen = Screen::text(html);
    if !row.is_empty() {
        screen.buttons.push(row);
    }
    navigation(screen, place, Some(report))
}

/// The ways to the other reports about a place.
pub(super) fn navigation(screen: Screen, place: &Place, shown: Option<Report>) -> Screen {
    let mut buttons: Vec<(&str, Action)> = REPORTS
        .into_iter()
        .filter(|(.., report)| shown.map(kind) != Some(kind(*report)))
        .map(|(_, label, report)| (label, Action::Report(place.clone(), report)))
        .collect();
    if let Some(shown) = shown {
        buttons.insert(0, ("🔄 Again", Action::Report(place.clone(), shown)));
    }
    let screen = buttons.chunks(3).fold(screen, |screen, row| screen.row(row.iter().cloned()));
    screen.row([("🏠 Change location", Action::Do(Command::Locations(None)))])
}

fn kind(report: Report) -> std::mem::Discriminant<Report> {
    std::mem::discriminant(&report)
}

fn marked(label: &str, shown: bool) -> String {
    if shown { format!("• {label} •") } else { label.to_owned() }
}

/// The sensible next command after a health report.
fn next_after(status: Status, report: &plume::health::HealthReport) -> &'static str {
    let has = |rule| report.of_rule(rule).next().is_some();
    match status {
        Status::Green => "Next: /stats shows how steady the connection was.",
        _ if has(RuleId::LocationOffline) => "Next: /stats shows since when, /nodes what was last known.",
        _ if has(RuleId::NodeDisconnected) => "Next: /nodes shows the pods.",
        _ if has(RuleId::DeviceDisconnected) => "Next: /devices shows the devices.",
        _ if has(RuleId::PoorQoe) => "Next: /wan shows whether the line is busy.",
        _ => "Next: /status shows the overview.",
    }
}

fn overview(place: &Place, overview: &Overview, judged: &str) -> String {
    let Overview { report, snapshot, speed } = overview;
    let called = place.name.as_deref().unwrap_or_else(|| snapshot.name());
    let mut lines = vec![
        format!("📊 <b>Network Health Summary</b>: {}", escape(&report.headline)),
        String::new(),
        format!("🏠 <b>Location</b>: {} (<code>{}</code>)", name(called), name(&place.location)),
    ];
    if let Some(location) = snapshot.location.known() {
        let tier = location.service_level.as_ref().and_then(|level| level.status.as_ref());
        let tier = match tier {
            Field::Known(tier) => Some(name(&tier.to_string())),
            Field::Unreadable => Some("unreadable".to_owned()),
            Field::Absent => None,
        };
        lines.extend(tier.map(|tier| format!("🧾 <b>Service level</b>: {tier}")));
        let since = location.network_status.known().and_then(|network| network.status_changed_at);
        lines.extend(since.map(|since| format!("🕑 <b>Since</b>: {}", clock_time(since))));
    }
    lines.extend([String::new(), "📡 <b>Pods Status</b>:".to_owned()]);
    match snapshot.nodes.known() {
        None => lines.push("  ⚪ unknown".to_owned()),
        Some(nodes) if nodes.is_empty() => lines.push("  No pods found for this location".to_owned()),
        Some(nodes) => {
            lines.extend(nodes.iter().take(20).map(|node| {
                format!("  • {}: {}", name(node.display_name()), connection(&node.connection_state))
            }));
            if nodes.len() > 20 {
                lines.push(format!("  • and {} more: /nodes", nodes.len() - 20));
            }
        }
    }
    lines.extend([String::new(), "📶 <b>Last ISP Speed Test</b>:".to_owned()]);
    let speeds: Vec<String> = speed.as_ref().map_or_else(Vec::new, |test| {
        [
            ("Download", test.download.map(rate)),
            ("Upload", test.upload.map(rate)),
            ("Latency", test.rtt.map(latency)),
        ]
        .into_iter()
        .filter_map(|(word, value)| Some(format!("  • {word}: {}", value?)))
        .chain(test.ended_at.map(|at| format!("  • Last run: {}", clock_time(at))))
        .collect()
    });
    if speeds.is_empty() {
        lines.push("  not known".to_owned());
    }
    lines.extend(speeds);
    let connected = snapshot.devices.known().map(|devices| {
        let connected = devices
            .iter()
            .filter(|device| device.connection_state.known() == Some(&ConnectionState::Connected));
        connected.count()
    });
    let connected = connected.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    lines.extend([String::new(), format!("📱 <b>Total Devices Connected</b>: {connected}")]);
    lines.extend([String::new(), format!("{judged}Next: /health says what is wrong, if anything is.")]);
    lines.join("\n")
}

/// A rate in Mbps, with a unit in which it is short.
fn rate(mbps: f64) -> String {
    match mbps {
        mbps if !mbps.is_finite() => "unknown".to_owned(),
        mbps if mbps >= 1e6 => format!("{:.1} Tbps", mbps / 1e6),
        mbps if mbps >= 1e3 => format!("{:.1} Gbps", mbps / 1e3),
        mbps => format!("{mbps:.1} Mbps"),
    }
}

/// A latency in milliseconds, with a unit in which it is short.
fn latency(ms: f64) -> String {
    match ms {
        ms if !ms.is_finite() => "unknown".to_owned(),
        ms if ms >= 60_000.0 => format!("{:.1} min", ms / 60_000.0),
        ms if ms >= 1_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms => format!("{ms:.1} ms"),
    }
}

type Row = Vec<(String, Action)>;

/// A page of a list, and the buttons to the others.
fn listed<T>(
    title: &str,
    items: &[T],
    unreadable: usize,
    page: usize,
    rows: usize,
    line: impl Fn(&T) -> String,
    turn: impl Fn(usize) -> Action,
) -> (String, Row) {
    let rows = rows.max(1);
    let pages = items.len().div_ceil(rows).max(1);
    let page = page.min(pages - 1);
    let mut text = format!("{title} ({})\n", items.len());
    if items.is_empty() {
        text.push_str("\nNothing there.");
    }
    for item in items.iter().skip(page * rows).take(rows) {
        text.push_str(&format!("\n{}", line(item)));
    }
    if unreadable > 0 {
        text.push_str(&format!("\n\n⚠️ {unreadable} more could not be read."));
    }
    (text, turns(page, pages, turn))
}

fn turns(page: usize, pages: usize, turn: impl Fn(usize) -> Action) -> Row {
    let mut row = Vec::new();
    if page > 0 {
        row.push(("◀".to_owned(), turn(page - 1)));
    }
    if pages > 1 {
        row.push((format!("{}/{pages}", page + 1), turn(page)));
    }
    if page + 1 < pages {
        row.push(("▶".to_owned(), turn(page + 1)));
    }
    row
}

fn connection(state: &Field<ConnectionState>) -> String {
    match state {
        Field::Known(ConnectionState::Connected) => "✅ connected".to_owned(),
        Field::Known(ConnectionState::Disconnected) => "❌ disconnected".to_owned(),
        Field::Known(other) => format!("⚪ {}", name(&other.to_string())),
        Field::Absent => "⚪ unknown".to_owned(),
        Field::Unreadable => "⚪ unreadable".to_owned(),
    }
}

fn since(time: Field<DateTime<Utc>>) -> String {
    match time {
        Field::Known(time) => format!(" since {}", clock_time(time)),
        Field::Absent => String::new(),
        Field::Unreadable => " since an unreadable time".to_owned(),
    }
}

/// `  • Word: value` for what is known.
fn facts<const N: usize>(facts: [(&str, Option<String>); N]) -> String {
    facts.into_iter().filter_map(|(word, value)| Some(format!("\n  • {word}: {}", name(&value?)))).collect()
}

fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

fn node(node: &Node) -> String {
    let role = if node.is_gateway() == Some(true) { " (gateway)" } else { "" };
    let head = format!(
        "<b>{}</b>{role}\n  • State: {}{}",
        name(node.display_name()),
        connection(&node.connection_state),
        since(node.connection_state_changed_at)
    );
    head + &facts([
        ("Model", node.model.clone()),
        ("Firmware", node.firmware_version.clone()),
        ("Backhaul", text(node.backhaul_type.as_ref())),
        ("MAC", text(node.mac.as_ref())),
        ("IP", node.ip.clone()),
        ("Devices", text(node.connected_device_count.as_ref())),
    ])
}

fn device(device: &Device, pods: &HashMap<String, String>) -> String {
    let pod = device.node().map(|id| pods.get(id.as_str()).map_or_else(|| id.to_string(), Clone::clone));
    let head = format!(
        "<b>{}</b>\n  • State: {}{}",
        name(device.display_name()),
        connection(&device.connection_state),
        since(device.connection_state_changed_at)
    );
    let medium = [text(device.medium.as_ref()), text(device.freq_band.as_ref())];
    let medium: Vec<String> = medium.into_iter().flatten().collect();
    head + &facts([
        ("MAC", Some(device.mac.to_string())),
        ("Attached by", (!medium.is_empty()).then(|| medium.join(", "))),
        ("Node", pod),
        ("IP", device.ip.clone()),
    ])
}

fn wifi(network: &WifiNetworkListItem) -> String {
    let state = match network.enabled {
        Some(true) => "Enabled",
        Some(false) => "Disabled",
        None => "unknown",
    };
    let head = format!("<b>{}</b> ({state})", name(network.ssid.as_deref().unwrap_or_default()));
    head + &facts([("Security", text(network.wpa_mode.as_ref())), ("Type", network.vap_type.clone())])
}

/// A page of customers. The API tells no total, only whether there is more.
pub(super) fn customers(customers: &[Customer], offset: u32, more: bool) -> Screen {
    if customers.is_empty() && offset == 0 {
        return Screen::text(SENTENCES.no_customers);
    }
    let screen = Screen::text("👥 Please choose a customer, or find one: <code>/find &lt;name&gt;</code>");
    let mut screen = customers.iter().fold(screen, |screen, customer| {
        screen.row([(short(&customer.name).as_str(), Action::Locations(customer.id.clone(), 0))])
    });
    let back = (offset > 0).then(|| ("◀", Action::Customers(offset.saturating_sub(CUSTOMERS))));
    let on = more.then(|| ("▶", Action::Customers(offset.saturating_add(CUSTOMERS))));
    screen = screen.row([back, on].into_iter().flatten());
    screen
}

/// A page of a customer's locations.
pub(super) fn locations(customer: &str, places: &[Place], page: usize, rows: usize) -> Screen {
    if places.is_empty() {
        return Screen::text(SENTENCES.no_locations);
    }
    let rows = rows.max(1);
    let pages = places.len().div_ceil(rows);
    let page = page.min(pages - 1);
    let shown = places.iter().skip(page * rows).take(rows);
    let count = places.len();
    let mut screen = shown.fold(
        Screen::text(format!(
            "🏠 Please choose a location ({count} of customer <code>{}</code>):",
            name(customer)
        )),
        |screen, place| screen.row([(place_label(place).as_str(), Action::Choose(place.clone()))]),
    );
    let turns = turns(page, pages, |page| Action::Locations(customer.to_owned(), page));
    if !turns.is_empty() {
        screen.buttons.push(turns);
    }
    screen.row([("👥 Customers", Action::Customers(0))])
}

/// What was found: a button for each location.
pub(super) fn found(text: &str, hits: &[Hit]) -> Screen {
    /// More would not be looked at; a longer word finds less.
    const MOST: usize = 20;
    if hits.is_empty() {
        return Screen::text(SENTENCES.nothing_found);
    }
    let mut screen = Screen::text(format!("🔎 <b>{}</b> matches:", name(text)));
    let mut left = MOST;
    for hit in hits {
        let buttons: Vec<(String, Action)> = if hit.places.is_empty() {
            vec![(short(&hit.customer.name), Action::Locations(hit.customer.id.clone(), 0))]
        } else {
            let label = |place: &Place| format!("{} · {}", short(&hit.customer.name), place_label(place));
            hit.places.iter().map(|place| (label(place), Action::Choose(place.clone()))).collect()
        };
        for (label, action) in buttons.into_iter().take(left) {
            screen = screen.row([(label.as_str(), action)]);
            left -= 1;
        }
    }
    if left == 0 {
        screen.html.push_str("\nThere may be more: search for a longer word.");
    }
    screen
}

fn place_label(place: &Place) -> String {
    short(place.name.as_deref().unwrap_or(&place.location))
}

/// The settings, as buttons that change them.
pub(super) fn settings(preferences: &Preferences, lead: &str) -> Screen {
    let rules = if preferences.panoptes { "as the original bot did" } else { "standard" };
    let lead = if lead.is_empty() { String::new() } else { format!("✅ {lead}\n\n") };
    let html = format!(
        "{lead}⚙️ <b>Settings</b>\n\nHealth is judged: {rules}\nRows of a page: {}\n\nStandard rules look at pods, devices, \
         service level and quality. The original ones call a home online if any pod is connected.",
        preferences.rows
    );
    let other = Preferences { panoptes: !preferences.panoptes, ..preferences.clone() };
    let label =
        if preferences.panoptes { "Judge by the standard rules" } else { "Judge as the original bot did" };
    let rows = [5, 10, 20].map(|rows| {
        (
            marked(&format!("{rows} rows"), rows == preferences.rows),
            Preferences { rows, ..preferences.clone() },
        )
    });
    let rows: Vec<_> =
        rows.into_iter().map(|(label, preferences)| (label, Action::Set(preferences))).collect();
    let mut screen = Screen::text(html).row([(label, Action::Set(other))]);
    screen.buttons.push(rows);
    screen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_numbers_have_short_units() {
        let rates = [0.0, 94.35, 999.9, 1_000.0, 9_412.0, 2.5e6, f64::NAN].map(rate);
        assert_eq!(
            rates,
            ["0.0 Mbps", "94.3 Mbps", "999.9 Mbps", "1.0 Gbps", "9.4 Gbps", "2.5 Tbps", "unknown"]
        );
        let latencies = [3.0, 999.0, 1_500.0, 120_000.0, f64::INFINITY].map(latency);
        assert_eq!(latencies, ["3.0 ms", "999.0 ms", "1.5 s", "2.0 min", "unknown"]);
    }
}
