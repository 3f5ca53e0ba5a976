//! The token of a bot.

use std::{fmt, sync::Arc};

use secrecy::{ExposeSecret, SecretString};

/// A bot token of the correct form, `123456:ABC-def_…`. Only Telegram can tell whether it is valid.
///
/// ```
/// use plume_telegram::{BotToken, InvalidBotToken};
///
/// assert!(BotToken::parse("1:not-a-real-token\n").is_ok());
/// assert_eq!(BotToken::parse("\"1:not-a-real-token\"").unwrap_err(), InvalidBotToken::Character);
/// ```
#[derive(Clone)]
pub struct BotToken(Arc<SecretString>);

/// The reason why a text is not a bot token. The text continues the name of a setting and never repeats the token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBotToken {
    /// A blank or a line break inside.
    #[error("contains a blank or a line break; copy the token again, in one piece")]
    Blank,
    /// A character that no bot token has.
    #[error(
        "contains a character that no bot token has, such as a quotation mark; copy the token again, without quotes"
    )]
    Character,
    /// Not a number, a colon and a key.
    #[error("is not of the form 123456:ABC…; copy the token again from @BotFather")]
    Form,
}

impl fmt::Debug for InvalidBotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "the bot token {self}");
        }
        f.write_str(match self {
            Self::Blank => "Blank",
            Self::Character => "Character",
            Self::Form => "Form",
        })
    }
}

impl BotToken {
    /// Parses a token. Blanks around it are ignored.
    ///
    /// # Errors
    ///
    /// [`InvalidBotToken`] for a text that cannot be a token, and would break the URL of every call.
    pub fn parse(text: &str) -> Result<Self, InvalidBotToken> {
        let text = text.trim().trim_start_matches('\u{feff}');
        if text.contains(char::is_whitespace) {
            return Err(InvalidBotToken::Blank);
        }
        let usable = |byte: u8| byte.is_ascii_alphanumeric() || b":-_".contains(&byte);
        if !text.bytes().all(usable) {
            return Err(InvalidBotToken::Character);
        }
        let is_number = |bot: &str| !bot.is_empty() && bot.bytes().all(|byte| byte.is_ascii_digit());
        match text.split_once(':') {
            Some((bot, key)) if is_number(bot) && !key.is_empty() && !key.contains(':') => {
                Ok(Self(Arc::new(text.to_owned().into())))
            }
            _ => Err(InvalidBotToken::Form),
        }
    }

    /// Returns the token as text.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for BotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BotToken([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_must_fit_into_a_url() {
        for (text, wrong) in [
            ("1:canary token", InvalidBotToken::Blank),
            ("1:canary\ntoken", InvalidBotToken::Blank),
            ("1: canary", InvalidBotToken::Blank),
            ("1:can\u{a0}ary", InvalidBotToken::Blank),
            ("\"1:canary\"", InvalidBotToken::Character),
            ("1:canary/../x", InvalidBotToken::Character),
            ("1:canary?x#y%20", InvalidBotToken::Character),
            ("1:can\u{200b}ary", InvalidBotToken::Character),
            ("1:canäry", InvalidBotToken::Character),
            ("canary", InvalidBotToken::Form),
            ("bot1:canary", InvalidBotToken::Form),
            (":canary", InvalidBotToken::Form),
            ("1:", InvalidBotToken::Form),
            ("1:2:canary", InvalidBotToken::Form),
            ("", InvalidBotToken::Form),
        ] {
            let error = BotToken::parse(text).map(|_| ()).unwrap_err();
            assert_eq!(error, wrong, "{text:?}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
        let token = BotToken::parse("\u{feff}123456:AbC-d_9\r\n").unwrap();
        assert_eq!(token.expose(), "123456:AbC-d_9");
        assert_eq!(format!("{token:?}"), "BotToken([redacted])");
    }
}
