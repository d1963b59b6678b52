"""What the page costs: first paint, a change of filter, memory, and what ten cost a report.

    python -m bench.page [--trials 1000000] [--file FILE] [--peer PYTHON]

Headless Chromium before a daemon on a file that the real scheduler made, or on a copy of `--file`.
It needs Node, Chromium and the page (`make web`). Under one load ten open pages take turns with
none, and with ten viewers that ask all that a page asks and draw nothing: on a machine where a
browser has no cores of its own, its drawing is in a report's waits. `--peer`: an interpreter with
optuna-dashboard, which is shown as many trials (`--peer-trials`) as a daemon of ours.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from bench.callers import STUDY
from bench.growth import fill
from bench.load import Load
from bench.result import BUILD, aim, keep
from bench.servers import Server, daemon, memory

ROOT = Path(__file__).parents[1]
LOOK = ["node", str(ROOT / "server/web/test/measure.mjs")]
CALLERS = 16
WHO = ("none", "pages", "viewers")
PAINTED = [".ladder tbody tr", ".plot canvas"]
AIMS = {"paint_s": 1.0, "bytes": 500_000, "filter_s": 0.3, "memory_mib": 50, "p99": 1.05}
TENTH = 0.1
SHOWN = 50  # trials that pass a narrow filter, about


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1_000_000)
    parser.add_argument("--file", type=Path, help="a file of a run before, which is copied")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a round of the load")
    parser.add_argument("--pages", type=int, default=10, help="that are open together")
    parser.add_argument("--rest", type=float, default=15.0, help="before the first filter")
    parser.add_argument("--rate", type=float, default=200.0, help="reports a second")
    parser.add_argument("--peer", type=Path, help="an interpreter with optuna-dashboard")
    parser.add_argument("--peer-trials", type=int, default=10_000)
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder, ExitStack() as stack:
        server, url = _served(stack, Path(folder) / "page.db", options.trials, options.file)
        found |= _page(server, url, options)
    if options.peer is not None:
        with (
            tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder,
            ExitStack() as stack,
        ):
            found["peer"] = _beside(stack, Path(folder), options)
    keep("page", found)
    return 0


def _served(stack: ExitStack, db: Path, trials: int, made: Path | None) -> tuple[Server, str]:
    """Return a daemon on a file of so many trials, and the address of its page."""
    if made is not None:
        shutil.copyfile(made, db)
    else:
        asyncio.run(fill(db, trials, 0))
    began = time.perf_counter()
    server = daemon(stack, db, "--web", "127.0.0.1:0")
    print(f"start: {time.perf_counter() - began:.2f} s")
    assert server.process.stdout is not None
    line = server.process.stdout.readline()
    return server, line.partition("page at ")[2].split(",")[0].strip()


def _page(server: Server, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure our page on one daemon."""
    before = _resident(server)
    paints = _look("paint", url, hash=f"#/{STUDY}", signs=PAINTED, rounds=options.rounds + 1)
    cold, paints = paints[0], paints[1:]
    seconds = min(paint["ms"] for paint in paints) / 1e3
    size = max(paint["bytes"] for paint in (cold, *paints))
    rows = {"hash": f"#/{STUDY}/trials", "filters": _filters(options.trials)}
    filters = _look("filter", url, **rows, rest=1000 * options.rest)
    slow = [one["ms"] / 1e3 for one in filters]
    with _held("hold", url, options.pages):
        time.sleep(options.seconds)
    grown = (_resident(server) - before) / 2**20  # a load has trials of its own in memory
    waits, cpu = _reports(server, url, options)
    what = f"{options.trials:,} trials"
    _judge(
        f"{what}, first useful paint, s", seconds, "paint_s", f"first of all {cold['ms']:.0f} ms"
    )
    _judge(f"{what}, bytes to it", size, "bytes")
    _judge(f"{what}, change of filter, s", median(slow), "filter_s", f"to {max(slow):.2f}")
    _judge(f"{what}, memory of the daemon grown, MiB", grown, "memory_mib")
    for who in WHO[1:]:
        ratios = [ten / none for none, ten in zip(waits["none"], waits[who], strict=True)]
        _judge(
            f"{options.pages} {who}, a report's p99 to none", median(ratios), "p99",
            f"{min(ratios):.2f} to {max(ratios):.2f}",
        )  # fmt: skip
        more = median(cpu[who]) - median(cpu["none"])
        print(
            f"{options.pages} {who}: {100 * more * options.rate:.1f} % of a core more in the daemon"
        )
    print(f"most memory: {memory(server.process) / 2**20:.0f} MiB")
    return {
        "trials": options.trials, "cold": cold, "paints": paints, "filters": filters,
        "p99_s": waits, "cpu_s": cpu, "grown_mib": grown,
    }  # fmt: skip


