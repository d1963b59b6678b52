//! A trial as the training code sees it: its parameters, its steps, its reports, its end.
//! A stop is never an error: the steps end.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::attempt::{Attempt, PendingCall};
use crate::decision::Decision;
use crate::error::{Error, Result};
use crate::meter::Meter;
use crate::proto::{FailureKind, Metric};
use crate::replicates::{Replicates, Told};
use crate::session::Session;
use crate::values::Params;

/// One attempt at one trial, held by one client.
///
/// Dropping it gives it back, if it was not stopped or ended before: it is queued again and nothing
/// counts as a failure. In a panic it fails. In a loop of [`Client::run`](crate::Client::run) or
/// [`Client::trials`](crate::Client::trials) the loop decides.
#[must_use = "dropping a trial gives it back"]
pub struct Trial {
    session: Arc<Session>,
    attempt: Arc<Attempt>,
    in_loop: bool,
}

impl Trial {
    pub(crate) fn new(session: Arc<Session>, attempt: Arc<Attempt>, in_loop: bool) -> Self {
        Self { session, attempt, in_loop }
    }

    pub(crate) fn held(&self) -> &Arc<Attempt> {
        &self.attempt
    }

    /// Name of the study.
    #[must_use]
    pub fn study(&self) -> &str {
        &self.attempt.assignment.study
    }

    /// Number of the trial in its study, from 0.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.attempt.assignment.trial
    }

    /// Which assignment of the trial this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> i32 {
        self.attempt.assignment.attempt
    }

    /// The configuration.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.attempt.params
    }

    /// A seed for the training, the same for every attempt of this trial.
    #[must_use]
    pub fn seed(&self) -> i64 {
        self.attempt.assignment.seed
    }

    /// Name of the metric that the study judges.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.attempt.assignment.metric
    }

    /// Train from here: the resource of [`resume_checkpoint`](Self::resume_checkpoint), or 0.
    #[must_use]
    pub fn start_resource(&self) -> i64 {
        self.attempt.assignment.start_resource
    }

    /// Train to here at most.
    #[must_use]
    pub fn target_resource(&self) -> i64 {
        self.attempt.assignment.target_resource
    }

    /// Resource of a fully trained trial.
    #[must_use]
    pub fn max_resource(&self) -> i64 {
        self.attempt.assignment.max_resource
    }

    /// Where to load the state at [`start_resource`](Self::start_resource) from; empty: begin anew.
    #[must_use]
    pub fn resume_checkpoint(&self) -> &str {
        &self.attempt.assignment.resume_checkpoint_uri
    }

    /// The latest decision that this process knows of.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.attempt.progress().decision.clone()
    }

    /// Whether to leave the loop now. Asks nobody: reports and heartbeats bring the news.
    #[must_use]
    pub fn should_stop(&self) -> bool {
        self.attempt.progress().over()
    }

    /// The resources to train, from where the trial stood to [`target_resource`](Self::target_resource).
    ///
    /// Ends early when a report or a heartbeat was answered STOP or PAUSE.
    #[must_use]
    pub fn steps(&self) -> Steps {
        Steps { last: self.attempt.progress().position, attempt: self.attempt.clone() }
    }

    /// Reports the study's metric after `resource` (cumulative, in the study's unit); `.await` it
    /// for the decision. NaN means diverged; `None` leaves the metric out, which the daemon refuses.
    ///
    /// Waits until the daemon has decided and stored it; while the daemon cannot be reached the
    /// report is queued and the answer is CONTINUE, reason `UNREACHABLE`. Dropped half-way, it is
    /// sent all the same.
    pub fn report(&self, resource: i64, value: impl Into<Option<f64>>) -> Report {
        let metric = |value| Metric { name: self.metric().to_owned(), value };
        Report {
            session: self.session.clone(),
            attempt: self.attempt.clone(),
            resource,
            metrics: value.into().map(metric).into_iter().collect(),
            checkpoint: String::new(),
        }
    }

    /// Reports what all replicates came to, as [`Replicates::add`] returned it.
    pub fn report_replicates(&self, number: i64, told: Told) -> Report {
        let report = self.report(number, None).checkpoint(told.checkpoint);
        told.metrics.into_iter().fold(report, |report, (name, value)| report.metric(name, value))
    }

    /// A count of what is spent (samples, tokens, cost), for a resource that is no loop: `unit` of what
    /// is added is one of the study's resource, and a report is due each `every`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a unit that is not above 0, and for `every` below 1.
    pub fn meter(&self, unit: f64, every: i64) -> Result<Meter> {
        Meter::new(self.attempt.clone(), unit, every)
    }

    /// A meter that counts time by itself: `unit` is one of the study's resource.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a unit of no time, and for `every` below 1.
    pub fn clock(&self, unit: Duration, every: i64) -> Result<Meter> {
        Meter::clock(self.attempt.clone(), unit, every)
    }

    /// What joins several seeds or folds, where the study's resource counts these: of as many as there
    /// are the mean is reported, or a [quantile](Replicates::quantile).
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where the trial goes on and its values until now are not in its checkpoint.
    pub fn replicates(&self) -> Result<Replicates> {
        Replicates::new(self.study(), self.start_resource(), self.resume_checkpoint())
    }

    /// Ends it: the training ended by itself, its last report is its result.
    pub async fn complete(&self) {
        self.session.settle(&self.attempt, self.attempt.completion()).await;
    }

    /// Ends it: the training broke. The message is for people.
    pub async fn fail(&self, message: &str) {
        self.session.settle(&self.attempt, self.attempt.failure(FailureKind::Error, message)).await;
    }

    /// Ends it: this configuration cannot work at all; the daemon replaces it.
    pub async fn infeasible(&self, message: &str) {
        self.session
            .settle(&self.attempt, self.attempt.failure(FailureKind::Infeasible, message))
            .await;
    }

    /// Gives it back, e.g. when pre-empted: it is queued again and nothing counts as a failure.
    pub async fn release(&self) {
        self.session.settle(&self.attempt, self.attempt.release()).await;
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.attempt, f)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let failure = self.attempt.failure(FailureKind::Error, "the training panicked");
            drop(self.session.end(&self.attempt, failure));
        } else if self.in_loop {
            self.session.leave(&self.attempt);
        } else {
            drop(self.session.end(&self.attempt, self.attempt.release()));
        }
    }
}

