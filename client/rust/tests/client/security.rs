//! TLS and tokens, against a daemon that asks for both.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use ashad_client::{Client, Error, Options};

use crate::daemon::{Daemon, spec};

/// A daemon with TLS that asks for a client's certificate and for a token.
struct Safe {
    daemon: Daemon,
    token: PathBuf,
}

impl Safe {
    fn start() -> Self {
        let mut daemon = Daemon::start();
        daemon.kill();
        let mut init = daemon.command();
        init.args(["certs", "init", "127.0.0.1", "--client", "me", "--folder"]);
        assert!(init.arg(daemon.folder.join("certs")).output().unwrap().status.success());
        let safe = Self { token: daemon.folder.join("token"), daemon };
        safe.new_token();
        let [cert, key, ca] = ["server.pem", "server.key", "ca.pem"].map(|name| safe.file(name));
        let mut safe = safe;
        safe.daemon.options = vec!["--require-tokens".to_owned()];
        for (option, path) in [("--tls-cert", cert), ("--tls-key", key), ("--tls-client-ca", ca)] {
            safe.daemon.options.extend([option.to_owned(), path.display().to_string()]);
        }
        safe.daemon.again();
        safe
    }

    fn file(&self, name: &str) -> PathBuf {
        self.daemon.folder.join("certs").join(name)
    }

    /// Makes a new token and puts it into the file; returns it.
    fn new_token(&self) -> String {
        let create = ["token", "create", "--role", "admin"];
        let made = self.daemon.command().args(create).output().unwrap().stdout;
        fs::write(&self.token, &made).unwrap();
        String::from_utf8(made).unwrap().trim().to_owned()
    }

    fn revoke(&self, token: &str) {
        let id = token.split('_').nth(1).unwrap();
        let revoked = self.daemon.command().args(["token", "revoke", id]).output().unwrap();
        assert!(revoked.status.success());
    }

    fn options(&self) -> Options {
        let options = self.daemon.options().call_timeout(Duration::from_secs(3));
        options.ca(self.file("ca.pem")).identity(self.file("me.pem"), self.file("me.key"))
    }

    fn client(&self) -> Client {
        self.options().token_file(&self.token).connect().unwrap()
    }
}

#[tokio::test]
async fn a_token_is_read_for_each_try() {
    let safe = Safe::start();
    let client = safe.client();
    let old = fs::read_to_string(&safe.token).unwrap();
    client.create_study("study", spec()).await.unwrap();
    let trial = client.suggest("study").await.unwrap().unwrap();
    trial.report(1, 1.0).await.unwrap();

    safe.revoke(&old);
    let refused = trial.report(2, 1.0).await.unwrap_err();
    assert_eq!((refused.code(), refused.reason()), ("UNAUTHENTICATED", "TOKEN_REVOKED"));
    assert!(!format!("{refused:?}").contains(old.trim()), "a token in an error");

    fs::remove_file(&safe.token).unwrap(); // while it is being replaced: as an outage
    assert_eq!(trial.report(2, 1.0).await.unwrap().reason, "UNREACHABLE");
    safe.new_token();
    trial.report(3, 1.0).await.unwrap();
    trial.report(4, 1.0).await.unwrap();
    client.close().await;
    let reports = safe.client().list_reports("study", None).all().await.unwrap();
    assert_eq!(reports.iter().map(|report| report.resource).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn whom_the_client_does_not_know_it_does_not_trust() {
    let (safe, other) = (Safe::start(), Daemon::start());
    let mut init = other.command();
    init.args(["certs", "init", "127.0.0.1", "--folder"]).arg(other.folder.join("certs"));
    assert!(init.output().unwrap().status.success());
    let strange = other.folder.join("certs").join("ca.pem");
    for (client, reason) in [
        (safe.options().token_file(&safe.token).ca(strange).connect(), "TLS_UNTRUSTED"),
        (safe.daemon.options().connect(), "TLS_REQUIRED"),
    ] {
        let error = client.unwrap().study("any").await.unwrap_err();
        assert_eq!((error.code(), error.reason()), ("FAILED_PRECONDITION", reason), "{error}");
    }
    let without = safe.options().connect().unwrap().study("any").await.unwrap_err();
    assert_eq!((without.code(), without.reason()), ("UNAUTHENTICATED", "TOKEN_MISSING"));
}

#[test]
fn the_environment_is_enough() {
    let safe = Safe::start();
    let driver = std::env::current_exe().unwrap();
    let driver = driver.ancestors().nth(2).unwrap().join("examples").join("driver");
    let mut process = Command::new(driver)
        .envs([("ASHAD_ADDRESS", &*safe.daemon.address), ("ASHAD_WORKER", "unused")])
        .envs([("ASHAD_CA", safe.file("ca.pem")), ("ASHAD_CERT", safe.file("me.pem"))])
        .envs([("ASHAD_KEY", safe.file("me.key")), ("ASHAD_TOKEN_FILE", safe.token.clone())])
        .envs([("http_proxy", "http://127.0.0.1:9"), ("https_proxy", "http://127.0.0.1:9")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all("client a w\nstudies a\n".as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ok\nnone\n");
}

#[test]
fn what_is_not_safe_is_refused_at_connect() {
    let safe = Safe::start();
    let token = || Options::new().token_file(&safe.token);
    for local in ["127.0.0.1", "127.9.9.9:1", "localhost:1", "[::1]:1", "unix:/run/ashad"] {
        token().address(local).connect().unwrap();
    }
    let far = ["10.0.0.7", "trainer.example:1", "127.0.0.1.example", "localhost.example"];
    for address in far {
        assert_invalid(token().address(address), "a token is not sent in the clear");
        token().address(address).ca(safe.file("ca.pem")).connect().unwrap();
    }
    let nothing = safe.daemon.folder.join("nothing");
    let (key, ca) = (safe.file("me.key"), safe.file("ca.pem"));
    assert_invalid(Options::new().token_file(&nothing), "token_file: ");
    assert_invalid(Options::new().ca(&nothing), "ca: ");
    assert_invalid(Options::new().ca(safe.daemon.folder.join("token")), "is no PEM file");
    assert_invalid(Options::new().identity(&ca, &key), "so give ca as well");
    assert_invalid(Options::new().ca(&ca).identity(&ca, &ca), "ca, cert, key: ");
    assert_invalid(Options::new().ca(&ca).address("unix:/run/ashad"), "ca, cert, key: ");
    fs::write(&safe.token, "two\nlines").unwrap();
    let error = assert_invalid(token(), "it holds no token");
    assert!(!error.to_string().contains("two"), "{error}");
}

fn assert_invalid(options: Options, message: &str) -> Error {
    let error = options.connect().unwrap_err();
    assert_eq!((error.code(), error.reason()), ("INVALID_ARGUMENT", "INVALID_ARGUMENT"));
    assert!(error.message().contains(message), "{error}");
    error
}
