//! Help for the tests and gauges of this workspace.
