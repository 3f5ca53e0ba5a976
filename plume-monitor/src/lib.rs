//! Many homes over time: tracking, service levels, baselines and fleets, without I/O.
