//! From JSON to a fault plan, with every mistake named where it stands.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use crate::faults::plan::FaultPlan;
use crate::faults::rule::{Change, Effect, FaultRule, Mutation, ResetStage, RetryAfter, When};
use crate::http::Area;
use crate::positioned::{Content, Member, Mistake, Node, nearest, parse};
use crate::routes::ROUTES;

const EFFECTS: [&str; 20] = [
    "latency",
    "status",
    "unauthorized",
    "forbidden",
    "block",
    "firewall",
    "html",
    "empty",
    "truncated",
    "mutate",
    "drip",
    "reset",
    "hang",
    "bomb",
    "deep",
    "redirect",
    "clock_skew",
    "revoked_client",
    "rotated_secret",
    "expires_in",
];

/// Longer times are mistakes, not plans.
const LONGEST_SECONDS: f64 = 100.0 * 365.0 * 86_400.0;

pub(crate) fn plan(text: &str) -> Result<FaultPlan, Mistake> {
    let root = parse(text)?;
    let fields = Fields::of(&root, "a plan", &["seed", "rules"])?;
    let seed = fields.get("seed").map(|node| whole(node, "seed", 0, 1 << 53)).transpose()?.unwrap_or(0);
    let rules = match fields.get("rules") {
        None => Vec::new(),
        Some(node) => list(node, "rules")?.iter().map(rule).collect::<Result<_, _>>()?,
    };
    Ok(FaultPlan { seed, rules })
}

fn rule(node: &Node) -> Result<FaultRule, Mistake> {
    let fields = Fields::of(node, "a rule", &["name", "when", "effect"])?;
    Ok(FaultRule {
        name: fields.get("name").map(|node| text(node, "name").map(str::to_owned)).transpose()?,
        when: fields.get("when").map(when).transpose()?.unwrap_or_default(),
        effect: effect(fields.need("effect")?)?,
    })
}

fn when(node: &Node) -> Result<When, Mistake> {
    let fields = Fields::of(
        node,
        "\"when\"",
        &[
            "area",
            "method",
            "route",
            "customer",
            "location",
            "client",
            "from",
            "until",
            "first",
            "last",
            "every",
            "probability",
        ],
    )?;
    let mut when = When::default();
    if let Some(node) = fields.get("area") {
        when.area = Some(word(node, "area", Area::ALL, Area::name)?);
    }
    if let Some(node) = fields.get("method") {
        let name = text(node, "method")?.to_ascii_uppercase();
        let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
        let method = known.into_iter().find(|method| method.as_str() == name);
        when.method =
            Some(method.ok_or_else(|| node.mistake(format!("\"{name}\" is no method of this API")))?);
    }
    if let Some(node) = fields.get("route") {
        when.route = Some(route(node)?);
    }
    when.customers = texts(fields.get("customer"), "customer")?;
    when.locations = texts(fields.get("location"), "location")?;
    when.clients = texts(fields.get("client"), "client")?;
    if let Some(node) = fields.get("from") {
        when.from = time(node, "from")?;
    }
    if let Some(node) = fields.get("until") {
        let until = time(node, "until")?;
        if until <= when.from {
            return Err(node.mistake("the window is empty: \"until\" has to be later than \"from\""));
        }
        when.until = Some(until);
    }
    if let Some(node) = fields.get("first") {
        when.first = whole(node, "first", 1, 1 << 53)?;
    }
    if let Some(node) = fields.get("last") {
        let last = whole(node, "last", 1, 1 << 53)?;
        if last < when.first {
            return Err(node.mistake("no request fits: \"last\" is smaller than \"first\""));
        }
        when.last = Some(last);
    }
    if let Some(node) = fields.get("every") {
        when.every = whole(node, "every", 1, 1 << 53)?;
    }
    if let Some(node) = fields.get("probability") {
        when.probability = share(node, "probability")?;
    }
    Ok(when)
}

fn route(node: &Node) -> Result<String, Mistake> {
    let given = text(node, "route")?;
    let known = ROUTES.iter().map(|row| row.template);
    if let Some(template) = known.clone().find(|template| template.eq_ignore_ascii_case(given)) {
        return Ok(template.to_owned());
    }
    let hint = nearest(given, known).map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
    Err(node.mistake(format!("the simulator has no route \"{given}\"{hint}")))
}

