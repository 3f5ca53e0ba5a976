//! `import fleet` against a simulated cloud, `import csv`, and `homes remove`.

use std::path::PathBuf;

use plume_sim::{
    Server, Simulator,
    faults::{Effect, FaultPlan, FaultRule},
};

use plume_server::{
    access::Tenants,
    store::{AuditStore, model::AuditQuery},
};

use super::*;
use database::Folder;

/// A simulated cloud, and the configuration of a server for it.
struct Cloud {
    simulator: Simulator,
    _server: Server,
    folder: Folder,
    config: PathBuf,
}

impl Cloud {
    async fn new(name: &str) -> Self {
        let simulator = Simulator::builder().seed(1).customers(12).build();
        let server = simulator.serve(([127, 0, 0, 1], 0)).await.unwrap();
        let folder = Folder::new(name);
        let (config, header, endpoints) =
            (folder.path("monitor.toml"), folder.path("header"), server.endpoints());
        std::fs::write(&header, endpoints.auth_header()).unwrap();
        let text = format!(
            "data = {:?}\n[cloud]\nsso_url = {:?}\nauth_header_file = {header:?}\npartner_id = {:?}\napi_base = {:?}\n",
            folder.path("data"),
            endpoints.sso_url(),
            endpoints.partner_id(),
            endpoints.api_base(),
        );
        std::fs::write(&config, text).unwrap();
        Self { simulator, _server: server, folder, config }
    }

