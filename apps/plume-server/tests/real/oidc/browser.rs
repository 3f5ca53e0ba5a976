//! As much of a browser as the pages of the provider need: cookies, redirects and forms.

use std::{collections::HashMap, fmt::Write};

use axum::http::{HeaderMap, Request, header};
use bytes::Bytes;
use plume::runtime::{HttpTransport, Limits, Transport};

/// Redirects in a row.
const MOST: usize = 20;

/// A response.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn new(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let location = headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap()).to_owned();
        Self { status, location, text: String::from_utf8_lossy(body).into_owned() }
    }

    /// The value of a hidden field.
    pub(super) fn hidden(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// The address of the first link or form that contains a text.
    pub(super) fn link(&self, with: &str) -> String {
        let addresses =
            self.text.split(['"']).filter(|part| part.contains(with) && !part.contains(['<', '>']));
        addresses.map(|address| address.replace("&#38;", "&").replace("&amp;", "&")).next().unwrap()
    }
}

/// A browser with the cookies of each origin.
pub(super) struct Browser {
    jar: HashMap<(String, String), String>,
    transport: HttpTransport,
}

impl Browser {
    pub(super) fn new() -> Self {
        Self { jar: HashMap::new(), transport: HttpTransport::builder().build() }
    }

    pub(super) fn cookies(&self, origin: &str) -> String {
        let own = self.jar.iter().filter(|((of, _), _)| of == origin);
        own.map(|((_, name), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn keep(&mut self, origin: &str, headers: &HeaderMap) {
        for set in headers.get_all(header::SET_COOKIE) {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let (key, value) = ((origin.to_owned(), name.to_owned()), rest.split(';').next().unwrap());
            match value.is_empty() {
                true => drop(self.jar.remove(&key)),
                false => drop(self.jar.insert(key, value.to_owned())),
            }
        }
    }

    async fn ask(&mut self, url: &str, form: Option<&[(&str, &str)]>) -> Answer {
        let origin = origin(url);
        let mut request = Request::builder().uri(url).header(header::COOKIE, self.cookies(&origin));
        request = request.header(header::ACCEPT, "text/html");
        let mut body = String::new();
        if let Some(form) = form {
            for (name, value) in form {
                write!(body, "{name}={value}&").unwrap();
            }
            let kind = "application/x-www-form-urlencoded";
            request = request.method("POST").header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Bytes::from(body)).unwrap();
        let response = self.transport.send(request, &Limits::default()).await.unwrap();
        let (parts, body) = response.into_parts();
        self.keep(&origin, &parts.headers);
        let mut answer = Answer::new(parts.status.as_u16(), &parts.headers, &body);
        if answer.location.starts_with('/') {
            answer.location = format!("{origin}{}", answer.location);
        }
        answer
    }

    /// Follows redirects as long as they lead to the provider. Returns the last address, and its response if it is there.
    async fn follow(&mut self, url: &str, mut answer: Answer) -> (String, Option<Answer>) {
        let (provider, mut here) = (origin(url), url.to_owned());
        for _ in 0..MOST {
            if answer.location.is_empty() {
                return (here, Some(answer));
            }
            here.clone_from(&answer.location);
            if origin(&here) != provider {
                return (here, None);
            }
            answer = self.ask(&here, None).await;
        }
        panic!("too many redirects, the last one to {here}");
    }

    async fn open(&mut self, url: &str) -> (String, Option<Answer>) {
        let answer = self.ask(url, None).await;
        self.follow(url, answer).await
    }

    async fn submit(&mut self, url: &str, form: &[(&str, &str)]) -> (String, Option<Answer>) {
        let answer = self.ask(url, Some(form)).await;
        self.follow(url, answer).await
    }

    /// Signs in and consents at the provider. Returns the address that it leads back to.
    pub(super) async fn authorize(&mut self, url: &str, login: &str) -> String {
        let mut at = self.open(url).await;
        for _ in 0..3 {
            let (here, Some(page)) = at else { return at.0 };
            assert_eq!(page.status, 200, "{here}: {}", page.text);
            at = match page.text.contains("name=\"login\"") {
                true => {
                    let form = [("prompt", "login"), ("login", login), ("password", "not-a-real-password")];
                    self.submit(&here, &form).await
                }
                false => self.submit(&here, &[("prompt", "consent")]).await,
            };
        }
        panic!("the provider does not lead back: {}", at.0);
    }

    pub(super) async fn asks_for_login(&mut self, url: &str) -> bool {
        self.open(url).await.1.is_some_and(|page| page.text.contains("name=\"login\""))
    }

    /// Confirms the sign-out at the provider. Returns the address that it leads back to.
    pub(super) async fn sign_out(&mut self, url: &str) -> String {
        let (_, page) = self.open(url).await;
        let page = page.unwrap();
        let (action, secret) = (page.link("/session/end/confirm"), page.hidden("xsrf"));
        self.submit(&action, &[("xsrf", &secret), ("logout", "yes")]).await.0
    }
}

/// The scheme and the host of a URL.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}
