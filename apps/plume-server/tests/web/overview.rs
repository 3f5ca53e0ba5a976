//! The overview, and the incidents on it.

use super::*;

#[tokio::test]
async fn the_overview_says_what_is_wrong_where_since_when_and_who_has_it() {
    let bed = Bed::new().await;
    assert!(bed.get("/").await.text.contains("No homes are watched yet"));
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall() - TimeDelta::minutes(12)).await;
    let page = bed.get("/").await.text;
    let (_, rest) = page.split_once("<section class=\"verdict red\">").unwrap();
    let verdict = rest.split_once("</section>").unwrap().0;
    for part in [
        "1 open incident; no data from 1 home",
        "href=\"/incidents/north/i1\">Alder Street 1</a>",
        "The gateway is off",
        ">12 min</time>",
        "Unclaimed",
    ] {
        assert!(verdict.contains(part), "{part}: {verdict}");
    }
    assert!(page.contains("Offline"));
}

#[tokio::test]
async fn the_incident_of_most_homes_leads_the_headline_the_lists_and_the_state() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Spruce Street 1").await;
    let now = bed.clock.wall();
    bed.open_incident("single", "h1", now - TimeDelta::minutes(20)).await;
    for (id, status, homes) in
        [("region", Status::Red, 18), ("mild", Status::Yellow, 30), ("silent", Status::Unknown, 2)]
    {
        let scope = Scope::Group(GroupKey::new(GroupKind::Region, id));
        let mut change = IncidentChange::new(IncidentId::new(id), scope, ChangeKind::Opened, now);
        let cause = Cause::new(CauseKind::Status, id, status, "most homes are in trouble");
        let mut situation = Situation::new(cause, now - TimeDelta::minutes(5), "most homes are in trouble");
        situation.homes = homes;
        change.situation = Some(situation);
        let decisions = Decisions { changes: vec![change], ..Decisions::default() };
        bed.store.decide(&tenant(), decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
    }
    let overview = bed.get("/").await.text;
    let lead = overview.split("<p class=\"lead\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(lead.contains("Region region: 18 homes") && lead.contains(">5 min</time>"), "{lead}");
    let expected = ["region", "single", "silent", "mild"];
    for page in [&overview, &bed.get("/incidents").await.text] {
        let table = page.split("<table class=\"list incidents\">").nth(1).unwrap();
        let rows = table.split("data-incident=\"/incidents/north/").skip(1);
        assert_eq!(rows.map(|row| row.split('"').next().unwrap()).collect::<Vec<_>>(), expected);
    }
    let state: serde_json::Value = serde_json::from_str(&bed.get("/api/status").await.text).unwrap();
    let open = state["open_incidents"].as_array().unwrap().iter();
    assert_eq!(open.map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_change_of_many_homes_hides_neither_their_number_nor_other_changes() {
    let bed = Bed::new().await;
    bed.add_home("old", "Cedar Street 1").await;
    bed.check("old", "The gateway is off", true, &[("entered", "green", "red")]).await;
    bed.clock.advance(Duration::from_secs(3_600));
    for number in 0..450 {
        let id = format!("h{number}");
        bed.add_home(&id, &id).await;
        bed.check(&id, "no data: timeout", false, &[("stale", "green", "unknown")]).await;
        if number == 0 {
            bed.clock.advance(Duration::from_secs(300));
        }
    }
    let page = bed.get("/").await.text;
    let latest = page.split("<ol class=\"changes\">").nth(1).unwrap();
    assert!(latest.contains("and 449 other homes, the first at <time"), "{latest}");
    assert!(latest.contains(">11:00 UTC</time>") && latest.contains(">11:05 UTC</time>"), "{latest}");
    assert!(latest.contains("Cedar Street 1"), "{latest}");
}

#[tokio::test]
async fn checks_that_never_had_data_give_their_reason_on_the_overview() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    assert!(!bed.get("/").await.text.contains("For example"));
    bed.check("h1", "no data: the credential is refused", false, &[]).await;
    let page = bed.get("/").await.text;
    let verdict = page.split("</section>").next().unwrap();
    assert!(verdict.contains("No data yet from 1 home"), "{verdict}");
    assert!(verdict.contains("For example Alder Street 1: The credential is refused."), "{verdict}");
    bed.check_home("h1").await;
    assert!(!bed.get("/").await.text.contains("For example"));
}

#[tokio::test]
async fn planned_trouble_is_shown_as_such_and_leads_nothing() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Spruce Street 1").await;
    let now = bed.clock.wall();
    let scope = Scope::Group(GroupKey::new(GroupKind::Region, "west"));
    let mut change = IncidentChange::new(IncidentId::new("region"), scope, ChangeKind::Opened, now);
    let cause = Cause::new(CauseKind::Status, "region", Status::Red, "most homes are in trouble");
    let mut situation = Situation::new(cause, now - TimeDelta::minutes(5), "most homes are in trouble");
    (situation.homes, situation.planned) = (18, true);
    change.situation = Some(situation);
    let decisions = Decisions { changes: vec![change], ..Decisions::default() };
    bed.store.decide(&tenant(), decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
    let page = bed.get("/").await.text;
    assert!(
        page.contains("<section class=\"verdict unknown\">") && !page.contains("class=\"lead\""),
        "{page}"
    );
    let table = |page: &str| page.split("<table class=\"list incidents\">").nth(1).unwrap().to_owned();
    for list in [table(&page), table(&bed.get("/incidents").await.text)] {
        assert!(list.contains("#s-planned\"/></svg>Planned<") && !list.contains("#s-red"), "{list}");
    }
    bed.open_incident("single", "h1", now).await;
    let page = bed.get("/").await.text;
    let lead = page.split("<p class=\"lead\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(lead.contains("Spruce Street 1"), "not the one of more homes: {lead}");
}

#[tokio::test]
async fn the_page_of_a_fleet_incident_says_what_is_true_at_its_end_and_in_maintenance() {
    let bed = Bed::new().await;
    let now = bed.clock.wall();
    for (id, planned, kind, expected) in [
        ("open", false, ChangeKind::Opened, "18 homes are affected."),
        (
            "planned",
            true,
            ChangeKind::Opened,
            "Its homes are in maintenance windows, so no message is sent about it.",
        ),
        (
            "over",
            true,
            ChangeKind::Closed,
            "Its homes were in maintenance windows, so no message is sent about it.",
        ),
    ] {
        let scope = Scope::Group(GroupKey::new(GroupKind::Region, id));
        let mut change = IncidentChange::new(IncidentId::new(id), scope, kind, now);
        let cause = Cause::new(CauseKind::Status, id, Status::Red, "many homes");
        let mut situation = Situation::new(cause, now, "many homes");
        (situation.homes, situation.planned) = (18, planned);
        change.situation = Some(situation);
        let decisions = Decisions { changes: vec![change], ..Decisions::default() };
        bed.store.decide(&tenant(), decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
        let page = bed.get(&format!("/incidents/north/{id}")).await.text;
        assert!(page.contains(expected), "{page}");
        assert_eq!(page.contains("homes are affected"), id != "over", "{page}");
    }
}

#[tokio::test]
async fn a_flapping_home_is_counted_as_in_the_headline() {
    let bed = Bed::new().await;
    for id in ["h1", "h2"] {
        bed.add_home(id, &format!("Alder Street {id}")).await;
    }
    bed.check_home("h1").await;
    bed.open_incident("i2", "h2", bed.clock.wall()).await;
    let (now, scope) = (bed.clock.wall(), Scope::Home(HomeId::new("h1")));
    let mut change = IncidentChange::new(IncidentId::new("i1"), scope, ChangeKind::Opened, now);
    let cause = Cause::new(CauseKind::Status, "h1", Status::Red, "the gateway is off");
    let mut situation = Situation::new(cause, now, "the gateway is off");
    situation.flapping = true;
    change.situation = Some(situation);
    let decisions = Decisions { changes: vec![change], ..Decisions::default() };
    bed.store.decide(&tenant(), decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
    for path in ["/", "/incidents"] {
        let page = bed.get(path).await.text;
        let table =
            page.split("<table class=\"list incidents\">").nth(1).unwrap().split("</table>").next().unwrap();
        let words = ["</svg>Offline</span>", "</svg>Flapping</span>", "<span class=\"tag\">flapping</span>"];
        assert_eq!(words.map(|word| table.matches(word).count()), [1, 1, 0], "{path}: {table}");
    }
    assert!(bed.get("/incidents/north/i1").await.text.contains("</svg>Flapping</span>"));
}

#[tokio::test]
async fn while_the_cloud_is_away_nothing_is_called_offline_or_well() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall() - TimeDelta::minutes(30)).await;
    let operator = TenantId::new("operator");
    bed.store.put_tenant(Tenant { id: operator.clone(), name: "Operator".to_owned() }).await.unwrap();
    let scope = Scope::Source("unreachable:operator".into());
    let since = bed.clock.wall() - TimeDelta::minutes(24);
    let mut change = IncidentChange::new(IncidentId::new("away"), scope, ChangeKind::Opened, since);
    let message = "The cloud does not respond";
    let cause = Cause::new(CauseKind::Source, "unreachable", Status::Orange, message);
    change.situation = Some(Situation::new(cause, since, message));
    let decisions = Decisions { changes: vec![change], ..Decisions::default() };
    bed.store.decide(&operator, decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
    let page = bed.get("/").await.text;
    let (_, rest) =
        page.split_once("<section class=\"verdict unknown\">").expect("no sign of trouble or health");
    let verdict = rest.split_once("</section>").unwrap().0;
    for part in [
        "The cloud does not respond: no data from 1 home",
        ">Cloud</a> for",
        ">24 min</time>",
        "Whether they work is not known",
        "2 open incidents, 2 unclaimed.",
    ] {
        assert!(verdict.contains(part), "{part}: {verdict}");
    }
}

#[tokio::test]
async fn old_data_is_shown_as_such_also_to_people_who_do_not_see_the_incident_of_the_cloud() {
    let bed = Bed::closed().await;
    bed.check_home("h1").await;
    bed.clock.advance(Duration::from_secs(11 * 60));
    let (now, north) = (bed.clock.wall(), TenantId::new("north"));
    let newest = |minutes: i64, is_old| {
        Newest::new([(north.clone(), (now - TimeDelta::minutes(minutes), is_old))].into())
    };
    let set = |newest: Newest, with_data: f64, stale: usize| {
        let (checks_per_minute, with_data_per_minute) = (Some(39.0), Some(with_data));
        *bed.pulse.lock().unwrap() =
            Some(Pulse { newest, stale, checks_per_minute, with_data_per_minute, ..pulse() });
    };
    let (all, viewer) = (bed.session("all-admin").await, bed.session("viewer").await);
    let pages = ["/", "/homes", "/homes/north/h1"];
    set(newest(11, false), 39.0, 0);
    for path in pages {
        let page = bed.page(path, &viewer).await.text;
        assert!(!page.contains("there is no newer data"), "{path}");
    }
    set(newest(11, true), 0.0, 243);
    for path in pages {
        let page = bed.page(path, &viewer).await.text;
        let line = page.split("class=\"as-of\">").nth(1).unwrap_or_else(|| panic!("{path}: {page}"));
        assert!(
            line.split("</p>").next().unwrap().contains(">11 min</time> ago: there is no newer data"),
            "{line}"
        );
    }
    assert!(bed.page("/", &viewer).await.text.contains("<h1>No new data. The home was well before"));
    let monitor = bed.page("/", &all).await.text;
    for words in [
        "39 per minute, 0 of them with data",
        ">11 min</time> ago</dd>",
        "243 homes without data for longer than twice the interval",
    ] {
        assert!(monitor.contains(words), "{words}: {monitor}");
    }
}

#[tokio::test]
async fn an_incident_of_the_cloud_makes_no_data_old_that_is_newer() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.check_home("h1").await;
    bed.open_source("not_found:operator", 22).await;
    let set = |is_old| {
        let newest = Newest::new([(tenant(), (bed.clock.wall(), is_old))].into());
        *bed.pulse.lock().unwrap() = Some(Pulse { newest, ..pulse() });
    };
    for is_old in [false, true] {
        set(is_old);
        for path in ["/", "/homes", "/homes/north/h1"] {
            let page = bed.get(path).await.text;
            assert_eq!(page.contains("there is no newer data"), is_old, "{path}: {page}");
        }
    }
}

#[tokio::test]
async fn homes_of_a_tenant_without_new_data_are_not_called_well_beside_those_of_another() {
    let bed = Bed::new().await;
    let west = TenantId::new("west");
    bed.store.put_tenant(Tenant { id: west.clone(), name: "West".to_owned() }).await.unwrap();
    for (tenant, home) in [(tenant(), "n1"), (tenant(), "n2"), (west.clone(), "w1")] {
        bed.add_home_of(&tenant, home, home).await;
        bed.check_home(home).await;
    }
    let now = bed.clock.wall();
    let newest = Newest::new([(tenant(), (now, false)), (west, (now - TimeDelta::minutes(30), true))].into());
    *bed.pulse.lock().unwrap() = Some(Pulse { newest, ..pulse() });
    let page = bed.get("/").await.text;
    let verdict = "<section class=\"verdict unknown\">";
    assert!(
        page.contains(verdict)
            && page.contains("<h1>All 2 homes are well. No new data of West (1 home)</h1>")
    );
    assert!(page.contains("there is no newer data of West"), "{page}");
}
