//! What a client is told at `connect`: options first, then the environment, then defaults.
//! Nothing here touches the network.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::diagnosis::Place;
use crate::error::{Error, Result};

const DEFAULT_PORT: &str = "2742";

/// Settings of a client; what is not set comes from the environment, else it is the default.
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    address: Option<String>,
    worker: Option<String>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    token_file: Option<PathBuf>,
    pub(crate) outage: Duration,
    pub(crate) max_wait: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) call_timeout: Duration,
}

/// What was settled of them.
pub(crate) struct Settled {
    /// Each address, and how to connect to it.
    pub(crate) ways: Vec<(Place, Endpoint)>,
    pub(crate) worker: String,
    pub(crate) token_file: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: None,
            worker: None,
            ca: None,
            cert: None,
            key: None,
            token_file: None,
            outage: Duration::from_secs(86_400),
            max_wait: Duration::from_secs(30),
            close_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(60),
        }
    }
}

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// `host`, `host:port` or `unix:/path`, or several with commas, which are tried in turn until
    /// one answers; else `ASHAD_ADDRESS`, else `127.0.0.1:2742`.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// A stable worker id, which makes a restarted worker recognisable and must be held by one
    /// process at a time; else `ASHAD_WORKER`, else one that no other client has.
    pub fn worker(mut self, worker: impl Into<String>) -> Self {
        self.worker = Some(worker.into());
        self
    }

    /// PEM file of the CA of the daemon's certificate: the connection is TLS; else `ASHAD_CA`.
    pub fn ca(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca = Some(path.into());
        self
    }

    /// PEM files of the client's own certificate and its key; else `ASHAD_CERT`, `ASHAD_KEY`.
    pub fn identity(mut self, cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        (self.cert, self.key) = (Some(cert.into()), Some(key.into()));
        self
    }

    /// File that holds the caller's token, read for each try; else `ASHAD_TOKEN_FILE`.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.token_file = Some(path.into());
        self
    }

    /// Ride out a daemon that is away for so long (a day).
    pub fn outage(mut self, outage: Duration) -> Self {
        self.outage = outage;
        self
    }

    /// Let the daemon hold a request for a trial so long (30 s; at most 300 s).
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    /// Spend at most so long in `close` on what is still to be sent (30 s).
    pub fn close_timeout(mut self, close_timeout: Duration) -> Self {
        self.close_timeout = close_timeout;
        self
    }

    /// Deadline of the calls about studies, retries included (60 s).
    pub fn call_timeout(mut self, call_timeout: Duration) -> Self {
        self.call_timeout = call_timeout;
        self
    }

    pub(crate) fn settle(&self) -> Result<Settled> {
        let address = self
            .address
            .clone()
            .filter(|text| !text.is_empty())
            .or_else(|| variable("ASHAD_ADDRESS"));
        let worker = self
            .worker
            .clone()
            .filter(|text| !text.is_empty())
            .or_else(|| variable("ASHAD_WORKER"));
        if worker
            .as_ref()
            .is_some_and(|id| id.len() > 200 || !id.bytes().all(|b| b.is_ascii_graphic()))
        {
            return Err(Error::invalid(
                "worker: 1 to 200 printable ASCII characters without spaces, please",
            ));
        }
        if self.max_wait > Duration::from_secs(300) {
            return Err(Error::invalid(format!(
                "max_wait: at most 300 s, not {:?}",
                self.max_wait
            )));
        }
        let addresses = targets(address.as_deref().unwrap_or("127.0.0.1"))?;
        let file = |given: &Option<PathBuf>, name| {
            given.clone().or_else(|| variable(name).map(PathBuf::from))
        };
        let ca = file(&self.ca, "ASHAD_CA");
        let token_file = file(&self.token_file, "ASHAD_TOKEN_FILE");
        let identity = match (file(&self.cert, "ASHAD_CERT"), file(&self.key, "ASHAD_KEY")) {
            (Some(_), None) | (None, Some(_)) => {
                return Err(Error::invalid("cert and key go together: give both, or neither"));
            }
            (cert, key) => cert.zip(key),
        };
        if ca.is_none() && identity.is_some() {
            return Err(Error::invalid(
                "cert: a certificate is shown over TLS only, so give ca as well",
            ));
        }
        let mut ways = Vec::new();
        for address in addresses {
            let (mut endpoint, local) = endpoint(&address, ca.is_some())?;
            if let Some(ca) = &ca {
                endpoint = endpoint.tls_config(tls(ca, identity.clone())?).map_err(|error| {
                    Error::invalid(format!("ca, cert, key: {}", causes(&error)))
                })?;
            } else if token_file.is_some() && !local {
                return Err(Error::invalid(format!(
                    "token_file: a token is not sent in the clear to {address}: give ca (ASHAD_CA), \
                     the CA of the daemon's certificate"
                )));
            }
            ways.push((Place { address, ca: ca.clone(), identity: identity.clone() }, endpoint));
        }
        if let Some(path) = &token_file {
            token(path, fs::read_to_string(path))
                .map_err(|error| Error::invalid(error.message()))?;
        }
        Ok(Settled { ways, worker: worker.unwrap_or_else(unique_worker), token_file })
    }
}

