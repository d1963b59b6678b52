"""The releases of frameworks that a page names are those that are tested."""

from tests.support import ROOT

NAMES = {"pytorch": "torch", "xgboost": "xgboost-cpu"}


def pinned(file):
    lines = (ROOT / "tests/frameworks" / file).read_text().splitlines()
    return dict(line.lower().split("==") for line in lines if "==" in line)


def test_the_table_of_releases():
    page = (ROOT / "docs/frameworks.md").read_text()
    table = page.partition("| library | tested | and before |\n|---|---|---|\n")[2].partition(
        "\n\n"
    )[0]
    rows = [[cell.strip().lower() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert len(rows) > 10
    new, old = pinned("requirements.in"), pinned("requirements-old.in")
    assert [[name, new[key := NAMES.get(name, name)], old[key]] for name, *_ in rows] == rows
