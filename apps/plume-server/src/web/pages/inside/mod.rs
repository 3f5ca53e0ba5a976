//! The pages about the monitor itself: connections, logs and settings.

mod connections;
mod logs;
mod settings;

pub(super) use connections::page as connections;
pub(super) use logs::page as logs;
pub(super) use settings::page as settings;
