"""What Hydra finds: a sweeper that makes a study, and starts workers that run its jobs.

A job that is told to stop ends, and its worker takes the next one: there are no batches, and no
trial that is stopped runs to the end.

Hydra runs this file in every app, and not as a module that is imported: so there are no postponed
annotations, and what an app without a sweep does not need is imported in the sweep. Of the other
files it leaves alone those that begin with an underscore.
"""

import contextlib
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import cloudpickle
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.singleton import Singleton
from hydra.plugins.sweeper import Sweeper
from omegaconf import DictConfig, OmegaConf

import ashad_client
from ashad_client.errors import misuse

log = logging.getLogger(__name__)


@dataclass
class AshadSweeperConf:
    """`hydra.sweeper.*`: the keys of a study file, and where it runs."""

    _target_: str = "hydra_plugins.hydra_ashad_sweeper.ashad_sweeper.AshadSweeper"
    study: str = "${hydra.job.name}"
    metric: str = "objective"
    goal: str = "minimize"
    max_resource: int = 1
    algorithm: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=lambda: {"max_trials": 20})
    seed: Optional[int] = None  # OmegaConf reads it at run time, on Python 3.9 too
    n_workers: int = 1
    address: Optional[str] = None  # none: ASHAD_ADDRESS
    local: bool = False
    params: dict[str, Any] = field(default_factory=dict)


ConfigStore.instance().store(
    group="hydra/sweeper", name="ashad", node=AshadSweeperConf, provider="ashad_sweeper"
)


class AshadSweeper(Sweeper):
    """Runs a sweep as a study."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self.hydra_context = self.config = self.task_function = None

    def setup(self, *, hydra_context: Any, task_function: Any, config: DictConfig) -> None:
        """Take what Hydra has made; the launcher is not asked, since workers are ours."""
        self.hydra_context, self.config = hydra_context, config
        self.task_function = task_function

    def sweep(self, arguments: list[str]) -> Any:
        """Search; return the best trial, which lies in `optimization_results.yaml` as well."""
        assert self.config is not None
        assert self.hydra_context is not None
        from hydra_plugins.hydra_ashad_sweeper import _search_space  # noqa: PLC0415

        told = self._settings
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        swept = [f"{name}={value}" for name, value in (told["params"] or {}).items()]
        space = _search_space.read(parser.parse_overrides([*swept, *arguments]))
        folder = Path(str(self.config.hydra.sweep.dir))
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.config, folder / "multirun.yaml")
        with _client(told) as client:
            client.create_study(told["study"], self._spec(space))
            self._work(client.address, space)
            best = client.best(told["study"])
        if best is not None:
            result = {
                "name": "ashad", "best_evaluated_params": best.params,
                "best_evaluated_result": best.value, "trial": best.trial, "resource": best.resource,
            }  # fmt: skip
            OmegaConf.save(OmegaConf.create(result), folder / "optimization_results.yaml")
            log.info("best %s: %s, %s", told["metric"], best.value, best.params)
        return best

    def _spec(self, space: Any) -> dict[str, Any]:
        told = self._settings
        spec = {name: told[name] for name in ("metric", "goal", "max_resource")}
        spec["space"] = space.params
        for name in ("algorithm", "limits", "seed"):
            given = told[name]
            if given is not None and given != {}:
                plain = OmegaConf.is_config(given)
                spec[name] = OmegaConf.to_container(given) if plain else given
        return spec

    def _work(self, address: str, space: Any) -> None:
        """Start the workers and wait for them; Ctrl-C and an error end them all."""
        task = {
            "study": self._settings["study"], "address": address, "space": space,
            "hydra_context": self.hydra_context, "config": self.config,
            "task_function": self.task_function, "singletons": Singleton.get_state(),
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "task")
            path.write_bytes(cloudpickle.dumps(task))
            env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            command = [sys.executable, "-m", "hydra_plugins.hydra_ashad_sweeper._worker", str(path)]
            workers = [
                subprocess.Popen(command, env=env)  # noqa: S603
                for _ in range(max(1, self._settings["n_workers"]))
            ]
            try:
                failed = [status for status in (worker.wait() for worker in workers) if status]
            except BaseException:
                for worker in workers:
                    worker.terminate()
                for worker in workers:
                    worker.wait()
                raise
        if failed:
            raise misuse("WORKER_FAILED", f"{len(failed)} of {len(workers)} workers ended early")


@contextlib.contextmanager
def _client(told: dict[str, Any]) -> Iterator[Any]:

    if not told["local"]:
        with ashad_client.connect(told["address"]) as client:
            yield client
        return
    try:
        import ashad  # noqa: PLC0415  # the daemon's package
    except ImportError:
        raise ashad_client.Error(
            "local=true needs the daemon's package: pip install ashad"
        ) from None
    with ashad.local() as client:
        yield client
