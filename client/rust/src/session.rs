//! One client: the trial it holds, and its life. It holds at most one running trial, since its
//! worker id stands for one holder.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{debug, error, info, warn};
use uuid::Uuid;

use crate::attempt::{Attempt, PendingCall};
use crate::decision::{Action, Decision};
use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::post::{AWAY_TRY, Outcome, Post};
use crate::proto;
use crate::proto::suggest_response::Outcome as Suggested;
use crate::rpc::{Call, Link, on_client_thread, runtime};
use crate::settings::{Options, Settled};

/// Not to hang up on an answer: it may be a trial.
const GRACE: Duration = Duration::from_secs(5);
const NO_DELAY: Duration = Duration::from_secs(1); // where a daemon names none

pub(crate) struct Session {
    pub(crate) post: Post,
    pub(crate) worker: String,
    options: Options,
    state: Mutex<State>,
}

#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
struct State {
    held: Option<Arc<Attempt>>,
    /// The body of the loop let go of the held trial; whether it ended will show.
    left: bool,
    /// A Suggest is under way.
    asking: bool,
    unanswered: Option<WorkRequest>,
    beat_at: Option<Instant>,
    closing: bool,
    /// No handle is left that could ask for anything.
    abandoned: bool,
}

/// Study and key of a Suggest whose answer is not known: it may be a trial. With another key the
/// daemon would take the worker for one that was started anew, and that trial for lost.
#[derive(Clone, PartialEq)]
struct WorkRequest {
    study: String,
    key: String,
}

impl State {
    /// When the next sign of life is due; `None` where nothing is trained.
    fn beat_due(&self) -> Option<Instant> {
        self.beat_at.filter(|_| self.held.as_ref().is_some_and(|held| !held.progress().over()))
    }
}

impl Session {
    pub(crate) fn start(options: Options, settled: Settled) -> Result<Arc<Self>> {
        let runtime = runtime()?;
        let addresses: Vec<_> =
            settled.ways.iter().map(|(place, _)| place.address.clone()).collect();
        let link = {
            let _inside = runtime.enter();
            Link::new(settled.ways, settled.token_file.as_ref(), Epoch::new(&settled.worker))
        };
        let post = Post::new(link, addresses.join(","), options.outage);
        let session =
            Arc::new(Self { post, worker: settled.worker, options, state: Mutex::default() });
        runtime.spawn(session.clone().keep());
        Ok(session)
    }

    // --- asking for work ---

    /// Asks until there is a trial, or the study is finished (None).
    pub(crate) async fn suggest(
        self: &Arc<Self>,
        study: &str,
        timeout: Option<Duration>,
    ) -> Result<Option<Arc<Attempt>>> {
        let _turn = self.take_turn()?;
        let (session, study) = (self.clone(), study.to_owned());
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let assignment =
            on_client_thread(async move { session.ask_for_work(&study, deadline).await }).await??;
        // Here, since a caller that has gone must hold nothing.
        assignment.map(|assignment| self.hold(Attempt::new(assignment)?)).transpose()
    }

    /// Settles what is held but over, and refuses a second trial.
    fn take_turn(self: &Arc<Self>) -> Result<Turn> {
        self.settle_left();
        let mut state = self.state();
        if state.closing {
            return Err(Error::closed());
        }
        let alive = state.held.as_ref().filter(|held| !held.progress().over());
        if state.asking || alive.is_some() {
            let what = alive.map_or("a request for a trial".to_owned(), ToString::to_string);
            return Err(Error::new(
                "FAILED_PRECONDITION",
                "TRIAL_HELD",
                format!(
                    "this client still holds {what}, and a worker id stands for one running trial: \
                 finish it first, or connect() a second client"
                ),
            ));
        }
        state.asking = true;
        let held = state.held.take();
        drop(state);
        if let Some(held) = held {
            drop(self.end(&held, held.release()));
        }
        Ok(Turn(self.clone()))
    }

