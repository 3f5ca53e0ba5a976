//! Sign-in with an identity provider. Rows WB01 to WB05.

mod identity;
mod renewal;

use plume::auth::SecureUrl;
use plume_server::{
    access::{ProviderSettings, Role, Rule, Rules, SignIn, Tenants},
    store::{
        AuditStore, PassStore,
        model::{AuditQuery, PassKind},
    },
    web::Provider,
};
use serde_json::{Value, json};

use super::*;
use identity::*;

const ORIGIN: &str = "https://monitor.example.net";
const COOKIE: &str = "__Host-sign-in";

async fn bed() -> (Bed, Identity) {
    bed_of(|_| {}).await
}

async fn bed_of(change: impl FnOnce(&mut Vec<Rule>)) -> (Bed, Identity) {
    let rule = Rule {
        claim: "groups".to_owned(),
        value: "operator".to_owned(),
        tenants: Tenants::Only([tenant()].into()),
        role: Role::Operator,
    };
    let mut rules = vec![rule];
    change(&mut rules);
    let settings = ProviderSettings {
        issuer: SecureUrl::parse(ISSUER).unwrap(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(SECRET.into()),
        scopes: ["openid", "profile"].map(str::to_owned).to_vec(),
    };
    let sign_in = SignIn {
        provider: Some(settings.clone()),
        rules: Rules::new(rules),
        public_origin: Some(ORIGIN.to_owned()),
        ..SignIn::default()
    };
    let mut identity = None;
    let bed = Bed::with_provider(Some(sign_in), |clock| {
        let provider = Identity::new(clock);
        let transport = provider.transport();
        identity = Some(provider);
        Some(Provider::new(settings, ORIGIN, transport, Arc::new(clock.clone())))
    })
    .await;
    (bed, identity.unwrap())
}

impl Bed {
    async fn visit(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header("host", "monitor.example.net").header("cookie", cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Begins a sign-in. Returns the address at the provider, and the cookie of the browser.
    async fn begin(&self) -> (String, String) {
        // The limit of visits is not what these tests are about.
        self.clock.advance(Duration::from_secs(60));
        let answer = self.visit("/sign-in/start?next=%2Fhomes", "").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(set.starts_with(COOKIE) && set.contains("HttpOnly") && set.contains("Secure"), "{set}");
        (
            answer.headers[header::LOCATION].to_str().unwrap().to_owned(),
            set.split(';').next().unwrap().to_owned(),
        )
    }

    /// Signs in, and returns the response to the browser.
    async fn sign_in(&self, identity: &Identity) -> Answer {
        let (url, cookie) = self.begin().await;
        self.visit(&format!("/sign-in/callback?{}", identity.authorize(&url)), &cookie).await
    }

    async fn sessions(&self) -> usize {
        self.store.passes(PassKind::Session, 100).await.unwrap().len()
    }

    async fn refusals(&self) -> Vec<String> {
        let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 100 };
        let rows = self.store.audit_rows(query).await.unwrap();
        rows.into_iter()
            .map(|row| row.event.outcome)
            .filter(|outcome| outcome.starts_with("refused"))
            .collect()
    }
}

fn session_of(answer: &Answer) -> Option<String> {
    let all = answer.headers.get_all(header::SET_COOKIE).iter();
    let mut pairs = all.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
    pairs.find(|pair| pair.starts_with("__Host-session="))
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let (bed, identity) = bed().await;
    let page = bed.visit("/sign-in?next=%2Fhomes", "").await.text;
    assert!(page.contains("Sign in with id.example.net") && page.contains("/sign-in/start?next=%2Fhomes"));
    for by_rsa in [false, true] {
        if by_rsa {
            identity.sign_by_rsa();
        }
        let answer = bed.sign_in(&identity).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.headers[header::LOCATION]),
            (303, &"/homes".parse().unwrap())
        );
        let session = session_of(&answer).unwrap();
        let page = bed.visit("/", &session).await.text;
        assert!(page.contains("Ada &#60;b&#62;</b> operator"), "{page}");
    }
    let session = session_of(&bed.sign_in(&identity).await).unwrap();
    let token = field(&bed.visit("/", &session).await.text, "token");
    let request = Request::post("/sign-out")
        .header("host", "monitor.example.net")
        .header("origin", ORIGIN)
        .header("cookie", &session)
        .header("content-type", "application/x-www-form-urlencoded");
    let out = bed.send(request.body(Body::from(format!("token={token}"))).unwrap()).await;
    assert!(out.text.contains("https://id.example.net/out?client_id=monitor"), "{}", out.text);
    assert_eq!(bed.visit("/", &session).await.status, 303);
}

