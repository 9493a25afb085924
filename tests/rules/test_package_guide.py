"""The package guide has the docstring of each package, and no folder is crowded."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from tests.rules.source_files import ROOT, files, name_of, parsed, product

GUIDE = ROOT / "docs/packages.md"
HEAD = "| where | what is in it |\n|---|---|\n"
ENDS = (".py", ".html", ".md", ".conf", ".txt")
NAMED = re.compile(
    r"`((?:benchmarks|deploy|docs|lms|lti|media|requirements|templates|tests)/[\w./-]+)`"
)
MOST_MODULES = 30
# one file for each release that changes a table
GROWS = "lms/migrations/versions"


def guide() -> Iterator[tuple[str, str]]:
    """Yield each line of the guide's tables: a path, and its description."""
    for table in GUIDE.read_text(encoding="utf-8").split(HEAD)[1:]:
        for row in table.split("\n\n")[0].splitlines():
            path, text = row.strip().strip("|").split("|")
            yield path.strip().strip("`"), text.strip()


def described() -> dict[str, str]:
    """Return the first line of the docstring of each package, and of the modules next to them."""
    found = {}
    for path in product():
        if path.name == "__init__.py" or len(path.relative_to(ROOT).parts) <= 2:
            text = ast.get_docstring(parsed(path)) or ""
            found[name_of(path).removesuffix("/__init__.py")] = text.partition("\n")[0]
    return found


def test_guide_has_docstring_of_every_package() -> None:
    said = described()
    assert {path: text for path, text in guide() if path in said} == said


def test_guide_has_every_top_folder() -> None:
    folders = {name_of(path).partition("/")[0] for path in files(*ENDS) if path.parent != ROOT}
    assert {name for name in folders if not name.startswith(".")} - dict(guide()).keys() == set()


def test_guide_has_no_duplicate_and_no_extra_line() -> None:
    paths = Counter(path for path, _ in guide())
    assert [path for path, lines in paths.items() if lines > 1] == []
    assert [path for path in paths.keys() - described().keys() if not (ROOT / path).is_dir()] == []


def test_guide_and_contributor_pages_name_only_paths_that_exist() -> None:
    missing = [
        (page.name, path)
        for page in (GUIDE, ROOT / "README.md", ROOT / "CONTRIBUTING.md")
        for path in NAMED.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / path).exists()
    ]
    assert missing == []


def test_no_folder_has_more_than_30_modules() -> None:
    modules = Counter(name_of(path.parent) for path in product() if path.name != "__init__.py")
    assert {name: n for name, n in modules.items() if n > MOST_MODULES and name != GROWS} == {}


def test_map_of_moved_files_names_files_that_exist() -> None:
    rows = (ROOT / "docs/moved-files.tsv").read_text(encoding="utf-8").splitlines()[1:]
    news = [new for _, _, new in (row.partition("\t") for row in rows) if new != "(deleted)"]
    assert [new for new in news if not (ROOT / new).is_file()] == []
