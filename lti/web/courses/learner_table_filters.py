"""Learner table filters in the URL: search, progress, order, and page."""

from dataclasses import dataclass, replace
from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _

from lms.core.errors import N_
from lti.courses.instructor_view import Progress, SortedBy, Wanted

PAGE_SIZE: Final = 50
LONGEST_QUERY: Final = 200
PROGRESS_WORDS: Final = {
    Progress.COMPLETED: N_("Completed"),
    Progress.BEGUN: N_("Begun"),
    Progress.NOT_BEGUN: N_("Not begun"),
}
PROGRESS_BADGES: Final = {
    Progress.COMPLETED: "open",
    Progress.BEGUN: "term",
    Progress.NOT_BEGUN: "plain",
}
STUCK: Final = "stuck"
STUCK_WORDS: Final = N_("Not in the gradebook yet")
# Whoever sorts by what was watched looks for who has watched most.
DESCENDING_FIRST: Final = frozenset({SortedBy.SHARE})


@dataclass(frozen=True, slots=True)
class TableState:
    """Which learners of a frame are wanted, as an address says it."""

    secret: str
    wanted: Wanted

    @classmethod
    def asked(cls, secret: str) -> "TableState":
        """Read the address of this request; what it says wrong is left out."""
        args = request.args
        sort = args.get("sort", "")
        by = next((one for one in SortedBy if one == sort.lstrip("-")), SortedBy.NAME)
        progress = next((one for one in Progress if one == args.get("progress")), None)
        query = " ".join(args.get("q", "").split())[:LONGEST_QUERY]
        wanted = Wanted(
            query=query,
            progress=progress,
            is_stuck=args.get("gradebook") == STUCK,
            by=by,
            is_descending=sort.startswith("-"),
        )
        return cls(secret, wanted)

    def url(self, endpoint: str = "framed.home", *, page: int | None = None) -> str:
        """Return an address of this table: of one of its pages, or of the file."""
        return url_for(endpoint, secret=self.secret, page=page, **self._values())

    @property
    def stuck(self) -> str:
        """Return what an address says where those alone are wanted whose score did not get through."""
        return STUCK if self.wanted.is_stuck else ""

    @property
    def stuck_url(self) -> str:
        """Return the address of those whose score did not get through."""
        return TableState(self.secret, Wanted(is_stuck=True)).url()

    def sort_url(self, by: str) -> str:
        """Return the address that sorts by a column, or turns the order around."""
        column = SortedBy(by)
        is_descending = column in DESCENDING_FIRST
        if self.wanted.by is column:
            is_descending = not self.wanted.is_descending
        wanted = replace(self.wanted, by=column, is_descending=is_descending)
        return TableState(self.secret, wanted).url()

    def aria_sort(self, by: str) -> str | None:
        """Return a column's `aria-sort`, where the table is sorted by it."""
        if self.wanted.by != by:
            return None
        return "descending" if self.wanted.is_descending else "ascending"

    @property
    def sort(self) -> str:
        """Return the order as an address says it; empty for the usual one."""
        wanted = self.wanted
        if (wanted.by, wanted.is_descending) == (SortedBy.NAME, False):
            return ""
        return f"{'-' if wanted.is_descending else ''}{wanted.by}"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return what can be chosen of progress."""
        return [(value.value, _(words)) for value, words in PROGRESS_WORDS.items()]

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Return the filters in force, each with the address of the table without it."""
        wanted, found = self.wanted, []
        if wanted.query:
            bare = TableState(self.secret, replace(wanted, query=""))
            found.append((f"“{wanted.query}”", bare.url()))
        if wanted.progress:
            bare = TableState(self.secret, replace(wanted, progress=None))
            found.append((_(PROGRESS_WORDS[wanted.progress]), bare.url()))
        if wanted.is_stuck:
            bare = TableState(self.secret, replace(wanted, is_stuck=False))
            found.append((_(STUCK_WORDS), bare.url()))
        return found

    def badge(self, progress: Progress) -> tuple[str, str]:
        """Return the words and the kind of somebody's badge."""
        return _(PROGRESS_WORDS[progress]), PROGRESS_BADGES[progress]

    def _values(self) -> dict[str, Any]:
        wanted = self.wanted
        said = {
            "q": wanted.query,
            "progress": wanted.progress or "",
            "gradebook": self.stuck,
            "sort": self.sort,
        }
        return {name: str(value) for name, value in said.items() if value}
