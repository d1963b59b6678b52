"""The museum of bugs: each exhibit is the product with one known bug, and a test that finds it out.

The bug is put into a copy of the source by replacing a piece of text; the test runs against that
copy in a process of its own and must fail there. The same tests pass on a copy without a bug: a
test that fails anyway finds nothing out. The ordinary run shows every third exhibit and checks that
each of the others can still be put in; ASHAD_TORTURE=1 shows all of them.

Known elsewhere, and no bug here: a note of what was done, written apart from it (a record is both);
an attempt checked outside the transaction (it is decided in memory, before there is one); a
transaction that begins late (there is one writer, and it reads nothing); sums of floats in another
order (nothing adds up metrics). 18 more are in tests/faults/simulation/test_mutants.py.
"""

# ruff: noqa: E501 - texts to be replaced are as long as they are
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import ROOT


class Exhibit(NamedTuple):
    """A bug: texts to be replaced in files of the server, and the test that finds it out.

    A file of the Python client begins with `ashad_client/`.
    """

    name: str
    test: str
    patches: tuple[tuple[str, str, str], ...]


def _bug(name: str, test: str, *patches: tuple[str, str, str]) -> Exhibit:
    return Exhibit(name, test, patches)


TWICE = """    def commit(self, batch: Batch) -> None:
        try:
            self.commit_once(batch)
        except StoreError:
            self.commit_once(batch)

    def commit_once(self, batch: Batch) -> None:
"""
AGENT = "ashad_agent/"
EXHIBITS = [
    _bug("a-round-is-cut-while-one-trains", "unit/core/engine/test_synchronous.py",
         ("core/engine/synchronous.py", "for k in range(min(open_rung, len(bracket.rungs) - 1)):",
          "for k in range(len(bracket.rungs) - 1):")),
    _bug("an-answer-is-not-taken", "unit/optuna/test_optuna.py::test_without_an_answer_a_w",
         ("core/engine/suggest.py", "given = None if _asks(state) is None else given",
          "given = given and {}")),
    _bug("the-sampler-is-asked-out-of-order", "unit/optuna/test_optuna.py::test_the_question_is_the",
         ("core/engine/observations.py", "order = np.argsort(trials)", "order = np.arange(len(trials))")),
    _bug("reply-before-commit", "faults/test_order.py::test_each_answer_leaves_after",
         ("service/scheduler_service.py", "_take(request)\n        await self.scheduler.durable()",
          "_take(request)")),
    _bug("synchronous-normal", "faults/test_power.py::test_nothing_acknowledged",
         ("store/writer.py", "synchronous = FULL", "synchronous = NORMAL"),
         ("store/writer.py", "== (2,)", "== (1,)")),
    _bug("no-lock-of-the-file", "faults/test_file.py::test_of_many_daemons",
         ("daemon/file_lock.py", "fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass"),
         ("store/inode_lock.py", "fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass")),
    _bug("lock-of-the-name", "unit/daemon/test_file_lock.py::test_a_file_is_locked_under_each",
         ("store/inode_lock.py", "fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass")),
    _bug("port-shared", "faults/test_file.py::test_of_two_daemons_on_one_port",
         ("security/limits.py", '("grpc.so_reuseport", 0)', '("grpc.so_reuseport", 1)'),
         ("daemon/endpoint.py", "    _refuse_taken(endpoint.host, endpoint.port)\n", "")),
    _bug("attempt-not-checked", "contract/test_leases.py::test_once_it_is_issued_again",
         ("core/engine/report.py", "        return superseded(trial), state.seq\n    if was_lost",
          "        pass\n    if was_lost")),
    _bug("leases-of-the-wall-clock", "unit/daemon/test_clock.py",
         ("daemon/main.py", "return time.monotonic()", "return time.time()")),
    _bug("leases-run-while-the-daemon-sleeps", "faults/test_zombie.py::test_no_lease_is_lost",
         ("scheduler/leases.py", "self._credit += seconds", "pass")),
    _bug("leases-run-out-with-a-restart", "faults/test_zombie.py::test_a_restart_gives",
         ("scheduler/leases.py", "self.renew(number, study, trial.number, trial.attempt)",
          "self._leases.renew(number, trial.number, trial.attempt, self._clock.monotonic(), 0.01)")),
    _bug("nan-ranks-best", "contract/test_answers.py::test_what_is_no_number_is_recorded",
         ("core/brackets/entry.py", "DIVERGED = inf", "DIVERGED = -inf")),
    _bug("tie-to-the-younger", "unit/core/test_worked_numbers.py::test_determined_ties",
         ("core/brackets/rung.py", "bisect_right(self._lasts, score)", "bisect_left(self._lasts, score)"),
         ("core/brackets/rung.py", "at = bisect_right(values, score)", "at = bisect_left(values, score)"),
         ("core/brackets/rung.py", "import bisect_right", "import bisect_left, bisect_right")),
    _bug("suggest-not-deduplicated", "faults/test_cut.py",
         ("core/engine/suggest.py", "prior = state.request(request)", "prior = None")),
    _bug("resource-goes-back", "contract/test_refusals.py::test_a_report_that_goes_back",
         ("core/engine/report.py", "    _check_increasing(trial, resource)\n    decision, entered",
          "    decision, entered")),
    _bug("failed-write-tried-again", "faults/test_io.py::test_a_failed_write_is_never_answered",
         ("store/writer.py", "    def commit(self, batch: Batch) -> None:\n", TWICE)),
    _bug("full-disk-not-rolled-back", "faults/test_full.py",
         ("scheduler/scheduler.py", "file=str(self._reader.path))\n        self.reload()",
          "file=str(self._reader.path))")),
    _bug("locked-file-ends-the-daemon", "faults/test_file.py::test_a_locked_file",
         ("store/errors.py", "if code == sqlite3.SQLITE_BUSY:", "if False:")),
    _bug("file-not-verified", "faults/test_flips.py::test_a_daemon_refuses",
         ("daemon/main.py", "        verify(reader)\n", "")),
    _bug("page-token-not-bound", "contract/test_refusals.py::test_a_page_token",
         ("service/pages.py", "if page_token and digest != _digest(kind, uid, after):", "if False:")),
    _bug("exception-text-leaks", "contract/test_refusals.py::test_no_text_of_an_exception",
         ("service/status.py", "internal error {number};", "internal error {error!r} {number};")),
    _bug("one-trial-too-many", "contract/test_answers.py::test_max_trials_is_never_exceeded",
         ("core/engine/suggest.py", '["INFEASIBLE"] >= most', '["INFEASIBLE"] > most')),
    _bug("diverged-read-as-nought", "unit/store/test_restore.py::test_a_restored_study_is_the_live_one",
         ("core/recovery/restore.py", "DIVERGED if value is None else", "0.0 if value is None else")),
    _bug("one-promotion-too-many", "unit/core/test_worked_numbers.py::test_promotion_stream",
         ("core/brackets/rung.py", "if rank > self._quota:", "if rank > self._quota + 1:")),
    _bug("draws-from-a-generator", "unit/core/test_space.py::test_a_draw_depends_on",
         ("core/sampling/prng.py", '    digest = blake2b(f"{seed}/{trial}/{name}"',
          '    _DRAWN.append(0)\n    digest = blake2b(f"{seed}/{len(_DRAWN)}/{name}"'),
         ("core/sampling/prng.py", "def uniform(", "_DRAWN = []\n\n\ndef uniform(")),
    _bug("reader-keeps-its-snapshot", "faults/test_exactly_once.py::test_the_echo_is_the_stored",
         ("store/reader.py", 'self.connection.execute(f"PRAGMA {pragma}")',
          'self.connection.execute(f"PRAGMA {pragma}"), self.connection.execute("BEGIN")')),
    _bug("second-connection-checkpoints", "unit/store/test_backup.py",
         ("store/header.py", "?mode=ro", "?mode=rw")),
    _bug("migration-without-a-transaction", "unit/store/test_migration.py::test_killed_at_each_step",
         ("store/schema.py", '    connection.execute("BEGIN IMMEDIATE")\n', ""),
         ("store/schema.py", '        connection.execute("COMMIT")\n', "")),
    _bug("an-rpc-open-to-all", "contract/security/test_roles.py::test_each_caller_gets",
         ("service/auth.py", 'Need.READ: "ShouldStop"', 'Need.NOTHING: "ShouldStop"')),
    _bug("revocation-not-looked-for", "contract/security/test_roles.py::test_a_revocation_counts",
         ("security/token_cache.py", "if self._looked and mark == self._mark:", "if self._looked:")),
    _bug("strangers-are-not-counted", "contract/security/test_limits.py::test_strangers_are_limited",
         ("service/auth.py", "self._addresses.spend(address, self._limits.max_refused_rate) > 0", "False")),
    _bug("handshake-without-a-deadline", "contract/security/test_limits.py::test_who_says_nothing",
         ("security/limits.py", '"grpc.server_handshake_timeout_ms"', '"a"'),
         ("security/limits.py", '"grpc.http2.settings_timeout"', '"b"')),
    _bug("heartbeats-end-with-the-first-error", "faults/client/test_outage.py::test_heartbeats_survive",
         ("ashad_client/session/session.py",
          "                self.outbox.unreached(error)\n                return",
          "                self._beat_at = 1e99\n                return None")),
    _bug("open-batch-lost-at-the-end", "contract/test_daemon.py::test_sigterm_answers",
         ("daemon/main.py", "    await _quiet(admission)\n    await server.stop(STREAMS)\n",
          "    os._exit(0)\n")),
    _bug("deleted-rows-before-the-deletion", "contract/test_quarantine.py::test_rows_go_only_once",
         ("scheduler/background.py", "        deletion.add_done_callback(committed)",
          "        self._registry.leftover.append(number)")),
    _bug("half-changed-study-goes-on", "contract/test_quarantine.py::test_a_call_that_broke_off",
         ("service/admission.py", "                    admission.quarantine(study)\n                await", "                    pass\n                await")),
    _bug("burst-cancelled-by-grpc", "faults/test_overload.py::test_reads_are_refused",
         ("security/limits.py", '("grpc.server.max_pending_requests", 100_000),', ""),
         ("security/limits.py", '("grpc.server.max_pending_requests_hard_limit", 100_000),', "")),
    _bug("stop-to-the-child-alone", "contract/agent/test_ends.py::test_a_stop_reaches_the_whole_group",
         (AGENT + "process/supervisor.py", "            _signal_group(self._child, number)",
          "            _signal(self._child, number)")),
    _bug("no-subreaper", "contract/agent/test_ends.py::test_nothing_escapes and double",
         (AGENT + "process/supervisor.py", "return _prctl(_PR_SET_CHILD_SUBREAPER, 1)", "return False")),
    _bug("stopped-trial-failed-by-its-code", "contract/agent/test_ends.py::test_a_stop_ends_it and badly",
         (AGENT + "process/exit_status.py", "    if told:", "    if told and end.clean:")),
    _bug("exit-75-is-a-failure", "contract/agent/test_ends.py::test_exit_75",
         (AGENT + "process/exit_status.py", "if end.code == GIVEN_BACK and", "if False and")),
    _bug("last-half-line-lost", "contract/agent/test_ends.py::test_a_half_line",
         (AGENT + "process/output_reader.py", "_lines.finish(trust=end.clean)",
          "_lines.finish(trust=False)")),
    _bug("line-cut-in-two", "contract/agent/test_ends.py::test_a_flood",
         (AGENT + "metrics/line_splitter.py", "whole, self.rest = self.rest +",
          "whole, self.rest =")),
    _bug("folder-of-others-removed", "contract/agent/test_checkpoints.py::test_a_folder_that_is_copied",
         (AGENT + "trials/checkpoints.py", "if not self._is_ours(root, name, uri):", "if False:")),
    _bug("named-file-not-kept", "contract/agent/test_checkpoints.py::test_files_in_the_folder",
         (AGENT + "trials/attempt.py", "folder.name(checkpoint)",
          "folder.named |= checkpoint == folder.path")),
    _bug("folder-of-a-killed-agent-stays", "contract/agent/test_checkpoints.py::test_what_an_agent_left",
         (AGENT + "trials/checkpoint_gc.py", "self._doubtful.update(self._root.strays())", "pass")),
    _bug("output-held-back", "contract/agent/test_run.py::test_a_python_program_is_heard",
         (AGENT + "trials/attempt.py", '"PYTHONUNBUFFERED": "1", ', "")),
    _bug("started-though-it-cannot-finish", "contract/agent/test_slots.py::test_max_time_starts_none",
         (AGENT + "trials/slot_pool.py", "now - self._begun + slowest_s >", "now - self._begun >")),
    _bug("parameter-of-an-earlier-trial", "contract/agent/test_shell.py::test_a_parameter_that_not_every",
         (AGENT + "cli/shell.py", '*(f"unset {name}" for name in gone),', "")),
    _bug("output-into-a-connection", "contract/agent/test_wrong.py::test_streams_that_are_closed",
         (AGENT + "cli/main.py", "    fill_streams()\n", "")),
    _bug("watch-skips-one-on-resume", "unit/cli/test_watch.py::test_no_change_is_missed",
         ("cli/commands/watch.py", "self.after, tries = answer.commit_seq, 0",
          "self.after, tries = answer.commit_seq + 1, 0")),
    _bug("file-known-from-the-first-look", "faults/test_file.py::test_a_file_that_is_taken_away",
         ("daemon/main.py", "    healing: asyncio.Task[None] | None = None\n",
          "    opened = identity(db)\n    healing: asyncio.Task[None] | None = None\n"),
         ("daemon/main.py", "if opened is None or identity(db)", "if identity(db)")),
]  # fmt: skip


