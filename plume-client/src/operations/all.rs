//! The list of all operations.

use crate::operations::descriptor::Operation;
use crate::operations::tables::*;

/// The number of operations.
#[expect(clippy::indexing_slicing, reason = "computed by the compiler, which refuses what is out of bounds")]
const COUNT: usize = {
    let mut count = 0;
    let mut table = 0;
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
};

const TABLES: &[&[&Operation]] = &[
    CUSTOMERS_TABLE,
    PARTNERS_TABLE,
    GROUPS_TABLE,
    CUSTOMER_LOCATIONS_TABLE,
    LOCATIONS_TABLE,
    NODES_TABLE,
    INVENTORY_TABLE,
    DEVICES_TABLE,
    CUSTOMER_DEVICES_TABLE,
    WIFI_TABLE,
    BACKHAUL_TABLE,
    QOE_TABLE,
    REPORTS_TABLE,
    NODE_REPORTS_TABLE,
    DEVICE_REPORTS_TABLE,
    EVENT_REPORTS_TABLE,
    GATEWAY_TABLE,
    GATEWAY_REPORTS_TABLE,
    LTE_TABLE,
    LTE_SERVICE_TABLE,
];

#[expect(clippy::indexing_slicing, reason = "computed by the compiler, which refuses what is out of bounds")]
static FLAT: [&Operation; COUNT] = {
    let mut flat: [&Operation; COUNT] = [&CUSTOMERS_LIST; COUNT];
    let mut next = 0;
    let mut table = 0;
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            flat[next] = TABLES[table][row];
            next += 1;
            row += 1;
        }
        table += 1;
    }
    flat
};

impl Operation {
    /// All operations.
    pub const ALL: &'static [&'static Self] = &FLAT;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::operations::descriptor::{Paging, Place, Safety};

    #[test]
    fn names_and_places_are_unique() {
        let names: BTreeSet<_> = Operation::ALL.iter().map(|operation| operation.name).collect();
        assert_eq!(names.len(), Operation::ALL.len());
        let places: BTreeSet<_> =
            Operation::ALL.iter().map(|operation| format!("{:?} {operation}", operation.service)).collect();
        assert_eq!(places.len(), Operation::ALL.len());
    }

    #[test]
    fn descriptors_make_sense() {
        for operation in Operation::ALL {
            let names: Vec<_> = operation.parameters.iter().map(|parameter| parameter.name).collect();
            let all: BTreeSet<_> = names.iter().copied().chain(operation.placeholders()).collect();
            assert_eq!(
                all.len(),
                names.len() + operation.placeholders().count(),
                "{operation}: a name twice"
            );
            let has = |name| names.contains(&name);
            match operation.paging {
                Paging::None => {}
                Paging::Filter => assert!(has("filter"), "{operation}"),
                Paging::LimitSkip => assert!(has("limit") && has("skip"), "{operation}"),
                Paging::LimitOnly => assert!(has("limit") && !has("skip"), "{operation}"),
            }
            let body = operation.parameters.iter().any(|parameter| parameter.place == Place::Body);
            let reads = matches!(operation.method.as_str(), "GET" | "HEAD");
            assert!(!(reads && body), "{operation}: a body in a GET");
            assert!(!reads || operation.safety == Safety::Safe, "{operation}");
            assert!(operation.path.starts_with('/') && !operation.path.ends_with('/'), "{operation}");
            assert!(!operation.summary.ends_with('.') && !operation.source.is_empty(), "{operation}");
        }
    }
}
