"""Every setting is documented, and no page names an unknown setting."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lms.core.settings import Settings
from tests.rules.source_files import ROOT

PAGE = ROOT / "docs/settings.md"
NAME = re.compile(r"\bCARREL_[A-Z0-9_]+\b")


class Listening(Mapping[str, str]):
    """An environment that records which variables are read."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def _asked(tmp_path: Path) -> set[str]:
    environ = Listening({"CARREL_DATA_DIR": str(tmp_path)})
    Settings.from_env(environ)
    return environ.asked


def test_every_setting_is_documented(tmp_path: Path) -> None:
    documented = set(NAME.findall(PAGE.read_text(encoding="utf-8")))
    by_file = {f"{name}_FILE" for name in documented}  # the page names them by `_FILE`
    assert _asked(tmp_path) - documented - by_file == set()


def test_no_page_names_a_setting_that_does_not_exist(tmp_path: Path) -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    text = " ".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    named = {name for name in NAME.findall(text) if not name.startswith("CARREL_TEST_")}
    assert named - _asked(tmp_path) == set()
