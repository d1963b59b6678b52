"""What is taken from a whole output, as real programs print it; the shared table of cases first."""

# ruff: noqa: RUF001, E501, ISC004 - the lines are as programs print them
from __future__ import annotations

import re

import pytest
from ashad_agent.metrics.line_reader import LineReader
from ashad_agent.metrics.metric_parser import MetricParser, Reading, Skipped
from ashad_agent.metrics.progress import Progress, SkippedLines

from tests.support import ROOT

TABLE = ROOT.parent / "shared" / "data" / "cases" / "agent-lines.tsv"
LINES = TABLE.read_text("utf-8").splitlines() if TABLE.exists() else []
ESCAPES = {r"\e": "\x1b", r"\r": "\r", r"\n": "\n", r"\t": "\t"}


def read(text, chunk=10**6, **options):
    """What is reported of an output, and the lines that were not taken."""
    metric = "val_loss" if "val_loss" in text else "loss"
    resource = "step" if re.search('step["=]', text) else "epoch"
    reader = LineReader(MetricParser(metric, resource, **options))
    progress, skipped = Progress(0, 10**6, key=resource), SkippedLines("trial 0")
    data = text.encode()
    said = [s for i in range(0, len(data), chunk) for s in reader.feed(data[i : i + chunk])]
    found = []
    for one in said + reader.finish(trust=True):
        where = progress.place(one) if isinstance(one, Reading) else one
        if isinstance(where, Skipped):
            skipped.add(where)
        else:
            found.append(f"{where}:{one.value:g}")
    return " ".join(found) or "-", skipped


def taken(text, **options):
    found, _ = read(text, **options)
    assert read(text, chunk=7, **options)[0] == found, "it depends on where the output is cut"
    return found


@pytest.mark.skipif(not LINES, reason="the shared table is not here")
@pytest.mark.parametrize("line", [line for line in LINES if not line.startswith("#")])
def test_the_line_is_read_as_the_shared_table_says(line):
    wanted, _, text = line.partition("\t")
    for escape, char in ESCAPES.items():
        text = text.replace(escape, char)
    assert taken(text) in wanted.split("|")


