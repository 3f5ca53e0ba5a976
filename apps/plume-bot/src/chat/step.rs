//! The questions of `/auth`.

/// The questions, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Sso,
    Header,
    Partner,
    Api,
}

impl Step {
    const ALL: [Self; 4] = [Self::Sso, Self::Header, Self::Partner, Self::Api];

    /// Returns the next question, or this one if it is the last.
    pub(super) fn next(self) -> Self {
        Self::ALL.into_iter().find(|step| *step > self).unwrap_or(self)
    }

    /// Returns the previous question.
    pub(super) fn previous(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|step| *step < self)
    }
}
