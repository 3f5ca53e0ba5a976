//! The public keys of a provider (RFC 7517), for the two algorithms that are accepted.

use aws_lc_rs::{
    rsa::PublicKeyComponents,
    signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// Maximum number of keys that are read.
const MOST: usize = 50;

/// The keys of a provider.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// For `RS256`: modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
    /// For `ES256`: the point, not compressed.
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Entry {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Reads a document of keys. Keys for other purposes and algorithms are left out.
    ///
    /// # Errors
    ///
    /// The reason in words, if it is no such document or has no usable key.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let document: Document =
            serde_json::from_slice(text).map_err(|_| "it is no document of keys".to_owned())?;
        let keys: Vec<Key> = document.keys.into_iter().take(MOST).filter_map(read).collect();
        if keys.is_empty() {
            return Err("it has no key for RS256 or ES256".to_owned());
        }
        Ok(Self(keys))
    }

    /// Returns whether there is a key for a token. A token without a key id fits if there is one key of its algorithm.
    #[must_use]
    pub fn has(&self, algorithm: &str, id: Option<&str>) -> bool {
        self.find(algorithm, id).is_some()
    }

    /// Returns whether a signature is right. The key decides about the algorithm, not the token.
    pub(super) fn verify(&self, algorithm: &str, id: Option<&str>, message: &[u8], signature: &[u8]) -> bool {
        match self.find(algorithm, id).map(|key| &key.form) {
            Some(Form::Rsa(n, e)) => {
                let key = PublicKeyComponents { n: n.as_slice(), e: e.as_slice() };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            Some(Form::P256(point)) => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(message, signature).is_ok()
            }
            None => false,
        }
    }

    fn find(&self, algorithm: &str, id: Option<&str>) -> Option<&Key> {
        let mut of_algorithm = self.0.iter().filter(|key| key.algorithm() == algorithm);
        match id {
            Some(id) => of_algorithm.find(|key| key.id.as_deref() == Some(id)),
            None => of_algorithm.next().filter(|_| of_algorithm.next().is_none()),
        }
    }
}

impl Key {
    fn algorithm(&self) -> &'static str {
        match self.form {
            Form::Rsa(..) => "RS256",
            Form::P256(_) => "ES256",
        }
    }
}

fn read(value: serde_json::Value) -> Option<Key> {
    let entry: Entry = serde_json::from_value(value).ok()?;
    if entry.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return None;
    }
    let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
    let form = match (entry.kty.as_str(), entry.crv.as_deref()) {
        ("RSA", _) => Form::Rsa(bytes(entry.n)?, bytes(entry.e)?),
        ("EC", Some("P-256")) => {
            let (x, y) = (bytes(entry.x)?, bytes(entry.y)?);
            (x.len() == 32 && y.len() == 32).then(|| Form::P256([&[4], x.as_slice(), &y].concat()))?
        }
        _ => return None,
    };
    let key = Key { id: entry.kid, form };
    entry.alg.is_none_or(|alg| alg == key.algorithm()).then_some(key)
}
