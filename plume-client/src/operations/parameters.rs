//! Sets of parameters that several operations take.

use crate::operations::descriptor::Parameter;
use crate::operations::macros::parameters;

/// The step and length of a series: what most reports take.
pub(super) const SERIES: &[Parameter] = parameters![Query
    "granularity" = "days" | "hours" | "minutes",
    "limit",
    "start",
];

/// A stretch of time and an order: what reports of events take.
pub(super) const EVENTS: &[Parameter] = parameters![Query
    "order" = "asc" | "desc",
    "limit",
    "startAt",
    "endAt",
];
