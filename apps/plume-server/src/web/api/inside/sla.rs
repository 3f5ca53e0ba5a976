//! The service level.

use std::ops::Range;

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use plume::monitor::{ids::HomeId, sla::SlaPolicy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::model::{GroupUptime, HomeUptime, Uptime, UptimeCursor, UptimeGroup, UptimePeriod};
use crate::web::api::inside::given::{Given, limit_of, parameters};
use crate::web::api::problem::{self, Problem};
use crate::web::api::shapes::Problems;
use crate::web::api::v1::tenant as tenant_of;
use crate::web::dashboard::Visible;
use crate::web::pages::method;

/// The parameters of the service level.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web::api) struct SlaParameters {
    /// The id of the tenant. It is required if there are several beside `operator`, the one of incidents of the cloud.
    tenant: Option<String>,
    /// `7d`, which is the default, `30d`, `month` or `last-month`.
    period: Option<String>,
    /// The rows: `home`, which is the default, `tenant`, `region`, `model` or `tag`.
    by: Option<String>,
    /// The `next` of the part before. Only for homes; groups have one part.
    after: Option<String>,
    /// The number of items; 50 if it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// The service level of homes or of groups, the worst first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sla)]
pub(in crate::web::api) struct SlaDocument {
    target_percent: f64,
    /// How it is counted, in sentences.
    terms: Vec<String>,
    items: Vec<LevelDocument>,
    /// The value of `after` for the next part; `null` at the end.
    #[schema(required = true)]
    next: Option<String>,
}

/// The time of a home or of a group by class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Level)]
struct LevelDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    home: Option<NamedHome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<NamedGroup>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// Whether the target is met: `met`, `missed`, or `unknown` if too little of the time is known.
    verdict: &'static str,
    time: TimeDocument,
}

/// A home.
#[derive(Debug, Serialize, ToSchema)]
struct NamedHome {
    id: String,
    name: String,
    #[schema(required = true)]
    region: Option<String>,
}

/// A group of homes.
#[derive(Debug, Serialize, ToSchema)]
struct NamedGroup {
    /// `tenant`, `region`, `model` or `tag`.
    kind: &'static str,
    value: String,
    /// The number of homes.
    homes: u64,
}

/// The seconds by class. They add up to the period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Time)]
struct TimeDocument {
    #[schema(required = true)]
    uptime_percent: Option<f64>,
    up_seconds: i64,
    disrupted_seconds: i64,
    down_seconds: i64,
    unknown_seconds: i64,
    maintenance_seconds: i64,
}

impl LevelDocument {
    fn new(range: Range<DateTime<Utc>>, time: &Uptime, terms: &SlaPolicy) -> Self {
        let verdict = time.verdict(terms).as_str();
        let time = TimeDocument {
            uptime_percent: time.percent,
            up_seconds: time.up,
            disrupted_seconds: time.degraded,
            down_seconds: time.down,
            unknown_seconds: time.unknown,
            maintenance_seconds: time.maintenance,
        };
        Self { home: None, group: None, from: range.start, to: range.end, verdict, time }
    }

    fn of_home(home: HomeUptime, period: UptimePeriod, terms: &SlaPolicy) -> Self {
        let level = Self::new(period.range(home.at), &home.time, terms);
        let named = NamedHome { id: home.home.to_string(), name: home.name, region: home.region };
        Self { home: Some(named), ..level }
    }

    fn of_group(group: GroupUptime, period: UptimePeriod, terms: &SlaPolicy) -> Self {
        let level = Self::new(period.range(group.at), &group.time, terms);
        let named = NamedGroup { kind: group.kind.as_str(), value: group.value, homes: group.homes };
        Self { group: Some(named), ..level }
    }
}

/// The service level.
#[utoipa::path(get, path = "/api/v1/sla", params(SlaParameters), responses((status = 200, description = "The service level of homes or groups, the worst first", body = SlaDocument), Problems))]
pub(in crate::web::api) async fn sla(visible: Visible, given: Given<SlaParameters>) -> Response {
    match level(&visible, given).await {
        Ok(document) => problem::json(&document),
        Err(problem) => problem.into_response(),
    }
}

async fn level(visible: &Visible, given: Given<SlaParameters>) -> Result<SlaDocument, Problem> {
    let SlaParameters { tenant, period, by, after, limit } = parameters(given)?;
    let view = tenant_of(visible, tenant.as_deref()).await?;
    let word = period.as_deref().unwrap_or(UptimePeriod::Week.as_str());
    let period = UptimePeriod::ALL.into_iter().find(|period| period.as_str() == word);
    let period = period.ok_or_else(|| Problem::invalid("`period` must be 7d, 30d, month or last-month"))?;
    let limit = limit_of(limit)?;
    let group = match by.as_deref() {
        None | Some("home") => None,
        Some("tenant") => Some(UptimeGroup::Tenant),
        Some("region") => Some(UptimeGroup::Region),
        Some("model") => Some(UptimeGroup::Model),
        Some("tag") => Some(UptimeGroup::Tag),
        Some(_) => return Err(Problem::invalid("`by` must be home, tenant, region, model or tag")),
    };
    let cursor = |text: String| {
        let place: Result<(f64, String), _> = serde_json::from_str(&text);
        let (rank, home) = place.map_err(|_| Problem::invalid("`after` is not of this list"))?;
        Ok::<_, Problem>(UptimeCursor { rank, home: HomeId::new(home) })
    };
    let after = after.map(cursor).transpose()?;
    let terms = &visible.process().sla;
    let (items, next) = match group {
        None => {
            let page = view.uptimes(period, after, limit).await?;
            let items = page.items.into_iter().map(|home| LevelDocument::of_home(home, period, terms));
            let next = page.next.map(|next| serde_json::json!([next.rank, next.home.as_str()]).to_string());
            (items.collect(), next)
        }
        Some(kind) => {
            let groups = view.group_uptimes(period, kind, limit).await?.into_iter();
            (groups.map(|group| LevelDocument::of_group(group, period, terms)).collect(), None)
        }
    };
    Ok(SlaDocument { target_percent: terms.target_percent, terms: method(terms), items, next })
}
