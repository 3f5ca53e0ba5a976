//! The checks of all responses together: their shape, and the call limit.

use plume_types::{Drift, DriftKind};

use crate::doctor::diagnosis::Finding;
use crate::error::{Cause, Error};
use crate::limiter::{LimiterStatus, RateLimiter};

/// The maximum number of places that are listed.
const LISTED: usize = 5;

/// A field without which a home cannot be judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Essential {
    /// The path in drift, for example `nodes[].connectionState`.
    pub(super) list: &'static str,
    pub(super) field: &'static str,
    pub(super) is_missing: bool,
}

/// Returns the check of the shape of `decoded` responses.
pub(super) fn shape(decoded: u32, drift: &Drift, essentials: &[Essential]) -> Finding {
    if decoded == 0 {
        return Finding::skipped("no response was decoded");
    }
    let responses = if decoded == 1 { "1 response".to_owned() } else { format!("{decoded} responses") };
    let mut unknown: Vec<&str> = drift
        .iter()
        .filter(|place| place.kind == DriftKind::UnknownField)
        .map(|place| place.path.as_str())
        .collect();
    unknown.sort_unstable();
    let missing: Vec<String> = essentials
        .iter()
        .filter(|essential| essential.is_missing)
        .map(|Essential { list, field, .. }| {
            let missing = format!("no element of the {list} has `{field}`");
            match nearest(field, &unknown) {
                Some(found) => format!("{missing}; `{found}`, which is unknown, may be its new name"),
                None => missing,
            }
        })
        .collect();
    if !missing.is_empty() {
        return Finding::failed(
            Cause::Other,
            missing.join("\n"),
            "Update the SDK: the API has renamed or removed a field.",
        );
    }
    if drift.is_empty() {
        return Finding::passed(format!("{responses}, as the models expect"));
    }
    let mut places: Vec<String> = drift
        .iter()
        .map(|place| format!("{} `{}` ({} times)", place.kind, place.path, place.count))
        .map(|line| line.replace("(1 times)", "(once)"))
        .collect();
    places.sort_unstable();
    let more = places.len().saturating_sub(LISTED);
    places.truncate(LISTED);
    if more > 0 {
        places.push(format!("and {more} more places"));
    }
    let seen =
        format!("{responses}; {} parts differ from the models and are ignored or kept as text", drift.len());
    Finding::warned(seen, places)
}

/// Returns the unknown field with the most similar name.
fn nearest<'u>(field: &str, unknown: &[&'u str]) -> Option<&'u str> {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '-'], "");
    let last = |path: &'u str| path.rsplit('.').next().unwrap_or(path);
    let field = plain(field);
    let near = unknown.iter().map(|path| (plume_text::distance(&field, &plain(last(path))), *path));
    near.filter(|(distance, _)| *distance <= field.len() / 2).min().map(|(_, path)| path)
}

/// Returns the check of the call limit. `hit` is the error of a call that was refused because of a limit.
pub(super) fn call_limit(
    limiter: &RateLimiter,
    hit: Option<&Error>,
    responded: bool,
    headers: &[String],
) -> Finding {
    if let Some(error) = hit {
        let help = match error.retry_after() {
            Some(wait) if !error.is_blocked() => {
                format!("Wait {}, and make fewer calls.", plume_text::human(wait))
            }
            _ => error.help().to_owned(),
        };
        return Finding::failed(error.cause(), error.to_string(), help);
    }
    if !responded {
        return Finding::skipped("the API responded to no call, so a block would not be seen");
    }
    let LimiterStatus { budget_left, pace, .. } = limiter.status();
    let reported = match headers {
        [] => String::new(),
        some => format!("; the API reports {}", some.join(", ")),
    };
    match budget_left {
        None => Finding::skipped(format!("no call limit is set{reported}")),
        Some(0) => Finding::failed(
            Cause::Limited,
            format!("no call is left in this window{reported}"),
            "Wait five minutes, and make fewer calls.",
        ),
        Some(left) => {
            let pace = pace.map(|pace| format!(" at {pace:.1} per second")).unwrap_or_default();
            Finding::passed(format!("{left} calls are left in this window{pace}{reported}"))
        }
    }
}
