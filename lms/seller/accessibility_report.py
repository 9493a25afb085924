"""The Accessibility Conformance Report: what was tested for each criterion, and what it showed.

Its one table is `accessibility_report.tsv`, in the structure of VPAT 2.5 (WCAG 2.1 and 2.2, Revised
Section 508). Results are the terms of VPAT; a criterion that only assistive technology can judge is "Not
evaluated" until someone runs it. Tests are files below tests/.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

# Change it with the table: the day on which its tests and looks were last done.
EVALUATED_ON: Final = date(2026, 11, 29)
RESULTS: Final = (
    "Supports",
    "Partially supports",
    "Does not support",
    "Not applicable",
    "Not evaluated",
)
TITLES: Final[Mapping[str, str]] = {
    "A": "WCAG 2.1 and 2.2, Level A",
    "AA": "WCAG 2.1 and 2.2, Level AA",
    "508-3": "Revised Section 508, Chapter 3: Functional Performance Criteria",
    "508-4": "Revised Section 508, Chapter 4: Hardware",
    "508-5": "Revised Section 508, Chapter 5: Software",
    "508-6": "Revised Section 508, Chapter 6: Support Documentation and Services",
}
_TABLE: Final = Path(__file__).with_name("accessibility_report.tsv")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line; `standard` is the versions of WCAG that have it, or a chapter of Section 508."""

    standard: str
    number: str
    name: str
    level: str
    result: str
    tests: tuple[str, ...]
    remark: str

    @property
    def only_in(self) -> str:
        """Return the version of WCAG that alone has it, or nothing."""
        return "" if " " in self.standard or self.is_508 else self.standard

    @property
    def is_508(self) -> bool:
        """Return whether it is a criterion of Section 508."""
        return self.standard.startswith("508")


@dataclass(frozen=True, slots=True)
class Table:
    """The criteria of one level or chapter."""

    key: str
    title: str
    criteria: tuple[Criterion, ...]


@cache
def read_criteria() -> tuple[Criterion, ...]:
    """Return every line of the table, in its order."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(
            Criterion(
                standard=row["standard"],
                number=row["number"],
                name=row["name"],
                level=row["level"],
                result=row["result"],
                tests=tuple(row["tests"].split()),
                remark=row["remark"],
            )
            for row in rows
        )


@cache
def read_tables() -> tuple[Table, ...]:
    """Return the criteria by level of WCAG, then by chapter of Section 508."""
    found = read_criteria()
    return tuple(
        Table(key, title, tuple(one for one in found if key == (one.level or one.standard)))
        for key, title in TITLES.items()
    )


def count_results() -> tuple[tuple[str, int], ...]:
    """Return how many criteria of WCAG have each result."""
    found = [one.result for one in read_criteria() if not one.is_508]
    return tuple((result, found.count(result)) for result in RESULTS)
