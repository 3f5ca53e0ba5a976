//! Every command has the same kind of help, and its examples are valid.

use clap::CommandFactory;

use super::*;

/// The commands without subcommands, each with its words.
fn leaves(command: &clap::Command, words: &str, found: &mut Vec<(String, clap::Command)>) {
    let words = format!("{words}{} ", command.get_name());
    for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
        leaves(child, &words, found);
    }
    if !command.has_subcommands() {
        found.push((words, command.clone()));
    }
}

#[test]
fn every_command_has_a_summary_two_examples_and_its_exit_codes() {
    let mut found = Vec::new();
    leaves(&Cli::command(), "", &mut found);
    assert!(found.len() >= 3);
    for (words, command) in found {
        let about = command.get_about().unwrap().to_string();
        assert!(!about.contains('\n') && !about.ends_with('.') && about.len() <= 72, "{words}: {about}");
        let help = command.get_after_help().unwrap().to_string();
        assert!(help.contains("Exit codes:\n  0 "), "{words}");
        let examples: Vec<&str> =
            help.lines().map(str::trim).filter(|line| line.starts_with("plume ")).collect();
        assert!(examples.len() >= 2, "{words}");
        for example in examples {
            assert!(format!("{example} ").contains(words.trim_start_matches("plume ")), "{words}: {example}");
            let arguments = example.split('"').enumerate().flat_map(|(at, part)| match at % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            });
            Cli::try_parse_from(arguments).map_err(|error| error.to_string()).unwrap();
        }
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{words}: {}", argument.get_id());
        }
    }
}

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_format_is_found_in_arguments_that_were_not_understood() {
    for (options, expected) in [
        (&["-o", "json"][..], Some(Format::Json)),
        (&["-ojsonl"], Some(Format::Jsonl)),
        (&["-o=json"], Some(Format::Json)),
        (&["--output=json"], Some(Format::Json)),
        (&["--output", "table"], None),
        (&["--offset", "json"], None),
        (&["-o"], None),
        (&[], None),
    ] {
        assert_eq!(requested_format(options), expected, "{options:?}");
    }
}
