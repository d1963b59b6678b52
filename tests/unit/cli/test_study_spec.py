"""The reader of study files: every field can be said, every mistake is named with its key."""

import pytest
from ashad.cli.errors import InvalidFileError
from ashad.cli.studyfile.study import read_file
from ashad.cli.studyfile.yaml_text import parse_yaml
from ashad_client.dialect.file import parse_toml
from ashad_client.dialect.study import read
from ashad_client.dialect.table import Mistakes
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf import text_format

FULL = """
name = "digits"
metric = "validation_error"
goal = "minimize"
resource = "epoch"
max_resource = 27
seed = 1
failure_policy = "ignore"

[algorithm]
type = "asha"
variant = "promotion"
eta = 3
min_resource = 1
max_rungs = 4

[space]
learning_rate = {float = [1e-4, 1e-1], log = true, grid_points = 3}
momentum = {float = [0, 1], step = 0.25}
batch_size = {int = [32, 256], step = 32}
optimizer = {choice = ["adam", "sgd", 1, 1.5, true]}
layers = {int = [1, 4], log = false, grid_points = 4}
classes = {const = 10}
flag = true

[limits]
max_trials = 40
max_concurrent_trials = 4
max_total_resource = 4000
max_duration = "1h12m"
target_value = 0.01
max_failed_trials = 3

[lease]
duration = "90s"
heartbeat_interval = 7.5
max_attempts = 2

[[points_to_evaluate]]
optimizer = 1
learning_rate = 1
[[points_to_evaluate]]
"""
FULL_SPEC = """
metric: "validation_error" goal: GOAL_MINIMIZE resource: "epoch" max_resource: 27 seed: 1
failure_policy: FAILURE_POLICY_IGNORE
asha { variant: ASHA_VARIANT_PROMOTION eta: 3 min_resource: 1 max_rungs: 4 }
space { name: "learning_rate"
        float_range { low: 1e-4 high: 1e-1 scale: SCALE_LOG grid_points: 3 } }
space { name: "momentum" float_range { low: 0 high: 1 step: 0.25 } }
space { name: "batch_size" int_range { low: 32 high: 256 step: 32 } }
space { name: "optimizer" categorical {
    choices { string_value: "adam" } choices { string_value: "sgd" }
    choices { int_value: 1 } choices { double_value: 1.5 } choices { bool_value: true } } }
space { name: "layers" int_range { low: 1 high: 4 scale: SCALE_LINEAR grid_points: 4 } }
space { name: "classes" constant { int_value: 10 } }
space { name: "flag" constant { bool_value: true } }
limits { max_trials: 40 max_concurrent_trials: 4 max_total_resource: 4000
         max_duration { seconds: 4320 } target_value: 0.01 max_failed_trials: 3 }
lease { duration { seconds: 90 } heartbeat_interval { seconds: 7 nanos: 500000000 }
        max_attempts: 2 }
points_to_evaluate {
    params { name: "learning_rate" value { double_value: 1 } }
    params { name: "optimizer" value { int_value: 1 } } }
points_to_evaluate { }
"""
HEAD = 'metric = "m"\ngoal = "maximize"\nmax_resource = 9\n'
TAIL = '[algorithm]\ntype = "random"\n[space]\nx = {float = [0, 1]}\n'


def parse(text):
    mistakes = Mistakes()
    name, spec = read(parse_toml(text), mistakes)
    return name, spec, mistakes.lines


def test_every_field_can_be_said():
    name, spec, mistakes = parse(FULL)
    assert mistakes == []
    assert name == "digits"
    assert spec == text_format.Parse(FULL_SPEC, pb.StudySpec())


@pytest.mark.parametrize(
    ("algorithm", "field", "wanted"),
    [
        ('type = "random"', "random", ""),
        ('type = "grid"', "grid", ""),
        ('type = "single"', "single", ""),
        ('type = "asha"', "asha", ""),
        (
            """type = "adaptive_asha"
            mode = "conservative"
            variant = "stopping"
            eta = 4.5
            max_rungs = 3
            bracket_rungs = [3, 1]""",
            "adaptive_asha",
            """variant: ASHA_VARIANT_STOPPING mode: ADAPTIVE_MODE_CONSERVATIVE eta: 4.5
            max_rungs: 3 bracket_rungs: [3, 1]""",
        ),
        (
            """type = "pbt"
            interval = 2
            perturbation_factors = [0.5, 2]
            explore = ["x"]""",
            "pbt",
            """interval: 2 perturbation_factors: [0.5, 2] explore: "x\"""",
        ),
    ],
)
def test_every_algorithm_can_be_said(algorithm, field, wanted):
    _, spec, mistakes = parse(f"{HEAD}[algorithm]\n{algorithm}\n[space]\nx = 1\n")
    assert mistakes == []
    assert spec.WhichOneof("algorithm") == field
    message = getattr(spec, field)
    assert message == text_format.Parse(wanted, type(message)())


