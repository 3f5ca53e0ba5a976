//! The treatment of a field by its name.

/// The treatment of the value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// A word, a number or a time of the API: kept.
    Keep,
    /// Replaced by a fixed marker.
    Secret,
    /// An id: replaced by its shape; words of the API and small numbers are kept.
    Id,
    /// An identity without a shape of its own, such as an account id or a serial number.
    Opaque,
    Phone,
    /// The name of a machine.
    Host,
    Url,
    /// A name, replaced by this word and a number.
    Name(&'static str),
    /// A name whose word depends on the fields beside it.
    Nickname,
    /// A place: coordinates become 0.
    Geo,
    /// A text of the API in which identities may occur.
    Message,
    /// JSON in a text.
    Json,
    /// A field without a rule: what is not known to be a word of the API is replaced.
    Unknown,
}

impl Treatment {
    /// Returns whether fields without a rule inside this value are treated in the same way.
    pub(super) fn is_inherited(self) -> bool {
        !matches!(self, Self::Keep | Self::Json | Self::Unknown)
    }
}

/// Parts of the names of secrets.
const SECRET_PARTS: [&str; 7] =
    ["password", "passphrase", "passwd", "secret", "psk", "presharedkey", "privatekey"];
/// Endings of the names of secrets. `FreeForm` of plume-types has the same list.
const SECRET_ENDINGS: [&str; 8] =
    ["key", "psk", "password", "passphrase", "secret", "token", "pin", "credential"];
const SECRET_NAMES: [&str; 9] = [
    "authorization",
    "clientassertion",
    "cookie",
    "credentials",
    "encryptionkeys",
    "pins",
    "setcookie",
    "tokens",
    "wpakeys",
];
/// Names that only look like those of secrets.
const NO_SECRETS: [&str; 3] = ["grouprekey", "pskmode", "hotkey"];

/// Endings of fields that hold words, numbers and times of the API.
const KEPT_ENDINGS: [&str; 15] = [
    "at", "band", "channel", "date", "duration", "enabled", "event", "mode", "model", "period", "realized",
    "status", "time", "type", "version",
];
/// Other fields that hold words, numbers and times of the API.
const KEPT: &[&str] = &[
    "2g",
    "5g",
    "6g",
    "accesszone",
    "active",
    "addressingconfig",
    "backhaul",
    "beacon",
    "brand",
    "carrierstate",
    "category",
    "classes",
    "code",
    "codes",
    "confidence",
    "country",
    "countrycode",
    "daysofweek",
    "deployment",
    "direction",
    "duplex",
    "dynamicbeacon",
    "embed",
    "end",
    "factory",
    "fasttransition",
    "fields",
    "format",
    "freqbands",
    "fromversion",
    "granularity",
    "health",
    "hoppenalty",
    "icon",
    "ifname",
    "include",
    "includes",
    "interface",
    "language",
    "acceptlanguage",
    "leasetimeseconds",
    "locale",
    "manufacturer",
    "manufactureyear",
    "medium",
    "mfgdate",
    "minwifimode24",
    "module",
    "order",
    "partnumber",
    "period",
    "placement",
    "priority",
    "productfamily",
    "productdescriptor",
    "profile",
    "prefer160mhzmode",
    "qoe",
    "radio",
    "radios",
    "range",
    "searchentities",
    "searchfield",
    "security",
    "servicelevel",
    "shardnumber",
    "sources",
    "start",
    "state",
    "subscriptionrequiredterm",
    "timestamp",
    "timezone",
    "tokentype",
    "toversion",
    "trafficclass",
    "trafficclasses",
    "trafficclassname",
    "trigger",
    "unit",
    "units",
    "vlan",
    "wds",
    "wpamodes",
    "zone",
];
/// Fields whose objects describe a product: their names are those of products.
const PRODUCTS: [&str; 8] = ["app", "application", "error", "features", "kind", "os", "type", "vendor"];
/// Fields whose presence makes `state` a part of an address.
const ADDRESS: [&str; 5] = ["city", "latitude", "postalCode", "street", "zip"];

