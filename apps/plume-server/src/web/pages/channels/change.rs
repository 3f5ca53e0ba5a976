//! The actions of people on channels.

use std::fmt;

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use plume::monitor::ids::TenantId;
use serde::Deserialize;

use crate::config::{CHANNEL_ID, is_channel_id};
use crate::notify::{Channel, Hidden, Target};
use crate::store::{StoreError, StoreErrorKind};
use crate::web::dashboard::Visible;
use crate::web::pages::channels::one::find;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Form;
use crate::web::view::{channel_path, within};

/// Maximum length of a name.
const LONGEST: usize = 60;
/// Maximum number of messages in an hour.
const MOST: u32 = 3_600;
/// The path of an Alertmanager for alerts.
const ALERTS: &str = "/api/v2/alerts";

/// An action on the queue of a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Act {
    action: String,
    message: Option<i64>,
}

/// A channel as a person entered it. A target is always entered whole: no secret of another receiver is kept for it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Entered {
    action: String,
    tenant: String,
    id: String,
    edition: u64,
    name: String,
    kind: String,
    url: String,
    key: String,
    bot: String,
    chat: String,
    topic: String,
    to: String,
    limit: Option<u32>,
    sure: String,
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Tests a channel, ends its pause, or decides about its dead letters.
pub(in crate::web::pages) async fn act(
    visible: Visible,
    frame: Frame,
    Path((tenant, channel)): Path<(String, String)>,
    Form(form): Form<Act>,
) -> Response {
    let path = channel_path(&TenantId::new(tenant.as_str()), &channel);
    let done = async {
        let (tenant, listed) = find(&visible, &tenant, &channel).await?;
        match form.action.as_str() {
            "test" => tenant.test_channel(&listed.id).await?,
            "try" => tenant.try_channel(&listed.id).await?,
            "retry" => drop(tenant.revive(&listed.id, form.message).await?),
            "drop" => drop(tenant.discard(&listed.id, form.message).await?),
            _ => return Err(incomplete("The form is incomplete.")),
        }
        Ok(())
    };
    match done.await {
        Ok(()) => Redirect::to(&path).into_response(),
        Err(fault) => frame.refuse(&fault.back_to(path)),
    }
}

/// Adds, replaces or removes a channel.
pub(in crate::web::pages) async fn save(
    visible: Visible,
    frame: Frame,
    Form(form): Form<Entered>,
) -> Response {
    let path = channel_path(&TenantId::new(form.tenant.as_str()), &form.id);
    match carry_out(&visible, &form).await {
        Ok(true) => Redirect::to(&path).into_response(),
        Ok(false) => Redirect::to("/channels").into_response(),
        Err(fault) => frame.refuse(&fault.back_to("/channels")),
    }
}

/// Returns whether the channel exists afterwards.
async fn carry_out(visible: &Visible, form: &Entered) -> Result<bool, Fault> {
    let tenant = visible.tenant(&TenantId::new(form.tenant.as_str()));
    let tenant = tenant.ok_or_else(|| Fault::missing("tenant"))?;
    if form.action == "remove" {
        if form.sure.is_empty() {
            return Err(incomplete("Confirm that the channel is to be removed."));
        }
        let (tenant, _) = find(visible, &form.tenant, &form.id).await?;
        tenant.remove_channel(&form.id, form.edition).await.map_err(changed)?;
        return Ok(false);
    }
    if !is_channel_id(&form.id) {
        return Err(incomplete(format!("The id must have {CHANNEL_ID}.")));
    }
    let channel = channel(form).map_err(incomplete)?;
    channel.validate(tenant.means()).map_err(|invalid| {
        let label = match invalid.field {
            "name" => "Name",
            "max_per_hour" => "Messages per hour",
            "url" => "URL",
            "key" => "Key",
            "token" => "Token of the bot",
            "to" => "Recipients",
            other => other,
        };
        incomplete(format!("“{label}” {}.", invalid.reason))
    })?;
    tenant.put_channel(&form.id, form.edition, &channel).await.map_err(changed)?;
    Ok(true)
}

