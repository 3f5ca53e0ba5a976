//! The text of the statements, and how they are executed.

use super::*;

/// The scope of a statement: the tenant, or the key of a home or incident that was found with its tenant.
const SCOPES: [&str; 6] =
    ["tenant", "home = ?1", "WHERE key = ?1", "INSERT INTO sample", "INSERT INTO hour", "INSERT INTO day"];
/// The store's own work on all homes.
const OWN: [&str; 4] = ["progress", "min(seq)", "min(block)", "key > ?1"];

#[test]
fn every_statement_names_the_tenant_or_a_key_found_with_it() {
    let mut statements = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite/operations");
    let files = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
    // `upkeep/prune.rs` and `figures.rs` are left out: old history is deleted, and numbers are counted, of all tenants.
    // `access/` too: a pass may be for several, and the audit has rows without one.
    let files = files.filter(|path| path.is_file() && !path.ends_with("figures.rs"));
    let outbox = ["outbox/mod.rs", "outbox/channels.rs"].map(|name| folder.join(name));
    for path in files
        .chain(outbox)
        .chain(["upkeep/mod.rs", "history/mod.rs", "history/uptime.rs"].map(|file| folder.join(file)))
    {
        let text = fs::read_to_string(&path).unwrap();
        for literal in text.split('"').skip(1).step_by(2) {
            let verbs = ["SELECT ", "UPDATE ", "INSERT ", "DELETE "];
            if !verbs.iter().any(|verb| literal.trim_start().starts_with(verb)) {
                continue;
            }
            statements += 1;
            let is_scoped = SCOPES.iter().chain(&OWN).any(|scope| literal.contains(scope));
            assert!(is_scoped, "{}: {literal}", path.display());
        }
    }
    assert!(statements > 40, "only {statements} statements were found");
}

/// The files of the operations.
fn operations() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite/operations")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// Tables that do not grow with homes, time or messages: tenants, their counts and documents, and what access needs.
const SMALL: [&str; 10] = [
    "tenant",
    "home_count",
    "suspension",
    "progress",
    "record",
    "pass",
    "audit_head",
    "pragma",
    "CONSTANT",
    "(subquery",
];
/// Statements that read all of a table, with the reason.
const WHOLE: [(&str, &str); 6] = [
    (
        "FROM work JOIN home ON",
        "a process reads the fleet at its start, and every 30 s what people have changed",
    ),
    (
        "SELECT scope, status, count(*) FROM incident",
        "an index of the open incidents that has all that is counted",
    ),
    ("FROM outbox WHERE due IS NOT NULL OR is_dead", "an index of the messages that wait or are dead"),
    ("FROM home CROSS JOIN", "old blocks are searched by home, in the background"),
    ("FROM change", "ten thousand rows at most, and only its ends are read"),
    ("SELECT 1 FROM audit LIMIT 1", "one row"),
];

/// Every statement that is written in one piece finds its rows by an index, so its cost does not grow with the store.
#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    let bed = bed("scans");
    let mut read = 0;
    let mut whole = std::collections::BTreeSet::new();
    for path in operations() {
        let text = fs::read_to_string(&path).unwrap();
        for literal in text.split('"').skip(1).step_by(2) {
            let verbs = ["SELECT ", "UPDATE ", "INSERT ", "DELETE "];
            // The pieces of the others are in the tests below.
            let is_whole = verbs.iter().any(|verb| literal.starts_with(verb)) && !literal.contains('{');
            if !is_whole || literal.ends_with(" = ?") || literal.ends_with("tenant = ?") {
                continue;
            }
            read += 1;
            let sql = format!("EXPLAIN QUERY PLAN {}", numbers(literal));
            let plan = bed.store.read(move |tx| tx.all(&sql, [], |row| row.get::<_, String>(3))).await;
            let plan = plan.unwrap_or_else(|error| panic!("{literal}: {error}"));
            let scans = |step: &&String| {
                let table = step.strip_prefix("SCAN ").map(|rest| rest.split(' ').next().unwrap());
                table.is_some_and(|table| !SMALL.iter().any(|small| table.starts_with(small)))
            };
            if let Some(step) = plan.iter().find(scans) {
                let reason = WHOLE.iter().find(|(part, _)| literal.contains(part));
                let (part, _) = reason.unwrap_or_else(|| panic!("{}: {literal}\n{step}", path.display()));
                whole.insert(*part);
            }
        }
    }
    assert!(read > 80, "only {read} statements were found");
    assert_eq!(whole.len(), WHOLE.len(), "only these read a table: {whole:?}");
}

