//! What the client costs: reports in a closed loop through it, and through a bare generated stub,
//! in turn. `bench ADDRESS COUNT ROUNDS` prints a line a round, in reports per second.
#![allow(clippy::indexing_slicing, clippy::format_push_string)] // given wrong lines, it may panic

use std::time::Instant;

use ashad_client::proto::scheduler_service_client::SchedulerServiceClient;
use ashad_client::proto::{
    Goal, Metric, ParameterSpec, RandomSearch, ReportRequest, StudySpec, SuggestRequest,
    study_spec::Algorithm, suggest_response::Outcome,
};
use ashad_client::{Client, Options};
use tonic::transport::{Channel, Endpoint};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("bench ADDRESS COUNT ROUNDS");
    let (address, count, rounds): (_, i64, u32) = (next()?, next()?.parse()?, next()?.parse()?);
    let client = Options::new().address(&*address).connect()?;
    let stub = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let mut stub = SchedulerServiceClient::new(stub);
    for round in 0..rounds {
        let (wrapper, bare);
        if round % 2 == 0 {
            wrapper = through_the_client(&client, count).await?;
            bare = through_a_stub(&client, &mut stub, count).await?;
        } else {
            bare = through_a_stub(&client, &mut stub, count).await?;
            wrapper = through_the_client(&client, count).await?;
        }
        println!("wrapper {wrapper:.0} bare {bare:.0}");
    }
    client.close().await;
    Ok(())
}

async fn through_the_client(client: &Client, count: i64) -> Result<f64> {
    let study = new_study(client, count).await?;
    let trial = client.suggest(&study).await?.ok_or("no trial")?;
    let begun = Instant::now();
    for resource in 1..=count {
        trial.report(resource, 0.5).await?;
    }
    let speed = per_second(count, begun);
    trial.complete().await;
    client.delete_study(&study, true).await?;
    Ok(speed)
}

async fn through_a_stub(
    client: &Client,
    stub: &mut SchedulerServiceClient<Channel>,
    count: i64,
) -> Result<f64> {
    let study = new_study(client, count).await?;
    let request = SuggestRequest {
        study: study.clone(),
        worker: "bare".to_owned(),
        request_id: study.clone(),
        ..Default::default()
    };
    let outcome = stub.suggest(request).await?.into_inner().outcome;
    let Some(Outcome::Assignment(assignment)) = outcome else { return Err("no trial".into()) };
    let begun = Instant::now();
    for resource in 1..=count {
        let metric = Metric { name: "loss".to_owned(), value: 0.5 };
        let request = ReportRequest {
            study: study.clone(),
            trial: assignment.trial,
            attempt: assignment.attempt,
            lease_token: assignment.lease_token.clone(),
            resource,
            metrics: vec![metric],
            checkpoint_uri: String::new(),
        };
        stub.report(request).await?;
    }
    let speed = per_second(count, begun);
    client.delete_study(&study, true).await?;
    Ok(speed)
}

/// A study of its own, in which no report ends its trial before the last.
async fn new_study(client: &Client, count: i64) -> Result<String> {
    let name = format!("bench-{}", uuid::Uuid::new_v4());
    let spec = StudySpec {
        metric: "loss".to_owned(),
        goal: Goal::Minimize.into(),
        max_resource: count + 1,
        space: vec![ParameterSpec::constant("x", 1)],
        algorithm: Some(Algorithm::Random(RandomSearch {})),
        ..Default::default()
    };
    client.create_study(&name, spec).await?;
    Ok(name)
}

#[allow(clippy::cast_precision_loss)] // counts are small
fn per_second(count: i64, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}
