//! How a trial ends when its loop is left: by an error, a panic, a break, a dropped future, a close.

use std::time::{Duration, Instant};

use ashad_client::Error;
use ashad_client::proto::TrialState::{Completed, Failed, Queued, Running};

use crate::daemon::{Daemon, leased, spec};

#[tokio::test]
async fn an_error_fails_the_trial_and_ends_the_loop() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let body = async |trial: ashad_client::Trial| {
        trial.report(1, 1.0).await?;
        "many".parse::<u32>()?;
        Ok(())
    };
    let error: Box<dyn std::error::Error> = client.run(study, body).await.unwrap_err();
    assert_eq!(error.to_string(), "invalid digit found in string");
    let message = "invalid digit found in string (ParseIntError { kind: InvalidDigit })";
    assert_eq!(daemon.trial(0).await, (Failed, message.to_owned()));
    assert_eq!(client.study(study).await.unwrap().counts.unwrap().created, 1);
}

#[tokio::test]
async fn a_panic_fails_the_trial() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    let broken = tokio::spawn(async move {
        trial.report(1, 1.0).await.unwrap();
        panic!("on purpose: a test");
    });
    assert!(broken.await.unwrap_err().is_panic());
    client.close().await;
    assert_eq!(daemon.trial(0).await, (Failed, "the training panicked".to_owned()));
}

#[tokio::test]
async fn a_dropped_trial_is_given_back_in_the_background() {
    let daemon = Daemon::start();
    let study = daemon.study(spec()).await;
    let trial = daemon.client().suggest(study).await.unwrap().unwrap(); // the client is gone
    trial.report(1, 1.0).await.unwrap();
    drop(trial);
    daemon.until_state(0, Queued).await;
    let counts = daemon.client().study(study).await.unwrap().counts.unwrap();
    assert_eq!((counts.released, counts.failed, counts.lost_leases), (1, 0, 0));
}

#[tokio::test]
async fn a_body_that_ends_without_a_stop_completes_the_trial() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let mut trials = client.trials(study);
    while let Some(trial) = trials.next().await.unwrap() {
        trial.report(1, 1.0).await.unwrap();
        if trial.number() == 1 {
            break;
        }
    }
    assert_eq!(daemon.trial(0).await.0, Completed);
    assert_eq!(daemon.trial(1).await.0, Running);
    drop(trials);
    daemon.until_state(1, Queued).await;
}

#[tokio::test]
async fn a_loop_that_was_left_is_not_kept_alive() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(leased(spec(), 60_000, 200)).await, daemon.client());
    let mut trials = client.trials(study);
    drop(trials.next().await.unwrap());
    daemon.until_state(0, Queued).await; // though `trials` is still there
    assert_eq!(trials.next().await.unwrap().unwrap().attempt(), 2);
}

#[tokio::test]
async fn a_dropped_loop_gives_its_trial_back() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let (begun, mut wait) = tokio::sync::mpsc::channel(1);
    let body = async |trial: ashad_client::Trial| {
        trial.report(1, 1.0).await?;
        begun.send(()).await.unwrap();
        std::future::pending::<()>().await;
        Ok::<(), Error>(())
    };
    tokio::select! {
        _ = client.run(study, body) => panic!("it never ends"),
        _ = wait.recv() => {}
    }
    client.close().await;
    assert_eq!(daemon.trial(0).await.0, Queued);
}

#[tokio::test]
async fn requests_for_a_trial_that_are_dropped_lose_none() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    client.study(study).await.unwrap(); // connected
    for micros in (0..20).map(|n| n * 400) {
        let short = Duration::from_micros(micros);
        if let Ok(trial) = tokio::time::timeout(short, client.suggest(study)).await {
            trial.unwrap().unwrap().complete().await; // quick enough
            return;
        }
    }
    let trial = client.suggest(study).await.unwrap().unwrap();
    assert_eq!((trial.number(), trial.attempt()), (0, 1));
    assert_eq!(client.study(study).await.unwrap().counts.unwrap().created, 1);
}

#[tokio::test]
async fn a_report_that_is_dropped_is_sent_all_the_same() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    tokio::select! { // polled once, so that it is under way, and dropped
        biased;
        _ = trial.report(1, 1.0).into_future() => panic!("it was answered before it was dropped"),
        () = std::future::ready(()) => {}
    }
    trial.report(2, 1.0).await.unwrap();
    assert_eq!(daemon.reports().await, [(0, 1, 1), (0, 1, 2)]);
}

#[tokio::test]
async fn close_gives_back_and_refuses_what_comes_after() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    trial.report(1, 1.0).await.unwrap();
    let other = client.clone();
    let begun = Instant::now();
    tokio::join!(client.close(), other.close());
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(daemon.trial(0).await.0, Queued);
    assert_eq!(trial.report(2, 1.0).await.unwrap().reason, "RELEASED");
    trial.fail("too late").await;
    for refused in [client.study(study).await.err(), client.suggest(study).await.err()] {
        let error = refused.unwrap();
        assert_eq!((error.code(), error.reason()), ("CANCELLED", "CLIENT_CLOSED"));
    }
    assert_eq!(daemon.reports().await, [(0, 1, 1)]);
}

#[tokio::test]
async fn close_ends_a_wait_for_a_trial() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    client.pause_study(study).await.unwrap();
    let waiting = client.clone();
    let waiting = tokio::spawn(async move { waiting.suggest(study).await.map(|_| ()) });
    tokio::task::yield_now().await;
    client.close().await;
    assert_eq!(waiting.await.unwrap().unwrap_err().reason(), "CLIENT_CLOSED");
}
