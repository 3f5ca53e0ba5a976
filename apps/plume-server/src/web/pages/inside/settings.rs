//! The settings in force, and checks of the monitor itself.

use askama::Template;
use axum::response::Response;

use crate::web::dashboard::{Check, Visible};
use crate::web::pages::frame::Frame;

#[derive(Template)]
#[template(path = "settings.html")]
struct Page<'a> {
    frame: &'a Frame,
    checks: Vec<Check>,
    failing: usize,
    rows: Vec<Row>,
}

struct Row {
    key: String,
    value: String,
    origin: String,
}

pub(in crate::web::pages) async fn page(visible: Visible, frame: Frame) -> Response {
    let checks = visible.checks().await;
    let settings = visible.settings().iter();
    let page = Page {
        failing: checks.iter().filter(|check| check.is_failing()).count(),
        checks,
        rows: settings
            .map(|row| Row { key: row.key.clone(), value: row.shown.clone(), origin: row.origin.to_string() })
            .collect(),
        frame: &frame,
    };
    frame.answer(Ok(page))
}
