//! Output of a document, whole or up to a limit.

use serde::Serialize;

use crate::render::document::{Document, Line};
use crate::render::format::{Format, Rendering};
use crate::render::style::{HTML, MARKDOWN, Style, TEXT};
use crate::{phrases, text};

/// Renders `report` as JSON, or as the document that `layout` makes of it. Use it for your own reports:
///
/// ```
/// use plume_health::render::{Document, Format, render};
///
/// let layout = |homes: &[&str]| {
///     let mut document = Document::default();
///     document.strong("Homes");
///     document.list("By name:", homes);
///     document
/// };
/// let html = render(Format::Html, &["<Home>"][..], layout);
/// assert!(html.ends_with("  • &lt;Home&gt;"));
/// ```
pub fn render<R: Serialize + ?Sized>(
    rendering: impl Into<Rendering>,
    report: &R,
    layout: impl Fn(&R) -> Document,
) -> String {
    let Rendering { format, limit } = rendering.into();
    let style = match format {
        Format::Json => return json(report, limit),
        Format::Text => TEXT,
        Format::Markdown => MARKDOWN,
        Format::Html => HTML,
    };
    write(&layout(report), &style, limit)
}

const NULL: &str = "null";

/// Reports have string keys and finite or null numbers, so this cannot fail.
fn json<R: Serialize + ?Sized>(report: &R, limit: usize) -> String {
    let fits = |text: &String| units(text) <= limit;
    let pretty = serde_json::to_string_pretty(report).ok().filter(fits);
    let short = || serde_json::to_string(report).ok().filter(fits);
    pretty.or_else(short).unwrap_or_else(|| if limit < NULL.len() { String::new() } else { NULL.to_owned() })
}

/// Returns the length as Telegram and JavaScript count it.
fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).fold(0, usize::saturating_add)
}

/// Writes at most `limit` UTF-16 units: whole lines, and a last line that counts the missing ones. If not even that
/// fits, an ellipsis.
pub(super) fn write(document: &Document, style: &Style, limit: usize) -> String {
    let lines: Vec<String> = document.lines.iter().map(style.line).collect();
    let mut whole = String::new();
    // The end of each line, in bytes and in units.
    let mut ends = vec![(0_usize, 0_usize)];
    let mut before: Option<&Line> = None;
    for (line, text) in document.lines.iter().zip(&lines) {
        whole.push_str(before.map_or("", |before| (style.between)(before, line)));
        whole.push_str(text);
        let (from, so_far) = ends.last().copied().unwrap_or_default();
        let added = units(whole.get(from..).unwrap_or_default());
        ends.push((whole.len(), so_far.saturating_add(added)));
        before = Some(line);
    }
    if ends.last().is_none_or(|(_, units)| *units <= limit) {
        return whole;
    }
    for kept in (0..lines.len()).rev() {
        let (head, left_out) = document.lines.split_at(kept);
        // A trailing heading or blank line is dropped too. A blank line follows a title or verdict.
        let ends_badly = match (head.last(), left_out.first()) {
            (Some(Line::Blank), _) => true,
            (Some(Line::Strong(_)), next) => !matches!(next, Some(Line::Blank)),
            _ => false,
        };
        if kept > 1 && ends_badly {
            continue;
        }
        let missing = left_out.iter().filter(|line| !matches!(line, Line::Blank)).count();
        let end = Line::Plain(phrases::more_lines(missing));
        let between = head.last().map_or("", |last| (style.between)(last, &end));
        let end = (style.line)(&end);
        let Some((bytes, so_far)) = ends.get(kept) else { continue };
        if so_far.saturating_add(units(between)).saturating_add(units(&end)) <= limit {
            return [whole.get(..*bytes).unwrap_or_default(), between, &end].concat();
        }
    }
    if limit == 0 { String::new() } else { text::ELLIPSIS.to_owned() }
}