def test_every_field_of_the_contract_is_reached():
    """A field added to the contract must be added to the reader."""
    said = set()

    def walk(message):
        for field, value in message.ListFields():
            said.add(field.full_name)
            for item in value if field.is_repeated else [value]:
                if field.message_type:
                    walk(item)

    walk(parse(FULL)[1])
    normal, odds = "mean = 1, sigma = 1", "{choice = ['a'], weights = [1]}"
    ranges = f"a = {{float = [0, 2], {normal}}}\nb = {{int = [0, 2], {normal}}}\nc = {odds}"
    walk(parse(f"{HEAD}[space]\n{ranges}\n")[1])
    walk(parse(f"outcome_constraints = ['ms <= 1']\n{HEAD}[space]\nx = 1\n")[1])
    walk(parse(f"constraints = ['x < 1']\n{HEAD}[space]\nx = 1\n")[1])
    together = "{goal = 'minimize', weight = 2, scale = 3, reference = 1}"
    walk(parse(f"combination = 'chebyshev'\nobjectives = {{a = {together}}}\n{HEAD}")[1])
    ordered = "{goal = 'minimize', tolerance = 2, relative_tolerance = 3, target = 1}"
    walk(parse(f"combination = 'lexicographic'\nobjectives = {{a = {ordered}}}\n{HEAD}")[1])
    adaptive = (
        'mode = "standard"\neta = 4\nmax_rungs = 3\nbracket_rungs = [1]\nvariant = "stopping"'
    )
    rounds = "min_resource = 1\neta = 3\nmax_rungs = 2\nrepeat = true"
    free = 'variant = "stopping"\nmin_resource = 1\neta = 3\nmax_rungs = 2\nbrackets = 2'
    trained = (
        "population = 4\ninterval = 2\nquantile = 0.3\nresample_probability = 0.5\n"
        "perturbation_factors = [0.5, 2]\nexplore = ['x']"
    )
    for algorithm in (
        f'"adaptive_asha"\n{adaptive}', '"random"', '"grid"', '"single"',
        f'"successive_halving"\n{rounds}\ntrials = 9', f'"hyperband"\n{rounds}',
        f'"async_hyperband"\n{free}', f'"pbt"\n{trained}',
    ):  # fmt: skip
        walk(parse(f"{HEAD}[algorithm]\ntype = {algorithm}\n[space]\nx = 'text'\n")[1])
    settings = "random_fraction = 0.1\ngood_fraction = 0.2\nmin_points = 3\ncandidates = 9"
    for sampler in (
        '"random"', '"grid"', '"halton"', '"optuna"\nmethod = "cmaes"',
        '"python"\nfactory = "mine"',
        f'"tpe"\n{settings}\nbandwidth_factor = 2.0\nmin_bandwidth = 0.2',
        f'"spaced_tpe"\n{settings}\nbandwidth_factor = 2.0\nmin_bandwidth = 0.2\nspacing = 1',
    ):  # fmt: skip
        space = "[space]\nk = {choice = ['a']}\nx = {float = [0, 1], when = {k = 'a'}}\n"
        rest = f"[algorithm]\ntype = 'random'\n[sampler]\ntype = {sampler}\n{space}"
        walk(parse(f"{HEAD}{rest}")[1])
    known = set()

    def fields(descriptor):
        for field in descriptor.fields:
            if field.full_name not in known:
                known.add(field.full_name)
                if field.message_type:
                    fields(field.message_type)

    fields(pb.StudySpec.DESCRIPTOR)
    assert known - said == set()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("goal = 'minimise'", 'goal: must be "minimize" or "maximize", not "minimise" (did you'),
        ("goal = 1", "goal: must be text, not the number 1"),
        (
            "combination = 'sum'\nobjectives = {a = {goal = 'minimize'}}",
            'combination: must be "weighted_sum" or "chebyshev" or "pareto" or "lexi',
        ),
        ("objectives = 1", "objectives: must be a table, not the number 1"),
        ("objectives = {a = 1}", "objectives.a: must be a table, not the number 1"),
        ("objectives = {a = {}}", 'objectives.a.goal: is missing: "minimize" or "maximize"'),
        (
            "objectives = {a = {goal = 'minimize', weight = 0}}",
            "objectives.a.weight: must be above 0",
        ),
        (
            "objectives = {a = {goal = 'minimize', wait = 1}}",
            'objectives.a.wait: unknown key (did you mean "weight"?)',
        ),
        (
            "objectives = {a = {goal = 'minimize', tolerance = 0}}",
            "objectives.a.tolerance: must be above 0",
        ),
        ("weight = 1", "weight: it stands in [objectives.NAME]"),
        ("target = 1", "target: it stands in [objectives.NAME]"),
        ("lexico_objectives = 1", "lexico_objectives: here it is objectives, in their order, with"),
        ("combination = 'pareto'", "objectives: is missing: combination is of metrics"),
        ("directions = []", "directions: here it is objectives, a table [objectives.NAME] for"),
        ("metrics = ['a']", "metrics: here it is objectives, a table [objectives.NAME] for each"),
        ("metric = ''", "metric: must not be empty"),
        ("max_resource = true", "max_resource: must be a whole number, not true"),
        ("max_resource = 27.0", "max_resource: must be a whole number, not the number 27.0"),
        ("max_resource = '27'", 'max_resource: must be a whole number, not "27"'),
        ("max_resource = 0", "max_resource: must be at least 1, not 0"),
        ("max_resource = 9223372036854775808", "max_resource: does not fit in 64 bits"),
        ("max_resource = 1979-05-27", "max_resource: must be a whole number, not a date or time"),
        ("seed = -1", "seed: must be at least 0, not -1"),
        ("seeed = 1", 'seeed: unknown key (did you mean "seed"?)'),
        ("failure_policy = 'worst'", "failure_policy: must be "),
        ("limits = 3", "limits: must be a table, not the number 3"),
        ("limits.max_trails = 3", 'limits.max_trails: unknown key (did you mean "max_trials"?)'),
        ("limits.max_trials = 0", "limits.max_trials: must be at least 1"),
        ("limits.max_duration = '12x'", 'limits.max_duration: must be a duration such as "90s"'),
        ("limits.max_duration = '50m3h'", "limits.max_duration: must be a duration"),
        ("limits.max_duration = -1", "limits.max_duration: must be a duration from 0"),
        ("limits.max_duration = inf", "limits.max_duration: must be a duration"),
        ("limits.max_duration = true", "limits.max_duration: must be a duration"),
        ("limits.max_duration = '9999999d'", "limits.max_duration: must be a duration from 0"),
        ("limits.max_duration = 0.00000000001", "limits.max_duration: must be a duration in whole"),
        ("limits.target_value = nan", "limits.target_value: must be finite"),
        ("limits.target_value = '0.9'", 'limits.target_value: must be a number, not "0.9"'),
        ("lease.max_attempts = 2147483648", "lease.max_attempts: does not fit in 32 bits"),
        ("lease.term = 1", "lease.term: unknown key"),
        ("algorithm = 'asha'", 'algorithm: must be a table, not "asha"'),
        ("algorithm.type = 'ahsa'", 'algorithm.type: must be "asha" or "adaptive_asha"'),
        ("algorithm.eta = 3", "algorithm.type: is missing"),
        ("algorithm = {type = 'random', eta = 3}", 'algorithm.eta: unknown key for type "random"'),
        ("algorithm = {type = 'asha', eta = 1}", "algorithm.eta: must be above 1"),
        ("algorithm = {type = 'asha', eta = nan}", "algorithm.eta: must be finite"),
        (
            "algorithm = {type = 'asha', min_resource = 0}",
            "algorithm.min_resource: must be at least 1",
        ),
        (
            "algorithm = {type = 'adaptive_asha', bracket_rungs = [2, '1']}",
            'algorithm.bracket_rungs[1]: must be a whole number, not "1"',
        ),
        (
            "algorithm = {type = 'pbt', perturbation_factors = [0.8, '1.2']}",
            'algorithm.perturbation_factors[1]: must be a number, not "1.2"',
        ),
        (
            "algorithm = {type = 'pbt', eta = 3}",
            'algorithm.eta: unknown key for type "pbt"; eta is of type "asha" or "adaptive_asha"',
        ),
        (
            "algorithm = {type = 'pbt', reduction_factor = 3}",
            'algorithm.reduction_factor: unknown key for type "pbt"; eta is of type "asha" or',
        ),
        (
            "sampler = {type = 'random', min_points = 3}",
            'sampler.min_points: unknown key for type "random"; min_points is of type "tpe"',
        ),
        ("algorithm = {type = 'pbt', population = 1}", "population: must be at least 2, not 1"),
        (
            "algorithm = {type = 'pbt', perturbation_interval = 3}",
            "algorithm.perturbation_interval: here it is interval",
        ),
        (
            "algorithm = {type = 'pbt', hyperparam_mutations = {}}",
            "algorithm.hyperparam_mutations: here it is explore, a list of names; their ranges",
        ),
        (
            "algorithm = {type = 'pbt', explore = [1]}",
            'algorithm.explore[0]: must be text, such as "lr", not the number 1',
        ),
        (
            "algorithm = {type = 'adaptive_asha', mode = 'Standard'}",
            'or "conservative", not "Standard" (did you mean "standard"?)',
        ),
        ("space = []", "space: must be a table, not a list"),
        ("space.x = [1, 2]", "space.x: must not be a list: write {float = [low, high]}"),
        ("space.x = {}", "space.x: says no range"),
        ("space.x = {flaot = [0, 1]}", '(did you mean "float"?)'),
        ("space.x = {int = [0, 1], const = 1}", "space.x: has int and const, only one can be"),
        ("space.x = {float = [0]}", "space.x.float: must be [low, high], not a list of 1"),
        ("space.x = {float = 0}", "space.x.float: must be a list, not the number 0"),
        ("space.x = {float = [0, '1']}", 'space.x.float[1]: must be a number, not "1"'),
        ("space.x = {float = [true, 1]}", "space.x.float[0]: must be a number, not true"),
        ("space.x = {float = [0, inf]}", "space.x.float[1]: must be finite"),
        ("space.x = {float = [0, 9007199254740993]}", "space.x.float[1]: is a whole number too"),
        ("space.x = {float = [0, 1], log = 1}", "space.x.log: must be true or false"),
        ("space.x = {float = [0, 1], step = 0}", "space.x.step: must be above 0"),
        (
            "space.x = {float = [0, 1], stp = 1}",
            "space.x.stp: unknown key for a parameter with float",
        ),
        ("space.x = {int = [0, 1.0]}", "space.x.int[1]: must be a whole number"),
        ("space.x = {int = [0, 9223372036854775808]}", "space.x.int[1]: does not fit in 64 bits"),
        ("space.x = {int = [0, 1], step = 0.5}", "space.x.step: must be a whole number"),
        ("space.x = {int = [0, 1], grid_points = 0}", "space.x.grid_points: must be at least 1"),
        ("space.x = {choice = []}", "space.x.choice: must hold at least one value"),
        ("space.x = {choice = 'ab'}", 'space.x.choice: must be a list, not "ab"'),
        (
            "space.x = {choice = [1, [2]]}",
            "space.x.choice[1]: must be a number, text, true or false",
        ),
        ("space.x = {choice = [nan]}", "space.x.choice[0]: must be finite"),
        ("space.x = {choice = [1], log = true}", "space.x.log: unknown key"),
        ("space.x = {const = [1]}", "space.x.const: must be a number, text, true or false"),
        ("space.x = nan", "space.x: must be finite"),
        ("space.'a b' = nan", 'space."a b": must be finite'),
        ("points_to_evaluate = 1", "points_to_evaluate: must be a list"),
        ("points_to_evaluate = [1]", "points_to_evaluate[0]: must be a table"),
    ],
)
def test_each_mistake_is_named(text, mistake):
    said = {line.split(" ")[0].split(".")[0] for line in text.splitlines()}
    lines = [line for line in HEAD.splitlines() if line.split(" ")[0] not in said]
    tail = {
        "algorithm": "algorithm = {type = 'random'}",
        "space": "space = {x = {float = [0, 1]}}",
    }
    lines += [text, *(line for key, line in tail.items() if key not in said)]
    _, _, mistakes = parse("\n".join(lines))
    assert len(mistakes) == 1
    assert mistake in mistakes[0]


