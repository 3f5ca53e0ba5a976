//! Sessions of people who leave at the provider. Row MO46.

use plume_server::access::{ApiToken, Claims, Session};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

struct Person {
    bed: Bed,
    identity: Identity,
    session: String,
}

impl Person {
    /// A person who has signed in at a provider that gives refresh tokens.
    async fn new(with_id: bool) -> Self {
        let (bed, identity) = bed().await;
        identity.refresh(with_id);
        let session = session_of(&bed.sign_in(&identity).await).unwrap();
        Self { bed, identity, session }
    }

    async fn status(&self) -> u16 {
        self.bed.visit("/", &self.session).await.status.as_u16()
    }

    /// The status after a time, in steps in which the session is not idle.
    async fn after(&self, minutes: u32) -> u16 {
        for _ in 1..minutes {
            self.bed.clock.advance(MINUTE);
            self.status().await;
        }
        self.bed.clock.advance(MINUTE);
        self.status().await
    }

    fn asked(&self) -> usize {
        self.identity.fetched("/token")
    }

    async fn add_token(&self, subject: &str) -> String {
        let shown = plume_server::access::Shown::random().unwrap();
        let groups: Claims = serde_json::from_value(json!({"groups": ["operator"]})).unwrap();
        let now = self.bed.clock.wall();
        let by = Session {
            name: "Ada".to_owned(),
            subject: subject.to_owned(),
            claims: Some(groups),
            read: ["groups".to_owned()].into(),
            created: now,
            confirmed: now,
            address: String::new(),
        };
        let token = ApiToken {
            name: "script".to_owned(),
            by,
            role: Role::Viewer,
            tenants: Tenants::Only([tenant()].into()),
            created: now,
        };
        let body = serde_json::to_vec(&token).unwrap();
        let pass = plume_server::store::model::Pass { id: shown.id(), seen: now, ends: None, body };
        self.bed.store.put_pass(PassKind::Token, pass).await.unwrap();
        format!("Bearer {}", shown.expose())
    }

    async fn read_with(&self, token: &str) -> u16 {
        let request = Request::get("/api/v1/tenants").header("host", "monitor.example.net");
        let request = request.header("authorization", token).body(Body::empty()).unwrap();
        self.bed.send(request).await.status.as_u16()
    }
}

// MO46
#[tokio::test]
async fn the_session_of_a_person_who_left_at_the_provider_ends_within_five_minutes() {
    let person = Person::new(true).await;
    assert_eq!((person.after(4).await, person.asked()), (200, 1));
    assert_eq!((person.after(1).await, person.asked()), (200, 2), "asked after five minutes");
    // Each refresh token is used once, so the session knows the newest.
    assert_eq!((person.after(5).await, person.asked()), (200, 3));
    person.identity.leave();
    assert_eq!(person.after(4).await, 200);
    assert_eq!(person.after(1).await, 303);
    assert_eq!(person.bed.sessions().await, 0);
    let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 1 };
    let row = person.bed.store.audit_rows(query).await.unwrap().remove(0).event;
    assert_eq!((row.who.as_str(), row.action.as_str()), ("identity provider", "session end"));
    assert!(row.subject.contains("https://id.example.net ada-1"), "{row:?}");
    assert_eq!(row.outcome, "done: the identity provider has ended the session");
}