NUMBERS = [
    ("0.5", "+0.5"), ("-0.5", "-.5"), ("0.0001", "1d-4"), ("0.0015", "1.5D-03"),
    ("150", "1.5E+02"), ("1e-101", "1.000-101"), ("1e+100", "1.000+100"), ("0.001", "1.0Q-3"),
    ("0.5", "0.5f0"), ("1e-05", "1.0f-5"), ("1e-10", "1.0000000000000000E-010"),
    ("nan", "NaN"), ("nan", "-nan(ind)"), ("nan", "1.#QNAN"), ("nan", "-1.#IND00"),
    ("inf", "1.#INF"), ("-inf", "-Inf"), ("inf", "+Infinity"), ("nan", "nan+nan"),
    ("nan", "           NaN"), ("0.001", "          0.00100000"),
    ("0.1", "np.float64(0.1)"), ("0.1", "numpy.float32(0.1)"), ("nan", "np.float32(nan)"),
    ("0.1", "tensor(0.1)"), ("0.25", "tensor(0.25, device='cuda:0')"), ("0.1", "array(0.1)"),
    ("0.25", "tensor(0.25, grad_fn=<NllLossBackward0>)"), ("0.5", "Array(0.5, dtype=float32)"),
    ("0.5", "tf.Tensor(0.5, shape=(), dtype=float32)"), ("0.5", "Decimal('0.5')"),
    ("0.5", "<tf.Tensor: shape=(), dtype=float32, numpy=0.5>"),
    ("0.44228", "0.44228+0.00473"), ("0.5", "0.5±0.01"), ("0.5", "0.5 ± 0.01"),
    ("0.5", "0.5 +/- 0.01"), ("0.25", "0.25 + 0.0047"), ("0.5", "'0.5'"), ("0.5", '"0.5"'),
    ("0.5", "0.5."), ("0.5", "0.5, ok"), ("0.5", "0.5;"), ("0.5", "0.5)"), ("0.5", "0.5%"),
    ("0.5", "0.5|acc=1"), ("0.5", "0.5: improved"), ("0.5", "0.5 *"), ("0.5", "0.5*"),
]  # fmt: skip
NO_NUMBERS = [
    "0,5", "1,234", "1,234.5", "1.234,56", "1.234.567", "1'234.5", "1’234.5", "1 234.5",
    "1 234", "1\u00a0234", "1\u202f234,5", "1_500", "1_000.5", "10^-3", "1.5×10⁻³", "1.5 × 10^-3",
    "1.5*10^-3", "1.5 x 10-3", "1.5*^-3", "10⁻³", "10³", "3:20", "00:03:20", "2024-01-02",
    "2024/01/02", "1.2.3", "v1.2", "0.5s", "12ms", "0.5 e-3", "1e", "1e+", "0x1p-3", "0x10", "1k",
    "1/2", "3/10", "0.5/1.0", "10+5", "0.5-0.6", "1-2", "--", "-", "", "None", "NA", "null", "*****",
    "[0.5]", "tensor([0.5])", "(0.5)", "mean(0.5)", "$0.5", "0.5€", "½", "0.5°", "≈0.5", "<0.5",
    "0.5\\x",
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_what_is_a_number_in_the_notations_of_the_field_is_taken(value, text):
    assert taken(f"epoch=1 loss={text}") == f"1:{float(value):g}"
    assert taken(f"epoch: 1, loss: {text}\n") == f"1:{float(value):g}"


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_not_wholly_a_number_is_not_taken_and_said(text):
    found, skipped = read(f"epoch=1 loss={text} acc=0.9")
    assert found == "-"
    assert "loss is no plain number" in skipped.summary()
    assert "--metric" in skipped.summary()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("=3", 3), (": 3", 3), (" = 3", 3), ("=           3", 3), (" 3", 3), (" 3/10", 3), ("3:", 3),
        (" [3/10]", 3), (": [3][10/500]", 3), ("='3'", 3), ('="3"', 3), (" #3", 3), ("=3.0", 3),
        ("=03", 3), ("=2e+03", 2000), ("=1e+05", 100000), ("=2.5e3", 2500), (" 3 / 10", 3),
        (" 3 of 10", 3), (" (3)", 3), (" 3/?", 3), ("=3|", 3), ("=3,", 3), ("=3:", 3), (" 3 -", 3),
        (": 3.", 3),
    ],
)  # fmt: skip
def test_a_whole_number_behind_the_key_is_the_resource(text, at):
    assert taken(f"Epoch{text} loss=0.4") == f"{at}:0.4"


@pytest.mark.parametrize(
    "text",
    [
        "1,000", "1_500", "1'000", "1 000", "1\u202f000", "1.000", "-1", "+4000", "2.5", "1.5e0",
        "np.int64(6000)", "tensor(3)", "", "None", "nan", "inf", "3:20", "2024-01-02", "1.2.3",
        "10k", "3s", "0x10", "3-4", "10^3", "1e-3", "?", "3rd", "99999999999999999999",
    ],
)  # fmt: skip
def test_a_resource_that_cannot_be_read_is_never_counted(text, caplog):
    lines = f"step={text} loss=0.4\n" * 3
    found, _ = read(lines)
    assert found == "-"
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1, said
    assert "step is no whole number" in said[0]
    assert "--resource KEY" in said[0]
    assert taken(f'{{"step": "{text}", "loss": 0.4}}') == "-"


