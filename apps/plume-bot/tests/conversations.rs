//! Conversations as users have them, word by word where the words matter.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::{ANNA, BEN, Directory, GROUP, Options, PARTNER, SSO, STRANGER, Stage, answering, rewriting};
use plume::runtime::Clock;
use plume_sim::{Home, Simulator};
use serde_json::json;

#[tokio::test]
async fn stranger_gets_only_one_neutral_line() {
    let stage = Stage::new().await;
    for text in ["/start", "/auth", "/health a b", "hello", "Basic bm90LWEtcmVhbDpzZWNyZXQ="] {
        stage.say(STRANGER, text).await;
    }
    assert_eq!(stage.said(STRANGER), 1);
    assert_eq!(stage.last(STRANGER).text, "This bot is private. Your Telegram id is 99.");
    // Every other kind of update, also with what a stranger makes up.
    let from = json!({ "id": STRANGER, "first_name": "Eve" });
    let chat = json!({ "id": STRANGER, "type": "private" });
    for update in [
        json!({ "edited_message": { "message_id": 1, "from": from, "chat": chat, "text": "/health a b" } }),
        json!({ "inline_query": { "id": "1", "from": from, "query": "x", "offset": "" } }),
        json!({ "my_chat_member": { "from": from, "chat": chat, "new_chat_member": { "status": "member" } } }),
        json!({ "chat_join_request": { "from": from, "chat": chat } }),
        json!({ "message": { "message_id": 1, "from": from, "chat": chat, "photo": [] } }),
    ] {
        stage.standin.push(update);
    }
    stage.standin.press(STRANGER, STRANGER, 1, "v1:0000000000000000");
    stage.settle().await;
    assert_eq!(stage.said(STRANGER), 1);
    assert_eq!(stage.sim.request_count(), 0, "no call of Plume");
    // In a group strangers are not even greeted.
    stage.standin.say(STRANGER, GROUP, "/health");
    stage.settle().await;
    assert_eq!(stage.said(GROUP), 0);
}

#[tokio::test]
async fn new_user_is_guided_to_a_report() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    assert!(stage.say(ANNA, "/start").await.text.contains("/auth"));
    assert!(stage.say(ANNA, "/status").await.text.contains("not configured"));
    assert_eq!(stage.sim.request_count(), 0);

    let first = stage.say(ANNA, "/auth").await;
    assert!(first.text.contains("OAuth Authentication Setup") && first.text.contains("Step 1 of 4: SSO URL"));
    assert!(stage.say(ANNA, SSO).await.text.contains("Step 2 of 4: Authorization header"));
    let header = stage.header();
    assert!(stage.say(ANNA, &header).await.text.contains("Step 3 of 4: Partner ID"));
    assert!(stage.say(ANNA, PARTNER).await.text.contains("Step 4 of 4: API base URL"));
    let done = stage.say(ANNA, "/skip").await;
    assert!(done.text.contains("Authentication Successful!") && done.text.contains("/locations"), "{done:?}");
    let all: String = stage.standin.messages(ANNA).iter().map(|message| message.text.clone()).collect();
    assert!(all.contains("Confirming Your Configuration") && all.contains("Testing the connection"));
    assert!(!all.contains(&header), "the secret is nowhere in the chat");

    assert!(stage.say(ANNA, "/locations").await.text.contains("choose a customer"));
    assert!(stage.press(ANNA, "two-pods-down").await.text.contains("choose a location"));
    assert!(stage.press(ANNA, "Home").await.text.contains("without ids"));
    let report = stage.press(ANNA, "Health").await;
    assert!(report.text.contains("🟠 SERVICE DISRUPTED - Multiple pods are disconnected"), "{report:?}");
    assert!(report.text.contains("Next: /nodes"), "{report:?}");
    // All of it in one message that changes.
    let messages = stage.said(ANNA);
    assert!(stage.press(ANNA, "Nodes").await.text.contains("disconnected"));
    assert!(stage.press(ANNA, "Devices").await.text.contains("Devices of Home"));
    assert!(stage.press(ANNA, "WiFi").await.text.contains("WiFi Networks of Home"));
    assert_eq!(stage.said(ANNA), messages);
    // The short forms know the location.
    assert!(stage.say(ANNA, "/status").await.text.contains("Network Health Summary: 🟠"));
    assert!(stage.say(ANNA, "/wan").await.text.contains("WAN"));
    let day = stage.press(ANNA, "7 Days").await;
    assert!(day.buttons.iter().flatten().any(|(label, _)| label == "• 7 Days •"), "{day:?}");
    assert!(stage.say(ANNA, "/stats").await.text.contains("Uptime"));
    let three = stage.press(ANNA, "3 Hrs").await;
    assert!(three.text.contains("Samples: 3 "), "{three:?}");
    assert!(stage.say(ANNA, "/whoami").await.text.contains("Plume account: your own"));
    assert!(stage.say(ANNA, "/logout").await.text.contains("logged out"));
    assert!(stage.say(ANNA, "/status").await.text.contains("not configured"));
}