#[tokio::test]
async fn claims_that_changed_at_the_provider_count_within_five_minutes_for_tokens_too() {
    for with_id in [true, false] {
        let person = Person::new(with_id).await;
        let own = person.add_token(&format!("{ISSUER} ada-1")).await;
        let other = person.add_token(&format!("{ISSUER} eve-2")).await;
        let groups = |groups: Value| json!({ "sub": "ada-1", "name": "Ada", "groups": groups });
        person.identity.userinfo(groups(json!(["operator", "night"])));
        assert_eq!(person.after(5).await, 200);
        assert_eq!((person.read_with(&own).await, person.read_with(&other).await), (200, 200));
        person.identity.claim(groups(json!(["night"])));
        person.identity.userinfo(groups(json!(["night"])));
        assert_eq!(person.after(5).await, 303, "{with_id}");
        assert_eq!(person.bed.sessions().await, 0);
        assert_eq!((person.read_with(&own).await, person.read_with(&other).await), (401, 200));
        let again = person.bed.sign_in(&person.identity).await;
        assert_eq!(again.status, 403, "{}", again.text);
        // A later sign-in with the right claims revives the token, which is the person's.
        person.identity.claim(groups(json!(["operator"])));
        assert_eq!(person.bed.sign_in(&person.identity).await.status, 303);
        assert_eq!(person.read_with(&own).await, 200);
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_ends_a_session_after_an_hour() {
    let person = Person::new(true).await;
    person.identity.fail(&["/token"]);
    assert_eq!(person.after(59).await, 200);
    // At most once a minute.
    assert!((50..=56).contains(&person.asked()), "{}", person.asked());
    assert_eq!(person.after(1).await, 303);
    let person = Person::new(true).await;
    person.identity.fail(&["/token"]);
    assert_eq!(person.after(50).await, 200);
    person.identity.fail(&[]);
    assert_eq!(person.after(2).await, 200);
    person.identity.fail(&["/token"]);
    assert_eq!(person.after(58).await, 200, "an hour from the last answer");
}

#[tokio::test]
async fn without_refresh_tokens_a_session_lasts_an_hour() {
    let (bed, identity) = bed().await;
    let session = session_of(&bed.sign_in(&identity).await).unwrap();
    let person = Person { bed, identity, session };
    assert_eq!((person.after(59).await, person.asked()), (200, 1));
    assert_eq!(person.after(1).await, 303);
}

#[tokio::test]
async fn a_token_of_another_person_ends_the_session() {
    let person = Person::new(true).await;
    person.identity.claim(json!({ "sub": "eve-2", "name": "Eve", "groups": ["operator"] }));
    assert_eq!(person.after(4).await, 200);
    assert_eq!(person.after(1).await, 303);
}

#[tokio::test]
async fn requests_at_once_ask_the_provider_once() {
    let person = Person::new(true).await;
    person.bed.clock.advance(6 * MINUTE);
    let visits = (0..20).map(|_| person.status());
    assert!(futures_util::future::join_all(visits).await.iter().all(|status| *status == 200));
    assert_eq!(person.asked(), 2);
}

#[tokio::test]
async fn a_provider_that_hangs_makes_no_page_slow() {
    let person = Person::new(true).await;
    assert_eq!(person.after(4).await, 200);
    person.bed.clock.advance(MINUTE);
    person.identity.hang(true);
    let passes = async {
        for _ in 0..4 {
            tokio::task::yield_now().await;
            person.bed.clock.advance(Duration::from_secs(1));
        }
    };
    let (status, ()) = tokio::join!(person.status(), passes);
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_session_that_was_signed_out_is_not_renewed() {
    let person = Person::new(true).await;
    let id = person.bed.store.passes(PassKind::Session, 1).await.unwrap()[0].id.clone();
    person.bed.store.remove_pass(PassKind::Session, &id).await.unwrap();
    assert_eq!(person.after(6).await, 303);
    assert_eq!((person.bed.sessions().await, person.asked()), (0, 1));
}

#[tokio::test]
async fn a_failure_after_the_exchange_keeps_the_new_refresh_token() {
    let person = Person::new(false).await;
    person.identity.userinfo(json!({ "sub": "ada-1", "name": "Ada", "groups": ["operator"] }));
    assert_eq!(person.after(4).await, 200);
    person.identity.fail(&["/me"]);
    assert_eq!((person.after(1).await, person.asked()), (200, 2));
    person.identity.fail(&[]);
    assert_eq!((person.after(1).await, person.asked()), (200, 3));
    assert_eq!((person.after(4).await, person.asked()), (200, 3), "it was confirmed");
}

#[tokio::test]
async fn a_subject_may_have_a_space() {
    let (bed, identity) = bed().await;
    identity.refresh(false);
    let claims = json!({ "sub": "ada 1", "name": "Ada", "groups": ["operator"] });
    identity.claim(claims.clone());
    identity.userinfo(claims);
    let session = session_of(&bed.sign_in(&identity).await).unwrap();
    let person = Person { bed, identity, session };
    assert_eq!(person.after(65).await, 200);
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_no_session_longer() {
    let person = Person::new(true).await;
    let wall = person.bed.clock.wall();
    person.bed.clock.set_wall(wall - 30 * MINUTE);
    assert_eq!((person.status().await, person.asked()), (200, 2), "asked at once");
    assert_eq!((person.status().await, person.asked()), (200, 2));
    person.bed.clock.set_wall(wall - 61 * MINUTE);
    assert_eq!(person.status().await, 303);
}

#[tokio::test]
async fn a_token_whose_creator_was_not_confirmed_for_thirty_days_is_refused_with_the_reason() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let person = Person::new(true).await;
    let own = person.add_token(&format!("{ISSUER} ada-1")).await;
    let refused = async || {
        let request = Request::get("/api/v1/tenants").header("host", "monitor.example.net");
        let request = request.header("authorization", &own).body(Body::empty()).unwrap();
        let answer = person.bed.send(request).await;
        assert!(
            answer.text.contains("has not confirmed the creator of this token for 30 days"),
            "{}",
            answer.text
        );
        answer.status.as_u16()
    };
    person.bed.clock.advance(29 * DAY);
    assert_eq!(person.read_with(&own).await, 200);
    // The sign-in is a confirmation.
    assert_eq!(person.bed.sign_in(&person.identity).await.status, 303);
    person.bed.clock.advance(30 * DAY - MINUTE);
    assert_eq!(person.read_with(&own).await, 200);
    person.bed.clock.advance(MINUTE);
    assert_eq!(refused().await, 401);
    let session = session_of(&person.bed.sign_in(&person.identity).await).unwrap();
    assert_eq!(person.read_with(&own).await, 200);
    // So is the answer about a session.
    let person = Person { session, ..person };
    assert_eq!(person.after(61).await, 200);
    person.bed.clock.advance(30 * DAY - 2 * MINUTE);
    assert_eq!(person.read_with(&own).await, 200);
}
