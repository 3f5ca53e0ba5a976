//! `plume config`: the configuration file and the origin of each setting.

use clap::{Args, Subcommand};
use plume::cli::exit;
use serde::Serialize;

use crate::args::help;
use crate::config::{Edit, ProfileRow, Setting};
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Printed, Rows, Schemas};
use crate::places::config_path;
use crate::session::Session;

/// Show settings and their origins, and choose the profile
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    Explain(Explain),
    Path(ShowPath),
    Profiles(Profiles),
    Use(UseProfile),
}

impl Config {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        Ok(match self {
            Self::Explain(command) => session.print(&command.run(session)?),
            Self::Path(command) => session.print(&command.run(session)?),
            Self::Profiles(command) => session.print(&command.run(session)?),
            Self::Use(command) => session.print(&command.run(session).await?),
        })
    }
}

/// Show each setting and its origin, without secrets
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume config explain",
    "plume config explain --profile lab -o json",
]))]
pub(crate) struct Explain {}

const SETTINGS: Schemas = Schemas { list: "plume.setting.list/1", row: "plume.setting/1" };

const SETTING: [Column<Setting>; 3] = [
    Column::word("SETTING", |setting| Cell::new(setting.key)),
    Column::text("VALUE", |setting| Cell::option(setting.value.as_ref())),
    Column::word("ORIGIN", |setting| Cell::option(setting.short_origin.as_ref())),
];

impl Explain {
    fn run(self, session: &Session) -> Result<Outcome<Setting>> {
        let config = session.config()?;
        match config.settings() {
            Ok(settings) => settings.warnings().iter().for_each(|warning| session.warn(warning)),
            Err(failure) => session.warn(&failure.to_string()),
        }
        let rows = Rows { items: config.explain(), unreadable: 0, more: None };
        Ok(Outcome::list(SETTINGS, rows, &SETTING))
    }
}

/// Print the path of the configuration file
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume config path",
    "plume config path -o json",
]))]
pub(crate) struct ShowPath {}

#[derive(Serialize)]
pub(crate) struct Paths {
    config: Option<String>,
    exists: bool,
    token_store: Option<String>,
}

const PATHS: [Column<Paths>; 3] = [
    Column::word("CONFIG", |paths| Cell::option(paths.config.as_ref())),
    Column::word("EXISTS", |paths| Cell::yes_no(Some(paths.exists))),
    Column::word("TOKEN STORE", |paths| Cell::option(paths.token_store.as_ref())),
];

impl ShowPath {
    fn run(self, session: &Session) -> Result<Outcome<Paths>> {
        // A file that cannot be read has a path, too.
        let config = session.config().ok();
        let Some(path) = config_path() else {
            return Err(Failure::of_code(
                exit::FAILED,
                "there is no configuration file: the home directory is not known",
                "Set PLUME_CONFIG to a path.",
            ));
        };
        let text = path.display().to_string();
        let token_store = config.as_ref().and_then(|config| config.place.directory());
        let paths = Paths {
            config: Some(text.clone()),
            exists: path.exists(),
            token_store: token_store.map(|directory| directory.display().to_string()),
        };
        Ok(Outcome::verbatim("plume.config.path/1", paths, text, &PATHS))
    }
}

/// List the profiles of the configuration file
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume config profiles",
    "plume config profiles -o jsonl",
]))]
pub(crate) struct Profiles {}

const PROFILES: Schemas = Schemas { list: "plume.profile.list/1", row: "plume.profile/1" };

const PROFILE: [Column<ProfileRow>; 5] = [
    Column::word("PROFILE", |profile| Cell::new(&profile.name)),
    Column::word("DEFAULT", |profile| Cell::yes_no(Some(profile.is_default))),
    Column::word("CREDENTIAL", |profile| Cell::option(profile.credential.as_ref())),
    Column::extra(Column::text("PARTNER", |profile| Cell::option(profile.partner_id.as_ref()))),
    Column::extra(Column::text("API", |profile| Cell::option(profile.api_base.as_ref()))),
];

impl Profiles {
    fn run(self, session: &Session) -> Result<Outcome<ProfileRow>> {
        let config = session.config()?;
        config.place.existing().err().into_iter().for_each(|failure| session.warn(&failure.to_string()));
        let rows = Rows { items: config.profiles(), unreadable: 0, more: None };
        Ok(Outcome::list(PROFILES, rows, &PROFILE))
    }
}

/// Make a profile the default one
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume config use lab",
    "plume config use production -o json",
]))]
pub(crate) struct UseProfile {
    /// The name of the profile, as `config profiles` lists it
    name: String,
}

#[derive(Serialize)]
pub(crate) struct Used {
    default_profile: String,
    config: String,
}

const USED: [Column<Used>; 2] = [
    Column::word("Default profile", |used| Cell::new(&used.default_profile)),
    Column::text("Configuration", |used| Cell::new(&used.config)),
];

impl UseProfile {
    async fn run(self, session: &Session) -> Result<Outcome<Used>> {
        let config = session.config()?;
        config.check_profile(&self.name)?;
        // A profile is in a file, so there is one.
        let path = config.path().unwrap_or(std::path::Path::new("")).to_owned();
        let mut edit = Edit::begin(&path).await?;
        edit.set_default_profile(&self.name);
        edit.finish()?;
        if std::env::var_os("PLUME_PROFILE").is_some() {
            session.warn("PLUME_PROFILE is set and overrides the default");
        }
        let used = Used { default_profile: self.name, config: path.display().to_string() };
        Ok(Outcome::record("plume.config.use/1", used, &USED))
    }
}
