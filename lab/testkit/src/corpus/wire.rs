//! A minimal HTTP client: it sends exactly the request of a script, and keeps its connection if possible.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use bytes::Bytes;
use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// Sends a request. Returns the connection if it can be reused.
pub(super) async fn exchange(
    server: SocketAddr,
    from: IpAddr,
    kept: Option<TcpStream>,
    request: &Request<Bytes>,
) -> io::Result<(u16, Vec<u8>, TcpStream)> {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri().path_and_query().unwrap());
    if !request.headers().contains_key("host") {
        let authority = request.uri().authority().map_or(server.to_string(), ToString::to_string);
        text.push_str(&format!("host: {authority}\r\n"));
    }
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", request.body().len()));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(request.body());
    let mut stream = match kept {
        Some(stream) => stream,
        None => connect(server, from).await?,
    };
    stream.write_all(&bytes).await?;
    let (status, body) = answer(&mut stream, request.method() == "HEAD").await?;
    Ok((status, body, stream))
}

async fn connect(server: SocketAddr, from: IpAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(server).await
}

async fn answer(stream: &mut TcpStream, head_only: bool) -> io::Result<(u16, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let status =
        head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let length: usize = if head_only || status == 204 { 0 } else { length.unwrap_or(0) };
    let mut body = bytes.split_off(end);
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((status, body))
}
