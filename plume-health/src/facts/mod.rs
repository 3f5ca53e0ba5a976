//! Facts from the responses before any verdict: states, qualities, the node tree.

mod place;
mod quality;
mod state;
mod tree;

pub(crate) use place::{city, isp};
pub use quality::in_range;
pub(crate) use quality::{BEST_SCORE, POOR_BELOW, Quality, judge, of_health};
pub use state::NodeState;
pub use tree::PositionUnknown;
pub(crate) use tree::{Member, Place, Positions, Tree, by_id};
