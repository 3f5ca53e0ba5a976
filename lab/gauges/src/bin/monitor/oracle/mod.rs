//! The oracle: laws about a run, judged by the simulator's truth and the harness's record.

mod detection;
mod law;
mod messages;
mod pace;

pub(crate) use detection::{Detected, Truth, judge as judge_detection};
pub(crate) use law::{Law, Verdict};
pub(crate) use messages::judge as judge_messages;
pub(crate) use pace::Pace;