#[tokio::test]
async fn the_reports_have_the_words_of_the_original() {
    let stage = Stage::new().await;
    let report = stage.health(ANNA, Home::Healthy).await;
    let expected = "🏥 Health Status for Home\n\n🟢 ALL SYSTEMS OPERATIONAL - No issues detected\n\n✅ Connection: \
        ONLINE\n\n📡 Nodes/Gateways:\n• Living Room Pod\n  Status: connected\n  Model: P301X\n  Firmware: 8.5.2\n\n✨ \
        Everything looks great!\n\nNext: /stats shows how steady the connection was.";
    assert_eq!(report.text, expected);
    assert!(stage.health(ANNA, Home::GatewayDown).await.text.contains("🔴 LOCATION OFFLINE"));
    assert!(stage.health(ANNA, Home::OnePodDown).await.text.contains("1 pod is disconnected"));
    assert!(stage.health(ANNA, Home::Empty).await.text.contains("No pods found for this location"));
}

#[tokio::test]
async fn wrong_answers_get_the_messages_of_the_table() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    stage.say(ANNA, "/auth").await;
    let wrong = stage.say(ANNA, "http://sso.example.net/token").await;
    assert!(
        wrong.text.contains("must start with https://") && wrong.text.contains("Step 1 of 4"),
        "{wrong:?}"
    );
    assert!(stage.say(ANNA, "/skip").await.text.contains("cannot be skipped"));
    assert!(stage.say(ANNA, "/back").await.text.contains("first step"));
    stage.say(ANNA, SSO).await;
    assert!(stage.say(ANNA, "Basic").await.text.contains("cannot be empty"));
    assert!(stage.say(ANNA, "Digest abc").await.text.contains("Authorization header"));
    stage.say(ANNA, &stage.header()).await;
    let long = "a".repeat(300);
    for (partner, why) in [
        ("tooshort", "too short: 8 characters, at least 20 expected"),
        (long.as_str(), "too long: 300 characters, at most 64 expected"),
        ("5ca1ab1e0000000a0000000!", "a character other than letters, digits"),
        ("short!", "a character other than letters, digits"),
        ("slug:", "The partner id is empty"),
    ] {
        let wrong = stage.say(ANNA, partner).await.text;
        assert!(wrong.contains(why) && wrong.contains("Step 3 of 4"), "{partner}: {wrong}");
        assert_eq!(wrong.matches("expected").count(), usize::from(why.contains("expected")), "{wrong}");
    }
    assert!(stage.press(ANNA, "Back").await.text.contains("Step 2 of 4"));
    stage.say(ANNA, &stage.header()).await;
    stage.say(ANNA, PARTNER).await;
    assert!(stage.say(ANNA, "https://evil.example.org/api").await.text.contains("does not connect to"));
    assert_eq!(stage.sim.request_count(), 0, "nothing is sent before all is there");
    assert!(stage.press(ANNA, "Cancel").await.text.contains("cancelled"));
    assert!(stage.say(ANNA, "/skip").await.text.contains("No set-up"));
}

#[tokio::test]
async fn wrong_credentials_are_reported_with_the_status_and_not_stored() {
    let directory = Directory::new();
    let state = Some(directory.path().to_owned());
    let stage = Stage::with(Options { operator: false, state, ..Options::default() }).await;
    stage.say(ANNA, "/auth").await;
    stage.say(ANNA, SSO).await;
    // base64 of "0oaEXAMPLE:not-a-real-secret", which the simulator does not know.
    stage.say(ANNA, "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==").await;
    stage.say(ANNA, PARTNER).await;
    let failed = stage.say(ANNA, "/skip").await;
    assert!(
        failed.text.contains("Authentication Failed") && failed.text.contains("status 401"),
        "{failed:?}"
    );
    assert!(failed.text.contains("/auth"));
    assert!(stage.say(ANNA, "/nodes a b").await.text.contains("not configured"));
    assert!(!directory.contents().contains("MG9h"));
    assert!(!stage.logged().contains("MG9h"), "{}", stage.logged());
}

