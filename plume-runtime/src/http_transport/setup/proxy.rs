//! The choice of a proxy, and the check of its setting.
//!
//! The HTTP library ignores a proxy setting that it cannot parse and connects directly. So every setting is parsed here
//! first, and one that cannot be used is an error that names it.

use std::{ffi::OsString, fmt};

use crate::error::{TransportError, TransportErrorKind};
use crate::transport::is_loopback_host;

/// The variables of the proxy for `https`, in order of precedence.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The variables of the hosts without a proxy.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The proxy of a transport.
///
/// ```
/// use plume_runtime::{HttpTransport, Proxy};
///
/// let proxy = Proxy::Url("http://proxy.example.net:3128".to_owned());
/// assert!(proxy.check().is_ok());
/// let transport = HttpTransport::builder().proxy(proxy).build();
/// # let _ = transport;
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// Connects directly and ignores the environment. The default.
    #[default]
    Off,
    /// Uses the environment: `HTTPS_PROXY`, else `ALL_PROXY`, except for the hosts in `NO_PROXY`; each also in lower case.
    /// A variable that is set but cannot be used fails the first request with its name. Do not use it in programs whose
    /// environment others can set. Plain `http`, which is for this machine only, still connects directly.
    System,
    /// Uses the proxy at this URL (`http://` or `https://`). It may contain credentials, which are never shown.
    ///
    /// Plain `http`, which is for this machine only, uses the proxy only if that is on this machine too.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("Off"),
            Self::System => f.write_str("System"),
            Self::Url(_) => f.write_str("Url([redacted])"),
        }
    }
}

impl Proxy {
    /// Checks whether the proxy can be used, as the first request does. For [`Proxy::System`] it reads the environment.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Refused`], which names the variable if it comes from the environment. No value is repeated.
    pub fn check(&self) -> Result<(), TransportError> {
        let refused = |message| TransportError::new(TransportErrorKind::Refused, message);
        self.in_use(true).map(drop).map_err(refused)
    }

    /// Returns whether requests over TLS may pass a proxy: `false` for [`Proxy::Off`], for [`Proxy::System`] if the
    /// environment names none, and for a proxy that [cannot be used](Self::check). `NO_PROXY` can exempt hosts.
    ///
    /// ```
    /// assert!(!plume_runtime::Proxy::Off.is_in_use());
    /// ```
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.in_use(true).is_ok_and(|proxy| proxy.is_some())
    }

    /// Returns the proxy for requests over TLS (`tls`) or to this machine, in the library's type, or why it cannot be used.
    pub(super) fn in_use(&self, tls: bool) -> Result<Option<reqwest::Proxy>, String> {
        match self {
            Self::Off => Ok(None),
            Self::System if tls => of_environment(|name| std::env::var_os(name)),
            Self::System => Ok(None),
            Self::Url(url) => {
                let (proxy, is_here) =
                    parse(url).ok_or("the proxy setting is not a URL like http://host:port")?;
                // A remote proxy would see plain requests and their credentials, and its `localhost` is another machine.
                Ok((tls || is_here).then_some(proxy))
            }
        }
    }
}

