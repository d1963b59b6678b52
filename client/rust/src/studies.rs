//! The calls about studies: what people and tools ask. Each returns an error for a refusal.

use std::vec;

use uuid::Uuid;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::proto;
use crate::proto::parameter_spec::Kind;
use crate::values::{Params, Value};

const PAGE: i32 = 1000;

/// A trial by its best report so far or, of a front, by its latest.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Best {
    /// Trial.
    pub trial: i64,
    /// Resource at which it was reached.
    pub resource: i64,
    /// The metric.
    pub value: f64,
    /// The configuration.
    pub params: Params,
    /// The seed that each attempt of the trial was given.
    pub seed: Option<i64>,
    /// The other metrics of that report, by name.
    pub metrics: Vec<(String, f64)>,
    /// Named with that report, or empty; only the trial's latest is sure to be there still.
    pub checkpoint: String,
}

impl Best {
    fn read(trial: proto::Trial, report: proto::StoredReport) -> Result<Self> {
        Ok(Self {
            trial: trial.trial,
            resource: report.resource,
            value: report.value.unwrap_or(f64::NAN),
            params: Params::read(trial.params)?,
            seed: trial.seed,
            metrics: report.metrics.into_iter().map(|one| (one.name, one.value)).collect(),
            checkpoint: report.checkpoint_uri,
        })
    }
}

/// A study that was made, or was there with an equal spec.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CreatedStudy {
    /// As it stands.
    pub study: proto::Study,
    /// Whether this call made it.
    pub created: bool,
}

