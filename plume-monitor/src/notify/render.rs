//! The layout of messages.

use plume_health::render::{Document, Rendering, render};

use crate::notify::digest::Digest;
use crate::notify::message::Message;
use crate::notify::phrases;

impl Message {
    /// Renders the message. See [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, message)
    }
}

impl Digest {
    /// Renders the digest. See [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, digest)
    }
}

fn message(message: &Message) -> Document {
    let mut document = Document::default();
    let situation = &message.situation;
    document.strong(phrases::title_of(message));
    document.plain(&situation.root.message);
    for line in
        [phrases::consequences(&situation.root.consequences), phrases::length(message)].into_iter().flatten()
    {
        document.plain(line);
    }
    document.plain(phrases::since(message));
    if message.ended_at.is_none() {
        let further: Vec<&str> = situation.further.iter().map(|cause| &*cause.message).collect();
        let steps: Vec<&str> = situation.steps.iter().map(|step| &**step).collect();
        for (heading, lines) in [(phrases::FURTHER, further), (phrases::STEPS, steps)] {
            if !lines.is_empty() {
                document.list(heading, &lines);
            }
        }
    }
    document
}

fn digest(digest: &Digest) -> Document {
    let mut document = Document::default();
    document.strong(phrases::digest(digest));
    for entry in &digest.entries {
        document.plain(phrases::entry(entry, digest.kind));
    }
    if let Some(more) = phrases::not_listed(digest) {
        document.plain(more);
    }
    document
}
