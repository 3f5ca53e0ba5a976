//! The checks of settings, files, clock and token.

use std::{path::Path, time::Duration};

use plume_auth::{AccessToken, AuthError, Scope};
use plume_text::human;
use plume_types::PartnerId;

use crate::client::Partial;
use crate::doctor::diagnosis::{Check, Finding};
use crate::doctor::network::Skew;
use crate::error::Cause;

const PARTNER_ID: &str = "PLUME_PARTNER_ID";
const BASES: [&str; 4] = ["PLUME_SSO_URL", "PLUME_API_BASE", "PLUME_REPORTS_BASE", "PLUME_LTE_BASE"];
const NETWORK: [&str; 2] = ["PLUME_PROXY", "PLUME_EXTRA_ROOTS"];

/// A clock that is off by this much or less agrees with the server's: a delay, and the tolerance for a token's own expiry.
const AGREES: Duration = Duration::from_secs(60);
/// A clock that is off by more than this makes times wrong by half of the shortest token lifetime, which is ten minutes.
const FAILS: Duration = Duration::from_secs(300);
/// A shorter lifetime makes token requests a noticeable part of all requests.
const SHORT: Duration = Duration::from_secs(60);

/// Returns the checks of the settings. `behind` is a failed check of the program that explains missing settings.
pub(super) fn settings(partial: &Partial, behind: Option<&Check>) -> Vec<Check> {
    let invalid = |names: &[&str]| {
        let of = partial.problems.iter().filter(|problem| !problem.is_missing);
        of.filter(|problem| names.contains(&problem.setting.as_str()))
            .map(|problem| problem.text.clone())
            .collect::<Vec<_>>()
    };
    let has_own_check = |name: &str| name == PARTNER_ID || BASES.contains(&name);
    let others: Vec<_> = partial
        .problems
        .iter()
        .filter(|problem| problem.is_missing || !has_own_check(&problem.setting))
        .collect();
    let texts = || others.iter().map(|problem| problem.text.as_str()).collect::<Vec<_>>().join("\n");
    let all = match others.as_slice() {
        [] => Finding::passed("every required setting is set"),
        some if behind.is_some() && some.iter().all(|problem| problem.is_missing) => {
            let name = behind.map_or("", |check| check.name.as_str());
            Finding::skipped(format!("a check before it failed: see `{name}`"))
        }
        [one] if one.is_missing => Finding::failed(
            Cause::Settings,
            texts(),
            format!("Set {}; the Plume Portal shows its value.", one.setting),
        ),
        some if some.iter().all(|problem| problem.is_missing) => Finding::failed(
            Cause::Settings,
            texts(),
            "Set the settings that are missing; the Plume Portal shows their values.",
        ),
        _ => Finding::failed(Cause::Settings, texts(), "Correct the settings as the lines above say."),
    };
    let names = match partial.warnings.as_slice() {
        [] => Finding::passed("every `PLUME_…` name is known"),
        some => Finding::warned("some `PLUME_…` names have no effect", some.to_vec()),
    };
    let partner = match (invalid(&[PARTNER_ID]).as_slice(), &partial.partner_id) {
        ([], Some(id)) => Finding::passed(shape(id)),
        ([], None) => Finding::skipped(format!("{PARTNER_ID} is not set")),
        (problems, _) => Finding::failed(
            Cause::Settings,
            problems.join("\n"),
            format!("Set {PARTNER_ID} to the partner id that the Plume Portal shows."),
        ),
    };
    let set = [&partial.sso_url, &partial.api_base, &partial.reports_base, &partial.lte_base];
    let set = set.iter().filter(|url| url.is_some()).count();
    let bare = || match &partial.api_base {
        Some(base) if base.is_bare() => {
            vec!["PLUME_API_BASE has no path; that of the API usually ends in `/api`".to_owned()]
        }
        _ => Vec::new(),
    };
    let bases = match (invalid(&BASES).as_slice(), set) {
        ([], 0) => Finding::skipped("no base URL is set"),
        ([], 1) => Finding::warned("1 URL, https or on this machine", bare()),
        ([], some) => Finding::warned(format!("{some} URLs, https or on this machine"), bare()),
        (problems, _) => Finding::failed(
            Cause::Settings,
            problems.join("\n"),
            "Set the URL as the Plume Portal shows it, with https://.",
        ),
    };
    vec![
        Check::new("settings", all),
        Check::new("setting-names", names),
        Check::new("partner-id", partner),
        Check::new("base-urls", bases),
    ]
}

/// Returns whether the proxy or the certificates are invalid, so that no request can be sent as the settings say.
pub(super) fn has_invalid_network(partial: &Partial) -> bool {
    partial.problems.iter().any(|problem| NETWORK.contains(&problem.setting.as_str()))
}

