//! The text of a setting, without what editors add.

use std::fmt;

/// Returns a value without what editors and env files add around it: blanks, line ends and a byte order mark.
///
/// # Errors
///
/// [`InvalidValue`] if the value is in quotes. Its text continues the name of the setting and never repeats the value.
///
/// ```
/// use plume_auth::setting_value;
///
/// assert_eq!(setting_value("\u{feff}/run/secrets/header\r"), Ok("/run/secrets/header"));
/// assert_eq!(setting_value("'x'").unwrap_err().to_string(), "is in quotes, which env files keep; take them away");
/// ```
pub fn setting_value(text: &str) -> Result<&str, InvalidValue> {
    let value = plume_text::trim(text);
    let quoted = |quote: char| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote);
    if quoted('"') || quoted('\'') { Err(InvalidValue(())) } else { Ok(value) }
}

/// The reason why the value of a setting was refused: it is in quotes. The text continues the name of the setting.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InvalidValue(());

impl fmt::Debug for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value {self}")
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is in quotes, which env files keep; take them away")
    }
}

impl std::error::Error for InvalidValue {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions_of_windows_and_env_files_are_removed_or_reported() {
        assert_eq!(setting_value("\u{feff} x y \r\n"), Ok("x y"));
        assert_eq!(setting_value("\""), Ok("\""));
        assert_eq!(setting_value("\"x'"), Ok("\"x'"));
        for quoted in ["\"x\"", " 'x y'\r", "\"\""] {
            assert!(setting_value(quoted).is_err(), "{quoted}");
        }
    }
}
