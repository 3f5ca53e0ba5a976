//! Mails that arrive, and the name of each failure.

use plume::{
    health::Status,
    monitor::{
        ids::{HomeId, IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, Incident, IncidentChange, Scope, Situation},
        notify::{Message, MessageKind},
    },
};
use plume_server::{
    notify::{
        Body, Envelope, Handed, MailError, MailServer, Mailer, Names, Request, Security, Target, render,
    },
    store::model::{Outgoing, Sending},
    worker::Letter,
};

use super::{Certificates, Server};

/// The mail about a home with this name.
fn mail(home: &str, to: &[&str]) -> lettre::Message {
    let now = "2026-01-15T00:00:00Z".parse().unwrap();
    let scope = Scope::Home(HomeId::new(home));
    let mut change = IncidentChange::new(IncidentId::new("i1"), scope, ChangeKind::Opened, now);
    let cause = Cause::new(CauseKind::Status, "gateway", Status::Red, "the gateway is offline");
    (change.version, change.situation) = (1, Some(Situation::new(cause, now, "offline")));
    let mut incident = Incident::open(TenantId::new("a"), &change).unwrap();
    let message = Message::announce(&mut incident, MessageKind::Problem, Vec::new(), now);
    let outgoing = Outgoing {
        channel: "main".to_owned(),
        incident: Some(message.incident.clone()),
        dedup: message.key.to_string(),
        not_before: now,
        body: Vec::new(),
    };
    let sending = Sending {
        id: 1,
        tenant: TenantId::new("a"),
        fence: 1,
        message: outgoing,
        attempts: 0,
        is_repeat: false,
        replaced: 0,
        stored: now,
        alive_since: now,
    };
    let body = Body::Letter(Letter::Message(Box::new(message)));
    let from = "Monitor <monitor@example.net>";
    let names = Names::default();
    let envelope = Envelope { sending: &sending, body: &body, names: &names, from, bot: None, now };
    match render(&Target::Mail { to: to.iter().map(ToString::to_string).collect() }, &envelope).unwrap() {
        Request::Mail(mail) => *mail,
        other => panic!("{other:?}"),
    }
}

async fn sent(settings: &MailServer, to: &str) -> Result<Handed, MailError> {
    settings.send(mail("Example Street", &[to])).await
}

