"""What is taken from a line, and why the rest is not. The lines are as real programs print them."""

from __future__ import annotations

import math
import time

import pytest
from ashad_agent.metrics.metric_parser import MetricParser, Reading, Skipped
from ashad_agent.metrics.progress import Progress
from ashad_client import Error
from hypothesis import given
from hypothesis import strategies as st


def rules(metric="loss", resource="epoch", **options):
    return MetricParser(metric, resource, **options)


def take(line, **options):
    """(resource, value, others) of a line, or why not."""
    said = rules(**options).parse(line.encode() if isinstance(line, str) else line)
    if isinstance(said, Skipped):
        return said.why
    return said.resource, said.value, dict(said.others)


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ('{"epoch": 3, "loss": 0.5}', (3, 0.5, {})),
        (
            '  {"loss": 1e-3, "acc": 0.9, "epoch": 3.0, "note": "x", "ok": true}\r',
            (3, 1e-3, {"acc": 0.9}),
        ),
        ('{"loss": NaN, "epoch": 1}', (1, math.nan, {})),
        ('{"loss": Infinity, "epoch": 1}', (1, math.inf, {})),
        ('{"loss": "NaN", "epoch": "1"}', (1, math.nan, {})),
        ('{"loss": "-Infinity", "epoch": 1}', (1, -math.inf, {})),
        ('{"loss": "0.5", "epoch": 1, "id": "x7"}', (1, 0.5, {})),
        ("{'loss': '0.5', 'grad_norm': '2.5', 'epoch': '3.0'}", (3, 0.5, {"grad_norm": 2.5})),
        ('level=info epoch="3" loss="nan"', (3, math.nan, {})),
        ('{"epoch": 1, "loss": 0.5, "train": {"loss": 0.25}}', (1, 0.5, {"train.loss": 0.25})),
        (
            '[tune-metric]: {"epoch": 2, "loss": 0.5, "st_worker_time": 1.5}',
            (2, 0.5, {"st_worker_time": 1.5}),
        ),
        ("epoch=3 loss=0.5", (3, 0.5, {})),
        ("Epoch 3/10 - loss: 0.5 - val_acc: 0.25", (3, 0.5, {"val_acc": 0.25})),
        ("Epoch [3/10], loss: 5.0e-1, acc = .5", (3, 0.5, {"acc": 0.5})),
        ("2026-01-02 12:30:05,123 INFO: epoch: 3, loss: -0.5;", (3, -0.5, {})),
        ("{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 3.0}", (3, 0.5, {"learning_rate": 5e-05})),
        ("[10]\ttrain's l2: 0.25\tloss: 0.5", (10, 0.5, {"l2": 0.25})),
        ("loss=nan", (None, math.nan, {})),
        ("loss=-Infinity", (None, -math.inf, {})),
        ("\x1b[32mepoch=3\x1b[0m \x1b[1mloss=0.5\x1b[0m", (3, 0.5, {})),
        ("val_loss=0.1 loss=0.5%", (None, 0.5, {"val_loss": 0.1})),
        ("val_loss=0.1 train/loss=0.2", "loss stands in it, but not as loss=NUMBER"),
        ("1875/1875 - 5s 2ms/step - loss: 0.5 - time: 3s", (None, 0.5, {})),
        (
            " 10%|#    | epoch=1 loss=9\r 50%|##   | epoch=1 loss=5\r100%|#####| epoch=1 loss=0.5",
            (1, 0.5, {}),
        ),
        ("epoch=1 loss=9\r   \r", "the metric is not in it"),
        ("epoch=3 loss=0.5 checkpoint=/c/3", (3, 0.5, {})),
    ],
)
def test_lines_that_say_something(line, taken):
    assert repr(take(line)) == repr(taken)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "the metric is not in it"),
        ("epoch=3 val_accuracy=0.5", "the metric is not in it"),
        ("the loss is high", "not as loss=NUMBER"),
        ("epoch=3 loss=0,5", "no plain number"),
        ("epoch=3 loss=1,234", "no plain number"),
        ("loss=1.2.3", "no plain number"),
        ("loss=3s", "no plain number"),
        ('{"loss": null, "epoch": 1}', "loss is null, which may mean not measured; for diverged"),
        ('{"loss": "low", "epoch": 1}', "is no plain number: 'low'"),
        ('epoch=1 loss="0.5', "no plain number"),
        ("epoch=1 loss='0.5\"", "no plain number"),
        ('{"loss": true}', "is no plain number"),
        ('{"loss": 1e999999, "epoch": 0.5}', "is no whole number"),
        ('{"loss": 0.5, "epoch": 2.5}', "epoch is no whole number"),
        ("epoch=2.5 loss=0.5", "epoch is no whole number"),
        ('{"loss": %s}' % ("9" * 400), "is no plain number"),
    ],
)
def test_lines_that_say_nothing(line, why):
    assert why in take(line)


