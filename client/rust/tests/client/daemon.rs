//! What the tests share: a real daemon, which can be killed and started again, and studies on it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use ashad_client::proto::study_spec::Algorithm;
use ashad_client::proto::{
    Asha, Goal, LeaseSpec, ParameterSpec, RandomSearch, StudyLimits, StudySpec, TrialState,
};
use ashad_client::{Client, Options};

/// One daemon; it keeps its port and its file over restarts.
pub(crate) struct Daemon {
    pub(crate) address: String,
    pub(crate) folder: PathBuf,
    pub(crate) options: Vec<String>,
    process: Option<Child>,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        let folder = env::temp_dir().join(format!("ashad-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir(&folder).unwrap();
        let address = "127.0.0.1:0".to_owned();
        let mut daemon = Self { address, folder, options: Vec::new(), process: None };
        daemon.again();
        daemon
    }

    /// Starts it, on the port that it had.
    pub(crate) fn again(&mut self) {
        let mut command = self.command();
        command.args(["--address", &self.address, "--log-format", "json"]).args(&self.options);
        command.stdout(Stdio::piped()).stderr(fs::File::create(self.folder.join("log")).unwrap());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let found = line.split(['\n', ' ', ',']).find(|word| word.contains("127.0.0.1:"));
        self.process = Some(process);
        let log = || fs::read_to_string(self.folder.join("log"));
        self.address =
            found.unwrap_or_else(|| panic!("it says {line:?} and {:?}", log())).to_owned();
    }

    /// Kills it with -9.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// The daemon's executable on this daemon's file.
    pub(crate) fn command(&self) -> Command {
        let path = env::var_os("ASHAD_DAEMON").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/ashad"),
            PathBuf::from,
        );
        let mut command = Command::new(path);
        for (name, _) in
            env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ASHAD_"))
        {
            command.env_remove(name);
        }
        command.env("ASHAD_DB", self.folder.join("db"));
        command
    }

    pub(crate) fn options(&self) -> Options {
        Options::new()
            .address(&*self.address)
            .close_timeout(Duration::from_secs(5))
            .max_wait(Duration::from_secs(1))
    }

    pub(crate) fn client(&self) -> Client {
        self.options().connect().unwrap()
    }

    pub(crate) async fn study(&self, spec: StudySpec) -> &'static str {
        self.client().create_study("study", spec).await.unwrap();
        "study"
    }

    /// State and message of a trial.
    pub(crate) async fn trial(&self, number: i64) -> (TrialState, String) {
        let trial = self.client().get_trial("study", number).await.unwrap();
        (trial.state(), trial.message)
    }

    /// Trial, attempt and resource of all reports.
    pub(crate) async fn reports(&self) -> Vec<(i64, i32, i64)> {
        let reports = self.client().list_reports("study", None).all().await.unwrap();
        reports.iter().map(|report| (report.trial, report.attempt, report.resource)).collect()
    }

    pub(crate) async fn until_state(&self, number: i64, state: TrialState) {
        until(async || self.trial(number).await.0 == state).await;
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A study in which each of three trials is trained in full, for 4 steps, unless told otherwise.
pub(crate) fn spec() -> StudySpec {
    StudySpec {
        metric: "loss".to_owned(),
        goal: Goal::Minimize.into(),
        max_resource: 4,
        seed: Some(1),
        space: vec![ParameterSpec::float("lr", 1e-4, 1e-1).log()],
        algorithm: Some(Algorithm::Random(RandomSearch {})),
        limits: Some(StudyLimits { max_trials: Some(3), ..Default::default() }),
        ..Default::default()
    }
}

pub(crate) fn asha() -> StudySpec {
    let asha = Asha { eta: 3.0, ..Default::default() };
    StudySpec { max_resource: 9, algorithm: Some(Algorithm::Asha(asha)), ..spec() }
}

/// The same study with this lease and heartbeat, in milliseconds.
pub(crate) fn leased(spec: StudySpec, term: u64, heartbeat: u64) -> StudySpec {
    let duration = |millis| Duration::from_millis(millis).try_into().ok();
    let lease = LeaseSpec {
        duration: duration(term),
        heartbeat_interval: duration(heartbeat),
        max_attempts: 0,
    };
    StudySpec { lease: Some(lease), ..spec }
}

/// Waits on a condition, for at most 30 s.
pub(crate) async fn until(mut so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "not within 30 s");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