def test_mistakes_of_one_parameter_are_named_all_at_once():
    assert parse(HEAD + "algorithm.type = 'grid'\nspace.x = {float = ['', nan], log = 1, to = 2}")[
        2
    ] == [
        'space.x.float[0]: must be a number, not ""',
        "space.x.float[1]: must be finite",
        "space.x.log: must be true or false, not the number 1",
        "space.x.to: unknown key for a parameter with float",
    ]


def test_missing_keys_are_named_all_at_once():
    assert parse("")[2] == [
        "metric: is missing",
        "goal: is missing",
        "max_resource: is missing",
        "space: is missing",
    ]


@pytest.mark.parametrize(
    ("point", "mistake"),
    [
        ("rate = '0.1'", 'points_to_evaluate[0].rate: must be a number, not "0.1"'),
        ("size = 3.5", "points_to_evaluate[0].size: must be a whole number"),
        ("opt = 'adm'", 'points_to_evaluate[0].opt: must be "adam" or 2.0 or true, not "adm"'),
        ("opt = 1", "points_to_evaluate[0].opt: must be "),
        ("fix = 8", "points_to_evaluate[0].fix: must be 7, not the number 8"),
        (
            "raet = 1",
            'points_to_evaluate[0].raet: unknown key (not in the space) (did you mean "rate"?)',
        ),
    ],
)
def test_points_are_fitted_to_the_space(point, mistake):
    space = (
        "[space]\nrate = {float = [0, 1]}\nsize = {int = [1, 9]}\n"
        'opt = {choice = ["adam", 2.0, true]}\nfix = 7\nwrong = nan\n'
    )
    text = f'{HEAD}{space}[algorithm]\ntype = "grid"\n[[points_to_evaluate]]\nwrong = 1\n{point}\n'
    _, _, mistakes = parse(text)
    assert mistakes[0] == "space.wrong: must be finite"
    assert len(mistakes) == 2
    assert mistake in mistakes[1]


