//! The values that a home may have. Names come from customers, and pages, logs and messages show them.

use plume::monitor::{ids::TenantId, monitor::OPERATOR};

use crate::store::model::NewHome;

/// Maximum number of characters of an id, of a name, region or tag, and of tags.
const LONGEST_ID: usize = 100;
const LONGEST_TENANT: usize = 64;
const LONGEST_NAME: usize = 200;
const LONGEST_TAG: usize = 64;
const MOST_TAGS: usize = 20;

/// Returns what is wrong with the values of a home.
pub(super) fn problems(home: &NewHome) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(tenant(&home.tenant));
    let ids = [("id", home.id.as_str()), ("customer", &home.customer), ("location", &home.location)];
    for (what, id) in ids {
        found.extend(of_id(what, id, LONGEST_ID));
    }
    found.extend(of_text("name", &home.name, LONGEST_NAME));
    found.extend(home.region.as_ref().and_then(|region| of_text("region", region, LONGEST_NAME)));
    found.extend(home.tags.iter().filter_map(|tag| of_text("tag", tag, LONGEST_TAG)));
    if home.tags.len() > MOST_TAGS {
        found.push(format!("{} tags, at most {MOST_TAGS} are allowed", home.tags.len()));
    }
    found
}

/// Returns what is wrong with the id of a tenant.
pub(super) fn tenant(tenant: &TenantId) -> Option<String> {
    if tenant.as_str() == OPERATOR {
        return Some(format!(
            "the tenant `{OPERATOR}` is the one of incidents of the cloud, it has no homes"
        ));
    }
    of_id("tenant", tenant.as_str(), LONGEST_TENANT)
}

/// Returns a name as it is stored: without characters that hide others, and cut.
pub(super) fn tidy(name: &str) -> String {
    plume_text::shorten(plume_text::trim(name), LONGEST_NAME - 1)
}

fn of_id(what: &str, id: &str, longest: usize) -> Option<String> {
    let is_good = |character: char| character.is_ascii_alphanumeric() || "-_.:".contains(character);
    let shown = || plume_text::on_screen(&plume_text::shorten(id, 40)).into_owned();
    match id.chars().count() {
        0 => Some(format!("the {what} is empty")),
        length if length > longest => {
            Some(format!("the {what} has {length} characters, at most {longest} are allowed"))
        }
        _ if !id.chars().all(is_good) => Some(format!(
            "the {what} `{}` has other characters than letters, digits, `-`, `_`, `.` and `:`",
            shown()
        )),
        _ => None,
    }
}

fn of_text(what: &str, text: &str, longest: usize) -> Option<String> {
    match text.chars().count() {
        length if length > longest => {
            Some(format!("the {what} has {length} characters, at most {longest} are allowed"))
        }
        _ if plume_text::on_screen(text) != text => {
            Some(format!("the {what} has a control character or a hidden one"))
        }
        _ => None,
    }
}
