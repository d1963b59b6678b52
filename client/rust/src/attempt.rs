//! One attempt at one trial: what the assignment said, how far it is, and what was decided.
//! It makes the requests of the attempt and takes in their answers; it sends nothing.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::decision::{Action, Decision};
use crate::error::Result;
use crate::proto;
use crate::values::Params;

const LONGEST_MESSAGE: usize = 4096;
const NO_HEARTBEAT: Duration = Duration::from_secs(15); // where a daemon names none

/// The trial that a client holds.
pub(crate) struct Attempt {
    pub(crate) assignment: proto::Assignment,
    pub(crate) params: Params,
    pub(crate) heartbeat: Duration,
    progress: Mutex<Progress>,
}

/// How far it is.
pub(crate) struct Progress {
    pub(crate) position: i64,
    pub(crate) decision: Decision,
    /// A heartbeat brought the stop: the daemon still waits to hear from us.
    pub(crate) told: bool,
}

impl Progress {
    /// There is nothing more to train.
    pub(crate) fn over(&self) -> bool {
        self.decision.should_stop()
    }

    /// The daemon may still take it for running.
    pub(crate) fn open(&self) -> bool {
        self.told || !self.over()
    }

    /// Ends it from this side.
    pub(crate) fn end(&mut self, reason: &str) {
        self.decision = Decision::own(Action::Stop, reason);
        self.told = false;
    }

    /// Takes in a decision of the daemon; returns whether it ends the attempt.
    pub(crate) fn take(&mut self, decision: Decision) -> bool {
        let stops = decision.should_stop();
        self.told = false;
        if stops || !self.over() {
            self.decision = decision; // a late CONTINUE reopens nothing
        }
        stops
    }
}

/// One call that must reach the daemon, in its place in the order.
#[derive(Clone, Debug)]
pub(crate) enum PendingCall {
    Report(proto::ReportRequest),
    Complete(proto::CompleteTrialRequest),
    Fail(proto::FailTrialRequest),
    Release(proto::ReleaseTrialRequest),
}

impl PendingCall {
    /// The reason of an attempt that it ends.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Report(_) => "",
            Self::Complete(_) => "COMPLETED",
            Self::Fail(fail) if fail.kind() == proto::FailureKind::Infeasible => "INFEASIBLE",
            Self::Fail(_) => "FAILED",
            Self::Release(_) => "RELEASED",
        }
    }
}

impl fmt::Display for PendingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(report) => write!(f, "report at {}", report.resource),
            Self::Complete(_) => f.write_str("completion"),
            Self::Fail(_) => f.write_str("failure"),
            Self::Release(_) => f.write_str("release"),
        }
    }
}

macro_rules! request {
    ($attempt:expr, $request:ident { $($more:tt)* }) => {
        proto::$request {
            study: $attempt.assignment.study.clone(),
            trial: $attempt.assignment.trial,
            attempt: $attempt.assignment.attempt,
            lease_token: $attempt.assignment.lease_token.clone(),
            $($more)*
        }
    };
}

impl Attempt {
    pub(crate) fn new(mut assignment: proto::Assignment) -> Result<Arc<Self>> {
        let params = Params::read(std::mem::take(&mut assignment.params))?;
        let next_resource = assignment.next_resource;
        let interval = assignment.heartbeat_interval.and_then(|interval| interval.try_into().ok());
        let progress = Progress {
            position: assignment.start_resource,
            decision: Decision { next_resource, ..Decision::own(Action::Continue, "") },
            told: false,
        };
        Ok(Arc::new(Self {
            assignment,
            params,
            heartbeat: interval
                .filter(|interval: &Duration| !interval.is_zero())
                .unwrap_or(NO_HEARTBEAT),
            progress: Mutex::new(progress),
        }))
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn report(
        &self,
        resource: i64,
        metrics: Vec<proto::Metric>,
        checkpoint_uri: String,
    ) -> PendingCall {
        PendingCall::Report(request!(self, ReportRequest { resource, metrics, checkpoint_uri }))
    }

    pub(crate) fn beat(&self) -> proto::HeartbeatRequest {
        request!(self, HeartbeatRequest {})
    }

    pub(crate) fn completion(&self) -> PendingCall {
        PendingCall::Complete(request!(self, CompleteTrialRequest {}))
    }

    pub(crate) fn failure(&self, kind: proto::FailureKind, message: &str) -> PendingCall {
        let message = message.chars().take(LONGEST_MESSAGE).collect();
        PendingCall::Fail(request!(self, FailTrialRequest { kind: kind.into(), message }))
    }

    pub(crate) fn release(&self) -> PendingCall {
        PendingCall::Release(request!(self, ReleaseTrialRequest {}))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proto::Assignment { study, trial, attempt, .. } = &self.assignment;
        write!(f, "trial {study}/{trial} (attempt {attempt})")
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
