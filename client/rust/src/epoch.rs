//! The epoch of the daemon, and what was said lately: for a standby that takes over without it.
//!
//! A daemon that may be taken over names its epoch beside each answer, and is shown the one that
//! this client knows. A standby that took over refuses who shows an earlier one: its file may lack
//! the last moments of the other. So what was answered lately is said again, in its order, before
//! anything else.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tonic::metadata::{AsciiMetadataValue, MetadataMap};

use crate::attempt::{Attempt, PendingCall};
use crate::error::{EPOCH_KEY, epoch_in};

/// A replica that is further behind than this loses what was said before.
const REMEMBERED: Duration = Duration::from_secs(600);
const MOST: usize = 1000;

/// The epoch that one client knows.
pub(crate) struct Epoch {
    worker: Option<AsciiMetadataValue>,
    number: AtomicU32, // 0: no daemon has named one
    said: Mutex<VecDeque<Said>>,
}

struct Said {
    at: Instant,
    attempt: Arc<Attempt>,
    call: PendingCall,
}

impl Epoch {
    pub(crate) fn new(worker: &str) -> Self {
        Self { worker: worker.parse().ok(), number: AtomicU32::default(), said: Mutex::default() }
    }

    /// Puts what this client knows beside a call.
    pub(crate) fn show(&self, beside: &mut MetadataMap) {
        let number = self.number.load(Ordering::Relaxed);
        if number > 0 {
            beside.insert(EPOCH_KEY, number.into());
            if let Some(worker) = &self.worker {
                beside.insert("ashad-worker", worker.clone());
            }
        }
    }

    /// Notes the epoch beside an answer; a later one than is known comes with a refusal only.
    pub(crate) fn hear(&self, beside: &MetadataMap) {
        let (first, named) = (Ordering::Relaxed, epoch_in(beside));
        let _ = self.number.compare_exchange(0, named, first, first);
    }

    /// Keeps what was answered, for a while.
    pub(crate) fn remember(&self, attempt: &Arc<Attempt>, call: PendingCall) {
        if self.number.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut said = self.said();
        while said.len() >= MOST || said.front().is_some_and(|one| one.at.elapsed() > REMEMBERED) {
            said.pop_front();
        }
        said.push_back(Said { at: Instant::now(), attempt: attempt.clone(), call });
    }

    /// Goes on in the epoch that a refusal names; returns what is to be said again, in order.
    pub(crate) fn change(&self, number: u32) -> Vec<(Arc<Attempt>, PendingCall)> {
        if self.number.fetch_max(number, Ordering::Relaxed) >= number {
            return Vec::new(); // another call was told as well
        }
        self.said().drain(..).map(|one| (one.attempt, one.call)).collect()
    }

    fn said(&self) -> MutexGuard<'_, VecDeque<Said>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
