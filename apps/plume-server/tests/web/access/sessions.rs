//! Sign-in with accounts, sessions, and forms. Rows WB06, WB07, WB10 and WB14.

use super::*;

// WB06, WB14
#[tokio::test]
async fn sign_in_makes_a_new_session_and_leads_to_local_paths_only() {
    let bed = Bed::closed().await;
    bed.add_account("ada").await;
    let planted = Shown::random().unwrap();
    let cookie = format!("session={}", planted.expose());
    for (next, to) in [
        ("%2Fhomes%3Fq%3Da", "/homes?q=a"),
        ("%2F%2Fevil.example.net", "/"),
        ("https%3A%2F%2Fevil.example.net", "/"),
        ("%2F%5Cevil.example.net", "/"),
    ] {
        let page = bed.page(&format!("/sign-in?next={next}"), &cookie).await.text;
        assert_eq!(field(&page, "next").replace("&#38;", "&").replace("&#61;", "="), to);
        let form = format!("token={}&name=ada&password={PASSWORD}&next={next}", field(&page, "token"));
        let answer = bed.ask(&Method::POST, "/sign-in", &[("cookie", &cookie)], &form).await;
        assert_eq!((answer.status.as_u16(), &answer.headers[header::LOCATION]), (303, &to.parse().unwrap()));
        let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(set.starts_with("session=") && !set.contains(planted.expose()), "{set}");
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Secure"), "{set}");
        let own = set.split(';').next().unwrap();
        assert!(bed.page("/", own).await.text.contains("<b>ada</b> admin"));
        assert_eq!(bed.page("/", &cookie).await.status, 303, "the planted id has no session");
    }
    // A browser that signs in again has one session.
    let sessions = || async { bed.store.passes(PassKind::Session, 100).await.unwrap().len() };
    assert_eq!(sessions().await, 4);
    let old = bed.session("viewer").await;
    let page = bed.page("/sign-in", "").await.text;
    let form = format!("token={}&name=ada&password={PASSWORD}", field(&page, "token"));
    bed.ask(&Method::POST, "/sign-in", &[("cookie", "theme=dark")], &form).await;
    assert_eq!(sessions().await, 6);
    assert_eq!(bed.page("/", &old).await.status, 200);
    // The session of the browser ends with the next sign-in.
    let page = bed.page("/", &old).await.text;
    let form = format!("token={}&name=ada&password={PASSWORD}", field(&page, "token"));
    let answer = bed.ask(&Method::POST, "/sign-in", &[("cookie", &old)], &form).await;
    assert!(answer.headers.contains_key(header::SET_COOKIE), "{}", answer.text);
    assert_eq!(sessions().await, 6);
    assert_eq!(bed.page("/", &old).await.status, 303);
}

