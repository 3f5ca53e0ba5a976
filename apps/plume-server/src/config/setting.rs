//! Types of values.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use plume::auth::SecureUrl;

/// The form of a value in TOML. A variable is always text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// In quotes.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
}

/// The type of a value.
pub trait Setting: Sized {
    /// The form in the file.
    const FORM: Form;
    /// The rest of the sentence "must be …".
    const EXPECTED: &'static str;

    /// Parses the value; `None` for an invalid one.
    fn parse(text: &str) -> Option<Self>;

    /// Returns the value for `config explain`.
    fn show(&self) -> String;

    /// Returns the value of a file in this folder: a relative path is one from there.
    #[must_use]
    fn within(self, _folder: &Path) -> Self {
        self
    }
}

/// Implements [`Setting`] for a type with `FromStr` and `Display`.
macro_rules! parsed {
    ($($type:ty, $form:ident, $expected:literal;)*) => {$(
        impl Setting for $type {
            const FORM: Form = Form::$form;
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

parsed! {
    bool, Switch, "true or false";
    u16, Number, "a whole number from 0 to 65535";
    u32, Number, "a whole number";
    u64, Number, "a whole number";
    SocketAddr, Text, "an address and a port, for example \"127.0.0.1:8080\"";
}

impl Setting for String {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "a text that is not empty";

    fn parse(text: &str) -> Option<Self> {
        let text = plume_text::trim(text);
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Setting for PathBuf {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "a path";

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::from(text))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }

    fn within(self, folder: &Path) -> Self {
        folder.join(self)
    }
}

impl Setting for SecureUrl {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "a URL that begins with https://, or http:// and a loopback address";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}
