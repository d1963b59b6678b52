//! The loop and its answers.

use std::time::Duration;

use ashad_client::proto::{ParameterSpec, StudyLimits, StudySpec, TrialState};
use ashad_client::{Action, Error, Value};

use crate::daemon::{Daemon, asha, leased, spec, until};

#[tokio::test]
async fn whole_search() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let mut seen = Vec::new();
    let body = async |trial: ashad_client::Trial| {
        let lr = trial.params().float("lr")?;
        for step in trial.steps() {
            let resource = u32::try_from(step).unwrap();
            let decision =
                trial.report(step, lr + 1.0 / f64::from(resource)).metric("n", 7.0).await?;
            assert_eq!(decision.action == Action::Stop, step == 4);
            seen.push((trial.number(), trial.attempt(), step));
        }
        assert_eq!(trial.decision().reason, "MAX_RESOURCE");
        Ok::<(), Error>(())
    };
    client.run(study, body).await.unwrap();
    let all: Vec<_> = (0..3).flat_map(|n| (1..=4).map(move |step| (n, 1, step))).collect();
    assert_eq!(seen, all);
    assert_eq!(daemon.reports().await, all);
    let best = client.best(study).await.unwrap().unwrap();
    assert_eq!((best.resource, best.value), (4, best.params.float("lr").unwrap() + 0.25));
    assert!(client.suggest(study).await.unwrap().is_none());
}

#[tokio::test]
async fn a_loop_in_a_task_of_a_runtime_with_threads() {
    let daemon = Daemon::start();
    let spec = StudySpec {
        limits: Some(StudyLimits { max_trials: Some(6), ..Default::default() }),
        ..spec()
    };
    let study = daemon.study(spec).await;
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let client = daemon.client();
        workers.spawn(async move {
            let body = async |trial: ashad_client::Trial| {
                for step in trial.steps() {
                    trial.report(step, 1.0).await?;
                }
                Ok::<(), Error>(())
            };
            client.run(study, body).await
        });
    }
    for done in workers.join_all().await {
        done.unwrap();
    }
    assert_eq!(daemon.reports().await.len(), 24);
}

#[tokio::test]
async fn a_stop_ends_the_steps() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(asha()).await, daemon.client());
    let mut trials = client.trials(study);
    let mut lengths = Vec::new();
    while let Some(trial) = trials.next().await.unwrap() {
        let mut length = 0;
        for step in trial.steps() {
            #[allow(clippy::cast_precision_loss)]
            let decision = trial.report(step, trial.number() as f64).await.unwrap();
            assert_eq!(decision, trial.decision());
            length = step;
        }
        assert!(trial.should_stop());
        let over = trial.report(length + 1, 0.0).await.unwrap();
        assert_eq!(over, trial.decision(), "over is over");
        lengths.push(length);
    }
    assert_eq!(lengths, [9, 1, 1]);
}

#[tokio::test]
async fn params_keep_their_types() {
    let daemon = Daemon::start();
    let space = vec![
        ParameterSpec::constant("big", i64::MAX),
        ParameterSpec::constant("small", i64::MIN),
        ParameterSpec::int("odd", (1 << 53) + 1, (1 << 53) + 1),
        ParameterSpec::constant("flag", true),
        ParameterSpec::constant("word", "grüße"),
        ParameterSpec::constant("rate", 0.1),
        ParameterSpec::choice("pick", [3]),
    ];
    let study = daemon.study(StudySpec { space, ..spec() }).await;
    let trial = daemon.client().suggest(study).await.unwrap().unwrap();
    let params = trial.params();
    assert_eq!(params.int("big").unwrap(), i64::MAX);
    assert_eq!(params.int("small").unwrap(), i64::MIN);
    assert_eq!(params.int("odd").unwrap(), 9_007_199_254_740_993);
    assert!(params.bool("flag").unwrap());
    assert_eq!(params.str("word").unwrap(), "grüße");
    assert_eq!(params.get("rate"), Some(&Value::Float(0.1)));
    assert_eq!(params.float("pick").unwrap().to_bits(), 3f64.to_bits(), "held exactly");
    let names: Vec<_> = params.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["big", "small", "odd", "flag", "word", "rate", "pick"]);
    for (wrong, named) in [
        (params.float("odd"), "odd: not a float"),
        (params.float("word"), "word: not a float"),
        (params.float("lr"), "lr: no such parameter; there are big, small"),
    ] {
        let error = wrong.unwrap_err();
        assert_eq!((error.code(), error.reason()), ("INVALID_ARGUMENT", "INVALID_ARGUMENT"));
        assert!(error.message().contains(named), "{error}");
    }
}

#[tokio::test]
async fn a_second_trial_is_refused() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    for refused in [client.suggest(study).await, client.clone().trials(study).next().await] {
        let error = refused.unwrap_err();
        assert_eq!((error.code(), error.reason()), ("FAILED_PRECONDITION", "TRIAL_HELD"));
        assert!(error.message().contains("connect() a second client"), "{error}");
    }
    assert_eq!(daemon.client().suggest(study).await.unwrap().unwrap().number(), 1);
    trial.release().await;
    let (one, two) = tokio::join!(client.suggest(study), client.suggest(study));
    assert_eq!(two.unwrap_err().reason(), "TRIAL_HELD", "while one is asked for");
    assert_eq!(one.unwrap().unwrap().number(), 0);
}

