"""The floors of the house: who may import whom, and the rules that keep modules readable.

Read from the source with `ast`, so that an import within a function counts as well.
"""

import ast
import builtins
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVER, CLIENT = ROOT / "server" / "ashad", ROOT / "client" / "python" / "ashad_client"
AGENT = CLIENT.parent / "ashad_agent"

# Floors of the server, lowest first; those of one line do not import each other.
FLOORS = [
    {"core", "security"},
    {"store", "outside"},
    {"scheduler"},
    {"service", "simulate"},
    {"web"},  # serves the services of the contract over HTTP
    {"daemon"},
    {"cli"},
    {"__main__"},
]
# The parts of the core, lowest first; those of one line do not import each other.
CORE = [
    {"errors", "metrics", "scale", "tolerance"},
    {"space"},
    {"earlier", "constraints", "objectives", "outcomes", "prior"},
    {"spec"},
    {"brackets"},
    {"history"},
    {"sampling"},
    {"kinds"},
    {"validation"},
    {"engine"},
    {"recovery"},
]
PURE = {
    "__future__", "array", "bisect", "collections", "dataclasses", "decimal", "enum", "fractions",
    "functools", "hashlib", "heapq", "itertools", "json", "math", "numpy", "operator", "re",
    "statistics", "struct", "typing",
}  # fmt: skip
IMPURE = {"open", "print", "input", "exec", "eval", "breakpoint", "hash", "id", "__import__"}
# What only these floors of the server may touch.
OUTSIDE = {
    "sqlite3": {"store", "cli"},
    "sqlite_utils": {"store", "cli"},
    "grpc": {"service", "security", "daemon", "cli"},
    "grpc_health": {"daemon", "cli"},
    "grpc_reflection": {"daemon"},
    "google": {"service", "daemon", "cli", "web"},
    "ashad_client": {"service", "daemon", "cli", "web"},
    "ashad_agent": {"cli"},
    "opentelemetry": {"daemon"},
    "uvloop": {"daemon"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "prometheus_client": {"web"},
    "cryptography": {"security"},
    "click": {"cli"},
    "rich": {"cli"},
    "optuna": {"outside"},
}
# What these floors take of the client beside the contract.
ALSO_OF_THE_CLIENT = {"daemon": {"text"}, "web": {"dialect"}}
MOST_LINES = 320


def modules(folder):
    return sorted(
        path
        for path in folder.rglob("*.py")
        if "_pb2" not in path.name and "node_modules" not in path.parts and path.is_file()
    )


def ids(path):
    return str(path.relative_to(ROOT))


@cache
def tree(path):
    return ast.parse(path.read_text())


def imports(path):
    """Yield (line, absolute name) of all that a module imports, names of `from` included."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            for name in node.names:
                yield node.lineno, f"{node.module}.{name.name}"


def floor_of(part, floors):
    found = [number for number, floor in enumerate(floors) if part in floor]
    assert found, f"give {part} a floor in {Path(__file__).name}"
    return found[0]


def part_of(path):
    return path.relative_to(SERVER).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(SERVER), ids=ids)
def test_the_server_imports_only_from_below(path):
    part = part_of(path)
    if part == "__init__":  # only what is called for is imported, when it is
        top = [node for node in tree(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert {node.module for node in top} == {"__future__", "typing"}
        return
    for line, name in imports(path):
        top, *rest = name.split(".")
        here = f"{ids(path)}:{line} imports {name}"
        if top == "ashad" and rest[0] != "__version__" and rest[0] != part:
            assert (SERVER / rest[0]).exists() or (SERVER / f"{rest[0]}.py").exists(), here
            assert floor_of(rest[0], FLOORS) < floor_of(part, FLOORS), here
        if top == "ashad_client":
            allowed = {"v1", *ALSO_OF_THE_CLIENT.get(part, ())}
            assert part == "cli" or rest[0] in allowed, f"{here}: of the client only the contract"
        assert part in OUTSIDE.get(top, {part}), here


SUPERVISOR = AGENT / "process" / "supervisor.py"  # a program of its own, in which gRPC is not


@pytest.mark.parametrize(
    "path",
    [p for p in modules(SERVER) + modules(CLIENT) + modules(AGENT) if p != SUPERVISOR],
    ids=ids,
)
def test_what_speaks_grpc_is_never_forked(path):
    """gRPC can end a forked child. uvloop forks for each of asyncio's processes: see beside.py."""
    nodes = list(ast.walk(tree(path)))
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not used & {"create_subprocess_exec", "create_subprocess_shell", "fork", "forkpty"}
    assert "preexec_fn" not in {node.arg for node in nodes if isinstance(node, ast.keyword)}


@pytest.mark.parametrize("path", modules(SERVER / "core"), ids=ids)
def test_the_core_is_pure_and_in_order(path):
    part = path.relative_to(SERVER / "core").parts[0].removesuffix(".py")
    for line, name in imports(path):
        top, *rest = name.split(".")
        here = f"{ids(path)}:{line} imports {name}"
        if top == "ashad":
            assert rest[0] == "core", here
            assert rest[1] == part or floor_of(rest[1], CORE) < floor_of(part, CORE), here
        else:
            assert top in PURE, here
    keys = [n for n in ast.walk(tree(path)) if getattr(n, "name", "") == "__hash__"]
    within_keys = {id(node) for key in keys for node in ast.walk(key)}  # where hash() is at home
    for node in ast.walk(tree(path)):
        if id(node) in within_keys:
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in IMPURE, f"{ids(path)}:{node.lineno} calls {node.func.id}"
        random = isinstance(node, ast.Attribute) and node.attr == "random"
        assert not random, f"{ids(path)}:{node.lineno} draws from global randomness"


# What an integration is for; nobody but the user imports one.
FRAMEWORKS = {
    "accelerate", "catboost", "jax", "keras", "lightgbm", "lightning", "mpi4py", "numpy", "pandas",
    "polars", "pytorch_lightning", "skorch", "sklearn", "torch", "transformers", "xgboost",
}  # fmt: skip
INTEGRATION = {"integration", "ranks"}
# What these folders of the client import, and only when a user calls for it.
CALLED_FOR = {
    "plots": {"matplotlib", "numpy"},
    "trackers": {"mlflow", "tensorboardX", "torch", "wandb"},
    "fleet": {"distributed", "ray", "submitit"},
}


@pytest.mark.parametrize("path", modules(CLIENT), ids=ids)
def test_the_client_is_thin(path):
    for line, name in imports(path):
        top = name.split(".")[0]
        allowed = {"ashad_client", "grpc", "google"} | sys.stdlib_module_names
        allowed |= CALLED_FOR.get(path.parent.name, set())
        if path.name == "__main__.py":
            allowed.add("ashad_agent")  # `python -m ashad_client run`
        part = path.relative_to(CLIENT).parts[0]
        if part in INTEGRATION:
            allowed |= FRAMEWORKS
        integration = name.startswith("ashad_client.integration")
        assert part in INTEGRATION or not integration, f"{ids(path)}:{line} imports {name}"
        assert top in allowed, f"{ids(path)}:{line} imports {name}"


# The parts of the agent, lowest first. Only the client speaks gRPC.
AGENT_FLOORS = [
    {"value_text"},
    {"metrics"},
    {"process"},
    {"trials"},
    {"fleet"},
    {"cli"},
    {"__main__"},
]


@pytest.mark.parametrize("path", modules(AGENT), ids=ids)
def test_the_agent_is_thin_and_in_order(path):
    part = path.relative_to(AGENT).parts[0].removesuffix(".py")
    for line, name in imports(path):
        top, *rest = name.split(".")
        here = f"{ids(path)}:{line} imports {name}"
        assert top in {"ashad_agent", "ashad_client"} | sys.stdlib_module_names, here
        if top == "ashad_agent" and rest[0] != part:
            assert floor_of(rest[0], AGENT_FLOORS) < floor_of(part, AGENT_FLOORS), here


ALL = [
    path
    for folder in ("server", "client/python", "tests", "examples", "bench")
    for path in modules(ROOT / folder)
]


def test_every_module_opens_with_what_it_is():
    bare = [ids(path) for path in ALL if tree(path).body and not ast.get_docstring(tree(path))]
    assert bare == []


PRODUCT = modules(SERVER) + modules(CLIENT) + modules(AGENT)


def test_modules_stay_on_a_few_screens():
    lines = {ids(path): len(path.read_text().splitlines()) for path in PRODUCT}
    assert {path: many for path, many in lines.items() if many > MOST_LINES} == {}, "split these"


# --- what keeps a house of many rooms readable ---

PACKAGES = sorted({path.parent for path in PRODUCT})
MOST_FILES = 12
NOUNS = {"sampling", "encoding", "string", "lightning", "spaced"}  # that end like a participle
# The scheduler's own attributes are its own: the service calls methods.
REACHES = {"line.wait", "clock.wall", "shelf.find", "watchers.ending", "watchers.wait"}


def files(package):
    return [path for path in package.glob("*.py") if path in PRODUCT and path.stem != "__init__"]


@pytest.mark.parametrize("package", PACKAGES, ids=ids)
def test_a_folder_is_seen_at_a_glance(package):
    assert len(files(package)) <= MOST_FILES, "group its files"


@pytest.mark.parametrize("package", PACKAGES, ids=ids)
def test_a_package_says_what_is_in_it(package):
    """Its docstring has a line for each module and package: the name, two blanks, what it is."""
    text = ast.get_docstring(tree(package / "__init__.py")) or ""
    named = re.findall(r"^(\w+) {2,}\S", text, flags=re.MULTILINE)
    there = {path.stem for path in files(package) if path.stem != "__main__"}
    there |= {path.name for path in PACKAGES if path.parent == package}
    assert sorted(name for name in named if name != "__main__") == sorted(there)


def classes(paths):
    """Yield the path and the node of each class, but for private ones."""
    for path in paths:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield path, node


def test_a_class_has_a_name_of_its_own():
    found = Counter(node.name for _, node in classes(modules(SERVER)))
    assert [name for name, times in found.items() if times > 1] == []


def test_an_exception_is_called_an_error():
    bases = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for _, node in classes(PRODUCT)
    }
    known = {
        name for name, found in vars(builtins).items()
        if isinstance(found, type) and issubclass(found, BaseException)
    } | {"ClickException", "UsageError"}  # fmt: skip
    while more := {name for name, above in bases.items() if above & known} - known:
        known |= more
    assert [name for name in set(bases) & known if not name.endswith("Error")] == []
    assert [ids(path) for path in PRODUCT if "N818" in path.read_text()] == []


