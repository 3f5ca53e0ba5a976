//! The authorization server: client credentials, introspection and revocation.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use serde_json::{Value, json};

use crate::http::{OAuthError, Pairs, media_type};
use crate::oauth::tokens::{AUDIENCE, Issued, Policy, Tokens, client_parts, credentials, issuer};
use crate::world::{AUTH_SERVER_ID, Identity};

/// Grant types of the standard that this kind of client may not use.
const OTHER_GRANTS: [&str; 5] = [
    "authorization_code",
    "implicit",
    "password",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
];

/// `POST …/v1/token`.
pub(crate) fn token(
    tokens: &mut Tokens,
    policy: &Policy<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Value, Issued), OAuthError> {
    let (form, tenant, identity) = authenticated_form(policy, headers, body)?;
    match form.get("grant_type") {
        Some("client_credentials") => {}
        None | Some("") => {
            return Err(OAuthError::new("invalid_request", "The parameter 'grant_type' is missing."));
        }
        Some(grant) if OTHER_GRANTS.contains(&grant) => {
            return Err(OAuthError::new(
                "unauthorized_client",
                "This client may use the grant 'client_credentials' only.",
            ));
        }
        Some(_) => {
            return Err(OAuthError::new("unsupported_grant_type", "The 'grant_type' is not supported."));
        }
    }
    // Order and repetition of the two scopes do not matter (RFC 6749, section 3.3); no other scope is granted.
    let mut asked: Vec<&str> = form.get("scope").unwrap_or_default().split_whitespace().collect();
    let granted = identity.scope();
    let mut wanted: Vec<&str> = granted.split(' ').collect();
    asked.sort_unstable();
    asked.dedup();
    wanted.sort_unstable();
    if asked != wanted {
        return Err(OAuthError::new(
            "invalid_scope",
            "The scope has to be 'partnerId:<id> role:partnerIdAdmin' with the partner of this client.",
        ));
    }
    let (number, text) = tokens.issue(policy, tenant);
    let mut answer = json!({
        "token_type": "Bearer",
        "expires_in": policy.lifetime_seconds,
        "access_token": text,
        "scope": granted,
    });
    if let (Some(said), Some(object)) = (policy.expires_in, answer.as_object_mut()) {
        match said {
            Some(value) => object.insert("expires_in".to_owned(), value.clone()),
            None => object.remove("expires_in"),
        };
    }
    Ok((answer, Issued { number, tenant }))
}

/// `GET …/.well-known/oauth-authorization-server` (RFC 8414), for a client that uses `base`.
pub(crate) fn metadata(base: &str) -> Value {
    let server = format!("{base}/oauth2/{AUTH_SERVER_ID}");
    let methods = ["client_secret_basic"];
    json!({
        "issuer": server,
        "token_endpoint": format!("{server}/v1/token"),
        "introspection_endpoint": format!("{server}/v1/introspect"),
        "revocation_endpoint": format!("{server}/v1/revoke"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
    })
}

/// `POST …/v1/introspect`.
pub(crate) fn introspect(
    tokens: &Tokens,
    policy: &Policy<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, OAuthError> {
    let (form, tenant, identity) = authenticated_form(policy, headers, body)?;
    let text = wanted_token(&form)?;
    Ok(match tokens.valid(text, policy.now).filter(|token| token.tenant == tenant) {
        None => json!({ "active": false }),
        Some(token) => json!({
            "active": true,
            "scope": identity.scope(),
            "exp": token.expires_at / 1_000,
            "iat": token.issued_at / 1_000,
            "sub": identity.client_id,
            "aud": AUDIENCE,
            "iss": issuer(),
            "jti": token.id,
            "token_type": "Bearer",
            "client_id": identity.client_id,
        }),
    })
}

/// `POST …/v1/revoke` (RFC 7009): invalidates a token. An unknown token or one of another client is not an error.
pub(crate) fn revoke(
    tokens: &mut Tokens,
    policy: &Policy<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), OAuthError> {
    let (form, tenant, _) = authenticated_form(policy, headers, body)?;
    let text = wanted_token(&form)?;
    if let Some(token) = tokens.known.get_mut(text).filter(|token| token.tenant == tenant) {
        token.withdrawn = true;
    }
    Ok(())
}

/// Returns the token in a form.
fn wanted_token(form: &Pairs) -> Result<&str, OAuthError> {
    form.get("token")
        .filter(|token| !token.is_empty())
        .ok_or(OAuthError::new("invalid_request", "The parameter 'token' is missing."))
}

/// Checks a form and the client's credentials, as all endpoints do before they read parameters.
fn authenticated_form<'d>(
    policy: &Policy<'d>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Pairs, usize, &'d Identity), OAuthError> {
    let malformed =
        OAuthError::new("invalid_request", "The 'Authorization' header is not a valid Basic header.");
    if media_type(headers) != "application/x-www-form-urlencoded" {
        return Err(OAuthError::new(
            "invalid_request",
            "The request has to be of type 'application/x-www-form-urlencoded'.",
        ));
    }
    let form = Pairs::of_body(body);
    if form.has_duplicates() {
        return Err(OAuthError::new("invalid_request", "A parameter is given more than once."));
    }
    let in_body =
        ["client_id", "client_secret", "client_assertion"].into_iter().any(|name| form.get(name).is_some());
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (Some(_), Some(_)) => return Err(malformed),
        (Some(_), None) if in_body => {
            return Err(OAuthError::new(
                "invalid_request",
                "Client credentials are given both in the header and in the body.",
            ));
        }
        (Some(value), None) => value,
        (None, _) if in_body => {
            return Err(OAuthError::new(
                "invalid_client",
                "This client has to authenticate with a Basic header.",
            ));
        }
        (None, _) => return Err(OAuthError::new("invalid_client", "No client credentials found.")),
    };
    let decoded = credentials(value, "Basic")
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(malformed)?;
    let (id, secret) = client_parts(&decoded).ok_or(malformed)?;
    policy
        .identities
        .iter()
        .enumerate()
        .find(|(_, identity)| {
            let right = policy.secret.unwrap_or(&identity.client_secret);
            !policy.revoked && identity.client_id == id && right == secret
        })
        .map(|(tenant, identity)| (form, tenant, identity))
        .ok_or(OAuthError::new("invalid_client", "The client id or the client secret is wrong."))
}
