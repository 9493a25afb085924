"""The texts that readers see, and their Spanish.

`python -m tests.languages.texts` (or `./dev texts`) adds new texts of the covered files to
lms/translations/es.po, each with an empty translation, and takes out those that are gone. Then write
the missing ones; tests/rules/test_translations.py names them.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from lms.core.languages import CATALOG
from lms.mail.lanes import ENGLISH_ONLY

ROOT = Path(__file__).resolve().parents[2]
COVERED = ROOT / "tests/languages/covered.txt"
KEYWORDS = dict.fromkeys(("_", "_l", "N_", "gettext", "lazy_gettext"))
PLURALS = {"ngettext": (1, 2)}
WIDTH = 100
WRITTEN = datetime(2026, 11, 29, tzinfo=UTC)  # fixed, so that only texts change in the file
HEADER = """\
# Spanish texts of pages and emails (es-US, formal). No native speaker has reviewed them yet.
# Add missing texts with ./dev texts. See docs/languages.md."""


def is_covered(name: str) -> bool:
    """Return whether covered.txt says that a file's texts are in Spanish; the last match counts."""
    path = PurePosixPath(name)
    if path.match("templates/mail/messages/*") and path.stem in ENGLISH_ONLY:
        return False
    found = False
    for line in COVERED.read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and path.match(pattern):
            found = not line.startswith("!")
    return found


def covered_files() -> Iterator[Path]:
    """Yield the covered files, in order of their names."""
    for folder in ("lms", "lti", "templates"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and is_covered(str(path.relative_to(ROOT))):
                yield path


def read_texts() -> Catalog:
    """Return the texts in the covered files, without translations."""
    found = Catalog(
        locale="es",
        header_comment=HEADER,
        project="Carrel",
        version="",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
        fuzzy=False,
    )
    for path in covered_files():
        name = str(path.relative_to(ROOT))
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        for _line, text, _comments, _context in extract_from_file(
            method, path, keywords=KEYWORDS | PLURALS
        ):
            found.add(text, locations=[(name, 0)])
    return found


def read_catalog() -> Catalog:
    """Return the Spanish texts."""
    with CATALOG.open("rb") as file:
        return read_po(file, locale="es")


def update() -> int:
    """Write the texts of the covered files to the catalog; return how many lack Spanish."""
    texts = read_texts()
    known = read_catalog() if CATALOG.exists() else Catalog(locale="es")
    for text in messages(texts):
        if (old := known.get(text.id)) is not None:
            text.string = old.string
    with CATALOG.open("wb") as file:
        write_po(file, texts, width=WIDTH, include_lineno=False, omit_header=False)
    return sum(not is_translated(text) for text in messages(texts))


def messages(catalog: Catalog) -> list[Message]:
    """Return the texts of a catalog, without its header."""
    return [text for text in catalog if text.id]


def is_translated(text: Message) -> bool:
    """Return whether a text is translated, in both forms if it has two."""
    forms = text.string if isinstance(text.string, tuple | list) else (text.string,)
    return all(forms) and len(forms) == (2 if text.pluralizable else 1)


if __name__ == "__main__":
    sys.stdout.write(f"{update()} texts lack their Spanish in {CATALOG.relative_to(ROOT)}\n")
