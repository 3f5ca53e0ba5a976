//! Texts that people typed.

/// Returns a text that a person typed, without invisible characters. One that is too long is refused, not cut.
pub(in crate::web) fn within(text: &str, most: usize, what: &str) -> Result<String, String> {
    let text = plume_text::on_screen(text.trim()).into_owned();
    match text.chars().count() {
        count if count > most => {
            Err(format!("The {what} has {count} characters; at most {most} are possible."))
        }
        _ => Ok(text),
    }
}