fn effect(node: &Node) -> Result<Effect, Mistake> {
    let members = object(node, "\"effect\"")?;
    let kind_node = members
        .iter()
        .find(|member| member.key == "kind")
        .map(|member| &member.value)
        .ok_or_else(|| node.mistake("\"effect\" needs the key \"kind\""))?;
    let kind = text(kind_node, "kind")?;
    let what = format!("the effect \"{kind}\"");
    let fields = |known: &[&str]| {
        let all: Vec<&str> = ["kind"].iter().chain(known).copied().collect();
        Fields::of(node, &what, &all)
    };
    let bare = |effect: Effect| fields(&[]).map(|_| effect);
    match kind {
        "latency" => latency(&fields(&["ms", "least_ms", "most_ms"])?),
        "status" => {
            let fields = fields(&["status", "retry_after"])?;
            Ok(Effect::Status {
                status: small(fields.need("status")?, "status", 400, 599)?,
                retry_after: fields.get("retry_after").map(retry_after).transpose()?,
            })
        }
        "unauthorized" => bare(Effect::Unauthorized),
        "forbidden" => bare(Effect::Forbidden),
        "block" => {
            let fields = fields(&["lasts"])?;
            let lasts = fields.get("lasts").map(|node| positive_time(node, "lasts")).transpose()?;
            Ok(Effect::Block { lasts: lasts.unwrap_or(Duration::from_secs(300)) })
        }
        "firewall" => {
            let fields = fields(&["calls", "window"])?;
            let calls = fields.get("calls").map(|node| small(node, "calls", 1, u32::MAX)).transpose()?;
            let window = fields.get("window").map(|node| positive_time(node, "window")).transpose()?;
            Ok(Effect::Firewall {
                calls: calls.unwrap_or(2_000),
                window: window.unwrap_or(Duration::from_secs(300)),
            })
        }
        "html" => bare(Effect::Html),
        "empty" => bare(Effect::Empty),
        "truncated" => bare(Effect::Truncated),
        "mutate" => {
            let fields = fields(&["change", "share", "keys"])?;
            let change = word(fields.need("change")?, "change", Change::ALL, Change::name)?;
            let share = fields.get("share").map(|node| share(node, "share")).transpose()?.unwrap_or(0.5);
            Ok(Effect::Mutate(Mutation { change, share, keys: texts(fields.get("keys"), "keys")? }))
        }
        "drip" => {
            let fields = fields(&["bytes_per_second"])?;
            let node = fields.need("bytes_per_second")?;
            Ok(Effect::Drip { bytes_per_second: small(node, "bytes_per_second", 1, u32::MAX)? })
        }
        "reset" => {
            let fields = fields(&["at"])?;
            Ok(Effect::Reset { at: word(fields.need("at")?, "at", ResetStage::ALL, ResetStage::name)? })
        }
        "hang" => bare(Effect::Hang),
        "bomb" => {
            let fields = fields(&["bytes"])?;
            Ok(Effect::Bomb { bytes: whole(fields.need("bytes")?, "bytes", 1, 1 << 40)? })
        }
        "deep" => {
            let fields = fields(&["levels"])?;
            Ok(Effect::Deep { levels: small(fields.need("levels")?, "levels", 1, 10_000_000)? })
        }
        "redirect" => {
            let fields = fields(&["status", "location"])?;
            let status = match fields.get("status") {
                None => 302,
                Some(node) => {
                    let status = small(node, "status", 300, 399)?;
                    if ![301, 302, 303, 307, 308].contains(&status) {
                        return Err(node.mistake("\"status\" has to be 301, 302, 303, 307 or 308"));
                    }
                    status
                }
            };
            let node = fields.need("location")?;
            let location = text(node, "location")?;
            if location.parse::<http::HeaderValue>().is_err() {
                return Err(node.mistake("\"location\" cannot stand in a header"));
            }
            Ok(Effect::Redirect { status, location: location.to_owned() })
        }
        "clock_skew" => {
            let fields = fields(&["seconds"])?;
            let node = fields.need("seconds")?;
            Ok(Effect::ClockSkew { seconds: signed(node, "seconds")? })
        }
        "revoked_client" => bare(Effect::RevokedClient),
        "rotated_secret" => {
            let fields = fields(&["secret"])?;
            Ok(Effect::RotatedSecret { secret: text(fields.need("secret")?, "secret")?.to_owned() })
        }
        "expires_in" => {
            let fields = fields(&["value"])?;
            Ok(Effect::ExpiresIn(fields.get("value").map(value)))
        }
        unknown => Err(unknown_word(kind_node, "kind", unknown, &EFFECTS)),
    }
}

