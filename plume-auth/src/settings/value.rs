//! The value of a setting, as it arrives.

use std::fmt;

/// A value without what editors and env files add: blanks, line ends and a byte order mark around it.
///
/// # Errors
///
/// [`InvalidValue`], which reads on after the setting's name and never repeats the value.
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

/// What is wrong with the value of a setting, whatever it is for: quotes around it. Reads on after the setting's name.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    fn what_windows_and_env_files_add_is_left_out_or_named() {
        assert_eq!(setting_value("\u{feff} x y \r\n"), Ok("x y"));
        assert_eq!(setting_value("\""), Ok("\""));
        assert_eq!(setting_value("\"x'"), Ok("\"x'"));
        for quoted in ["\"x\"", " 'x y'\r", "\"\""] {
            assert!(setting_value(quoted).is_err(), "{quoted}");
        }
    }
}
