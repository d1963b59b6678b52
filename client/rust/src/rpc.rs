//! The calls of the contract that the client makes: their paths, their answers, and how long one
//! try may take; and one try of one call. The only module that talks to the transport.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, client::Grpc, metadata::AsciiMetadataValue};
use tonic_prost::ProstCodec;

use crate::diagnosis::Place;
use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::{proto, settings};

/// A study with a large space, in a list, is longer than the 4 MiB of gRPC's own limit.
const LONGEST_ANSWER: usize = 16 << 20;

/// Of a daemon that another one has taken over from.
const SUPERSEDED: &str = "DAEMON_SUPERSEDED";

/// A request, which has one rpc.
pub(crate) trait Call: prost::Message + Clone + 'static {
    type Answer: prost::Message + Default + 'static;
    const PATH: &'static str;
    const TRY: Duration;
}

macro_rules! calls {
    ($service:literal: $($name:ident($request:ident) -> $answer:ident, $seconds:literal;)*) => {$(
        impl Call for proto::$request {
            type Answer = proto::$answer;
            const PATH: &'static str = concat!("/ashad.v1.", $service, "/", stringify!($name));
            const TRY: Duration = Duration::from_secs($seconds);
        }
    )*};
}

calls! { "SchedulerService":
    Suggest(SuggestRequest) -> SuggestResponse, 30;
    Report(ReportRequest) -> ReportResponse, 30;
    ShouldStop(ShouldStopRequest) -> ShouldStopResponse, 5;
    Heartbeat(HeartbeatRequest) -> HeartbeatResponse, 5;
    CompleteTrial(CompleteTrialRequest) -> CompleteTrialResponse, 30;
    FailTrial(FailTrialRequest) -> FailTrialResponse, 30;
    ReleaseTrial(ReleaseTrialRequest) -> ReleaseTrialResponse, 30;
}

calls! { "StudyService":
    CreateStudy(CreateStudyRequest) -> CreateStudyResponse, 30;
    GetStudy(GetStudyRequest) -> GetStudyResponse, 30;
    ListStudies(ListStudiesRequest) -> ListStudiesResponse, 30;
    UpdateStudy(UpdateStudyRequest) -> UpdateStudyResponse, 30;
    ChangeSpace(ChangeSpaceRequest) -> ChangeSpaceResponse, 30;
    PauseStudy(PauseStudyRequest) -> PauseStudyResponse, 30;
    ResumeStudy(ResumeStudyRequest) -> ResumeStudyResponse, 30;
    StopStudy(StopStudyRequest) -> StopStudyResponse, 30;
    DeleteStudy(DeleteStudyRequest) -> DeleteStudyResponse, 30;
    EnqueueTrial(EnqueueTrialRequest) -> EnqueueTrialResponse, 30;
    CancelTrial(CancelTrialRequest) -> CancelTrialResponse, 30;
    GetBestTrial(GetBestTrialRequest) -> GetBestTrialResponse, 30;
    GetTrial(GetTrialRequest) -> GetTrialResponse, 30;
    ListTrials(ListTrialsRequest) -> ListTrialsResponse, 30;
    ListReports(ListReportsRequest) -> ListReportsResponse, 30;
    ExplainTrial(ExplainTrialRequest) -> ExplainTrialResponse, 30;
}

/// How long to wait after the n-th failure in a row: full jitter, 0.5 s doubling up to 20 s.
///
/// What the daemon asked for comes on top, so that those it turned away do not return together.
pub(crate) fn backoff(failures: u32, pushback: Duration) -> Duration {
    let ceiling = (0.5 * 2f64.powi(failures.saturating_sub(1).min(16).cast_signed())).min(20.0);
    // 32 of the random bits of an id: no secret, and no crate more.
    let share = f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX);
    pushback + Duration::from_secs_f64(ceiling * share)
}

/// A line to each address. One of them is called; where nothing answers there the next is tried,
/// with the same request, and kept to as long as it answers.
pub(crate) struct Link {
    lines: Vec<Line>,
    /// Shown with each try; learns what stands beside the answer.
    pub(crate) epoch: Epoch,
    at: AtomicUsize, // the line that answered last
}

impl Link {
    /// Within the runtime that the connections are to live on.
    pub(crate) fn new(
        ways: Vec<(Place, Endpoint)>,
        token_file: Option<&PathBuf>,
        epoch: Epoch,
    ) -> Self {
        let line = |(place, endpoint): (Place, Endpoint)| Line {
            channel: Mutex::new(Some(endpoint.connect_lazy())),
            place,
            token_file: token_file.cloned(),
        };
        Self { lines: ways.into_iter().map(line).collect(), epoch, at: AtomicUsize::new(0) }
    }

