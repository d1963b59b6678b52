//! The driver of the conversations (tests/contract/conversations): reads a line, calls the client, prints
//! one line, and ends with its input.
#![allow(clippy::indexing_slicing, clippy::format_push_string)] // given wrong lines, it may panic

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, Write as _};
use std::time::{Duration, Instant};

use ashad_client::proto::parameter_value::Kind;
use ashad_client::proto::{ChangeSpaceRequest, StudyLimits, StudySpec, TrialState};
use ashad_client::{Best, Client, Decision, Error, Meter, Options, Replicates, Trial, Value};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use prost::Message;

type Answer = Result<String, Box<dyn std::error::Error>>;

/// One client object of a conversation, and the trial that it got last.
struct Door {
    client: Client,
    trial: Option<Trial>,
    joined: Option<Replicates>,
    meter: Option<Meter>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut doors = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match answer(&mut doors, &words).await {
            Err(error) => match error.downcast_ref::<Error>() {
                Some(error) => {
                    eprintln!("error: {}", error.message());
                    format!("error {} {}", error.code(), or_dash(error.reason()))
                }
                None => format!("driver: {error}"),
            },
            Ok(answer) => answer,
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

async fn answer(doors: &mut HashMap<String, Door>, words: &[&str]) -> Answer {
    let (&[verb, name], rest) = words.split_first_chunk().ok_or("a verb and a client")?;
    if verb == "client" {
        let client = Options::new().worker(rest[0]).connect()?;
        doors.insert(name.to_owned(), Door { client, trial: None, joined: None, meter: None });
        return Ok("ok".to_owned());
    }
    let door = doors.get_mut(name).ok_or("no such client")?;
    match verb {
        "suggest" => return suggest(door, rest[0]).await,
        "close" => door.client.close().await,
        "loop" => return search(&door.client, rest).await,
        "should_stop" if rest.len() == 3 => {
            let stop = door.client.should_stop(rest[0], rest[1].parse()?, rest[2].parse()?);
            return Ok(stop.await?.to_string());
        }
        "params" | "steps" | "report" | "should_stop" | "await_stop" | "complete" | "release"
        | "fail" | "infeasible" => {
            let trial = door.trial.as_ref().ok_or("holds no trial")?;
            return on_trial(trial, verb, rest).await;
        }
        "replicates" | "replicate" | "replicate_seed" => return joined(door, verb, rest).await,
        "meter" | "clock" | "spend" | "await_clock" => return metered(door, verb, rest),
        _ => return on_study(&door.client, verb, rest).await,
    }
    Ok("ok".to_owned())
}

async fn suggest(door: &mut Door, study: &str) -> Answer {
    match door.client.suggest_timeout(study, Duration::from_secs(1)).await {
        Err(error) if error.reason() == "NO_TRIAL" => Ok("wait".to_owned()),
        Err(error) => Err(error.into()),
        Ok(None) => Ok("finished".to_owned()),
        Ok(Some(trial)) => {
            let (number, attempt) = (trial.number(), trial.attempt());
            let (start, target) = (trial.start_resource(), trial.target_resource());
            let mut text = format!("trial {number} attempt {attempt} from {start} to {target}");
            if !trial.resume_checkpoint().is_empty() {
                write!(text, " checkpoint {}", trial.resume_checkpoint())?;
            }
            door.trial = Some(trial);
            Ok(text)
        }
    }
}

async fn on_trial(trial: &Trial, verb: &str, rest: &[&str]) -> Answer {
    match verb {
        "params" => {
            return Ok(list(
                trial.params().iter().map(|(name, value)| format!("{name}={}", typed(value))),
            ));
        }
        "steps" => return Ok(list(trial.steps().map(|step| step.to_string()))),
        "should_stop" => return Ok(trial.should_stop().to_string()),
        "report" => {
            let value =
                Some(rest[1]).filter(|value| *value != "none").map(str::parse).transpose()?;
            let mut report = trial.report(rest[0].parse()?, value);
            for word in &rest[2..] {
                let (name, value) = word.split_once('=').ok_or("NAME=VALUE")?;
                report = if name == "checkpoint" {
                    report.checkpoint(value)
                } else {
                    report.metric(name, value.parse()?)
                };
            }
            return Ok(decision(&report.await?));
        }
        "await_stop" => {
            for _ in 0..1000 {
                if trial.should_stop() {
                    return Ok(decision(&trial.decision()));
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            return Ok("still running".to_owned());
        }
        "complete" => trial.complete().await,
        "release" => trial.release().await,
        "fail" => trial.fail(&rest.join(" ")).await,
        _ => trial.infeasible(&rest.join(" ")).await,
    }
    Ok("ok".to_owned())
}

async fn joined(door: &mut Door, verb: &str, rest: &[&str]) -> Answer {
    let trial = door.trial.as_ref().ok_or("holds no trial")?;
    if verb == "replicates" {
        let made = trial.replicates()?;
        door.joined = Some(match rest.first() {
            Some(share) => made.quantile(share.parse()?)?,
            None => made,
        });
        return Ok("ok".to_owned());
    }
    let joined = door.joined.as_mut().ok_or("no replicates")?;
    if verb == "replicate_seed" {
        return Ok(joined.seed(rest[0].parse()?).to_string());
    }
    let mut metrics = Vec::new();
    for word in &rest[1..] {
        let (name, value) = word.split_once('=').ok_or("NAME=VALUE")?;
        metrics.push((name, value.parse()?));
    }
    let told = joined.add(metrics)?;
    let mut text = String::new();
    for (name, value) in &told.metrics {
        text += &format!("{name}={:016x} ", value.to_bits());
    }
    Ok(text + &decision(&trial.report_replicates(rest[0].parse()?, told).await?))
}

fn metered(door: &mut Door, verb: &str, rest: &[&str]) -> Answer {
    let trial = door.trial.as_ref().ok_or("holds no trial")?;
    match verb {
        "meter" => door.meter = Some(trial.meter(rest[0].parse()?, rest[1].parse()?)?),
        "clock" => {
            let unit = Duration::from_secs_f64(rest[0].parse()?);
            door.meter = Some(trial.clock(unit, rest[1].parse()?)?);
        }
        "await_clock" => {
            let (begun, unit) = (Instant::now(), Duration::from_secs_f64(rest[0].parse()?));
            let clock = trial.clock(unit, 1)?;
            while !clock.due() {}
            return Ok(if begun.elapsed() < unit { "early" } else { "ok" }.to_owned());
        }
        _ => {
            let meter = door.meter.as_mut().ok_or("no meter")?;
            if let Some(amount) = rest.first() {
                meter.add(amount.parse()?)?;
            }
            return Ok(format!("{}{}", meter.resource(), if meter.due() { " due" } else { "" }));
        }
    }
    Ok("ok".to_owned())
}

async fn on_study(client: &Client, verb: &str, rest: &[&str]) -> Answer {
    let study = rest.first().copied().unwrap_or_default();
    let number = || rest.get(1).copied().unwrap_or_default().parse();
    Ok(match verb {
        "create_study" => {
            client.create_study(study, StudySpec::decode(&*BASE64.decode(rest[1])?)?).await?;
            "ok".to_owned()
        }
        "study" => {
            let found = client.study(study).await?;
            let counts = found.counts.unwrap_or_default();
            let state = found.state().as_str_name().trim_start_matches("STUDY_STATE_").to_owned();
            format!("{state} trials {} running {}", counts.created, counts.running)
        }
        "studies" => list(client.studies().all().await?.into_iter().map(|study| study.name)),
        "update_study" => {
            let limits = StudyLimits { max_trials: Some(number()?), ..Default::default() };
            client.update_study(study, limits).await.map(ok)?
        }
        "change_space" => change_space(client, study, rest[1]).await?,
        "pause_study" => client.pause_study(study).await.map(ok)?,
        "resume_study" => client.resume_study(study).await.map(ok)?,
        "stop_study" => client.stop_study(study).await.map(ok)?,
        "delete_study" => {
            client.delete_study(study, rest.get(1) == Some(&"force")).await.map(ok)?
        }
        "best" => client.best(study).await?.map_or("none".to_owned(), |best| {
            let seed = best.seed.unwrap_or_default();
            let value = best.value.to_bits();
            format!("trial {} at {} {value:016x} seed {seed}", best.trial, best.resource)
        }),
        "front" => list(client.front(study).await?.into_iter().map(point)),
        "enqueue_trial" => {
            let mut params = Vec::new();
            for word in &rest[1..] {
                let (name, value) = word.split_once('=').ok_or("NAME=VALUE")?;
                params.push((name, untyped(value)?));
            }
            format!("trial {}", client.enqueue_trial(study, params).await?.trial)
        }
        "cancel_trial" => state(client.cancel_trial(study, number()?).await?.state()),
        "get_trial" => {
            let trial = client.get_trial(study, number()?).await?;
            let (state, reason) = (state(trial.state()), or_dash(&trial.reason));
            format!("{state} {reason} attempt {} resource {}", trial.attempt, trial.resource)
        }
        "list_trials" => {
            let trials = client.list_trials(study, &[]).all().await?;
            list(
                trials.into_iter().map(|trial| format!("{}:{}", trial.trial, state(trial.state()))),
            )
        }
        "list_reports" => {
            let reports = client.list_reports(study, None).all().await?;
            list(
                reports.into_iter().map(|report| {
                    format!("{}/{}@{}", report.trial, report.attempt, report.resource)
                }),
            )
        }
        "explain_trial" => {
            format!(
                "{} explanations",
                client.explain_trial(study, number()?).await?.explanations.len()
            )
        }
        other => return Err(format!("no such verb: {other}").into()),
    })
}

async fn change_space(client: &Client, study: &str, change: &str) -> Answer {
    let asked = ChangeSpaceRequest::decode(&*BASE64.decode(change)?)?;
    let past = asked.past_values.into_iter().filter_map(|one| match one.value?.kind? {
        Kind::DoubleValue(value) => Some((one.name, value)),
        _ => None,
    });
    let found = if asked.validate_only {
        client.check_space(study, asked.space, past).await?
    } else {
        client.change_space(study, asked.space, past).await?
    };
    let version = found.space_versions.last().ok_or("no version")?;
    let mut told = format!("version {} from trial {}:", version.version, version.first_trial);
    for one in found.spec.unwrap_or_default().space {
        told += &format!(" {}", one.name);
    }
    Ok(told)
}

fn point(best: Best) -> String {
    let mut told = format!("{}@{}:{:016x}", best.trial, best.resource, best.value.to_bits());
    let mut metrics = best.metrics;
    metrics.sort_by(|one, other| one.0.cmp(&other.0));
    for (name, value) in metrics {
        told += &format!(",{name}={:016x}", value.to_bits());
    }
    if !best.checkpoint.is_empty() {
        told += &format!("@{}", best.checkpoint);
    }
    told
}

async fn search(client: &Client, rest: &[&str]) -> Answer {
    let pause = Duration::from_millis(rest.get(1).map_or(Ok(0), |word| word.parse())?);
    let (mut trials, mut reports) = (0, 0);
    let body = async |trial: Trial| {
        trials += 1;
        for step in trial.steps() {
            tokio::time::sleep(pause).await;
            #[allow(clippy::cast_precision_loss)] // small numbers
            let curve = (trial.number() * 7919 % 1009) as f64 / 1009.0 + 1.0 / step as f64;
            trial.report(step, curve).await?;
            reports += 1;
        }
        Ok::<(), Error>(())
    };
    client.run(rest[0], body).await?;
    Ok(format!("trials {trials} reports {reports}"))
}

fn decision(decision: &Decision) -> String {
    let action = format!("{:?}", decision.action).to_uppercase();
    let mut text = format!("{action} {}", or_dash(&decision.reason));
    if let Some(rung) = decision.rung {
        let Decision { level, rank, size, quota, .. } = decision;
        text += &format!(" rung {rung} level {level} rank {rank} of {size} quota {quota}");
    }
    if decision.next_resource != 0 {
        text += &format!(" next {}", decision.next_resource);
    }
    if decision.late {
        text += " late";
    }
    if decision.current_attempt != 0 {
        text += &format!(" current {}", decision.current_attempt);
    }
    text
}

fn typed(value: &Value) -> String {
    match value {
        Value::Int(value) => format!("int:{value}"),
        Value::Float(value) => format!("float:{:016x}", value.to_bits()),
        Value::Str(value) => format!("str:{value}"),
        Value::Bool(value) => format!("bool:{value}"),
    }
}

fn untyped(word: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let (kind, text) = word.split_once(':').ok_or("TYPE:VALUE")?;
    Ok(match kind {
        "int" => Value::Int(text.parse()?),
        "float" => Value::Float(f64::from_bits(u64::from_str_radix(text, 16)?)),
        "bool" => Value::Bool(text.parse()?),
        _ => Value::Str(text.to_owned()),
    })
}

fn state(state: TrialState) -> String {
    state.as_str_name().trim_start_matches("TRIAL_STATE_").to_owned()
}

fn or_dash(word: &str) -> &str {
    if word.is_empty() { "-" } else { word }
}

fn list(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { "none".to_owned() } else { words.join(" ") }
}

fn ok<T>(_: T) -> String {
    "ok".to_owned()
}
