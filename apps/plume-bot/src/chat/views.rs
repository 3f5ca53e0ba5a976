//! The screens of answers: a text, and buttons for the next steps.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use plume::{
    WanPeriod,
    health::{Format, RuleId, Status},
    types::{ConnectionState, Device, Field, List, Node, WifiNetworkListItem},
};
use plume_telegram::html::{escape, name, short};

use crate::chat::command::{Command, REPORTS};
use crate::chat::context::Context;
use crate::chat::event::{Action, Screen};
use crate::chat::setup::Setup;
use crate::chat::step::Step;
use crate::chat::texts::{self, SENTENCES, clock_time};
use crate::questions::{Customer, Data, Hit, Overview, Place, Preferences, Report};

/// The number of customers on a page.
pub(super) const CUSTOMERS: u32 = 10;

/// The question of a set-up, with buttons that answer it.
pub(super) fn step(text: &str, setup: &Setup, context: &Context) -> Screen {
    let skippable = setup.updates() || (setup.step() == Step::Api && context.api.is_some());
    let skip = skippable.then_some(("⏭ Skip", Action::Do(Command::Skip)));
    let back = (setup.step() != Step::Sso).then_some(("⬅ Back", Action::Do(Command::Back)));
    let cancel = Some(("✖ Cancel", Action::Do(Command::Cancel)));
    Screen::text(text).row([back, skip, cancel].into_iter().flatten())
}

/// A report with its paging, its time ranges and the buttons for other reports.
pub(super) fn report(place: &Place, report: Report, data: &Data, preferences: &Preferences) -> Screen {
    let rows = preferences.rows;
    let judged = if preferences.panoptes { texts::JUDGED_AS_ORIGINAL } else { "" };
    let here = |report| Action::Report(place.clone(), report);
    let list = |what: &str| format!("{what} of {}", texts::place_name(place));
    let (html, row) = match (data, report) {
        (Data::Health(report), _) => {
            let text = report.render(Format::Html);
            (format!("{text}\n\n{judged}{}", next_after(report.status, report)), Vec::new())
        }
        (Data::Overview(overview), _) => (self::overview(place, overview, judged), Vec::new()),
        (Data::Nodes(nodes), Report::Nodes(page)) => {
            let title = list("📡 <b>Node Details</b>");
            listed(&title, nodes, page, rows, node, |page| here(Report::Nodes(page)))
        }
        (Data::Devices { devices, pods }, Report::Devices(page)) => {
            let (title, line) = (list("📱 <b>Devices</b>"), |device: &Device| self::device(device, pods));
            listed(&title, devices, page, rows, line, |page| here(Report::Devices(page)))
        }
        (Data::Wifi(networks), _) => {
            listed(&list("📶 <b>WiFi Networks</b>"), networks, 0, 50, wifi, |_| here(Report::Wifi))
        }
        (Data::Wan(traffic), Report::Wan(shown)) => {
            use WanPeriod::{Daily, Monthly, Weekly};
            let ranges = [(Daily, "24 Hrs"), (Weekly, "7 Days"), (Monthly, "30 Days")];
            let row = ranges.map(|(range, label)| (marked(label, range == shown), here(Report::Wan(range))));
            (traffic.render(Format::Html), row.to_vec())
        }
        (Data::Stats(uptime), Report::Stats(shown)) => {
            let ranges = [(3, "3 Hrs"), (24, "24 Hrs"), (7 * 24, "7 Days")];
            let row =
                ranges.map(|(range, label)| (marked(label, range == shown), here(Report::Stats(range))));
            (uptime.render(Format::Html), row.to_vec())
        }
        _ => return Screen::default(),
    };
    navigation(Screen::text(html).row(row), place, Some(report))
}

/// Adds the buttons for the other reports about a place.
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

/// Returns the next command to suggest after a health report.
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
    let called = place.name.as_deref().unwrap_or_else(|| snapshot.display_name());
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
        let (download, upload) = (test.download.map(rate), test.upload.map(rate));
        let latency = test.rtt.map(latency);
        [
            ("Download", download),
            ("Upload", upload),
            ("Latency", latency),
            ("Last run", test.ended_at.map(clock_time)),
        ]
        .into_iter()
        .filter_map(|(word, value)| Some(format!("  • {word}: {}", value?)))
        .collect()
    });
    if speeds.is_empty() {
        lines.push("  not known".to_owned());
    }
    lines.extend(speeds);
    let is_connected =
        |device: &&Device| device.connection_state.known() == Some(&ConnectionState::Connected);
    let connected = snapshot.devices.known().map(|devices| devices.iter().filter(is_connected).count());
    let connected = connected.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    lines.extend([String::new(), format!("📱 <b>Total Devices Connected</b>: {connected}")]);
    lines.extend([String::new(), format!("{judged}Next: /health says what is wrong, if anything is.")]);
    lines.join("\n")
}

/// Formats a rate in Mbps, with a suitable unit.
fn rate(mbps: f64) -> String {
    match mbps {
        mbps if !mbps.is_finite() => "unknown".to_owned(),
        mbps if mbps >= 1e6 => format!("{:.1} Tbps", mbps / 1e6),
        mbps if mbps >= 1e3 => format!("{:.1} Gbps", mbps / 1e3),
        mbps => format!("{mbps:.1} Mbps"),
    }
}

/// Formats a latency in milliseconds, with a suitable unit.
fn latency(ms: f64) -> String {
    match ms {
        ms if !ms.is_finite() => "unknown".to_owned(),
        ms if ms >= 60_000.0 => format!("{:.1} min", ms / 60_000.0),
        ms if ms >= 1_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms => format!("{ms:.1} ms"),
    }
}

