//! The way of one call: permit, token, send, judge, and perhaps once more.

use std::{
    sync::atomic::Ordering,
    time::{Duration, SystemTime},
};

use futures_util::future::{Either, select};
use http::{HeaderMap, header::RETRY_AFTER};
use plume_auth::{AuthErrorKind, SecureUrl};

use crate::{
    Client, Error, ErrorKind,
    call::{Answer, Call, request},
    error::Attempt,
    judge::Outcome,
    limiter::Held,
};

/// The most tries of one call, a replay with a new token not counted.
const MAX_TRIES: u32 = 3;
/// The upper end of the first random wait; doubled with every further try.
const BACKOFF_BASE: Duration = Duration::from_millis(200);
/// The longest wait of our own choosing.
const BACKOFF_CAP: Duration = Duration::from_secs(20);
/// `Retry-After` beyond this is cut.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

impl Client {
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        let operation = call.operation;
        let url = self.url(&call)?;
        let clock = &self.inner.clock;
        let started = clock.monotonic();
        let left = || self.inner.deadline.saturating_sub(clock.monotonic().saturating_sub(started));
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut tries = 0;
        let mut replayed = false;
        let mut refused: Option<(u64, Error)> = None;
        let mut last: Option<Error> = None;
        let mut pause = Duration::ZERO;
        loop {
            if !pause.is_zero() {
                clock.sleep(pause).await;
            }
            let waiting_since = clock.monotonic();
            let permit = match self.inner.limiter.acquire(left()).await {
                Ok(permit) => permit,
                // The failure before tells more than "no time for another try".
                Err(held) => {
                    return Err(last.unwrap_or_else(|| {
                        let (kind, wait) = match held {
                            Held::Limit(wait) => (ErrorKind::RateLimited, wait),
                            Held::Block(wait) => (ErrorKind::Blocked, wait),
                        };
                        Error::limited(operation, kind, wait, attempts)
                    }));
                }
            };
            let waited = pause.saturating_add(clock.monotonic().saturating_sub(waiting_since));
            // A token that is at hand costs no future. Waiting for one must not use up more than this call's time.
            let token = match self.inner.tokens.ready() {
                Some(token) => Ok(token),
                None => match select(self.inner.tokens.token(), clock.sleep(left())).await {
                    Either::Left((token, _)) => token,
                    Either::Right(_) => {
                        return Err(Error::out_of_time(operation, "access token", attempts));
                    }
                },
            };
            let token = match (token, refused.as_ref()) {
                (Ok(token), _) => token,
                // No other token to be had: the answer to the one we had tells more, an unknown customer for one.
                (Err(error), Some(_)) if error.kind() == AuthErrorKind::TokenRejected => {
                    return Err(
                        refused.map_or_else(|| Error::auth(operation, error, attempts), |(_, error)| error)
                    );
                }
                (Err(error), _) => return Err(Error::auth(operation, error, attempts)),
            };
            if let Some((generation, error)) = refused.take()
                && generation == token.generation()
            {
                // The provider has no other token, so the answer would be the same.
                return Err(error);
            }
            let request = request(operation, &url, &call, token.header_value().clone());
            let request =
                request.map_err(|_| Error::argument(operation, "the request", "cannot be built"))?;
            tries += 1;
            permit.used();
            self.inner.calls.fetch_add(1, Ordering::Relaxed);
            let limits = self.inner.limits.clone().total_timeout(self.inner.limits.total().min(left()));
            let result = self.inner.transport.send(request, &limits).await;
            attempts.push(Attempt {
                waited,
                outcome: match &result {
                    Ok(answer) => answer.status().to_string(),
                    Err(error) => error.to_string(),
                },
            });
            let outcome = match result {
                Ok(answer) => self.judge(operation, answer, replayed, clock.wall(), &attempts),
                Err(error) => {
                    let repeat =
                        error.is_transient() && (error.never_sent() || operation.safety.may_repeat());
                    let host = self.base(operation.service).map(SecureUrl::host).unwrap_or_default();
                    let error = Error::transport(operation, host, error, attempts.clone());
                    if repeat { Outcome::Again(error, None) } else { Outcome::Failed(error) }
                }
            };
            match outcome {
                Outcome::Done(answer) => return Ok(answer),
                Outcome::Failed(error) => return Err(error),
                Outcome::TokenRefused(error) => {
                    // Once only: 401 is also the answer for a customer that does not exist.
                    if replayed {
                        return Err(error);
                    }
                    replayed = true;
                    self.inner.tokens.invalidate(&token);
                    refused = Some((token.generation(), error));
                    pause = Duration::ZERO;
                    tries -= 1;
                }
                Outcome::Again(error, at_least) => {
                    pause = backoff(tries).max(at_least.unwrap_or_default());
                    if tries >= MAX_TRIES || pause >= left() {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
    }
}

/// `Retry-After`, in seconds or as a date (RFC 9110 §10.2.3), bounded. A date in the past means now; anything
/// else is ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
        SystemTime::from(date).duration_since(now).unwrap_or_default()
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// A random wait up to a bound that doubles with every try, so that many clients do not come back together.
fn backoff(tries: u32) -> Duration {
    let bound = BACKOFF_BASE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(BACKOFF_CAP);
    bound.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_bounded_and_never_immediate_by_mistake() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        for (header, expected) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("301", Some(300)),
            ("18446744073709551615", Some(300)),
            ("99999999999999999999999", Some(300)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, header.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{header}");
        }
    }

    #[tokio::test]
    async fn what_must_not_happen_twice_is_sent_once() {
        use std::sync::{Arc, Mutex};

        use bytes::Bytes;
        use http::Response;
        use plume_auth::StaticToken;
        use plume_runtime::{InProcess, ManualClock, TransportError, TransportErrorKind};

        use crate::{Operation, Safety, Service};

        let change = |safety| Operation {
            name: "test.change",
            method: http::Method::POST,
            service: Service::Api,
            path: "/changes",
            safety,
        };
        let fails = |kind| Err(TransportError::new(kind, "broken on purpose"));
        let answers = |status: u16| Ok(Response::builder().status(status).body(Bytes::new()).unwrap());
        for (safety, outcome, sent, kind) in [
            // The request may have arrived: nobody knows whether the change took place.
            (Safety::Neither, fails(TransportErrorKind::Interrupted), 1, ErrorKind::OutcomeUnknown),
            (Safety::Neither, fails(TransportErrorKind::Timeout), 1, ErrorKind::OutcomeUnknown),
            (Safety::Neither, answers(503), 1, ErrorKind::Server),
            (Safety::Neither, answers(429), 1, ErrorKind::RateLimited),
            // It cannot have arrived: another try is no second time.
            (Safety::Neither, fails(TransportErrorKind::Connect), 3, ErrorKind::Network),
            // Twice is the same as once.
            (Safety::Idempotent, fails(TransportErrorKind::Interrupted), 3, ErrorKind::Network),
            (Safety::Idempotent, answers(503), 3, ErrorKind::Server),
        ] {
            let requests = Arc::new(Mutex::new(0));
            let (seen, reply) = (Arc::clone(&requests), outcome.clone());
            let transport = InProcess::new(move |_| {
                *seen.lock().unwrap() += 1;
                let reply = reply.clone();
                async { reply }
            });
            let client = Client::builder()
                .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
                .token_provider(StaticToken::new("not.a.token").unwrap())
                .transport(Arc::new(transport))
                .clock(Arc::new(ManualClock::skipping(SystemTime::UNIX_EPOCH)))
                .build()
                .unwrap();
            let operation = change(safety);
            let error = client.send(Call::at(&operation, "/changes".to_owned())).await.err().unwrap();
            assert_eq!((*requests.lock().unwrap(), error.kind()), (sent, kind), "{safety:?} {outcome:?}");
        }
    }

    #[test]
    fn backoff_stays_in_its_bounds() {
        for tries in [1, 2, 10, u32::MAX] {
            for _ in 0..100 {
                assert!(backoff(tries) <= BACKOFF_CAP);
            }
        }
        assert!((0..1_000).all(|_| backoff(1) <= BACKOFF_BASE));
    }
}
