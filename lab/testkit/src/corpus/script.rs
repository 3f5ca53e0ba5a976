//! Clients as text: a few lines each, with explicit time. `README.md` lists the words.

use std::time::Duration;

use plume_sim::{
    ViolationKind,
    faults::{Area, Effect, FaultRule, ResetStage, RetryAfter},
};

/// A client of the corpus.
#[derive(Debug, Clone)]
pub struct Script {
    pub name: String,
    /// The rules that it breaks; empty for a good client.
    pub breaks: Vec<ViolationKind>,
    pub cloud: Cloud,
    pub steps: Vec<Step>,
}

impl Script {
    /// The number of requests it sends.
    pub fn requests(&self) -> usize {
        fn of(steps: &[Step]) -> usize {
            let one = |step: &Step| match step {
                Step::Repeat(times, steps) => times * of(steps),
                Step::Together(steps) => of(steps),
                Step::Login(_) | Step::Introspect | Step::Revoke | Step::Call(_) => 1,
                Step::As { .. } | Step::Wait(_) | Step::ClockBack(_) | Step::Faults(_) => 0,
            };
            steps.iter().map(one).sum()
        }
        of(&self.steps)
    }
}

/// The settings of the cloud.
#[derive(Debug, Clone, Default)]
pub struct Cloud {
    pub life: Option<Duration>,
    pub customers: u32,
    pub firewall: bool,
    pub faults: Vec<FaultRule>,
}

#[derive(Debug, Clone)]
pub enum Step {
    /// The following steps belong to the client of this name.
    As {
        name: String,
        address: Option<String>,
        tenant: usize,
    },
    Wait(Duration),
    /// Sets the wall clock back; the monotonic clock continues.
    ClockBack(Duration),
    /// Another fault plan.
    Faults(Vec<FaultRule>),
    Repeat(usize, Vec<Step>),
    /// All requests are sent before the first is answered.
    Together(Vec<Step>),
    Login(Login),
    Introspect,
    Revoke,
    Call(Call),
}

/// The form of a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    Well,
    WrongSecret,
    UnknownClient,
    InTheForm,
    BrokenHeader,
}

#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The client disconnects before the response.
    pub abandoned: bool,
    pub expected: Option<u16>,
}

/// Reads a file of clients.
pub fn read(text: &str) -> Vec<Script> {
    let mut scripts = Vec::new();
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let mut lines =
            block.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
        let Some(head) = lines.next() else { continue };
        let (name, rules) = match head.strip_prefix("bad ") {
            Some(rest) => rest.split_once(" => ").unwrap_or_else(|| panic!("{head}: missing rule")),
            None => {
                (head.strip_prefix("good ").unwrap_or_else(|| panic!("{head}: expected `good` or `bad`")), "")
            }
        };
        let rule = |word: &str| {
            let known = ViolationKind::ALL.iter().find(|kind| kind.name() == word);
            *known.unwrap_or_else(|| panic!("{head}: unknown rule {word}"))
        };
        let breaks = rules.split(", ").filter(|word| !word.is_empty()).map(rule).collect();
        let mut cloud = Cloud { customers: 250, ..Cloud::default() };
        while let Some(line) = lines.next_if(|line| line.starts_with("cloud ") || line.starts_with("fault "))
        {
            match line.split_once(' ').unwrap() {
                ("fault", rest) => cloud.faults.push(fault(rest)),
                (_, "firewall") => cloud.firewall = true,
                (_, rest) => match rest.split_once(' ').unwrap() {
                    ("life", seconds) => cloud.life = Some(self::seconds(seconds)),
                    ("customers", number) => cloud.customers = number.parse().unwrap(),
                    _ => panic!("{line}"),
                },
            }
        }
        let lines: Vec<&str> = lines.collect();
        let mut rest = lines.as_slice();
        let steps = steps(&mut rest);
        assert!(rest.is_empty(), "{head}: an end too many");
        scripts.push(Script { name: name.to_owned(), breaks, cloud, steps });
    }
    scripts
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse().unwrap_or_else(|_| panic!("{text} is not a number of seconds")))
}