/// The statements of each second and of each check, with the index that they have to use.
#[tokio::test]
async fn the_statements_of_every_second_use_their_index() {
    let bed = bed("hot");
    let texts: Vec<String> = operations().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for (part, index) in [
        ("FROM work JOIN home ON home.key = work.home", "work_due"),
        ("SELECT DISTINCT tenant.id, channel FROM outbox", "outbox_due"),
        ("SELECT key, fence + 1, incident, dedup", "outbox_queue"),
        ("WHERE wake <= ?1", "incident_wake"),
        ("SELECT scope, status, count(*)", "COVERING INDEX incident_count"),
        (
            "SELECT count(*) FILTER (WHERE due IS NOT NULL), count(*) FILTER (WHERE is_dead), ",
            "outbox_waiting",
        ),
        ("AND outcome IN ('sent', 'accepted')", "delivery_channel"),
        ("WHERE tenant = ?1 AND home = ?2 AND closed IS NULL", "incident_home"),
        ("WHERE transition.tenant = ?1", "transition_latest"),
    ] {
        let literals = texts.iter().flat_map(|text| text.split('"').skip(1).step_by(2));
        let found = literals.filter(|literal| literal.contains(part) && literal.contains("SELECT"));
        let plans = found.map(|literal| format!("EXPLAIN QUERY PLAN {}", numbers(literal)));
        let mut is_used = false;
        for sql in plans {
            let plan =
                bed.store.read(move |tx| tx.all(&sql, [], |row| row.get::<_, String>(3))).await.unwrap();
            is_used |= plan.iter().any(|step| step.contains(index));
        }
        assert!(is_used, "{part}: {index}");
    }
}

/// Every selection of incidents is read in the order of an index. Those of the same millisecond are sorted by their id.
#[tokio::test]
async fn selections_of_incidents_use_an_index() {
    use crate::store::model::{IncidentCursor, IncidentQuery};
    let bed = bed("incidents");
    let place = IncidentCursor { rank: 0, homes: 0, opened: chrono::DateTime::UNIX_EPOCH, id: "i".into() };
    for choice in 0..64 {
        let has = move |bit: u32| choice >> bit & 1 == 1;
        let query = IncidentQuery {
            is_open: has(0),
            is_root: has(1),
            for_digest: has(2),
            fleet: has(3).then(|| "f".into()),
            after: has(4).then(|| place.clone()),
            ..IncidentQuery::default()
        };
        let plan = bed.store.read(move |tx| {
            let (sql, values) = operations::incidents::selection(1, has(5).then_some(1), &query);
            let params = values.iter().map(AsRef::as_ref).chain([&5 as &dyn rusqlite::ToSql]);
            let sql = format!("EXPLAIN QUERY PLAN {sql}");
            tx.all(&sql, rusqlite::params_from_iter(params), |row| row.get::<_, String>(3))
        });
        let plan = plan.await.unwrap();
        assert!(plan[0].starts_with("SEARCH incident USING INDEX"), "{choice:b}: {plan:?}");
        let sorts = plan.iter().filter(|step| step.contains("TEMP B-TREE"));
        assert!(sorts.clone().all(|step| step.contains("LAST TERM")), "{choice:b}: {plan:?}");
    }
    for after in [None, Some(place)] {
        let query = IncidentQuery { after, ..IncidentQuery::worst(5) };
        let plan = bed.store.read(move |tx| {
            let (sql, values) = operations::incidents::selection(1, None, &query);
            let params = values.iter().map(AsRef::as_ref).chain([&5 as &dyn rusqlite::ToSql]);
            let sql = format!("EXPLAIN QUERY PLAN {sql}");
            tx.all(&sql, rusqlite::params_from_iter(params), |row| row.get::<_, String>(3))
        });
        let plan = plan.await.unwrap();
        assert!(plan[0].contains("INDEX incident_worst"), "{plan:?}");
        let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE") && !step.contains("LAST TERM"));
        assert!(!sorts, "{plan:?}");
    }
}

/// A statement on one line with a number in the place of each parameter.
fn numbers(literal: &str) -> String {
    let whole = literal.replace('\\', " ");
    let numbered = (1..=12).rev().fold(whole, |sql, number| sql.replace(&format!("?{number}"), "1"));
    numbered.replace('?', "1")
}

/// A statement of a page reads by an index and sorts nothing, so its cost does not grow with the fleet.
#[tokio::test]
async fn pages_of_uptime_read_one_part_of_an_index() {
    let bed = bed("plans");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite/operations/history/uptime.rs");
    let text = fs::read_to_string(file).unwrap();
    let literals = text.split('"').skip(1).step_by(2);
    let read = |table: &str| {
        let start = format!("FROM {table}");
        let of_page =
            literals.clone().filter(|literal| literal.starts_with("SELECT") && literal.contains(&start));
        let whole: Vec<String> = of_page.map(numbers).collect();
        assert_eq!(whole.len(), 1, "{table}");
        whole[0].clone()
    };
    for (table, index) in [("uptime ", "uptime_worst"), ("group_uptime ", "group_uptime_worst")] {
        let sql = format!("EXPLAIN QUERY PLAN {}", read(table));
        let plan = bed.store.read(move |tx| tx.all(&sql, [], |row| row.get::<_, String>(3))).await.unwrap();
        assert!(plan[0].contains(index), "{plan:?}");
        assert!(
            !plan.iter().any(|step| step.contains("TEMP B-TREE") || step.starts_with("SCAN")),
            "{plan:?}"
        );
    }
}
