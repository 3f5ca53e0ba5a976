//! The sender of the outbox, and its channels.
//!
//! ```text
//! queue of a channel -> take -> newest state only -> still needed? -> render -> send -> classify -> settle
//! ```
//!
//! * **At least once.** A message is settled after the response. A crash in between repeats it: with the same `webhook-id` or
//!   `Message-ID`, and with "(repeat)" on channels whose receivers cannot recognize it.
//! * **The newest state only.** Of several messages that wait about one incident, the last one is sent. A long backlog becomes
//!   one [`Summary`]. Replaced messages stay in the delivery log.
//! * **A failing channel** pauses as a whole, from 30 s to 4 h. Each message becomes a dead letter after 24 h. Another
//!   channel reports the failure and its end.
//! * **Pure parts.** [`render()`] and [`classify`] make a request of a message and a [`Verdict`] of a response. Only
//!   [`Carriers`] and [`Sender`] do I/O.

pub mod channel;
pub mod content;
pub mod delivery;
pub mod render;
pub mod sender;

pub use channel::{
    Channel, ChannelState, Hidden, Means, Routed, Target, lost_messages, routing, silence, stray_channels,
};
pub use content::{Body, Names, Notice, Summary, Text};
pub use delivery::{
    Carriers, Handed, Heartbeat, Judged, MailError, MailServer, Mailer, Security, Verdict, Wellness,
    classify, next_attempt,
};
pub use render::{Envelope, Request, render};
pub use sender::{Sender, SenderParts, Silence, forget, resume, send_test};