/// Calls that take the name of a study and return it as it stands.
macro_rules! on_study {
    ($($(#[$doc:meta])* $verb:ident: $request:ident;)*) => {
        #[allow(missing_docs, clippy::missing_errors_doc)] // each has its own below
        impl Client {$(
            $(#[$doc])*
            pub async fn $verb(&self, name: &str) -> Result<proto::Study> {
                let answer = self.session().ask(proto::$request { study: name.to_owned() }).await?;
                present(answer.study)
            }
        )*}
    };
}

on_study! {
    /// Returns a study as it stands.
    study: GetStudyRequest;
    /// Hands out no more trials until resumed; running trials go on.
    pause_study: PauseStudyRequest;
    /// Ends a pause.
    resume_study: ResumeStudyRequest;
    /// Ends a study for good: running trials are told to stop.
    stop_study: StopStudyRequest;
}

#[allow(clippy::missing_errors_doc)] // said once, above
impl Client {
    /// Makes a study. The same name with an equal spec returns what is there; with another spec it
    /// is refused with `STUDY_EXISTS`, and the error names what differs.
    pub async fn create_study(&self, name: &str, spec: proto::StudySpec) -> Result<CreatedStudy> {
        let answer = self.session().ask(proto::CreateStudyRequest {
            study: name.to_owned(),
            spec: Some(spec),
            request_id: Uuid::new_v4().to_string(),
            validate_only: false,
        });
        let answer = answer.await?;
        Ok(CreatedStudy { study: present(answer.study)?, created: answer.created })
    }

    /// Changes those limits that are set.
    pub async fn update_study(
        &self,
        name: &str,
        limits: proto::StudyLimits,
    ) -> Result<proto::Study> {
        let request = proto::UpdateStudyRequest {
            study: name.to_owned(),
            limits: Some(limits),
            update_mask: None,
        };
        present(self.session().ask(request).await?.study)
    }

    /// Removes limits, by their names in the contract, e.g. `max_trials`.
    pub async fn remove_limits(&self, name: &str, limits: &[&str]) -> Result<proto::Study> {
        let paths = limits.iter().map(ToString::to_string).collect();
        let request = proto::UpdateStudyRequest {
            study: name.to_owned(),
            limits: Some(proto::StudyLimits::default()),
            update_mask: Some(prost_types::FieldMask { paths }),
        };
        present(self.session().ask(request).await?.study)
    }

    /// Draws new trials from another space. The parameters in `space` change or are added, all others
    /// stay as they are; `past` has the value of each added one that the trials until now had without
    /// it. Refused with `SPACE_VERSION_CHANGED` where someone else has changed it meanwhile.
    pub async fn change_space<N: Into<String>, V: Into<Value>>(
        &self,
        name: &str,
        space: impl IntoIterator<Item = proto::ParameterSpec>,
        past: impl IntoIterator<Item = (N, V)>,
    ) -> Result<proto::Study> {
        let request = self.space_change(name, space.into_iter().collect(), written(past)).await?;
        present(self.session().ask(request).await?.study)
    }

    /// Checks what [`change_space`](Self::change_space) would do, and changes nothing.
    pub async fn check_space<N: Into<String>, V: Into<Value>>(
        &self,
        name: &str,
        space: impl IntoIterator<Item = proto::ParameterSpec>,
        past: impl IntoIterator<Item = (N, V)>,
    ) -> Result<proto::Study> {
        let request = self.space_change(name, space.into_iter().collect(), written(past)).await?;
        let request = proto::ChangeSpaceRequest { validate_only: true, ..request };
        present(self.session().ask(request).await?.study)
    }

    async fn space_change(
        &self,
        name: &str,
        changes: Vec<proto::ParameterSpec>,
        past_values: Vec<proto::Parameter>,
    ) -> Result<proto::ChangeSpaceRequest> {
        let now = self.study(name).await?;
        let mut space = now.spec.map(|spec| spec.space).unwrap_or_default();
        for change in changes {
            match space.iter_mut().find(|one| one.name == change.name) {
                Some(one) => *one = change,
                None => space.push(change),
            }
        }
        Ok(proto::ChangeSpaceRequest {
            study: name.to_owned(),
            space,
            past_values,
            request_id: Uuid::new_v4().to_string(),
            if_version: now.space_versions.last().map_or(0, |one| one.version),
            validate_only: false,
        })
    }

    /// Deletes a study with all its trials; `force` even while trials are running.
    pub async fn delete_study(&self, name: &str, force: bool) -> Result<()> {
        let request = proto::DeleteStudyRequest { study: name.to_owned(), force };
        self.session().ask(request).await.map(drop)
    }

    /// Returns the best result of a study so far; `None` before the first valid report. Of a study that
    /// is judged by fronts it is the best by the first objective alone: see [`front`](Self::front).
    pub async fn best(&self, name: &str) -> Result<Option<Best>> {
        let found = self.best_trial(name).await?;
        let Some(trial) = found.trial else { return Ok(None) };
        let best = Best::read(trial, present(found.report)?)?;
        Ok(Some(Best { value: found.value, ..best }))
    }

    /// Returns the trials of a study that no other dominates, by the first objective: of a study with
    /// `Combination::Pareto`, by the latest report of each trial. Empty before the first report, and of
    /// any other study; at most 1000.
    pub async fn front(&self, name: &str) -> Result<Vec<Best>> {
        let front = self.best_trial(name).await?.front.into_iter();
        front.map(|one| Best::read(present(one.trial)?, present(one.report)?)).collect()
    }

    async fn best_trial(&self, name: &str) -> Result<proto::GetBestTrialResponse> {
        let request = proto::GetBestTrialRequest { study: name.to_owned(), by: 0 };
        self.session().ask(request).await
    }

    /// Queues a configuration of your own; a parameter left out is drawn.
    pub async fn enqueue_trial<N: Into<String>, V: Into<Value>>(
        &self,
        name: &str,
        params: impl IntoIterator<Item = (N, V)>,
    ) -> Result<proto::Trial> {
        let params = written(params);
        let request = proto::EnqueueTrialRequest {
            study: name.to_owned(),
            configuration: Some(proto::Configuration { params }),
            request_id: Uuid::new_v4().to_string(),
        };
        present(self.session().ask(request).await?.trial)
    }

    /// Cancels a trial; a running one is told to stop at its next call.
    pub async fn cancel_trial(&self, name: &str, trial: i64) -> Result<proto::Trial> {
        let request = proto::CancelTrialRequest { study: name.to_owned(), trial };
        present(self.session().ask(request).await?.trial)
    }

    /// Returns a trial as it stands.
    pub async fn get_trial(&self, name: &str, trial: i64) -> Result<proto::Trial> {
        let request = proto::GetTrialRequest { study: name.to_owned(), trial };
        present(self.session().ask(request).await?.trial)
    }

    /// Returns each decision about a trial at a rung, with the rung as it was.
    pub async fn explain_trial(
        &self,
        name: &str,
        trial: i64,
    ) -> Result<proto::ExplainTrialResponse> {
        self.session().ask(proto::ExplainTrialRequest { study: name.to_owned(), trial }).await
    }

    /// All studies, by name.
    #[must_use]
    pub fn studies(&self) -> Pages<proto::ListStudiesRequest> {
        self.pages(proto::ListStudiesRequest { page_size: PAGE, ..Default::default() })
    }

    /// The trials of a study by number; of some states only, or (none given) all.
    #[must_use]
    pub fn list_trials(
        &self,
        name: &str,
        states: &[proto::TrialState],
    ) -> Pages<proto::ListTrialsRequest> {
        self.pages(proto::ListTrialsRequest {
            study: name.to_owned(),
            page_size: PAGE,
            states: states.iter().map(|state| i32::from(*state)).collect(),
            ..Default::default()
        })
    }

    /// The reports of a study, or of one trial, in the order they were committed.
    #[must_use]
    pub fn list_reports(&self, name: &str, trial: Option<i64>) -> Pages<proto::ListReportsRequest> {
        self.pages(proto::ListReportsRequest {
            study: name.to_owned(),
            trial,
            page_size: PAGE,
            ..Default::default()
        })
    }

    fn pages<Q: Paged>(&self, request: Q) -> Pages<Q> {
        Pages { client: self.clone(), request: Some(request), page: Vec::new().into_iter() }
    }
}

/// A list that comes page by page.
#[derive(Debug)]
pub struct Pages<Q: Paged> {
    client: Client,
    request: Option<Q>,
    page: vec::IntoIter<Q::Item>,
}

impl<Q: Paged> Pages<Q> {
    /// Returns the next of the list; `None` at its end.
    ///
    /// # Errors
    /// Whatever the daemon refuses.
    pub async fn next(&mut self) -> Result<Option<Q::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            let Some(request) = &self.request else { return Ok(None) };
            let (page, next) = request.ask(&self.client).await?;
            (self.page, self.request) = (page.into_iter(), next);
        }
    }

    /// Returns all that is left of the list.
    ///
    /// # Errors
    /// Whatever the daemon refuses.
    pub async fn all(mut self) -> Result<Vec<Q::Item>> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await? {
            all.push(item);
        }
        Ok(all)
    }
}

