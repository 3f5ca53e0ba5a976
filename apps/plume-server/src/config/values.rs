//! The values of the file and of the environment by their keys.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use toml::de::{DeTable, DeValue};

use crate::config::problem::{Problem, Problems};
use crate::config::secret::Secret;
use crate::config::setting::{Form, Setting};

/// The prefix of all variables of this program.
pub const PREFIX: &str = "PLUME_SERVER_";

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// No other was given.
    Default,
    /// A line of the file.
    Line(usize),
    /// A variable of the environment.
    Variable(String),
    /// A file that contains a secret.
    File(PathBuf),
    /// An option of the command line.
    Option(&'static str),
    /// A route of the policies by its index, or none of them.
    Route(Option<usize>),
    /// It is no setting.
    Fixed,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Option(name) => write!(f, "option {name}"),
            Self::Route(Some(index)) => write!(f, "notify.routes[{index}]"),
            Self::Route(None) => f.write_str("no route"),
            Self::Fixed => f.write_str("always"),
        }
    }
}

/// A value that was read, for `config explain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The key, for example `cloud.partner_id`.
    pub key: String,
    /// The value, or `[redacted]`.
    pub shown: String,
    /// The origin of the value.
    pub origin: Origin,
}

/// A value of the file.
struct Entry {
    line: usize,
    found: Found,
}

enum Found {
    Scalar(Form, String),
    List(Vec<Found>),
    /// A kind of value that no key has.
    Other,
}

/// All values. A section takes its keys; a key that none takes is unknown.
pub struct Values {
    path: Option<PathBuf>,
    entries: BTreeMap<String, Entry>,
    /// The tables of the file, also those without a key, with their lines.
    tables: BTreeMap<String, usize>,
    variables: BTreeMap<String, String>,
    /// Every key that was read, found or not.
    known: BTreeSet<String>,
    /// Every section that was looked for, found or not.
    sections: BTreeSet<String>,
    /// The secrets that were read, with the line of the key that names the file or the variable.
    secrets: BTreeMap<String, Option<usize>>,
    problems: Vec<Problem>,
    rows: Vec<Row>,
}

impl fmt::Debug for Values {
    /// Shows no value: a mistyped key may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values")
            .field("path", &self.path)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl Values {
    /// Reads the file, if any. `variables` are all variables of the environment.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or that is no TOML.
    pub fn read(path: Option<&Path>, variables: BTreeMap<String, String>) -> Result<Self, Problems> {
        let mut values = Self {
            path: path.map(Path::to_owned),
            entries: BTreeMap::new(),
            tables: BTreeMap::new(),
            variables,
            known: BTreeSet::new(),
            sections: BTreeSet::new(),
            secrets: BTreeMap::new(),
            problems: Vec::new(),
            rows: Vec::new(),
        };
        if let Some(path) = path {
            let fail =
                |line, text| Problems::new(Some(path), vec![Problem { line, key: String::new(), text }]);
            let text = fs::read_to_string(path)
                .map_err(|error| fail(None, format!("failed to read {}: {error}", path.display())))?;
            let text = text.trim_start_matches('\u{feff}');
            let (table, errors) = DeTable::parse_recoverable(text);
            for error in errors {
                let line = error.span().map(|span| line_of(text, span.start));
                let key = error.span().and_then(|span| text.get(span)).map(plume_text::on_screen);
                let text = match (error.message(), key) {
                    ("duplicate key", Some(key)) => format!("`{key}` is there more than once"),
                    // The rest of such a file may be read as something else.
                    (message, _) => return Err(fail(line, format!("invalid TOML: {message}"))),
                };
                values.problems.push(Problem { line, key: String::new(), text });
            }
            values.add(text, "", table.get_ref());
        }
        Ok(values)
    }

    fn add(&mut self, text: &str, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = format!("{prefix}{}", key.get_ref());
            let line = line_of(text, key.span().start);
            match value.get_ref() {
                DeValue::Table(inner) => {
                    self.add(text, &format!("{path}."), inner);
                    self.tables.insert(path, line);
                }
                DeValue::Array(items)
                    if !items.is_empty() && items.iter().all(|item| item.get_ref().is_table()) =>
                {
                    for (index, item) in items.iter().enumerate() {
                        if let DeValue::Table(inner) = item.get_ref() {
                            let path = format!("{path}[{index}]");
                            self.add(text, &format!("{path}."), inner);
                            self.tables.insert(path, line_of(text, item.span().start));
                        }
                    }
                }
                other => {
                    self.entries.insert(path, Entry { line, found: Found::of(other) });
                }
            }
        }
    }