def test_the_formatter_is_on():
    assert [ids(path) for path in PRODUCT if "# fmt: skip" in path.read_text()] == []


def test_a_file_is_a_noun():
    words = {path: set(path.stem.split("_")) - NOUNS for path in PRODUCT}
    participles = [path for path in PRODUCT if re.search(r"(ing|ed)\b", " ".join(words[path]))]
    assert participles == []


def test_the_service_reaches_through_nothing():
    """It calls methods of the scheduler; what the scheduler is made of is not its business."""
    found = set()
    for path in modules(SERVER / "service"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                owner = ast.unparse(node.value.value).split(".")[-1].lstrip("_")
                found |= {f"{node.value.attr}.{node.attr}"} if owner == "scheduler" else set()
    assert found <= REACHES


# --- the test of a module is where the module is ---

TESTS = ROOT / "tests"
MIRRORS = {SERVER: TESTS / "unit", CLIENT: TESTS / "unit/client", AGENT: TESTS / "unit/agent"}
LOGIC = 10  # places where a module of logic branches, at the least
BRANCHES = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.ExceptHandler, ast.IfExp, ast.BoolOp,
    ast.Match, ast.comprehension,
)  # fmt: skip
# What works with processes, terminals or a daemon is played as a whole; a folder stands for all of
# its modules, and what is tested beside itself is not in need of it.
ELSEWHERE = {
    "ashad/cli": "unit/cli",
    "ashad/web": "contract/web",
    "ashad/daemon/web_port.py": "contract/web/test_access.py",
    "ashad/core/engine/state.py": "unit/core/test_against_oracle.py",
    "ashad/outside/channel.py": "unit/outside/test_optuna.py",
    "ashad/scheduler/proposals.py": "unit/outside/test_optuna.py",
    "ashad/scheduler/scheduler.py": "unit/scheduler/test_write_block.py",
    "ashad/service/call_times.py": "contract/web/test_metrics.py",
    "ashad/service/reads/best_steps.py": "contract/test_bounded_reads.py",
    "ashad/service/reads/best_trial.py": "contract/test_best_trial.py",
    "ashad/service/reads/explanations.py": "contract/test_outcome_constraints.py",
    "ashad/service/reads/points.py": "contract/test_pareto.py",
    "ashad/service/reads/importance.py": "contract/test_bounded_reads.py",
    "ashad/service/reads/obsolete_checkpoints.py": "contract/test_obsolete_checkpoints.py",
    "ashad/service/reads/pages.py": "contract/test_refusals.py",
    "ashad/service/reads/query.py": "contract/test_bounded_reads.py",
    "ashad/service/study_reads.py": "contract/conversations",
    "ashad/service/study_service.py": "contract/conversations",
    "ashad/simulate/world.py": "unit/simulate/test_simulate.py",
    "ashad/store/queries/points.py": "contract/test_pareto.py",
    "ashad/store/queries/steps.py": "contract/test_bounded_reads.py",
    "ashad/store/migrations/v2.py": "unit/store/migrations/test_files.py",
    "ashad_agent/cli": "contract/agent",
    "ashad_agent/fleet/dask.py": "system/launchers/test_dask.py",
    "ashad_agent/fleet/ssh.py": "system/launchers/test_ssh.py",
    "ashad_client/fleet/dask.py": "system/launchers/test_dask.py",
    "ashad_client/fleet/ray_agents.py": "system/launchers/test_ray.py",
    "ashad_agent/process": "contract/agent",
    "ashad_agent/trials": "contract/agent",
    "ashad_client/_async": "unit/client/test_aio.py",
    "ashad_client/dialect/parameters.py": "unit/cli/test_study_spec.py",
    "ashad_client/integration/lightning.py": "frameworks/test_lightning.py",
    "ashad_client/integration/sklearn.py": "frameworks/boosting/test_sklearn.py",
    "ashad_client/plots": "unit/cli/test_plot.py",
    "ashad_client/session": "faults/client/test_outage.py",
    "ashad_client/spec.py": "unit/client/test_studies.py",
    "ashad_client/trackers/mlflow.py": "frameworks/trackers/test_trackers.py",
    "ashad_client/text.py": "unit/cli/test_text.py",
    "ashad_client/transport": "unit/client/test_tls.py",
}


