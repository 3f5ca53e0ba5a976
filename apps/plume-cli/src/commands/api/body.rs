//! Values of a request, from arguments, files and stdin.

use std::{
    io::{self, Read},
    str::FromStr,
};

use plume::cli::exit;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result};

/// `key=value`.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    name: String,
    text: String,
}

impl FromStr for Field {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                Ok(Self { name: name.to_owned(), text: value.to_owned() })
            }
            _ => Err("it must be KEY=VALUE"),
        }
    }
}

/// The values of a request.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) fields: Vec<(String, Value)>,
    /// The whole body.
    pub(super) whole: Option<Map<String, Value>>,
}

/// The maximum size of a body.
const MAX_BODY: u64 = 4 << 20;

impl Body {
    pub(super) async fn read(texts: Vec<Field>, values: Vec<Field>, input: Option<String>) -> Result<Self> {
        let mut fields: Vec<_> =
            texts.into_iter().map(|field| (field.name, Value::String(field.text))).collect();
        for Field { name, text } in values {
            let value = serde_json::from_str(&text).map_err(|_| {
                Failure::usage(
                    format!("-F {name}=… is not a number, true, false, null or JSON"),
                    "Use -f for a text.",
                )
            })?;
            fields.push((name, value));
        }
        let whole = match input {
            Some(path) => Some(whole(path).await?),
            None => None,
        };
        Ok(Self { fields, whole })
    }
}

async fn whole(path: String) -> Result<Map<String, Value>> {
    let place = if path == "-" { "stdin".to_owned() } else { path.clone() };
    let failed = |error: io::Error| {
        Failure::of_code(exit::USAGE, format!("failed to read {place}: {error}"), "Correct --input.")
    };
    // On a thread of its own, so that Ctrl-C ends the program meanwhile.
    let read = move || {
        let mut text = String::new();
        let source: Box<dyn Read> =
            if path == "-" { Box::new(io::stdin()) } else { Box::new(std::fs::File::open(&path)?) };
        source.take(MAX_BODY + 1).read_to_string(&mut text)?;
        match u64::try_from(text.len()) {
            Ok(..=MAX_BODY) => Ok(text),
            _ => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {MAX_BODY} bytes"))),
        }
    };
    let text = tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    let text = text.map_err(failed)?;
    if plume_text::is_blank(&text) {
        return Err(Failure::usage(format!("{place} is empty"), "Give an object: {\"key\": …}."));
    }
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => {
            Err(Failure::usage(format!("{place} is not a JSON object"), "Give an object: {\"key\": …}."))
        }
        // The text of the error repeats nothing of the file.
        Err(error) => Err(Failure::usage(
            format!("{place} is not JSON (line {}, column {})", error.line(), error.column()),
            "Correct the file.",
        )),
    }
}
