"""One version in all languages, a script that sets it, and a changelog that knows it."""

import importlib.util
import re
import shutil

import ashad
import ashad_client
import pytest

from tests.support.tools import ROOT, run, tool

_SPEC = importlib.util.spec_from_file_location("version", ROOT / "deploy/release/version.py")
version = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(version)


def test_all_places_agree():
    versions = version.found()
    assert set(versions.values()) == {ashad.__version__}
    assert ashad_client.__version__ == ashad.__version__
    for language in ("cpp", "go", "java", "python", "rust", "typescript"):
        assert any(file.startswith(f"client/{language}/") for file, _ in versions)


def test_no_other_file_holds_a_copy():
    pattern = rf"(^|[^0-9.]){re.escape(ashad.__version__)}($|[^0-9.])"
    said = run(tool("git"), "grep", "-lIE", pattern, "--", ":!*.lock", ":!*-lock.json", cwd=ROOT)
    assert set(said.split()) - {"CHANGELOG.md"} == {
        file for file, _ in version.PLACES if "lock" not in file
    }


@pytest.fixture
def copy(tmp_path):
    for file in {file for file, _ in version.PLACES}:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def test_it_is_set_everywhere_and_nothing_else_changes(copy):
    version.put("7.8.9", copy)

    assert set(version.found(copy).values()) == {"7.8.9"}
    version.put(ashad.__version__, copy)
    for file, _ in version.PLACES:
        assert (copy / file).read_bytes() == (ROOT / file).read_bytes()


@pytest.mark.parametrize("wrong", ["", "1.2", "v1.2.3", "1.2.3rc1", "1.2.3\n"])
def test_what_is_no_version_changes_nothing(copy, wrong):
    with pytest.raises(ValueError, match="is no version"):
        version.put(wrong, copy)
    assert version.found(copy) == version.found()


def test_a_place_that_is_gone_is_named(copy):
    (copy / "client/rust/Cargo.toml").write_text("[package]\n")
    with pytest.raises(ValueError, match=r"client/rust/Cargo\.toml: 0 matches"):
        version.put("7.8.9", copy)
    assert f'__version__ = "{ashad.__version__}"' in (copy / "server/ashad/__init__.py").read_text()


def test_the_changelog_has_dated_releases():
    """In the form of Keep a Changelog: what is not released, then the newest first, this one."""
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    dated = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", one) for one in headings[1:]]
    assert all(dated), headings
    assert dated[0][1] == ashad.__version__
    assert [one[2] for one in dated] == sorted((one[2] for one in dated), reverse=True)
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
