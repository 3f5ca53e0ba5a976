//! The shapes of documents of other crates, which do not know this API, and of problems. Only their schema is used.
#![expect(dead_code, reason = "the schema of most is derived, and they are never made")]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        Ref, RefOr,
        content::ContentBuilder,
        response::{Response, ResponseBuilder},
        schema::Schema,
    },
};

use crate::web::api::problem::Problem;

/// The status of a home.
#[derive(Serialize, ToSchema)]
#[schema(as = Status)]
#[serde(rename_all = "lowercase")]
pub(super) enum StatusShape {
    Red,
    Orange,
    Yellow,
    Unknown,
    Green,
}

/// A selection of incidents.
#[derive(Serialize, ToSchema)]
#[schema(as = Which)]
#[serde(rename_all = "lowercase")]
pub(super) enum WhichShape {
    Open,
    All,
}

/// An incident. Members that are not listed may be added.
#[derive(Serialize, ToSchema)]
#[schema(as = Incident)]
pub(super) struct IncidentShape {
    format: u32,
    id: String,
    tenant: String,
    /// One member: `home` with an id, `group` with `kind` and `value`, or `source` with a name.
    scope: BTreeMap<String, Value>,
    opened_at: DateTime<Utc>,
    /// The end, if it is over.
    #[schema(required = false)]
    closed: ClosedShape,
    /// It grows when the trouble gets worse or has another cause.
    version: u32,
    /// The number of changes by people.
    edits: u32,
    situation: SituationShape,
    #[schema(required = false)]
    acknowledged: ByShape,
    #[schema(required = false)]
    snoozed: ByShape,
    #[schema(required = false)]
    notes: Vec<ByShape>,
    /// The fleet incident that announces this one.
    #[schema(required = false)]
    fleet: String,
}

/// The end of an incident.
#[derive(Serialize, ToSchema)]
#[schema(as = Closed)]
pub(super) struct ClosedShape {
    at: DateTime<Utc>,
    reason: String,
}

/// The present trouble, or the last one.
#[derive(Serialize, ToSchema)]
#[schema(as = Situation)]
pub(super) struct SituationShape {
    status: StatusShape,
    flapping: bool,
    since: DateTime<Utc>,
    root: CauseShape,
    /// Causes that are no consequences of the root.
    #[schema(required = false)]
    further: Vec<CauseShape>,
    headline: String,
    /// The steps that would end it.
    #[schema(required = false)]
    steps: Vec<String>,
    /// The number of affected homes.
    homes: u64,
}

/// A cause.
#[derive(Serialize, ToSchema)]
#[schema(as = Cause)]
pub(super) struct CauseShape {
    kind: String,
    subject: String,
    status: StatusShape,
    message: String,
}

/// A decision or a note of a person.
#[derive(Serialize, ToSchema)]
#[schema(as = ByPerson)]
pub(super) struct ByShape {
    by: String,
}

/// Defines responses with problem documents: their statuses, and what they mean.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($status:literal $meaning:literal),+;)+) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(($status.to_owned(), problem($meaning))),+])
            }
        }
    )+};
}

problems! {
    /// The problems that every path may have.
    Problems: "4XX" "The request is refused", "5XX" "The server cannot answer now";
    /// The problem of a change to something that does not exist.
    Missing: "404" "There is no such thing, or it is one of another tenant";
    /// The problem of a change to another state.
    Changed: "409" "Its state is another one than that which was read";
    /// The problem of a change with a content that no schema excludes.
    Impossible: "422" "Its content or its time is not possible";
    /// The problem of a change that was made too often.
    TooMany: "429" "There were too many of them";
}

fn problem(description: &str) -> RefOr<Response> {
    let schema = RefOr::<Schema>::Ref(Ref::from_schema_name(Problem::name()));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new().description(description);
    RefOr::T(response.content("application/problem+json", content).build())
}