    /// Takes a value; `None` if it is missing or invalid.
    pub fn take<T: Setting>(&mut self, key: &str) -> Option<T> {
        let (text, origin) = self.find(key, T::FORM, T::EXPECTED)?;
        let value = T::parse(&text).map(|value| match &origin {
            Origin::Line(_) => value.within(self.folder()),
            _ => value,
        });
        match &value {
            Some(value) => self.rows.push(Row { key: key.to_owned(), shown: value.show(), origin }),
            None => self.refuse(key, &origin, &format!("must be {}", T::EXPECTED)),
        }
        value
    }

    /// Takes a value, or the default for a missing or invalid one.
    pub fn take_or<T: Setting>(&mut self, key: &str, default: T) -> T {
        let problems = self.problems();
        match self.take(key) {
            Some(value) => value,
            None => {
                if self.problems() == problems {
                    let row = Row { key: key.to_owned(), shown: default.show(), origin: Origin::Default };
                    self.rows.push(row);
                }
                default
            }
        }
    }

    /// Takes a list of texts; empty if it is missing or invalid. A variable separates the texts with commas.
    pub fn take_list(&mut self, key: &str) -> Vec<String> {
        self.known.insert(key.to_owned());
        let variable = variable(key);
        let entry = self.entries.remove(key);
        let (list, origin) = match (self.variables.remove(&variable), entry) {
            (Some(text), _) => {
                let items = text.split(',').map(plume_text::trim).filter(|item| !item.is_empty());
                (Some(items.map(str::to_owned).collect()), Origin::Variable(variable))
            }
            (None, Some(Entry { line, found })) => (found.texts(), Origin::Line(line)),
            (None, None) => return Vec::new(),
        };
        match list {
            Some(list) => {
                self.rows.push(Row { key: key.to_owned(), shown: list.join(", "), origin });
                list
            }
            None => {
                self.refuse(key, &origin, "must be a list of texts");
                Vec::new()
            }
        }
    }

