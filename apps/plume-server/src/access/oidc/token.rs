//! ID tokens (`OpenID` Connect Core 1.0, 3.1.3.7). Every claim has to be there and of its type; nothing is guessed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::access::oidc::keys::Keys;
use crate::access::rules::Claims;
use crate::access::secret::same;

/// Maximum length of a token.
const LENGTH: usize = 32 * 1024;
/// Seconds by which the clocks may differ.
const LEEWAY: f64 = 60.0;
/// Maximum age of a token in seconds: it was made for this sign-in.
const AGE: f64 = 600.0;

/// The values that a token has to have.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The id of this server.
    pub client_id: &'a str,
    /// The random value of this sign-in; `None` for a token that a refresh token gave, which may have none.
    pub nonce: Option<&'a str>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// The reason why a token is refused. It contains no part of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenProblem {
    /// It is no signed token.
    #[error("it is no signed token")]
    Form,
    /// Its algorithm is none of those that are accepted.
    #[error("its algorithm is neither RS256 nor ES256")]
    Algorithm,
    /// There is no key with its id.
    #[error("the provider has no key with its id")]
    Key,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// A claim is missing, or of another type or value.
    #[error("its claim `{0}` is missing or wrong")]
    Claim(&'static str),
    /// It is from another time, so the clocks differ.
    #[error("its claim `{claim}` is {seconds} s off: the clocks of this server and of the provider differ")]
    Clock {
        /// The claim.
        claim: &'static str,
        /// The seconds beyond what is accepted.
        seconds: u64,
    },
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// Checks a token. Returns its claims.
///
/// # Errors
///
/// [`TokenProblem`]. [`TokenProblem::Key`] is the only one that newer keys can change.
pub fn verify(token: &str, keys: &Keys, expected: Expected<'_>) -> Result<Claims, TokenProblem> {
    if token.len() > LENGTH {
        return Err(TokenProblem::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenProblem::Form)?;
    let (header, body) = message.split_once('.').ok_or(TokenProblem::Form)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenProblem::Form);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenProblem::Form)?;
    if !matches!(header.alg.as_str(), "RS256" | "ES256") {
        return Err(TokenProblem::Algorithm);
    }
    if header.crit.is_some() {
        return Err(TokenProblem::Form);
    }
    let id = header.kid.as_deref();
    if !keys.has(&header.alg, id) {
        return Err(TokenProblem::Key);
    }
    if !keys.verify(&header.alg, id, message.as_bytes(), &decode(signature)?) {
        return Err(TokenProblem::Signature);
    }
    let claims: Claims = serde_json::from_slice(&decode(body)?).map_err(|_| TokenProblem::Form)?;
    check(&claims, expected)?;
    Ok(claims)
}

fn check(claims: &Claims, expected: Expected<'_>) -> Result<(), TokenProblem> {
    let text = |name: &'static str| claims.get(name).and_then(Value::as_str).ok_or(TokenProblem::Claim(name));
    if text("iss")? != expected.issuer {
        return Err(TokenProblem::Claim("iss"));
    }
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => {
            many.iter().map(Value::as_str).collect::<Option<_>>().ok_or(TokenProblem::Claim("aud"))?
        }
        _ => return Err(TokenProblem::Claim("aud")),
    };
    if !audiences.contains(&expected.client_id) {
        return Err(TokenProblem::Claim("aud"));
    }
    if claims.contains_key("azp") || audiences.len() > 1 {
        let is_own = text("azp")? == expected.client_id;
        is_own.then_some(()).ok_or(TokenProblem::Claim("azp"))?;
    }
    let subject = text("sub")?;
    if subject.is_empty() || subject.len() > 255 {
        return Err(TokenProblem::Claim("sub"));
    }
    if let Some(nonce) = expected.nonce
        && !same(text("nonce")?, nonce)
    {
        return Err(TokenProblem::Claim("nonce"));
    }
    times(claims, expected.now)
}

fn times(claims: &Claims, now: DateTime<Utc>) -> Result<(), TokenProblem> {
    let number = |name: &'static str| {
        let number = claims.get(name).and_then(Value::as_f64);
        number.filter(|number| number.is_finite() && *number >= 0.0).ok_or(TokenProblem::Claim(name))
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact for millions of years")]
    let now = now.timestamp() as f64;
    let late = |claim: &'static str, beyond: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive; `as` saturates"
        )]
        let seconds = beyond as u64;
        Err(TokenProblem::Clock { claim, seconds })
    };
    let (expiry, issued) = (number("exp")?, number("iat")?);
    if now > expiry + LEEWAY {
        return late("exp", now - expiry);
    }
    if issued > now + LEEWAY {
        return late("iat", issued - now);
    }
    if now > issued + AGE + LEEWAY {
        return late("iat", now - issued);
    }
    if claims.contains_key("nbf") {
        let from = number("nbf")?;
        if from > now + LEEWAY {
            return late("nbf", from - now);
        }
    }
    Ok(())
}