fn of_environment(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<reqwest::Proxy>, String> {
    let first = |names: &[&'static str]| {
        names.iter().find_map(|name| {
            let value = variable(name)?;
            // A value that is not UTF-8 gets replacement characters, which are refused.
            let value = value.to_string_lossy().trim().to_owned();
            (!value.is_empty()).then_some((*name, value))
        })
    };
    let Some((name, url)) = first(&VARIABLES) else { return Ok(None) };
    let (proxy, _) = parse(&url).ok_or_else(|| {
        format!(
            "{name} is not the URL of a proxy like http://host:port (without quotes); correct it or unset it"
        )
    })?;
    let exceptions = match first(&EXCEPTIONS) {
        Some((name, list)) => Some(exceptions(&list).ok_or_else(|| {
            format!("{name} is not a list of hosts like `localhost,.example.net`; correct it")
        })?),
        None => None,
    };
    Ok(Some(proxy.no_proxy(exceptions.as_deref().and_then(reqwest::NoProxy::from_string))))
}

/// Returns the hosts of a list, separated by commas or blanks, in the library's form. `None` if one is not a host.
fn exceptions(list: &str) -> Option<String> {
    let hosts: Vec<_> =
        list.split(|c: char| c == ',' || c.is_whitespace()).filter(|host| !host.is_empty()).collect();
    let is_host = |host: &&str| host.chars().all(|c| c.is_alphanumeric() || ".-_:*/[]".contains(c));
    hosts.iter().all(is_host).then(|| hosts.join(","))
}

/// Parses the URL of a proxy, and returns whether the proxy is on this machine. `None` if the library would ignore the URL
/// or read another host.
fn parse(url: &str) -> Option<(reqwest::Proxy, bool)> {
    let url = match url.split_once(':') {
        Some((_, rest)) if rest.starts_with("//") => reqwest::Url::parse(url),
        // Without the slashes, `http` would be read as a host or a user.
        Some((scheme, _)) if ["http", "https"].contains(&scheme.trim().to_ascii_lowercase().as_str()) => {
            return None;
        }
        _ => reqwest::Url::parse(&format!("http://{url}")),
    }
    .ok()?;
    // The library parses this type once more.
    let uri: http::Uri = url.as_str().parse().ok()?;
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_plain =
        is_plain && url.host_str()?.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c));
    if !matches!(uri.scheme_str(), Some("http" | "https")) || !is_plain || url.port() == Some(0) {
        return None;
    }
    let is_here = is_loopback_host(uri.host()?);
    Some((reqwest::Proxy::all(url).ok()?, is_here))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRONG: [&str; 16] = [
        "\"http://proxy.example.net:3128\"",
        "'http://proxy.example.net:3128'",
        "http://proxy:80:80",
        "http://proxy.example.net:port",
        "http://proxy.example.net:99999",
        "http://proxy.example.net:0",
        "ftp://proxy.example.net",
        "socks5://proxy.example.net:1080",
        "http://",
        "http://pro xy.example.net",
        "http:/proxy.example.net:80",
        "http//proxy.example.net:80",
        "http:proxy.example.net:80",
        "http://proxy.example.net/path",
        "http://proxy.example.net?x",
        "$HTTP_PROXY:80",
    ];

    fn environment(variables: &[(&str, &str)]) -> Result<Option<reqwest::Proxy>, String> {
        of_environment(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_malformed_proxy_is_refused_by_its_name_and_not_shown() {
        for name in VARIABLES {
            for value in WRONG {
                let value = value.replace("proxy.example.net", "user:canary@proxy.example.net");
                let refused = environment(&[(name, &value)]).expect_err(&value);
                assert!(refused.starts_with(name) && !refused.contains("canary"), "{value}: {refused}");
            }
        }
        for value in WRONG {
            let refused = Proxy::Url(value.to_owned()).in_use(true).unwrap_err();
            assert!(refused.contains("the proxy setting"), "{value}: {refused}");
        }
    }

    #[test]
    fn first_non_empty_variable_is_used() {
        for (variables, is_used) in [
            (&[][..], false),
            (&[("HTTPS_PROXY", "")], false),
            (&[("HTTPS_PROXY", "  "), ("all_proxy", "proxy.example.net:3128")], true),
            (&[("https_proxy", " http://proxy.example.net:3128 ")], true),
            (&[("HTTPS_PROXY", "https://user:p%40ss@proxy.example.net/")], true),
            // It does not count for https.
            (&[("HTTP_PROXY", "\"")], false),
            // Another one takes precedence.
            (&[("HTTPS_PROXY", "http://[::1]:3128"), ("ALL_PROXY", "\"")], true),
            // Without a proxy there are no exceptions from it.
            (&[("NO_PROXY", "\"")], false),
        ] {
            assert_eq!(environment(variables).unwrap().is_some(), is_used, "{variables:?}");
        }
    }

    #[test]
    fn a_malformed_list_of_exceptions_is_refused_by_its_name() {
        let with = |name, list| environment(&[("HTTPS_PROXY", "http://proxy.example.net"), (name, list)]);
        for list in
            ["*", "localhost, .example.net", "10.0.0.0/8 ::1,[fe80::1]:80", "", "m\u{fc}nchen.example"]
        {
            assert!(with("NO_PROXY", list).is_ok(), "{list}");
        }
        for list in ["\"localhost\"", "localhost;example.net", "http://localhost?", "{localhost}"] {
            assert!(with("no_proxy", list).unwrap_err().starts_with("no_proxy is not a list"), "{list}");
        }
    }
}
