//! The command `healthcheck`, for container engines, and the checks of `config explain`.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use plume::{
    monitor::{ids::TenantId, monitor::OPERATOR},
    runtime::Clock,
};
use plume_seal::{KeysFromFile, Sealed};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::config::{Config, Problems};
use crate::notify::lost_messages;
use crate::program::assemble::{check_files, database, key_file, read_homes};
use crate::program::failed::Failed;
use crate::program::site;
use crate::store::{
    SqliteStore, StoreError,
    model::{RouteNames, Traits},
};

/// Maximum time for the response.
const LIMIT: Duration = Duration::from_secs(5);
/// The status line of a server that lives.
const ALIVE: &[u8] = b"HTTP/1.1 200 ";

/// Returns whether the server at `listen` answers. An address of all interfaces is checked on the loopback one.
///
/// # Errors
///
/// The cause in one line.
pub async fn healthcheck(listen: SocketAddr, clock: &dyn Clock) -> Result<(), String> {
    let address = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, listen.port())),
        _ => listen,
    };
    tokio::select! {
        asked = ask(address) => match asked {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("{address} did not answer with the status 200")),
            Err(error) => Err(format!("failed to reach {address}: {error}")),
        },
        () = clock.limit(LIMIT) => Err(format!("{address} did not answer within {} s", LIMIT.as_secs())),
    }
}

/// An error that a start would end with, with its place in the file if it has one, and its help.
#[derive(Debug)]
pub struct Obstacle {
    /// The error in words.
    pub text: String,
    /// The next step.
    pub help: Option<&'static str>,
}

/// Returns the errors that a start with this configuration would end with, as far as reading finds them. Nothing is created,
/// and no port is opened. `problems` are those of the values, which are not repeated.
#[must_use]
pub fn look_over(config: &Config, problems: &Problems, clock: &dyn Clock) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let mut add = |key: &str, failed: Failed| {
        let place = config.place(key).map_or_else(String::new, |place| format!("{place}: "));
        found.push(Obstacle { text: format!("{place}{failed}"), help: failed.help() });
    };
    if config.cloud.is_none() && !problems.concern("cloud") {
        add("cloud", Failed::NoCloud);
    }
    if let Err(failed) = site::check(config.server.listen, config.sign_in.as_ref())
        && !problems.concern("public_url")
    {
        add("listen", failed);
    }
    let has_data = !problems.concern("data");
    let data = &config.server.data;
    if has_data && data.exists() && !data.is_dir() {
        add("data", Failed::Directory { path: data.clone(), source: io::ErrorKind::NotADirectory.into() });
    }
    if has_data && !problems.concern("keys.file") {
        if let Err(failed) = check_files(config) {
            add("data", failed);
        }
        // Those beside the database are created at the first start.
        let keys = key_file(config);
        if config.keys.is_some() || keys.exists() {
            let read = Sealed::new(Arc::new(KeysFromFile::new(keys)));
            if let Err(error) = read {
                add("keys.file", Failed::Keys(error.to_string()));
            }
        }
    }
    if let Some(path) = &config.homes
        && let Err(failed) = read_homes(path, config, clock)
    {
        add("homes.file", failed);
    }
    if has_data && let Err(error) = names(config) {
        add("data", error.into());
    }
    found
}

/// Returns the names of the database that routes refer to.
fn names(config: &Config) -> Result<Vec<RouteNames>, StoreError> {
    let path = database(config);
    // An empty file beside others is reported by `check_files`.
    match path.exists() {
        true => SqliteStore::route_names_of(&path),
        false => Ok(Vec::new()),
    }
}

/// Returns a line for each likely mistake in routes and in rules of access. Names are those of the database and of the homes to
/// import. What `problems` concern is not read.
#[must_use]
pub fn warnings(config: &Config, problems: &Problems, clock: &dyn Clock) -> Vec<String> {
    let routes = |known: &[RouteNames]| match problems.concern("policies") {
        true => Vec::new(),
        false => lost_messages(&config.policies.notify.routes, known),
    };
    let homes = config.homes.as_ref().map_or(Ok(Vec::new()), |path| read_homes(path, config, clock));
    // What cannot be read is not missing.
    let (Ok(names), Ok(homes)) = (names(config), homes) else { return routes(&[]) };
    let mut known: BTreeMap<TenantId, RouteNames> =
        names.into_iter().map(|names| (names.tenant.clone(), names)).collect();
    for home in homes {
        let names = known.entry(home.tenant.clone()).or_insert_with(|| RouteNames::new(home.tenant.clone()));
        names.add(&Traits { region: home.region, ..Traits::default() }, &home.tags);
    }
    if !known.is_empty() {
        let operator = TenantId::new(OPERATOR);
        known.entry(operator.clone()).or_insert_with(|| RouteNames::new(operator));
    }
    let known: Vec<RouteNames> = known.into_values().collect();
    let mut lines = routes(&known);
    if let Some(sign_in) =
        config.sign_in.as_ref().filter(|_| !known.is_empty() && !problems.concern("access"))
    {
        let ids: Vec<&str> = known.iter().map(|names| names.tenant.as_str()).collect();
        lines.extend(sign_in.rules.unknown_tenants(&ids));
    }
    lines
}

async fn ask(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut line = [0; ALIVE.len()];
    stream.read_exact(&mut line).await?;
    Ok(line == ALIVE)
}
