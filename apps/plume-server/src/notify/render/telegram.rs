//! Telegram: one message in HTML.

use plume_telegram::{
    BotToken, Call, Chat, ChatId, Keyboard, TopicId,
    html::{MAX_UNITS, escape, units},
};

use crate::notify::channel::Hidden;
use crate::notify::content::Text;
use crate::notify::render::envelope::{Envelope, Request};

pub(super) fn render(
    token: Option<&Hidden>,
    chat: i64,
    topic: Option<i64>,
    envelope: &Envelope<'_>,
) -> Result<Request, String> {
    let token = token.or(envelope.bot).ok_or("no bot is configured: see `telegram.token`")?;
    let token =
        BotToken::parse(token.expose()).map_err(|invalid| format!("the token of the bot {invalid}"))?;
    let mut chat = Chat::new(ChatId(chat));
    if let Some(topic) = topic {
        chat = chat.in_topic(TopicId(topic));
    }
    let mut text = envelope.marked_text();
    let mut html = written(&text);
    while units(&html) > MAX_UNITS && text.drop_line() {
        html = written(&text);
    }
    Ok(Request::Telegram(token, Box::new(Call::send(chat, &html, &Keyboard::new()))))
}

pub(super) fn written(text: &Text) -> String {
    let mut html = format!("<b>{}</b>", escape(&text.title));
    for line in &text.lines {
        html.push('\n');
        html.push_str(&escape(line));
    }
    html
}