@pytest.mark.parametrize("raw", ["null", "-1", "2.5", "true", "[3]", '""'])
def test_so_in_json(raw):
    assert taken(f'{{"epoch": {raw}, "loss": 0.5}}') == "-"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        # CatBoost
        ("5:0.6", "5:\tlearn: 0.58\ttest: 0.7\tbest: 0.7 (2)\tloss: 0.60\ttotal: 1ms\n"),
        # LightGBM, XGBoost, with and without the prefix of a logger
        ("10:0.5", "[10]\ttrain's l2: 0.25\tvalid's loss: 0.5"),
        ("10:0.5", "[16:04:33] [10]\ttrain-rmse:0.25\tloss:0.5"),
        ("10:0.5", "INFO:root:[10] loss=0.5"),
        ("10:0.5", "2026-01-02 12:30:05,123 [INFO] [10] loss: 0.5"),
        ("10:0.5", "[LightGBM] [Info] [10] loss : 0.5"),
        ("3:0.5", "[3/10] loss=0.5"),
        ("-", "[1,  2000] loss: 0.5"),
        ("-", "[1,000] loss: 0.5"),
        ("1:0.5", "[INFO] loss: 0.5"),
        ("1:0.5", "12:30:05 loss: 0.5"),
        ("1:0.5", "[12:30:05] loss: 0.5"),
        # R
        ("3:0.5", '[1] "epoch=3 loss=0.5"\n'),
        ("2000:0.5", '[1] "step=2e+03 loss=0.5"\n'),
        # Keras
        ("1:0.5 2:0.4", "Epoch 1/2\n9/9 - 1s - loss: 0.5\nEpoch 2/2\n9/9 - 1s - loss: 0.4\n"),
        (
            "1:0.5 2:0.4",
            "Epoch 1/2\n\r1/9 - loss: 0.9\r9/9 - loss: 0.5\nEpoch 2/2\n\r1/9 - loss: 3\r9/9 - loss: 0.4",
        ),
        ("2:0.5", "INFO:root:Epoch 2/3\ntrain: acc=1\nloss=0.5"),
        ("2:0.5", "===== EPOCH 2 =====\nloss=0.5\nloss=0.4\n"),
        ("1:0.5", "Epoch 3 took 5s\nloss=0.5\n"),
        # a resource in some lines: the others do not count up between them
        ("1:0.5 2:0.4", "epoch=1 loss=0.5\ntest loss=0.7\nepoch=2 loss=0.4\nfinal loss=0.4\n"),
        # Transformers, Lightning, PyTorch
        ("3:0.5", "{'loss': 0.5, 'grad_norm': np.float64(2.5), 'epoch': 3.0}"),
        ("-", "{'loss': 0.5, 'epoch': 1.5}"),
        ("3:0.5", "Epoch: [3][ 10/500]\tTime 0.1 (0.1)\tloss: 0.5 (0.6)"),
        ("3:0.5", "{'loss': tensor(0.5, device='cuda:0'), 'epoch': 3}"),
        # which of two is meant is not guessed
        ("-", "epoch=1 train loss: 0.5, valid loss: 0.6"),
        ("1:0.5", "epoch=1 loss: mse, loss: 0.5"),
        ("1:0.5", "epoch=1 loss=0.5 (best 0.4)"),
        # Fortran
        ("1:0.5", " epoch=           1  loss=  0.500000000    \n"),
        ("1:nan", " epoch=           1  loss=                       NaN\n"),
    ],
)
def test_where_a_resource_stands(wanted, text):
    assert taken(text) == wanted


