//! The layout and the phrases of a judgement.

use plume_health::render::{Document, Rendering, render};
use plume_health::text::count;

use crate::baseline::judgement::{Judgement, Scope};

impl Judgement {
    /// Renders the judgement. See [`HealthReport::render`](plume_health::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(judgement: &Judgement) -> Document {
    let mut document = Document::default();
    document.strong(format!("{} - {}", judgement.level.headline(), judgement.explanation));
    if let Some(usual) = &judgement.usual {
        document.plain(basis(usual.scope, usual.spread.samples));
    }
    document
}

fn basis(scope: Scope, samples: usize) -> String {
    let scope = match scope {
        Scope::HourOfWeek => "this hour of the week",
        Scope::HourOfDay => "this hour of all days",
        Scope::Overall => "all times",
    };
    format!("Rests on {} of {scope}", count(samples, "value", "values"))
}