#[tokio::test]
async fn cookies_are_for_this_host_and_https_only_behind_an_https_proxy() {
    let bed = Bed::closed_at(Some("https://monitor.example.net")).await;
    bed.add_account("ada").await;
    let page = bed.page("/sign-in", "").await;
    assert!(page.headers["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
    let form = format!("token={}&name=ada&password={PASSWORD}", field(&page.text, "token"));
    let answer = bed.ask(&Method::POST, "/sign-in", &[], &form).await;
    for set in answer.headers.get_all(header::SET_COOKIE) {
        let set = set.to_str().unwrap();
        assert!(set.starts_with("__Host-") && set.contains("; Secure") && set.contains("Path=/;"), "{set}");
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old_or_signed_out() {
    let bed = Bed::closed().await;
    bed.add_account("ada").await;
    let cookie = bed.account_session().await;
    for _ in 0..50 {
        assert_eq!(bed.page("/", &cookie).await.status, 200);
        bed.clock.advance(Duration::from_secs(28 * 60));
    }
    bed.clock.advance(Duration::from_secs(60 * 60));
    assert_eq!(bed.page("/", &cookie).await.status, 303, "24 hours in any case");
    let cookie = bed.session("viewer").await;
    bed.clock.advance(Duration::from_secs(31 * 60));
    assert_eq!(bed.page("/", &cookie).await.status, 303, "30 minutes without a request");
    let cookie = bed.session("viewer").await;
    let out = bed.submit("/sign-out", &cookie, "").await;
    assert!(out.text.contains("Signed out") && !out.text.contains("Ada of viewer"));
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(bed.page("/", &cookie).await.status, 303);
    assert!(
        bed.actions()
            .await
            .iter()
            .any(|(who, action, _)| who.starts_with("Ada of viewer (https://id.example.net ada")
                && action == "sign-out")
    );
}

// WB07
#[tokio::test]
async fn a_form_of_another_session_or_page_is_refused() {
    let bed = Bed::closed().await;
    let (own, other) = (bed.session("operator").await, bed.session("operator").await);
    let foreign = field(&bed.page("/", &other).await.text, "token");
    let anonymous = field(&bed.page("/sign-in", "").await.text, "token");
    let path = "/incidents/north/i1";
    for token in [&foreign, &anonymous, ""] {
        let form = format!("token={token}&action=note&text=x");
        assert_eq!(bed.ask(&Method::POST, path, &[("cookie", &own)], &form).await.status, 403);
    }
    let token = field(&bed.page("/", &own).await.text, "token");
    let form = format!("token={token}&action=note&text=x");
    for origin in ["https://evil.example.net", "null"] {
        let request = Request::post(path)
            .header("host", "localhost:8080")
            .header("origin", origin)
            .header("cookie", &own)
            .header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(bed.send(request.body(Body::from(form.clone())).unwrap()).await.status, 403, "{origin}");
    }
    // A form in the address of a page has no effect.
    for path in
        ["/incidents/north/i1?action=note&text=x", "/sign-out", "/users/tenants?id=north&action=suspend"]
    {
        let status = bed.page(&format!("{path}&token={token}"), &own).await.status.as_u16();
        assert!([200, 403, 404, 405].contains(&status), "{path} {status}");
    }
    assert!(bed.page(path, &own).await.text.contains("No note"));
    assert_eq!(bed.submit(path, &own, "action=note&text=mine&person=Eve").await.status, 303);
    let page = bed.page(path, &own).await.text;
    assert!(page.contains("Ada of operator") && !page.contains("Eve"), "the name is that of the session");
}

// WB10
#[tokio::test]
async fn attempts_to_sign_in_are_few_and_the_victim_is_not_locked_out() {
    let bed = Bed::closed().await;
    bed.add_account("ada").await;
    let token = field(&bed.page("/sign-in", "").await.text, "token");
    let right = format!("token={token}&name=ada&password={PASSWORD}");
    let first = bed.ask(&Method::POST, "/sign-in", &[], &right).await;
    let proof = first.headers.get_all(header::SET_COOKIE).iter();
    let proof = proof.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
    let proof = { proof }.find(|pair| pair.starts_with("browser=")).unwrap();
    let mut refused = 0;
    for _ in 0..30 {
        let form = format!("token={token}&name=ada&password=wrong");
        let answer = bed.ask(&Method::POST, "/sign-in", &[], &form).await;
        if answer.status == 429 {
            assert!(answer.headers[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 0);
            refused += 1;
        } else {
            assert_eq!(answer.status, 403);
        }
    }
    assert_eq!(refused, 21);
    assert_eq!(bed.ask(&Method::POST, "/sign-in", &[], &right).await.status, 429);
    let known = [("cookie", proof.as_str())];
    assert_eq!(bed.ask(&Method::POST, "/sign-in", &known, &right).await.status, 303);
    // A wrong name and a wrong password have one answer.
    bed.clock.advance(Duration::from_secs(3_600));
    let mut texts = Vec::new();
    for name in ["ada", "none"] {
        let form = format!("token={token}&name={name}&password=wrong");
        let page = bed.ask(&Method::POST, "/sign-in", &[], &form).await.text;
        // The entered name is shown again.
        texts.push(page.replace(&format!("value=\"{name}\""), ""));
    }
    assert_eq!(texts[0], texts[1]);
    let refusals =
        bed.actions().await.into_iter().filter(|(.., outcome)| outcome.starts_with("refused, from"));
    assert!(refusals.count() >= 11);
}

/// Loads a page as a script of an open page does.
async fn load(bed: &Bed, cookie: &str) -> u16 {
    let headers = [("cookie", cookie), ("sec-fetch-dest", "empty")];
    bed.ask(&Method::GET, "/connections", &headers, "").await.status.as_u16()
}

#[tokio::test]
async fn a_page_that_loads_itself_does_not_keep_its_session() {
    let bed = Bed::closed().await;
    let cookie = bed.session("operator").await;
    for _ in 0..3 {
        bed.clock.advance(Duration::from_secs(9 * 60));
        assert_eq!(load(&bed, &cookie).await, 200);
        let stream = bed.ask(&Method::HEAD, "/events", &[("cookie", &cookie)], "").await;
        assert_eq!(stream.status, 200);
    }
    bed.clock.advance(Duration::from_secs(4 * 60));
    assert_eq!(bed.page("/", &cookie).await.status, 303, "31 minutes without a person");
}

#[tokio::test]
async fn a_new_password_and_a_removed_account_end_sessions_and_tokens() {
    let bed = Bed::closed().await;
    bed.add_account("ada").await;
    for is_removed in [false, true] {
        let cookie = bed.account_session().await;
        let page = bed.submit("/users/tokens", &cookie, "name=script&role=viewer&tenant=north").await.text;
        let bearer = format!("Bearer {}", created(&page));
        let ask =
            || async { bed.ask(&Method::GET, "/api/v1/tenants", &[("authorization", &bearer)], "").await };
        assert_eq!(
            (bed.page("/", &cookie).await.status, ask().await.status),
            (StatusCode::OK, StatusCode::OK)
        );
        bed.clock.advance(Duration::from_secs(1));
        match is_removed {
            true => drop(bed.store.remove_pass(PassKind::Account, "ada").await.unwrap()),
            false => bed.add_account("ada").await,
        }
        assert_eq!(bed.page("/", &cookie).await.status, 303, "{is_removed}");
        assert_eq!(ask().await.status, 401, "{is_removed}");
    }
}

#[tokio::test]
async fn a_shorter_limit_counts_for_sessions_from_before() {
    let limits = SessionLimits { absolute: TimeDelta::minutes(10), ..SessionLimits::default() };
    let bed = Bed::closed_with(SignIn { limits, ..SignIn::default() }).await;
    // Its pass is valid for 24 hours.
    let cookie = bed.session("viewer").await;
    bed.clock.advance(Duration::from_secs(9 * 60));
    assert_eq!(bed.page("/", &cookie).await.status, 200);
    bed.clock.advance(Duration::from_secs(60));
    assert_eq!(bed.page("/", &cookie).await.status, 303);
}