BAR = "\r 33%|###  | 1/3 [00:01<00:02,  1.00s/it{}]"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("5:0.5", " 50%|█████     | 5/10 [00:05<00:05,  1.00s/it, loss=0.5]"),
        ("5:0.5", "5it [00:05,  1.00s/it, loss=0.5]"),
        ("-", " 50%|█████     | 1.20k/10.0k [00:05<00:05,  1.00s/it, loss=0.5]"),
        ("1:0.5 2:0.4", "epoch=1 loss=9\repoch=1 loss=0.5\repoch=2 loss=0.4\n"),
        ("1:0.5", "epoch=1 loss=0.5\n          \r\n"),
        ("-", "epoch=1 loss=9\r          \r\n"),
        ("1:0.5", "epoch=1 loss=9\r          \repoch=1 loss=0.5\n"),
        ("1:0.5 2:0.4", "\r     \repoch=1 loss=0.5\r     \repoch=2 loss=0.4\n"),
        # a bar over batches, whose epoch stands before it
        (
            "1:0.5 2:0.3",
            "\rEpoch 1:  50%|##  | 1/2 [0:1<0:1, loss=0.9]\rEpoch 1: 100%|####| 2/2 [0:2<0:0, loss=0.5]"
            "\rEpoch 2:   0%|    | 0/2 [0:0<?, loss=0.5]\rEpoch 2: 100%|####| 2/2 [0:2<0:0, loss=0.3]\n",
        ),
        # tqdm over epochs: set_postfix before the bar moves on, and after it
        (
            "1:0.5 2:0.4",
            "\r  0%|  | 0/2 [0:0<?, ?it/s]\r  0%|  | 0/2 [0:0<?, loss=0.5]\r 50%|# | 1/2 [0:1<?, loss=0.5]"
            "\r 50%|# | 1/2 [0:1<?, loss=0.4]\r100%|##| 2/2 [0:1<?, loss=0.4]\n",
        ),
        (
            "1:0.5 2:0.4",
            "\r 50%|# | 1/2 [0:1<?, ?it/s]\r 50%|# | 1/2 [0:1<?, loss=0.5]"
            "\r100%|##| 2/2 [0:1<?, loss=0.5]\r100%|##| 2/2 [0:1<?, loss=0.4]\n",
        ),
    ],
)  # fmt: skip
def test_bars(wanted, text):
    assert taken(text) == wanted


def test_a_bar_reports_as_its_resource_grows():
    """Not when its line ends, which is the end of the training."""
    reader = LineReader(MetricParser("loss", "epoch"))
    found = []
    for epoch in range(1, 5):
        said = reader.feed(f"\repoch={epoch} loss=0.{epoch}".encode())
        found.append([one.resource for one in said])
    assert found == [[], [1], [2], [3]]
    assert [one.resource for one in reader.finish(trust=True)] == [4]


def test_lines_that_vanish_are_counted_once_with_what_helps(caplog):
    _, skipped = read("".join(f"epoch={i // 3 + 1} loss=0.{i}\n" for i in range(9)))
    assert caplog.records == []
    assert skipped.summary() == (
        "6 lines were not taken: epoch 1 is not above 1: the first line counts (print one line for "
        "each epoch, or choose it by --metric or --regex), such as: epoch=1 loss=0.1"
    )


def test_a_zero_based_program_is_told_at_once(caplog):
    found, skipped = read("".join(f"epoch={i} loss=0.{i + 1}\n" for i in range(3)))
    assert found == "1:0.2 2:0.3"
    [record] = caplog.records
    assert "--zero-based" in record.getMessage()
    assert skipped.summary() == ""
    assert taken("epoch=0 loss=0.5\nepoch=1 loss=0.4\n", zero_based=True) == "1:0.5 2:0.4"
    assert taken("Epoch 0\nloss=0.5\nEpoch 1\nloss=0.4\n", zero_based=True) == "1:0.5 2:0.4"


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("[3] valid-loss:0.5", "--metric loss=valid-loss"),
        ("epoch=3 Loss=0.5", "--metric loss=Loss"),
        ('{"epoch": 3, "test_loss": 0.5}', "--metric loss=test_loss"),
    ],
)
def test_a_near_name_is_named(line, option):
    found, skipped = read(line)
    assert found == "-"
    assert skipped.nearest is not None
    assert option in skipped.nearest.hint
    assert skipped.summary() == ""


def test_what_was_read_again_is_not_counted():
    progress = Progress(0, 9)
    progress.place(Reading(0.5, resource=3))
    late = progress.place(Reading(0.5, resource=2, again=True))
    assert isinstance(late, Skipped)
    assert not late.near


def test_a_program_that_resumes_and_counts_from_its_start_again():
    progress = Progress(10, 20, offset=10)
    assert [progress.place(Reading(0.5, resource=at)) for at in (1, 2, 10)] == [11, 12, 20]
    late = Progress(10, 20).place(Reading(0.5, resource=1))
    assert isinstance(late, Skipped)
    assert "--add-start" in late.hint
