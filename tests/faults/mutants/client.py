"""Bugs of the Python client and of the agent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.faults.mutants.patch import mutant, replace

AGENT = "ashad_agent."
ENDS = "contract/agent/test_ends.py::"
CHECKPOINTS = "contract/agent/test_checkpoints.py::"


@mutant("faults/client/test_outage.py::test_heartbeats_survive", "ashad_client.session.session")
def heartbeats_end_with_the_first_error(module: Any) -> None:
    def beat(self: Any) -> Any:
        effects = real(self)
        effect = next(effects, None)
        while effect is not None:
            try:
                answer = yield effect
            except module.Error as error:
                if error.undelivered:
                    self._beat_at = 1e99
                    return
                effect = _next(effects.throw, error)
            else:
                effect = _next(effects.send, answer)

    real = replace(module.Session, "_beat", beat)


def _next(go_on: Any, value: Any) -> Any:
    try:
        return go_on(value)
    except StopIteration:
        return None


def _supervise(module: Any, bug: str) -> None:
    popen = module.subprocess.Popen

    class Popen(popen):  # type: ignore[misc, valid-type]
        def __init__(self, words: Any, *arguments: Any, **named: Any) -> None:
            at = words.index(module._SUPERVISOR)
            mine = str(Path(__file__).with_name("supervisor.py"))
            words = [*words[:at], mine, bug, *words[at:]]
            super().__init__(words, *arguments, **named)

    class Subprocess:
        def __getattr__(self, name: str) -> Any:
            return Popen if name == "Popen" else getattr(real, name)

    real = replace(module, "subprocess", Subprocess())


@mutant(ENDS + "test_a_stop_reaches_the_whole_group", AGENT + "process.child")
def stop_to_the_child_alone(module: Any) -> None:
    _supervise(module, "stop_to_the_child_alone")


@mutant(ENDS + "test_nothing_escapes and double", AGENT + "process.child")
def no_subreaper(module: Any) -> None:
    _supervise(module, "no_subreaper")


@mutant(ENDS + "test_a_stop_ends_it and badly", AGENT + "process.exit_status")
def stopped_trial_failed_by_its_code(module: Any) -> None:
    real = replace(
        module, "classify",
        lambda end, *, told, **named: real(end, told=told and end.clean, **named),
    )  # fmt: skip


@mutant(ENDS + "test_exit_75", AGENT + "process.exit_status")
def exit_75_is_a_failure(module: Any) -> None:
    replace(module, "GIVEN_BACK", -1)


@mutant(ENDS + "test_a_half_line", AGENT + "metrics.line_reader")
def last_half_line_lost(module: Any) -> None:
    real = replace(module.LineReader, "finish", lambda self, *, trust: real(self, trust=False))


@mutant("unit/agent/metrics/test_line_splitter.py", AGENT + "metrics.line_splitter")
def line_cut_in_two(module: Any) -> None:
    def feed(self: Any, chunk: bytes) -> Any:
        self.rest = b""
        return real(self, chunk)

    real = replace(module.LineSplitter, "feed", feed)


@mutant(CHECKPOINTS + "test_a_folder_that_is_copied", AGENT + "trials.checkpoints")
def folder_of_others_removed(module: Any) -> None:
    replace(module.CheckpointRoot, "_is_ours", lambda *_: True)


@mutant(CHECKPOINTS + "test_files_in_the_folder", AGENT + "trials.checkpoints")
def named_file_not_kept(module: Any) -> None:
    def name(self: Any, uri: str) -> None:
        self.named |= uri == self.path

    replace(module.Folder, "name", name)


@mutant(CHECKPOINTS + "test_what_an_agent_left", AGENT + "trials.checkpoints")
def folder_of_a_killed_agent_stays(module: Any) -> None:
    replace(module.CheckpointRoot, "strays", lambda _: [])


@mutant("contract/agent/test_run.py::test_a_python_program_is_heard", AGENT + "trials.attempt")
def output_held_back(module: Any) -> None:
    def environment(self: Any, job: Any) -> Any:
        found = real(self, job)
        del found["PYTHONUNBUFFERED"]
        return found

    real = replace(module.Attempt, "_environment", environment)


@mutant("contract/agent/test_slots.py::test_max_time_starts_none", AGENT + "trials.slot_pool")
def started_though_it_cannot_finish(module: Any) -> None:
    def why_not(self: Any) -> Any:
        slowest, begins = self._slowest_s, self._begins
        self._slowest_s, self._begins = 0.0, {}
        try:
            return real(self)
        finally:
            self._slowest_s, self._begins = slowest, begins

    real = replace(module.SlotPool, "_why_not", why_not)


@mutant("contract/agent/test_shell.py::test_a_parameter_that_not_every", AGENT + "cli.shell")
def parameter_of_an_earlier_trial(module: Any) -> None:
    real = replace(
        module, "_as_variables",
        lambda *given: [line for line in real(*given) if not line.startswith("unset ")],
    )  # fmt: skip


@mutant("contract/agent/test_wrong.py::test_streams_that_are_closed", AGENT + "cli.main")
def output_into_a_connection(module: Any) -> None:
    replace(module, "fill_streams", lambda: None)