#[tokio::test]
async fn two_users_at_once_do_not_meet() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    // Interleaved, step by step.
    for text in ["/auth", SSO, &stage.header(), PARTNER] {
        stage.standin.say(ANNA, ANNA, text);
        if text != PARTNER {
            stage.standin.say(BEN, BEN, text);
        }
        stage.settle().await;
    }
    stage.standin.say(ANNA, ANNA, "/skip");
    stage.standin.say(BEN, BEN, "short");
    stage.settle().await;
    assert!(stage.last(ANNA).text.contains("Successful"));
    assert!(stage.last(BEN).text.contains("too short: 5 characters, at least 20 expected"));
    stage.say(BEN, "/cancel").await;
    assert!(
        stage.say(BEN, "/nodes a b").await.text.contains("not configured"),
        "Anna's account is not Ben's"
    );
    // Anna's buttons are not Ben's, in a group that both read.
    stage.standin.say(ANNA, GROUP, "/locations");
    stage.settle().await;
    let before = stage.last(GROUP);
    stage.press_in(BEN, GROUP, "healthy");
    stage.settle().await;
    assert_eq!(stage.standin.messages(GROUP).iter().find(|message| message.id == before.id), Some(&before));
}

#[tokio::test]
async fn hostile_name_is_escaped() {
    let sim = Simulator::builder().seed(7).build();
    let plain =
        Stage::with(Options { operator_transport: Some(sim.transport()), ..Options::default() }).await;
    let expected = plain.health(ANNA, Home::Healthy).await.entities;
    for name in [
        "_*[]()~`>#+-=|{}.!",
        "<b>x</b><a href=\"tg://user?id=1\">y</a>",
        "&lt;&amp;&#60;",
        "\u{202e}evil\u{2066}",
        "a\u{200b}b",
        "x\n✅ Connection: ONLINE",
        "</b></code>",
    ] {
        let transport = rewriting(&sim, "Living Room Pod", name);
        let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
        for command in ["health", "nodes", "status"] {
            let home = Home::Healthy;
            let text = format!("/{command} {} {}", home.customer_id(), home.location_id());
            let report = stage.say(ANNA, &text).await;
            assert!(!report.text.contains("Living Room"), "{report:?}");
            if command == "health" {
                assert_eq!(report.entities, expected, "{name}: markup comes from the template alone");
            }
            let shown: String =
                name.chars().take_while(|letter| letter.is_ascii() && *letter != '\n').collect();
            assert!(report.text.contains(shown.trim()), "{name}: {report:?}");
            assert!(!report.text.contains("\n✅ Connection: ONLINE\n✅"), "a line was forged: {report:?}");
            assert!(!report.text.contains('\u{202e}'));
        }
        assert_eq!(stage.outbox.counts().made_plain, 0, "nothing had to be repaired");
    }
    let transport = rewriting(&sim, "Living Room Pod", &"W".repeat(10_000));
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    let report = stage.health(ANNA, Home::Healthy).await;
    assert!(report.text.len() < 1_000 && report.text.contains('…'), "{report:?}");
}