/// A request for a page of a list.
pub trait Paged: sealed::Sealed + Sized {
    /// What the list is of.
    type Item;
    /// Asks for this page; returns it and the request for the next.
    #[doc(hidden)]
    fn ask(
        &self,
        client: &Client,
    ) -> impl Future<Output = Result<(Vec<Self::Item>, Option<Self>)>> + Send;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! paged {
    ($($request:ident: $field:ident of $item:ident;)*) => {$(
        impl sealed::Sealed for proto::$request {}
        impl Paged for proto::$request {
            type Item = proto::$item;
            async fn ask(&self, client: &Client) -> Result<(Vec<Self::Item>, Option<Self>)> {
                let answer = client.session().ask(self.clone()).await?;
                let page_token = answer.next_page_token;
                let next = (!page_token.is_empty()).then(|| Self { page_token, ..self.clone() });
                Ok((answer.$field, next))
            }
        }
    )*};
}

paged! {
    ListStudiesRequest: studies of Study;
    ListTrialsRequest: trials of Trial;
    ListReportsRequest: reports of StoredReport;
}

/// What may be drawn for one parameter, in short.
impl proto::ParameterSpec {
    /// A real number from a range.
    #[must_use]
    pub fn float(name: &str, low: f64, high: f64) -> Self {
        Self::of(name, Kind::FloatRange(proto::FloatRange { low, high, ..Default::default() }))
    }

    /// A whole number from a range, both ends included.
    #[must_use]
    pub fn int(name: &str, low: i64, high: i64) -> Self {
        Self::of(name, Kind::IntRange(proto::IntRange { low, high, ..Default::default() }))
    }

    /// One of a list.
    #[must_use]
    pub fn choice<V: Into<Value>>(name: &str, choices: impl IntoIterator<Item = V>) -> Self {
        let choices = choices.into_iter().map(|choice| choice.into().into()).collect();
        Self::of(name, Kind::Categorical(proto::Categorical { choices, ..Default::default() }))
    }

    /// Always the same value.
    #[must_use]
    pub fn constant(name: &str, value: impl Into<Value>) -> Self {
        Self::of(name, Kind::Constant(value.into().into()))
    }

    /// Makes equal ratios of a range count alike; its lower end must be above 0.
    #[must_use]
    pub fn log(mut self) -> Self {
        match &mut self.kind {
            Some(Kind::FloatRange(range)) => range.set_scale(proto::Scale::Log),
            Some(Kind::IntRange(range)) => range.set_scale(proto::Scale::Log),
            _ => {}
        }
        self
    }

    fn of(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind: Some(kind), ..Default::default() }
    }
}

/// A configuration, or a part of one.
fn written<N: Into<String>, V: Into<Value>>(
    params: impl IntoIterator<Item = (N, V)>,
) -> Vec<proto::Parameter> {
    let write = |(name, value): (N, V)| proto::Parameter {
        name: name.into(),
        value: Some(value.into().into()),
    };
    params.into_iter().map(write).collect()
}

/// A part that every daemon sends.
fn present<T>(part: Option<T>) -> Result<T> {
    part.ok_or_else(|| Error::new("INTERNAL", "", "the answer of the daemon is not complete"))
}
