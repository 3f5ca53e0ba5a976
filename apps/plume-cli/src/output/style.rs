//! Colors.

use std::{ffi::OsString, fmt::Display};

use anstyle::{AnsiColor, Style};

use crate::args::Color;

/// The meaning of a text. Color never stands alone: the text says the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    Good,
    Warning,
    Bad,
    /// A title or a header.
    Heading,
    /// Less important than its surroundings.
    Dim,
}

/// Writes text with or without colors.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Palette {
    colors: bool,
}

impl Palette {
    /// Decides for one stream. `variable` reads the environment.
    pub(crate) fn new(color: Color, is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let colors = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR").is_some() => false,
            Color::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            Color::Auto => {
                let off = set("CLICOLOR").is_some_and(|value| value == "0");
                is_terminal && !off && set("TERM").is_none_or(|term| term != "dumb")
            }
        };
        Self { colors }
    }

    pub(crate) fn paint(self, tone: Tone, text: impl Display) -> String {
        let style = match tone {
            Tone::Plain => Style::new(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Warning => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Heading => Style::new().bold(),
            Tone::Dim => Style::new().dimmed(),
        };
        if self.colors && !style.is_plain() { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_follow_the_option_then_the_environment_then_the_terminal() {
        let painted = |color, is_terminal, variables: &[(&str, &str)]| {
            let read = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            };
            Palette::new(color, is_terminal, read).paint(Tone::Good, "x") != "x"
        };
        assert!(painted(Color::Auto, true, &[]));
        assert!(!painted(Color::Auto, false, &[]));
        assert!(painted(Color::Always, false, &[("NO_COLOR", "1")]));
        assert!(!painted(Color::Never, true, &[("CLICOLOR_FORCE", "1")]));
        assert!(!painted(Color::Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(painted(Color::Auto, true, &[("NO_COLOR", "")]));
        assert!(painted(Color::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!painted(Color::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!painted(Color::Auto, true, &[("TERM", "dumb")]));
        assert!(!painted(Color::Auto, true, &[("CLICOLOR", "0")]));
    }
}
