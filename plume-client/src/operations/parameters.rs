//! Sets of parameters of several operations.

use crate::operations::descriptor::Parameter;
use crate::operations::macros::parameters;

/// The step and length of a series, for most reports.
pub(super) const SERIES: &[Parameter] = parameters![Query
    "granularity" = "days" | "hours" | "minutes",
    "limit",
    "start",
];

/// A period and an order, for reports of events.
pub(super) const EVENTS: &[Parameter] = parameters![Query
    "order" = "asc" | "desc",
    "limit",
    "startAt",
    "endAt",
];