#[tokio::test]
async fn restart_discards_an_unfinished_set_up() {
    let directory = Directory::new();
    let state = || Some(directory.path().to_owned());
    let stage = Stage::with(Options { operator: false, state: state(), ..Options::default() }).await;
    stage.three_steps(ANNA).await;
    let header = stage.header();
    let (standin, clock) = stage.kill().await;
    assert!(!directory.contents().contains(&header));
    let options =
        Options { operator: false, state: state(), standin: Some(standin), clock, ..Options::default() };
    let stage = Stage::with(options).await;
    assert!(stage.say(ANNA, "/skip").await.text.contains("No set-up"));
    assert!(stage.sign_in(ANNA).await.text.contains("survives a restart"));
    stage.say(ANNA, &format!("/locations {}", Home::PoorQoe.customer_id())).await;
    stage.press(ANNA, "Home").await;

    let (standin, clock) = stage.kill().await;
    let disk = directory.contents();
    assert!(!disk.contains(&header) && !disk.contains("sso.example.net"), "what is kept is sealed");
    let options =
        Options { operator: false, state: state(), standin: Some(standin), clock, ..Options::default() };
    let stage = Stage::with(options).await;
    // A button from before the restart is reported as expired, with a new menu.
    assert!(stage.press(ANNA, "Change location").await.text.contains("expired"));
    assert!(
        stage.press(ANNA, "Health").await.text.contains("Health Status for Home"),
        "account and place are there"
    );
    assert!(stage.say(BEN, "/health").await.text.contains("not configured"));

    stage.say(ANNA, "/logout").await;
    let (standin, clock) = stage.kill().await;
    let options =
        Options { operator: false, state: state(), standin: Some(standin), clock, ..Options::default() };
    let stage = Stage::with(options).await;
    assert!(stage.say(ANNA, "/health").await.text.contains("not configured"), "logged out is logged out");
}

#[tokio::test]
async fn a_set_up_ends_after_five_minutes_of_silence() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    stage.three_steps(ANNA).await;
    stage.pass(Duration::from_secs(4 * 60 + 50)).await;
    stage.say(ANNA, "/back").await;
    let asked = stage.clock.monotonic();
    stage.pass(Duration::from_secs(4 * 60 + 50)).await;
    assert!(!stage.last(ANNA).text.contains("five minutes"), "an answer restarts the time");
    stage.pass(Duration::from_secs(20)).await;
    stage.settle().await;
    assert!(stage.last(ANNA).text.contains("five minutes"), "{:?} after {asked:?}", stage.last(ANNA));
    assert!(stage.say(ANNA, "/skip").await.text.contains("No set-up"));
}

#[tokio::test]
async fn update_keeps_skipped_fields_but_no_credential_for_another_host() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    stage.sign_in(ANNA).await;
    stage.say(ANNA, "/auth update").await;
    for _ in 0..3 {
        stage.say(ANNA, "/skip").await;
    }
    assert!(stage.say(ANNA, "/skip").await.text.contains("Successful"));
    // Another SSO host: the header has to be typed again.
    let before = stage.sim.request_count();
    stage.say(ANNA, "/auth update").await;
    stage.say(ANNA, "https://other.example.net/oauth2/ausSIMULATOR00000000/v1/token").await;
    let asked = stage.say(ANNA, "/skip").await;
    assert!(asked.text.contains("send the Authorization header again"), "{asked:?}");
    stage.say(ANNA, "/cancel").await;
    // Another API host: the same.
    stage.say(ANNA, "/auth update").await;
    for _ in 0..3 {
        stage.say(ANNA, "/skip").await;
    }
    let asked = stage.say(ANNA, "https://api2.example.net/api").await;
    assert!(
        asked.text.contains("send the Authorization header again") && asked.text.contains("Step 2"),
        "{asked:?}"
    );
    assert_eq!(stage.sim.request_count(), before, "nothing was sent to either");
    // The account that works is still there.
    stage.say(ANNA, "/cancel").await;
    assert!(stage.health(ANNA, Home::Healthy).await.text.contains("OPERATIONAL"));
}

#[tokio::test]
async fn long_lists_are_paged_without_loss() {
    let sim = Simulator::builder().seed(7).build();
    let many: Vec<_> = (0..105)
        .map(|number| json!({ "id": format!("{number:070}"), "name": format!("Site <{number}>") }))
        .collect();
    let body = bytes::Bytes::from(json!(many).to_string());
    let inner = sim.clone();
    let transport =
        std::sync::Arc::new(plume::runtime::InProcess::new(move |request: http::Request<bytes::Bytes>| {
            let answer = if request.uri().path().ends_with("/locations") {
                http::Response::new(body.clone())
            } else {
                inner.handle(request)
            };
            std::future::ready(Ok(answer))
        }));
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    let mut page = stage.say(ANNA, "/locations 5ca1ab1e0000000c00000001").await;
    assert!(page.text.contains("105"), "{page:?}");
    let mut seen = Vec::new();
    loop {
        let labels: Vec<String> = page.buttons.iter().flatten().map(|(label, _)| label.clone()).collect();
        assert!(page.buttons.iter().flatten().all(|(_, data)| data.len() <= 64));
        seen.extend(labels.iter().filter(|label| label.starts_with("Site")).cloned());
        assert!(seen.len() <= 105, "the pages do not end");
        if !labels.iter().any(|label| label == "▶") {
            break;
        }
        page = stage.press(ANNA, "▶").await;
    }
    let all: Vec<String> = (0..105).map(|number| format!("Site <{number}>")).collect();
    assert_eq!(seen, all);
    assert!(stage.press(ANNA, "Site <104>").await.text.contains("Site <104>"));
}