def logic(path):
    return sum(isinstance(node, BRANCHES) for node in ast.walk(tree(path))) >= LOGIC


def has_test_beside(path, root):
    """Whether the folder of its tests has one of its name, or one that imports it."""
    inside = path.relative_to(root)
    folder = MIRRORS[root] / inside.parent
    if (folder / f"test_{path.stem}.py").exists():
        return True
    name = ".".join((root.name, *inside.with_suffix("").parts))
    return any(
        f"{found}.".startswith(f"{name}.")
        for test in folder.glob("test_*.py")
        for _, found in imports(test)
    )


def without_test():
    """Yield the modules, as they stand in ELSEWHERE, that have no test beside them."""
    for root in MIRRORS:
        for path in modules(root):
            made = path.stem in ("__init__", "__main__") or "_sync" in path.parts
            if not made and not has_test_beside(path, root):
                yield path, f"{root.name}/{path.relative_to(root)}"


def test_a_module_of_logic_has_its_test_in_the_mirror():
    alone = [
        name for path, name in without_test()
        if logic(path) and not any(f"{name}/".startswith(f"{one}/") for one in ELSEWHERE)
    ]  # fmt: skip
    assert alone == [], "write tests/unit/<package>/test_<module>.py"


def test_what_is_tested_elsewhere_is_so_and_has_to_be():
    assert [test for test in ELSEWHERE.values() if not (TESTS / test).exists()] == []
    alone = [name for _, name in without_test()]
    needless = [
        one for one in ELSEWHERE if not any(f"{name}/".startswith(f"{one}/") for name in alone)
    ]
    assert needless == [], "it has a test beside it by now"
