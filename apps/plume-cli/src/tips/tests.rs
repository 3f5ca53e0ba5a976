//! Every guess of the table is refused before a call, and leads to a command that exists.

use clap::{CommandFactory, Parser, error::ErrorKind};
use plume::cli;

use super::*;
use crate::Cli;

/// The advice on a command line, if it is refused.
fn refused(words: &[&str]) -> Option<String> {
    let arguments: Vec<String> =
        std::iter::once(&"plume").chain(words).map(|word| (*word).to_owned()).collect();
    match Cli::try_parse_from(&arguments) {
        Ok(_) => {
            refuse_verbs(&Cli::command(), &arguments).err().map(|failure| cli::Failure::from(failure).help)
        }
        Err(error) => advice(&error, &Cli::command(), &arguments),
    }
}

/// Every choice of the alternatives of a pattern, with a further word where one may follow.
fn choices(pattern: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    for token in pattern.split(' ') {
        let words: Vec<&str> =
            if ["*", "+"].contains(&token) { vec!["X"] } else { token.split('|').collect() };
        all = all
            .iter()
            .flat_map(|before| {
                words
                    .iter()
                    .map(|word| [before.as_slice(), &[(*word).to_owned()]].concat())
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

fn parses(command: &str) -> bool {
    match Cli::try_parse_from(command.split(' ')) {
        Ok(_) => true,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::DisplayVersion
                | ErrorKind::MissingRequiredArgument
                | ErrorKind::InvalidValue
                | ErrorKind::ValueValidation
        ),
    }
}

#[test]
fn every_guess_leads_to_a_command_that_exists() {
    for (pattern, meant) in GUESSES {
        let mut is_used = false;
        for words in choices(pattern) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let advice = refused(&words).unwrap_or_else(|| panic!("{words:?} is not refused"));
            let command = advice.trim_start_matches("Use `").trim_end_matches("`.");
            assert!(parses(command), "{words:?}: {advice}");
            let filled = meant.replace("{*}", "X").replace("{0}", words[0]);
            let filled = filled.replace("{1}", words.get(1).unwrap_or(&""));
            is_used |= filled == command;
        }
        assert!(is_used, "{pattern}: an earlier row hides it");
    }
}

#[test]
fn an_option_of_another_program_has_its_advice() {
    for (option, advice) in OPTIONS {
        let known = ["nodes", "topology", "api", "customers list"].iter().any(|command| {
            let words: Vec<&str> = command.split(' ').chain([*option]).collect();
            refused(&words).as_deref() == Some(*advice)
        });
        assert!(known, "{option}");
    }
    for (words, option) in [
        (&["events", "--since", "-1d"][..], "--since"),
        (&["fleet", "plan", "2000", "--rate", "-1"], "--rate"),
    ] {
        assert_eq!(refused(words), Some(format!("`{option}` takes no negative value.")));
    }
    assert!(refused(&["nodes", "-o", "yaml"]).unwrap().contains("json"));
}

#[test]
fn an_option_is_not_to_be_passed_as_a_value() {
    let error = Cli::try_parse_from(["plume", "topology", "-z"]).unwrap_err().to_string();
    let text = without_value_tip(&error);
    assert!(error.contains("tip: to pass '-z'") && !text.contains("tip"), "{text}");
    assert!(text.starts_with("error: unexpected argument '-z' found\n\nUsage: plume topology"), "{text}");
}

#[test]
fn a_verb_is_never_an_id() {
    for verb in VERBS {
        for words in
            [&["nodes", verb][..], &["nodes", "c", verb], &["customers", "show", verb], &["wan", verb]]
        {
            assert!(refused(words).is_some(), "{words:?}");
        }
    }
    let typed = |words: &[&str]| refused(words).unwrap();
    assert_eq!(
        typed(&["node", "reboot", "Living Room", "c", "l"]),
        "Use `plume reboot node \"Living Room\" c l`."
    );
    assert_eq!(typed(&["-o", "json", "nodes", "--home", "empty", "list"]), "Use `plume nodes`.");
    assert_eq!(typed(&["help", "customer"]), "Use `plume customers list`.");
}

#[test]
fn what_a_command_takes_is_not_refused() {
    for words in [
        "nodes",
        "nodes c l",
        "node Bedroom",
        "node Status-Pod",
        "find list",
        "customers search show",
        "customers show 5f0000000000000000000001",
        "reboot node list",
        "rename node X check",
        "locate X",
        "speedtest list",
        "fleet scan",
        "auth status",
        "nodes -- list",
        "help nodes",
        "health --check",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        assert_eq!(refused(&words), None, "{words:?}");
    }
}