fn steps(lines: &mut &[&str]) -> Vec<Step> {
    let mut found = Vec::new();
    while let Some((line, rest)) = lines.split_first() {
        if *line == "end" {
            break;
        }
        *lines = rest;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut block = || {
            let inner = steps(lines);
            let (_, rest) = lines.split_first().unwrap_or_else(|| panic!("{line}: no end"));
            *lines = rest;
            inner
        };
        found.push(match word {
            "repeat" => Step::Repeat(rest.parse().unwrap(), block()),
            "together" => Step::Together(block()),
            "wait" => Step::Wait(seconds(rest)),
            "clock-back" => Step::ClockBack(seconds(rest)),
            "calm" => Step::Faults(Vec::new()),
            "now" => Step::Faults(vec![fault(rest.strip_prefix("fault ").unwrap())]),
            "login" => Step::Login(match rest {
                "" => Login::Well,
                "wrong-secret" => Login::WrongSecret,
                "unknown-client" => Login::UnknownClient,
                "in-the-form" => Login::InTheForm,
                "broken-header" => Login::BrokenHeader,
                _ => panic!("{line}"),
            }),
            "introspect" => Step::Introspect,
            "revoke" => Step::Revoke,
            "as" => {
                let words: Vec<&str> = rest.split(' ').collect();
                let after = |key: &str| {
                    words.windows(2).find_map(|pair| (pair[0] == key).then(|| pair[1].to_owned()))
                };
                Step::As {
                    name: words[0].to_owned(),
                    address: after("from"),
                    tenant: after("provider").map_or(0, |number| number.parse().unwrap()),
                }
            }
            "abandon" => Step::Call(Call { abandoned: true, ..call(rest) }),
            _ => Step::Call(call(line)),
        });
    }
    found
}

/// `get PATH [+name: value]… [body] [-> status]`
fn call(line: &str) -> Call {
    let (line, expected) = match line.rsplit_once(" -> ") {
        Some((line, status)) => (line, Some(status.parse().unwrap())),
        None => (line, None),
    };
    let (line, body) = match line.split_once(" with ") {
        Some((line, body)) => (line, body),
        None => (line, ""),
    };
    let mut parts = line.split(" +");
    let (method, path) =
        parts.next().and_then(|first| first.split_once(' ')).unwrap_or_else(|| panic!("{line}"));
    assert!(["get", "head", "put", "post", "patch", "delete"].contains(&method), "{line}: no such word");
    let header = |part: &str| {
        let (name, value) = part.split_once(": ").unwrap_or((part, ""));
        (name.to_owned(), value.to_owned())
    };
    Call {
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        headers: parts.map(header).collect(),
        body: body.to_owned(),
        abandoned: false,
        expected,
    }
}

/// `503 [retry-after SECONDS] [in AREA] [on ROUTE] [to METHOD] [once|times N|after N]`
fn fault(text: &str) -> FaultRule {
    let words: Vec<&str> = text.split(' ').collect();
    let after = |key: &str| words.windows(2).find_map(|pair| (pair[0] == key).then_some(pair[1]));
    let number = |key: &str| after(key).map(|text| text.parse::<u64>().unwrap());
    let retry_after = number("retry-after").map(RetryAfter::Seconds);
    let effect = match words[0] {
        "unauthorized" => Effect::Unauthorized,
        "forbidden" => Effect::Forbidden,
        "html" => Effect::HtmlBody,
        "empty" => Effect::EmptyBody,
        "truncated" => Effect::TruncatedBody,
        "hang" => Effect::Hang,
        "revoked-client" => Effect::RevokedClient,
        "block" => Effect::FirewallBlock { lasts: seconds(words[1]) },
        "slow" => Effect::Latency { least: seconds(words[1]), most: seconds(words[1]) },
        "reset" => Effect::Reset {
            at: match words[1] {
                "connect" => ResetStage::Connect,
                "request" => ResetStage::Request,
                "headers" => ResetStage::Headers,
                "body" => ResetStage::Body,
                _ => panic!("{text}"),
            },
        },
        "redirect" => Effect::Redirect { status: words[1].parse().unwrap(), location: words[2].to_owned() },
        "expires-in" => Effect::ExpiresIn(words[1].parse::<u64>().ok().map(Into::into)),
        status => Effect::Status { status: status.parse().unwrap_or_else(|_| panic!("{text}")), retry_after },
    };
    let mut rule = FaultRule::new(effect);
    rule = match after("in") {
        Some("oauth") => rule.area(Area::Oauth),
        Some("reports") => rule.area(Area::Reports),
        Some("everything") => rule,
        _ => rule.area(Area::Api),
    };
    if let Some(route) = after("on") {
        rule = rule.route(route);
    }
    if let Some(method) = after("to") {
        rule = rule.method(method.parse().unwrap());
    }
    let before = number("after").unwrap_or(0);
    let times = if words.contains(&"once") { Some(1) } else { number("times") };
    rule = rule.from_request(before + 1);
    match times {
        Some(times) => rule.to_request(before + times),
        None => rule,
    }
}
