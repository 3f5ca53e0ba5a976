//! The store of credentials and its key, and what can be wrong with files.
#![cfg(unix)]

use std::{fs, path::Path};

use super::*;
use crate::auth::{Cloud, Home, login_arguments, with_stdin};

#[test]
fn several_logins_at_once_keep_each_other() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("several"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    let names = ["a", "b", "c", "d"];
    std::thread::scope(|scope| {
        for name in names {
            let (cloud, home, header) = (&cloud, &home, &header);
            scope.spawn(move || {
                let output = home.login(cloud, name, header.as_bytes());
                assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
            });
        }
    });
    for name in names {
        let output = home.run(&["auth", "status", "--profile", name]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("full"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    assert_eq!(home.login(&cloud, "lab", header.as_bytes()).status.code(), Some(0));
    let (records, config) = (home.records(), fs::read(home.config()).unwrap());
    let contents: Vec<_> = records.iter().map(|path| fs::read(path).unwrap()).collect();
    for arguments in [login_arguments(&cloud, "lab"), vec!["config", "use", "lab"]] {
        let command = home.command(&[]);
        let shell = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
        let mut limited = Command::new("sh");
        limited.args(["-c", shell]).arg(command.get_program()).args(&arguments);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        let output = with_stdin(&mut limited, header.as_bytes());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("Check the free space"), "{}", stderr(&output));
    }
    assert_eq!(fs::read(home.config()).unwrap(), config);
    let now: Vec<_> = records.iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(now == contents, "a record changed");
    assert!(!home.0.join("config/plume/config.toml.new").exists());
    assert_eq!(home.run(&["auth", "status"]).status.code(), Some(0));
}

#[test]
fn a_store_that_cannot_be_written_costs_a_warning_and_no_call() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("read-only"));
    let variables: Vec<(&str, &str)> =
        cloud.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let nowhere = "/proc/plume-store";
    let output = home
        .command(&["customers", "list", "--limit", "1", "-o", "json"])
        .envs(variables.iter().copied())
        .env("PLUME_TOKEN_STORE", nowhere)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let warning = document(&output)["warnings"][0].as_str().unwrap().to_owned();
    assert!(warning.starts_with("tokens are not kept between runs: failed to"), "{warning}");
    assert!(warning.contains(nowhere) && warning.contains("`off` for none"), "{warning}");
    let mut login = home.command(&login_arguments(&cloud, "lab"));
    let output = with_stdin(login.env("PLUME_TOKEN_STORE", nowhere), variables[1].1.as_bytes());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(!home.config().exists());
    // Without a store.
    let output = home
        .command(&["customers", "list", "--limit", "1"])
        .envs(variables)
        .env("PLUME_TOKEN_STORE", "off")
        .output()
        .unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert!(!home.store().exists());
}

