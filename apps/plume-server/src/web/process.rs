//! The state of this process that pages show.

use std::{path::PathBuf, sync::Arc};

use plume::monitor::sla::SlaPolicy;

use crate::config::Row;
use crate::journal::Journal;
use crate::traffic::Traffic;

/// The state of this process that pages show.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// The terms of the service level.
    pub sla: SlaPolicy,
    /// The log.
    pub journal: Journal,
    /// The calls to the cloud.
    pub traffic: Traffic,
    /// The settings in force, secrets redacted.
    pub settings: Arc<[Row]>,
    /// The directory of the data, whose disk is watched.
    pub data: Option<PathBuf>,
}
