//! What is wrong with the TLS of a daemon that cannot be reached, and does not heal by itself.
//!
//! Looks at the port by a handshake of its own beside the transport's, whose errors do not name the
//! CA of a certificate. It sends no call and no token, and retries nothing.

use std::io::{self, ErrorKind, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore,
    SignatureScheme, sign::CertifiedKey,
};

use crate::error::Error;

const PROBE: Duration = Duration::from_secs(3);

/// Where the daemon is, and by which files the way to it is secured.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) address: String,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

/// What one handshake came to.
struct Probe {
    certificate: Option<Vec<u8>>,
    /// Whether the daemon asked for a certificate of the client's own.
    asked: bool,
    end: io::Result<usize>,
}

impl Probe {
    fn flaw(&self) -> Option<&rustls::Error> {
        self.end.as_ref().err()?.get_ref()?.downcast_ref()
    }

    /// By TLS 1.3 a client is refused only after its handshake.
    fn refused(&self) -> bool {
        let hung_up = match &self.end {
            Ok(bytes) => *bytes == 0,
            Err(error) => {
                matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)
                    || matches!(self.flaw(), Some(rustls::Error::AlertReceived(_)))
            }
        };
        self.asked && hung_up
    }
}

impl Place {
    /// Says what is wrong; `None` where TLS is not why a try failed.
    pub(crate) async fn diagnose(&self) -> Option<Error> {
        if self.address.starts_with("unix:") {
            return None;
        }
        let mut probe = self.look().await?;
        let address = &self.address;
        let fatal = |reason, text: String| Some(Error::new("FAILED_PRECONDITION", reason, text));
        if self.ca.is_none() {
            probe.certificate.as_ref()?;
            let text =
                format!("{address} speaks TLS: give ca (ASHAD_CA), the CA of its certificate");
            return fatal("TLS_REQUIRED", text);
        }
        match probe.flaw() {
            Some(rustls::Error::InvalidMessage(_)) => {
                let text = "does not speak TLS: leave out ca (ASHAD_CA), or start the daemon with \
                            --tls-cert and --tls-key";
                return fatal("TLS_NOT_SPOKEN", format!("{address} {text}"));
            }
            Some(rustls::Error::InvalidCertificate(flaw)) => {
                let (reason, text) = self.unverified(flaw, probe.certificate.as_deref());
                return fatal(reason, format!("the certificate of {address} {text}"));
            }
            _ => {}
        }
        if probe.refused() {
            tokio::time::sleep(Duration::from_secs(1)).await; // or did it just go down?
            probe = self.look().await?;
        }
        let text = format!(
            "{address} takes only clients with a certificate that its --tls-client-ca signed: give \
             identity (ASHAD_CERT, ASHAD_KEY)"
        );
        if probe.refused() { fatal("TLS_CLIENT_REFUSED", text) } else { None }
    }

    fn unverified(
        &self,
        flaw: &CertificateError,
        certificate: Option<&[u8]>,
    ) -> (&'static str, String) {
        use CertificateError as Flaw;
        match flaw {
            Flaw::Expired | Flaw::ExpiredContext { .. } => {
                let mend = "make a new one (ashad certs init) and send the daemon SIGHUP";
                ("TLS_EXPIRED", format!("has expired: {mend} ({flaw})"))
            }
            Flaw::NotValidYet | Flaw::NotValidYetContext { .. } => {
                ("TLS_EXPIRED", format!("is not valid yet: check the clocks ({flaw})"))
            }
            Flaw::NotValidForName | Flaw::NotValidForNameContext { .. } => {
                let host = self.address.rsplit_once(':').map_or("", |(host, _)| host);
                let names = match flaw {
                    Flaw::NotValidForNameContext { presented, .. } => presented.join(", "),
                    _ => "other names".to_owned(),
                };
                let mend = "connect by one of its names, or make one that has this name (ashad certs init)";
                ("TLS_NAME_MISMATCH", format!("is for {names}, not for {host}: {mend}"))
            }
            _ => {
                let issuer =
                    certificate.and_then(issuer).unwrap_or_else(|| "an unnamed CA".to_owned());
                let ca =
                    self.ca.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
                let mend = "set ca (ASHAD_CA) to the ca.pem that was made with it";
                let text =
                    format!("was signed by {issuer:?}, and by no CA in {ca}: {mend} ({flaw})");
                ("TLS_UNTRUSTED", text)
            }
        }
    }

