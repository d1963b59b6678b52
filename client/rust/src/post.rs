//! The way to the daemon, which comes and goes: retries, and the outbox that keeps the order.
//!
//! Whatever an attempt has to say goes through one outbox, by one sender. While the daemon is there,
//! who said it waits for the answer; the first try that fails leaves it in the outbox, and training
//! goes on. Nothing is dropped before the outage is over, but for what comes after the daemon's own
//! STOP, PAUSE or refusal.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tracing::{error, warn};

use crate::attempt::{Attempt, PendingCall};
use crate::error::{Error, Result};
use crate::proto::{FailureKind, HeartbeatRequest, HeartbeatResponse};
use crate::rpc::{Call, Link, backoff};

/// How long a training is held up by a try where a heartbeat has found the daemon away.
pub(crate) const AWAY_TRY: Duration = Duration::from_secs(2);
/// Of a standby that took over: this client shows an earlier epoch.
const TAKEN_OVER: &str = "EPOCH_CHANGED";

/// What came of a call.
pub(crate) enum Outcome {
    Answered,
    Queued,
    Refused(Error),
}

struct Item {
    number: u64,
    attempt: Arc<Attempt>,
    call: PendingCall,
    tried: bool,
    /// It was answered by a daemon that is no more.
    again: bool,
    /// Who waits for what comes of it.
    caller: Option<oneshot::Sender<Outcome>>,
}

#[derive(Default)]
struct State {
    outbox: VecDeque<Item>,
    posted: u64,
    /// Since when there was no answer.
    away: Option<Instant>,
    failures: u32,
    retry_at: Option<Instant>,
    closed: bool,
}

/// Sends; remembers what could not be sent and since when.
pub(crate) struct Post {
    link: Link,
    address: String,
    outage: Duration,
    state: Mutex<State>,
    bell: watch::Sender<()>,
}