type Row = Vec<(String, Action)>;

/// Returns the items of a page of a list, the page's number, and the number of pages.
fn page_of<T>(items: &[T], page: usize, rows: usize) -> (&[T], usize, usize) {
    let mut pages = items.chunks(rows.max(1));
    let count = pages.len().max(1);
    let page = page.min(count - 1);
    (pages.nth(page).unwrap_or_default(), page, count)
}

/// A page of a list, and the buttons to the other pages.
fn listed<T>(
    title: &str,
    items: &List<T>,
    page: usize,
    rows: usize,
    line: impl Fn(&T) -> String,
    turn: impl Fn(usize) -> Action,
) -> (String, Row) {
    let (shown, page, pages) = page_of(items, page, rows);
    let mut text = format!("{title} ({})\n", items.len());
    if items.is_empty() {
        text.push_str("\nNothing there.");
    }
    text.extend(shown.iter().map(|item| format!("\n{}", line(item))));
    if items.unreadable() > 0 {
        text.push_str(&format!("\n\n⚠️ {} more could not be read.", items.unreadable()));
    }
    (text, turns(page, pages, turn))
}

fn turns(page: usize, pages: usize, turn: impl Fn(usize) -> Action) -> Row {
    let back = (page > 0).then(|| ("◀".to_owned(), turn(page.saturating_sub(1))));
    let here = (pages > 1).then(|| (format!("{}/{pages}", page + 1), turn(page)));
    let on = (page + 1 < pages).then(|| ("▶".to_owned(), turn(page + 1)));
    [back, here, on].into_iter().flatten().collect()
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

/// Formats the known facts as `  • Word: value`.
fn facts<const N: usize>(facts: [(&str, Option<String>); N]) -> String {
    facts.into_iter().filter_map(|(word, value)| Some(format!("\n  • {word}: {}", name(&value?)))).collect()
}

fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

fn head(named: &str, role: &str, state: &Field<ConnectionState>, changed: Field<DateTime<Utc>>) -> String {
    format!("<b>{}</b>{role}\n  • State: {}{}", name(named), connection(state), since(changed))
}

fn node(node: &Node) -> String {
    let role = if node.is_gateway() == Some(true) { " (gateway)" } else { "" };
    head(node.display_name(), role, &node.connection_state, node.connection_state_changed_at)
        + &facts([
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
    let medium = [text(device.medium.as_ref()), text(device.freq_band.as_ref())];
    let medium: Vec<String> = medium.into_iter().flatten().collect();
    head(device.display_name(), "", &device.connection_state, device.connection_state_changed_at)
        + &facts([
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

/// A page of customers. The API reports no total, only whether there are more.
pub(super) fn customers(customers: &[Customer], offset: u32, more: bool) -> Screen {
    if customers.is_empty() && offset == 0 {
        return Screen::text(SENTENCES.no_customers);
    }
    let screen = Screen::text("👥 Please choose a customer, or find one: <code>/find &lt;name&gt;</code>");
    let screen = customers.iter().fold(screen, |screen, customer| {
        screen.row([(short(&customer.name), Action::Locations(customer.id.clone(), 0))])
    });
    let back = (offset > 0).then(|| ("◀", Action::Customers(offset.saturating_sub(CUSTOMERS))));
    let on = more.then(|| ("▶", Action::Customers(offset.saturating_add(CUSTOMERS))));
    screen.row([back, on].into_iter().flatten())
}

/// A page of a customer's locations.
pub(super) fn locations(customer: &str, places: &[Place], page: usize, rows: usize) -> Screen {
    if places.is_empty() {
        return Screen::text(SENTENCES.no_locations);
    }
    let (shown, page, pages) = page_of(places, page, rows);
    let title = format!(
        "🏠 Please choose a location ({} of customer <code>{}</code>):",
        places.len(),
        name(customer)
    );
    let choice =
        |screen: Screen, place: &Place| screen.row([(place_label(place), Action::Choose(place.clone()))]);
    let screen = shown.iter().fold(Screen::text(title), choice);
    let screen = screen.row(turns(page, pages, |page| Action::Locations(customer.to_owned(), page)));
    screen.row([("👥 Customers", Action::Customers(0))])
}

/// Search results, with a button for each location.
pub(super) fn found(text: &str, hits: &[Hit]) -> Screen {
    /// Maximum number of results; a longer word narrows the search.
    const MOST: usize = 20;
    if hits.is_empty() {
        return Screen::text(SENTENCES.nothing_found);
    }
    let choices = hits.iter().flat_map(|hit| {
        let customer = short(&hit.customer.name);
        let mut choices: Row = Vec::new();
        for place in &hit.places {
            choices.push((format!("{customer} · {}", place_label(place)), Action::Choose(place.clone())));
        }
        if choices.is_empty() {
            choices.push((customer, Action::Locations(hit.customer.id.clone(), 0)));
        }
        choices
    });
    let title = Screen::text(format!("🔎 <b>{}</b> matches:", name(text)));
    let mut screen = choices.take(MOST).fold(title, |screen, choice| screen.row([choice]));
    if screen.buttons.len() == MOST {
        screen.html.push_str("\nThere may be more: search for a longer word.");
    }
    screen
}

fn place_label(place: &Place) -> String {
    short(place.name.as_deref().unwrap_or(&place.location))
}

/// The settings, with buttons that change them.
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
        let label = marked(&format!("{rows} rows"), rows == preferences.rows);
        (label, Action::Set(Preferences { rows, ..preferences.clone() }))
    });
    Screen::text(html).row([(label, Action::Set(other))]).row(rows)
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
