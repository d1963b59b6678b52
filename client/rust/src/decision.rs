//! The answer to a report. Never an error: a stop is an answer.

use crate::proto;

/// What a training should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on.
    Continue,
    /// Stop for good, and ask for another trial.
    Stop,
    /// Stop here; the checkpoint may be resumed later. Ask for another trial.
    Pause,
}

/// What to do, and why.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// What to do.
    pub action: Action,
    /// A word of the contract (`IN_TOP`, `BELOW_CUTOFF`, `SUPERSEDED`, ...), or of this client:
    /// `UNREACHABLE` (the report is queued, go on), `OUTAGE` (the daemon stayed away too long),
    /// or the reason of a refusal.
    pub reason: String,
    /// Bracket of the trial.
    pub bracket: i32,
    /// The rung that was entered and decided; `None` where the report entered none.
    pub rung: Option<i32>,
    /// Its level.
    pub level: i64,
    /// Rank in it, 1 = best, at that moment.
    pub rank: i64,
    /// Entries in it, this one included.
    pub size: i64,
    /// How many of them might go on.
    pub quota: i64,
    /// Metric at rank `quota`.
    pub cutoff: Option<f64>,
    /// Next resource at which a decision will be made; 0: none.
    pub next_resource: i64,
    /// The report came after the level it entered.
    pub late: bool,
    /// With `SUPERSEDED`: the attempt that holds the trial now.
    pub current_attempt: i32,
}

impl Decision {
    /// True for stop and pause: leave the loop and ask for another trial.
    #[must_use]
    pub fn should_stop(&self) -> bool {
        self.action != Action::Continue
    }

    /// A decision of this client.
    pub(crate) fn own(action: Action, reason: &str) -> Self {
        Self {
            action,
            ..Self::from(proto::Decision { reason: reason.to_owned(), ..Default::default() })
        }
    }
}

impl From<proto::Decision> for Decision {
    fn from(message: proto::Decision) -> Self {
        Self {
            // An action added to the contract later must not end a training that an old client runs.
            action: match message.action() {
                proto::Action::Stop => Action::Stop,
                proto::Action::Pause => Action::Pause,
                _ => Action::Continue,
            },
            reason: message.reason,
            bracket: message.bracket,
            rung: message.rung,
            level: message.level,
            rank: message.rank,
            size: message.size,
            quota: message.quota,
            cutoff: message.cutoff,
            next_resource: message.next_resource,
            late: message.late,
            current_attempt: message.current_attempt,
        }
    }
}
