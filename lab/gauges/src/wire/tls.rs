//! Faults of certificates and of the handshake.
//!
//! **Certificates are made when the gauge runs.** The gauge `wire` makes two issuers, and the client trusts one of
//! them, so that no key is in the repository and nothing expires. It writes HTTP/2 frame by frame, because server
//! libraries do not send invalid frames. It also runs as a test (`lab/gauges/tests/wire.rs`), named by rows of the
//! fault matrix.

use std::{io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::{
    fault::{Expected, Fault},
    plain::HEALTHY,
};
use testkit::wire::{Server, drain, read_request};

type Issuer = CertifiedIssuer<'static, KeyPair>;
type Secured = tokio_rustls::server::TlsStream<TcpStream>;

/// Two issuers: one that the client trusts, and an unknown one.
pub(crate) struct Certificates {
    trusted: Issuer,
    unknown: Issuer,
}

fn failed(error: rcgen::Error) -> io::Error {
    io::Error::other(error)
}

fn issuer(name: &str) -> Result<Issuer, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

/// A server's certificate and key.
struct Leaf {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Leaf {
    /// A certificate for `host`, changed by `change`, signed by `issuer` or by itself.
    fn make(
        host: &str,
        issuer: Option<&Issuer>,
        change: impl FnOnce(&mut CertificateParams),
    ) -> io::Result<Self> {
        let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "sample server");
        change(&mut params);
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = match issuer {
            Some(issuer) => params.signed_by(&key, issuer),
            None => params.self_signed(&key),
        }
        .map_err(failed)?;
        Ok(Self {
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        })
    }

    fn acceptor(self, protocols: &[&[u8]]) -> io::Result<TlsAcceptor> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate], self.key)
            .map_err(io::Error::other)?;
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl Certificates {
    pub(crate) fn make() -> Result<Self, String> {
        let issuer = |name| issuer(name).map_err(|error| error.to_string());
        Ok(Self { trusted: issuer("sample issuer, trusted")?, unknown: issuer("sample issuer, unknown")? })
    }

    /// The certificate that the client trusts.
    pub(crate) fn trusted_pem(&self) -> String {
        self.trusted.pem()
    }

    /// A valid certificate.
    pub(crate) fn good(&self, protocols: &[&[u8]]) -> io::Result<TlsAcceptor> {
        Leaf::make("127.0.0.1", Some(&self.trusted), |_| ())?.acceptor(protocols)
    }
}

/// Accepts connections with `acceptor` and passes on the TLS streams.
pub(crate) async fn secured<F, W>(acceptor: TlsAcceptor, behave: F) -> Server
where
    F: Fn(Secured) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    Server::start(move |stream, _| {
        let (acceptor, behave) = (acceptor.clone(), behave.clone());
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                behave(stream).await;
            }
        }
    })
    .await
}

async fn answering(acceptor: TlsAcceptor, answer: &'static [u8], polite: bool) -> Server {
    secured(acceptor, move |mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.flush().await;
        if polite {
            let _ = stream.shutdown().await;
        }
        // Else without the TLS close alert, as if the connection was cut on the way.
        let (mut plain, _) = stream.into_inner();
        let _ = plain.shutdown().await;
        drain(&mut plain).await;
    })
    .await
}

/// Reads the beginning of the handshake, writes `bytes` and closes.
async fn saying(bytes: &'static [u8]) -> Server {
    Server::start(move |mut stream, _| async move {
        let mut hello = [0; 4096];
        let _ = stream.read(&mut hello).await;
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        drain(&mut stream).await;
    })
    .await
}

/// The `ServerHello` of TLS 1.0: version 3.1, 32 random bytes, no session, a cipher of that time.
const TLS_1_0: &[u8] = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01\
    0123456789abcdef0123456789abcdef\x00\x00\x2f\x00";
/// An alert: fatal, `protocol_version`.
const WRONG_VERSION: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";
/// An alert: fatal, `handshake_failure`.
const NO_HANDSHAKE: &[u8] = b"\x15\x03\x03\x00\x02\x02\x28";

pub(crate) async fn faults(certificates: &Certificates) -> io::Result<Vec<Fault>> {
    use Expected::{Broken, CutOff, Untrusted, Works};
    let trusted = Some(&certificates.trusted);
    let mut faults = Vec::new();
    for (name, leaf) in [
        (
            "certificate that has expired",
            Leaf::make("127.0.0.1", trusted, |params| {
                params.not_before = date_time_ymd(2019, 1, 1);
                params.not_after = date_time_ymd(2020, 1, 1);
            })?,
        ),
        (
            "certificate that is not valid yet",
            Leaf::make("127.0.0.1", trusted, |params| {
                params.not_before = date_time_ymd(2300, 1, 1);
                params.not_after = date_time_ymd(2301, 1, 1);
            })?,
        ),
        ("certificate for another host", Leaf::make("api.example.net", trusted, |_| ())?),
        ("certificate for another address", Leaf::make("127.0.0.2", trusted, |_| ())?),
        ("certificate signed by itself", Leaf::make("127.0.0.1", None, |_| ())?),
        ("certificate of an unknown issuer", Leaf::make("127.0.0.1", Some(&certificates.unknown), |_| ())?),
    ] {
        let server = answering(leaf.acceptor(&[])?, HEALTHY, true).await;
        faults.push(Fault::new(name, Untrusted, server).secure());
    }
    let good = || certificates.good(&[b"http/1.1"]);
    for (name, expected, server) in [
        ("TLS, healthy", Works, answering(good()?, HEALTHY, true).await),
        (
            "TLS, a body cut by a polite close",
            CutOff,
            answering(good()?, b"HTTP/1.1 200 OK\r\n\r\n[", true).await,
        ),
        ("TLS, a body cut on the way", Broken, answering(good()?, b"HTTP/1.1 200 OK\r\n\r\n[]", false).await),
        ("TLS 1.0 alone", Untrusted, saying(TLS_1_0).await),
        ("TLS, alert: protocol version", Untrusted, saying(WRONG_VERSION).await),
        ("TLS, alert: handshake failure", Untrusted, saying(NO_HANDSHAKE).await),
        (
            "plain HTTP in place of TLS",
            Untrusted,
            saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await,
        ),
        ("handshake closed", Broken, saying(b"").await),
        (
            "handshake reset",
            Broken,
            Server::start(|mut stream, _| async move {
                let mut hello = [0; 64];
                let _ = stream.read(&mut hello).await;
                let _ = stream.set_zero_linger();
            })
            .await,
        ),
        (
            "handshake that hangs",
            Broken,
            Server::start(|mut stream, _| async move { drain(&mut stream).await }).await,
        ),
    ] {
        faults.push(Fault::new(name, expected, server).secure());
    }
    Ok(faults)
}