#[tokio::test]
async fn a_heartbeat_brings_the_stop() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(leased(spec(), 60_000, 100)).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    trial.report(1, 1.0).await.unwrap();
    assert!(!trial.should_stop());
    let stopped = client.stop_study(study).await.unwrap();
    assert_eq!(stopped.counts.unwrap().running, 1);
    until(async || trial.should_stop()).await;
    assert_eq!(trial.steps().next(), None);
    // The daemon waits to hear from us: the last report counts.
    assert_eq!(trial.report(2, 1.0).await.unwrap().reason, "STUDY_STOPPED");
    assert_eq!(daemon.reports().await, [(0, 1, 1), (0, 1, 2)]);
}

#[tokio::test]
async fn heartbeats_go_on_while_training_blocks_the_executor() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(leased(spec(), 1000, 100)).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    std::thread::sleep(Duration::from_millis(2500)); // the training: longer than two leases
    assert_eq!(client.get_trial(study, 0).await.unwrap().lost_leases, 0);
    assert_eq!(trial.report(1, 1.0).await.unwrap().action, Action::Continue);
}

#[tokio::test]
async fn a_superseded_trial_ends_quietly() {
    let daemon = Daemon::start();
    let study = daemon.study(spec()).await;
    let slot = || daemon.options().worker("slot-1").connect().unwrap();
    let (old, new) = (slot(), slot());
    let before = old.suggest(study).await.unwrap().unwrap();
    before.report(1, 1.0).await.unwrap();
    let after = new.suggest(study).await.unwrap().unwrap();
    assert_eq!((after.number(), after.attempt()), (0, 2));
    let decision = before.report(2, 1.0).await.unwrap();
    assert_eq!((decision.action, &*decision.reason), (Action::Stop, "SUPERSEDED"));
    assert_eq!((decision.current_attempt, before.steps().next()), (2, None));
}

#[tokio::test]
async fn a_deleted_study_ends_the_loop_quietly() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let mut steps = Vec::new();
    let body = async |trial: ashad_client::Trial| {
        for step in trial.steps() {
            if step == 2 {
                client.delete_study(study, true).await?;
            }
            trial.report(step, 1.0).await?;
            steps.push(step);
        }
        Ok::<(), Error>(())
    };
    client.run(study, body).await.unwrap();
    assert_eq!(steps, [1, 2]);
    assert_eq!(client.suggest(study).await.unwrap_err().code(), "NOT_FOUND");
}

#[tokio::test]
async fn refusals_are_one_error() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    trial.report(2, 1.0).await.unwrap();
    let refused = trial.report(1, 1.0).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason()),
        ("FAILED_PRECONDITION", "RESOURCE_NOT_INCREASING")
    );
    assert_eq!(
        trial.report(3, None).metric("x", 1.0).await.unwrap_err().reason(),
        "METRIC_MISSING"
    );
    for wrong in [trial.report(3, None), trial.report(-1, 1.0)] {
        assert_eq!(wrong.await.unwrap_err().reason(), "INVALID_ARGUMENT");
    }
    assert_eq!(trial.steps().next(), Some(3), "none of that counts");
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(refused);
    assert!(boxed.to_string().starts_with("RESOURCE_NOT_INCREASING: "));
    trial.infeasible("does not fit").await;
    assert_eq!(daemon.trial(0).await, (TrialState::Infeasible, "does not fit".to_owned()));
}

#[tokio::test]
async fn limits_are_changed_and_removed() {
    let daemon = Daemon::start();
    let (study, client) = (daemon.study(spec()).await, daemon.client());
    let more = StudyLimits { max_failed_trials: Some(2), ..Default::default() };
    let limits = client.update_study(study, more).await.unwrap().spec.unwrap().limits.unwrap();
    assert_eq!((limits.max_trials, limits.max_failed_trials), (Some(3), Some(2)));
    let limits = client.remove_limits(study, &["max_trials"]).await.unwrap().spec.unwrap().limits;
    let limits = limits.unwrap();
    assert_eq!((limits.max_trials, limits.max_failed_trials), (None, Some(2)));
}

#[tokio::test]
async fn waits_for_work_and_gives_up_in_time() {
    let daemon = Daemon::start();
    let limits = StudyLimits { max_concurrent_trials: Some(1), ..Default::default() };
    let study = daemon.study(StudySpec { limits: Some(limits), ..spec() }).await;
    let (client, other) = (daemon.client(), daemon.client());
    let trial = client.suggest(study).await.unwrap().unwrap();
    let late = other.suggest_timeout(study, Duration::from_millis(300)).await.unwrap_err();
    assert_eq!((late.code(), late.reason()), ("DEADLINE_EXCEEDED", "NO_TRIAL"));
    let (next, ()) = tokio::join!(other.suggest(study), trial.release());
    assert_eq!(next.unwrap().unwrap().number(), 0);
}

#[test]
fn needs_no_runtime_of_the_caller() {
    use std::task::{Context, Poll, Wake, Waker};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    let daemon = Daemon::start();
    let mut work = Box::pin(async {
        let (study, client) = (daemon.study(spec()).await, daemon.client());
        let trial = client.suggest(study).await.unwrap().unwrap();
        trial.report(1, 1.0).await.unwrap();
        client.close().await;
        daemon.reports().await
    });
    let reports = loop {
        match work.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(reports) => break reports,
            Poll::Pending => std::thread::park(),
        }
    };
    assert_eq!(reports, [(0, 1, 1)]);
}
