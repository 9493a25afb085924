"""Files stay short, and none is empty."""

from tests.rules.source_files import files, name_of

MOST_LINES = 400
WRITTEN = (".py", ".html", ".css", ".js", ".md", ".txt", ".cfg", ".toml", ".sh")
# generated: requirements by uv, the baseline by alembic from the models, and the texts
# of pages
RENDERED = ("requirements/", "lms/migrations/versions/20261130_baseline.py", "docs/plain-words/")


def test_no_file_has_more_than_400_lines() -> None:
    long = {
        name_of(path): lines
        for path in files(*WRITTEN)
        if not name_of(path).startswith(RENDERED)
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_no_source_file_is_empty() -> None:
    empty = [name_of(path) for path in files(".py", ".html", ".css", ".js") if _is_blank(path)]
    assert empty == []


def _is_blank(path) -> bool:
    return not path.read_text(encoding="utf-8").strip()
