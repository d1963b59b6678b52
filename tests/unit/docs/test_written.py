"""What docs/ writes by itself is up to date."""

from tests.support import ROOT
from tests.support.pages import script

DOCS = ROOT / "docs"


def test_the_pictures_are_up_to_date():
    pictures = script("make_pictures").pictures()
    old = [
        name for name, text in pictures.items() if (DOCS / "pictures" / name).read_text() != text
    ]
    assert old == [], "run: python docs/make_pictures.py"
    assert all("http" not in text.replace("http://www.w3.org", "") for text in pictures.values())


def test_the_references_are_up_to_date():
    pages = script("make_reference").pages()
    old = [name for name, text in pages.items() if (DOCS / "reference" / name).read_text() != text]
    assert old == [], "run: python docs/make_reference.py"
