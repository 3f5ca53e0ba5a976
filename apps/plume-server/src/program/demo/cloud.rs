//! The simulated cloud, its homes and its story.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use plume::{
    monitor::ids::{HomeId, TenantId},
    runtime::Clock,
};
use plume_sim::{
    Cast, Simulator, StoryEvent, StoryPlan, When,
    faults::{Effect, FaultPlan, FaultRule},
};

use crate::store::model::{NewHome, Tenant};

/// The number of customers of the cloud. The demo watches some of them.
const CUSTOMERS: u32 = 900;
/// The watched customers: all of them are well when the story begins.
const WATCHED: &[u32] = &[
    257, 261, 262, 268, 269, 272, 276, 278, 282, 288, 290, 292, 293, 295, 297, 298, 299, 302, 304, 311, 313,
    316, 321, 325, 327, 328, 332, 333, 339, 346, 349, 351, 354, 355, 356, 363, 366, 368, 369, 375, 377, 380,
    381, 382, 383, 387, 388, 396, 397, 398, 404, 406, 409, 412, 413, 416, 418, 420, 422, 433, 436, 438, 439,
    440, 445, 453, 462, 493, 498, 507, 509, 512, 514, 536, 544, 545, 547, 549, 557, 558, 563, 568, 569, 575,
    576, 577, 581, 584, 586, 589, 591, 592, 595, 596, 599, 601, 602, 604, 606, 609, 613, 626, 628, 632, 634,
    641, 642, 651, 653, 657, 659, 660, 662, 663, 668, 670, 674, 677, 678, 683, 688, 689, 691, 692, 695, 703,
    704, 708, 713, 714, 719, 722, 726, 727, 729, 731, 743, 746, 760, 763, 764, 766, 771, 774, 777, 794, 797,
    799, 802, 808, 809, 810, 813, 814, 818, 820, 821, 825, 829, 835, 843, 844, 852, 854, 859, 862, 866, 868,
    870, 881, 884, 888, 891, 895, 896, 897, 898, 900, 902, 908, 928, 929, 936, 937, 938, 941, 944, 946, 947,
    961, 964, 969, 971, 975, 976, 980, 981, 986, 987, 988, 990, 993, 998, 1004, 1005, 1006, 1008, 1015, 1018,
    1023, 1025, 1035, 1037, 1038, 1040, 1044, 1048, 1054, 1059, 1064, 1065, 1067, 1068, 1069, 1073, 1074,
    1079, 1081, 1082, 1085, 1087, 1090, 1092, 1093, 1097, 1111, 1113, 1115, 1119, 1123, 1136, 1139, 1155,
];
/// The number of regions, and their names.
const REGIONS: [&str; 12] = [
    "north-1", "north-2", "north-3", "east-1", "east-2", "east-3", "south-1", "south-2", "south-3", "west-1",
    "west-2", "west-3",
];
/// The region with the outage.
const DARK: u32 = 5;
const STREETS: [&str; 15] = [
    "Alder", "Birch", "Cedar", "Chestnut", "Elm", "Hazel", "Juniper", "Larch", "Linden", "Maple", "Oak",
    "Pine", "Rowan", "Spruce", "Willow",
];
/// The homes of the second tenant: one of this many.
const SECOND: u32 = 5;

/// The events of a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[non_exhaustive]
pub enum Story {
    /// Small troubles all day, and an outage of a region
    #[default]
    Day,
    /// No events
    Quiet,
    /// One home is offline after a few minutes of the demo
    OneDown,
    /// One home is offline, and then the cloud answers with errors
    CloudAway,
    /// As one-down, with names that try the layout of pages
    Names,
}