fn not_sent(result: Result<Handed, MailError>) -> String {
    match result {
        Err(MailError::NotSent(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mail_arrives_with_its_subject_and_without_headers_of_others() {
    let mut server = Server::start("plain", None);
    let settings = server.settings(Security::None);
    for name in ["Straße 5 \u{1f3e0} 日本", "x\r\nBcc: eve@example.net\r\n\r\nforged", "=?utf-8?q?forged?="]
    {
        let handed = settings.send(mail(name, &["Ada <ada@example.net>"])).await.unwrap();
        assert_eq!(handed, Handed::new("250 2.0.0 queued as 1"));
        let mail = server.accepted();
        assert_eq!(mail["to"], serde_json::json!(["ada@example.net"]));
        assert_eq!(mail["from"], "monitor@example.net");
        let names: Vec<String> = serde_json::from_value(mail["names"].clone()).unwrap();
        assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{names:?}");
        assert!(mail["id"].as_str().unwrap().starts_with("<msg_"), "{mail}");
        assert!(mail["references"].as_str().unwrap().starts_with("<incident_"), "{mail}");
        let (subject, text) = (mail["subject"].as_str().unwrap(), mail["text"].as_str().unwrap());
        assert!(!subject.contains(['\r', '\n']), "{subject:?}");
        if !name.contains('\r') {
            assert!(subject.replace('\u{200b}', "").contains(name), "{subject}");
        }
        assert!(text.contains("the gateway is offline"), "{text}");
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let server = Server::start("plain", None);
    let text = not_sent(sent(&server.settings(Security::StartTls), "ada@example.net").await);
    assert_eq!(text, "mail.example.net does not offer STARTTLS; nothing is sent without it");
    let text = not_sent(sent(&server.settings(Security::Implicit), "ada@example.net").await);
    assert!(text.starts_with("failed to connect to mail.example.net: "), "{text}");
}

#[tokio::test]
async fn a_certificate_has_to_be_trusted_and_to_have_the_name() {
    let certificates = Certificates::new("tls");
    for (mode, security) in [("starttls", Security::StartTls), ("implicit", Security::Implicit)] {
        let mut server = Server::start(mode, Some(&certificates));
        let unknown = server.settings(security);
        assert!(not_sent(sent(&unknown, "ada@example.net").await).starts_with("failed to connect"));
        let trusted = MailServer { ca: Some(certificates.ca.clone()), ..server.settings(security) };
        let listed = ["smtp", "smtps"].map(|scheme| format!("{scheme}://other.example.net:{}", server.port));
        let other = MailServer {
            host: "other.example.net".to_owned(),
            guard: plume_server::guard::Guard::resolving(listed, std::sync::Arc::new(super::Here)),
            ..trusted.clone()
        };
        assert!(not_sent(sent(&other, "ada@example.net").await).starts_with("failed to connect"));
        sent(&trusted, "ada@example.net").await.unwrap();
        assert_eq!(server.accepted()["encrypted"], true, "{mode}");
    }
}

#[tokio::test]
async fn a_wrong_login_is_named_and_can_be_mended() {
    let certificates = Certificates::new("login");
    let mut server = Server::start("login", Some(&certificates));
    let trusted = MailServer { ca: Some(certificates.ca.clone()), ..server.settings(Security::StartTls) };
    let login = |password: &str| MailServer {
        login: Some(("monitor".to_owned(), password.to_owned())),
        ..trusted.clone()
    };
    let text = not_sent(sent(&login("wrong-canary"), "ada@example.net").await);
    assert!(text.starts_with("the login at mail.example.net failed: ") && !text.contains("canary"), "{text}");
    sent(&login("not-a-real-secret"), "ada@example.net").await.unwrap();
    assert_eq!(server.accepted()["login"], true);
}

#[tokio::test]
async fn a_rejected_mail_is_final_or_not_and_a_cut_one_is_uncertain() {
    let mut server = Server::start("plain", None);
    let settings = server.settings(Security::None);
    for (to, expected) in [("full@example.net", false), ("gone@example.net", true)] {
        match sent(&settings, to).await {
            Err(MailError::Rejected { is_final, text }) => assert_eq!(is_final, expected, "{text}"),
            other => panic!("{other:?}"),
        }
    }
    let cut = sent(&settings, "cut@example.net").await;
    assert!(matches!(cut, Err(MailError::Broken(_))), "{cut:?}");
    assert_eq!(server.accepted()["to"][0], "cut@example.net");
}

#[tokio::test]
async fn a_recipient_that_is_refused_keeps_the_mail_from_no_other() {
    let mut server = Server::start("plain", None);
    let settings = server.settings(Security::None);
    let send = async |to: &[&str]| settings.send(mail("Example Street", to)).await;
    let to = ["ada@example.net", "gone@example.net", "full@example.net", "ben@example.net"];
    let Handed { response, refused, .. } = send(&to).await.unwrap();
    let refused = refused.unwrap();
    assert_eq!(server.accepted()["to"], serde_json::json!(["ada@example.net", "ben@example.net"]));
    assert_eq!(response, "250 2.0.0 queued as 1");
    assert!(
        refused.starts_with("gone@example.net: ") && refused.contains("; full@example.net: "),
        "{refused}"
    );
    // Without any recipient it is final only if all are.
    for (to, expected) in [(&to[1..3], false), (&to[1..2], true)] {
        match send(to).await {
            Err(MailError::Rejected { is_final, text }) => assert_eq!(is_final, expected, "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_mail_server_that_is_not_listed_gets_no_connection() {
    let server = Server::start("plain", None);
    let guard = plume_server::guard::Guard::resolving([], std::sync::Arc::new(super::Here));
    let settings = MailServer { guard, ..server.settings(Security::None) };
    let refused = sent(&settings, "ada@example.net").await;
    assert!(matches!(refused, Err(MailError::Refused(_))), "{refused:?}");
}
