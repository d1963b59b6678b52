"""Speaks for the Python client in a conversation (tests/contract): a line in, a line out."""

from __future__ import annotations

import base64
import struct
import sys
import time
from typing import Any

import ashad_client
from ashad_client.v1 import ashad_pb2 as pb


class Driver:
    """Clients by name, and the trial that each holds; every method is a verb."""

    def __init__(self) -> None:
        self.clients: dict[str, ashad_client.Client] = {}
        self.trials: dict[str, ashad_client.Trial] = {}
        self.joined: dict[str, Any] = {}
        self.meters: dict[str, Any] = {}

    def client(self, name: str, worker: str) -> str:
        self.clients[name] = ashad_client.connect(worker=worker)
        return "ok"

    def create_study(self, name: str, study: str, spec: str) -> str:
        message = pb.StudySpec.FromString(base64.b64decode(spec))
        self.clients[name].create_study(study, message)
        return "ok"

    def study(self, name: str, study: str) -> str:
        found = self.clients[name].get_study(study)
        state = pb.StudyState.Name(found.state).replace("STUDY_STATE_", "")
        return f"{state} trials {found.counts.created} running {found.counts.running}"

    def studies(self, name: str) -> str:
        return " ".join(study.name for study in self.clients[name].list_studies()) or "none"

    def update_study(self, name: str, study: str, most: str) -> str:
        self.clients[name].update_study(study, max_trials=int(most))
        return "ok"

    def change_space(self, name: str, study: str, change: str) -> str:
        asked = pb.ChangeSpaceRequest.FromString(base64.b64decode(change))
        space = {one.name: domain(one) for one in asked.space}
        past = {one.name: of(one.value) for one in asked.past_values}
        only = asked.validate_only
        found = self.clients[name].change_space(study, space, past, validate_only=only)
        version, names = found.space_versions[-1], [one.name for one in found.spec.space]
        return f"version {version.version} from trial {version.first_trial}: {' '.join(names)}"

    def delete_study(self, name: str, study: str, force: str = "") -> str:
        self.clients[name].delete_study(study, force=bool(force))
        return "ok"

    def best(self, name: str, study: str) -> str:
        best = self.clients[name].best(study)
        if best is None:
            return "none"
        return f"trial {best.trial} at {best.resource} {hexed(best.value)} seed {best.seed}"

    def front(self, name: str, study: str) -> str:
        return " ".join(map(point, self.clients[name].front(study))) or "none"

    def enqueue_trial(self, name: str, study: str, *params: str) -> str:
        given = {key: native(text) for key, _, text in (word.partition("=") for word in params)}
        return f"trial {self.clients[name].enqueue_trial(study, given).trial}"

    def cancel_trial(self, name: str, study: str, trial: str) -> str:
        return state_of(self.clients[name].cancel_trial(study, int(trial)))

    def get_trial(self, name: str, study: str, trial: str) -> str:
        t = self.clients[name].get_trial(study, int(trial))
        return f"{state_of(t)} {t.reason or '-'} attempt {t.attempt} resource {t.resource}"

    def list_trials(self, name: str, study: str) -> str:
        found = self.clients[name].list_trials(study)
        return " ".join(f"{t.trial}:{state_of(t)}" for t in found) or "none"

    def list_reports(self, name: str, study: str) -> str:
        found = self.clients[name].list_reports(study)
        return " ".join(f"{r.trial}/{r.attempt}@{r.resource}" for r in found) or "none"

    def explain_trial(self, name: str, study: str, trial: str) -> str:
        found = self.clients[name].explain_trial(study, int(trial))
        return f"{len(found.explanations)} explanations"

    def suggest(self, name: str, study: str) -> str:
        try:
            trial = self.clients[name].suggest(study, timeout_s=1.0)
        except ashad_client.Error as error:
            if error.reason == "NO_TRIAL":
                return "wait"
            raise
        if trial is None:
            return "finished"
        self.trials[name] = trial
        resume = f" checkpoint {trial.resume_checkpoint}" if trial.resume_checkpoint else ""
        span = f"from {trial.start_resource} to {trial.target_resource}{resume}"
        return f"trial {trial.number} attempt {trial.attempt} {span}"

    def params(self, name: str) -> str:
        return " ".join(f"{key}={typed(v)}" for key, v in self.trials[name].params.items())

    def steps(self, name: str) -> str:
        return " ".join(map(str, self.trials[name].steps())) or "none"

    def report(self, name: str, resource: str, metric: str, *more: str) -> str:
        trial = self.trials[name]
        said = dict(word.split("=", 1) for word in more)
        checkpoint = said.pop("checkpoint", None)
        metrics = {key: float(text) for key, text in said.items()}
        if metric != "none":
            metrics[trial.metric] = float(metric)
        return shown(trial.report(int(resource), checkpoint, metrics))

    def replicates(self, name: str, quantile: str = "") -> str:
        share = float(quantile) if quantile else None
        self.joined[name] = self.trials[name].replicates(share)
        return "ok"

    def replicate(self, name: str, resource: str, *metrics: str) -> str:
        values = {key: float(text) for key, _, text in (word.partition("=") for word in metrics)}
        told = self.joined[name].add(values)
        decision = self.trials[name].report(int(resource), **told)
        said = [f"{key}={hexed(value)}" for key, value in sorted(told["metrics"].items())]
        return " ".join([*said, shown(decision)])

    def replicate_seed(self, name: str, number: str) -> str:
        return str(self.joined[name].seed(int(number)))

    def meter(self, name: str, unit: str, every: str) -> str:
        self.meters[name] = self.trials[name].meter(float(unit), int(every))
        return "ok"

    def clock(self, name: str, seconds: str, every: str) -> str:
        self.meters[name] = self.trials[name].clock(float(seconds), int(every))
        return "ok"

    def spend(self, name: str, amount: str = "") -> str:
        meter = self.meters[name]
        if amount:
            meter.add(float(amount))
        return f"{meter.resource} due" if meter.due else str(meter.resource)

    def await_clock(self, name: str, seconds: str) -> str:
        begun = time.monotonic()
        clock = self.trials[name].clock(float(seconds))
        while not clock.due:
            pass
        return "ok" if time.monotonic() - begun >= float(seconds) else "early"

    def should_stop(self, name: str, study: str = "", trial: str = "", attempt: str = "") -> str:
        if study:
            answer = self.clients[name].should_stop(study, int(trial), int(attempt))
        else:
            answer = self.trials[name].should_stop()
        return str(answer).lower()

    def await_stop(self, name: str) -> str:
        end = time.monotonic() + 10
        while not self.trials[name].decision.should_stop:
            if time.monotonic() > end:
                return "still running"
            time.sleep(0.01)
        return shown(self.trials[name].decision)

    def loop(self, name: str, study: str, milliseconds: str = "0") -> str:
        trials = reports = 0
        for trial in self.clients[name].trials(study):
            trials += 1
            for step in trial.steps():
                time.sleep(int(milliseconds) / 1000)
                value = (trial.number * 7919 % 1009) / 1009 + 1 / step
                trial.report(step, metrics={trial.metric: value})
                reports += 1
        return f"trials {trials} reports {reports}"

    def close(self, name: str) -> str:
        self.clients[name].close()
        return "ok"

    def answer(self, line: str) -> str:
        verb, name, *words = line.split(" ")
        try:
            if verb in ("complete", "fail", "infeasible", "release"):
                getattr(self.trials[name], verb)(*([" ".join(words)] if words else []))
                return "ok"
            if verb in ("pause_study", "resume_study", "stop_study"):
                getattr(self.clients[name], verb)(*words)
                return "ok"
            told: str = getattr(self, verb)(name, *words)
        except ashad_client.Error as error:
            return f"error {error.code} {error.reason or '-'}"
        return told


