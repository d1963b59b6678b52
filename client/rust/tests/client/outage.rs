//! The daemon is killed, and comes back or not: training goes on, no report is lost or doubled.

use std::time::{Duration, Instant};

use ashad_client::proto::{StudyLimits, StudySpec, TrialState};
use ashad_client::{Action, Error, Options};

use crate::daemon::{Daemon, asha, leased, spec, until};

#[tokio::test]
async fn kill_in_mid_trial() {
    let mut daemon = Daemon::start();
    let limits = StudyLimits { max_trials: Some(2), ..Default::default() };
    let spec = StudySpec { max_resource: 60, limits: Some(limits), ..spec() };
    let (study, client) = (daemon.study(spec).await, daemon.client());
    let (mut longest, mut queued) = (Duration::ZERO, 0);
    let body = async |trial: ashad_client::Trial| {
        for step in trial.steps() {
            if trial.number() == 0 && step == 10 {
                daemon.kill();
            }
            if trial.number() == 0 && step == 40 {
                daemon.again();
            }
            let begun = Instant::now();
            let decision = trial.report(step, 1.0).await?;
            longest = longest.max(begun.elapsed());
            queued += i64::from(decision.reason == "UNREACHABLE");
        }
        Ok::<(), Error>(())
    };
    client.run(study, body).await.unwrap();
    assert!(queued >= 30, "{queued} were queued");
    assert!(longest < Duration::from_secs(5), "a report took {longest:?}");
    let all: Vec<_> = (0..2).flat_map(|n| (1..=60).map(move |step| (n, 1, step))).collect();
    assert_eq!(daemon.reports().await, all, "once, and in order");
    let counts = client.study(study).await.unwrap().counts.unwrap();
    assert_eq!((counts.completed, counts.lost_leases, counts.failed), (2, 0, 0));
}

#[tokio::test]
async fn decisions_come_back_with_the_daemon() {
    let mut daemon = Daemon::start();
    let (study, client) = (daemon.study(asha()).await, daemon.client());
    let good = client.suggest(study).await.unwrap().unwrap();
    for step in good.steps() {
        good.report(step, 0.0).await.unwrap();
    }
    let bad = client.suggest(study).await.unwrap().unwrap();
    daemon.kill();
    for step in [1, 2] {
        assert_eq!(bad.report(step, 1.0).await.unwrap().reason, "UNREACHABLE");
    }
    assert_eq!(bad.steps().next(), Some(3));
    daemon.again();
    until(async || bad.should_stop()).await;
    assert_eq!(bad.decision().reason, "BELOW_CUTOFF");
    drop(bad);
    client.close().await;
    let reports = daemon.reports().await;
    assert_eq!(reports.last(), Some(&(1, 1, 1)), "what came after the stop counts for nothing");
}

#[tokio::test]
async fn an_end_while_away() {
    let mut daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    daemon.kill();
    trial.report(1, 1.0).await.unwrap();
    trial.fail("out of luck").await;
    daemon.again();
    daemon.until_state(0, TrialState::Failed).await;
    assert_eq!(daemon.reports().await, [(0, 1, 1)]);
}

#[tokio::test]
async fn a_refused_report_of_the_queue_ends_the_loop() {
    let mut daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    daemon.kill();
    trial.report(1, 1.0).await.unwrap();
    trial.report(2, None).metric("other", 1.0).await.unwrap();
    trial.report(3, 1.0).await.unwrap();
    daemon.again();
    until(async || trial.should_stop()).await;
    assert_eq!((&*trial.decision().reason, trial.steps().next()), ("METRIC_MISSING", None));
    daemon.until_state(0, TrialState::Failed).await;
    let message = daemon.trial(0).await.1;
    assert!(
        message.starts_with("report at 2 of trial study/0 (attempt 1) was refused"),
        "{message}"
    );
    assert_eq!(daemon.reports().await, [(0, 1, 1)]);
    assert_eq!(client.suggest(study).await.unwrap().unwrap().number(), 1);
}