/// Returns the name in lower case without `_` and `-`.
fn plain(name: &str) -> String {
    name.chars().filter(|character| !matches!(character, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Returns whether the treatment of a field depends on others.
pub(super) fn is_contextual(name: &str) -> bool {
    matches!(plain(name).as_str(), "key" | "value" | "name" | "state")
}

/// Returns the treatment of the field `name` in an object with the fields `beside` under the name `parent`.
pub(super) fn treatment(name: &str, parent: &str, beside: &dyn Fn(&str) -> bool) -> Treatment {
    let lower = plain(name);
    let ends = |ending: &str| lower.ends_with(ending);
    // `{"key": …, "value": …}` is a hidden setting: there `key` is its name and `value` the secret.
    let setting = beside("key") && beside("value");
    match lower.as_str() {
        "key" if setting => return Treatment::Keep,
        "value" if setting => return Treatment::Secret,
        "keyid" | "serverid" | "accesszoneid" | "masterkeyindex" | "version" => return Treatment::Keep,
        "name" if PRODUCTS.contains(&plain(parent).as_str()) => return Treatment::Keep,
        "state" if ADDRESS.iter().any(|field| beside(field)) => return Treatment::Geo,
        "filter" | "where" => return Treatment::Json,
        _ => {}
    }
    let secret = SECRET_ENDINGS.iter().any(|ending| ends(ending))
        || SECRET_PARTS.iter().any(|part| lower.contains(part))
        || SECRET_NAMES.contains(&lower.as_str());
    if secret && !NO_SECRETS.contains(&lower.as_str()) {
        return Treatment::Secret;
    }
    match lower.as_str() {
        "defaultname" => Treatment::Name("Pod"),
        "name" | "label" | "nickname" | "displayname" => Treatment::Nickname,
        "hostname" | "devicename" => Treatment::Name("Device"),
        "nodename" => Treatment::Name("Node"),
        "customername" | "locationname" | "firstname" | "lastname" | "fullname" | "keyword"
        | "matchedvalue" | "matchingstring" | "searchstring" => Treatment::Name("Home"),
        "username" | "author" | "createdby" | "modifiedby" | "updatedby" | "user" | "owner" => {
            Treatment::Name("User")
        }
        "partnername" | "isp" | "carrier" | "operator" | "provider" | "groupname" => {
            Treatment::Name("Provider")
        }
        "servername" => Treatment::Name("Server"),
        "serverhost" | "domain" | "host" => Treatment::Host,
        "url" | "uri" | "href" => Treatment::Url,
        "description" | "note" | "notes" | "comment" | "title" | "subject" => Treatment::Name("Text"),
        "message" | "messages" | "errordescription" | "reason" | "error" | "detail" | "details" | "cause"
        | "scope" => Treatment::Message,
        "phone" | "phonenumber" | "mobile" | "msisdn" | "telephone" => Treatment::Phone,
        "imei"
        | "imsi"
        | "iccid"
        | "account"
        | "partnerid"
        | "serviceid"
        | "mdnsuniqueidentifier"
        | "xrequestid" => Treatment::Opaque,
        "city" | "region" | "county" | "street" | "zip" | "zipcode" | "postalcode" | "latitude"
        | "longitude" | "lat" | "lng" | "lon" | "coordinates" | "geo" | "address" | "addressline"
        | "streetaddress" => Treatment::Geo,
        _ if ends("ssid") || lower == "ssids" => Treatment::Name("Network"),
        _ if ends("email") || ends("emails") => Treatment::Name("User"),
        _ if ends("accountid") || ends("serialnumber") || ends("serial") || ends("packid") => {
            Treatment::Opaque
        }
        "cartonid" | "purchaseordernumber" => Treatment::Opaque,
        _ if KEPT.contains(&lower.as_str()) => Treatment::Keep,
        _ if is_id(name, &lower) => Treatment::Id,
        _ if KEPT_ENDINGS.iter().any(|ending| ends(ending)) => Treatment::Keep,
        _ => Treatment::Unknown,
    }
}

fn is_id(name: &str, lower: &str) -> bool {
    matches!(lower, "id" | "ids" | "source" | "target" | "mac" | "macs" | "bssid")
        || ["Id", "Ids", "_id", "Mac", "Macs"].iter().any(|ending| name.ends_with(ending))
}

/// Returns the word for a name in an object with such fields.
pub(super) fn label(has: &dyn Fn(&str) -> bool) -> &'static str {
    let node = ["serialNumber", "defaultName", "firmwareVersion", "backhaulType", "nodeId"];
    if node.iter().any(|field| has(field)) {
        "Node"
    } else if ["mac", "hostName", "hostname", "icon", "medium"].iter().any(|field| has(field)) {
        "Device"
    } else {
        "Home"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(name: &str) -> Treatment {
        treatment(name, "", &|_| false)
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "encryptionKey",
            "wpaKey",
            "psk",
            "password",
            "PASSWORD",
            "access_token",
            "client_secret",
            "Authorization",
            "radiusSharedSecret",
            "wifiPassphrase24",
            "claimKey",
            "synchronizedKey",
            "pin",
        ] {
            assert_eq!(alone(name), Treatment::Secret, "{name}");
        }
        for name in ["groupRekey", "keyId", "masterKeyIndex", "token_type", "claimKeyRequired"] {
            assert_ne!(alone(name), Treatment::Secret, "{name}");
        }
    }

    #[test]
    fn a_field_is_judged_by_its_neighbours() {
        let setting = |name: &str| name == "key" || name == "value";
        assert_eq!(treatment("value", "", &setting), Treatment::Secret);
        assert_eq!(treatment("key", "", &setting), Treatment::Keep);
        assert_eq!(treatment("state", "geoIp", &|name| name == "city"), Treatment::Geo);
        assert_eq!(alone("state"), Treatment::Keep);
        assert_eq!(treatment("name", "os", &|_| false), Treatment::Keep);
        assert_eq!(alone("name"), Treatment::Nickname);
        assert_eq!(label(&|name| name == "serialNumber"), "Node");
        assert_eq!(label(&|name| name == "mac"), "Device");
        assert_eq!(label(&|_| false), "Home");
    }
}
