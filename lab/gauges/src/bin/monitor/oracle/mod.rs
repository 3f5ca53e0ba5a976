//! The oracle: laws about a run, judged by the simulator's truth and the harness's record.

mod delays;
mod detection;
mod law;
mod messages;
mod pace;

pub(crate) use delays::Delays;
pub(crate) use detection::{Truth, judge as judge_detection};
pub(crate) use law::{Law, Verdict, touched};
pub(crate) use messages::{Heard, judge as judge_messages};
pub(crate) use pace::Pace;
