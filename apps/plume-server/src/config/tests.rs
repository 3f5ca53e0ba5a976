//! Values, origins and errors.

use std::{fs, path::PathBuf};

use super::*;

struct Folder(PathBuf);

impl Folder {
    /// A folder of this test, which `Drop` removes.
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plume-server-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A header with the credential `example:not-a-real-secret`.
const HEADER: &str = "Basic ZXhhbXBsZTpub3QtYS1yZWFsLXNlY3JldA==";

fn cloud(extra: &str) -> String {
    format!(
        "[cloud]\nsso_url = \"https://sso.example.net/oauth2/x/v1/token\"\npartner_id = \"5ca1ab1e0000000000000001\"\n\
         api_base = \"https://api.example.net/api\"\n{extra}"
    )
}

#[test]
fn every_error_is_reported_with_its_line() {
    let folder = Folder::new("errors");
    let text = "lisen = \"127.0.0.1:1\"\nlisten = \"here\"\ndata = 7\n\n[cluod]\npartner_id = \"x\"\n";
    let path = folder.file("bad.toml", text);
    let environment = variables(&[("PLUME_SERVER_DATAA", "/tmp"), ("OTHER", "x")]);
    let problems = Config::read(Some(&path), environment).unwrap_err();
    let found: Vec<(Option<usize>, &str)> =
        problems.iter().map(|problem| (problem.line, problem.text.as_str())).collect();
    let expected = [
        (None, "unknown variable PLUME_SERVER_DATAA; did you mean PLUME_SERVER_DATA?"),
        (Some(1), "unknown key `lisen`; did you mean `listen`?"),
        (Some(2), "`listen` must be an address and a port, for example \"127.0.0.1:8080\""),
        (Some(3), "`data` must be a path"),
        (Some(6), "unknown key `cluod.partner_id`; did you mean `cloud.partner_id`?"),
    ];
    assert_eq!(found, expected);
    assert!(problems.to_string().contains("bad.toml:2: `listen` must be"), "{problems}");
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    let folder = Folder::new("syntax");
    let path = folder.file("bad.toml", "listen = \"127.0.0.1:1\"\ndata = \n");
    let problems = Config::read(Some(&path), BTreeMap::new()).unwrap_err().to_string();
    assert!(problems.contains("bad.toml:2: invalid TOML"), "{problems}");
    for (text, expected) in [
        ("[log]\nlevel = \"info\"\nlevel = \"warn\"\n", "bad.toml:3: `level` is there more than once"),
        ("[log]\nlevel = \"info\"\n[log]\n", "bad.toml:3: `log` is there more than once"),
        (
            "data = \"a\"\ndata = \"b\"\nlisten = \n",
            "bad.toml:3: invalid TOML: string values must be quoted, expected literal string",
        ),
    ] {
        let path = folder.file("bad.toml", text);
        let problems = Config::read(Some(&path), BTreeMap::new()).unwrap_err().to_string();
        assert!(problems.ends_with(expected), "{problems}");
    }
    let path = folder.file(
        "bad.toml",
        "data = \"a\"\ndata = \"b\"\nlisten = 5\n[server]\nx = 1\n[metrics]\n[metrics]\nlisten = 5\n",
    );
    let problems = Config::read(Some(&path), BTreeMap::new()).unwrap_err();
    let lines: Vec<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [2, 3, 5, 7, 8].map(Some), "{problems}");
    let problems = Config::read(Some(&folder.0.join("none.toml")), BTreeMap::new()).unwrap_err().to_string();
    assert!(problems.starts_with("failed to read "), "{problems}");
}

