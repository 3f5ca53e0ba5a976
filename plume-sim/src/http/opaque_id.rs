//! Opaque ids that contain the location of a resource.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::world::Location;

/// Returns the id of a resource in a location. `kind` separates the ids of different kinds.
pub(crate) fn encode(kind: &str, location: &Location, name: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{kind}/{}/{name}", location.id))
}

/// Returns the id of the location and the name of the resource.
pub(crate) fn decode(kind: &str, id: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (location, name) = text.strip_prefix(kind)?.strip_prefix('/')?.split_once('/')?;
    Some((location.to_owned(), name.to_owned()))
}

/// Returns the location id in an opaque id of any kind.
pub(crate) fn location_of(id: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (_kind, rest) = text.split_once('/')?;
    let (location, _name) = rest.split_once('/')?;
    Some(location.to_owned())
}

/// Returns the MAC address in a device id. Any other text is taken as an address.
pub(crate) fn mac_of(id: &str) -> Cow<'_, str> {
    decode("device", id).map_or(Cow::Borrowed(id), |(_, mac)| Cow::Owned(mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_than_device_ids_are_unchanged() {
        let id = BASE64_URL_SAFE_NO_PAD.encode("device/5ca1ab1e/02:00:00:01:11:03");
        assert_eq!(mac_of(&id), "02:00:00:01:11:03");
        let wan = BASE64_URL_SAFE_NO_PAD.encode("wan/5ca1ab1e/1");
        for other in ["02:00:00:01:11:03", "020000011103", "", "é", "Zm9v", &wan] {
            assert_eq!(mac_of(other), other);
        }
    }
}