    /// Runs a command. Returns its exit code, and its list and messages.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let config = ["--config", self.config.to_str().unwrap()];
        let output = run(&[&config, arguments].concat());
        (output.status.code().unwrap(), stdout(&output) + &stderr(&output))
    }

    fn import(&self, arguments: &[&str]) -> (i32, String) {
        self.run(&[&["import", "fleet", "--tenant", "north"], arguments].concat())
    }

    /// Returns the subjects of the rows of the audit about homes that imports removed, the newest first.
    async fn removals(&self) -> Vec<String> {
        let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 9 };
        let rows = self.folder.store_in("data").audit_rows(query).await.unwrap().into_iter();
        let rows = rows.map(|row| row.event).filter(|event| event.action == "homes remove");
        let of_north = rows.inspect(|event| assert_eq!(event.tenant, Some(TenantId::new("north"))));
        of_north.map(|event| event.subject).collect()
    }

    /// Adds homes that the cloud does not have.
    fn add_strangers(&self, number: usize) {
        let file = self.folder.path("strangers.csv");
        let (customer, _) = self.locations().remove(0);
        let rows = (0..number).map(|n| format!("north,{customer},5ca1ab1effffffffffff{n:04},Stranger {n}\n"));
        let text: String = ["tenant,customer,location,name\n".to_owned()].into_iter().chain(rows).collect();
        std::fs::write(&file, text).unwrap();
        let (code, text) = self.run(&["import", "csv", file.to_str().unwrap()]);
        assert!(code == 0 && text.contains(&format!("{number} added")), "{text}");
    }

    fn locations(&self) -> Vec<(String, String)> {
        self.simulator.tenant_locations("Example ISP").unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_homes_of_the_cloud_are_imported_and_those_that_left_it_are_removed() {
    let cloud = Cloud::new("import-fleet").await;
    let all = cloud.locations().len();
    let (code, text) = cloud.import(&["--dry-run"]);
    assert!(code == 0 && text.contains(&format!("{all} added, 0 changed, 0 unchanged")), "{text}");
    let (code, text) = cloud.import(&["--tag", "fiber"]);
    assert!(
        code == 0 && text.contains(&format!("{all} added")) && text.contains("* new tenant north"),
        "{text}"
    );
    let (_, text) = cloud.import(&["--tag", "fiber"]);
    assert!(text.ends_with(&format!("0 added, 0 changed, {all} unchanged, 0 not in the import\n")), "{text}");
    cloud.add_strangers(1);
    // Without --remove, nothing is.
    assert!(cloud.import(&["--tag", "fiber"]).1.contains("1 not in the import"));
    // A home that a selection does not have is still in the cloud.
    let (customer, _) = cloud.locations().remove(0);
    let own = cloud.locations().iter().filter(|(owner, _)| *owner == customer).count();
    let (code, text) = cloud.import(&["--tag", "fiber", "--customer", &customer, "--remove"]);
    let kept = format!("{} of them still in the cloud", all - own);
    assert!(code == 0 && text.contains(&kept) && text.contains("- north/5ca1ab1effffffffffff0000"), "{text}");
    let (_, text) = cloud.import(&["--tag", "fiber"]);
    assert!(
        text.contains(&format!("{all} unchanged, 0 not in the import")),
        "only the stranger is gone: {text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_a_tenth_is_removed_only_up_to_a_number_that_people_name() {
    let cloud = Cloud::new("import-most").await;
    let all = cloud.locations().len();
    assert_eq!(cloud.import(&[]).0, 0);
    cloud.add_strangers(6);
    let import =
        ["--config", cloud.config.to_str().unwrap(), "import", "fleet", "--tenant", "north", "--remove"];
    for limit in [&[][..], &["--remove-at-most", "5"]] {
        let output = run(&[&import[..], limit].concat());
        assert_eq!(output.status.code(), Some(1));
        let (list, text) = (stdout(&output), stderr(&output));
        assert!(
            text.starts_with(
                "error: refused to remove homes with their history: it would be 6, and the maximum is "
            ),
            "{text}"
        );
        assert!(text.contains("--remove-at-most") && text.lines().count() == 2, "{text}");
        assert!(list.starts_with("- north/5ca1ab1effffffffffff0000 Stranger 0\n"), "{list}");
    }
    assert!(cloud.import(&[]).1.contains("6 not in the import"), "nothing was removed");
    assert_eq!(cloud.removals().await, Vec::<String>::new());
    let (code, text) = cloud.import(&["--remove", "--remove-at-most", "6"]);
    assert_eq!(code, 0, "{text}");
    let ids = |numbers: std::ops::Range<u32>| {
        numbers.map(|n| format!("5ca1ab1effffffffffff{n:04}")).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(cloud.removals().await, [format!("6 by an import: {}", ids(0..6))]);
    assert!(cloud.import(&[]).1.contains(&format!("{all} unchanged, 0 not in the import")));
    // A row names some of many.
    cloud.add_strangers(9);
    assert_eq!(cloud.import(&["--remove", "--remove-at-most", "9"]).0, 0);
    assert_eq!(cloud.removals().await[0], format!("9 by an import: {} and 1 more", ids(0..8)));
    let (code, text) = cloud.run(&["import", "fleet", "--remove-at-most", "6"]);
    assert!(code == 2 && text.contains("--remove"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_removed_while_the_cloud_fails() {
    let cloud = Cloud::new("import-fails").await;
    assert_eq!(cloud.import(&[]).0, 0);
    cloud.add_strangers(1);
    let route = "/api/Customers/{id}/locations/{locationId}";
    cloud.simulator.set_faults(FaultPlan::new(1).rule(FaultRule::new(Effect::status(403)).route(route)));
    let (code, text) = cloud.import(&["--remove"]);
    let failed =
        "error: failed to import all homes, so none is removed:\n  location 5ca1ab1effffffffffff0000: ";
    assert!(code == 1 && text.contains(failed), "{text}");
    assert!(!text.contains("only --remove"), "{text}");
    cloud.simulator.set_faults(FaultPlan::default());
    assert!(cloud.import(&[]).1.contains("1 not in the import"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_is_removed_by_command() {
    let cloud = Cloud::new("home-remove").await;
    assert_eq!(cloud.import(&[]).0, 0);
    let (_, location) = cloud.locations().remove(0);
    let (code, text) = cloud.run(&["homes", "remove", "south", &location]);
    assert!(code == 1 && text.contains("error: "), "{text}");
    let (code, text) = cloud.run(&["homes", "remove", "north", &location]);
    assert_eq!((code, text), (0, format!("the home {location} of north is removed with its history\n")));
    assert_eq!(cloud.run(&["homes", "remove", "north", &location]).0, 1);
    let (_, text) = cloud.run(&["audit", "verify"]);
    assert!(text.contains("all 1 rows "), "only what was done is in the audit: {text}");
    let (_, text) = cloud.import(&["--dry-run"]);
    assert!(text.contains("1 added") && text.contains(&location), "{text}");
    let (code, text) = cloud.run(&["audit", "verify"]);
    assert!(code == 0, "{text}");
}

#[test]
fn a_csv_file_says_what_becomes_of_the_homes_that_it_does_not_have() {
    let folder = Folder::new("import-csv");
    let (file, data) = (folder.path("homes.csv"), folder.path("data"));
    let import = |homes: &[&str], arguments: &[&str]| {
        let rows = homes.iter().map(|home| format!("west,c,{home},Street {home}\n"));
        let text: String = ["tenant,customer,location,name\n".to_owned()].into_iter().chain(rows).collect();
        std::fs::write(&file, text).unwrap();
        let mut command = program(&[&["import", "csv", file.to_str().unwrap()], arguments].concat());
        let output = command.env("PLUME_SERVER_DATA", &data).output().unwrap();
        assert_eq!(stderr(&output), "");
        (output.status.code(), stdout(&output))
    };
    assert_eq!(import(&["a", "b"], &[]).0, Some(0));
    for (arguments, end) in [
        (
            &[][..],
            "= west/b Street b\n0 added, 0 changed, 1 unchanged, 1 not in the import; 1 kept, because only --remove removes homes\n",
        ),
        (
            &["--remove", "--dry-run"],
            "- west/b Street b\n0 added, 0 changed, 1 unchanged, 1 not in the import; 1 would be removed\n",
        ),
        (
            &["--remove"],
            "- west/b Street b\n0 added, 0 changed, 1 unchanged, 1 not in the import; 1 removed\n",
        ),
        (&["--remove"], "0 added, 0 changed, 1 unchanged, 0 not in the import\n"),
    ] {
        assert_eq!(import(&["a"], arguments), (Some(0), end.to_owned()), "{arguments:?}");
    }
    std::fs::write(&file, "tenant\n").unwrap();
    let refused =
        program(&["import", "csv", file.to_str().unwrap()]).env("PLUME_SERVER_DATA", &data).output().unwrap();
    let text = stderr(&refused);
    assert!(text.contains("homes.csv") && !text.contains("homes.file"), "{text}");
}

#[test]
fn an_unknown_key_of_a_filter_is_named_with_the_nearest() {
    let output = run(&["import", "fleet", "--filter", "modell=x"]);
    let text = stderr(&output);
    assert!(text.contains("has an unknown key (did you mean `model`?); known are name, "), "{text}");
}
