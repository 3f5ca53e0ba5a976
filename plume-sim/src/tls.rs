//! TLS for the loopback server: an authority and a certificate of its own, made when it starts and kept nowhere.

use std::{io, net::SocketAddr, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

use crate::server::{Door, ServeError, Server};
use crate::simulator::Simulator;

/// What the certificate is good for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The keys of one server.
#[derive(Clone)]
pub(crate) struct Keys {
    acceptor: TlsAcceptor,
    root_pem: Arc<str>,
}

impl Keys {
    fn make() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority
            .distinguished_name
            .push(DnType::CommonName, "plume-sim test authority (not for production)");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate()?;
        let root = authority.self_signed(&authority_key)?;

        let mut leaf = CertificateParams::new(NAMES.map(str::to_owned).to_vec())?;
        leaf.distinguished_name.push(DnType::CommonName, "plume-sim");
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf_key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&leaf_key, &Issuer::new(authority, authority_key))?;

        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), root_pem: root.pem().into() })
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    pub(crate) fn root_pem(&self) -> &str {
        &self.root_pem
    }
}

impl Simulator {
    /// As [`Simulator::serve`], over TLS. The certificate is made for this server, names `localhost` and the
    /// loopback addresses, and is signed by [`Server::root_certificate_pem`], which a client has to trust.
    ///
    /// # Errors
    ///
    /// [`ServeError`] as for [`Simulator::serve`], or if no certificate could be made.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let simulator = plume_sim::Simulator::builder().build();
    /// let server = simulator.serve_tls(([127, 0, 0, 1], 0)).await?;
    /// assert!(server.base_url().starts_with("https://127.0.0.1:"));
    /// assert!(server.root_certificate_pem().is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----")));
    /// server.stop().await;
    /// # Ok(()) }
    /// ```
    pub async fn serve_tls(&self, address: impl Into<SocketAddr>) -> Result<Server, ServeError> {
        let address = address.into();
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        let keys = Keys::make().map_err(|error| ServeError::Certificate(error.to_string()))?;
        self.listen(address, Door::Tls(keys)).await
    }
}