def test_keys_that_are_named_otherwise():
    told = take(
        '{"step": 4, "eval": {"rmse": 0.5}, "t": 9}',
        resource_key="step",
        renamed={"loss": "eval.rmse", "seconds": "t"},
    )
    assert told == (4, 0.5, {"seconds": 9.0})
    assert take("it 7: valid rmse = 0.5", resource_key="it", renamed={"loss": "rmse"})[:2] == (
        7,
        0.5,
    )


def test_counting_from_zero():
    assert take("epoch=0 loss=0.5", zero_based=True)[0] == 1
    assert take("loss=0.5", zero_based=True)[0] is None


def test_regexes_take_the_place_of_all_else():
    boost = rules(regexes=[r"^\[(?P<resource>\d+)\].*test-error:(?P<metric>\S+)"])
    assert boost.parse(b"[3]\ttrain-error:0.25\ttest-error:0.5") == Reading(0.5, {}, 3, None)
    assert isinstance(boost.parse(b"epoch=3 loss=0.5"), Skipped)
    own = rules(
        regexes=[r"E(?P<epoch>\d+) L(?P<loss>\S+)( A(?P<acc>\S+))?( C(?P<checkpoint>\S+))?"]
    )
    assert own.parse(b"E3 L0.5 A0.75 C/c") == Reading(0.5, {"acc": 0.75}, 3, "/c")
    assert own.parse(b"E3 L0.5") == Reading(0.5, {}, 3, None)
    assert "no number" in own.parse(b"E3 Lx").why
    several = rules(regexes=["a(?P<metric>[0-9])", "b(?P<metric>[0-9])"])
    assert [several.parse(line).value for line in (b"a1", b"b2")] == [1.0, 2.0]


@pytest.mark.parametrize("regex", ["(", "(?P<loss>", "x{99999999999}", "loss=(.*)", "(?P<acc>.*)"])
def test_a_regex_that_can_take_nothing_is_refused(regex):
    with pytest.raises(Error, match="--regex"):
        rules(regexes=[regex])


def test_invalid_bytes_and_deep_or_long_lines_do_no_harm():
    assert take(b"\xff\xfe epoch=1 loss=0.5 \xc3") == (1, 0.5, {})
    assert "no plain number" in take('{"loss":' + "[" * 100_000 + "}")
    assert "the metric is not" in take('{"a":' * 50_000 + "1" + "}" * 50_000)
    deep = '{"a":' * 400 + '{"loss": 1}' + "}" * 400
    assert isinstance(take(deep), (str, tuple))
    assert "longer" in take(b"loss=1 " + b"x" * (1 << 20))


def test_lines_made_to_be_slow_are_not():
    for line in (
        b"loss" * 260_000, b"loss=" * 200_000, b"a" * 1_000_000 + b" loss", b"loss 'x' " * 110_000,
        b"loss=" + b"1" * 1_000_000, b"loss:" + b" " * 1_000_000, b"epoch " * 170_000 + b"loss=1",
        b"\x1b[" * 500_000 + b"loss=1", b"loss=1 " + b"[" * 1_000_000,
    ):  # fmt: skip
        begun = time.process_time()
        rules().parse(line)
        assert time.process_time() - begun < 3, line[:20]


@given(st.binary(max_size=200))
def test_nothing_makes_it_fail(noise):
    for line in (noise, b'{"loss": ' + noise, b"loss=" + noise, b"[tune-metric]: {" + noise + b"}"):
        assert isinstance(rules().parse(line), (Reading, Skipped))
        assert isinstance(rules(regexes=["(?P<metric>.)"]).parse(line), (Reading, Skipped))


@given(st.floats(allow_nan=False), st.integers(1, 10**12))
def test_every_number_is_taken_as_it_was_printed(value, epoch):
    for line in (
        f"epoch={epoch} loss={value!r}",
        f'{{"epoch": {epoch}, "loss": {value!r}}}'.replace("inf", "Infinity"),
    ):
        assert take(line) == (epoch, value, {})


def test_at_most_so_many_metrics_as_a_report_holds():
    line = "loss=1 " + " ".join(f"m{i}={i}" for i in range(300))
    assert len(take(line)[2]) == 127


def test_a_line_without_a_needle_says_nothing():
    """What lets a flood be skipped must never skip a line that counts."""
    for options in ({}, {"renamed": {"loss": "eval.loss"}}, {"renamed": {"loss": "größe"}}):
        made = rules(**options)
        for line in (
            '{"eval": {"loss": 1}}',
            "eval.loss=1",
            "größe=1",
            '{"gr\\u00f6\\u00dfe": 1}',
            "loss=1",
        ):
            if isinstance(made.parse(line.encode()), Reading):
                assert any(needle in line.encode() for needle in made.needles()), line


def test_places():
    progress = Progress(2, 9)
    assert progress.place(Reading(0.5)) == 3
    assert progress.place(Reading(0.5, resource=9)) == 9
    assert isinstance(progress.place(Reading(0.5)), Skipped)
