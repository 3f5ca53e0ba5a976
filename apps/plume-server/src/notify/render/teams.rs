//! Microsoft Teams: a card for a workflow with the trigger "When a Teams webhook request is received".

use plume::health::Status;
use serde_json::{Value, json};

use crate::notify::channel::Hidden;
use crate::notify::content::Text;
use crate::notify::render::envelope::{Envelope, Request, post_json};

/// Maximum size of a request in bytes.
const MAX_BYTES: usize = 28 * 1024;

pub(super) fn render(url: &Hidden, envelope: &Envelope<'_>) -> Result<Request, String> {
    let mut text = envelope.marked_text();
    let status = envelope.body.status();
    let mut body = card(&text, status).to_string();
    while body.len() > MAX_BYTES && text.drop_line() {
        body = card(&text, status).to_string();
    }
    post_json(url.expose(), body.into_bytes(), &[])
}

fn card(text: &Text, status: Option<Status>) -> Value {
    let color = match status {
        Some(Status::Red) => "attention",
        Some(Status::Orange | Status::Yellow) => "warning",
        Some(Status::Green) => "good",
        _ => "default",
    };
    // Text runs read no markup, unlike text blocks.
    let run = |text: &str| json!({ "type": "TextRun", "text": literal(text) });
    let title = json!({
        "type": "TextRun", "text": literal(&text.title), "weight": "bolder", "size": "medium", "color": color,
    });
    let block = |run: Value| json!({ "type": "RichTextBlock", "inlines": [run] });
    let mut blocks = vec![block(title)];
    blocks.extend(text.lines.iter().filter(|line| !line.is_empty()).map(|line| block(run(line))));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": blocks,
            },
        }],
    })
}

/// Breaks the braces of functions such as `{{DATE(…)}}`, and the brackets of workflow expressions such as `@{…}`.
fn literal(text: &str) -> String {
    text.replace("{{", "{ {").replace("{{", "{ {").replace("@{", "@ {")
}