#[test]
fn variables_override_the_file_and_defaults_fill_it() {
    let folder = Folder::new("origins");
    let path = folder.file("good.toml", "listen = \"127.0.0.1:1\"\n");
    let config = Config::read(Some(&path), variables(&[("PLUME_SERVER_LISTEN", "127.0.0.1:2")])).unwrap();
    assert_eq!(config.server.listen.port(), 2);
    let row = |key: &str| config.rows.iter().find(|row| row.key == key).unwrap();
    assert_eq!(row("listen").origin, Origin::Variable("PLUME_SERVER_LISTEN".to_owned()));
    assert_eq!((row("data").shown.as_str(), &row("data").origin), ("plume-server", &Origin::Default));
    let config = Config::read(Some(&path), BTreeMap::new()).unwrap();
    assert_eq!(config.rows.first().map(|row| row.origin.clone()), Some(Origin::Line(1)));
    assert!(config.cloud.is_none());
}

#[test]
fn secrets_come_from_files_and_variables_and_are_never_shown() {
    let folder = Folder::new("secrets");
    let secret = folder.file("secret", HEADER);
    let by_file =
        folder.file("file.toml", &cloud(&format!("auth_header_file = {:?}\n", secret.display().to_string())));
    let by_env = folder.file("env.toml", &cloud("auth_header_env = \"HEADER\"\n"));
    let config = Config::read(Some(&by_file), BTreeMap::new()).unwrap();
    let other = Config::read(Some(&by_env), variables(&[("HEADER", HEADER)])).unwrap();
    for config in [&config, &other] {
        assert!(config.cloud.is_some());
        let shown = format!("{config:?}");
        assert!(shown.contains("[redacted]") && !shown.contains("ZXhhbXBs"), "{shown}");
    }
    let origin = |config: &Config| {
        config.rows.iter().find(|row| row.key == "cloud.auth_header").map(|row| row.origin.clone())
    };
    assert_eq!(origin(&config), Some(Origin::File(secret.clone())));
    assert_eq!(origin(&other), Some(Origin::Variable("HEADER".to_owned())));
}