#[tokio::test]
async fn customers_are_found_and_paged() {
    let stage = Stage::new().await;
    let first = stage.say(ANNA, "/locations").await;
    let second = stage.press(ANNA, "▶").await;
    assert_ne!(first.buttons[0][0].0, second.buttons[0][0].0);
    assert_eq!(stage.press(ANNA, "◀").await.buttons[0][0].0, first.buttons[0][0].0);
    let found = stage.say(ANNA, "/find poor-qoe").await;
    assert_eq!(found.buttons.len(), 1, "{found:?}");
    // A hit has no name for the location, and people choose by names.
    assert!(stage.press(ANNA, "poor-qoe").await.text.contains("Location: Home"));
    assert!(stage.say(ANNA, "/whoami").await.text.contains("Location: Home"));
    assert!(stage.say(ANNA, "/health").await.text.contains("QoE"));
    assert!(stage.say(ANNA, "/find zzzzz").await.text.contains("Nothing was found"));
}

#[tokio::test]
async fn location_without_a_name_gets_it_from_a_report() {
    let sim = Simulator::builder().seed(7).build();
    let inner = sim.clone();
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_broken = std::sync::Arc::clone(&broken);
    let transport = answering(move |request| {
        let mut answer = inner.handle(request.clone());
        if is_broken.load(std::sync::atomic::Ordering::Relaxed)
            && request.uri().path().contains("/locations/")
        {
            *answer.status_mut() = http::StatusCode::NOT_FOUND;
        }
        Ok(answer)
    });
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    stage.say(ANNA, "/find poor-qoe").await;
    let chosen = stage.press(ANNA, "poor-qoe").await;
    assert!(chosen.text.contains("Location: 5ca1ab1e"), "chosen all the same: {chosen:?}");
    broken.store(false, std::sync::atomic::Ordering::Relaxed);
    stage.say(ANNA, "/health").await;
    assert!(stage.say(ANNA, "/whoami").await.text.contains("Location: Home"));
}

#[tokio::test]
async fn a_device_hangs_on_a_pod_with_the_name_that_nodes_shows() {
    let stage = Stage::new().await;
    let home = Home::Healthy;
    let ids = format!("{} {}", home.customer_id(), home.location_id());
    assert!(stage.say(ANNA, &format!("/nodes {ids}")).await.text.contains("Living Room Pod (gateway)"));
    let devices = stage.say(ANNA, &format!("/devices {ids}")).await.text;
    let hangs: Vec<&str> = devices.lines().filter(|line| line.contains("Node:")).collect();
    assert!(!hangs.is_empty() && hangs.iter().all(|line| *line == "  • Node: Living Room Pod"), "{devices}");
}

#[tokio::test]
async fn a_name_with_markup_is_literal_in_the_headline_and_in_a_search() {
    let name = "<b>&x</b>";
    let sim = Simulator::builder().seed(7).build();
    let transport = rewriting(&sim, "fullService", name);
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    let home = Home::Healthy;
    let ids = format!("{} {}", home.customer_id(), home.location_id());
    // The original's rules name the tier in the headline.
    stage.say(ANNA, "/settings").await;
    stage.press(ANNA, "original").await;
    let status = stage.say(ANNA, &format!("/status {ids}")).await;
    let lines: Vec<&str> = status.text.lines().filter(|line| line.contains("&x")).collect();
    let expected = [
        "📊 Network Health Summary: 🟡 DEGRADED SERVICE - The subscription is not full service ('<b>&x</b>')",
        "🧾 Service level: <b>&x</b>",
    ];
    assert_eq!(lines, expected, "{status:?}");
    // The search text is shown above the hits as it was typed, and their names as they are.
    let transport = answering(move |request| {
        let mut request = request.clone();
        *request.uri_mut() = request.uri().to_string().replace("%3Cu%3E%26", "poor").parse().unwrap();
        let answer = sim.handle(request);
        Ok(answer.map(|body| String::from_utf8(body.to_vec()).unwrap().replace("poor-qoe", name).into()))
    });
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    let found = stage.say(ANNA, "/find <u>&").await;
    assert_eq!(found.text, "🔎 <u>& matches:");
    assert_eq!(found.buttons[0][0].0, "Example Household (<b>&x</b>) · 5ca1ab1e0000010f00000005");
    assert_eq!(stage.outbox.counts().made_plain, 0, "nothing had to be repaired");
}

