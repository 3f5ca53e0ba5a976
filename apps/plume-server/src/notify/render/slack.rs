//! Slack: an incoming webhook with plain text blocks.

use serde_json::json;

use crate::notify::channel::Hidden;
use crate::notify::render::envelope::{Envelope, Request, post_json};

/// Maximum length of the text of a header, and of a section (api.slack.com/reference/block-kit).
const HEADER: usize = 150;
const SECTION: usize = 3_000;

pub(super) fn render(url: &Hidden, envelope: &Envelope<'_>) -> Result<Request, String> {
    let text = envelope.marked_text();
    // Plain text blocks read no markup and link nothing; `text` is what notifications show.
    let plain = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
    let mut blocks = vec![json!({ "type": "header", "text": plain(&fitted(&text.title, HEADER)) })];
    let lines = fitted(&text.lines.join("\n"), SECTION);
    if !lines.is_empty() {
        blocks.push(json!({ "type": "section", "text": plain(&lines) }));
    }
    let body = json!({ "text": fitted(&text.title, SECTION), "mrkdwn": false, "blocks": blocks });
    post_json(url.expose(), body.to_string().into_bytes(), &[])
}

/// Escapes a text for Slack, cut to a length that includes the escapes. A character is never cut.
fn fitted(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for character in text.chars() {
        let escaped = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => "",
        };
        length += escaped.len().max(1);
        if length >= most {
            shown.push('…');
            break;
        }
        match escaped {
            "" => shown.push(character),
            escaped => shown.push_str(escaped),
        }
    }
    shown
}