// WB01
#[tokio::test]
async fn a_response_is_accepted_once_and_from_the_browser_that_began() {
    let (bed, identity) = bed().await;
    let (url, cookie) = bed.begin().await;
    let (second_url, second) = bed.begin().await;
    let state = |url: &str| parse(url.split_once('?').unwrap().1)["state"].clone();
    assert_ne!(state(&url), state(&second_url), "no constant state");
    let response = identity.authorize(&url);
    let without =
        response.split('&').filter(|pair| !pair.starts_with("state=")).collect::<Vec<_>>().join("&");
    for (query, cookie) in [
        (response.as_str(), ""),
        (&response, second.as_str()),
        (&response, "__Host-sign-in=x.y"),
        (&without, &cookie),
        (&format!("{without}&state=constant"), &cookie),
        ("", &cookie),
    ] {
        let answer = bed.visit(&format!("/sign-in/callback?{query}"), cookie).await;
        assert_eq!(answer.status, 400, "{query} {cookie}");
        assert!(session_of(&answer).is_none());
        assert!(answer.text.contains("Not signed in"));
    }
    let other_issuer = response.replace("id.example.net", "evil.example.net");
    let path = format!("/sign-in/callback?{other_issuer}");
    assert!(bed.visit(&path, &cookie).await.text.contains("names another issuer"));
    // The last one took the state, so the right response is a repeated one.
    let path = format!("/sign-in/callback?{response}");
    let repeated = bed.visit(&path, &cookie).await;
    assert!(repeated.status == 400 && repeated.text.contains("used before"), "{}", repeated.text);
    let (url, cookie) = bed.begin().await;
    let path = format!("/sign-in/callback?{}", identity.authorize(&url));
    assert_eq!(bed.visit(&path, &cookie).await.status, 303);
    assert_eq!(bed.visit(&path, &cookie).await.status, 400, "again");
    let (url, cookie) = bed.begin().await;
    let path = format!("/sign-in/callback?{}", identity.authorize(&url));
    bed.clock.advance(Duration::from_secs(601));
    assert!(bed.visit(&path, &cookie).await.text.contains("longer than 10 minutes"));
    assert_eq!(bed.sessions().await, 1);
    assert_eq!(bed.refusals().await.len(), 10);
}

// WB02
#[tokio::test]
async fn the_nonce_and_the_verifier_belong_to_the_sign_in() {
    let (bed, identity) = bed().await;
    for nonce in [Value::Null, json!("constant"), json!(""), json!(1), json!(["x"])] {
        let changed = nonce.clone();
        identity.change(move |_, claims| claims["nonce"] = changed.clone());
        let answer = bed.sign_in(&identity).await;
        assert_eq!(answer.status, 400, "{nonce}");
        assert!(answer.text.contains("<code>nonce</code>"), "{}", answer.text);
    }
    identity.reset();
    // The provider refuses the code of one sign-in with the verifier of another.
    let (url, _) = bed.begin().await;
    let (other, cookie) = bed.begin().await;
    let state = |url: &str| parse(url.split_once('?').unwrap().1)["state"].clone();
    let response = identity.authorize(&url).replace(&state(&url), &state(&other));
    let answer = bed.visit(&format!("/sign-in/callback?{response}"), &cookie).await;
    assert!(answer.status == 502 && answer.text.contains("invalid_grant"), "{}", answer.text);
    assert!(answer.text.contains("/sign-in/callback"), "the advice names the redirect address");
    assert_eq!(bed.sessions().await, 0);
}

