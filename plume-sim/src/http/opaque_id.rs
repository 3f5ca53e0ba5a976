//! Opaque ids: an id alone is enough to find its thing.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::world::Location;

/// The id of a thing in a location. `kind` keeps the ids of things of other kinds apart.
pub(crate) fn encode(kind: &str, location: &Location, name: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{kind}/{}/{name}", location.id))
}

/// The id of the location and the name of the thing.
pub(crate) fn decode(kind: &str, id: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (location, name) = text.strip_prefix(kind)?.strip_prefix('/')?.split_once('/')?;
    Some((location.to_owned(), name.to_owned()))
}

/// The id of the location in which the thing with this opaque id is, whatever thing it is.
pub(crate) fn location_of(id: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (_kind, rest) = text.split_once('/')?;
    let (location, _name) = rest.split_once('/')?;
    Some(location.to_owned())
}

/// The MAC address in a device id; what is no device id is taken as an address itself.
pub(crate) fn mac_of(id: &str) -> Cow<'_, str> {
    decode("device", id).map_or(Cow::Borrowed(id), |(_, mac)| Cow::Owned(mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_device_id_stays_as_it_is() {
        let id = BASE64_URL_SAFE_NO_PAD.encode("device/5ca1ab1e/02:00:00:01:11:03");
        assert_eq!(mac_of(&id), "02:00:00:01:11:03");
        let wan = BASE64_URL_SAFE_NO_PAD.encode("wan/5ca1ab1e/1");
        for other in ["02:00:00:01:11:03", "020000011103", "", "é", "Zm9v", &wan] {
            assert_eq!(mac_of(other), other);
        }
    }
}