fn latency(fields: &Fields<'_>) -> Result<Effect, Mistake> {
    let milliseconds = |key| {
        let node = fields.get(key);
        node.map(|node| whole(node, key, 0, 86_400_000).map(Duration::from_millis)).transpose()
    };
    let (exactly, least, most) = (milliseconds("ms")?, milliseconds("least_ms")?, milliseconds("most_ms")?);
    match (exactly, least, most) {
        (Some(exactly), None, None) => Ok(Effect::Latency { least: exactly, most: exactly }),
        (None, Some(least), Some(most)) if least <= most => Ok(Effect::Latency { least, most }),
        (None, Some(_), Some(_)) => {
            Err(fields.node.mistake("the range is empty: \"least_ms\" is larger than \"most_ms\""))
        }
        _ => Err(fields.node.mistake("a latency needs either \"ms\" or both \"least_ms\" and \"most_ms\"")),
    }
}

fn retry_after(node: &Node) -> Result<RetryAfter, Mistake> {
    match &node.content {
        Content::Number(_) => Ok(RetryAfter::Seconds(whole(node, "retry_after", 0, 1 << 53)?)),
        Content::Text(text) => {
            if text.parse::<http::HeaderValue>().is_err() {
                return Err(node.mistake("\"retry_after\" cannot stand in a header"));
            }
            Ok(RetryAfter::Text(text.clone()))
        }
        Content::Object(_) => {
            let fields = Fields::of(node, "\"retry_after\"", &["date_in"])?;
            Ok(RetryAfter::DateIn(whole(fields.need("date_in")?, "date_in", 0, 1 << 32)?))
        }
        _ => Err(wrong(node, "retry_after", "seconds, a text, or {\"date_in\": seconds}")),
    }
}

/// The members of an object of which only some names are known.
struct Fields<'n> {
    node: &'n Node,
    what: String,
    members: &'n [Member],
}

impl<'n> Fields<'n> {
    fn of(node: &'n Node, what: &str, known: &[&str]) -> Result<Self, Mistake> {
        let members = object(node, what)?;
        for member in members {
            if !known.contains(&member.key.as_str()) {
                let hint = nearest(&member.key, known.iter().copied())
                    .map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
                let message = format!("{what} has no key \"{}\"{hint}", member.key);
                return Err(Mistake::new(member.position, message));
            }
        }
        Ok(Self { node, what: what.to_owned(), members })
    }

    fn get(&self, key: &str) -> Option<&'n Node> {
        self.members.iter().find(|member| member.key == key).map(|member| &member.value)
    }

    fn need(&self, key: &str) -> Result<&'n Node, Mistake> {
        self.get(key).ok_or_else(|| self.node.mistake(format!("{} needs the key \"{key}\"", self.what)))
    }
}

fn wrong(node: &Node, key: &str, wanted: &str) -> Mistake {
    node.mistake(format!("\"{key}\" has to be {wanted}, not {}", node.kind()))
}

fn object<'n>(node: &'n Node, what: &str) -> Result<&'n [Member], Mistake> {
    match &node.content {
        Content::Object(members) => Ok(members),
        _ => Err(node.mistake(format!("{what} has to be an object, not {}", node.kind()))),
    }
}

fn list<'n>(node: &'n Node, key: &str) -> Result<&'n [Node], Mistake> {
    match &node.content {
        Content::List(items) => Ok(items),
        _ => Err(wrong(node, key, "a list")),
    }
}

fn text<'n>(node: &'n Node, key: &str) -> Result<&'n str, Mistake> {
    match &node.content {
        Content::Text(text) => Ok(text),
        _ => Err(wrong(node, key, "a text")),
    }
}

/// One text or a list of them.
fn texts(node: Option<&Node>, key: &str) -> Result<Vec<String>, Mistake> {
    match node.map(|node| (node, &node.content)) {
        None => Ok(Vec::new()),
        Some((_, Content::Text(text))) => Ok(vec![text.clone()]),
        Some((_, Content::List(items))) if !items.is_empty() => {
            items.iter().map(|item| text(item, key).map(str::to_owned)).collect()
        }
        Some((node, _)) => Err(wrong(node, key, "a text or a list of texts")),
    }
}