#[test]
fn wrong_secrets_are_refused_without_their_text() {
    let folder = Folder::new("wrong-secrets");
    let read = |extra: &str| {
        let path = folder.file("wrong.toml", &cloud(extra));
        Config::read(Some(&path), variables(&[("HEADER", "")])).unwrap_err().to_string()
    };
    let in_file = read(&format!("auth_header = \"{HEADER}\"\n"));
    assert!(
        in_file.contains("wrong.toml:5: `cloud.auth_header`: a secret must not be in the file"),
        "{in_file}"
    );
    assert!(!in_file.contains("ZXhhbXBs") && in_file.lines().count() == 1, "{in_file}");
    for (name, is) in [("HEADER", "empty"), ("NONE", "not set")] {
        let unset = read(&format!("auth_header_env = {name:?}\n"));
        let expected = format!("wrong.toml:5: `cloud.auth_header_env` names a variable that is {is}");
        assert!(unset.ends_with(&expected), "{unset}");
    }
    let missing = read("");
    assert!(missing.contains("wrong.toml:1: `cloud.auth_header` is not set"), "{missing}");
    let empty = folder.file("empty", "\n");
    let shown = read(&format!("auth_header_file = {empty:?}\n"));
    assert_eq!(
        shown.split_once("wrong.toml:5: ").unwrap().1,
        format!("`cloud.auth_header_file` names an empty file: {}", empty.display())
    );
    let wrong = folder.file("wrong", "canary\n");
    let shown = read(&format!("auth_header_file = {wrong:?}\n"));
    let problem =
        shown.split_once("wrong.toml:5: `cloud.auth_header` is neither `Basic …`, ").expect(&shown).1;
    assert!(problem.ends_with(&format!("(from the file {})", wrong.display())), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    let path = folder.file("wrong.toml", &cloud("auth_header_env = \"HEADER\"\n"));
    let shown = Config::read(Some(&path), variables(&[("HEADER", "canary")])).unwrap_err().to_string();
    assert!(shown.contains("wrong.toml:5: `cloud.auth_header` is neither "), "{shown}");
    assert!(shown.ends_with("(from the variable HEADER)"), "{shown}");
    let none = read("auth_header_file = \"/nonexistent/secret\"\n");
    assert!(none.contains("wrong.toml:5: `cloud.auth_header_file`"), "{none}");
}

#[test]
fn problems_of_the_client_settings_have_the_line_of_their_key() {
    let folder = Folder::new("client");
    let text =
        cloud("auth_header_env = \"HEADER\"\n").replace("https://api.example.net/api", "http://example.net");
    let path = folder.file("url.toml", &text);
    let problems = Config::read(Some(&path), variables(&[("HEADER", HEADER)])).unwrap_err().to_string();
    assert!(problems.contains("url.toml:4: `cloud.api_base` "), "{problems}");
    let path = folder.file("type.toml", &text.replace("\"http://example.net\"", "5"));
    let problems = Config::read(Some(&path), variables(&[("HEADER", HEADER)])).unwrap_err().to_string();
    assert!(problems.contains("type.toml:4: `cloud.api_base` must be a text"), "{problems}");
    assert_eq!(problems.lines().count(), 1, "{problems}");
}

#[test]
fn lists_and_arrays_of_tables_have_keys() {
    let folder = Folder::new("lists");
    let path = folder.file(
        "lists.toml",
        "hosts = [\"a\", \"b\"]\nwrong = [1]\n\n[[access]]\nrole = \"x\"\n\n[[access]]\nrole = \"y\"\n",
    );
    let mut values = Values::read(Some(&path), variables(&[("PLUME_SERVER_TAGS", "c, d")])).unwrap();
    assert_eq!(values.take_list("hosts"), ["a", "b"]);
    assert_eq!(values.take_list("tags"), ["c", "d"]);
    assert!(values.take_list("wrong").is_empty() && values.problems() == 1);
    let tables = values.tables("access");
    assert_eq!(tables, ["access[0].", "access[1]."]);
    let roles: Vec<Option<String>> =
        tables.iter().map(|prefix| values.take(&format!("{prefix}role"))).collect();
    assert_eq!(roles, [Some("x".to_owned()), Some("y".to_owned())]);
}

#[test]
fn the_settings_of_channels_are_read_with_their_defaults() {
    let folder = Folder::new("channels");
    let password = folder.file("password", "not-a-real-secret");
    let text = format!(
        "[mail]\nhost = \"mail.example.net\"\ntls = \"starttls\"\nuser = \"monitor\"\npassword_file = {:?}\n\
         from = \"Monitor <monitor@example.net>\"\n[telegram]\nbase_url = \"http://127.0.0.1:8081\"\ntoken_env = \"BOT\"\n\
         [channels]\nlocal_origins = [\"http://127.0.0.1:8081\", \"smtp://relay.internal\"]\n",
        password.display().to_string()
    );
    let path = folder.file("good.toml", &text);
    let config = Config::read(Some(&path), variables(&[("BOT", "1:not-a-real-token")])).unwrap();
    let messages = &config.messages;
    let mail = messages.mail.as_ref().unwrap();
    assert_eq!((mail.host.as_str(), mail.port, mail.tls), ("mail.example.net", 587, MailTls::StartTls));
    assert_eq!(mail.login.as_ref().map(|(_, password)| password.expose()), Some("not-a-real-secret"));
    assert_eq!(messages.telegram_base.as_deref(), Some("http://127.0.0.1:8081"));
    assert_eq!(messages.telegram_token.as_ref().map(Secret::expose), Some("1:not-a-real-token"));
    let shown = format!("{config:?}");
    assert!(!shown.contains("not-a-real"), "{shown}");
    assert!(Config::read(None, BTreeMap::new()).unwrap().messages.mail.is_none());
}

#[test]
fn every_error_of_the_channels_has_its_line() {
    let folder = Folder::new("bad-channels");
    let text = "[mail]\nhost = \"smtp://mail\"\nprt = 25\ntls = \"ssl\"\nport = 70000\nfrom = \"monitor\"\n\
                password = \"not-a-real-secret\"\nca_file = \"/nonexistent\"\n\
                [telegram]\nbase_url = \"http://10.0.0.1/\"\n[channels]\nlocal_origin = []\n\
                local_origins = [\"https://a.internal\", \"not-a-real-secret\", \"http://u@a/\", \"http://a/b\"]\n";
    let path = folder.file("bad.toml", text);
    let problems = Config::read(Some(&path), BTreeMap::new()).unwrap_err();
    let found: Vec<(Option<usize>, &str)> =
        problems.iter().map(|problem| (problem.line, problem.text.as_str())).collect();
    let origin = |entry| {
        format!(
            "`channels.local_origins` has as entry {entry} no origin, for example \
             \"https://alerts.internal:9093\" or \"smtp://relay.internal:25\""
        )
    };
    let base = "`telegram.base_url` must start with https://; an origin inside the network has to be in \
                `channels.local_origins`";
    let expected = [
        (Some(2), "`mail.host` must be the name or the address of a machine, without scheme and port"),
        (Some(3), "unknown key `mail.prt`; did you mean `mail.port`?"),
        (Some(4), "`mail.tls` must be \"implicit\", \"starttls\" or \"none\""),
        (Some(5), "`mail.port` must be a whole number from 0 to 65535"),
        (Some(6), "`mail.from` must be a mail address, for example \"Monitor <monitor@example.net>\""),
        (
            Some(7),
            "`mail.password`: a secret must not be in the file; use `mail.password_file` or `mail.password_env`",
        ),
        (Some(8), "`mail.ca_file` names /nonexistent: No such file or directory (os error 2)"),
        (Some(10), base),
        (Some(12), "unknown key `channels.local_origin`; did you mean `channels.local_origins`?"),
        (Some(13), &origin(2)),
        (Some(13), &origin(3)),
        (Some(13), &origin(4)),
    ];
    assert_eq!(found, expected);
    let read = |text: &str| {
        let path = folder.file("other.toml", text);
        Config::read(Some(&path), variables(&[("P", "not-a-real-secret")])).unwrap_err().to_string()
    };
    let missing = read("[mail]\ntls = \"none\"\n");
    let path = folder.file("other.toml", "").display().to_string();
    assert_eq!(missing, format!("{path}:1: `mail.host` is not set\n{path}:1: `mail.from` is not set"));
    let good = "[mail]\nhost = \"mail\"\nfrom = \"a@example.net\"\n";
    assert!(
        read(&format!("{good}user = \"u\"\n")).ends_with(
            "other.toml:4: `mail.user` is set without `mail.password_file` or `mail.password_env`"
        )
    );
    assert!(
        read(&format!("{good}password_env = \"P\"\n"))
            .ends_with("`mail.password` is set without `mail.user` (from the variable P)")
    );
    let readable = read(&format!("{good}user = \"u\"\npassword_env = \"P\"\ntls = \"none\"\n"));
    assert!(readable.contains("other.toml:6: `mail.tls` must not be \"none\" with a password"), "{readable}");
}

/// Reads a text with these variables and `HEADER`. Returns the errors as text.
fn errors(name: &str, text: &str, more: &[(&str, &str)]) -> String {
    let folder = Folder::new(name);
    let path = folder.file("some.toml", text);
    let pairs = [more, &[("HEADER", HEADER)]].concat();
    let read = Config::read(Some(&path), variables(&pairs));
    let text = read.err().map(|problems| problems.to_string()).unwrap_or_default();
    text.replace(&format!("{}:", path.display()), "")
}

#[test]
fn settings_of_sign_in_without_sign_in_are_errors() {
    let rule = "[[access]]\nclaim = \"groups\"\nvalue = \"noc\"\ntenants = [\"*\"]\nrole = \"viewer\"\n";
    let needs = "needs a section `sign_in`: without one, every visitor is an administrator";
    let host = "public_url = \"https://monitor.example.net\"\n";
    let proxies = "trusted_proxies = [\"127.0.0.1\"]\n";
    assert_eq!(errors("no-sign-in-url", host, &[]), format!("1: `public_url` {needs}"));
    assert_eq!(errors("no-sign-in-proxies", proxies, &[]), format!("1: `trusted_proxies` {needs}"));
    assert_eq!(errors("no-sign-in-rule", rule, &[]), format!("1: `access` {needs}"));
    let all = errors("no-sign-in-all", &format!("{host}{proxies}{rule}"), &[]);
    assert_eq!(all, format!("1: `public_url` {needs}\n2: `trusted_proxies` {needs}\n3: `access` {needs}"));
    let variable = errors("no-sign-in-variable", "", &[("PLUME_SERVER_PUBLIC_URL", "https://a.example.net")]);
    assert_eq!(variable, format!("PLUME_SERVER_PUBLIC_URL {needs}"));
    let unclear = "2: `sign_in` needs `issuer` and `client_id`, or `accounts = true`";
    assert_eq!(errors("empty-sign-in", &format!("{host}[sign_in]\n# accounts = true\n"), &[]), unclear);
    assert_eq!(errors("inline-sign-in", &format!("{host}sign_in = {{}}\n"), &[]), unclear);
    let good = format!("{host}{proxies}[sign_in]\naccounts = true\n");
    assert_eq!(errors("with-sign-in", &good, &[]), "");
}

#[test]
fn every_missing_setting_is_reported_beside_the_wrong_ones() {
    let rule = "[[access]]\nclaim = \"groups\"\nvalue = 7\ntenants = []\n[[access]]\nrole = \"owner\"\n";
    let sign_in = "[sign_in]\nissuer = \"https://id.example.net\"\nhours = 0\n";
    let mail = "[mail]\nport = 0\nuser = \"monitor\"\n";
    let expected = [
        "2: `sign_in.issuer` needs `sign_in.client_id`",
        "3: `sign_in.hours` must be from 1 to 720",
        "4: `access[0]` needs `role`",
        "6: `access[0].value` must be a text that is not empty",
        "7: `access[0].tenants` gives no tenant; list their ids, or [\"*\"] for all",
        "8: `access[1]` needs `claim`",
        "8: `access[1]` needs `value`",
        "8: `access[1]` needs `tenants`",
        "9: `access[1].role` must be viewer, operator or admin",
        "10: `mail.host` is not set",
        "10: `mail.from` is not set",
        "11: `mail.port` must not be 0",
        "12: `mail.user` is set without `mail.password_file` or `mail.password_env`",
    ];
    let found = errors("missing", &format!("{sign_in}{rule}{mail}"), &[]);
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{found}");
}

#[test]
fn an_empty_section_is_present() {
    let cloud = errors("empty-cloud", "listen = \"127.0.0.1:1\"\n[cloud]\n# partner_id = \"x\"\n", &[]);
    assert!(cloud.starts_with("2: `cloud.") && cloud.lines().count() > 2, "{cloud}");
    let mail = errors("empty-mail", "[mail]\n", &[]);
    assert_eq!(mail, "1: `mail.host` is not set\n1: `mail.from` is not set");
}

#[test]
fn an_array_of_tables_takes_nothing_else() {
    let rule = "{claim = \"groups\", value = \"noc\", tenants = [\"*\"], role = \"viewer\"}";
    let text = |access: &str| format!("access = {access}\n[sign_in]\naccounts = true\n");
    assert_eq!(errors("no-rules", &text("[]"), &[]), "");
    assert_eq!(errors("inline-rules", &text(&format!("[{rule}]")), &[]), "");
    let mixed = "1: `access` must be an array of tables, such as `[[access]]`";
    assert_eq!(errors("mixed-rules", &text(&format!("[{rule}, \"not-a-real-secret\"]")), &[]), mixed);
    assert_eq!(errors("text-rules", &text("[\"not-a-real-secret\"]"), &[]), mixed);
    assert_eq!(errors("one-rule", &text("\"not-a-real-secret\""), &[]), mixed);
    let table = "[access]\nclaim = \"groups\"\n[sign_in]\naccounts = true\n";
    assert_eq!(
        errors("table-rule", table, &[]),
        "1: `access` must be an array of tables, such as `[[access]]`"
    );
    assert!(errors("unknown-array", "other = [1, {a = 2}]\n", &[]).contains("1: unknown key `other`"));
    assert_eq!(errors("unknown-table", "[other]\n", &[]), "1: unknown section `other`");
    let text = errors("no-table", "cloud = \"not-a-real-secret\"\nsign_in = true\n", &[]);
    assert_eq!(
        text,
        "1: `cloud` must be a section, such as `[cloud]`\n2: `sign_in` must be a section, such as `[sign_in]`"
    );
    assert_eq!(errors("near-table", "[clouds]\n", &[]), "1: unknown section `clouds`; did you mean `cloud`?");
}

#[test]
fn the_credentials_of_a_proxy_are_not_shown() {
    let folder = Folder::new("proxy");
    let read = |proxy: &str| {
        let path =
            folder.file("proxy.toml", &cloud(&format!("auth_header_env = \"HEADER\"\nproxy = {proxy:?}\n")));
        Config::read(Some(&path), variables(&[("HEADER", HEADER)]))
    };
    for (proxy, expected) in [
        ("http://user:canary@proxy.example.net:3128", "http://[redacted]@proxy.example.net:3128"),
        ("http://canary@proxy.example.net:3128/", "http://[redacted]@proxy.example.net:3128/"),
        ("http://user:can@ary@proxy.example.net:3128", "http://[redacted]@proxy.example.net:3128"),
        ("http://proxy.example.net:3128", "http://proxy.example.net:3128"),
    ] {
        let shown = match read(proxy) {
            Ok(config) => {
                assert!(!format!("{config:?}").contains("can"), "{config:?}");
                config.rows.iter().find(|row| row.key == "cloud.proxy").unwrap().shown.clone()
            }
            Err(problems) => panic!("{proxy}: {problems}"),
        };
        assert_eq!(shown, expected);
    }
    for proxy in ["user:canary@proxy.example.net", "ftp://user:canary@proxy", "http://user:can/ary@proxy"] {
        let problems = read(proxy).unwrap_err().to_string();
        assert!(problems.contains("proxy.toml:6: `cloud.proxy` ") && !problems.contains("can"), "{problems}");
    }
}

#[test]
fn the_variables_of_a_service_in_kubernetes_are_no_settings() {
    let service = [
        ("PLUME_SERVER_PORT", "tcp://10.0.0.1:8080"),
        ("PLUME_SERVER_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("PLUME_SERVER_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("PLUME_SERVER_PORT_8080_TCP_PORT", "8080"),
        ("PLUME_SERVER_PORT_8080_TCP_PROTO", "tcp"),
        ("PLUME_SERVER_SERVICE_HOST", "10.0.0.1"),
        ("PLUME_SERVER_SERVICE_PORT", "8080"),
        ("PLUME_SERVER_SERVICE_PORT_HTTP", "8080"),
    ];
    assert_eq!(errors("kubernetes", "", &service), "");
    for (name, value) in [
        ("PLUME_SERVER_PORT", "8080"),
        ("PLUME_SERVER_PORT_X", "tcp"),
        ("PLUME_SERVER_SERVICE", "x"),
        ("PLUME_SERVER_PORTS_8080_TCP", "x"),
    ] {
        let found = errors("no-kubernetes", "", &[(name, value)]);
        assert!(found.starts_with(&format!("unknown variable {name}")), "{found}");
    }
}

#[test]
fn the_documented_files_are_valid() {
    let folder = Folder::new("documented");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for name in ["README.md", "../../docs/operations.md"] {
        let document = fs::read_to_string(root.join(name)).unwrap();
        for block in document.split("```toml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            // The files of the example are not on this machine.
            let lines = block.lines().map(|line| match line.split_once("_file = ") {
                Some(("auth_header", _)) => "auth_header_env = \"HEADER\"".to_owned(),
                Some((key, _)) if !key.starts_with('#') => format!("{key}_env = \"OF_{key}\""),
                _ => line.to_owned(),
            });
            let mut text: String = lines.map(|line| format!("{line}\n")).collect();
            for name in ["sla.json", "policies.json"] {
                let path = folder.file(name, "{}").display().to_string();
                text = text.replace(&format!("{name:?}"), &format!("{path:?}"));
            }
            let secrets = ["password", "token", "client_secret"].map(|key| (format!("OF_{key}"), HEADER));
            let secrets: Vec<(&str, &str)> =
                secrets.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            assert_eq!(errors("documented-block", &text, &secrets), "", "{name}: {text}");
            found += usize::from(text.contains("[cloud]")) + usize::from(text.contains("[sign_in]"));
        }
    }
    assert!(found >= 4, "{found}");
}

/// Adds the keys of a document that are no objects, with their values.
fn leaves(path: &str, value: &serde_json::Value, found: &mut Vec<(String, String)>) {
    match value.as_object() {
        Some(members) => members.iter().for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            leaves(&path, value, found);
        }),
        None => found.push((path.to_owned(), value.to_string())),
    }
}