def test_a_whole_number_fits_a_real_choice():
    text = f'{HEAD}points_to_evaluate = [{{c = 2}}]\n[algorithm]\ntype = "grid"\n'
    _, spec, mistakes = parse(text + "[space]\nc = {choice = [1.0, 2.0]}\n")
    assert mistakes == []
    assert spec.points_to_evaluate[0].params[0].value.double_value == 2.0


def test_toml_and_yaml_say_the_same():
    mistakes = Mistakes()
    yaml = """
metric: m
goal: maximize
max_resource: 9
algorithm: {type: asha, eta: 2.5}
space:
  rate: {float: [1e-4, 1e-1], log: true}
  opt: {choice: [on, off, yes]}
limits: {max_duration: 12m}
"""
    _, spec = read(parse_yaml(yaml), mistakes)
    toml = """
metric = "m"
goal = "maximize"
max_resource = 9
algorithm = {type = "asha", eta = 2.5}
limits = {max_duration = 720}
[space]
rate = {float = [1e-4, 1e-1], log = true}
opt = {choice = ["on", "off", "yes"]}
"""
    assert mistakes.lines == []
    assert spec == parse(toml)[1]


def test_an_empty_yaml_key_is_a_mistake():
    mistakes = Mistakes()
    read(parse_yaml("metric:\n"), mistakes)
    assert mistakes.lines[0] == "metric: must be text, not nothing"


def test_a_file_fails_with_all_its_mistakes(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('goal = "up"\nmetric = "\\u001b[31m"\nmax_resource = "\\u001b"\n' + TAIL)
    with pytest.raises(InvalidFileError) as caught:
        read_file(path)
    assert caught.value.lines == (
        f'{path}: goal: must be "minimize" or "maximize", not "up"',
        f'{path}: max_resource: must be a whole number, not "\\x1b"',
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("none.toml", None, "there is no such file; `ashad init` writes one"),
        ("bad.toml", "x = ", "not TOML: Invalid value (at end of document)"),
        ("bad.json", "{}", "must end in .toml, .yaml or .yml"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, name, content, problem):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(InvalidFileError) as caught:
        read_file(path)
    assert caught.value.lines[0].startswith(f"{path}: {problem}")
