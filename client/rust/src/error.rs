//! The one error of the client; no type of the transport leaves this crate.

use std::fmt;
use std::time::Duration;

use tonic::Status;
use tonic::metadata::MetadataMap;

/// The daemon refused a call, could not be reached in time, or the client was misused.
///
/// A study that is finished, a wait, a stop and a superseded lease are answers, not errors.
#[derive(Clone, Debug)]
pub struct Error {
    code: &'static str,
    reason: String,
    message: String,
    pushback: Option<Duration>,
    epoch: u32,
}

/// Result of a call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

pub(crate) const EPOCH_KEY: &str = "ashad-epoch";
const LONGEST_PUSHBACK: Duration = Duration::from_secs(3600);
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

impl Error {
    /// Name of the gRPC status, e.g. `NOT_FOUND`.
    #[must_use]
    pub fn code(&self) -> &str {
        self.code
    }

    /// The stable reason, e.g. `REPORT_CONFLICT`; empty where none was given.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What is wrong and how to mend it, without the reason.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn new(code: &'static str, reason: &str, message: impl Into<String>) -> Self {
        let (reason, message) = (reason.to_owned(), message.into());
        Self { code, reason, message, pushback: None, epoch: 0 }
    }

    /// An argument that cannot be sent.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("INVALID_ARGUMENT", "INVALID_ARGUMENT", message)
    }

    pub(crate) fn closed() -> Self {
        Self::new("CANCELLED", "CLIENT_CLOSED", "this client is closed: connect() a new one")
    }

    pub(crate) fn from_status(status: &Status) -> Self {
        let text = |key| status.metadata().get(key).and_then(|value| value.to_str().ok());
        let code = usize::try_from(i32::from(status.code())).unwrap_or(2);
        let mut error = Self::new(
            CODES.get(code).copied().unwrap_or("UNKNOWN"),
            text("ashad-reason").unwrap_or_default(),
            status.message(),
        );
        // Negative: do not come back.
        let pushback = text("grpc-retry-pushback-ms").and_then(|value| value.parse().ok());
        error.pushback = pushback.map(|value| Duration::from_millis(value).min(LONGEST_PUSHBACK));
        error.epoch = epoch_in(status.metadata());
        let mut cause = std::error::Error::source(status);
        if cause.is_some() {
            // It comes from the connection, not from the daemon: the outcome is unknown.
            error.code = "UNAVAILABLE";
        }
        while let Some(found) = cause {
            let why = found.to_string();
            if !error.message.contains(&why) {
                error.message = format!("{}: {why}", error.message);
            }
            cause = found.source();
        }
        error
    }

    /// Whether the outcome is unknown or the daemon is busy: repeat with the same key.
    pub(crate) fn is_transient(&self) -> bool {
        match self.code {
            "UNAVAILABLE" | "DEADLINE_EXCEEDED" => true,
            "RESOURCE_EXHAUSTED" => self.pushback.is_some(),
            // Nobody here cancels: this is a daemon that hung up while it was stopping.
            "CANCELLED" => self.reason.is_empty(),
            _ => false,
        }
    }

    /// Whether the daemon has not answered: what is queued waits. It waits too where TLS cannot
    /// work, since an administrator may renew a certificate meanwhile.
    pub(crate) fn is_unheard(&self) -> bool {
        self.is_transient() || self.reason.starts_with("TLS_")
    }

    /// How long the daemon asked to be left alone.
    pub(crate) fn pushback(&self) -> Duration {
        self.pushback.unwrap_or_default()
    }

    /// The epoch of the daemon that refused; 0 where it names none.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The reason, or the code where there is none.
    pub(crate) fn word(&self) -> &str {
        if self.reason.is_empty() { self.code } else { &self.reason }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.word(), self.message)
    }
}

impl std::error::Error for Error {}

/// The epoch that a daemon names; 0 for anything else.
pub(crate) fn epoch_in(beside: &MetadataMap) -> u32 {
    let text = beside.get(EPOCH_KEY).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if text.len() < 10 { text.parse().unwrap_or_default() } else { 0 }
}
