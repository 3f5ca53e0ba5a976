//! The option `--svg`: a picture in a file, or on stdout in place of the text.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use plume::{LocationHandle, cli::exit};

use crate::args::Format;
use crate::failure::{Failure, Result};
use crate::output::{Outcome, complain};
use crate::session::Session;

/// The option of commands with a picture.
#[derive(Debug, Clone, Args)]
pub(crate) struct Picture {
    /// Write a picture as SVG to this file; - is stdout, in place of the text
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Picture {
    /// Refuses a second document on stdout, before any call is made.
    pub(crate) fn check(&self, session: &Session) -> Result<()> {
        if self.is_stdout() && session.format() != Format::Table {
            let message = "--svg - and --output both write to stdout";
            return Err(Failure::usage(message, "Name a file for the picture, or leave out --output."));
        }
        Ok(())
    }

    fn is_stdout(&self) -> bool {
        self.svg.as_deref() == Some(Path::new("-"))
    }

    /// Adds the picture. `draw` gets the location's name, which costs a call; without one it gets the id.
    pub(crate) async fn add<T>(
        self,
        outcome: Outcome<T>,
        location: &LocationHandle,
        draw: impl FnOnce(&str) -> String,
    ) -> Result<Outcome<T>> {
        let is_stdout = self.is_stdout();
        let Some(path) = self.svg else { return Ok(outcome) };
        let name = match location.get().await {
            Ok(location) => location.display_name().to_owned(),
            Err(_) => location.id().to_string(),
        };
        let svg = draw(&name);
        if is_stdout {
            return Ok(outcome.with_document(svg));
        }
        write(&path, &svg).map_err(|error| {
            let message = format!("the picture could not be written to {}: {error}", path.display());
            Failure::of_code(
                exit::FAILED,
                message,
                "Check the folder, its permissions and the space on the disk.",
            )
        })?;
        complain(&format!("note: the picture is in {}", path.display()));
        Ok(outcome)
    }
}

/// Replaces a file as a whole, so that a full disk leaves the earlier one.
fn write(path: &Path, svg: &str) -> io::Result<()> {
    // A device or pipe cannot be replaced.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return fs::write(path, svg);
    }
    let path = target(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    // A new file, so that nothing is written through a link. An earlier program with this process id may have left one.
    let _ = fs::remove_file(&beside);
    let written = fs::File::create_new(&beside)
        .and_then(|mut file| file.write_all(svg.as_bytes()))
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // It may not exist.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The file behind links, also where it does not exist yet.
fn target(path: &Path) -> io::Result<PathBuf> {
    // As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_a_link() {
        let folder = std::env::temp_dir().join(format!("plume-cli-picture-{}", std::process::id()));
        fs::create_dir_all(folder.join("deep")).unwrap();
        let (link, file) = (folder.join("link.svg"), folder.join("deep/wan.svg"));
        std::os::unix::fs::symlink("deep/wan.svg", &link).unwrap();
        for text in ["of a link to nothing", "of a link to a file"] {
            write(&link, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        std::os::unix::fs::symlink("round.svg", folder.join("round.svg")).unwrap();
        assert!(write(&folder.join("round.svg"), "of no file").is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