#[tokio::test]
async fn the_next_trial_waits_for_the_queue() {
    let mut daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    daemon.kill();
    for step in trial.steps() {
        trial.report(step, 1.0).await.unwrap();
    }
    drop(trial);
    let short = client.suggest_timeout(study, Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(short.reason(), "NO_TRIAL");
    let next = tokio::spawn(async move { client.suggest(study).await.unwrap().unwrap().number() });
    tokio::task::yield_now().await;
    daemon.again();
    assert_eq!(next.await.unwrap(), 1);
    assert_eq!(daemon.reports().await.len(), 4);
    assert_eq!(daemon.trial(0).await.0, TrialState::Completed);
}

#[tokio::test]
async fn heartbeats_survive_the_outage() {
    let mut daemon = Daemon::start();
    let (study, client) = (daemon.study(leased(spec(), 1500, 100)).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    daemon.kill();
    std::thread::sleep(Duration::from_millis(500)); // some heartbeats fail
    daemon.again();
    std::thread::sleep(Duration::from_secs(3)); // two leases more
    assert_eq!(client.get_trial(study, 0).await.unwrap().lost_leases, 0);
    assert_eq!(trial.report(1, 1.0).await.unwrap().reason, "BETWEEN_RUNGS");
}

#[tokio::test]
async fn an_outage_that_does_not_end() {
    let mut daemon = Daemon::start();
    let study = daemon.study(spec()).await;
    let short = Duration::from_millis(300);
    let client = daemon.options().outage(2 * short).call_timeout(short).connect().unwrap();
    let trial = client.suggest(study).await.unwrap().unwrap();
    daemon.kill();
    let away = client.study(study).await.unwrap_err();
    assert_eq!((away.code(), away.reason()), ("UNAVAILABLE", "UNREACHABLE"));
    assert!(!client.should_stop(study, 0, 1).await.unwrap());
    trial.report(1, 1.0).await.unwrap();
    until(async || trial.should_stop()).await;
    assert_eq!(trial.decision().reason, "OUTAGE");
    assert_eq!(client.suggest(study).await.unwrap_err().reason(), "UNREACHABLE");
}

#[tokio::test]
async fn close_flushes() {
    let mut daemon = Daemon::start();
    let study = daemon.study(spec()).await;
    let client = daemon.options().close_timeout(Duration::from_secs(60)).connect().unwrap();
    let trial = client.suggest(study).await.unwrap().unwrap();
    daemon.kill();
    trial.report(1, 1.0).await.unwrap();
    trial.report(2, 1.0).await.unwrap();
    let closing = tokio::spawn(async move { client.close().await });
    tokio::task::yield_now().await;
    daemon.again();
    closing.await.unwrap();
    assert_eq!(daemon.reports().await, [(0, 1, 1), (0, 1, 2)]);
    assert_eq!(daemon.trial(0).await.0, TrialState::Queued);
}

#[tokio::test]
async fn close_is_bounded() {
    let mut daemon = Daemon::start();
    let study = daemon.study(spec()).await;
    let client = daemon.options().close_timeout(Duration::from_millis(500)).connect().unwrap();
    let trial = client.suggest(study).await.unwrap().unwrap();
    daemon.kill();
    trial.report(1, 1.0).await.unwrap();
    let begun = Instant::now();
    client.close().await;
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(trial.report(2, 1.0).await.unwrap().action, Action::Stop);
}

#[tokio::test]
async fn a_daemon_that_never_answers() {
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = deaf.local_addr().unwrap().to_string();
    let client = Options::new().address(address).call_timeout(Duration::from_secs(1)).connect();
    let begun = Instant::now();
    let error = client.unwrap().study("any").await.unwrap_err();
    assert_eq!(error.reason(), "UNREACHABLE");
    assert!(error.message().contains("no answer in"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(3));
}
