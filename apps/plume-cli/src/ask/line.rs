//! A line that a person types.
//!
//! A text is shown only as long as it has the form of an answer. So a secret that is pasted at the wrong question stays
//! hidden. The line never wraps while it is edited, so nothing is left of it on a narrow screen.

use std::io;

use dialoguer::console::{Key, Term};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use zeroize::Zeroizing;

/// The least room for the text beside its question.
const ROOM: usize = 24;
/// The text in place of one that is not shown.
const HIDDEN: &str = "(hidden)";
/// Longer than any answer.
const MAX_BYTES: usize = 64 << 10;

/// A question for one line.
pub(super) struct Question<'q> {
    pub(super) prompt: String,
    pub(super) default: Option<String>,
    /// Returns whether a text has a form that may be on the screen.
    pub(super) shows: &'q dyn Fn(&str) -> bool,
}

/// The line so far.
struct Line<'q> {
    text: Zeroizing<String>,
    shows: &'q dyn Fn(&str) -> bool,
}

/// The effect of a key.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Edited,
    Done,
    Interrupted,
}

impl Line<'_> {
    fn press(&mut self, key: &Key) -> Step {
        match key {
            Key::Enter => return Step::Done,
            Key::CtrlC => return Step::Interrupted,
            // Ctrl-D
            Key::Char('\u{4}') if self.text.is_empty() => return Step::Interrupted,
            Key::Backspace => drop(self.text.pop()),
            // Ctrl-U
            Key::Char('\u{15}') => self.text.clear(),
            Key::Char(character) if !character.is_control() && self.text.len() < MAX_BYTES => {
                self.text.push(*character);
            }
            _ => {}
        }
        Step::Edited
    }

    fn shown(&self) -> &str {
        match self.text.is_empty() || (self.shows)(&self.text) {
            true => &self.text,
            false => HIDDEN,
        }
    }
}

/// Asks on the terminal, and returns the answer. An empty one is the default.
pub(super) fn read(term: &Term, question: &Question<'_>) -> io::Result<Zeroizing<String>> {
    let columns = usize::from(term.size().1);
    let prompt = match &question.default {
        Some(default) => format!("{} [{default}]: ", question.prompt),
        None => format!("{}: ", question.prompt),
    };
    let head = if prompt.width() + ROOM <= columns {
        prompt
    } else {
        term.write_line(prompt.trim_end())?;
        "> ".to_owned()
    };
    // Reserved at once, because a buffer that grows leaves copies in memory.
    let text = Zeroizing::new(String::with_capacity(MAX_BYTES + 4));
    let mut line = Line { text, shows: question.shows };
    loop {
        let room = usize::from(term.size().1).saturating_sub(head.width() + 1);
        term.clear_line()?;
        term.write_str(&format!("{head}{}", tail(line.shown(), room)))?;
        match line.press(&term.read_key()?) {
            Step::Edited => {}
            Step::Interrupted => {
                term.write_line("")?;
                return Err(io::ErrorKind::Interrupted.into());
            }
            Step::Done => break,
        }
    }
    if let (true, Some(default)) = (line.text.is_empty(), &question.default) {
        line.text.push_str(default);
    }
    // No key follows, so the whole may take several rows.
    term.clear_line()?;
    term.write_line(&format!("{head}{}", line.shown()))?;
    Ok(line.text)
}

/// The end of a text that fits into `room` columns.
fn tail(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let fits = |character: &char| {
        let width = character.width().unwrap_or(0);
        let is_fitting = width <= left;
        left = left.saturating_sub(width);
        is_fitting
    };
    let end: Vec<char> = text.chars().rev().take_while(fits).collect();
    std::iter::once('<').chain(end.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(shows: &dyn Fn(&str) -> bool, text: &str) -> (String, Vec<String>) {
        let mut line = Line { text: Zeroizing::default(), shows };
        let keys = text.chars().map(|character| match character {
            '\u{8}' => Key::Backspace,
            other => Key::Char(other),
        });
        let shown = keys.map(|key| {
            assert_eq!(line.press(&key), Step::Edited);
            line.shown().to_owned()
        });
        let shown = shown.collect();
        (line.text.to_string(), shown)
    }

    #[test]
    fn a_text_of_another_form_is_hidden() {
        let digits = |text: &str| text.chars().all(|character| character.is_ascii_digit());
        let (text, shown) = typed(&digits, "1x2\u{8}\u{8}3");
        assert_eq!(text, "13");
        assert_eq!(shown, ["1", "(hidden)", "(hidden)", "(hidden)", "1", "13"]);
        let (text, shown) = typed(&|_| false, "not-a-real-secret\u{15}a");
        assert_eq!(text, "a");
        assert!(shown.iter().all(|shown| shown == "(hidden)" || shown.is_empty()));
    }

    #[test]
    fn keys_end_a_line_or_have_no_effect() {
        let mut line = Line { text: Zeroizing::default(), shows: &|_| true };
        assert_eq!(line.press(&Key::Char('\u{4}')), Step::Interrupted);
        assert_eq!(line.press(&Key::CtrlC), Step::Interrupted);
        for key in [Key::ArrowLeft, Key::Char('\u{1b}'), Key::Tab, Key::Char('a')] {
            assert_eq!(line.press(&key), Step::Edited);
        }
        assert_eq!(line.shown(), "a");
        assert_eq!(line.press(&Key::Enter), Step::Done);
    }

    #[test]
    fn a_line_shows_its_end_where_it_does_not_fit() {
        assert_eq!(tail("https://a.example.net", 21), "https://a.example.net");
        assert_eq!(tail("https://a.example.net", 6), "<e.net");
        assert_eq!(tail("客客客", 5), "<客客");
        assert_eq!(tail("ab", 0), "<");
    }
}