    /// Takes the secret that `KEY_file` or `KEY_env` names.
    pub fn take_secret(&mut self, key: &str) -> Option<Secret> {
        let (file, env) = (format!("{key}_file"), format!("{key}_env"));
        let from_file = self.find(&file, Form::Text, PathBuf::EXPECTED);
        let from_env = self.find(&env, Form::Text, String::EXPECTED);
        if let Some(Entry { line, .. }) = self.entries.remove(key) {
            let text = format!("`{key}`: a secret must not be in the file; use `{file}` or `{env}`");
            self.problems.push(Problem { line: Some(line), key: key.to_owned(), text });
            return None;
        }
        match (from_file, from_env) {
            (Some((_, origin)), Some(_)) => {
                self.refuse(&file, &origin, &format!("must not be set together with `{env}`"));
                None
            }
            (Some((path, named)), None) => {
                let path = match &named {
                    Origin::Line(_) => self.folder().join(path),
                    _ => path.into(),
                };
                match plume::auth::read_secret_file(&path) {
                    Ok(text) if plume_text::is_blank(text.expose_secret()) => {
                        self.refuse(&file, &named, &format!("names an empty file: {}", path.display()));
                        None
                    }
                    Ok(text) => Some(self.secret(key, &text, &named, Origin::File(path))),
                    Err(error) => {
                        self.refuse(&file, &named, &error.to_string());
                        None
                    }
                }
            }
            (None, Some((name, named))) => match self.variables.remove(&name) {
                Some(text) if plume_text::is_blank(&text) => {
                    self.refuse(&env, &named, "names a variable that is empty");
                    None
                }
                Some(text) => Some(self.secret(key, &text.into(), &named, Origin::Variable(name))),
                None => {
                    self.refuse(&env, &named, "names a variable that is not set");
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// Editors end a file with a line break, which belongs to no secret.
    fn secret(&mut self, key: &str, text: &SecretString, named: &Origin, origin: Origin) -> Secret {
        let line = match named {
            Origin::Line(line) => Some(*line),
            _ => None,
        };
        self.secrets.insert(key.to_owned(), line);
        self.rows.push(Row { key: key.to_owned(), shown: "[redacted]".to_owned(), origin });
        Secret::new(text.expose_secret().trim_end_matches(['\r', '\n']).into())
    }

    /// Returns whether the file has a section, also an empty one, or the environment a key below it, for example `cloud`.
    pub fn has(&mut self, section: &str) -> bool {
        self.sections.insert(section.to_owned());
        let variable = format!("{}_", variable(section));
        self.tables.contains_key(section) || self.variables.keys().any(|name| name.starts_with(&variable))
    }

    /// Returns the prefixes of the tables of an array, for example `access[0].`, in their order.
    pub fn tables(&mut self, array: &str) -> Vec<String> {
        self.sections.insert(array.to_owned());
        let single = self.tables.get(array).copied();
        let line = match self.entries.remove(array) {
            Some(Entry { found: Found::List(items), .. }) if items.is_empty() => None,
            Some(Entry { line, .. }) => Some(line),
            None => single,
        };
        if let Some(line) = line {
            let prefix = format!("{array}.");
            self.entries.retain(|key, _| !key.starts_with(&prefix));
            let problem = format!("must be an array of tables, such as `[[{array}]]`");
            self.refuse(array, &Origin::Line(line), &problem);
        }
        let of_array = |index: &usize| self.tables.contains_key(&format!("{array}[{index}]"));
        (0..).take_while(of_array).map(|index| format!("{array}[{index}].")).collect()
    }

    /// Returns the folder of the file, from which its relative paths begin.
    fn folder(&self) -> &Path {
        self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Returns whether a valid value was found for a key.
    #[must_use]
    pub fn has_taken(&self, key: &str) -> bool {
        self.rows.iter().any(|row| row.key == key && row.origin != Origin::Default)
    }

    /// Returns the number of problems so far.
    #[must_use]
    pub fn problems(&self) -> usize {
        self.problems.len()
    }

    /// Returns whether there is a problem of a key or section, or of a key in it.
    #[must_use]
    pub fn concern(&self, key: &str) -> bool {
        self.problems.iter().any(|problem| problem.concerns(key))
    }

    /// Reports a problem with a value that was taken, or one that is missing in its section.
    pub fn report(&mut self, key: &str, problem: &str) {
        let of_row = self.rows.iter().find(|row| row.key == key).map(|row| row.origin.clone());
        let of_table = || {
            let section = key.rsplit_once('.').map_or(key, |(section, _)| section);
            let line = self.tables.get(key).or_else(|| self.tables.get(&format!("{key}[0]")));
            let line = line.or_else(|| self.tables.get(section));
            line.map(|line| Origin::Line(*line))
        };
        let origin = of_row.or_else(of_table).unwrap_or(Origin::Default);
        self.refuse(key, &origin, problem);
    }

    fn refuse(&mut self, key: &str, origin: &Origin, problem: &str) {
        let (line, text) = match origin {
            Origin::File(_) | Origin::Variable(_) if self.secrets.contains_key(key) => {
                let line = self.secrets.get(key).copied().flatten();
                (line, format!("`{key}` {problem} (from the {origin})"))
            }
            Origin::Line(line) => (Some(*line), format!("`{key}` {problem}")),
            Origin::Variable(name) => (None, format!("{name} {problem}")),
            _ => (None, format!("`{key}` {problem}")),
        };
        self.problems.push(Problem { line, key: key.to_owned(), text });
    }

    /// Finds the text of a value, of the environment first.
    fn find(&mut self, key: &str, form: Form, expected: &str) -> Option<(String, Origin)> {
        self.known.insert(key.to_owned());
        let variable = variable(key);
        let entry = self.entries.remove(key);
        if let Some(text) = self.variables.remove(&variable).filter(|text| !plume_text::trim(text).is_empty())
        {
            return Some((text, Origin::Variable(variable)));
        }
        match entry? {
            Entry { line, found: Found::Scalar(found, text) } if found == form => {
                Some((text, Origin::Line(line)))
            }
            Entry { line, .. } => {
                self.refuse(key, &Origin::Line(line), &format!("must be {expected}"));
                None
            }
        }
    }

    /// Ends the reading. Returns all values and all problems, also those of keys and variables that no section took.
    #[must_use]
    pub fn finish(mut self) -> (Vec<Row>, Problems) {
        for (key, entry) in &self.entries {
            if self
                .known
                .iter()
                .any(|known| known.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with('.')))
            {
                let text = format!("`{key}` must be a section, such as `[{key}]`");
                self.problems.push(Problem { line: Some(entry.line), key: key.clone(), text });
                continue;
            }
            let meant = plume_text::nearest(key, self.known.iter().map(String::as_str));
            let meant = meant.map_or_else(String::new, |key| format!("; did you mean `{key}`?"));
            let text = format!("unknown key `{key}`{meant}");
            self.problems.push(Problem { line: Some(entry.line), key: key.clone(), text });
        }
        self.refuse_empty_sections();
        let known: Vec<String> = self.known.iter().map(|key| variable(key)).collect();
        let is_ours =
            |(name, value): &(&String, &String)| name.starts_with(PREFIX) && !is_of_service(name, value);
        for (name, _) in self.variables.iter().filter(is_ours) {
            let meant = plume_text::nearest(name, known.iter().map(String::as_str));
            let meant = meant.map_or_else(String::new, |name| format!("; did you mean {name}?"));
            let text = format!("unknown variable {name}{meant}");
            self.problems.push(Problem { line: None, key: String::new(), text });
        }
        (self.rows, Problems::new(self.path.as_deref(), self.problems))
    }
}

impl Values {
    /// Reports the sections without a key that no part reads. A key of such a section is reported by itself.
    fn refuse_empty_sections(&mut self) {
        let mut known = self.sections.clone();
        for key in &self.known {
            known.extend(key.match_indices('.').filter_map(|(at, _)| key.get(..at)).map(str::to_owned));
        }
        for (name, line) in &self.tables {
            let prefix = format!("{name}.");
            let has_parts = self.entries.keys().chain(self.tables.keys()).any(|key| key.starts_with(&prefix));
            if !has_parts && !known.contains(name) {
                let meant = plume_text::nearest(name, known.iter().map(String::as_str));
                let meant = meant.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
                let text = format!("unknown section `{name}`{meant}");
                self.problems.push(Problem { line: Some(*line), key: name.clone(), text });
            }
        }
    }
}

impl Found {
    fn of(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Scalar(Form::Text, text.to_string()),
            DeValue::Integer(number) => Self::Scalar(Form::Number, number.to_string()),
            DeValue::Boolean(switch) => Self::Scalar(Form::Switch, switch.to_string()),
            DeValue::Array(items) => Self::List(items.iter().map(|item| Self::of(item.get_ref())).collect()),
            _ => Self::Other,
        }
    }

    fn texts(self) -> Option<Vec<String>> {
        let Self::List(items) = self else { return None };
        let text = |item| match item {
            Self::Scalar(Form::Text, text) => Some(text),
            _ => None,
        };
        items.into_iter().map(text).collect()
    }
}

/// Returns whether a variable is one that Kubernetes sets for a Service with the name `plume-server`.
fn is_of_service(name: &str, value: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    let is_port = |rest: &str| {
        let (number, rest) = rest.split_once('_').unwrap_or((rest, ""));
        number.parse::<u16>().is_ok() && ["TCP", "UDP", "SCTP"].iter().any(|name| rest.starts_with(name))
    };
    match rest.strip_prefix("PORT") {
        Some("") => value.contains("://"),
        Some(rest) => rest.strip_prefix('_').is_some_and(is_port),
        None => rest.starts_with("SERVICE_HOST") || rest.starts_with("SERVICE_PORT"),
    }
}

/// The variable of a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