    async fn look(&self) -> Option<Probe> {
        let place = self.clone();
        tokio::task::spawn_blocking(move || place.shake_hands()).await.ok()?
    }

    fn shake_hands(&self) -> Option<Probe> {
        let name = self.address.rsplit_once(':')?.0.trim_matches(['[', ']']);
        let name = ServerName::try_from(name.to_owned()).ok()?;
        let seen = Arc::new(Seen::default());
        let config = self.config(&seen)?;
        let to = self.address.to_socket_addrs().ok()?.next()?;
        let mut tcp = TcpStream::connect_timeout(&to, PROBE).ok()?;
        tcp.set_read_timeout(Some(PROBE)).ok()?;
        tcp.set_write_timeout(Some(PROBE)).ok()?;
        let mut tls = ClientConnection::new(Arc::new(config), name).ok()?;
        let secure = self.ca.is_some();
        let end = tls.complete_io(&mut tcp).and_then(|_| {
            let mut byte = [0];
            if secure { rustls::Stream::new(&mut tls, &mut tcp).read(&mut byte) } else { Ok(1) }
        });
        let certificate = seen.certificate.lock().unwrap_or_else(PoisonError::into_inner).take();
        Some(Probe { certificate, asked: seen.asked.load(Ordering::Relaxed), end })
    }

    fn config(&self, seen: &Arc<Seen>) -> Option<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let trusted = match &self.ca {
            None => None,
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(CertificateDer::pem_file_iter(ca).ok()?.flatten());
                let roots = Arc::new(roots);
                Some(
                    WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
                        .build()
                        .ok()?,
                )
            }
        };
        let verifier = Verifier { trusted, provider: provider.clone(), seen: seen.clone() };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let chain = CertificateDer::pem_file_iter(cert).ok()?.flatten().collect();
                builder
                    .with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(key).ok()?)
                    .ok()?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let identity = config.client_auth_cert_resolver.clone();
        config.client_auth_cert_resolver = Arc::new(Asked { identity, seen: seen.clone() });
        Some(config)
    }
}

/// What the daemon showed and asked for.
#[derive(Debug, Default)]
struct Seen {
    certificate: Mutex<Option<Vec<u8>>>,
    asked: AtomicBool,
}

#[derive(Debug)]
struct Asked {
    identity: Arc<dyn ResolvesClientCert>,
    seen: Arc<Seen>,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.seen.asked.store(true, Ordering::Relaxed);
        self.identity.resolve(hints, schemes)
    }

    fn has_certs(&self) -> bool {
        self.identity.has_certs()
    }
}

/// Notes the certificate, and verifies it by the CA where there is one.
#[derive(Debug)]
struct Verifier {
    trusted: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    seen: Arc<Seen>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.certificate.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(end_entity.to_vec());
        let Some(trusted) = &self.trusted else { return Ok(ServerCertVerified::assertion()) };
        trusted.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The common name of the issuer: the first in a certificate, before that of its subject.
fn issuer(certificate: &[u8]) -> Option<String> {
    const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
    let at = certificate.windows(COMMON_NAME.len()).position(|window| window == COMMON_NAME)?;
    let value = certificate.get(at + COMMON_NAME.len()..)?;
    let length = usize::from(*value.get(1)?); // of at most 64 characters
    String::from_utf8(value.get(2..2 + length)?.to_vec()).ok()
}
