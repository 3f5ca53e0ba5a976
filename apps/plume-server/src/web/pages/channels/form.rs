//! The form of a new channel, or of another target for an old one.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::store::model::Tenant;
use crate::web::dashboard::Visible;
use crate::web::pages::channels::one::find;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;

/// The kinds of channels, and their names.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("webhook", "Webhook"),
    ("slack", "Slack"),
    ("teams", "Microsoft Teams"),
    ("telegram", "Telegram"),
    ("mail", "Mail"),
    ("alertmanager", "Alertmanager"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Selection {
    kind: String,
    tenant: String,
    channel: String,
}

#[derive(Template)]
#[template(path = "channel_form.html")]
struct Form<'a> {
    frame: &'a Frame,
    tenants: Vec<Tenant>,
    kind: &'static str,
    kind_name: &'static str,
    /// The tenant and the id of a channel that exists; empty for a new one.
    tenant: String,
    id: String,
    edition: u64,
    name: String,
    limit: u32,
    /// Whether the configuration has what the kind needs.
    is_possible: bool,
    has_bot: bool,
}

pub(in crate::web::pages) async fn page(
    visible: Visible,
    frame: Frame,
    Query(selection): Query<Selection>,
) -> Response {
    let page = build(&visible, &frame, &selection).await;
    frame.answer(page)
}

async fn build<'a>(visible: &Visible, frame: &'a Frame, selection: &Selection) -> Result<Form<'a>, Fault> {
    let known = KINDS.iter().find(|(kind, _)| *kind == selection.kind);
    let (kind, kind_name) = *known.ok_or_else(|| Fault::missing("kind of channel").back_to("/channels"))?;
    let all = visible.each().await?;
    let means = all.first().map(|(view, _)| view.means());
    let mut form = Form {
        frame,
        kind,
        kind_name,
        tenant: String::new(),
        id: String::new(),
        edition: 0,
        name: String::new(),
        limit: 60,
        is_possible: kind != "mail" || means.is_some_and(|means| means.has_mail),
        has_bot: means.is_some_and(|means| means.has_bot),
        tenants: all.iter().map(|(_, tenant)| tenant.clone()).collect(),
    };
    if !selection.channel.is_empty() {
        let (tenant, listed) = find(visible, &selection.tenant, &selection.channel).await?;
        form.tenants.retain(|one| one.id == *tenant.id());
        (form.tenant, form.edition) = (tenant.id().to_string(), listed.edition);
        form.name = listed.name().to_owned();
        form.limit = listed.channel.as_ref().map_or(60, |channel| channel.max_per_hour);
        form.id = listed.id;
    }
    Ok(form)
}