#[tokio::test]
async fn incomplete_report_is_marked_without_internals() {
    let sim = Simulator::builder().seed(7).build();
    let transport = answering(move |request| {
        let mut answer = sim.handle(request.clone());
        if request.uri().path().contains("appqoe") || request.uri().path().contains("AppQoe") {
            answer =
                http::Response::new(bytes::Bytes::from("<html><h1>canary.internal.example.net</h1></html>"));
        } else if request.uri().path().ends_with("/devices") {
            *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        }
        Ok(answer)
    });
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    for command in ["health", "status"] {
        let home = Home::Healthy;
        let text = format!("/{command} {} {}", home.customer_id(), home.location_id());
        let report = stage.say(ANNA, &text).await.text;
        assert!(report.contains("not checked"), "{report}");
        let internals = ["html", "canary", "GET", "POST", "{id}", "/Customers", "500", "http"];
        assert_eq!(internals.map(|word| report.contains(word)), [false; 8], "{report}");
    }
    assert!(stage.logged().contains("a part of a report is missing"));
}

#[tokio::test]
async fn a_narrowed_scope_is_a_warning() {
    let sim = Simulator::builder().seed(7).build();
    let plain = Stage::with(Options { operator: false, ..Options::default() }).await;
    assert!(!plain.sign_in(ANNA).await.text.contains("granted less"));
    let plume = rewriting(&sim, "role:partnerIdAdmin", "role:other");
    let stage = Stage::with(Options { operator: false, plume: Some(plume), ..Options::default() }).await;
    let done = stage.sign_in(ANNA).await.text;
    assert!(done.contains("Successful") && done.contains("missing: role:partnerIdAdmin"), "{done}");
}

#[tokio::test]
async fn a_narrowed_scope_of_the_operator_is_a_warning() {
    let narrow = rewriting(&Simulator::builder().seed(7).build(), "role:partnerIdAdmin", "role:other");
    let stage = Stage::with(Options { operator_transport: Some(narrow), ..Options::default() }).await;
    for _ in 0..2 {
        stage.health(ANNA, Home::Healthy).await;
    }
    let warned =
        stage.logged().matches("a narrower scope than requested (missing: role:partnerIdAdmin)").count();
    assert_eq!(warned, 1, "{}", stage.logged());
    let whoami = stage.say(ANNA, "/whoami").await.text;
    assert!(whoami.contains("missing: role:partnerIdAdmin"), "{whoami}");
    let plain = Stage::new().await;
    plain.health(ANNA, Home::Healthy).await;
    assert!(!plain.say(ANNA, "/whoami").await.text.contains("missing"));
    assert!(!plain.logged().contains("missing"), "{}", plain.logged());
}

#[tokio::test]
async fn settings_change_the_judgement_and_the_pages() {
    let stage = Stage::new().await;
    let report = stage.health(ANNA, Home::DeviceGone).await.text;
    assert!(report.contains("🟡") && !report.contains("Judged as"), "{report}");
    stage.say(ANNA, "/settings").await;
    assert!(stage.press(ANNA, "original").await.text.contains("as the original bot did"));
    assert!(stage.health(ANNA, Home::DeviceGone).await.text.contains("🟢"), "devices are not judged");
    let report = stage.health(ANNA, Home::DeviceGone).await.text;
    assert!(report.contains("Judged as the original bot did"), "{report}");
    stage.say(ANNA, "/settings").await;
    stage.press(ANNA, "5 rows").await;
    let home = Home::Healthy;
    let page = stage.say(ANNA, &format!("/devices {} {}", home.customer_id(), home.location_id())).await;
    assert!(page.buttons.iter().flatten().any(|(label, _)| label == "1/2"), "{page:?}");
}
