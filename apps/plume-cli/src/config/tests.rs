//! Origins, precedence and errors of settings.

use std::{fmt, fs, path::Path};

use plume::cli;

use super::*;

struct Folder(PathBuf);

impl Folder {
    /// A folder of this test, which `Drop` removes.
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plume-cli-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, text: &str, mode: u32) -> PathBuf {
        let path = self.0.join("config.toml");
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const GOOD: &str = "\u{feff}default_profile = \"lab\"\n\n[profiles.lab]\napi_base = \"https://lab.example.net/api\"\n\
    auth_header = \"Bearer not-a-real-canary\"\ncustomer_id = \"c1\"\n\n[profiles.other]\napi_base = \"nonsense\"\n";

fn read(path: &Path, profile: Option<&str>, variables: &[(&str, &str)]) -> Result<Config> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(profile, variables.collect(), || Some(path.to_owned()))
}

fn message<T: fmt::Debug>(result: Result<T>) -> String {
    let failure = cli::Failure::from(result.unwrap_err());
    assert_eq!(failure.exit_code, 2);
    let text = format!("{}\n{}", failure.message, failure.help);
    assert!(!text.contains("canary"), "{text}");
    text
}

#[test]
fn a_variable_overrides_the_profile() {
    let folder = Folder::new("precedence");
    let path = folder.file(GOOD, 0o600);
    let config = read(&path, None, &[]).unwrap();
    assert_eq!(config.get("api_base"), Some("https://lab.example.net/api"));
    assert_eq!(config.get("customer_id"), Some("c1"));
    assert_eq!(config.values["api_base"].origin, Origin::File { path: path.clone(), line: 4 });
    assert_eq!(config.values["proxy"].origin, Origin::Default);
    config.settings().unwrap();
    assert!(!format!("{config:?}").contains("canary"));

    let config = read(&path, None, &[("PLUME_API_BASE", "https://x.example.net/api")]).unwrap();
    assert_eq!(config.get("api_base"), Some("https://x.example.net/api"));
    assert_eq!(config.values["api_base"].origin, Origin::Variable("PLUME_API_BASE"));

    // The two forms of the header exclude each other, so the variable replaces both.
    let config = read(&path, None, &[("PLUME_AUTH_HEADER_FILE", "/nowhere")]).unwrap();
    assert_eq!((config.get("auth_header"), config.get("auth_header_file")), (None, Some("/nowhere")));
}

#[test]
fn problems_name_the_place_and_no_value() {
    let folder = Folder::new("problems");
    let path = folder.file(GOOD, 0o600);
    let other = read(&path, Some("other"), &[("PLUME_AUTH_HEADER", "Bearer not-a-real-canary")]).unwrap();
    assert!(message(other.settings()).contains("config.toml:9: `api_base` "));
    assert!(message(read(&path, Some("labb"), &[])).contains("Did you mean `lab`?"));
    assert!(message(read(&path, None, &[("PLUME_PROFILE", "x")])).contains("The profiles are: lab, other."));
    for (text, expected) in [
        ("[profiles.lab]\napi_baes = \"canary\"", ":2: unknown key `api_baes`; did you mean `api_base`?"),
        ("[profiles.lab]\n\napi_base = 4711", ":3: `api_base` must be a string"),
        ("[profiles]\nlab = \"canary\"", ":2: `lab` must be a table"),
        ("default_profil = \"canary\"", ":1: unknown key `default_profil`; did you mean `default_profile`?"),
        ("[profiles.lab]\nauth_header = \"canary", ":2: invalid TOML: "),
        ("[profiles.lab]\nauth_header = Basic canary", ":2: invalid TOML: "),
        ("profiles = 1", ":1: `profiles` must be a table"),
    ] {
        let shown = message(read(&folder.file(text, 0o600), None, &[]));
        assert!(shown.contains(expected), "{text}: {shown}");
    }
}

#[test]
#[cfg(unix)]
fn a_secret_that_others_can_read_is_refused() {
    let folder = Folder::new("modes");
    assert!(message(read(&folder.file(GOOD, 0o644), None, &[])).contains("chmod 600"));
    let harmless = "[profiles.lab]\nauth_header_file = \"/run/secrets/plume\"\n";
    read(&folder.file(harmless, 0o644), None, &[]).unwrap();
}