/// The resources still to be trained; made by [`Trial::steps`].
#[derive(Debug)]
pub struct Steps {
    attempt: Arc<Attempt>,
    last: i64,
}

impl Iterator for Steps {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let progress = self.attempt.progress();
        let step = self.last.max(progress.position) + 1;
        if progress.over() || step > self.attempt.assignment.target_resource {
            return None;
        }
        self.last = step;
        Some(step)
    }
}

/// A report to be awaited; made by [`Trial::report`].
#[must_use = "a report is sent when it is awaited"]
pub struct Report {
    session: Arc<Session>,
    attempt: Arc<Attempt>,
    resource: i64,
    metrics: Vec<Metric>,
    checkpoint: String,
}

impl Report {
    /// Reports one more number with it.
    pub fn metric(mut self, name: impl Into<String>, value: f64) -> Self {
        self.metrics.push(Metric { name: name.into(), value });
        self
    }

    /// Says where the state at this resource can be resumed from; opaque, at most 4096 characters.
    pub fn checkpoint(mut self, uri: impl Into<String>) -> Self {
        self.checkpoint = uri.into();
        self
    }

    async fn send(self) -> Result<Decision> {
        if self.resource < 0 {
            return Err(Error::invalid(format!(
                "resource: a whole number from 1, not {}",
                self.resource
            )));
        }
        if self.metrics.is_empty() {
            let metric = &self.attempt.assignment.metric;
            return Err(Error::invalid(format!(
                "report at least the metric of the study: {metric}"
            )));
        }
        let call: PendingCall = self.attempt.report(self.resource, self.metrics, self.checkpoint);
        self.session.report(&self.attempt, self.resource, call).await
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "report of {} at {}", self.attempt, self.resource)
    }
}

impl IntoFuture for Report {
    type Output = Result<Decision>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Decision>> + Send>>;

    /// Its errors are refusals: a resource that goes back, the study's metric missing, ...
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
