//! The token of forms. A foreign page cannot read it, so it cannot send a form.

use std::fmt;

/// A random text of this process.
pub(in crate::web) struct FormToken(String);

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken([redacted])")
    }
}

impl FormToken {
    /// Returns a new token. Without a source of random numbers it accepts no form.
    pub(in crate::web) fn new() -> Self {
        let mut bytes = [0; 16];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            Err(_) => Self(String::new()),
        }
    }

    /// Returns the value of the hidden field.
    pub(in crate::web) fn expose(&self) -> &str {
        &self.0
    }

    /// Returns whether a form has the token. The time of the comparison does not depend on the text.
    pub(in crate::web) fn accepts(&self, given: &str) -> bool {
        let differences = self.0.bytes().zip(given.bytes()).fold(0, |sum, (one, other)| sum | (one ^ other));
        !self.0.is_empty() && given.len() == self.0.len() && differences == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_accepted() {
        let token = FormToken::new();
        assert!(token.accepts(token.expose()));
        assert!(!token.accepts(""));
        assert!(!token.accepts(&token.expose()[1..]));
        assert!(!token.accepts(FormToken::new().expose()));
        assert!(!FormToken(String::new()).accepts(""));
        assert_eq!(format!("{token:?}"), "FormToken([redacted])");
    }
}
