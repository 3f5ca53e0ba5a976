//! The constructors of errors, and additions to them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_auth::{AuthError, AuthErrorKind};
use plume_runtime::{TransportError, TransportErrorKind};
use plume_text::human;
use plume_types::Drift;

use crate::error::attempt::{Attempt, NotRetried};
use crate::error::kind::ErrorKind;
use crate::error::record::{Error, Inner, Source};
use crate::operations::Operation;

impl Error {
    /// Creates the error of a call that was not sent because the API rejected several new tokens.
    pub(crate) fn resting(operation: &Operation, wait: Duration) -> Self {
        let message = format!(
            "{operation} was not sent: the API rejects every new access token; retry in {}",
            human(wait)
        );
        Self::from_inner(Inner {
            retry_after: Some(wait),
            ..Self::of(operation, ErrorKind::Unauthorized, message)
        })
    }

    /// Creates an error of the settings. `message` has one line per setting, each safe for a screen.
    pub(crate) fn settings(message: String) -> Self {
        Self::from_inner(Inner { message, ..Self::build(ErrorKind::Settings, String::new()) })
    }

    pub(crate) fn argument(operation: &Operation, name: &str, why: &str) -> Self {
        Self::plain(operation, ErrorKind::Argument, format!("invalid `{name}`: {why} ({operation})"))
    }

    pub(crate) fn missing_parameter(operation: &Operation, name: &str) -> Self {
        let message = format!("missing required parameter `{name}` ({operation})");
        Self::plain(operation, ErrorKind::Argument, message)
    }

    pub(crate) fn incomplete(operation: &Operation, why: &str) -> Self {
        Self::plain(
            operation,
            ErrorKind::Incomplete,
            format!("failed to read the whole list: {why} ({operation})"),
        )
    }

    pub(crate) fn missing_setting(operation: &Operation, setting: &str) -> Self {
        Self::plain(operation, ErrorKind::Settings, format!("{setting} is not set (required by {operation})"))
    }

    pub(crate) fn auth(operation: &Operation, error: AuthError) -> Self {
        let message = format!("failed to obtain an access token: {error}");
        let kind = match error.kind() {
            AuthErrorKind::Runtime => ErrorKind::Runtime,
            _ => ErrorKind::Auth,
        };
        Self::from_inner(Inner {
            status: error.status(),
            code: error.code().map(str::to_owned),
            retry_after: error.retry_after(),
            source: Some(Source::Auth(error)),
            ..Self::of(operation, kind, message)
        })
    }

