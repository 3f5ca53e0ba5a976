//! The log.

use std::{collections::BTreeMap, sync::Arc};

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::journal::{Entry, Filter};
use crate::web::api::document::List;
use crate::web::api::inside::given::{Given, limit_of, parameters};
use crate::web::api::problem::{self, Problem};
use crate::web::api::shapes::Problems;
use crate::web::dashboard::Visible;

/// The parameters of the log.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web::api) struct LogParameters {
    /// Only events of this level and more severe ones: error, warn, info, debug or trace.
    level: Option<String>,
    /// Only events with this text.
    q: Option<String>,
    /// Only events since this time (RFC 3339).
    #[param(value_type = Option<String>)]
    since: Option<DateTime<Utc>>,
    /// Only events with a smaller number. For the next part: the `next` of the part before.
    #[param(minimum = 0)]
    before: Option<i64>,
    /// The number of items; 50 if it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// An event of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(in crate::web::api) struct EventDocument {
    number: u64,
    time: DateTime<Utc>,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    level: String,
    target: String,
    message: String,
    fields: BTreeMap<&'static str, String>,
}

impl From<Arc<Entry>> for EventDocument {
    fn from(entry: Arc<Entry>) -> Self {
        Self {
            number: entry.number,
            time: entry.at,
            level: entry.level.as_str().to_lowercase(),
            target: entry.target.clone(),
            message: entry.message.clone(),
            fields: entry.fields.iter().cloned().collect(),
        }
    }
}

/// A part of the log.
#[utoipa::path(get, path = "/api/v1/logs", params(LogParameters), responses((status = 200, description = "A part of the log, the newest event first", body = List<EventDocument>), Problems))]
pub(in crate::web::api) async fn logs(visible: Visible, given: Given<LogParameters>) -> Response {
    match log(&visible, given) {
        Ok(document) => problem::json(&document),
        Err(problem) => problem.into_response(),
    }
}

fn log(visible: &Visible, given: Given<LogParameters>) -> Result<List<EventDocument>, Problem> {
    let LogParameters { level, q, since, before, limit } = parameters(given)?;
    let level = level.map(|word| word.parse()).transpose();
    let level = level.map_err(|_| Problem::invalid("`level` must be error, warn, info, debug or trace"))?;
    let before = before.map(u64::try_from).transpose();
    let before = before.map_err(|_| Problem::invalid("`before` must be the number of an event"))?;
    let limit = limit_of(limit)?;
    let filter = Filter { level, text: q.unwrap_or_default(), since, before, after: None, limit };
    let found = visible.log(&filter);
    let next = found.entries.last().filter(|_| found.has_older).map(|last| last.number.to_string());
    Ok(List { items: found.entries.into_iter().map(Into::into).collect(), next })
}