    /// Makes one try of one call, at one address after the other. Never retries.
    #[expect(clippy::indexing_slicing, reason = "a remainder is below the length")]
    pub(crate) async fn call<Q: Call>(&self, request: Q, limit: Duration) -> Result<Q::Answer> {
        let begun = Instant::now();
        let first = self.at.load(Ordering::Relaxed);
        let mut step = 0;
        loop {
            let at = (first + step) % self.lines.len();
            let left = limit.saturating_sub(begun.elapsed());
            step += 1;
            match self.lines[at].call(request.clone(), left, &self.epoch).await {
                Err(error)
                    if self.passes_on(&error, at)
                        && step < self.lines.len()
                        && begun.elapsed() < limit => {}
                answer => return answer,
            }
        }
    }

    pub(crate) fn hang_up(&self) {
        for line in &self.lines {
            *line.channel.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Leaves an address where nothing answers; whether to try the next at once.
    fn passes_on(&self, error: &Error, at: usize) -> bool {
        let mute = error.code() == "UNAVAILABLE";
        let away = error.reason().is_empty() && (mute || error.code() == "DEADLINE_EXCEEDED");
        if !away && error.reason() != SUPERSEDED {
            return false;
        }
        let next = (at + 1) % self.lines.len();
        let _ = self.at.compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed);
        mute
    }
}

/// The connection to one address. It opens when first used, and again at the next try after it
/// broke.
struct Line {
    channel: Mutex<Option<Channel>>,
    place: Place,
    token_file: Option<PathBuf>,
}

impl Line {
    async fn call<Q: Call>(&self, request: Q, limit: Duration, epoch: &Epoch) -> Result<Q::Answer> {
        let begun = Instant::now();
        let late = || Error::new("DEADLINE_EXCEEDED", "", format!("no answer in {limit:?}"));
        let sent = Box::pin(self.send(request, limit, epoch)); // a study is large
        match tokio::time::timeout(limit, sent).await.map_err(|_| late())? {
            // The transport keeps the same deadline, and may be quicker.
            Err(error) if error.is_transient() && begun.elapsed() >= limit => Err(late()),
            Err(error) if error.code() == "UNAVAILABLE" && error.reason().is_empty() => {
                let left = limit.saturating_sub(begun.elapsed());
                let wrong = tokio::time::timeout(left, self.place.diagnose()).await;
                Err(wrong.ok().flatten().unwrap_or(error))
            }
            answer => answer,
        }
    }

    async fn send<Q: Call>(&self, request: Q, limit: Duration, epoch: &Epoch) -> Result<Q::Answer> {
        let channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = Request::new(request);
        request.set_timeout(limit);
        epoch.show(request.metadata_mut());
        if let Some(path) = &self.token_file {
            let token = settings::token(path, tokio::fs::read_to_string(path).await)?;
            let mut value = AsciiMetadataValue::try_from(format!("Bearer {token}"))
                .map_err(|_| Error::invalid("token_file: it holds no token"))?;
            value.set_sensitive(true);
            request.metadata_mut().insert("authorization", value);
        }
        let mut grpc =
            Grpc::new(channel.ok_or_else(Error::closed)?).max_decoding_message_size(LONGEST_ANSWER);
        let ready = grpc.ready().await;
        ready.map_err(|error| Error::from_status(&Status::from_error(error.into())))?;
        let path = PathAndQuery::from_static(Q::PATH);
        let answer = grpc.unary(request, path, ProstCodec::default()).await;
        let answer = answer.map_err(|status| Error::from_status(&status))?;
        epoch.hear(answer.metadata());
        Ok(answer.into_inner())
    }
}

/// The one thread of this crate, on which all clients talk to their daemons: a training step may
/// block the caller's executor for hours, and heartbeats must go on. It lives with the process.
pub(crate) fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let make = || {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("ashad-client")
            .enable_all()
            .build()
    };
    RUNTIME
        .get_or_init(make)
        .as_ref()
        .map_err(|error| Error::new("UNKNOWN", "", format!("no thread for the client: {error}")))
}

/// Does work on that thread, which ends with its caller's interest in it.
pub(crate) async fn on_client_thread<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    struct Abort<T>(JoinHandle<T>);
    impl<T> Drop for Abort<T> {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let mut task = Abort(runtime()?.spawn(work));
    (&mut task.0)
        .await
        .map_err(|error| Error::new("UNKNOWN", "", format!("the client broke: {error}")))
}
