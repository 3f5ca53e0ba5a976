//! Failures of commands, with their suggestions.

use std::fmt;

use plume::{
    Error, SettingsError,
    cli::{self, exit},
    record::{RecordError, RecordErrorKind},
};
pub(crate) use plume_text::nearest;

/// The failure of a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A call failed.
    Call(Error),
    /// A failure of the program itself: arguments, settings, files.
    Own(cli::Failure),
}

/// The result of a step of a command.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<cli::Failure> for Failure {
    fn from(failure: cli::Failure) -> Self {
        Self::Own(failure)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Own(failure) => f.write_str(&failure.message),
        }
    }
}

impl From<Failure> for cli::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Call(error) => Self::from(&error),
            Failure::Own(failure) => failure,
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let help = match error.is_only_missing() {
            true => "Set the variables, or add --demo to look around without any.",
            false => "Correct what is named above, or add --demo to look around without any settings.",
        };
        Self::usage(error.to_string(), help)
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let code = match error.kind() {
            RecordErrorKind::Missing | RecordErrorKind::Key => exit::USAGE,
            _ => exit::FAILED,
        };
        Self::of_code(code, error.to_string(), error.help())
    }
}

impl Failure {
    /// A wrong argument or setting.
    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Own(cli::Failure::usage(message, help))
    }

    /// A failure with another exit code.
    pub(crate) fn of_code(exit_code: u8, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Own(cli::Failure { exit_code, ..cli::Failure::usage(message, help) })
    }

    /// A profile without a credential.
    pub(crate) fn no_credential(profile: &str) -> Self {
        Self::of_code(
            exit::AUTH,
            format!("there is no credential for the profile `{profile}`"),
            format!("Run `plume auth login --profile {profile}`."),
        )
    }

    /// The exit code of a failure of the program itself.
    pub(crate) fn exit_code(&self) -> Option<u8> {
        match self {
            Self::Own(failure) => Some(failure.exit_code),
            Self::Call(_) => None,
        }
    }

    /// Something that a list does not contain.
    pub(crate) fn not_found(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::of_code(exit::NOT_FOUND, message, help)
    }
}