def _copy(folder: Path) -> Path:
    """Copy the server and the Python client; return where they are."""
    for part in ("server/ashad", "client/python/ashad_client", "client/python/ashad_agent"):
        shutil.copytree(
            ROOT / part, folder / Path(part).name, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


def _put_in(exhibit: Exhibit, tree: Path) -> None:
    for file, old, new in exhibit.patches:
        path = tree / (
            file if file.startswith(("ashad_client/", "ashad_agent/")) else f"ashad/{file}"
        )
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{exhibit.name}: {file} no longer has, once: {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")


def _run(tree: Path, folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests on a copy; a part of a test's name is enough."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ASHAD_", "PYTEST_"))}
    files = sorted({f"tests/{test.partition('::')[0]}" for test in tests})
    parts = [test.partition("::")[2] for test in tests if "::" in test]
    chosen = ["-k", " or ".join(parts)] if len(parts) == len(tests) else []
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=line",
         "--basetemp", folder / "temp", *chosen, *files],
        cwd=ROOT, env=clean | {"PYTHONPATH": str(tree)}, check=False, capture_output=True,
        text=True, timeout=280,
    )  # fmt: skip


SHOWN = EXHIBITS if os.environ.get("ASHAD_TORTURE") == "1" else EXHIBITS[::3]
_found_out: list[str] = []


def test_each_bug_can_be_put_in(tmp_path: Path) -> None:
    """The product has changed where one cannot: its exhibit would show nothing."""
    for exhibit in EXHIBITS:
        tree = tmp_path / exhibit.name
        tree.mkdir()
        _put_in(exhibit, _copy(tree))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("exhibit", SHOWN, ids=lambda exhibit: exhibit.name)
def test_the_bug_is_found_out(exhibit: Exhibit, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    _put_in(exhibit, _copy(tree))
    done = _run(tree, tmp_path, exhibit.test)
    assert done.returncode == 1, f"{exhibit.name} is not found out:\n{done.stdout[-2000:]}"
    assert " failed" in done.stdout.splitlines()[-1], f"it did not run:\n{done.stdout[-2000:]}"
    _found_out.append(exhibit.name)


def test_without_a_bug_the_same_tests_pass(tmp_path: Path, tell) -> None:
    """The control."""
    tests = sorted({e.test for e in EXHIBITS if "::" in e.test and not e.test.startswith("faults")})
    tree = tmp_path / "tree"
    tree.mkdir()
    done = _run(_copy(tree), tmp_path, *tests)
    assert done.returncode == 0, done.stdout[-2000:]
    if len(_found_out) == len(SHOWN):
        tell("museum of bugs", f"{len(SHOWN)} exhibits", "each found out by its test")