/// A name, and a change of the token's header and claims.
type Mutation = (String, Box<dyn Fn(&mut Value, &mut Value) + Send + Sync>);

/// A name, and a change of the whole token.
type Forgery = (&'static str, fn(&str) -> String);

// WB03
#[tokio::test]
async fn every_mutation_of_the_token_is_refused() {
    let (bed, identity) = bed().await;
    let now = || bed.clock.wall().timestamp() + 60;
    let mut refused = 0;
    let header = |name: &'static str, value: Value| -> Mutation {
        (format!("header {name} {value}"), Box::new(move |header, _| header[name] = value.clone()))
    };
    let claim = |name: &'static str, value: Value| -> Mutation {
        (format!("{name} {value}"), Box::new(move |_, claims| claims[name] = value.clone()))
    };
    let mut mutations = vec![
        header("alg", json!("none")),
        header("alg", json!("None")),
        header("alg", json!("HS256")),
        header("alg", json!("ES384")),
        header("alg", json!("PS256")),
        header("alg", json!("RS256")),
        header("alg", Value::Null),
        header("kid", json!("other")),
        header("kid", json!("enc")),
        header("kid", json!("secret")),
        header("kid", json!("rsa")),
        header("kid", json!(1)),
        header("crit", json!(["exp"])),
    ];
    for name in ["iss", "aud", "sub", "exp", "iat", "nonce"] {
        for value in [Value::Null, json!([]), json!({}), json!(true), json!(["x"])] {
            mutations.push(claim(name, value));
        }
    }
    for (name, value) in [
        ("iss", json!("https://evil.example.net")),
        ("iss", json!("https://id.example.net/")),
        ("aud", json!("other")),
        ("aud", json!(["monitor", "other"])),
        ("aud", json!(["other"])),
        ("aud", json!(["monitor", 1])),
        ("azp", json!("other")),
        ("azp", json!(1)),
        ("sub", json!("")),
        ("sub", json!("x".repeat(256))),
        ("exp", json!((now() + 300).to_string())),
        ("exp", json!(now() - 3_600)),
        ("exp", json!(-1)),
        ("iat", json!(now().to_string())),
        ("iat", json!(now() + 3_600)),
        ("iat", json!(now() - 3_600)),
        ("nbf", json!(now().to_string())),
        ("nbf", json!(now() + 86_400)),
        ("nbf", Value::Null),
    ] {
        mutations.push(claim(name, value));
    }
    for (name, change) in mutations {
        identity.change(change);
        let answer = bed.sign_in(&identity).await;
        assert_eq!(answer.status, 400, "{name}: {}", answer.text);
        assert!(answer.text.contains("ID token") && session_of(&answer).is_none(), "{name}");
        refused += 1;
    }
    identity.reset();
    let forgeries: [Forgery; 8] = [
        ("no signature", |token| token.rsplit_once('.').unwrap().0.to_owned() + "."),
        ("alg none without signature", |token| {
            let body = token.split('.').nth(1).unwrap();
            format!("{}.{body}.", encoded(&json!({ "alg": "none" })))
        }),
        ("another signature", |token| {
            let (message, signature) = token.rsplit_once('.').unwrap();
            let first = if signature.starts_with('A') { "B" } else { "A" };
            format!("{message}.{first}{}", &signature[1..])
        }),
        ("another body", |token| {
            let parts: Vec<&str> = token.split('.').collect();
            let claims = json!({ "sub": "eve", "groups": ["operator"] });
            format!("{}.{}.{}", parts[0], encoded(&claims), parts[2])
        }),
        ("one part", |_| "x".to_owned()),
        ("empty", |_| String::new()),
        ("five parts", |token| format!("{token}.x.y")),
        ("huge", |token| format!("{token}{}", "A".repeat(100_000))),
    ];
    for (name, forged) in forgeries {
        identity.forge(forged);
        assert_eq!(bed.sign_in(&identity).await.status, 400, "{name}");
        refused += 1;
    }
    identity.reset();
    assert_eq!(bed.sessions().await, 0);
    assert_eq!(refused, 70);
    // What is right is accepted: several audiences with the party, clocks that differ by less than a minute.
    identity.change(|_, claims| {
        (claims["aud"], claims["azp"]) = (json!(["other", CLIENT]), json!(CLIENT));
    });
    assert_eq!(bed.sign_in(&identity).await.status, 303);
    identity.change(|_, claims| {
        let now = claims["iat"].as_i64().unwrap();
        (claims["iat"], claims["nbf"], claims["exp"]) = (json!(now + 59), json!(now + 59), json!(now - 59));
    });
    assert_eq!(bed.sign_in(&identity).await.status, 303);
    // Different clocks are named, with the difference.
    identity.change(|_, claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 7_200));
    let page = bed.sign_in(&identity).await.text;
    assert!(page.contains("7200 s off") && page.contains("set the clock"), "{page}");
}