    pub(crate) fn transport(operation: &Operation, host: &str, error: TransportError) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::Refused => ErrorKind::Settings,
            TransportErrorKind::Runtime => ErrorKind::Runtime,
            TransportErrorKind::TooLarge => ErrorKind::Unreadable,
            _ if !error.never_sent() && !operation.safety.may_repeat() => ErrorKind::OutcomeUnknown,
            TransportErrorKind::Timeout => ErrorKind::Timeout,
            _ => ErrorKind::Network,
        };
        let message = match error.kind() {
            // Nothing was sent to a host.
            TransportErrorKind::NotRecorded => error.to_string(),
            _ => format!("{operation} at {host} failed: {error}"),
        };
        Self::from_inner(Inner {
            source: Some(Source::Transport(error)),
            ..Self::of(operation, kind, message)
        })
    }

    pub(crate) fn no_token_in_time(operation: &Operation) -> Self {
        Self::plain(
            operation,
            ErrorKind::Timeout,
            format!("{operation} was not sent: no access token before the deadline"),
        )
    }

    /// Creates the error of a call whose deadline passed before the request could be sent.
    pub(crate) fn too_late(operation: &Operation) -> Self {
        Self::plain(
            operation,
            ErrorKind::Timeout,
            format!("{operation} was not sent: the deadline has passed"),
        )
    }

    /// Creates the error of a call that was not sent because the address is blocked until `until`.
    pub(crate) fn blocked(operation: &Operation, wait: Duration, until: DateTime<Utc>) -> Self {
        let end = http_date(until).map(|until| format!(", until {until}")).unwrap_or_default();
        let message = format!(
            "{operation} was not sent: the API's firewall blocks this address for up to {}{end}",
            human(wait),
        );
        Self::from_inner(Inner {
            retry_after: Some(wait),
            blocked_until: Some(until),
            ..Self::of(operation, ErrorKind::Blocked, message)
        })
    }

    /// Creates the error of a call that was not sent because the limiter's queue is full.
    pub(crate) fn overloaded(operation: &Operation) -> Self {
        Self::plain(
            operation,
            ErrorKind::Overloaded,
            format!("{operation} was not sent: the queue of the call limit is full"),
        )
    }

    /// Creates the error of a call that gets no permit before its deadline. [`Duration::MAX`] means never.
    pub(crate) fn limited(operation: &Operation, wait: Duration) -> Self {
        let (kind, retry_after, why) = match wait {
            Duration::MAX => {
                (ErrorKind::Settings, None, "the call limit (`CallRate`) permits no calls".to_owned())
            }
            wait => {
                let when = human(wait);
                let why = format!("no permit of the call limit before the deadline; retry in {when}");
                (ErrorKind::RateLimited, Some(wait), why)
            }
        };
        Self::from_inner(Inner {
            retry_after,
            ..Self::of(operation, kind, format!("{operation} was not sent: {why}"))
        })
    }

    /// Creates the error of a response with drift, in strict mode.
    pub(crate) fn drifted(operation: &Operation, status: http::StatusCode, drift: Drift) -> Self {
        const SHOWN: usize = 5;
        let mut places: Vec<String> =
            drift.iter().map(|place| format!("{} ({})", place.path, place.kind)).collect();
        places.sort_unstable();
        let more = places.len().saturating_sub(SHOWN);
        places.truncate(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!(
            "the response to {operation} ({status}) differs from the models at {}{more}",
            places.join(", ")
        );
        Self::from_inner(Inner {
            status: Some(status.as_u16()),
            source: Some(Source::Drift(Arc::new(drift))),
            ..Self::of(operation, ErrorKind::Drift, message)
        })
    }

    /// Adds that the clocks disagree.
    pub(crate) fn with_clocks(mut self, off: Duration) -> Self {
        let what = format!("; the clocks disagree: the token's own expiry is off by {}", human(off));
        Arc::make_mut(&mut self.inner).message.push_str(&what);
        self
    }

    /// Adds that the server named a longer wait than a call respects.
    pub(crate) fn with_cut_wait(mut self, named: Duration, longest: Duration) -> Self {
        let what = format!("; Retry-After is {}, cut to {}", human(named), human(longest));
        Arc::make_mut(&mut self.inner).message.push_str(&what);
        self
    }

    /// Adds that the base URL of the service has no path.
    pub(crate) fn with_bare_base(mut self) -> Self {
        Arc::make_mut(&mut self.inner).is_bare_base = true;
        self
    }

    /// Adds the end of a block.
    pub(crate) fn with_block_end(mut self, until: DateTime<Utc>) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.blocked_until = Some(until);
        if let Some(until) = http_date(until) {
            inner.message.push_str(&format!("; until {until} at the latest"));
        }
        self
    }

    /// Adds the attempts, and why there was no further one.
    pub(crate) fn after(mut self, attempts: Vec<Attempt>, not_retried: Option<NotRetried>) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.attempts = attempts;
        inner.not_retried = not_retried;
        self
    }
}

/// Returns the time in HTTP's form. `None` before 1970 and after the year 9999, for which there is no such form.
fn http_date(time: DateTime<Utc>) -> Option<String> {
    let written = 0..=253_402_300_799;
    written.contains(&time.timestamp()).then(|| time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_a_clock_has_a_form_in_http_or_none() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for (time, date) in [
            (at(0), Some("Thu, 01 Jan 1970 00:00:00 GMT")),
            (at(-1), None),
            (at(253_402_300_799), Some("Fri, 31 Dec 9999 23:59:59 GMT")),
            (at(253_402_300_800), None),
            (DateTime::<Utc>::MAX_UTC, None),
            (DateTime::<Utc>::MIN_UTC, None),
        ] {
            assert_eq!(http_date(time).as_deref(), date, "{time}");
        }
    }
}
