//! The style sheet and the script. Their names contain their hash, so that a browser may keep them for a year.

use std::sync::LazyLock;

use axum::{Router, http::header, response::IntoResponse, routing::get};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../../../assets/style.css");
const SCRIPT: &str = include_str!("../../../assets/live.js");

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path("style", STYLE, "css"));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path("live", SCRIPT, "js"));

/// Returns the path of the style sheet.
pub(in crate::web) fn style() -> &'static str {
    &STYLE_PATH
}

/// Returns the path of the script.
pub(in crate::web) fn script() -> &'static str {
    &SCRIPT_PATH
}

/// Returns the routes of the files.
pub(in crate::web) fn routes() -> Router {
    Router::new()
        .route(style(), get(async || file("text/css; charset=utf-8", STYLE)))
        .route(script(), get(async || file("text/javascript; charset=utf-8", SCRIPT)))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, text)
}

fn path(name: &str, text: &str, kind: &str) -> String {
    let hash: String = Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/{name}-{hash}.{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_small_and_a_path_changes_with_its_file() {
        assert!(SCRIPT.len() <= 5 * 1024, "{} bytes", SCRIPT.len());
        assert_ne!(path("live", "a", "js"), path("live", "b", "js"));
    }
}
