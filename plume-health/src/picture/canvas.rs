//! An SVG document: shapes, texts, colors.

use std::fmt::Write;

use plume_text::on_screen;

/// The width of every picture.
pub(super) const WIDTH: f64 = 720.0;
/// The edges of the area of marks.
pub(super) const LEFT: f64 = 64.0;
pub(super) const RIGHT: f64 = 700.0;
/// The center of the first line below the title and the subtitle.
pub(super) const BELOW_TITLE: f64 = 84.0;

/// A document in work.
#[derive(Debug)]
pub(super) struct Canvas {
    /// The beginning of all ids, so that pictures of different kinds can be in one page.
    kind: &'static str,
    body: String,
}

/// The side of a text at which its position is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Rules for all pictures. Every color differs in brightness from its neighbors too.
const STYLE: &str = "\
.plume-chart text{font:12px system-ui,sans-serif;fill:#1f2328}\
.plume-chart .title{font-size:17px;font-weight:600}\
.plume-chart .heading{font-size:13px;font-weight:600}\
.plume-chart .dim{fill:#59636e}\
.plume-chart .back{fill:#fff}\
.plume-chart .grid{stroke:#d1d9e0;stroke-width:1}\
.plume-chart .axis{stroke:#59636e;stroke-width:1}\
.plume-chart .area{fill:#9ec5f0}\
.plume-chart .line{fill:none;stroke:#0a3d78;stroke-width:1.6;stroke-linejoin:round}\
.plume-chart .mark{fill:#fff;stroke:#0a3d78;stroke-width:1.6}\
.plume-chart .bad{fill:none;stroke:#b3261e;stroke-width:2.2;stroke-linecap:round}\
.plume-chart .bad-box{fill:#fff;stroke:#b3261e;stroke-width:1.4}\
.plume-chart .good{fill:#2f7d4f}\
.plume-chart .half{fill:#b07400}\
.plume-chart .gap{fill:#eff2f5}\
.plume-chart .hatch{stroke:#818b98;stroke-width:1}\
@media (prefers-color-scheme:dark){\
.plume-chart text{fill:#f0f6fc}\
.plume-chart .dim{fill:#9198a1}\
.plume-chart .back{fill:#0d1117}\
.plume-chart .grid{stroke:#30363d}\
.plume-chart .axis{stroke:#9198a1}\
.plume-chart .area{fill:#1f4a80}\
.plume-chart .line{stroke:#a5d0ff}\
.plume-chart .mark{fill:#0d1117;stroke:#a5d0ff}\
.plume-chart .bad{stroke:#ff8a80}\
.plume-chart .bad-box{fill:#0d1117;stroke:#ff8a80}\
.plume-chart .good{fill:#56b97c}\
.plume-chart .half{fill:#e0b040}\
.plume-chart .gap{fill:#1b2129}\
.plume-chart .hatch{stroke:#6e7681}\
}";

impl Canvas {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, body: String::new() }
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y, text) = (number(x), number(y), escaped(text));
        self.add(format_args!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" class=\"{class}\">{text}</text>"
        ));
    }

    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        let (x, y, width, height) = (number(x), number(y), number(width.max(0.0)), number(height.max(0.0)));
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"{class}\"/>"
        ));
    }

    /// A rectangle for time without data: hatched, so that it differs from a mark without colors too.
    pub(super) fn unknown(&mut self, from: (f64, f64), size: (f64, f64)) {
        let fill = format!("url(#plume-{}-hatch)", self.kind);
        let ((x, y), (width, height)) = (from, size);
        let (x, y, width, height) = (number(x), number(y), number(width.max(0.0)), number(height.max(0.0)));
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"
        ));
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        self.path(&Path::at(from).to(to), class);
    }

    /// A cross around a point.
    pub(super) fn cross(&mut self, (x, y): (f64, f64), size: f64) {
        self.line((x - size, y - size), (x + size, y + size), "bad");
        self.line((x - size, y + size), (x + size, y - size), "bad");
    }

    pub(super) fn circle(&mut self, (x, y): (f64, f64), radius: f64, class: &str) {
        let (x, y, radius) = (number(x), number(y), number(radius));
        self.add(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" class=\"{class}\"/>"));
    }

    pub(super) fn path(&mut self, path: &Path, class: &str) {
        let data = &path.0;
        self.add(format_args!("<path d=\"{data}\" class=\"{class}\"/>"));
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        // A String takes everything.
        let _ = writeln!(self.body, "{element}");
    }

    /// The document. `subtitle` is shown under the title; `description` is for readers who do not see the picture.
    pub(super) fn finish(mut self, height: f64, title: &str, subtitle: &str, description: &str) -> String {
        self.text((16.0, 30.0), Anchor::Start, "title", title);
        self.text((16.0, 50.0), Anchor::Start, "dim", subtitle);
        let Self { kind, body } = self;
        let (title, description) = (escaped(title), escaped(description));
        let (width, height) = (number(WIDTH), number(height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plume-chart\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"plume-{kind}-title plume-{kind}-desc\">\n\
             <title id=\"plume-{kind}-title\">{title}</title>\n\
             <desc id=\"plume-{kind}-desc\">{description}</desc>\n\
             <style>{STYLE}</style>\n\
             <defs><pattern id=\"plume-{kind}-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
             <rect width=\"6\" height=\"6\" class=\"gap\"/><path d=\"M0 6L6 0\" class=\"hatch\"/></pattern></defs>\n\
             <rect width=\"{width}\" height=\"{height}\" class=\"back\"/>\n\
             {body}</svg>"
        )
    }
}

/// A chain of lines.
#[derive(Debug, Clone)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn at((x, y): (f64, f64)) -> Self {
        Self(format!("M{} {}", number(x), number(y)))
    }

    pub(super) fn to(mut self, point: (f64, f64)) -> Self {
        self.extend(point);
        self
    }

    pub(super) fn extend(&mut self, (x, y): (f64, f64)) {
        let _ = write!(self.0, "L{} {}", number(x), number(y));
    }

    pub(super) fn closed(mut self) -> Self {
        self.0.push('Z');
        self
    }
}

/// A coordinate with at most one decimal.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Returns a text without markup, and without the characters that XML does not allow.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in on_screen(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let mut canvas = Canvas::new("test");
        canvas.text((0.0, 0.5), Anchor::End, "dim", "</text><script>\u{1b}\u{ffff}");
        let svg = canvas.finish(10.0, "<a>", "b & c", "\"d\"");
        assert!(!svg.contains("<script") && !svg.contains("<a>"), "{svg}");
        assert!(svg.contains(">&lt;/text&gt;&lt;script&gt;\u{fffd}\u{fffd}</text>"), "{svg}");
        assert!(svg.contains("b &amp; c") && svg.contains(">&quot;d&quot;</desc>"), "{svg}");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([0.0, -0.01, 1.25, 300.04, -2.5].map(number), ["0", "0", "1.2", "300", "-2.5"]);
    }
}
