//! The files of a recording.

mod disk;
mod format;
mod read;

pub(super) use disk::{Disk, FileSystem, create_directory, ensure_directory, write_once};
pub(super) use format::{
    Bases, Body, Exchange, FORMAT, Failure, Identities, MANIFEST, Manifest, Outcome, Request, Response,
    Service, VERSION, kind_name, kind_of, session_name,
};
pub(super) use read::read_all;