    async fn ask_for_work(
        &self,
        study: &str,
        deadline: Option<Instant>,
    ) -> Result<Option<proto::Assignment>> {
        // What is still to be said of the last trial comes first, or it would come back to us.
        self.flush(study, deadline).await?;
        let before = self.state().unanswered.clone().filter(|before| before.study != study);
        if let Some(before) = before {
            self.take_back(&before, proto::SuggestRequest::TRY, deadline.map(|at| at + GRACE))
                .await?;
            self.flush(study, deadline).await?;
        }
        loop {
            let outcome = self.ask_once(study, deadline).await?;
            let Suggested::Wait(wait) = outcome else {
                let Suggested::Assignment(assignment) = outcome else {
                    info!("study {study} is finished: {outcome:?}");
                    return Ok(None);
                };
                return Ok(Some(assignment));
            };
            debug!("no trial of {study} now: {}", wait.reason);
            let delay = wait.delay.and_then(|delay| Duration::try_from(delay).ok());
            let delay = delay.filter(|delay| !delay.is_zero()).unwrap_or(NO_DELAY);
            if deadline.is_some_and(|at| at.saturating_duration_since(Instant::now()) < delay) {
                return Err(out_of_time(study, &wait.reason));
            }
            self.post.unless_closed(tokio::time::sleep(delay)).await?;
        }
    }