def _filters(trials: int) -> list[str]:
    """Return filters of which each shows other trials than the one before."""
    share, found = SHOWN / trials, list[str]()
    for n in range(4):
        found.append(f"x>={n / 10} x<={n / 10 + share:.6f}")
        found.append(f"best_value<={0.9 - n / 10:.1f} x>={n / 10}")
    return found


def _reports(
    server: Server, url: str, options: argparse.Namespace
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Report at a pace with pages, viewers and none, by turns; return p99s and processor times."""
    load = Load(server.address, CALLERS, server.leases)
    waits: dict[str, list[float]] = {who: [] for who in WHO}
    cpu: dict[str, list[float]] = {who: [] for who in WHO}

    def once(who: str) -> None:
        load.prepare(options.seconds)
        began = server.processor_seconds()
        done = load.pace(options.rate, options.seconds)
        cpu[who].append((server.processor_seconds() - began) / done.reports)
        waits[who].append(quantiles(done.waits, n=100)[98])

    load.prepare(0.5)
    load.pace(options.rate, 0.5)
    for _ in range(options.rounds):
        once("none")
        with _held("hold", url, options.pages):
            once("pages")
        with _held("ask", url, options.pages):
            once("viewers")
    load.close()
    return waits, cpu


@contextmanager
def _held(verb: str, url: str, pages: int) -> Iterator[None]:
    """Keep pages open, of rungs and curves and of the table; or as many that ask the same."""
    asked = {"study": STUDY, "pages": pages, "signs": ["main"],
             "hashes": [f"#/{STUDY}", f"#/{STUDY}/trials?order=best_value"]}  # fmt: skip
    command = [*LOOK, verb, url, json.dumps(asked)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as browser:
        assert browser.stdin is not None
        assert browser.stdout is not None
        if '"open"' not in browser.stdout.readline():
            raise RuntimeError("the pages did not open")
        try:
            yield
        finally:
            browser.stdin.write("end\n")
            browser.stdin.close()
            browser.wait(60)


def _beside(stack: ExitStack, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure our page and optuna-dashboard on as many trials, by turns."""
    trials = options.peer_trials
    _, ours = _served(stack, folder / "ours.db", trials, None)
    theirs = _dashboard(stack, folder / "optuna.db", trials, options.peer)
    found: dict[str, list[Any]] = {"ashad": [], "optuna-dashboard": []}
    for _ in range(3):
        ask = {"hash": f"#/{STUDY}", "signs": PAINTED, "rounds": 1}
        found["ashad"] += _look("paint", ours, **ask)
        ask = {"hash": "dashboard/studies/1", "signs": [".plotly .main-svg"], "rounds": 1}
        found["optuna-dashboard"] += _look("paint", theirs, **ask)
    for key, words in (("bytes", "bytes to the first paint"), ("ms", "time to it")):
        each = {name: min(one[key] for one in seen) for name, seen in found.items()}
        ratio = each["ashad"] / each["optuna-dashboard"]
        spread = ", ".join(f"{name} {value:,.0f} {key}" for name, value in each.items())
        what = f"{trials:,} trials, {words} to optuna-dashboard's"
        aim(what, ratio, f"<= {TENTH}", met=ratio <= TENTH, spread=spread)
    return found


def _dashboard(stack: ExitStack, db: Path, trials: int, python: Path) -> str:
    """Start optuna-dashboard on a file of so many trials; return its address."""
    make = (
        "import sys, optuna; sys.path.insert(0, 'bench'); from optuna_server import finished\n"
        "optuna.logging.set_verbosity(optuna.logging.WARNING)\n"
        "study = optuna.create_study(study_name='bench', storage=f'sqlite:///{sys.argv[1]}')\n"
        "space = {'x': optuna.distributions.FloatDistribution(0, 1)}\n"
        "study.add_trials(finished(n, space) for n in range(int(sys.argv[2])))\n"
    )
    subprocess.run([str(python), "-c", make, str(db), str(trials)], check=True, cwd=ROOT)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(python.with_name("optuna-dashboard")), f"sqlite:///{db}", "--port", str(port)]
    log = stack.enter_context(db.with_suffix(".log").open("w"))
    process = stack.enter_context(subprocess.Popen(command, stdout=log, stderr=log))
    stack.callback(process.terminate)
    url = f"http://127.0.0.1:{port}"
    opener, until = build_opener(ProxyHandler({})), time.monotonic() + 60
    while True:
        try:
            opener.open(f"{url}/dashboard").close()
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return url


def _look(verb: str, url: str, **asked: Any) -> list[dict[str, Any]]:
    """Have a browser look; return what it says."""
    command = [*LOOK, verb, url, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _resident(server: Server) -> int:
    """Return the bytes that the daemon has in memory now."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS:"))


def _judge(what: str, value: float, key: str, spread: str = "") -> None:
    aim(what, value, f"<= {AIMS[key]:,}", met=value <= AIMS[key], spread=spread)


if __name__ == "__main__":
    sys.exit(main())
