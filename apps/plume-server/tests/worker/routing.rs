//! The channels of fleet incidents.

use super::*;

/// Homes that lose their power from 10:02 to 10:22, each with a tag.
async fn tagged(notify: &'static str) -> Bed {
    let mut bed = Bed::new(|clock| {
        Simulator::builder().seed(7).homes([]).customers(60).story(Story::PowerCut).clock(clock).build()
    })
    .await;
    let tenant = TenantId::new(TENANT);
    let query = HomeQuery { limit: 1000, ..HomeQuery::default() };
    let homes = bed.store().homes(&tenant, query).await.unwrap().items.into_iter().map(|home| NewHome {
        tenant: tenant.clone(),
        id: home.id,
        name: home.name,
        customer: home.customer,
        location: home.location,
        region: home.traits.region,
        tags: vec!["vip".to_owned()],
        due: bed.clock.wall(),
    });
    let homes = homes.collect();
    bed.store().put_homes(homes).await.unwrap();
    bed.notify = notify;
    bed.restart().await;
    bed
}

/// Returns the channels of the messages of a kind.
fn channels(bed: &Bed, kind: MessageKind) -> Vec<&str> {
    let all = bed.messages.iter().zip(&bed.channels);
    let mut channels: Vec<&str> =
        all.filter(|((of, _), _)| *of == kind).map(|(_, channel)| &**channel).collect();
    channels.sort_unstable();
    channels
}

#[tokio::test]
async fn a_fleet_incident_goes_to_the_routes_of_its_homes() {
    let routes = r#"{"routes": [{"tags": ["vip"], "channels": ["pager"]}, {"channels": ["chat"]}]}"#;
    let mut bed = tagged(routes).await;
    // Each process knows the homes of the open incident.
    for _ in 0..15 {
        bed.pass(1).await;
        bed.restart().await;
    }
    assert_eq!(channels(&bed, MessageKind::Problem), ["chat", "pager"], "{:?}", bed.messages);
    bed.pass(60).await;
    assert_eq!(channels(&bed, MessageKind::Problem), ["chat", "pager"], "{:?}", bed.messages);
    assert_eq!(channels(&bed, MessageKind::Recovered), ["chat", "pager"], "{:?}", bed.messages);
}

#[tokio::test]
async fn quiet_hours_of_the_route_of_a_home_hold_back_its_channel_alone() {
    let routes = r#"{"routes": [{"tags": ["vip"], "channels": ["pager"], "quiet": {"ranges": [
        {"days": ["thu"], "from": "09:00", "to": "10:20"}]}}, {"channels": ["chat"]}]}"#;
    let mut bed = tagged(routes).await;
    bed.pass(18).await;
    assert_eq!(channels(&bed, MessageKind::Problem), ["chat"], "{:?}", bed.messages);
    bed.pass(4).await;
    assert_eq!(channels(&bed, MessageKind::Problem), ["chat", "pager"], "{:?}", bed.messages);
}
