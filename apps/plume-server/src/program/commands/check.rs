//! The command `healthcheck`, for container engines, and the checks of `config explain`.

use std::{
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

use crate::config::Config;
use crate::notify::{idle_routes, silence};
use crate::program::assemble::{check_files, database, key_file, read_homes};
use crate::program::failed::Failed;
use crate::program::site;
use crate::store::SqliteStore;

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

/// Returns the errors that a start with this configuration would end with, as far as reading finds them. Nothing is created,
/// and no port is opened.
#[must_use]
pub fn look_over(config: &Config, clock: &dyn Clock) -> Vec<Failed> {
    let mut found = Vec::new();
    if config.cloud.is_none() {
        found.push(Failed::NoCloud);
    }
    found.extend(site::check(config.server.listen, config.sign_in.as_ref()).err());
    let data = &config.server.data;
    if data.exists() && !data.is_dir() {
        found.push(Failed::Directory { path: data.clone(), source: io::ErrorKind::NotADirectory.into() });
    }
    found.extend(check_files(config).err());
    // Those beside the database are created at the first start.
    let keys = key_file(config);
    if config.keys.is_some() || keys.exists() {
        let read = Sealed::new(Arc::new(KeysFromFile::new(keys)));
        found.extend(read.err().map(|error| Failed::Keys(error.to_string())));
    }
    if let Some(path) = &config.homes {
        found.extend(read_homes(path, config, clock).err());
    }
    found
}

/// Returns a line for each route of the policies that sends no message by a likely mistake. The tenants are those of the database
/// and of the homes to import.
#[must_use]
pub fn warnings(config: &Config, clock: &dyn Clock) -> Vec<String> {
    let routes = &config.policies.notify.routes;
    let mut known = SqliteStore::tenants_of(&database(config)).unwrap_or_default();
    if let Some(path) = &config.homes {
        known.extend(read_homes(path, config, clock).unwrap_or_default().into_iter().map(|home| home.tenant));
    }
    let mut lines: Vec<String> = silence(routes).map(str::to_owned).into_iter().collect();
    if !known.is_empty() {
        known.push(TenantId::new(OPERATOR));
    }
    lines.extend(idle_routes(routes, &known));
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
