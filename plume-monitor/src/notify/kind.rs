//! The kinds of messages.

/// The kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// Trouble began, or began again after its end was announced.
    Problem,
    /// The trouble is worse.
    Worsened,
    /// The trouble has another cause.
    OtherCause,
    /// The trouble is less severe.
    Eased,
    /// The status keeps changing. Its changes are not announced one by one.
    FlappingStarted,
    /// The status no longer keeps changing; the message has the final one.
    FlappingEnded,
    /// The trouble is over.
    Recovered,
    /// The home was deleted or moved.
    Gone,
    /// The incident is closed because its state was lost. The trouble may last, and is then a new problem.
    Lost,
    /// The trouble is still there.
    Reminder,
}

plume_health::__named!(MessageKind {
    Problem = "problem",
    Worsened = "worsened",
    OtherCause = "other_cause",
    Eased = "eased",
    FlappingStarted = "flapping_started",
    FlappingEnded = "flapping_ended",
    Recovered = "recovered",
    Gone = "gone",
    Lost = "lost",
    Reminder = "reminder",
});
