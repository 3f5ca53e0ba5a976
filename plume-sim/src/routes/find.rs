//! Matches a method and a path against the route table.

use http::Method;
use percent_encoding::percent_decode_str;

use crate::http::{RouteRow, Verb};
use crate::routes::table::ROUTES;

/// The result of a lookup in the route table.
#[derive(Debug)]
pub(crate) enum Found {
    Route(&'static RouteRow, Vec<(&'static str, String)>),
    /// The path belongs to the authorization server, which does not support this method.
    WrongOAuthMethod(&'static RouteRow),
    /// A part of the path is not valid percent-encoded UTF-8.
    Undecodable,
    Nothing,
}

pub(crate) fn find(method: &Method, path: &str) -> Found {
    let verb = Verb::of(method);
    let mut wrong = None;
    for route in ROUTES.iter() {
        if !matches(route.template, path) {
            continue;
        }
        if Some(route.verb) == verb {
            return match parameters(route.template, path) {
                Some(parameters) => Found::Route(route, parameters),
                None => Found::Undecodable,
            };
        }
        if !route.handler.needs_token() {
            wrong = Some(route);
        }
    }
    wrong.map_or(Found::Nothing, Found::WrongOAuthMethod)
}

/// Splits a path. A trailing slash is ignored; an empty segment elsewhere counts.
fn segments(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.strip_suffix('/').unwrap_or(path).split('/')
}

fn placeholder(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Compares from the end, where most templates differ.
fn matches(template: &'static str, path: &str) -> bool {
    let mut given = segments(path).rev();
    for wanted in template.rsplit('/') {
        let Some(segment) = given.next() else { return false };
        let fits = match placeholder(wanted) {
            Some(_) => !segment.is_empty(),
            None => segment.eq_ignore_ascii_case(wanted),
        };
        if !fits {
            return false;
        }
    }
    given.next().is_none()
}

/// Returns the decoded parameters. Decoding follows splitting, so `%2F` stays in its segment.
pub(crate) fn parameters(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    template
        .split('/')
        .zip(segments(path))
        .filter_map(|(wanted, segment)| placeholder(wanted).map(|name| (name, segment)))
        .map(|(name, segment)| {
            let whole = segment
                .split('%')
                .skip(1)
                .all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()));
            let decoded = percent_decode_str(segment).decode_utf8().ok().filter(|_| whole)?;
            Some((name, decoded.into_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(method: &Method, path: &str) -> Option<&'static str> {
        match find(method, path) {
            Found::Route(route, _) => Some(route.template),
            _ => None,
        }
    }

    #[test]
    fn case_of_fixed_segments_does_not_matter() {
        for path in ["/api/Customers/x", "/api/customers/x", "/API/CUSTOMERS/x/"] {
            assert_eq!(template(&Method::GET, path), Some("/api/Customers/{id}"), "{path}");
        }
    }

    #[test]
    fn segments_are_decoded_after_splitting() {
        let Found::Route(_, parameters) = find(&Method::GET, "/api/Customers/a%2Fb%3A") else { panic!() };
        assert_eq!(parameters, [("id", "a/b:".to_owned())]);
        for path in ["/api/Customers/%FF", "/api/Customers/%zz", "/api/Customers/a%2", "/api/Customers/%"] {
            assert!(matches!(find(&Method::GET, path), Found::Undecodable), "{path}");
        }
    }

    #[test]
    fn unknown_routes_are_not_found() {
        for path in [
            "",
            "/",
            "/api",
            "/api//Customers",
            "/Customers",
            "/api/Customers/x/y",
            "/api/Customers//locations",
        ] {
            assert!(matches!(find(&Method::GET, path), Found::Nothing), "{path}");
        }
        assert!(matches!(find(&Method::DELETE, "/api/Customers"), Found::Nothing));
        assert!(matches!(find(&Method::GET, "/oauth2/x/v1/token"), Found::WrongOAuthMethod(_)));
    }

    #[test]
    fn no_row_hides_a_later_one() {
        for (index, route) in ROUTES.iter().enumerate() {
            let path: String = route.template.replace(['{', '}'], "");
            assert_eq!(template(&route.verb.method(), &path), Some(route.template), "row {index}");
        }
    }
}
