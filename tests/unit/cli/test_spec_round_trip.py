"""Any specification, written as TOML or YAML, reads back equal."""

import json

from ashad.cli.studyfile.yaml_text import parse_yaml
from ashad_client.dialect.file import parse_toml
from ashad_client.dialect.study import read
from ashad_client.dialect.table import Mistakes
from ashad_client.v1 import ashad_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

INT64 = st.integers(-(2**63), 2**63 - 1)
POSITIVE = st.integers(1, 2**63 - 1)
SMALL = st.integers(1, 2**31 - 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
SCALAR = st.booleans() | INT64 | REAL | TEXT
SECONDS = st.integers(0, 10**9)


def maybe(**fields):
    return st.fixed_dictionaries({}, optional=fields)


PARAMETER = st.one_of(
    st.fixed_dictionaries(
        {"float": st.tuples(REAL, REAL).map(list)},
        optional={"log": st.booleans(), "step": st.floats(1e-300, 1e300), "grid_points": SMALL},
    ),
    st.fixed_dictionaries(
        {"int": st.tuples(INT64, INT64).map(list)},
        optional={"log": st.booleans(), "step": POSITIVE, "grid_points": SMALL},
    ),
    st.fixed_dictionaries({"choice": st.lists(SCALAR, min_size=1, max_size=4)}),
    st.fixed_dictionaries({"const": SCALAR}),
    SCALAR,
)
ETA = st.floats(1.000001, 100)
VARIANT = st.sampled_from(["stopping", "promotion"])
ALGORITHM = st.one_of(
    maybe(variant=VARIANT, min_resource=POSITIVE, eta=ETA, max_rungs=SMALL).map(
        lambda d: {"type": "asha"} | d
    ),
    maybe(
        variant=VARIANT,
        mode=st.sampled_from(["aggressive", "standard", "conservative"]),
        eta=ETA,
        max_rungs=SMALL,
        bracket_rungs=st.lists(SMALL, max_size=3),
    ).map(lambda d: {"type": "adaptive_asha"} | d),
    maybe(
        min_resource=POSITIVE, eta=ETA, max_rungs=SMALL, trials=POSITIVE, repeat=st.booleans()
    ).map(lambda d: {"type": "successive_halving"} | d),
    maybe(min_resource=POSITIVE, eta=ETA, max_rungs=SMALL, repeat=st.booleans()).map(
        lambda d: {"type": "hyperband"} | d
    ),
    maybe(variant=VARIANT, min_resource=POSITIVE, eta=ETA, max_rungs=SMALL, brackets=SMALL).map(
        lambda d: {"type": "async_hyperband"} | d
    ),
    st.sampled_from(["random", "grid", "single"]).map(lambda t: {"type": t}),
)
LIMITS = maybe(
    max_trials=POSITIVE,
    max_concurrent_trials=POSITIVE,
    max_total_resource=POSITIVE,
    max_duration=SECONDS | SECONDS.map(lambda s: f"{s}s"),
    target_value=REAL,
    max_failed_trials=POSITIVE,
)
STUDY = st.fixed_dictionaries(
    {
        "metric": TEXT.filter(bool),
        "goal": st.sampled_from(["minimize", "maximize"]),
        "max_resource": POSITIVE,
        "algorithm": ALGORITHM,
        "space": st.dictionaries(NAME, PARAMETER, max_size=4),
    },
    optional={
        "name": TEXT,
        "resource": TEXT,
        "sampler": st.one_of(
            st.sampled_from(["random", "grid", "halton"]).map(lambda t: {"type": t}),
            maybe(method=st.sampled_from(["tpe_multivariate", "gp", "cmaes"])).map(
                lambda d: {"type": "optuna"} | d
            ),
            maybe(factory=TEXT.filter(bool)).map(lambda d: {"type": "python"} | d),
            maybe(
                random_fraction=st.floats(0, 1),
                good_fraction=st.floats(0.01, 0.9),
                min_points=SMALL,
                candidates=SMALL,
                bandwidth_factor=st.floats(0.1, 10),
                min_bandwidth=st.floats(0.01, 1),
            ).map(lambda d: {"type": "tpe"} | d),
        ),
        "seed": st.integers(0, 2**63 - 1),
        "failure_policy": st.sampled_from(["count_as_worst", "ignore"]),
        "limits": LIMITS,
        "lease": maybe(duration=SECONDS, heartbeat_interval=SECONDS, max_attempts=SMALL),
    },
)


def toml(value):
    """Write a value in TOML's inline form."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text):
    return (
        '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in text) + '"'
    )


def scalar(value):
    kinds = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}
    return pb.ParameterValue(**{kinds[type(value)]: value})


def parameter(name, data):
    if not isinstance(data, dict):
        return pb.ParameterSpec(name=name, constant=scalar(data))
    if "const" in data:
        return pb.ParameterSpec(name=name, constant=scalar(data["const"]))
    if "choice" in data:
        choices = pb.Categorical(choices=[scalar(choice) for choice in data["choice"]])
        return pb.ParameterSpec(name=name, categorical=choices)
    kind = "float" if "float" in data else "int"
    low, high = data[kind]
    rest = {key: data[key] for key in ("step", "grid_points") if key in data}
    if "log" in data:
        rest["scale"] = pb.SCALE_LOG if data["log"] else pb.SCALE_LINEAR
    if kind == "float":
        return pb.ParameterSpec(name=name, float_range=pb.FloatRange(low=low, high=high, **rest))
    return pb.ParameterSpec(name=name, int_range=pb.IntRange(low=low, high=high, **rest))


def expected(data):
    """Build the message independently of the reader."""
    spec = pb.StudySpec(
        metric=data["metric"],
        goal="GOAL_" + data["goal"].upper(),
        max_resource=data["max_resource"],
        resource=data.get("resource", ""),
        space=[parameter(name, value) for name, value in data["space"].items()],
    )
    if "seed" in data:
        spec.seed = data["seed"]
    if "failure_policy" in data:
        value = "FAILURE_POLICY_" + data["failure_policy"].upper()
        spec.failure_policy = pb.FailurePolicy.Value(value)
    algorithm = dict(data["algorithm"])
    kind = algorithm.pop("type")
    if "variant" in algorithm:
        algorithm["variant"] = "ASHA_VARIANT_" + algorithm["variant"].upper()
    if "mode" in algorithm:
        algorithm["mode"] = "ADAPTIVE_MODE_" + algorithm["mode"].upper()
    field = getattr(spec, kind)
    field.CopyFrom(type(field)(**algorithm))
    if "sampler" in data:
        rest = dict(data["sampler"])
        kind = {"random": "random_sampler", "grid": "grid_sampler"}.get(rest["type"], rest["type"])
        del rest["type"]
        if "method" in rest:
            rest["method"] = "OPTUNA_METHOD_" + rest["method"].upper()
        chosen = getattr(spec, kind)
        chosen.CopyFrom(type(chosen)(**rest))
    for table, message in (("limits", pb.StudyLimits), ("lease", pb.LeaseSpec)):
        if table in data:
            getattr(spec, table).CopyFrom(message(**with_durations(data[table])))
    return spec


def with_durations(table):
    names = ("max_duration", "duration", "heartbeat_interval")
    read = {k: {"seconds": int(str(v).rstrip("s"))} for k, v in table.items() if k in names}
    return table | read


@given(STUDY)
def test_written_as_toml_it_reads_back(data):
    mistakes = Mistakes()
    text = "\n".join(f"{quoted(key)} = {toml(value)}" for key, value in data.items())
    assert read(parse_toml(text), mistakes) == (data.get("name", ""), expected(data))
    assert mistakes.lines == []


@given(STUDY)
def test_written_as_yaml_it_reads_back(data):
    mistakes = Mistakes()
    text = "\n".join(f"{quoted(key)}: {yaml(value)}" for key, value in data.items())
    assert read(parse_yaml(text), mistakes) == (data.get("name", ""), expected(data))
    assert mistakes.lines == []


def yaml(value):
    """Write a value in YAML's flow form."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)}: {yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml, value)) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


_JUNK = st.recursive(
    SCALAR | st.none() | st.just(float("nan")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3),
    max_leaves=6,
)


@given(STUDY, st.data())
def test_junk_anywhere_is_told_never_raised(data, draw):
    """Put anything in the place of any value: the reader ends, and names what is wrong."""
    table = data
    while True:
        key = draw.draw(st.sampled_from(sorted(table))) if table else None
        if key is None or not isinstance(table[key], dict) or draw.draw(st.booleans()):
            break
        table = table[key]
    if key is not None:
        table[key] = draw.draw(_JUNK)
    mistakes = Mistakes()
    read(data, mistakes)
    assert all(": " in line for line in mistakes.lines)