#[test]
fn a_store_that_is_damaged_exposed_or_without_its_key_gets_a_sentence() {
    use std::os::unix::fs::PermissionsExt;

    let (cloud, home) = (Cloud::start(&[]), Home::new("damaged"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    assert_eq!(home.login(&cloud, "lab", header.as_bytes()).status.code(), Some(0));
    let set_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();

    set_mode(&home.store(), 0o755);
    let output = home.run(&["auth", "status"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("chmod -R go= "), "{}", stderr(&output));
    set_mode(&home.store(), 0o700);

    let key = home.0.join("state/plume/store.key");
    let hidden = home.0.join("state/plume/store.key.hidden");
    fs::rename(&key, &hidden).unwrap();
    for arguments in [&["auth", "status"][..], &["customers", "list"]] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(4));
        assert!(stderr(&output).contains("or run `plume auth login --profile lab`"), "{}", stderr(&output));
        assert!(stderr(&output).contains(": its key is missing\n"), "{}", stderr(&output));
    }
    // A command with other credentials keeps no tokens, and does not hide the loss behind a new key.
    let mut command = home.command(&["customers", "list", "--limit", "1"]);
    let output = command.envs(cloud.settings.iter().map(|(name, value)| (name, value))).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("tokens are not kept between runs"), "{}", stderr(&output));
    assert!(!key.exists());
    // Settings and profiles are shown nevertheless.
    let output = home.run(&["config", "explain", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(document(&output)["warnings"][0].as_str().unwrap().starts_with("failed to open"));
    let output = home.run(&["config", "profiles", "-o", "json"]);
    assert_eq!(document(&output)["data"][0]["credential"], "unreadable", "{}", stderr(&output));
    fs::rename(&hidden, &key).unwrap();
    let output = home
        .command(&["auth", "status"])
        // base64 of "not-a-real-key-not-a-real-key-32"
        .env("PLUME_STORE_KEY", "other bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("the key that the store was made with"), "{}", stderr(&output));
    assert_eq!(home.run(&["auth", "status"]).status.code(), Some(0));
    set_mode(&key, 0o644);
    for arguments in [&login_arguments(&cloud, "lab")[..], &["auth", "status"]] {
        let output = with_stdin(&mut home.command(arguments), header.as_bytes());
        assert_eq!(output.status.code(), Some(4));
        assert!(stderr(&output).contains("Run `chmod 600 "), "{}", stderr(&output));
    }
    set_mode(&key, 0o600);

    let before = home.records().len();
    for path in home.records() {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    let output = home.run(&["auth", "status"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("moved aside; run `plume auth login --profile lab`"),
        "{}",
        stderr(&output)
    );
    assert_eq!(home.records().len(), before, "moved, not removed");
    assert_eq!(home.run(&["auth", "status"]).status.code(), Some(4));
    assert_eq!(home.login(&cloud, "lab", header.as_bytes()).status.code(), Some(0));
    assert_eq!(home.run(&["auth", "status"]).status.code(), Some(0));
}

#[test]
fn a_login_begins_a_new_store_where_the_key_is_lost() {
    let cloud = Cloud::start(&[]);
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    type Damage = fn(&Home);
    let damages: [(&str, Damage); 4] = [
        ("missing", |home| fs::remove_file(home.key()).unwrap()),
        ("damaged", |home| fs::write(home.key(), "nonsense").unwrap()),
        // base64 of "not-a-real-key-not-a-real-key-32"
        ("another", |home| {
            fs::write(home.key(), "plume bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
        }),
        ("no directory", |home| {
            fs::remove_dir_all(home.store()).unwrap();
            fs::write(home.store(), "").unwrap();
        }),
    ];
    for (what, damage) in damages {
        for way_out in ["login", "logout"] {
            let home = Home::new(&format!("lost-{}", what.replace(' ', "-")));
            assert_eq!(home.login(&cloud, "lab", header.as_bytes()).status.code(), Some(0), "{what}");
            damage(&home);
            let output = home.run(&["auth", "status"]);
            assert!(
                stderr(&output).contains("`plume auth login --profile lab`"),
                "{what}: {}",
                stderr(&output)
            );
            let output = match way_out {
                "login" => home.login(&cloud, "lab", header.as_bytes()),
                _ => home.run(&["auth", "logout", "--profile", "lab"]),
            };
            assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr(&output));
            assert!(
                stderr(&output).contains("store-aside-1; all profiles have to log in again"),
                "{what}: {}",
                stderr(&output)
            );
            assert!(home.0.join("state/plume/store-aside-1").exists());
            let output = home.run(&["auth", "status"]);
            assert_eq!(
                output.status.code(),
                Some(if way_out == "login" { 0 } else { 4 }),
                "{what}: {}",
                stderr(&output)
            );
            let output = home.login(&cloud, "lab", header.as_bytes());
            assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{what}");
        }
    }
}

#[test]
fn a_store_with_a_dot_in_its_name_is_moved_aside_with_its_key() {
    let cloud = Cloud::start(&[]);
    let home = Home::new("dotted");
    let (store, other) = (home.0.join("dir/my.store"), home.0.join("dir/my.key"));
    fs::create_dir_all(home.0.join("dir")).unwrap();
    fs::write(&other, "not of this program").unwrap();
    let login = || {
        let mut command = home.command(&login_arguments(&cloud, "lab"));
        command.env("PLUME_TOKEN_STORE", &store);
        with_stdin(&mut command, cloud.get("PLUME_AUTH_HEADER").as_bytes())
    };
    assert_eq!(login().status.code(), Some(0));
    fs::write(home.0.join("dir/my.store.key"), "nonsense").unwrap();
    let output = login();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("my.store-aside-1"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(home.0.join("dir/my.store-aside-1.key")).unwrap(), "nonsense");
    assert_eq!(fs::read_to_string(other).unwrap(), "not of this program");
}

#[test]
fn each_store_has_its_own_key_and_one_with_the_shared_key_gets_its_own() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("stores"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    let (named, key) = (home.0.join("named"), home.0.join("named.key"));
    let at = |store: &Path, arguments: &[&str]| {
        let mut command = home.command(arguments);
        with_stdin(command.env("PLUME_TOKEN_STORE", store), header.as_bytes())
    };
    let login = login_arguments(&cloud, "lab");
    assert_eq!(home.login(&cloud, "lab", header.as_bytes()).status.code(), Some(0));
    assert_eq!(at(&named, &login).status.code(), Some(0));
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    assert_ne!(read(&key), read(&home.key()));
    // Without the key of one, the other is readable.
    fs::rename(home.key(), home.0.join("hidden")).unwrap();
    assert_eq!(at(&named, &["auth", "status"]).status.code(), Some(0));
    assert_eq!(home.run(&["auth", "status"]).status.code(), Some(4));

    // A store with the key in the platform's place.
    fs::rename(&key, home.key()).unwrap();
    let output = at(&named, &["auth", "status"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!key.exists());
    let output = at(&named, &login);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(read(&key), read(&home.key()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::remove_file(home.key()).unwrap();
    assert_eq!(at(&named, &["auth", "status"]).status.code(), Some(0));
    // The shared key of another store is not taken.
    fs::rename(home.0.join("hidden"), home.key()).unwrap();
    fs::remove_file(&key).unwrap();
    let output = at(&named, &login);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("named-aside-1"), "{}", stderr(&output));
    assert_ne!(read(&key), read(&home.key()));
    assert_eq!(home.run(&["auth", "status"]).status.code(), Some(0));
}

#[test]
fn a_logout_removes_tokens_where_the_settings_are_wrong() {
    let cloud = Cloud::start(&[]);
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    for (text, arguments, code, secret) in [
        ("[profiles.lab]\napi_base = \"nonsense\"\nsso_url = \"SSO\"\n", &["--profile", "lab"][..], 0, true),
        ("[profiles.lab\n", &["--profile", "lab"], 0, true),
        ("[profiles.lab\n", &[], 3, false),
        // The profile was removed by hand.
        ("", &["--profile", "lab"], 0, true),
    ] {
        let home = Home::new("wrong-settings");
        assert_eq!(home.login(&cloud, "lab", header.as_bytes()).status.code(), Some(0));
        assert_eq!(home.run(&["auth", "status"]).status.code(), Some(0));
        fs::write(home.config(), text.replace("SSO", cloud.get("PLUME_SSO_URL"))).unwrap();
        let output = home.run(&[&["auth", "logout", "-o", "json"], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{text}: {}", stderr(&output));
        let data = &document(&output)["data"];
        assert_eq!(
            (&data["token_removed"], &data["secret_removed"]),
            (&true.into(), &secret.into()),
            "{text}: {data}"
        );
    }
    // A misspelt profile.
    let home = Home::new("wrong-settings");
    assert_eq!(home.login(&cloud, "lab", header.as_bytes()).status.code(), Some(0));
    let output = home.run(&["auth", "logout", "--profile", "labb"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("Did you mean `lab`?"), "{}", stderr(&output));
    assert_eq!(home.run(&["auth", "status"]).status.code(), Some(0));
}

#[test]
fn the_place_of_the_key_is_shown_and_can_be_chosen() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("key-place"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    let with_key = |place: &'static str| {
        let arguments = [&login_arguments(&cloud, "lab")[..], &["--key", place]].concat();
        let mut command = home.command(&arguments);
        // No session has a keyring there.
        with_stdin(command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus"), header.as_bytes())
    };
    let output = with_key("keyring");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let why = match cfg!(feature = "keyring") {
        true => "no keyring service is running in this session",
        false => "built without support for the keyring",
    };
    assert!(
        stderr(&output).contains(why) && stderr(&output).contains("without `--key keyring`"),
        "{}",
        stderr(&output)
    );
    assert!(!home.config().exists() && !home.key().exists());
    assert_eq!(with_key("file").status.code(), Some(0));
    let status = document(&home.run(&["auth", "status", "-o", "json"]));
    assert_eq!(status["data"]["store_key"], home.key().display().to_string());
    let explained = document(&home.run(&["config", "explain", "-o", "json"]));
    let rows = explained["data"].as_array().unwrap();
    let row = rows.iter().find(|row| row["key"] == "store_key").unwrap();
    assert_eq!(row["value"], home.key().display().to_string());
    // A key of the person has its own place.
    let arguments = [&login_arguments(&cloud, "lab")[..], &["--key", "file"]].concat();
    let mut command = home.command(&arguments);
    let output = with_stdin(command.env("PLUME_STORE_KEY_FILE", home.key()), header.as_bytes());
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("--key has no effect"), "{}", stderr(&output));
}
