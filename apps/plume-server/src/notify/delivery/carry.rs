//! The parts that send requests.

use std::{fmt, sync::Arc, time::Duration};

use plume::runtime::{Clock, Limits, Transport};
use plume_telegram::Api;

use crate::notify::delivery::classify::Reply;
use crate::notify::delivery::smtp::Mailer;
use crate::notify::render::Request;

/// Maximum time of an attempt.
const LIMIT: Duration = Duration::from_secs(20);
/// Maximum size of a response.
const MAX_RESPONSE: usize = 64 << 10;

/// Sends requests of all kinds.
#[derive(Clone)]
pub struct Carriers {
    http: Arc<dyn Transport>,
    telegram: Option<String>,
    mail: Option<Arc<dyn Mailer>>,
    clock: Arc<dyn Clock>,
}

impl Carriers {
    /// Creates carriers over a transport, which has to be a [`Guard`](crate::guard::Guard) outside of tests.
    #[must_use]
    pub fn new(http: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { http, telegram: None, mail: None, clock }
    }

    /// Sets the sender of mails. Without it, mails are refused.
    #[must_use]
    pub fn with_mail(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mail = Some(mailer);
        self
    }

    /// Sets the base of the Bot API.
    #[must_use]
    pub fn with_telegram(mut self, base: impl Into<String>) -> Self {
        self.telegram = Some(base.into());
        self
    }

    /// Sends a request once.
    pub async fn carry(&self, request: Request) -> Reply {
        tokio::select! {
            reply = self.send(request) => reply,
            () = self.clock.limit(LIMIT) => Reply::Late,
        }
    }

    async fn send(&self, request: Request) -> Reply {
        match request {
            Request::Http(request) => {
                let limits = Limits::default().total_timeout(LIMIT).max_body_bytes(MAX_RESPONSE);
                Reply::Http(self.http.send(*request, &limits).await)
            }
            Request::Telegram(token, call) => {
                let api = Api::new(Arc::clone(&self.http), token);
                let api = match &self.telegram {
                    Some(base) => match api.with_base(base) {
                        Ok(api) => api,
                        Err(invalid) => {
                            return Reply::Impossible(format!("the base of the Bot API {invalid}"));
                        }
                    },
                    None => api,
                };
                Reply::Telegram(api.call(&call).await.map(drop))
            }
            Request::Mail(mail) => match &self.mail {
                Some(mailer) => Reply::Mail(mailer.send(*mail).await),
                None => Reply::Impossible("no mail server is configured".to_owned()),
            },
        }
    }
}

impl fmt::Debug for Carriers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carriers").field("http", &self.http).finish_non_exhaustive()
    }
}