// WB04
#[tokio::test]
async fn the_keys_are_bounded_kept_and_fetched_at_most_once_a_minute() {
    let (bed, identity) = bed().await;
    assert_eq!(bed.sign_in(&identity).await.status, 303);
    for _ in 0..5 {
        bed.sign_in(&identity).await;
    }
    assert_eq!((identity.fetched("/jwks"), identity.fetched("/.well-known/openid-configuration")), (1, 1));
    identity.rotate("two");
    assert_eq!(bed.sign_in(&identity).await.status, 303, "new keys are fetched");
    assert_eq!(identity.fetched("/jwks"), 2);
    // A token with an unknown key fetches at most once a minute.
    identity.change(|header, _| header["kid"] = json!("none"));
    let (first, second) = (bed.begin().await, bed.begin().await);
    bed.clock.advance(Duration::from_secs(60));
    for (url, cookie) in [first, second] {
        let path = format!("/sign-in/callback?{}", identity.authorize(&url));
        assert_eq!(bed.visit(&path, &cookie).await.status, 400);
    }
    assert_eq!(identity.fetched("/jwks"), 3);
    identity.reset();
    // Without the provider the kept keys work for an hour.
    identity.fail(&["/jwks", "/.well-known/openid-configuration"]);
    bed.clock.advance(Duration::from_secs(600));
    assert_eq!(bed.sign_in(&identity).await.status, 303);
    bed.clock.advance(Duration::from_secs(3_600));
    let away = bed.visit("/sign-in/start", "").await;
    assert!(away.status == 502 && away.text.contains("its document"), "{}", away.text);
    for _ in 0..10 {
        bed.visit("/sign-in/start", "").await;
    }
    assert_eq!(identity.fetched("/.well-known/openid-configuration"), 2);
    identity.reset();
    bed.clock.advance(Duration::from_secs(60));
    assert_eq!(bed.sign_in(&identity).await.status, 303, "it comes back");
    // Documents that are too long or no keys leave the kept ones.
    for garbage in [vec![b' '; 300 * 1024], b"<html>".to_vec(), b"{\"keys\":[]}".to_vec()] {
        identity.garbage(Some(garbage));
        identity.rotate("three");
        assert_eq!(bed.sign_in(&identity).await.status, 400);
    }
    identity.reset();
    bed.clock.advance(Duration::from_secs(60));
    assert_eq!(bed.sign_in(&identity).await.status, 303);
}