fn shape(id: &PartnerId) -> String {
    format!("a partner id of {} characters", id.as_str().chars().count())
}

/// Returns the check of each file that holds a secret.
pub(super) fn secret_files<'p>(paths: impl Iterator<Item = &'p Path>) -> Vec<Check> {
    const NAME: &str = "secret-files";
    let checks: Vec<_> =
        paths.map(|path| Check::of(NAME, &path.display().to_string(), secret_file(path))).collect();
    if checks.is_empty() {
        return vec![Check::new(NAME, Finding::skipped("no setting names a file with a secret"))];
    }
    checks
}

#[cfg(unix)]
fn secret_file(path: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt;

    let mode = match std::fs::metadata(path) {
        Ok(found) => found.permissions().mode() & 0o7777,
        Err(error) => return Finding::skipped(format!("the file cannot be examined: {error}")),
    };
    if mode & 0o077 == 0 {
        return Finding::passed(format!("only its owner can read it (mode {mode:04o})"));
    }
    let can = match (mode & 0o044 != 0, mode & 0o022 != 0) {
        (true, _) => "others than its owner can read it",
        (_, true) => "others than its owner can write it",
        _ => "others than its owner can execute it",
    };
    Finding::failed(
        Cause::Other,
        format!("{can} (mode {mode:04o})"),
        "Remove the permissions of others: `chmod 600` with this file, or its mode where it is mounted. If others can log \
         in, replace the secret.",
    )
}

#[cfg(not(unix))]
fn secret_file(_: &Path) -> Finding {
    Finding::skipped("permissions of files are checked on Unix only")
}

/// Returns the check of this machine's clock against the first response.
pub(super) fn clock(responded: bool, skew: Option<Skew>) -> Check {
    let finding = match (skew, responded) {
        (None, false) => Finding::skipped("no server responded"),
        (None, true) => Finding::skipped("the first response has no `Date` of its server"),
        (Some(Skew { off, .. }), _) if off < Duration::from_secs(1) => {
            Finding::passed("this machine's clock agrees with the server's")
        }
        (Some(Skew { off, ahead }), _) => {
            let seen = format!(
                "this machine's clock is {} {} the server's",
                human(off),
                if ahead { "ahead of" } else { "behind" }
            );
            match off {
                _ if off <= AGREES => Finding::passed(seen),
                _ if off <= FAILS => {
                    let why = "set the clock: token expiry and the times of reports are wrong by this much";
                    Finding::warned(seen, vec![why.to_owned()])
                }
                _ => Finding::failed(
                    Cause::Other,
                    seen,
                    "Set this machine's clock, and let it be set from the network (NTP).",
                ),
            }
        }
    };
    Check::new("clock", finding)
}

/// Returns the check of a token that was obtained.
pub(super) fn token(lifetime: Duration) -> Finding {
    let seen = format!("a token of type Bearer, valid for {}", human(lifetime));
    let short = format!("the lifetime is short: a new token is requested every {}", human(lifetime));
    Finding::warned(seen, if lifetime < SHORT { vec![short] } else { Vec::new() })
}

/// Returns the check of a token that the endpoint refused, or did not send.
pub(super) fn refused(error: &AuthError) -> Finding {
    let help = match (error.code(), error.status()) {
        (Some("invalid_scope"), _) => {
            format!("Set {PARTNER_ID} to the partner id that belongs to this authorization header.")
        }
        (_, Some(404)) => {
            "Set PLUME_SSO_URL to the token endpoint, https://…/oauth2/<id>/v1/token.".to_owned()
        }
        _ if error.is_unreachable() => {
            "Try again later: the token endpoint accepts connections but does not respond.".to_owned()
        }
        _ => error.help().to_owned(),
    };
    Finding::failed(error.into(), error.to_string(), help)
}

/// Returns the check of the granted scope.
pub(super) fn scopes(requested: &Scope, token: &AccessToken) -> Finding {
    let Some(granted) = token.scope() else {
        return Finding::passed("the endpoint names no scope, so all of the requested one is granted");
    };
    let missing = requested.not_granted(Some(granted));
    if missing.is_empty() {
        return Finding::passed("all of the requested scope is granted");
    }
    let is_partner = |word: &&str| word.starts_with("partnerId:");
    let lost_partner = missing.iter().any(|word| word.starts_with("partnerId:"));
    if lost_partner && granted.split_ascii_whitespace().any(|word| is_partner(&word)) {
        return Finding::failed(
            Cause::Settings,
            "the token is for another partner than the requested one",
            format!("Set {PARTNER_ID} to the partner id that belongs to this authorization header."),
        );
    }
    let warnings =
        missing.iter().map(|word| format!("{word} is not granted: calls that need it are refused"));
    Finding::warned("a part of the requested scope is granted", warnings.collect())
}