#[test]
fn every_key_of_the_policies_is_documented_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policies.md");
    let document = fs::read_to_string(path).unwrap();
    let (policies, sla) = document.split_once("## `sla.json`").unwrap();
    let examples = |part: &str| {
        let blocks =
            part.split("```json\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
        blocks.collect::<Vec<String>>()
    };
    let defaults = [serde_json::to_value(Policies::default()), serde_json::to_value(SlaPolicy::default())];
    for (part, value) in [policies, sla].into_iter().zip(defaults) {
        let (value, mut keys) = (value.unwrap(), Vec::new());
        leaves("", &value, &mut keys);
        assert!(keys.len() > 5, "{keys:?}");
        for (key, value) in keys {
            let row = format!("| `{key}` | `{value}` |");
            assert!(part.contains(&row), "docs/policies.md has no row {row}");
        }
    }
    let read = examples(policies);
    assert!(read.len() >= 3);
    for example in read {
        let policies: Policies = serde_json::from_str(&example).expect(&example);
        policies.validate().expect(&example);
        assert_ne!(policies, Policies::default());
    }
    for example in examples(sla) {
        let sla: SlaPolicy = serde_json::from_str(&example).expect(&example);
        assert_ne!(sla, SlaPolicy::default());
    }
}

#[test]
fn a_relative_path_begins_at_the_folder_of_the_file_that_has_it() {
    let folder = Folder::new("relative");
    for (name, text) in
        [("p.json", "{\"notify\": {\"digest_minute\": 7}}"), ("sla.json", "{}"), ("secret", HEADER)]
    {
        folder.file(name, text);
    }
    let file = folder.file(
        "monitor.toml",
        "data = \"d\"\n[policies]\nfile = \"p.json\"\n[sla]\nfile = \"./sla.json\"\n[keys]\nfile = \"k\"\n[homes]\nfile = \"h.csv\"\n\
         [metrics]\ntoken_file = \"secret\"\n",
    );
    let own = |name: &str| file.parent().unwrap().join(name);
    let config = Config::read(Some(&file), BTreeMap::new()).unwrap();
    assert_eq!(config.policies.notify.digest_minute, 7);
    assert_eq!(
        (config.server.data, config.keys, config.homes),
        (own("d"), Some(own("k")), Some(own("h.csv")))
    );
    let origin = config.rows.iter().find(|row| row.key == "metrics.token").map(|row| row.origin.clone());
    assert_eq!(origin, Some(Origin::File(own("secret"))));
    // A variable is written where the program is started, and a path from the root is whole.
    let variables = [("PLUME_SERVER_DATA", "d"), ("PLUME_SERVER_HOMES_FILE", "/h.csv")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::read(Some(&file), variables.into()).unwrap();
    assert_eq!((config.server.data, config.homes), (PathBuf::from("d"), Some(PathBuf::from("/h.csv"))));
}
