//! Routes, their channels, and their quiet hours.

use super::*;

#[test]
fn quiet_hours_hold_messages_back_and_announce_the_difference() {
    // Down and up in the night: nothing.
    let mut house = House::green();
    house.quiet_until = Some(6 * 3_600);
    let next = minutes(&mut house, 60, 30, |_| vec![offline()]);
    minutes(&mut house, next, 330, calm);
    house.notify(6 * 3_600);
    assert!(house.messages.is_empty());
    // Down before, up in the night.
    let mut house = announced();
    house.quiet_until = Some(6 * 3_600);
    minutes(&mut house, 240, 60, calm);
    assert_eq!(house.messages.len(), 1);
    house.notify(6 * 3_600);
    assert_eq!(house.kinds()[1..], [MessageKind::Recovered]);
}

#[test]
fn the_first_route_that_matches_counts() {
    let policy: NotifyPolicy = serde_json::from_value(json!({"routes": [
        {"tenants": ["north"], "severities": ["red"], "channels": ["pager"]},
        {"groups": [{"kind": "region", "value": "coast"}], "channels": ["coast"]},
        {"tags": ["vip"], "channels": ["vip", "chat"]},
        {"severities": ["yellow"], "channels": []},
        {"channels": ["chat"]},
    ]}))
    .unwrap();
    let route = |tenant: &str, severity, tags: &[&str], region: Option<&str>| {
        let mut target = RouteTarget::new(tenant.into(), severity);
        target.tags = tags.iter().map(|tag| (*tag).into()).collect();
        target.groups = region.map(|region| GroupKey::new(GroupKind::Region, region)).into_iter().collect();
        let channels = &policy.route(&target).unwrap().channels;
        channels.iter().map(|channel| channel.as_str().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(route("north", Status::Red, &["vip"], Some("coast")), "pager");
    assert_eq!(route("north", Status::Orange, &["vip"], Some("coast")), "coast");
    assert_eq!(route("south", Status::Red, &["other", "vip"], None), "vip chat");
    assert_eq!(route("south", Status::Yellow, &[], Some("hills")), "");
    assert_eq!(route("south", Status::Unknown, &[], None), "chat");
    assert!(NotifyPolicy::standard().route(&RouteTarget::new("north".into(), Status::Red)).is_none());
    for (bad, part) in [
        (json!({"remind_every": "1s"}), "`remind_every`"),
        (json!({"digest_minute": 1_440}), "`digest_minute`"),
        (json!({"routes": [{"channel": "x"}]}), "unknown field `channel`"),
        (json!({"routes": [{"severities": ["purple"]}]}), "purple"),
    ] {
        let error = serde_json::from_value::<NotifyPolicy>(bad).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_end_goes_to_all_channels_that_had_a_message() {
    let mut house = House::green();
    let route = |incident: &plume_monitor::incident::Incident| match incident.severity() {
        Status::Red => vec!["pager".into()],
        _ => vec!["chat".into()],
    };
    let mut sent = Vec::new();
    for minute in 1..60 {
        let causes = match minute {
            1..10 => vec![pod("a")],
            10..20 => vec![offline()],
            _ => vec![],
        };
        house.check(minute * 60, &causes);
        let incidents = house.incidents.iter_mut();
        for incident in incidents {
            let policy = NotifyPolicy::standard();
            let context = NotifyContext::default();
            if let Decision::Send(kind) = decide(incident, &policy, context, at(minute * 60)) {
                let message = Message::announce(incident, kind, route(incident), at(minute * 60));
                sent.push(format!("{kind} {:?}", message.channels));
            }
        }
    }
    assert_eq!(
        sent,
        [
            r#"problem [ChannelId("chat")]"#,
            r#"worsened [ChannelId("pager")]"#,
            r#"recovered [ChannelId("pager"), ChannelId("chat")]"#,
        ]
    );
    assert!(house.newest().notified.is_empty(), "the next trouble begins without channels");
}

#[test]
fn quiet_hours_that_never_end_are_refused() {
    let week = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    for (ranges, is_fine) in [
        (json!([{"days": week, "from": "00:00", "to": "00:00"}]), false),
        (
            json!([{"days": week, "from": "08:00", "to": "20:00"}, {"days": week, "from": "20:00", "to": "08:00"}]),
            false,
        ),
        (json!([{"days": week, "from": "00:00", "to": "23:59"}]), true),
        (json!([{"days": ["mon", "tue", "wed", "thu", "fri", "sat"], "from": "00:00", "to": "00:00"}]), true),
    ] {
        let policy = json!({"routes": [{"channels": ["pager"], "quiet": {"ranges": ranges}}]});
        let read = serde_json::from_value::<NotifyPolicy>(policy).map_err(|error| error.to_string());
        assert_eq!(read.is_ok(), is_fine, "{ranges} {read:?}");
        assert!(is_fine || read.unwrap_err().contains("`routes.quiet`: these quiet hours never end"));
    }
}
