"""Runs one search from beginning to end: daemon, study, workers, progress, result.

    python -m examples.search examples/digits/study.toml examples/digits/train.py

A worker is a Python script or a program, called with the study's name and, if given, the folder of
the data. With several, each is run once, and the result tells who did what.

The daemon is its own, on a free port of this machine, with its database in a new temporary folder
that stays. Nothing here is needed to use ashad: it does by program what a person does in three
terminals. It exits with 0 only when every worker, every trial and the daemon ended well.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import ashad_client

from examples import result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ASHAD = Path(sys.executable).with_name("ashad")
STOP_WITHIN_S = 30.0
LISTENING = "listening on "


class SearchError(Exception):
    """The search went wrong; the message tells all that is known."""


def main() -> int:
    options = arguments()
    name = tomllib.loads(options.study.read_text())["name"]
    folder = Path(tempfile.mkdtemp(prefix=f"ashad-{name}-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing outlives us
    try:
        with daemon(folder) as address:
            study = search(options, name, folder, address)
        print(f"\n{result.next_steps(study, folder / 'ashad.db', ASHAD)}")
    except (SearchError, ashad_client.Error) as error:
        print(f"\nThe search failed: {error}\nAll output is in {folder}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted. All output is in {folder}", file=sys.stderr)
        return 130
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run one search from beginning to end.")
    parser.add_argument("study", type=Path, help="study file, TOML")
    help_worker = "training script or program; NAME=FILE gives it another name than its folder's"
    parser.add_argument("worker", nargs="+", type=program, help=help_worker)
    parser.add_argument("--workers", type=int, help="how many run (default: two, or one of each)")
    parser.add_argument("--data", type=Path, help="folder of the data, for programs that want one")
    parser.add_argument("--python", type=Path, default=sys.executable, help="Python of the scripts")
    parser.add_argument("--result", type=Path, help="write the result here, as Markdown")
    parser.add_argument("--curves", type=Path, help="draw the search here, as PNG or SVG")
    options = parser.parse_args()
    options.workers = options.workers or max(2, len(options.worker))
    return options


def program(text: str) -> tuple[str, Path]:
    name, _, path = text.rpartition("=")
    return name or Path(path).parent.name or "worker", Path(path)


def search(
    options: argparse.Namespace, name: str, folder: Path, address: str
) -> ashad_client.StudyStatus:
    one_core = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # for each worker
    given = {"ASHAD_ADDRESS": address, "CHECKPOINTS": str(folder / "checkpoints")}
    environment = clean_environment() | one_core | given
    run([ASHAD, "study", "create", "-f", options.study], environment)
    print()
    client = ashad_client.connect(address, call_timeout_s=10)
    begin = time.monotonic()
    with workers(options, name, folder, environment) as running:
        follow(client, name, running, begin)
    study, trials = client.study(name), list(client.list_trials(name))
    seconds = time.monotonic() - begin
    print(f"\n{result.table(study, trials)}\n")
    check(study)
    print(result.summary(study, trials, options.workers, seconds))
    if len(options.worker) > 1:
        print(f"\n{result.by_worker(study, trials)}")
    if options.result:
        options.result.write_text(result.page(study, trials, options.workers, seconds))
    if options.curves:
        run([ASHAD, "plot", name, "-o", options.curves], environment)
    return study


def clean_environment() -> dict[str, str]:
    """Keep the settings of the user's own daemon and workers out of this search."""
    return {key: value for key, value in os.environ.items() if not key.startswith("ASHAD_")}


def run(command: Sequence[str | Path], environment: dict[str, str]) -> None:
    sys.stdout.flush()
    if subprocess.run(command, env=environment, check=False).returncode:
        raise SearchError(f"{' '.join(map(str, command))} failed")


def check(study: ashad_client.StudyStatus) -> None:
    if study.counts.failed or study.counts.running:
        raise SearchError(f"{study.counts.failed} failed, {study.counts.running} still running")
    if study.reason == "" or study.best is None:
        raise SearchError("the workers ended before the study did")


# --- Processes ------------------------------------------------------------------------------------


@contextlib.contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """Start a daemon, give its address; at the end stop it as a service manager would."""
    command: list[str | Path] = [ASHAD, "--address", "127.0.0.1:0", "--db", folder / "ashad.db"]
    log = folder / "daemon.log"
    with (
        log.open("w") as sink,
        subprocess.Popen(
            command, env=clean_environment(), stdout=subprocess.PIPE, stderr=sink, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            if LISTENING not in first:
                raise SearchError(f"the daemon did not start: {first}{tail(log)}")
            drain = threading.Thread(target=sink.writelines, args=(process.stdout,))
            drain.start()
            yield first.split(LISTENING, 1)[1].split()[0].strip(",;")
        finally:
            stop(process)
        drain.join()
    if process.returncode:
        raise SearchError(f"the daemon ended with {process.returncode}:\n{tail(log)}")


@contextlib.contextmanager
def workers(
    options: argparse.Namespace, name: str, folder: Path, environment: dict[str, str]
) -> Iterator[dict[Path, subprocess.Popen[bytes]]]:
    """Start the workers, give them by the file that takes their output; leave none behind."""
    running: dict[Path, subprocess.Popen[bytes]] = {}
    try:
        for number in range(options.workers):
            worker, path = options.worker[number % len(options.worker)]
            command = [options.python, path] if path.suffix == ".py" else [path.resolve()]
            log = folder / f"{worker}-{number}.log"
            with log.open("w") as sink:
                running[log] = subprocess.Popen(
                    [*command, name, *([options.data] if options.data else [])],
                    env=environment | {"ASHAD_WORKER": f"{worker}-{number}"},
                    stdout=sink,
                    stderr=sink,
                )
        yield running
    finally:
        for process in running.values():
            stop(process)


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path) -> str:
    with log.open(errors="replace") as lines:
        return "".join(collections.deque(lines, maxlen=30))


# --- Progress -------------------------------------------------------------------------------------


def follow(
    client: ashad_client.Client,
    name: str,
    running: dict[Path, subprocess.Popen[bytes]],
    begin: float,
) -> None:
    """Show how the search stands until all workers have ended; fail as soon as one fails."""
    live = sys.stdout.isatty()
    shown = begin
    while living := [process for process in running.values() if process.poll() is None]:
        now = time.monotonic()
        # On a terminal one lively line; in a log a line now and then, fewer as time goes by.
        if now - shown >= (0.25 if live else max(5.0, (now - begin) / 30)):
            shown = now
            line = result.progress(client.study(name), shown - begin)
            print(fitted(line) if live else line, end="" if live else "\n", flush=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            living[0].wait(0.1)
        check_workers(running)
    check_workers(running)
    line = result.progress(client.study(name), time.monotonic() - begin)
    print(fitted(line) if live else line)


def check_workers(running: dict[Path, subprocess.Popen[bytes]]) -> None:
    for log, process in running.items():
        if process.poll():
            raise SearchError(f"a worker ended with {process.returncode}:\n{tail(log)}")


def fitted(line: str) -> str:
    """Write over the line before, and never wrap."""
    return "\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1]


if __name__ == "__main__":
    sys.exit(main())
