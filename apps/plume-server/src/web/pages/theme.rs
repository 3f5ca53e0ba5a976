//! The choice of colors.

use axum::{
    Form,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::web::pages::frame::{THEME, THEMES};
use crate::web::view::part;

/// The form of every page.
#[derive(Deserialize)]
pub(super) struct Choice {
    theme: String,
    #[serde(default)]
    back: String,
}

pub(super) async fn choose(Form(choice): Form<Choice>) -> Response {
    let theme = THEMES.into_iter().find(|theme| *theme == choice.theme).unwrap_or("auto");
    ([(header::SET_COOKIE, cookie(THEME, theme))], Redirect::to(local(&choice.back))).into_response()
}

/// The value of a header that keeps a text in the browser for a year.
pub(super) fn cookie(name: &str, value: &str) -> String {
    format!("{name}={}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly", part(value))
}

/// Returns a path of this server; that of the overview for any other target.
fn local(path: &str) -> &str {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_server_is_a_way_back() {
        assert_eq!(local("/homes?q=a%20b"), "/homes?q=a%20b");
        for foreign in
            ["", "//evil.example.net", "/\\evil.example.net", "https://example.net", "/a\r\nb", "homes"]
        {
            assert_eq!(local(foreign), "/", "{foreign}");
        }
    }
}
