//! The token of forms. A foreign page cannot read it, so it cannot send a form.

use std::fmt;

use crate::access::{Shown, same};

/// The token of the forms of a session, or of this process for visitors without one.
#[derive(Clone)]
pub(in crate::web) struct FormToken(String);

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken([redacted])")
    }
}

impl FormToken {
    /// Returns a new token. Without a source of random numbers it accepts no form.
    pub(in crate::web) fn new() -> Self {
        Shown::random().map_or_else(Self::none, |shown| Self(shown.derive("form")))
    }

    /// Returns the token of a session.
    pub(in crate::web) fn of_session(session: &Shown) -> Self {
        Self(session.derive("form"))
    }

    /// Returns a token that accepts no form.
    pub(in crate::web) fn none() -> Self {
        Self(String::new())
    }

    /// Returns the value of the hidden field.
    pub(in crate::web) fn expose(&self) -> &str {
        &self.0
    }

    /// Returns whether a form has the token. The time of the comparison does not depend on the text.
    pub(in crate::web) fn accepts(&self, given: &str) -> bool {
        same(&self.0, given)
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
        assert!(!FormToken::none().accepts(""));
        assert_eq!(format!("{token:?}"), "FormToken([redacted])");
    }

    #[test]
    fn a_session_has_its_own_token() {
        let (one, other) = (Shown::random().unwrap(), Shown::random().unwrap());
        assert!(FormToken::of_session(&one).accepts(FormToken::of_session(&one).expose()));
        assert!(!FormToken::of_session(&one).accepts(FormToken::of_session(&other).expose()));
        assert_ne!(FormToken::of_session(&one).expose(), one.id());
    }
}