fn number(node: &Node, key: &str, wanted: &str) -> Result<f64, Mistake> {
    match node.content {
        Content::Number(number) => Ok(number),
        _ => Err(wrong(node, key, wanted)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the bounds are checked, and the largest bound is the last number a double counts exactly"
)]
fn whole(node: &Node, key: &str, least: u64, most: u64) -> Result<u64, Mistake> {
    let number = number(node, key, "a whole number")?;
    if number.fract() != 0.0 || number < least as f64 || number > most as f64 {
        return Err(node.mistake(format!("\"{key}\" has to be a whole number from {least} to {most}")));
    }
    Ok(number as u64)
}

#[expect(clippy::cast_possible_truncation, reason = "the bounds are checked")]
fn signed(node: &Node, key: &str) -> Result<i64, Mistake> {
    let number = number(node, key, "a whole number")?;
    if number.fract() != 0.0 || number.abs() > LONGEST_SECONDS {
        return Err(node.mistake(format!("\"{key}\" has to be a whole number of seconds")));
    }
    Ok(number as i64)
}

fn small<T: TryFrom<u64> + Into<u64> + Copy>(
    node: &Node,
    key: &str,
    least: T,
    most: T,
) -> Result<T, Mistake> {
    let number = whole(node, key, least.into(), most.into())?;
    T::try_from(number).map_err(|_| node.mistake(format!("\"{key}\" is too large")))
}

fn share(node: &Node, key: &str) -> Result<f64, Mistake> {
    let number = number(node, key, "a number from 0 to 1")?;
    if (0.0..=1.0).contains(&number) {
        return Ok(number);
    }
    Err(node.mistake(format!("\"{key}\" has to be a number from 0 to 1")))
}

/// Seconds as a number, or a text like `90s`, `5m`, `2h`, `1d`.
fn time(node: &Node, key: &str) -> Result<Duration, Mistake> {
    let wanted = "seconds, or a text like \"90s\", \"5m\", \"2h\", \"1d\"";
    let seconds = match &node.content {
        Content::Number(seconds) => Some(*seconds),
        Content::Text(text) => text.chars().last().and_then(|unit| {
            let factor = match unit {
                's' => 1.0,
                'm' => 60.0,
                'h' => 3_600.0,
                'd' => 86_400.0,
                _ => return None,
            };
            let digits = text.strip_suffix(unit)?.trim_end();
            digits.parse::<f64>().ok().map(|number| number * factor)
        }),
        _ => return Err(wrong(node, key, wanted)),
    };
    seconds
        .filter(|seconds| (0.0..=LONGEST_SECONDS).contains(seconds))
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| node.mistake(format!("\"{key}\" has to be {wanted}")))
}

fn positive_time(node: &Node, key: &str) -> Result<Duration, Mistake> {
    let time = time(node, key)?;
    if time.is_zero() {
        return Err(node.mistake(format!("\"{key}\" has to be longer than nothing")));
    }
    Ok(time)
}

fn word<T: Copy, const N: usize>(
    node: &Node,
    key: &str,
    known: [T; N],
    name: fn(T) -> &'static str,
) -> Result<T, Mistake> {
    let given = text(node, key)?;
    let names = known.map(name);
    known
        .into_iter()
        .find(|candidate| name(*candidate) == given)
        .ok_or_else(|| unknown_word(node, key, given, &names))
}

fn unknown_word(node: &Node, key: &str, given: &str, known: &[&str]) -> Mistake {
    let hint = match nearest(given, known.iter().copied()) {
        Some(near) => format!("; did you mean \"{near}\"?"),
        None => format!("; known are {}", known.join(", ")),
    };
    node.mistake(format!("\"{key}\" knows no \"{given}\"{hint}"))
}

/// The value itself, without places.
fn value(node: &Node) -> Value {
    match &node.content {
        Content::Null => Value::Null,
        Content::Bool(value) => Value::Bool(*value),
        Content::Number(number) => exact(*number),
        Content::Text(text) => Value::String(text.clone()),
        Content::List(items) => items.iter().map(value).collect(),
        Content::Object(members) => {
            members.iter().map(|member| (member.key.clone(), value(&member.value))).collect()
        }
    }
}

/// A whole number stays one.
#[expect(clippy::cast_possible_truncation, reason = "the bound is checked")]
fn exact(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9.0e15 {
        return Value::from(number as i64);
    }
    serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)
}
