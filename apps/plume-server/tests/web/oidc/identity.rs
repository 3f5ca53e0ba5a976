//! An identity provider in this process, with faults.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use axum::http::{Response as HttpResponse, Uri};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use plume::runtime::{Clock, InProcess, ManualClock, TransportError, TransportErrorKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const ISSUER: &str = "https://id.example.net";
pub(crate) const CLIENT: &str = "monitor";
/// Obviously false.
pub(crate) const SECRET: &str = "not-a-real-secret";

type Change = Box<dyn Fn(&mut Value, &mut Value) + Send + Sync>;

/// The provider. Clones share it.
#[derive(Clone)]
pub(crate) struct Identity(Arc<Mutex<State>>);

struct State {
    clock: ManualClock,
    key: EcdsaKeyPair,
    key_id: String,
    rsa: RsaKeyPair,
    /// The codes that were handed out: the challenge, the nonce and the redirect address of each.
    codes: HashMap<String, (String, String, String)>,
    claims: Value,
    /// Changes the header and the claims of the next tokens before they are signed.
    change: Option<Change>,
    /// Replaces the next tokens.
    forged: Option<fn(&str) -> String>,
    sign_by_rsa: bool,
    down: Vec<&'static str>,
    hangs: bool,
    garbage: Option<Vec<u8>>,
    userinfo: Option<Value>,
    /// Whether tokens come with a refresh token, and the one that is valid. Each is used once.
    refreshes: bool,
    refresh: String,
    /// Whether a refresh gives an ID token.
    renews_id: bool,
    /// Whether the person has left.
    is_left: bool,
    fetched: HashMap<String, usize>,
    secret: String,
}

impl Identity {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        Self(Arc::new(Mutex::new(State {
            clock: clock.clone(),
            key,
            key_id: "one".to_owned(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            codes: HashMap::new(),
            claims: json!({ "sub": "ada-1", "name": "Ada <b>", "groups": ["operator"] }),
            change: None,
            forged: None,
            sign_by_rsa: false,
            down: Vec::new(),
            hangs: false,
            garbage: None,
            userinfo: None,
            refreshes: false,
            refresh: String::new(),
            renews_id: true,
            is_left: false,
            fetched: HashMap::new(),
            secret: SECRET.to_owned(),
        })))
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }

    pub(crate) fn claim(&self, claims: Value) {
        self.with(|state| state.claims = claims);
    }

    pub(crate) fn change(&self, change: impl Fn(&mut Value, &mut Value) + Send + Sync + 'static) {
        self.with(|state| state.change = Some(Box::new(change)));
    }

    pub(crate) fn forge(&self, forged: fn(&str) -> String) {
        self.with(|state| state.forged = Some(forged));
    }

    pub(crate) fn sign_by_rsa(&self) {
        self.with(|state| state.sign_by_rsa = true);
    }

    pub(crate) fn userinfo(&self, claims: Value) {
        self.with(|state| state.userinfo = Some(claims));
    }

    pub(crate) fn fail(&self, parts: &[&'static str]) {
        self.with(|state| state.down = parts.to_vec());
    }

    /// Gives refresh tokens, and an ID token with them or not.
    pub(crate) fn refresh(&self, with_id: bool) {
        self.with(|state| (state.refreshes, state.renews_id) = (true, with_id));
    }

    /// The person leaves.
    pub(crate) fn leave(&self) {
        self.with(|state| state.is_left = true);
    }

    /// Does not respond.
    pub(crate) fn hang(&self, hangs: bool) {
        self.with(|state| state.hangs = hangs);
    }

    /// Responds with these bytes in place of the keys.
    pub(crate) fn garbage(&self, garbage: Option<Vec<u8>>) {
        self.with(|state| state.garbage = garbage);
    }

    pub(crate) fn rotate(&self, id: &str) {
        let other = Self::new(&self.with(|state| state.clock.clone()));
        let key = other.with(|state| {
            let pkcs8 = state.key.to_pkcs8v1().unwrap();
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap()
        });
        self.with(|state| (state.key, state.key_id) = (key, id.to_owned()));
    }

    pub(crate) fn reset(&self) {
        self.with(|state| {
            (state.change, state.forged, state.sign_by_rsa) = (None, None, false);
            (state.down, state.garbage, state.userinfo) = (Vec::new(), None, None);
        });
    }

    pub(crate) fn fetched(&self, path: &str) -> usize {
        self.with(|state| state.fetched.get(path).copied().unwrap_or_default())
    }

    pub(crate) fn refuse_secret(&self) {
        self.with(|state| state.secret = "another".to_owned());
    }

    /// The person signs in at the provider. Returns the query of the response.
    pub(crate) fn authorize(&self, url: &str) -> String {
        let (start, query) = url.split_once('?').unwrap();
        assert_eq!(start, format!("{ISSUER}/auth"));
        let query = parse(query);
        assert_eq!(
            (query["response_type"].as_str(), query["code_challenge_method"].as_str()),
            ("code", "S256")
        );
        assert_eq!(query["client_id"], CLIENT);
        assert!(query["scope"].split(' ').any(|scope| scope == "openid"));
        self.with(|state| {
            let code = format!("code-{}", state.codes.len());
            let begun =
                (query["code_challenge"].clone(), query["nonce"].clone(), query["redirect_uri"].clone());
            state.codes.insert(code.clone(), begun);
            format!("code={code}&state={}&iss=https%3A%2F%2Fid.example.net", query["state"])
        })
    }

    pub(crate) fn transport(&self) -> Arc<dyn plume::runtime::Transport> {
        let identity = self.clone();
        Arc::new(InProcess::new(move |request: http::Request<Bytes>| {
            let (answer, hangs) = identity.with(|state| (state.answer(&request), state.hangs));
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                answer
            }
        }))
    }
}

