//! The dashboards as documents. Grafana is not a package of Debian, so what it needs of a dashboard is checked here.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::counterpart::repository;

/// A query of a dashboard.
pub(super) struct Query {
    pub(super) place: String,
    pub(super) expression: String,
}

/// All dashboards with their file names.
fn dashboards() -> Vec<(String, Value)> {
    let files = fs::read_dir(repository().join("deploy/grafana")).unwrap().map(|file| file.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
    };
    files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).map(read).collect()
}

/// All queries, with the variables of Grafana replaced.
pub(super) fn queries() -> Vec<Query> {
    let mut queries = Vec::new();
    for (name, board) in dashboards() {
        for panel in board["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                let expression = target["expr"].as_str().unwrap();
                let expression = expression.replace("$__rate_interval", "1m").replace("$instance", ".*");
                assert!(!expression.contains('$'), "{expression}");
                queries.push(Query { place: format!("{name}: {}", panel["title"]), expression });
            }
        }
    }
    queries
}

#[test]
fn dashboards_have_what_grafana_needs() {
    let boards = dashboards();
    let mut uids = BTreeSet::new();
    assert_eq!(boards.len(), 4);
    for (name, board) in &boards {
        assert!(uids.insert(board["uid"].as_str().unwrap().to_owned()), "{name}");
        assert!(board["uid"].as_str().unwrap().len() <= 40 && !board["title"].as_str().unwrap().is_empty());
        assert!(board["schemaVersion"].as_u64().unwrap() >= 38, "{name}");
        let variables: Vec<&str> = board["templating"]["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|variable| variable["name"].as_str().unwrap())
            .collect();
        assert_eq!(variables, ["datasource", "instance"], "{name}");
        let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
        for panel in board["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            assert!(!title.is_empty() && ids.insert(panel["id"].as_u64().unwrap()), "{name}: {title}");
            assert!(["stat", "timeseries"].contains(&panel["type"].as_str().unwrap()), "{title}");
            assert!(
                !panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap().is_empty(),
                "{title} has no unit"
            );
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
            assert!(w > 0 && h > 0 && x + w <= 24, "{title}");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(cells.insert(cell), "{name}: {title} lies on another panel");
            }
            let mut letters = BTreeSet::new();
            for target in panel["targets"].as_array().unwrap() {
                assert!(letters.insert(target["refId"].as_str().unwrap()), "{title}");
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
                assert!(!target["legendFormat"].as_str().unwrap().is_empty(), "{title}");
            }
            assert!(!letters.is_empty(), "{title} has no query");
        }
    }
}
