//! The section `cloud`: the account of the operator at the Plume Cloud.

use std::path::PathBuf;

use plume::Settings;

use crate::config::setting::{Form, Setting};
use crate::config::values::Values;

const SECTION: &str = "cloud";
/// The keys of texts, and the variables of the client's settings.
const KEYS: [(&str, &str); 4] = [
    ("cloud.sso_url", "PLUME_SSO_URL"),
    ("cloud.partner_id", "PLUME_PARTNER_ID"),
    ("cloud.api_base", "PLUME_API_BASE"),
    ("cloud.reports_base", "PLUME_REPORTS_BASE"),
];
const ROOTS: (&str, &str) = ("cloud.extra_roots", "PLUME_EXTRA_ROOTS");
const PROXY: (&str, &str) = ("cloud.proxy", "PLUME_PROXY");
const SECRET: (&str, &str) = ("cloud.auth_header", "PLUME_AUTH_HEADER");

/// The URL of a proxy, which may contain credentials.
struct Proxy(String);

impl Setting for Proxy {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = String::EXPECTED;

    fn parse(text: &str) -> Option<Self> {
        String::parse(text).map(Self)
    }

    fn show(&self) -> String {
        let start = self.0.find("://").map_or(0, |at| at + "://".len());
        // The last one: a password may contain this character.
        match (self.0.get(..start), self.0.rsplit_once('@')) {
            (Some(scheme), Some((_, host))) => format!("{scheme}[redacted]@{host}"),
            _ => self.0.clone(),
        }
    }
}

pub(in crate::config) fn read(values: &mut Values) -> Option<Settings> {
    let is_present = values.has(SECTION);
    let mut variables = Vec::new();
    // A value that is refused already is not missing as well.
    let mut refused = Vec::new();
    let mut add = |values: &mut Values, variable, take: &dyn Fn(&mut Values) -> Option<String>| {
        let problems = values.problems();
        match take(values) {
            Some(text) => variables.push((variable, text)),
            None if values.problems() > problems => refused.push(variable),
            None => {}
        }
    };
    for (key, variable) in KEYS {
        add(values, variable, &|values| values.take::<String>(key));
    }
    let (key, variable) = ROOTS;
    add(values, variable, &|values| Some(values.take::<PathBuf>(key)?.show()));
    let (key, variable) = PROXY;
    add(values, variable, &|values| Some(values.take::<Proxy>(key)?.0));
    let (key, variable) = SECRET;
    add(values, variable, &|values| Some(values.take_secret(key)?.expose().to_owned()));
    if !is_present {
        return None;
    }
    let error = match Settings::from_variables(variables) {
        Ok(settings) => return Some(settings),
        Err(error) => error,
    };
    for problem in error.problems() {
        let (name, rest) = problem.split_once(' ').unwrap_or((problem, ""));
        if !refused.contains(&name) {
            let found =
                KEYS.into_iter().chain([ROOTS, PROXY, SECRET]).find(|(_, variable)| *variable == name);
            values.report(found.map_or(SECTION, |(key, _)| key), &in_keys(rest));
        }
    }
    None
}

/// Returns a text of the client with the keys of this configuration in place of the client's variables.
pub(crate) fn in_keys(text: &str) -> String {
    // Before the one that its name begins with.
    let file = ("cloud.auth_header_file", "PLUME_AUTH_HEADER_FILE");
    let names = std::iter::once(file).chain(KEYS).chain([ROOTS, PROXY, SECRET]);
    names.fold(text.to_owned(), |text, (key, variable)| text.replace(variable, &format!("`{key}`")))
}
