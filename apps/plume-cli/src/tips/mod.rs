//! Tips for guessed words: the command that a person means, before anything is sent.

mod table;
#[cfg(test)]
mod tests;

use clap::{
    Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::failure::Failure;
use crate::tips::table::{GUESSES, OPTIONS, VERBS};

/// Refuses arguments in which a verb stands in place of an id or a name: it would be sent as one.
///
/// # Errors
///
/// A wrong argument, with the command that is meant.
pub(crate) fn refuse_verbs(program: &Command, arguments: &[String]) -> Result<(), Failure> {
    let (words, path, leaf) = words(program, arguments);
    let positionals: Vec<String> = leaf.get_positionals().map(|one| one.get_id().to_string()).collect();
    let given = words.get(path..).unwrap_or_default();
    if let (Some(first), Some(meant)) = (given.first(), meant(&words, path)) {
        let message =
            format!("`{first}` is not a word of `{}`", words.get(..path).unwrap_or_default().join(" "));
        return Err(Failure::usage(message, format!("Use `{meant}`.")));
    }
    let is_verb = |(word, id): &(&&str, &String)| id.ends_with("_id") && VERBS.contains(word);
    match given.iter().zip(&positionals).find(is_verb) {
        Some((word, id)) => {
            let words = words.get(..path).unwrap_or_default().join(" ");
            let message = format!("`{word}` is not an id: <{}> has 24 hexadecimal digits", id.to_uppercase());
            Err(Failure::usage(message, format!("`plume {words} --help` shows the arguments.")))
        }
        None => Ok(()),
    }
}

/// The advice on arguments that were not understood, if they are known guesses.
pub(crate) fn advice(error: &clap::Error, program: &Command, arguments: &[String]) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let by_words = || {
        let (words, path, _) = words(program, arguments);
        let path = if error.kind() == ErrorKind::InvalidSubcommand { 0 } else { path };
        meant(&words, path).map(|meant| format!("Use `{meant}`."))
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => by_words(),
        ErrorKind::UnknownArgument => {
            let given = context(ContextKind::InvalidArg)?;
            let option = given.split('=').next().unwrap_or_default();
            if let Some(number) = negative(option, arguments) {
                return Some(number);
            }
            let known = OPTIONS.iter().find(|(name, _)| *name == option);
            known.map(|(_, advice)| (*advice).to_owned()).or_else(by_words)
        }
        ErrorKind::InvalidValue if context(ContextKind::InvalidArg)?.starts_with("--output") => {
            Some("The formats are table, json, jsonl and csv; JSON is also valid YAML.".to_owned())
        }
        _ => None,
    }
}

/// The advice on a negative value, which reads like an option.
fn negative(given: &str, arguments: &[String]) -> Option<String> {
    given.strip_prefix('-').filter(|value| value.starts_with(|digit: char| digit.is_ascii_digit()))?;
    arguments.windows(2).find_map(|pair| match pair {
        [option, value] if option.starts_with("--") && value.starts_with(given) => {
            Some(format!("`{option}` takes no negative value."))
        }
        _ => None,
    })
}

/// The text of an error without the tip to pass an option as a value: it would be sent as an id or a name.
pub(crate) fn without_value_tip(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("tip: to pass '")) {
        if !(line.is_empty() && lines.last().is_some_and(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The words of arguments without the options, the number of those that name the command, and the command.
fn words<'a>(program: &'a Command, arguments: &'a [String]) -> (Vec<&'a str>, usize, &'a Command) {
    let (mut words, mut path, mut command) = (Vec::new(), 0, program);
    let mut rest = arguments.iter().skip(1).map(String::as_str);
    while let Some(word) = rest.next().filter(|word| *word != "--") {
        if let Some(option) = word.strip_prefix('-').filter(|option| !option.is_empty()) {
            if takes_next(program, option) || takes_next(command, option) {
                rest.next();
            }
            continue;
        }
        if words.is_empty() && word == "help" {
            continue;
        }
        if path == words.len()
            && let Some(child) = command.find_subcommand(word)
        {
            command = child;
            path += 1;
        }
        words.push(word);
    }
    (words, path, command)
}

/// Whether the value of an option is the next argument.
fn takes_next(command: &Command, option: &str) -> bool {
    command.get_arguments().any(|argument| {
        let is_this = match option.strip_prefix('-') {
            Some(long) => argument.get_long() == Some(long),
            // `-ojson` has its value.
            None => argument.get_short().is_some_and(|short| option == short.to_string()),
        };
        is_this && argument.get_action().takes_values()
    })
}

/// The command that is meant by words of which the first `path` name a command. A wildcard does not fit the word after them:
/// it may be an id.
fn meant(words: &[&str], path: usize) -> Option<String> {
    GUESSES.iter().find_map(|(pattern, meant)| {
        let rest = fits(pattern, words).filter(|rest| *rest > path)?;
        let mut command = (*meant).to_owned();
        for (number, word) in words.iter().take(2).enumerate() {
            command = command.replace(&format!("{{{number}}}"), word);
        }
        let further: Vec<String> =
            words.get(rest..).unwrap_or_default().iter().map(|word| quoted(word)).collect();
        let command = command.replace("{*}", &further.join(" "));
        Some(command.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    })
}

/// The number of words that fit words of a pattern, if all do.
fn fits(pattern: &str, words: &[&str]) -> Option<usize> {
    let mut fitting = 0;
    for token in pattern.split(' ') {
        match token {
            "*" => return Some(fitting),
            "+" => return (words.len() > fitting).then_some(fitting),
            _ => {
                let word = words.get(fitting)?.to_lowercase();
                token.split('|').find(|one| *one == word)?;
                fitting += 1;
            }
        }
    }
    (words.len() == fitting).then_some(fitting)
}

fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) { format!("\"{word}\"") } else { word.to_owned() }
}
