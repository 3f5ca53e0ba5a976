//! Faults of HTTP/2, frame by frame. (RFC 9113)

use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    fault::{
        Expected::{self, Broken, Flooded, Slow, Unreadable, Works},
        Fault,
    },
    plain::BODY,
    tls::{Certificates, secured},
};

type Stream = tokio_rustls::server::TlsStream<TcpStream>;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200` in HPACK's table.
const OK: &[u8] = b"\x88";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    [&[a, b, c, kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &numbers(&[code]))
}

fn away(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &numbers(&[last, code]))
}

/// A connection, and the remaining bytes of the client's windows.
struct Connection {
    stream: Stream,
    whole: u64,
    /// The same for the stream of the last request.
    last: u64,
    /// The initial window of a new stream.
    first: u64,
}

impl Connection {
    async fn open(mut stream: Stream) -> io::Result<Self> {
        // Small frames are sent at once.
        stream.get_ref().0.set_nodelay(true)?;
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
        stream.flush().await?;
        // The preface.
        stream.read_exact(&mut [0; 24]).await?;
        Ok(Self { stream, whole: 65_535, last: 65_535, first: 65_535 })
    }

    /// Reads one frame, and returns the number of its stream if it is a request.
    async fn read(&mut self) -> io::Result<Option<u32>> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, number @ ..] = head;
        let number = u32::from_be_bytes(number);
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).await?;
        match (kind, payload.as_slice()) {
            (HEADERS, _) => {
                self.last = self.first;
                return Ok(Some(number));
            }
            (WINDOW_UPDATE, &[a, b, c, d]) => {
                let more = u64::from(u32::from_be_bytes([a, b, c, d]));
                *(if number == 0 { &mut self.whole } else { &mut self.last }) += more;
            }
            (SETTINGS, settings) if flags & ACK == 0 => {
                for setting in settings.chunks_exact(6) {
                    if let &[0, 4, a, b, c, d] = setting {
                        self.first = u64::from(u32::from_be_bytes([a, b, c, d]));
                    }
                }
                // The client applies its own settings only after we acknowledge them.
                self.stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await?;
                self.stream.flush().await?;
            }
            _ => {}
        }
        Ok(None)
    }

    async fn request(&mut self) -> io::Result<u32> {
        loop {
            if let Some(number) = self.read().await? {
                return Ok(number);
            }
        }
    }

    /// Sends `word` repeatedly. Bytes that count for the windows are sent only as the windows open.
    async fn flood(&mut self, word: &[u8], counts: u64) -> io::Result<()> {
        loop {
            while self.whole < counts || self.last < counts {
                self.stream.flush().await?;
                self.read().await?;
            }
            self.whole -= counts;
            self.last -= counts;
            self.stream.write_all(word).await?;
        }
    }
}

/// The bytes after a request: some once, then some repeatedly.
struct Words {
    once: Vec<Vec<u8>>,
    again: Option<Vec<u8>>,
    /// The number of these bytes that count for the windows of the client.
    counts: u64,
    /// Whether the connection stays open at the end.
    stays: bool,
}

fn once<const N: usize>(once: [Vec<u8>; N]) -> Words {
    Words { once: once.into(), again: None, counts: 0, stays: false }
}

fn and_silence<const N: usize>(words: [Vec<u8>; N]) -> Words {
    Words { stays: true, ..once(words) }
}

fn forever<const N: usize>(words: [Vec<u8>; N], again: Vec<u8>) -> Words {
    Words { again: Some(again), ..and_silence(words) }
}

/// Sends the words after every request. A retry uses the same connection if that is still open.
async fn say(stream: Stream, words: impl Fn(u32) -> Words) -> io::Result<()> {
    let mut connection = Connection::open(stream).await?;
    loop {
        let words = words(connection.request().await?);
        for word in &words.once {
            connection.stream.write_all(word).await?;
        }
        connection.stream.flush().await?;
        if let Some(word) = &words.again {
            connection.flood(word, words.counts).await?;
        }
        if !words.stays {
            return connection.stream.shutdown().await;
        }
    }
}

fn ok(on: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, on, OK)
}

fn some(on: u32) -> Vec<u8> {
    frame(DATA, 0, on, b"{\"nodes\":[")
}

fn piece(on: u32) -> Vec<u8> {
    frame(DATA, 0, on, &[b' '; 0x4000])
}

fn whole(on: u32) -> Words {
    and_silence([ok(on), frame(DATA, END_STREAM, on, BODY)])
}

/// A field that the client must add to its table.
fn field() -> Vec<u8> {
    [&b"\x00\x08x-sample\x7f\x81\x3f"[..], &[b'x'; 256]].concat()
}

type Script = fn(u32) -> Words;

const SCRIPTS: [(&str, Expected, Script); 23] = [
    ("HTTP/2, healthy", Works, whole),
    // No stream was processed, so the client retries within its limit of attempts.
    ("HTTP/2 GOAWAY before the answer", Broken, |_| once([away(0, 0)])),
    ("HTTP/2 GOAWAY inside the body", Broken, |on| once([ok(on), some(on), away(on, 2)])),
    ("HTTP/2 stream refused", Broken, |on| and_silence([reset(on, 7)])),
    ("HTTP/2 stream reset before the answer", Broken, |on| and_silence([reset(on, 2)])),
    ("HTTP/2 stream reset inside the body", Broken, |on| and_silence([ok(on), some(on), reset(on, 8)])),
    ("HTTP/2 closed inside the body", Broken, |on| once([ok(on), some(on)])),
    ("HTTP/2 silence", Slow, |_| and_silence([])),
    ("HTTP/2 silence after the head", Slow, |on| and_silence([ok(on)])),
    ("HTTP/2 body that stalls", Slow, |on| and_silence([ok(on), some(on)])),
    ("HTTP/2 body without end", Unreadable, |on| Words { counts: 0x4000, ..forever([ok(on)], piece(on)) }),
    // Three megabytes, where the client's windows allow two.
    ("HTTP/2 body beyond the window", Flooded, |on| once([ok(on), piece(on).repeat(192)])),
    ("HTTP/2 CONTINUATION without end", Flooded, |on| {
        forever([frame(HEADERS, 0, on, OK)], frame(CONTINUATION, 0, on, &field()))
    }),
    ("HTTP/2 empty CONTINUATION without end", Flooded, |on| {
        forever([frame(HEADERS, 0, on, OK)], frame(CONTINUATION, 0, on, &[]))
    }),
    ("HTTP/2 PING without end", Slow, |_| forever([], frame(PING, 0, 0, &[0; 8]))),
    ("HTTP/2 SETTINGS without end", Slow, |_| forever([], frame(SETTINGS, 0, 0, &[]))),
    ("HTTP/2 empty DATA without end", Flooded, |on| forever([ok(on)], frame(DATA, 0, on, &[]))),
    ("HTTP/2 unrequested push", Broken, |on| {
        let promise = [&numbers(&[2])[..], b"\x82\x87\x84"].concat();
        and_silence([frame(PUSH_PROMISE, END_HEADERS, on, &promise)])
    }),
    ("HTTP/2 window beyond its limit", Broken, |_| {
        and_silence([frame(WINDOW_UPDATE, 0, 0, &numbers(&[0x7fff_ffff]))])
    }),
    ("HTTP/2 frame larger than agreed", Flooded, |on| {
        and_silence([ok(on), frame(DATA, 0, on, &vec![b' '; 1 << 20])])
    }),
    ("HTTP/2 header that cannot be unpacked", Broken, |on| {
        and_silence([frame(HEADERS, END_HEADERS, on, b"\xff\xff\xff\xff\x7f")])
    }),
    ("HTTP/2 head without a status", Broken, |on| and_silence([frame(HEADERS, END_HEADERS, on, b"")])),
    ("HTTP/2 in name, HTTP/1.1 in fact", Broken, |_| {
        once([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]".to_vec()])
    }),
];

pub(crate) async fn faults(certificates: &Certificates) -> io::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for (name, expected, script) in SCRIPTS {
        let server = secured(certificates.good(&[b"h2"])?, move |stream| async move {
            let _ = say(stream, script).await;
        })
        .await;
        faults.push(Fault::new(name, expected, server).secure());
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use plume_runtime::{HttpTransport, Limits, Transport, TransportErrorKind};

    use super::*;

    #[tokio::test]
    #[allow(clippy::unwrap_used, reason = "a test may panic")]
    async fn unprocessed_request_is_sent_once_and_is_retryable() {
        use TransportErrorKind::{Interrupted, Unprocessed};
        let cases: [(&str, Script, TransportErrorKind); 6] = [
            ("refused stream", |on| and_silence([reset(on, 7)]), Unprocessed),
            ("going away", |_| once([away(0, 0)]), Unprocessed),
            ("going away for a fault", |_| once([away(0, 11)]), Unprocessed),
            // It may have been processed.
            ("going away after this stream", |on| once([away(on, 0)]), Interrupted),
            ("internal error", |on| and_silence([reset(on, 2)]), Interrupted),
            (
                "refused after the head",
                |on| and_silence([frame(HEADERS, END_HEADERS, on, OK), reset(on, 7)]),
                Interrupted,
            ),
        ];
        let certificates = Certificates::make().unwrap();
        for (name, script, kind) in cases {
            let requests = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&requests);
            let server = secured(certificates.good(&[b"h2"]).unwrap(), move |stream| {
                let seen = Arc::clone(&seen);
                async move {
                    let counted = |on| {
                        seen.fetch_add(1, Ordering::SeqCst);
                        script(on)
                    };
                    let _ = say(stream, counted).await;
                }
            })
            .await;
            let transport =
                HttpTransport::builder().extra_root_certificates(certificates.trusted_pem()).build();
            let post = http::Request::post(format!("https://{}/", server.address)).body(bytes::Bytes::new());
            let error = transport.send(post.unwrap(), &Limits::default()).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{name}: {error:?}");
            assert_eq!(error.never_sent(), kind == Unprocessed, "{name}");
            assert!(error.is_transient(), "{name}");
            assert_eq!(requests.load(Ordering::SeqCst), 1, "{name}: every try is the caller's");
        }
    }

    /// Takes 8 s, after which the transport closes the connection.
    #[tokio::test]
    #[allow(clippy::unwrap_used, reason = "a test may panic")]
    async fn silent_connection_is_not_reused() {
        let certificates = Certificates::make().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&connections);
        let server = secured(certificates.good(&[b"h2"]).unwrap(), move |stream| {
            let silent = seen.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                let _ = say(stream, |on| if silent { and_silence([]) } else { whole(on) }).await;
            }
        })
        .await;
        let transport = HttpTransport::builder().extra_root_certificates(certificates.trusted_pem()).build();
        let limits = Limits::default()
            .total_timeout(Duration::from_secs(30))
            .first_byte_timeout(Duration::from_secs(30));
        let get = || http::Request::get(format!("https://{}/", server.address)).body(bytes::Bytes::new());
        let error = transport.send(get().unwrap(), &limits).await.unwrap_err();
        assert!(error.is_transient() && !error.to_string().contains("waited"), "{error:?}");
        assert!(transport.send(get().unwrap(), &limits).await.unwrap().status().is_success());
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }
}