/// The token in a file that was read. The error is one that is retried: a file that is being
/// replaced is there again at the next try. It never shows the content.
pub(crate) fn token(path: &Path, content: std::io::Result<String>) -> Result<String> {
    let unreadable = |why: String| {
        let message = format!("token_file: {}: {why}", path.display());
        Error::new("UNAVAILABLE", "TOKEN_UNREADABLE", message)
    };
    let content = content.map_err(|error| unreadable(error.to_string()))?;
    let token = content.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unreadable("it holds no token: one line, please".to_owned()));
    }
    Ok(token.to_owned())
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Each address with its port; what names its scheme is one, commas and all.
fn targets(given: &str) -> Result<Vec<String>> {
    let schemed =
        ["dns:", "ipv4:", "ipv6:", "unix:"].iter().any(|scheme| given.starts_with(scheme));
    let parts = if schemed { vec![given] } else { given.split(',').collect() };
    let mut found = Vec::new();
    for part in parts {
        let part = part.trim_matches(' ');
        if part.is_empty() {
            return Err(Error::invalid(format!(
                "address: {given:?} names none between two commas"
            )));
        }
        let address = target(part)?;
        if found.contains(&address) {
            return Err(Error::invalid(format!(
                "address: {given:?} names {address} twice: give each daemon once"
            )));
        }
        found.push(address);
    }
    Ok(found)
}

/// The address with its port, without the schemes that other gRPC libraries know.
fn target(given: &str) -> Result<String> {
    if given.starts_with("unix:") {
        return Ok(given.to_owned());
    }
    let plain =
        ["dns:///", "dns:", "ipv4:", "ipv6:"].iter().find_map(|scheme| given.strip_prefix(scheme));
    let address = plain.unwrap_or(given);
    if address.contains(['/', '@', ','])
        || address.matches(':').count() > 1 && !address.starts_with('[')
    {
        return Err(Error::invalid(format!(
            "address: host:port or [IPv6]:port, please: {given:?}"
        )));
    }
    let complete = address.contains(':') && !address.ends_with(']');
    Ok(if complete { address.to_owned() } else { format!("{address}:{DEFAULT_PORT}") })
}

/// Where to connect, and whether that is this machine.
fn endpoint(address: &str, secure: bool) -> Result<(Endpoint, bool)> {
    let wrong = |why: &str| Error::invalid(format!("address: {address:?}: {why}"));
    let seconds = Duration::from_secs;
    let socket = address.starts_with("unix:");
    let scheme = if secure { "https://" } else { "http://" };
    let uri = if socket { address.to_owned() } else { format!("{scheme}{address}") };
    let endpoint = Endpoint::from_shared(uri)
        .and_then(|endpoint| {
            endpoint.user_agent(concat!("ashad-client-rust/", env!("CARGO_PKG_VERSION")))
        })
        .map_err(|error| wrong(&causes(&error)))?
        .connect_timeout(seconds(20))
        .http2_keep_alive_interval(seconds(30))
        .keep_alive_timeout(seconds(10))
        .keep_alive_while_idle(true);
    if socket {
        return Ok((endpoint, true));
    }
    let host = endpoint.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if host.is_empty() || endpoint.uri().port_u16().is_none_or(|port| port == 0) {
        return Err(wrong("host:port, please"));
    }
    let loopback = host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    Ok((endpoint, loopback || host.eq_ignore_ascii_case("localhost")))
}

fn tls(ca: &Path, identity: Option<(PathBuf, PathBuf)>) -> Result<ClientTlsConfig> {
    let config = ClientTlsConfig::new()
        .timeout(Duration::from_secs(20))
        .ca_certificate(Certificate::from_pem(pem("ca", ca)?));
    let Some((cert, key)) = identity else { return Ok(config) };
    Ok(config.identity(Identity::from_pem(pem("cert", &cert)?, pem("key", &key)?)))
}

fn pem(field: &str, path: &Path) -> Result<Vec<u8>> {
    let content = fs::read(path)
        .map_err(|error| Error::invalid(format!("{field}: {}: {error}", path.display())))?;
    let marked = content.windows(11).any(|window| window == b"-----BEGIN ");
    if marked {
        Ok(content)
    } else {
        Err(Error::invalid(format!("{field}: {} is no PEM file", path.display())))
    }
}

fn unique_worker() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host.or_else(|| variable("HOSTNAME")).or_else(|| variable("COMPUTERNAME"));
    let clean = |c: char| if c.is_ascii_graphic() { c } else { '-' };
    let host: String = host.unwrap_or_default().trim().chars().map(clean).take(100).collect();
    let host = if host.is_empty() { "host" } else { &host };
    format!("{host}-{}-{}", std::process::id(), uuid::Uuid::new_v4().simple())
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        text = format!("{text}: {found}");
        cause = found.source();
    }
    text
}