impl State {
    fn answer(&mut self, request: &http::Request<Bytes>) -> Result<HttpResponse<Bytes>, TransportError> {
        let uri: &Uri = request.uri();
        assert_eq!(uri.host(), Some("id.example.net"));
        *self.fetched.entry(uri.path().to_owned()).or_default() += 1;
        if self.down.contains(&uri.path()) {
            return Err(TransportError::new(TransportErrorKind::Interrupted, "the connection was reset"));
        }
        let (status, body) = match uri.path() {
            "/.well-known/openid-configuration" => (
                200,
                json!({
                    "issuer": ISSUER,
                    "authorization_endpoint": format!("{ISSUER}/auth"),
                    "token_endpoint": format!("{ISSUER}/token"),
                    "jwks_uri": format!("{ISSUER}/jwks"),
                    "userinfo_endpoint": format!("{ISSUER}/me"),
                    "end_session_endpoint": format!("{ISSUER}/out"),
                    "authorization_response_iss_parameter_supported": true,
                }),
            ),
            "/jwks" => match &self.garbage {
                Some(garbage) => return Ok(HttpResponse::new(Bytes::from(garbage.clone()))),
                None => (200, self.keys()),
            },
            "/token" => self.token(request),
            "/me" => (200, self.userinfo.clone().unwrap_or(Value::Null)),
            other => panic!("{other}"),
        };
        Ok(HttpResponse::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        // The numbers within the DER of a key of 2048 bits; the exponent is 65537.
        let (n, e) = (&self.rsa.public_key().as_ref()[9..265], [1, 0, 1]);
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "kid": self.key_id, "use": "sig", "alg": "ES256",
              "x": text(&point[1..33]), "y": text(&point[33..]) },
            { "kty": "RSA", "kid": "rsa", "n": text(n), "e": text(&e) },
            { "kty": "EC", "crv": "P-256", "kid": "enc", "use": "enc",
              "x": text(&point[1..33]), "y": text(&point[33..]) },
            { "kty": "oct", "kid": "secret", "k": text(b"not-a-real-key") },
        ]})
    }

    fn token(&mut self, request: &http::Request<Bytes>) -> (u16, Value) {
        let basic = base64::engine::general_purpose::STANDARD.encode(
            format!(
                "{CLIENT}:{}",
                percent_encoding::utf8_percent_encode(&self.secret, percent_encoding::NON_ALPHANUMERIC)
            )
            .replace("%2D", "-"),
        );
        if request.headers()["authorization"] != format!("Basic {basic}") {
            return (401, json!({ "error": "invalid_client" }));
        }
        let form = parse(std::str::from_utf8(request.body()).unwrap());
        let refused = (400, json!({ "error": "invalid_grant" }));
        if form["grant_type"] == "refresh_token" {
            if self.is_left || form["refresh_token"] != self.refresh {
                return refused;
            }
            let id = if self.renews_id { self.id_token(None) } else { Value::Null };
            return (200, self.tokens(id));
        }
        let Some((challenge, nonce, redirect)) = self.codes.remove(&form["code"]) else {
            return refused;
        };
        let verifier = form.get("code_verifier").map_or("", String::as_str);
        if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != challenge || form["redirect_uri"] != redirect {
            return refused;
        }
        let id = self.id_token(Some(nonce));
        (200, self.tokens(id))
    }

    fn tokens(&mut self, id: Value) -> Value {
        let mut tokens =
            json!({ "access_token": "not-a-real-token", "token_type": "Bearer", "id_token": id });
        if self.refreshes {
            self.refresh = format!("not-a-real-refresh-{}", self.fetched["/token"]);
            tokens["refresh_token"] = json!(self.refresh);
        }
        tokens
    }

    fn id_token(&self, nonce: Option<String>) -> Value {
        let now = self.clock.wall().timestamp();
        let mut header = json!({ "alg": "ES256", "kid": self.key_id });
        let mut claims = self.claims.clone();
        for (name, value) in
            [("iss", json!(ISSUER)), ("aud", json!(CLIENT)), ("iat", json!(now)), ("exp", json!(now + 300))]
        {
            claims[name] = value;
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        if self.sign_by_rsa {
            header = json!({ "alg": "RS256", "kid": "rsa" });
        }
        if let Some(change) = &self.change {
            change(&mut header, &mut claims);
        }
        let message = format!("{}.{}", encoded(&header), encoded(&claims));
        let random = SystemRandom::new();
        let signature = if self.sign_by_rsa {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
            signature
        } else {
            self.key.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec()
        };
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        let token = self.forged.map_or(token.clone(), |forged| forged(&token));
        json!(token)
    }
}

pub(crate) fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

pub(crate) fn parse(query: &str) -> HashMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}
