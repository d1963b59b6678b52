"""The one version of all that is released: `version.py` shows it, `version.py 0.3.0` sets it.

Each language wants its version in a file of its own. `PLACES` lists them all; nothing else may hold
a copy. It changes no other text, and makes no tag and no heading of the changelog.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSION = r"(\d+\.\d+\.\d+)"
# File, and what stands around the version in it; each matches once.
PLACES = [
    ("pyproject.toml", rf'^version = "{VERSION}"'),
    ("pyproject.toml", rf'"ashad-client=={VERSION}"'),
    ("server/ashad/__init__.py", rf'^__version__ = "{VERSION}"'),
    ("client/python/pyproject.toml", rf'^version = "{VERSION}"'),
    ("client/python/ashad_client/__init__.py", rf'^__version__ = "{VERSION}"'),
    ("client/cpp/CMakeLists.txt", rf"^project\(ashad VERSION {VERSION} "),
    ("client/go/settings.go", rf'^const Version = "{VERSION}"'),
    ("client/go/README.md", rf"ashad\.dev/client/go@v{VERSION} "),
    ("client/java/pom.xml", rf"<artifactId>ashad-client</artifactId>\n  <version>{VERSION}<"),
    ("client/java/README.md", rf"<artifactId>ashad-client</artifactId>\n  <version>{VERSION}<"),
    ("client/rust/Cargo.toml", rf'^version = "{VERSION}"'),
    ("client/rust/Cargo.lock", rf'^name = "ashad-client"\nversion = "{VERSION}"'),
    ("client/typescript/package.json", rf'^  "version": "{VERSION}"'),
    ("client/typescript/package-lock.json", rf'^  "version": "{VERSION}"'),
    ("client/typescript/package-lock.json", rf'"ashad-client",\n      "version": "{VERSION}"'),
    ("deploy/README.md", rf"-t ashad:{VERSION} "),
    ("deploy/README.md", rf":ro\" ashad:{VERSION}$"),
    ("deploy/kubernetes/ashad.yaml", rf"image: ashad:{VERSION}$"),
    ("deploy/helm/ashad/Chart.yaml", rf"^version: {VERSION}$"),
    ("deploy/helm/ashad/Chart.yaml", rf"^appVersion: {VERSION}$"),
]  # fmt: skip


def found(root: Path = ROOT) -> dict[tuple[str, str], str]:
    """Return the version at each place. Raises ValueError for a place that is not there once."""
    versions = {}
    for file, pattern in PLACES:
        matches = re.findall(pattern, (root / file).read_text(), re.MULTILINE)
        if len(matches) != 1:
            raise ValueError(f"{file}: {len(matches)} matches of {pattern}, not one")
        versions[file, pattern] = matches[0]
    return versions


def put(version: str, root: Path = ROOT) -> None:
    """Write a version to each place. Raises ValueError, before it writes, for what is none."""
    if not re.fullmatch(VERSION, version):
        raise ValueError(f"{version!r} is no version: three numbers, such as 0.3.0")
    found(root)
    for file, pattern in PLACES:
        text = (root / file).read_text()
        match = re.search(pattern, text, re.MULTILINE)
        assert match is not None
        (root / file).write_text(text[: match.start(1)] + version + text[match.end(1) :])


def main(words: list[str]) -> int:
    """Show or set; return the exit code, 1 where the places do not agree."""
    try:
        if words:
            put(words[0])
        versions = found()
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for (file, _), version in versions.items():
        print(f"{version}  {file}")
    return len(set(versions.values())) != 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