    async fn ask_once(&self, study: &str, deadline: Option<Instant>) -> Result<Suggested> {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(out_of_time(study, "the daemon is away"));
        }
        let max_wait = self.options.max_wait.min(left.unwrap_or(Duration::MAX));
        let request = self.request(study);
        let one_try = proto::SuggestRequest::TRY + max_wait;
        self.make(&request, max_wait, one_try, deadline.map(|at| at + GRACE)).await
    }

    /// The one whose answer is not known, or a new one.
    fn request(&self, study: &str) -> WorkRequest {
        let new = || WorkRequest { study: study.to_owned(), key: Uuid::new_v4().to_string() };
        self.state().unanswered.get_or_insert_with(new).clone()
    }

    fn unanswered(&self, so: impl Fn(&State) -> bool) -> Option<WorkRequest> {
        let state = self.state();
        state.unanswered.clone().filter(|_| so(&state))
    }

    /// Makes a request; it is kept until an assignment is in hand, or there is another answer.
    async fn make(
        &self,
        request: &WorkRequest,
        max_wait: Duration,
        one_try: Duration,
        deadline: Option<Instant>,
    ) -> Result<Suggested> {
        let message = proto::SuggestRequest {
            study: request.study.clone(),
            worker: self.worker.clone(),
            request_id: request.key.clone(),
            max_wait: prost_types::Duration::try_from(max_wait).ok(),
            ..Default::default()
        };
        let answer = self.post.ask(message, one_try, deadline).await;
        let outcome = answer.map(|answer| answer.outcome);
        let unknown = outcome.as_ref().is_err_and(is_undecided);
        if !unknown && !matches!(outcome, Ok(Some(Suggested::Assignment(_)))) {
            self.state().unanswered.take_if(|kept| kept == request);
        }
        outcome?.ok_or_else(|| {
            Error::invalid("the daemon sent an answer that this client does not know: upgrade it")
        })
    }

    /// Gives back what a request was answered with that nobody waits for any more.
    async fn take_back(
        &self,
        request: &WorkRequest,
        one_try: Duration,
        deadline: Option<Instant>,
    ) -> Result<()> {
        match self.make(request, Duration::ZERO, one_try, deadline).await {
            Ok(Suggested::Assignment(assignment)) => {
                self.state().unanswered = None;
                let attempt = Attempt::new(assignment)?;
                drop(self.end(&attempt, attempt.release()));
                Ok(())
            }
            Err(error) if is_undecided(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Waits until nothing is left to be said.
    async fn flush(&self, study: &str, deadline: Option<Instant>) -> Result<()> {
        let empty = || (self.post.is_empty() || self.is_closing()).then_some(());
        let flushed = self.post.until(deadline, empty).await;
        flushed.ok_or_else(|| out_of_time(study, "the daemon is away"))
    }

    fn hold(&self, attempt: Arc<Attempt>) -> Result<Arc<Attempt>> {
        info!("{attempt}: {}", attempt.params);
        let mut state = self.state();
        state.unanswered = None;
        if state.closing {
            drop(state);
            drop(self.end(&attempt, attempt.release()));
            return Err(Error::closed());
        }
        (state.held, state.left) = (Some(attempt.clone()), false);
        state.beat_at = Instant::now().checked_add(attempt.heartbeat);
        drop(state);
        self.post.ring();
        Ok(attempt)
    }

    // --- the life of an attempt ---

    /// Reports and learns the decision; while the daemon is away, queues and goes on.
    pub(crate) async fn report(
        &self,
        attempt: &Arc<Attempt>,
        resource: i64,
        call: PendingCall,
    ) -> Result<Decision> {
        if !attempt.progress().open() {
            return Ok(attempt.progress().decision.clone());
        }
        let outcome = self.post.put(attempt, call).await;
        let mut progress = attempt.progress();
        match outcome {
            Ok(Outcome::Refused(error)) if !progress.over() => return Err(error),
            Ok(Outcome::Queued) if !progress.over() => {
                progress.position = progress.position.max(resource);
                return Ok(Decision::own(Action::Continue, "UNREACHABLE"));
            }
            _ => progress.position = progress.position.max(resource),
        }
        Ok(progress.decision.clone())
    }

    /// Ends an attempt from this side, once; a refusal is logged, since training is over.
    pub(crate) async fn settle(&self, attempt: &Arc<Attempt>, call: PendingCall) {
        if let Some(outcome) = self.end(attempt, call)
            && let Ok(Outcome::Refused(error)) = outcome.await
        {
            warn!("the end of {attempt} was refused: {error}");
        }
    }

    /// The same without waiting for the daemon.
    pub(crate) fn end(
        &self,
        attempt: &Arc<Attempt>,
        call: PendingCall,
    ) -> Option<tokio::sync::oneshot::Receiver<Outcome>> {
        let mut outcome = None;
        let mut progress = attempt.progress();
        if progress.open() {
            // As told: nothing more is trained.
            let call = if progress.over() { attempt.release() } else { call };
            let reason = if progress.over() {
                progress.decision.reason.clone()
            } else {
                call.reason().to_owned()
            };
            progress.end(&reason);
            outcome = Some(self.post.put(attempt, call));
        }
        drop(progress);
        let mut state = self.state();
        if state.held.as_ref().is_some_and(|held| Arc::ptr_eq(held, attempt)) {
            state.held = None;
        }
        drop(state);
        self.post.ring();
        outcome
    }

    /// Notes that the body of a loop let go of its trial.
    pub(crate) fn leave(&self, attempt: &Arc<Attempt>) {
        let mut state = self.state();
        state.left |= state.held.as_ref().is_some_and(|held| Arc::ptr_eq(held, attempt));
    }

    /// Gives back the trial of a loop that was left.
    pub(crate) fn settle_left(&self) {
        let state = self.state();
        let left = state.held.clone().filter(|_| state.left);
        drop(state);
        if let Some(attempt) = left {
            drop(self.end(&attempt, attempt.release()));
        }
    }

    // --- other questions ---

    /// Makes a call about a study.
    pub(crate) async fn ask<Q: Call>(self: &Arc<Self>, request: Q) -> Result<Q::Answer> {
        let session = self.clone();
        let deadline = Instant::now().checked_add(self.options.call_timeout);
        on_client_thread(async move { session.post.ask(request, Q::TRY, deadline).await }).await?
    }

    /// Asks for the stored decision; no while the daemon cannot be reached.
    pub(crate) async fn ask_stop(
        self: &Arc<Self>,
        study: &str,
        trial: i64,
        attempt: i32,
    ) -> Result<bool> {
        let request = proto::ShouldStopRequest { study: study.to_owned(), trial, attempt };
        let (session, one_try) = (self.clone(), proto::ShouldStopRequest::TRY);
        let asked = on_client_thread(async move {
            session.post.ask(request, one_try, Some(Instant::now() + one_try)).await
        });
        match asked.await? {
            Ok(answer) => Ok(answer.should_stop),
            Err(error) if error.is_transient() => Ok(false),
            Err(error) => Err(error),
        }
    }

    // --- background and end ---

    async fn keep(self: Arc<Self>) {
        let done = self.post.until(None, || {
            let state = self.state();
            let idle = state.held.is_none() && !state.asking && self.post.is_empty();
            (self.post.is_closed() || state.abandoned && idle).then_some(())
        });
        tokio::select! {
            () = self.post.send_all() => {}
            () = self.beat_all() => {}
            _ = done => {}
        }
    }

    /// Gives signs of life of the trial that is held, for ever.
    async fn beat_all(&self) {
        loop {
            let due = self.state().beat_due();
            let changed = || (self.state().beat_due() != due).then_some(());
            if self.post.until(due, changed).await.is_none()
                && let Some(attempt) = self.next_to_beat()
            {
                self.beat(&attempt).await;
            }
        }
    }

    fn next_to_beat(&self) -> Option<Arc<Attempt>> {
        let mut state = self.state();
        let attempt = state.held.clone()?;
        state.beat_at = Instant::now().checked_add(attempt.heartbeat);
        let left = state.left;
        drop(state);
        if left {
            self.settle_left(); // nobody trains it any more, so it is not kept alive
        }
        (!left).then_some(attempt)
    }

    async fn beat(&self, attempt: &Attempt) {
        let answer = self.post.beat(attempt).await.and_then(|answer| answer.decision);
        let Some(decision) = answer.map(Decision::from) else { return };
        let mut progress = attempt.progress();
        // Only an end is news: a CONTINUE may be older than the report that is under way.
        if decision.should_stop() && !progress.over() {
            let told = decision.reason != "SUPERSEDED";
            progress.take(decision);
            progress.told = told;
            drop(progress);
            if !told {
                self.post.over(attempt);
            }
        }
    }

    /// Notes that no handle is left: what is still to be sent is sent, and that is all.
    pub(crate) fn abandon(&self) {
        self.state().abandoned = true;
        self.post.ring();
    }

    /// Gives back what is held, sends what waits, then refuses all calls.
    pub(crate) async fn close(self: &Arc<Self>) {
        let session = self.clone();
        let closing = async move {
            session.give_back();
            session.post.hurry();
            let deadline = Instant::now().checked_add(session.options.close_timeout);
            session.post.until(deadline, || session.post.is_empty().then_some(())).await;
            session.give_back_unanswered(deadline).await;
            let lost = session.post.close();
            if lost > 0 {
                error!("ashad is away; calls lost: {lost}");
            }
        };
        if let Ok(runtime) = runtime() {
            drop(runtime.spawn(closing).await); // goes on though nobody waits for it
        }
    }

    fn give_back(&self) {
        let mut state = self.state();
        state.closing = true;
        let held = state.held.clone();
        drop(state);
        if let Some(attempt) = held {
            drop(self.end(&attempt, attempt.release()));
        }
    }

    async fn give_back_unanswered(&self, deadline: Option<Instant>) {
        if let Some(request) = self.unanswered(|state| !state.asking && !self.post.is_away()) {
            let end = Instant::now() + AWAY_TRY;
            if self.take_back(&request, AWAY_TRY, Some(end)).await.is_ok() {
                self.post.until(deadline, || self.post.is_empty().then_some(())).await;
            }
        }
    }

    fn is_closing(&self) -> bool {
        self.state().closing
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to ask for a trial.
struct Turn(Arc<Session>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.state().asking = false;
        self.0.post.ring();
    }
}

/// Whether nobody knows what came of a request.
fn is_undecided(error: &Error) -> bool {
    error.is_unheard() || error.reason() == "CLIENT_CLOSED"
}

fn out_of_time(study: &str, why: &str) -> Error {
    Error::new(
        "DEADLINE_EXCEEDED",
        "NO_TRIAL",
        format!("no trial of {study} in the time given: {why}"),
    )
}
