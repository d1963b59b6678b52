//! The client as a program sees it: the loop, single trials, and the end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use crate::attempt::Attempt;
use crate::error::{Error, Result};
use crate::proto::FailureKind;
use crate::session::Session;
use crate::settings::Options;
use crate::trial::Trial;

/// One worker's line to the daemon, made by [`connect`](crate::connect). A clone is the same worker.
///
/// It holds one running trial at a time; to train several side by side, connect several clients.
/// Call [`close`](Self::close) before the program ends, or what is still to be sent is lost.
#[derive(Clone)]
pub struct Client(Arc<Handle>);

/// What all clones share; when the last one goes, the background work ends as soon as it can.
struct Handle(Arc<Session>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Options {
    /// Makes a client. It connects when first used, so this never fails for want of a daemon.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a setting that cannot be right; the message names it.
    pub fn connect(self) -> Result<Client> {
        let settled = self.settle()?;
        Ok(Client::new(Session::start(self, settled)?))
    }
}

impl Client {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self(Arc::new(Handle(session)))
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.0.0
    }

    /// Where the daemon is looked for.
    #[must_use]
    pub fn address(&self) -> &str {
        self.session().post.address()
    }

    /// The worker id that this client gives.
    #[must_use]
    pub fn worker(&self) -> &str {
        &self.session().worker
    }

    /// The loop: runs `body` on one trial after the other, until the study is finished.
    ///
    /// A body that returns `Ok` without having been stopped completes its trial. An `Err` fails the
    /// trial with its message, and ends the loop with that error; to go on with the next trial,
    /// call [`Trial::fail`] and return `Ok`. Where this future is dropped, the trial is given back.
    ///
    /// # Errors
    /// That of the body, or an [`Error`] in asking for a trial.
    pub async fn run<E>(
        &self,
        study: &str,
        mut body: impl AsyncFnMut(Trial) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E>
    where
        E: From<Error> + fmt::Debug + fmt::Display,
    {
        let mut trials = self.trials(study);
        while let Some(trial) = trials.next().await? {
            let attempt = trial.held().clone();
            if let Err(error) = body(trial).await {
                let failure = attempt.failure(FailureKind::Error, &describe(&error));
                self.session().settle(&attempt, failure).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// The same loop, for a `while let`: yields trials until the study is finished.
    ///
    /// The next call of [`Trials::next`] completes the trial before, unless it was stopped or ended.
    /// Leaving the loop, also by `?`, gives the trial back: call [`Trial::fail`] first where the
    /// training is to blame, or use [`run`](Self::run).
    #[must_use]
    pub fn trials(&self, study: &str) -> Trials {
        Trials { client: self.clone(), study: study.to_owned(), last: None, begun: false }
    }

    /// Returns a trial, waiting for one; `None` when the study is finished.
    ///
    /// # Errors
    /// `TRIAL_HELD` while this client still holds a trial; whatever the daemon refuses.
    pub async fn suggest(&self, study: &str) -> Result<Option<Trial>> {
        self.ask_for_trial(study, None).await
    }

    /// As [`suggest`](Self::suggest), for a limited time.
    ///
    /// # Errors
    /// Also `NO_TRIAL` where there was none in that time.
    pub async fn suggest_timeout(&self, study: &str, timeout: Duration) -> Result<Option<Trial>> {
        self.ask_for_trial(study, Some(timeout)).await
    }

    async fn ask_for_trial(&self, study: &str, timeout: Option<Duration>) -> Result<Option<Trial>> {
        let attempt = self.session().suggest(study, timeout).await?;
        Ok(attempt.map(|attempt| Trial::new(self.session().clone(), attempt, false)))
    }

    /// Asks the daemon for the stored decision: for the other processes of a distributed job.
    ///
    /// A pure read by whoever likes; false while the daemon cannot be reached.
    ///
    /// # Errors
    /// `TRIAL_NOT_FOUND` and its kin.
    pub async fn should_stop(&self, study: &str, trial: i64, attempt: i32) -> Result<bool> {
        self.session().ask_stop(study, trial, attempt).await
    }

    /// Gives back a trial that is held, sends what waits (for up to `close_timeout`), hangs up.
    ///
    /// Afterwards every call is refused with `CLIENT_CLOSED`, and reports answer STOP.
    pub async fn close(&self) {
        self.session().close().await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.worker(), self.address())
    }
}

/// Trials, one after the other; made by [`Client::trials`].
#[derive(Debug)]
pub struct Trials {
    client: Client,
    study: String,
    last: Option<Arc<Attempt>>,
    begun: bool,
}

impl Trials {
    /// Completes the trial before, if it was not stopped, and returns the next one; `None` when
    /// the study is finished, or is no more there.
    ///
    /// # Errors
    /// As [`Client::suggest`].
    pub async fn next(&mut self) -> Result<Option<Trial>> {
        let session = self.client.session();
        if let Some(last) = self.last.take() {
            session.settle(&last, last.completion()).await;
        }
        match session.suggest(&self.study, None).await {
            Err(error) if self.begun && error.code() == "NOT_FOUND" => {
                warn!("study {} is no more there", self.study);
                Ok(None)
            }
            Err(error) => Err(error),
            Ok(attempt) => {
                self.begun = true;
                self.last.clone_from(&attempt);
                Ok(attempt.map(|attempt| Trial::new(session.clone(), attempt, true)))
            }
        }
    }
}

impl Drop for Trials {
    fn drop(&mut self) {
        if self.last.is_some() {
            self.client.session().settle_left();
        }
    }
}

/// An error in one text: its message, and what its debug form adds (type, causes).
fn describe(error: &(impl fmt::Debug + fmt::Display)) -> String {
    let (message, whole) = (error.to_string(), format!("{error:?}"));
    if whole.contains(&message) { whole } else { format!("{message} ({whole})") }
}