impl Post {
    pub(crate) fn new(link: Link, address: String, outage: Duration) -> Self {
        Self { link, address, outage, state: Mutex::default(), bell: watch::Sender::default() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Waits until something is so, or (None) until the deadline.
    pub(crate) async fn until<T>(
        &self,
        deadline: Option<Instant>,
        mut so: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let mut bell = self.bell.subscribe();
        loop {
            if let Some(found) = so() {
                return Some(found);
            }
            let change = bell.changed();
            match deadline {
                None => drop(change.await),
                Some(at) => drop(tokio::time::timeout_at(at.into(), change).await.ok()?),
            }
        }
    }

    /// Says that something has changed.
    pub(crate) fn ring(&self) {
        self.bell.send_replace(());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.state().outbox.is_empty()
    }

    pub(crate) fn is_away(&self) -> bool {
        self.state().away.is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Refuses all further calls and hangs up; returns how many calls are lost with it.
    pub(crate) fn close(&self) -> usize {
        let mut state = self.state();
        state.closed = true;
        let lost = std::mem::take(&mut state.outbox).len();
        drop(state);
        self.link.hang_up();
        self.ring();
        lost
    }

    // --- questions: each with its own retries ---

    /// Calls with the same key until answered, refused, or out of time.
    pub(crate) async fn ask<Q: Call>(
        &self,
        request: Q,
        one_try: Duration,
        deadline: Option<Instant>,
    ) -> Result<Q::Answer> {
        let mut failures = 0;
        loop {
            let limit = self.limit(one_try, deadline);
            let error = match self.unless_closed(self.link.call(request.clone(), limit)).await? {
                Ok(answer) => {
                    self.reached();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if self.taken_over(&error) {
                let said = self.until(deadline, || self.is_empty().then_some(()));
                self.unless_closed(said).await?;
                continue;
            }
            if !error.is_transient() {
                if !error.is_unheard() {
                    self.reached();
                }
                return Err(error);
            }
            failures += 1;
            self.unreached(&error);
            let wait = backoff(failures, error.pushback());
            let too_late =
                deadline.is_some_and(|at| at.saturating_duration_since(Instant::now()) < wait);
            if too_late || self.outage_is_over(&self.state()) {
                let message = format!(
                    "no answer from ashad at {} in the time given; the last: {error}",
                    self.address
                );
                return Err(Error::new("UNAVAILABLE", "UNREACHABLE", message));
            }
            self.unless_closed(tokio::time::sleep(wait)).await?;
        }
    }

    /// One try of a sign of life.
    pub(crate) async fn beat(&self, attempt: &Attempt) -> Option<HeartbeatResponse> {
        let mut answer = self.link.call(attempt.beat(), HeartbeatRequest::TRY).await;
        if answer.as_ref().is_err_and(|error| self.taken_over(error)) {
            // Behind what is said again.
            let deadline = Instant::now() + HeartbeatRequest::TRY;
            self.until(Some(deadline), || self.is_empty().then_some(())).await?;
            answer = self.link.call(attempt.beat(), HeartbeatRequest::TRY).await;
        }
        match answer {
            Ok(answer) => {
                self.reached();
                return Some(answer);
            }
            Err(error) if error.is_unheard() => self.unreached(&error),
            Err(error) => {
                self.reached();
                warn!("heartbeat of {attempt} was refused: {error}");
                if error.code() == "NOT_FOUND" && !attempt.progress().over() {
                    attempt.progress().end(error.word());
                    self.over(attempt);
                }
            }
        }
        None
    }

    pub(crate) async fn unless_closed<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            biased;
            _ = self.until(None, || self.is_closed().then_some(())) => Err(Error::closed()),
            done = work => Ok(done),
        }
    }

    // --- calls: one sender, in order ---

    /// Puts a call into the outbox. What comes of it is told while its caller need not wait for
    /// a daemon that is away.
    pub(crate) fn put(
        &self,
        attempt: &Arc<Attempt>,
        call: PendingCall,
    ) -> oneshot::Receiver<Outcome> {
        let (caller, outcome) = oneshot::channel();
        let mut state = self.state();
        if state.closed {
            return outcome;
        }
        let caller = if state.away.is_some() && !state.outbox.is_empty() {
            drop(caller.send(Outcome::Queued));
            None
        } else {
            Some(caller)
        };
        state.posted += 1;
        let number = state.posted;
        let attempt = attempt.clone();
        let item = Item { number, attempt, call, tried: false, again: false, caller };
        state.outbox.push_back(item);
        drop(state);
        self.ring();
        outcome
    }

    /// Tries at once what waits, as if the daemon had never been away.
    pub(crate) fn hurry(&self) {
        let mut state = self.state();
        (state.failures, state.retry_at) = (0, None);
        drop(state);
        self.ring();
    }

    /// Works off the outbox, for ever.
    pub(crate) async fn send_all(&self) {
        loop {
            let retry_at = self.state().retry_at;
            let next = || {
                let state = self.state();
                let head = state.outbox.front()?;
                let early = head.tried && state.retry_at.is_some_and(|at| at > Instant::now());
                let (attempt, call) = (head.attempt.clone(), head.call.clone());
                (!early).then_some(Item { attempt, call, caller: None, ..*head })
            };
            if let Some(item) = self.until(retry_at, next).await {
                self.send(item).await;
            }
        }
    }

    /// Tries the oldest call once; it stays where it is while its outcome is unknown.
    async fn send(&self, item: Item) {
        let Item { number, attempt, call, tried, again, .. } = &item;
        let what = call.to_string();
        let held_up = !tried && self.state().away.is_some();
        let limit = self.limit(if held_up { AWAY_TRY } else { Duration::from_secs(30) }, None);
        let is_report = matches!(call, PendingCall::Report(_));
        let sent = match call {
            PendingCall::Report(report) => {
                self.link.call(report.clone(), limit).await.map(|answer| answer.decision)
            }
            PendingCall::Complete(completion) => {
                self.link.call(completion.clone(), limit).await.map(|_| None)
            }
            PendingCall::Fail(failure) => {
                self.link.call(failure.clone(), limit).await.map(|_| None)
            }
            PendingCall::Release(release) => {
                self.link.call(release.clone(), limit).await.map(|_| None)
            }
        };
        if let Err(error) = &sent
            && error.is_unheard()
        {
            self.unreached(error);
            return self.queue_all();
        }
        if sent.as_ref().is_err_and(|error| self.taken_over(error)) {
            return;
        }
        self.reached();
        let caller = self.pop(*number);
        match sent {
            Ok(decision) => {
                self.link.epoch.remember(attempt, call.clone());
                if decision.is_some_and(|decision| attempt.progress().take(decision.into())) {
                    self.over(attempt);
                } else if *again && is_report && attempt.progress().over() && !self.waits(attempt) {
                    // The daemon that is no more had stopped it; nobody trains it now.
                    drop(self.put(attempt, attempt.release()));
                }
                drop(caller.map(|caller| caller.send(Outcome::Answered)));
            }
            Err(error) if error.code() == "NOT_FOUND" => {
                // The study or trial is no more: the loop ends, and nobody is to blame.
                warn!("{attempt}: no more there: {error}");
                attempt.progress().end(error.word());
                self.over(attempt);
            }
            Err(error) => {
                let told = caller
                    .is_some_and(|caller| caller.send(Outcome::Refused(error.clone())).is_ok());
                if !told {
                    self.refused(attempt, &what, is_report, &error);
                }
            }
        }
        self.ring();
    }

    /// Whether a standby took over; what it may not know then goes before all that waits.
    fn taken_over(&self, error: &Error) -> bool {
        if error.reason() != TAKEN_OVER {
            return false;
        }
        self.reached();
        let said = self.link.epoch.change(error.epoch());
        if !said.is_empty() {
            warn!("epoch {}: a standby took over; said again: {}", error.epoch(), said.len());
            let mut state = self.state();
            for (attempt, call) in said.into_iter().rev() {
                state.posted += 1;
                let number = state.posted;
                let item = Item { number, attempt, call, tried: false, again: true, caller: None };
                state.outbox.push_front(item);
            }
            drop(state);
            self.ring();
        }
        true
    }

    /// Whether more of an attempt waits to be sent.
    fn waits(&self, attempt: &Arc<Attempt>) -> bool {
        self.state().outbox.iter().any(|item| Arc::ptr_eq(&item.attempt, attempt))
    }

    /// Ends the loop of a queued report that was refused, since nobody waits to be told.
    fn refused(&self, attempt: &Arc<Attempt>, what: &str, is_report: bool, error: &Error) {
        let text = format!("{what} of {attempt} was refused: {error}");
        error!("{text}");
        if is_report {
            attempt.progress().end(error.word());
            self.over(attempt);
            drop(self.put(attempt, attempt.failure(FailureKind::Error, &text)));
        }
    }

    /// Drops what still waits of an attempt that has ended: it counts for nothing.
    pub(crate) fn over(&self, attempt: &Attempt) {
        self.state().outbox.retain(|item| !std::ptr::eq(Arc::as_ptr(&item.attempt), attempt));
        self.ring();
        let progress = attempt.progress();
        if progress.decision.reason == "SUPERSEDED" {
            warn!("{attempt}: taken over by attempt {}", progress.decision.current_attempt);
        }
    }

    /// Takes the oldest call out, if it was not dropped meanwhile; returns who waits for it.
    fn pop(&self, number: u64) -> Option<oneshot::Sender<Outcome>> {
        let mut state = self.state();
        let found = state.outbox.front().is_some_and(|head| head.number == number);
        if found { state.outbox.pop_front()?.caller } else { None }
    }

    /// Lets everybody go on who waits for a call.
    fn queue_all(&self) {
        for item in &mut self.state().outbox {
            item.tried = true;
            if let Some(caller) = item.caller.take() {
                drop(caller.send(Outcome::Queued));
            }
        }
    }

    // --- the daemon comes and goes ---

    fn reached(&self) {
        let mut state = self.state();
        (state.failures, state.retry_at) = (0, None);
        if let Some(since) = state.away.take() {
            let waiting = state.outbox.len();
            warn!("ashad is back after {:.1?}; calls that wait: {waiting}", since.elapsed());
            drop(state);
            self.ring();
        }
    }

    /// Notes that the daemon did not answer, or was too busy; gives up when the outage is over.
    fn unreached(&self, error: &Error) {
        let mut state = self.state();
        if state.away.is_none() {
            warn!("no service from ashad at {}, trying on: {error}", self.address);
        }
        state.away.get_or_insert_with(Instant::now);
        state.failures = state.failures.saturating_add(1);
        state.retry_at = Some(Instant::now() + backoff(state.failures, error.pushback()));
        let given_up = self.outage_is_over(&state);
        let lost = if given_up { std::mem::take(&mut state.outbox) } else { VecDeque::new() };
        drop(state);
        if let Some(head) = lost.front() {
            error!("ashad stayed away too long; calls lost: {}", lost.len());
            head.attempt.progress().end("OUTAGE");
        }
        self.ring();
    }

    fn outage_is_over(&self, state: &State) -> bool {
        state.away.is_some_and(|since| since.elapsed() >= self.outage)
    }

    /// How long one try may take: no longer than the caller, or the outage, has left.
    fn limit(&self, one_try: Duration, deadline: Option<Instant>) -> Duration {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let outage = self.state().away.map(|since| self.outage.saturating_sub(since.elapsed()));
        one_try
            .min(left.unwrap_or(one_try))
            .min(outage.unwrap_or(one_try))
            .max(Duration::from_millis(10))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