pub(super) fn simulator(clock: Arc<dyn Clock>, story: Story) -> Simulator {
    let (events, faults) = match story {
        Story::Day => (day(), FaultPlan::new(7)),
        Story::Quiet => (StoryPlan::new("quiet"), FaultPlan::new(7)),
        Story::OneDown | Story::Names => (one_down(), FaultPlan::new(7)),
        Story::CloudAway => (one_down(), away()),
    };
    let builder = Simulator::builder().seed(7).homes([]).customers(CUSTOMERS).clock(clock);
    builder.story(events).faults(faults).build()
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// One customer: no number is that high.
fn customer(number: u32) -> Cast {
    Cast::Region { number, of: 1 << 16 }
}

fn one_down() -> StoryPlan {
    let off = StoryEvent::PowerLoss { node: "gateway".to_owned(), lasts: None };
    StoryPlan::new("one down").repeated(When::After(minutes(3)), customer(295), off, 1, minutes(1))
}

fn away() -> FaultPlan {
    let rule = FaultRule::new(Effect::status(503));
    FaultPlan::new(7).rule(rule.between(minutes(12), minutes(60 * 24 * 365)))
}

/// Small troubles all day, and an outage of a region every three hours.
fn day() -> StoryPlan {
    let regions = u32::try_from(REGIONS.len()).unwrap_or(1);
    let outage = StoryEvent::WanOutage { lasts: Some(minutes(50)) };
    let region = Cast::Region { number: DARK, of: regions };
    let mut story =
        StoryPlan::new("demo").repeated(When::After(minutes(20)), region, outage, 40, minutes(180));
    let gateway = || "gateway".to_owned();
    for (number, start, every, event) in [
        (295, 4, 240, StoryEvent::PowerLoss { node: gateway(), lasts: Some(minutes(100)) }),
        (383, 6, 300, StoryEvent::BackhaulLoss { node: "2".to_owned(), lasts: Some(minutes(150)) }),
        (549, 9, 200, StoryEvent::PoorHealth { node: gateway(), lasts: Some(minutes(90)) }),
        (662, 12, 260, StoryEvent::PoorHealth { node: "2".to_owned(), lasts: Some(minutes(120)) }),
        (794, 15, 15, StoryEvent::WanOutage { lasts: Some(minutes(5)) }),
        (908, 40, 420, StoryEvent::PowerLoss { node: "2".to_owned(), lasts: Some(minutes(200)) }),
    ] {
        story = story.repeated(When::After(minutes(start)), customer(number), event, 60, minutes(every));
    }
    story
}

pub(super) fn tenants() -> [Tenant; 2] {
    let tenant = |id: &str, name: &str| Tenant { id: TenantId::new(id), name: name.to_owned() };
    [tenant("example-isp", "Example ISP"), tenant("example-living", "Example Living")]
}

/// Gives the first homes the oddest names, regions and tags that people may choose.
fn rename(homes: &mut [NewHome]) {
    let long = "Donaudampfschifffahrtsgesellschaftskapitän".repeat(5).chars().take(200).collect::<String>();
    let words = "A house with a long name at the end of the street ".repeat(4).trim_end().to_owned();
    let names = [
        words,
        "<script>alert(1)</script>\"'&<b>".to_owned(),
        "שדרות רוטשילד 12, شارع الملك فيصل".to_owned(),
        "12 \u{202e}teertS kraP".to_owned(),
        "🏠👨‍👩‍👧‍👦 Casa de la Ñandú 🏳️‍🌈".to_owned(),
        "A\tB\nC\u{200b}".to_owned(),
        "=1+1".to_owned(),
    ];
    // The home of the story is the one that all pages show.
    let story = homes.iter_mut().filter(|home| number(&home.customer) == 295);
    story.for_each(|home| home.name.clone_from(&long));
    let others = homes.iter_mut().filter(|home| number(&home.customer) != 295);
    for (home, name) in others.zip(names.iter().cycle().take(14)) {
        home.name = format!("{name} {}", number(&home.customer));
        home.region = Some(name.clone());
        home.tags = vec![name.clone(), long.clone()];
    }
}

/// Returns all homes of the cloud.
pub(super) fn homes(cloud: &Simulator, story: Story, now: DateTime<Utc>) -> Vec<NewHome> {
    let [first, second] = tenants();
    // The provider of this name exists in every simulator.
    let all = cloud.tenant_locations("Example ISP").unwrap_or_default();
    let mut seen = BTreeSet::new();
    let home = |(customer, location): (String, String)| {
        let number = number(&customer);
        let place = WATCHED.iter().position(|watched| *watched == number)?;
        // The first home of each customer.
        if !seen.insert(number) {
            return None;
        }
        let place = u32::try_from(place).unwrap_or_default();
        let pick = |list: &[&str], place: u32| {
            list.iter().cycle().nth(usize::try_from(place).unwrap_or_default()).map(ToString::to_string)
        };
        let regions = u32::try_from(REGIONS.len()).unwrap_or(1);
        let street = pick(&STREETS, place % 15).unwrap_or_default();
        let tags = [(place % 10 == 0, "business"), (place % 7 == 0, "fiber"), (place % 31 == 0, "vip")];
        Some(NewHome {
            tenant: if place % SECOND == 0 { second.id.clone() } else { first.id.clone() },
            id: HomeId::new(location.as_str()),
            name: format!("{street} Street {}", place / 15 + 1),
            customer,
            location,
            region: pick(&REGIONS, number % regions),
            tags: tags.into_iter().filter(|(has, _)| *has).map(|(_, tag)| tag.to_owned()).collect(),
            due: now,
        })
    };
    let mut homes: Vec<NewHome> = all.into_iter().filter_map(home).collect();
    if story == Story::Names {
        rename(&mut homes);
    }
    homes
}

/// The number of a customer: the last eight hex digits of its id.
fn number(customer: &str) -> u32 {
    let digits = customer.len().checked_sub(8).and_then(|start| customer.get(start..));
    digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use plume::{
        Client, RateLimiter, Settings,
        health::{Policy, Status, analyze},
        runtime::ManualClock,
    };

    use super::*;

    #[test]
    fn every_watched_customer_is_a_home_with_a_name_of_its_own() {
        for story in [Story::Day, Story::Names] {
            let clock = ManualClock::new(DateTime::UNIX_EPOCH);
            let homes = homes(&simulator(Arc::new(clock), story), story, DateTime::UNIX_EPOCH);
            assert_eq!(homes.len(), WATCHED.len());
            let names: BTreeSet<&str> = homes.iter().map(|home| home.name.as_str()).collect();
            assert_eq!(names.len(), WATCHED.len());
            let dark = homes.iter().filter(|home| home.region.as_deref() == Some("east-3")).count();
            assert!(dark >= 14, "{dark}");
        }
    }

    #[tokio::test]
    async fn without_a_story_every_home_is_well() {
        let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
        let cloud = simulator(Arc::new(clock.clone()), Story::Quiet);
        let client = Client::builder()
            .settings(Settings::from_variables(cloud.environment()).unwrap())
            .transport(cloud.transport())
            .clock(Arc::new(clock.clone()))
            .rate_limiter(RateLimiter::unlimited(Arc::new(clock.clone())))
            .build()
            .unwrap();
        for _ in 0..2 {
            for home in homes(&cloud, Story::Quiet, clock.wall()) {
                let location = client.customer(home.customer.as_str()).location(home.location.as_str());
                let report = analyze(&location.snapshot().await.unwrap(), &Policy::default(), clock.wall());
                assert_eq!(report.status, Status::Green, "{}: {}", home.customer, report.headline);
            }
            clock.advance(minutes(60 * 5));
        }
    }
}