def shown(told: ashad_client.Decision) -> str:
    words = [told.action, told.reason or "-"]
    if told.rung is not None:
        words.append(f"rung {told.rung} level {told.level} rank {told.rank}")
        words.append(f"of {told.size} quota {told.quota}")
    words += [f"next {told.next_resource}"] if told.next_resource else []
    words += ["late"] if told.late else []
    words += [f"current {told.current_attempt}"] if told.current_attempt else []
    return " ".join(words)


def point(one: ashad_client.Best) -> str:
    others = sorted(f",{name}={hexed(value)}" for name, value in one.metrics.items())
    checkpoint = f"@{one.checkpoint}" if one.checkpoint else ""
    return f"{one.trial}@{one.resource}:{hexed(one.value)}" + "".join(others) + checkpoint


def domain(parameter: pb.ParameterSpec) -> Any:
    when = {one.parameter: [of(v) for v in one.values] for one in parameter.when} or None
    if parameter.HasField("float_range"):
        return ashad_client.uniform(
            parameter.float_range.low, parameter.float_range.high, when=when
        )
    if parameter.HasField("int_range"):
        return ashad_client.integer(parameter.int_range.low, parameter.int_range.high, when=when)
    if parameter.HasField("constant"):
        return of(parameter.constant)
    return ashad_client.choice(*map(of, parameter.categorical.choices), when=when)


def of(value: pb.ParameterValue) -> Any:
    return getattr(value, value.WhichOneof("kind") or "")


def state_of(trial: pb.Trial) -> str:
    return pb.TrialState.Name(trial.state).replace("TRIAL_STATE_", "")


def hexed(number: float) -> str:
    return struct.pack(">d", number).hex()


def typed(value: Any) -> str:
    if isinstance(value, bool):
        return f"bool:{str(value).lower()}"
    if isinstance(value, float):
        return f"float:{hexed(value)}"
    return f"int:{value}" if isinstance(value, int) else f"str:{value}"


def native(text: str) -> Any:
    kind, _, rest = text.partition(":")
    doubles = {"float": lambda: struct.unpack(">d", bytes.fromhex(rest))[0]}
    others = {"int": lambda: int(rest), "bool": lambda: rest == "true", "str": lambda: rest}
    return (doubles | others)[kind]()


if __name__ == "__main__":
    driver = Driver()
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for line in sys.stdin:
        print(driver.answer(line.rstrip("\n")), flush=True)