#[test]
fn a_missing_file_is_a_failure_only_if_it_was_named() {
    let nowhere = Path::new("/nowhere/config.toml");
    read(nowhere, None, &[]).unwrap();
    read(nowhere, None, &[]).unwrap().check_file().unwrap();
    let named = read(nowhere, None, &[("PLUME_CONFIG", " /nowhere/x ")]).unwrap();
    assert!(message(named.check_file()).contains("failed to read /nowhere/x: "));
    assert!(message(read(nowhere, Some("lab"), &[])).contains("has no profile `lab`"));
}

#[test]
fn the_advice_names_the_place_of_a_missing_profile() {
    let folder = Folder::new("missing-profile");
    let path = folder.file("default_profile = \"nope\"\n", 0o600);
    let failure = cli::Failure::from(read(&path, None, &[]).err().unwrap());
    assert!(failure.message.contains("has no profile `nope`"), "{}", failure.message);
    assert!(failure.help.starts_with("Correct `default_profile` in the file"), "{}", failure.help);
}

#[test]
fn unknown_variables_are_reported_with_the_nearest_known_one() {
    let config = read(
        Path::new("/nowhere"),
        None,
        &[
            ("PLUME_AUTH_HEADER", "Bearer not-a-real-canary"),
            ("PLUME_API_BASE", "https://x.example.net/api"),
            ("PLUME_PROFIEL", "lab-canary"),
        ],
    );
    let config = config.unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    let settings = config.settings().unwrap();
    let warning = "PLUME_PROFIEL is not a known setting; did you mean PLUME_PROFILE?";
    assert_eq!(settings.warnings(), [warning]);
}

#[test]
fn a_profile_that_an_option_names_overrides_variables() {
    let folder = Folder::new("named");
    let path = folder.file(GOOD, 0o600);
    let variables = [
        ("PLUME_API_BASE", "https://other.example.net/api"),
        ("PLUME_AUTH_HEADER", "Bearer another-canary"),
        ("PLUME_PARTNER_ID", "slug:other"),
    ];
    let config = read(&path, Some("lab"), &variables).unwrap();
    assert_eq!(config.get("api_base"), Some("https://lab.example.net/api"));
    assert_eq!(config.get("auth_header"), Some("Bearer not-a-real-canary"));
    // The profile has no partner.
    assert_eq!(config.get("partner_id"), Some("slug:other"));
}

#[test]
fn a_secret_of_a_profile_is_never_sent_to_another_endpoint() {
    let folder = Folder::new("receiver");
    let text = format!("{GOOD}sso_url = \"https://x.example.net/t\"\n")
        .replace("[profiles.lab]\n", "[profiles.lab]\nsso_url = \"https://sso.example.net/token\"\n");
    let path = folder.file(&text, 0o600);
    let other = ("PLUME_SSO_URL", "https://other.example.net/token");
    assert!(read(&path, None, &[]).unwrap().variables().is_ok());
    let refused = message(read(&path, None, &[other]).unwrap().variables());
    assert!(refused.contains("PLUME_SSO_URL") && refused.contains("--profile lab"), "{refused}");
    // With a secret of its own, the endpoint may be another one.
    let own = ("PLUME_AUTH_HEADER", "Bearer another-canary");
    assert!(read(&path, None, &[other, own]).unwrap().variables().is_ok());
    let named = read(&path, Some("lab"), &[other]).unwrap();
    assert_eq!(named.get("sso_url"), Some("https://sso.example.net/token"));
    assert!(named.variables().is_ok());
}

#[test]
fn a_password_in_a_url_is_not_shown() {
    for (text, shown) in [
        ("http://user:canary@proxy.example.net:3128", "http://[redacted]@proxy.example.net:3128"),
        ("user:canary@proxy.example.net:3128", "[redacted]@proxy.example.net:3128"),
        ("user:canary@x://@proxy.example.net", "[redacted]@proxy.example.net"),
        ("http://proxy.example.net:3128", "http://proxy.example.net:3128"),
    ] {
        let value = Value { text: text.into(), origin: Origin::Default };
        assert_eq!(value.shown("proxy"), shown);
    }
    let path = Value { text: "/run/a@b/key".into(), origin: Origin::Default };
    assert_eq!(path.shown("auth_header_file"), "/run/a@b/key");
}
