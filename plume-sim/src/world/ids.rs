//! Builds and parses ids, serial numbers and MAC addresses.
//!
//! Every customer has a number: 1 to 8 for the named homes, from [`FIRST_GENERATED`] for generated customers. All
//! other ids contain this number, so a lookup needs no index, and a customer is computed when it is requested.

/// The number of the first generated customer. Smaller numbers are reserved for named homes.
pub(crate) const FIRST_GENERATED: u32 = 256;
/// Maximum number of generated customers: the number has to fit into three bytes of a MAC address.
pub(crate) const MOST_GENERATED: u32 = 0x00ff_ffff - FIRST_GENERATED;

const PREFIX: &str = "5ca1ab1e";

/// One location of one customer. `ordinal` counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LocationKey {
    pub(crate) customer: u32,
    pub(crate) ordinal: u8,
}

pub(crate) fn customer_id(number: u32) -> String {
    format!("{PREFIX}0000000c{number:08x}")
}

/// Returns the customer number in `id`, if it has the form of a customer id.
pub(crate) fn customer_number(id: &str) -> Option<u32> {
    hex(id.strip_prefix(PREFIX)?.strip_prefix("0000000c")?)
}

impl LocationKey {
    pub(crate) fn id(self) -> String {
        format!("{PREFIX}0000{:02x}0f{:08x}", self.ordinal, self.customer)
    }

    pub(crate) fn from_id(id: &str) -> Option<Self> {
        let (middle, number) = id.strip_prefix(PREFIX)?.split_at_checked(8)?;
        let ordinal = middle.strip_prefix("0000")?.strip_suffix("0f")?;
        Some(Self { customer: hex(number)?, ordinal: u8::try_from(hex_digits(ordinal)?).ok()? })
    }

    /// Returns the id of another document of the location, distinguished by `kind` (two hex digits).
    pub(crate) fn document_id(self, kind: &str) -> String {
        format!("{PREFIX}00{kind}{:02x}0f{:08x}", self.ordinal, self.customer)
    }

    pub(crate) fn service_id(self) -> String {
        format!("SVC-{:06}-{}", self.customer, self.ordinal)
    }

    /// Returns the serial number, which is also the id, of the location's node number `node` (from 1).
    pub(crate) fn serial(self, node: u8) -> String {
        format!("SIM{:06X}{:X}{node:02}", self.customer, self.ordinal)
    }

    /// Returns the location of a node with this serial number.
    pub(crate) fn from_serial(serial: &str) -> Option<Self> {
        let rest = serial.strip_prefix("SIM").filter(|rest| rest.len() == 9)?;
        let (number, rest) = rest.split_at_checked(6)?;
        let (ordinal, _node) = rest.split_at_checked(1)?;
        Some(Self {
            customer: hex_digits(&number.to_ascii_lowercase())?,
            ordinal: u8::try_from(hex_digits(&ordinal.to_ascii_lowercase())?).ok()?,
        })
    }

    /// Returns a locally administered MAC address: `group` is 0 for nodes and 1 for devices.
    pub(crate) fn mac(self, group: u8, last: u8) -> String {
        let [_, a, b, c] = self.customer.to_be_bytes();
        let place = (self.ordinal << 4) | (group & 0x0f);
        format!("02:{a:02X}:{b:02X}:{c:02X}:{place:02X}:{last:02X}")
    }

    /// Returns the location of the device or node with this MAC address ([`bare_mac`] form).
    pub(crate) fn from_bare_mac(mac: &str) -> Option<Self> {
        let (number, rest) = mac.strip_prefix("02")?.split_at_checked(6)?;
        let (ordinal, _) = rest.split_at_checked(1)?;
        Some(Self { customer: hex_digits(number)?, ordinal: u8::try_from(hex_digits(ordinal)?).ok()? })
    }
}

/// Returns `mac` without separators and in lower case, for comparison.
pub(crate) fn bare_mac(mac: &str) -> String {
    mac.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn hex(text: &str) -> Option<u32> {
    (text.len() == 8).then(|| hex_digits(text)).flatten()
}

/// Parses lower-case hex without a sign: `from_str_radix` alone would accept `+1` and `A`.
fn hex_digits(text: &str) -> Option<u32> {
    text.bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        .then(|| u32::from_str_radix(text, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_can_be_parsed() {
        for key in
            [LocationKey { customer: 1, ordinal: 1 }, LocationKey { customer: 0x00ab_cdef, ordinal: 2 }]
        {
            assert_eq!(customer_number(&customer_id(key.customer)), Some(key.customer));
            assert_eq!(key.id().len(), 24);
            assert_eq!(LocationKey::from_id(&key.id()), Some(key));
            assert_eq!(LocationKey::from_serial(&key.serial(3)), Some(key));
            assert_eq!(LocationKey::from_bare_mac(&bare_mac(&key.mac(1, 9))), Some(key));
        }
    }

    #[test]
    fn unknown_ids_are_not_parsed() {
        for id in ["", "5ca1ab1e", "5ca1ab1e0000000c+0000001", "5ca1ab1e0000000c0000000A", "5ca1ab1é0000000c"]
        {
            assert_eq!(customer_number(id), None, "{id}");
            assert_eq!(LocationKey::from_id(id), None, "{id}");
            assert_eq!(LocationKey::from_serial(id), None, "{id}");
            assert_eq!(LocationKey::from_bare_mac(id), None, "{id}");
        }
    }

    #[test]
    fn mac_addresses_are_compared_without_case_and_separators() {
        assert_eq!(bare_mac("AA:BB:CC:00:11:22"), bare_mac("aabb.cc00-1122"));
    }
}
