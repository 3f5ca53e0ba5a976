//! Pages and parts of them as texts.

use askama::Template;

/// Returns the text of a page or a part of it. Every text for a browser is made here.
///
/// Direction marks come only from foreign texts, and can turn what is beside them: they become U+FFFD.
pub(in crate::web) fn rendered(template: &impl Template) -> askama::Result<String> {
    Ok(without_turns(template.render()?))
}

/// Returns the text with U+FFFD in the place of each direction mark.
pub(in crate::web) fn without_turns(text: String) -> String {
    if text.contains(turns) { text.replace(turns, "\u{fffd}") } else { text }
}

/// Returns whether a character changes the direction of the text beside it.
pub(in crate::web) fn turns(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(source = "<b title=\"{{name}}\">{{name}}</b>", ext = "html")]
    struct Part {
        name: &'static str,
    }

    #[test]
    fn no_page_has_a_mark_that_turns_text() {
        let part = Part { name: "Alder \u{202e}teertS\u{200f} אלון" };
        let seen = "Alder \u{fffd}teertS\u{fffd} אלון";
        assert_eq!(rendered(&part).unwrap(), format!("<b title=\"{seen}\">{seen}</b>"));
        let mark =
            |one: &char| plume_text::on_screen(&format!("a{one}b")) == "a\u{fffd}b" && !one.is_control();
        let marks: String = ('\0'..=char::MAX).filter(mark).filter(|one| *one != '\u{fffd}').collect();
        let turning: String = ('\0'..=char::MAX).filter(|one| turns(*one)).collect();
        assert_eq!(turning, marks, "logs and messages neutralize the same marks");
    }
}