// WB05
#[tokio::test]
async fn a_person_of_no_rule_is_refused_and_audited() {
    let (bed, identity) = bed().await;
    for (claims, reason) in [
        (json!({ "sub": "eve" }), "sent none of the claims groups"),
        (json!({ "sub": "eve", "groups": ["other"] }), "no rule for access matches groups"),
        (json!({ "sub": "eve", "groups": "OPERATOR" }), "no rule for access matches groups"),
        (
            json!({ "sub": "eve", "email": "eve@operator", "email_verified": true }),
            "sent none of the claims groups",
        ),
    ] {
        identity.claim(claims.clone());
        identity.userinfo(json!({ "sub": "eve" }));
        let answer = bed.sign_in(&identity).await;
        assert_eq!(answer.status, 403, "{claims}");
        assert!(answer.text.contains(reason), "{}", answer.text);
        assert!(bed.refusals().await[0].contains(reason));
    }
    assert_eq!(bed.sessions().await, 0);
    // Claims of the userinfo endpoint count, if they are about the same person.
    identity.claim(json!({ "sub": "ada" }));
    identity.userinfo(json!({ "sub": "eve", "groups": ["operator"] }));
    assert_eq!(bed.sign_in(&identity).await.status, 502);
    identity.userinfo(json!({ "sub": "ada", "groups": ["operator"] }));
    assert_eq!(bed.sign_in(&identity).await.status, 303);
}

#[tokio::test]
async fn problems_at_the_provider_are_named() {
    let (bed, identity) = bed().await;
    let (url, cookie) = bed.begin().await;
    let state = parse(url.split_once('?').unwrap().1)["state"].clone();
    let query = format!("error=access_denied&error_description=%3Cb%3Eno&state={state}");
    let answer = bed.visit(&format!("/sign-in/callback?{query}"), &cookie).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("access_denied (&#60;b&#62;no)"), "{}", answer.text);
    identity.refuse_secret();
    let answer = bed.sign_in(&identity).await;
    assert!(answer.status == 502 && answer.text.contains("invalid_client"), "{}", answer.text);
    assert!(answer.text.contains("sign_in.client_id"));
    identity.fail(&["/token"]);
    let answer = bed.sign_in(&identity).await;
    assert!(answer.status == 502 && answer.text.contains("cannot be used"), "{}", answer.text);
    let secret = bed.refusals().await.join(" ");
    assert!(!secret.contains(SECRET) && !secret.contains("code-"), "{secret}");
}

#[tokio::test]
async fn a_claim_of_the_userinfo_endpoint_counts_for_the_rules_before_the_one_that_matches() {
    let (bed, identity) = bed_of(|rules| {
        let first = Rule {
            claim: "contract".to_owned(),
            value: "external".to_owned(),
            role: Role::Viewer,
            ..rules[0].clone()
        };
        rules.insert(0, first);
    })
    .await;
    identity.userinfo(json!({ "sub": "ada-1", "contract": "external" }));
    let session = session_of(&bed.sign_in(&identity).await).unwrap();
    assert!(bed.visit("/", &session).await.text.contains("</b> viewer"));
    // Without it, nothing is guessed.
    identity.fail(&["/me"]);
    assert_eq!(bed.sign_in(&identity).await.status, 502);
}

#[tokio::test]
async fn an_address_is_verified_by_its_own_document() {
    let (bed, identity) = bed_of(|rules| {
        (rules[0].claim, rules[0].value) = ("email_domain".to_owned(), "north.example.net".to_owned());
    })
    .await;
    identity.claim(json!({ "sub": "eve", "email": "eve@north.example.net" }));
    identity.userinfo(json!({ "sub": "eve", "email": "eve@evil.example.net", "email_verified": true }));
    assert_eq!(bed.sign_in(&identity).await.status, 403);
    identity.claim(json!({ "sub": "ada" }));
    identity.userinfo(json!({ "sub": "ada", "email": "ada@north.example.net", "email_verified": true }));
    assert_eq!(bed.sign_in(&identity).await.status, 303);
}

#[tokio::test]
async fn a_visitor_that_goes_away_makes_no_further_fetch() {
    let (bed, identity) = bed().await;
    identity.hang(true);
    for _ in 0..5 {
        // The request is sent, and dropped with its browser.
        tokio::select! {
            answer = bed.visit("/sign-in/start", "") => assert_eq!(answer.status, 502),
            () = async { for _ in 0..100 { tokio::task::yield_now().await } } => {}
        }
    }
    assert_eq!(identity.fetched("/.well-known/openid-configuration"), 1);
    identity.hang(false);
    bed.clock.advance(Duration::from_secs(60));
    assert_eq!(bed.sign_in(&identity).await.status, 303);
}
