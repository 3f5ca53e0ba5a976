//! Paths of pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use plume::monitor::ids::{HomeId, IncidentId, TenantId};

/// Characters of a part of a path or of a query that need no escape.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Returns a text as a part of a path or of a query.
pub(in crate::web) fn part(text: &str) -> String {
    // A browser resolves these two before it asks.
    match text {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(text, PART).to_string(),
    }
}

/// Returns the path of the page of a home.
pub(in crate::web) fn home_path(tenant: &TenantId, home: &HomeId) -> String {
    format!("/homes/{}/{}", part(tenant.as_str()), part(home.as_str()))
}

/// Returns the path of the page of a channel.
pub(in crate::web) fn channel_path(tenant: &TenantId, channel: &str) -> String {
    format!("/channels/{}/{}", part(tenant.as_str()), part(channel))
}

/// Returns the path of the page of an incident.
pub(in crate::web) fn incident_path(tenant: &TenantId, incident: &IncidentId) -> String {
    format!("/incidents/{}/{}", part(tenant.as_str()), part(incident.as_str()))
}

/// Returns a path of this server; that of the overview for any other target.
pub(in crate::web) fn local(path: &str) -> &str {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_server_is_a_way_back() {
        assert_eq!(local("/homes?q=a%20b"), "/homes?q=a%20b");
        for foreign in
            ["", "//evil.example.net", "/\\evil.example.net", "https://example.net", "/a\r\nb", "homes"]
        {
            assert_eq!(local(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn an_id_stays_one_part_of_a_path() {
        let path = home_path(&TenantId::new("a/b"), &HomeId::new("?x=1&y#z \"<é"));
        assert_eq!(path, "/homes/a%2Fb/%3Fx%3D1%26y%23z%20%22%3C%C3%A9");
        assert_eq!(part("home-1_2.3~4"), "home-1_2.3~4");
        assert_eq!(part(".."), "%2E%2E");
    }
}
