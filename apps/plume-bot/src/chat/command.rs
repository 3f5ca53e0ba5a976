//! The commands, and how they are parsed.

use plume::WanPeriod;

use crate::questions::{Place, Report};

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Start,
    Help,
    Whoami,
    /// `/auth`, or `/auth update` to change the account
    Auth {
        /// Whether earlier answers stay unless new ones are given.
        update: bool,
    },
    Logout,
    Cancel,
    Skip,
    Back,
    /// `/health`, `/status`, `/nodes`, … about the chosen location, or about another one
    Report(Report, Option<Place>),
    Locations(Option<String>),
    Find(String),
    Settings,
}

/// The reports: the command, the label of the button, and the initial view.
pub(super) const REPORTS: [(&str, &str, Report); 7] = [
    ("health", "🏥 Health", Report::Health),
    ("status", "📊 Status", Report::Status),
    ("nodes", "📡 Nodes", Report::Nodes(0)),
    ("devices", "📱 Devices", Report::Devices(0)),
    ("wifi", "📶 WiFi", Report::Wifi),
    ("wan", "🌐 WAN", Report::Wan(WanPeriod::Daily)),
    ("stats", "📈 Stats", Report::Stats(7 * 24)),
];

/// A parsed text.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    Command(Command),
    Text,
    /// A command of another bot in the same group.
    NotOurs,
    Unknown,
    /// A command with arguments that it does not accept, and its usage.
    Usage(String),
}

/// Parses a text. `bot` is this bot's user name, which is appended to commands in groups: `/health@bot`.
pub fn parse(text: &str, bot: &str) -> Parsed {
    let mut words = text.split_whitespace();
    let Some(command) = words.next().and_then(|word| word.strip_prefix('/')) else {
        return Parsed::Text;
    };
    let (command, to) = command.split_once('@').unwrap_or((command, bot));
    if !to.eq_ignore_ascii_case(bot) {
        return Parsed::NotOurs;
    }
    let arguments: Vec<&str> = words.collect();
    let command = match (command.to_ascii_lowercase().as_str(), arguments.as_slice()) {
        ("start", _) => Command::Start,
        ("help", _) => Command::Help,
        ("whoami", _) => Command::Whoami,
        // A later name of the original command.
        ("auth" | "setup", []) => Command::Auth { update: false },
        ("auth" | "setup", ["update"]) => Command::Auth { update: true },
        ("auth" | "setup", _) => {
            return Parsed::Usage("/auth or /auth update".to_owned());
        }
        ("logout", _) => Command::Logout,
        ("cancel", _) => Command::Cancel,
        ("skip", _) => Command::Skip,
        ("back", _) => Command::Back,
        ("settings", _) => Command::Settings,
        ("locations", []) => Command::Locations(None),
        ("locations", [customer]) => Command::Locations(Some((*customer).to_owned())),
        ("locations", _) => return Parsed::Usage("/locations or /locations <customerId>".to_owned()),
        ("find", []) => return Parsed::Usage("/find <name, e-mail address, id or serial number>".to_owned()),
        ("find", words) => Command::Find(words.join(" ")),
        (name, ids) => return report(name, ids),
    };
    Parsed::Command(command)
}

fn report(name: &str, ids: &[&str]) -> Parsed {
    let Some((_, _, report)) = REPORTS.into_iter().find(|(known, ..)| *known == name) else {
        return Parsed::Unknown;
    };
    let place = match ids {
        [] => None,
        [customer, location] => {
            Some(Place { customer: (*customer).to_owned(), location: (*location).to_owned(), name: None })
        }
        _ => return Parsed::Usage(format!("/{name} or /{name} <customerId> <locationId>")),
    };
    Parsed::Command(Command::Report(report, place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::texts::SENTENCES;

    #[test]
    fn every_command_of_the_menu_is_one() {
        for (name, description) in SENTENCES.commands {
            let parsed = parse(&format!("/{name}"), "bot");
            assert!(matches!(parsed, Parsed::Command(_)) || name == "find", "{name}: {parsed:?}");
            // The form that the Bot API accepts.
            assert!(name.len() <= 32 && (1..=256).contains(&description.len()));
        }
    }

    #[test]
    fn both_ids_or_none_are_required() {
        assert!(matches!(parse("/health c l", "bot"), Parsed::Command(Command::Report(_, Some(_)))));
        assert!(matches!(parse("/HEALTH@Bot", "bot"), Parsed::Command(Command::Report(_, None))));
        assert!(matches!(parse("/health c", "bot"), Parsed::Usage(_)));
        assert!(matches!(parse("/health a b c", "bot"), Parsed::Usage(_)));
    }

    #[test]
    fn commands_for_other_bots_are_ignored() {
        assert_eq!(parse("/health@other c l", "bot"), Parsed::NotOurs);
        assert_eq!(parse("hello /health", "bot"), Parsed::Text);
        assert_eq!(parse("/frobnicate", "bot"), Parsed::Unknown);
        assert_eq!(parse("", "bot"), Parsed::Text);
    }
}
