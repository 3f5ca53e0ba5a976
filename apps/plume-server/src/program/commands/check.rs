//! The command `healthcheck`, for container engines.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use plume::runtime::Clock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
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

async fn ask(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut line = [0; ALIVE.len()];
    stream.read_exact(&mut line).await?;
    Ok(line == ALIVE)
}
