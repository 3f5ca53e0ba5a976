//! How ids, serial numbers and MAC addresses are built, and how they lead back.
//!
//! Every customer has a number: the named homes have 1 to 8, generated customers start at
//! [`FIRST_GENERATED`]. All other ids hold this number, so that looking something up needs no index and a
//! world of thousands of customers costs nothing until one of them is asked for.

/// The number of the first generated customer; the numbers before it are kept for named homes.
pub(crate) const FIRST_GENERATED: u32 = 256;
/// The most customers that can be generated: the number has to fit into three bytes of a MAC address.
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

/// The customer number in `id`, if it is built like a customer id.
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

    /// Some other document of the location, distinguished by `kind` (two hex digits).
    pub(crate) fn document_id(self, kind: &str) -> String {
        format!("{PREFIX}00{kind}{:02x}0f{:08x}", self.ordinal, self.customer)
    }

    pub(crate) fn service_id(self) -> String {
        format!("SVC-{:06}-{}", self.customer, self.ordinal)
    }

    /// The serial number, which is also the id, of the location's node number `node` (from 1).
    pub(crate) fn serial(self, node: u8) -> String {
        format!("SIM{:06X}{:X}{node:02}", self.customer, self.ordinal)
    }

    /// The location in which a node with this serial number would stand.
    pub(crate) fn from_serial(serial: &str) -> Option<Self> {
        let rest = serial.strip_prefix("SIM").filter(|rest| rest.len() == 9)?;
        let (number, rest) = rest.split_at_checked(6)?;
        let (ordinal, _node) = rest.split_at_checked(1)?;
        Some(Self {
            customer: hex_digits(&number.to_ascii_lowercase())?,
            ordinal: u8::try_from(hex_digits(&ordinal.to_ascii_lowercase())?).ok()?,
        })
    }

    /// A locally administered MAC address: of the location's nodes with `group` 0, of its devices with 1.
    pub(crate) fn mac(self, group: u8, last: u8) -> String {
        let [_, a, b, c] = self.customer.to_be_bytes();
        let place = (self.ordinal << 4) | (group & 0x0f);
        format!("02:{a:02X}:{b:02X}:{c:02X}:{place:02X}:{last:02X}")
    }

    /// The location of the device or node with this MAC address ([`bare_mac`] form).
    pub(crate) fn from_bare_mac(mac: &str) -> Option<Self> {
        let (number, rest) = mac.strip_prefix("02")?.split_at_checked(6)?;
        let (ordinal, _) = rest.split_at_checked(1)?;
        Some(Self { customer: hex_digits(number)?, ordinal: u8::try_from(hex_digits(ordinal)?).ok()? })
    }
}

/// `mac` without separators and in lower case, which is how two addresses are compared.
pub(crate) fn bare_mac(mac: &str) -> String {
    mac.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn hex(text: &str) -> Option<u32> {
    (text.len() == 8).then(|| hex_digits(text)).flatten()
}

/// Lower-case hex without a sign: `from_str_radix` alone would also take `+1` and `A`.
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
    fn every_id_leads_back() {
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
    fn strange_ids_lead_nowhere() {
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