fn incomplete(detail: impl Into<String>) -> Fault {
    Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Not possible", detail)
        .with_help("Go back; nothing was stored.")
}

fn changed(error: StoreError) -> Fault {
    match error.kind() {
        StoreErrorKind::Conflict => {
            let detail =
                "There is another channel with this id, or it has changed after your page was shown.";
            Fault::new(StatusCode::CONFLICT, "Changed meanwhile", detail)
        }
        _ => error.into(),
    }
}

fn channel(form: &Entered) -> Result<Channel, String> {
    let hidden = |text: &str| Hidden::new(plume_text::trim(text));
    let number = |field: &str, text: &str| {
        text.trim().parse::<i64>().map_err(|_| format!("{field} must be a whole number"))
    };
    let url = || hidden(&form.url);
    let target = match form.kind.as_str() {
        "webhook" => Target::Webhook { url: url(), key: hidden(&form.key) },
        "slack" => Target::Slack { url: url() },
        "teams" => Target::Teams { url: url() },
        "alertmanager" if form.url.trim().trim_end_matches('/').ends_with(ALERTS) => {
            return Err(format!("“URL” must end before {ALERTS}, which is added."));
        }
        "alertmanager" => Target::Alertmanager { url: url() },
        "telegram" => Target::Telegram {
            token: Some(hidden(&form.bot)).filter(|token| !token.expose().is_empty()),
            chat: number("chat", &form.chat)?,
            topic: match form.topic.trim() {
                "" => None,
                topic => Some(number("topic", topic)?),
            },
        },
        "mail" => {
            let split = form.to.split([',', ';', '\n']).map(plume_text::trim);
            Target::Mail { to: split.filter(|address| !address.is_empty()).map(str::to_owned).collect() }
        }
        _ => return Err("the kind of channel is unknown".to_owned()),
    };
    let name = within(&form.name, LONGEST, "name")?;
    if name.contains('\u{fffd}') {
        return Err("“Name” has a character that cannot be shown; enter it without it.".to_owned());
    }
    let max_per_hour = form.limit.unwrap_or(60);
    if !(1..=MOST).contains(&max_per_hour) {
        return Err(format!("“Messages per hour” must be 1 to {MOST}."));
    }
    Ok(Channel { name, target, max_per_hour, fallback: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_one_target_and_shows_no_secret() {
        let form = Entered {
            kind: "webhook".to_owned(),
            name: " Main ".to_owned(),
            url: " https://canary.example.com/ ".to_owned(),
            key: "whsec_canary".to_owned(),
            chat: "x".to_owned(),
            to: "a@example.net; b@example.net\n".to_owned(),
            ..Entered::default()
        };
        let made = channel(&form).unwrap();
        assert_eq!((made.name.as_str(), made.max_per_hour), ("Main", 60));
        let Target::Webhook { url, .. } = &made.target else { panic!("{made:?}") };
        assert_eq!(url.expose(), "https://canary.example.com/");
        assert!(!format!("{form:?} {made:?}").contains("canary"));
        let of = |kind: &str| channel(&Entered { kind: kind.to_owned(), ..form_of(&form) });
        assert_eq!(of("telegram").unwrap_err(), "chat must be a whole number");
        let mail = of("mail").unwrap().target;
        assert_eq!(mail, Target::Mail { to: vec!["a@example.net".to_owned(), "b@example.net".to_owned()] });
        assert!(of("pager").is_err());
        // The form shows U+FFFD in the place of a mark that turns text, and would store it.
        for name in ["Ma\u{fffd}in", "Ma\u{202e}in"] {
            let form = Entered { kind: "slack".to_owned(), name: name.to_owned(), ..Entered::default() };
            assert!(channel(&form).unwrap_err().contains("cannot be shown"), "{name:?}");
        }
    }

    fn form_of(form: &Entered) -> Entered {
        Entered { chat: form.chat.clone(), to: form.to.clone(), ..Entered::default() }
    }
}
