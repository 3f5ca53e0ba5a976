//! The choice of colors.

use axum::{
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::web::pages::frame::{THEME, THEMES};
use crate::web::pages::given::Form;
use crate::web::view::{local, part};

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
