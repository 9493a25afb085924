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
    Progress.BEGUN: N_("In progress"),
    Progress.NOT_BEGUN: N_("Not started"),
}
PROGRESS_BADGES: Final = {
    Progress.COMPLETED: "open",
    Progress.BEGUN: "term",
    Progress.NOT_BEGUN: "plain",
}
STUCK: Final = "stuck"
STUCK_WORDS: Final = N_("Score not sent yet")
# Sorting by progress starts with the person who watched most.
DESCENDING_FIRST: Final = frozenset({SortedBy.SHARE})


@dataclass(frozen=True, slots=True)
class TableState:
    """The filters and order of the learner table, as in the URL."""

    secret: str
    wanted: Wanted

    @classmethod
    def asked(cls, secret: str) -> "TableState":
        """Read the URL of this request, ignoring invalid values."""
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
        """Return the URL of the table, of one of its pages, or of its CSV file."""
        return url_for(endpoint, secret=self.secret, page=page, **self._values())

    @property
    def stuck(self) -> str:
        """Return the URL value of the filter for undelivered scores, "" if it is off."""
        return STUCK if self.wanted.is_stuck else ""

    @property
    def stuck_url(self) -> str:
        """Return the URL that shows only learners whose scores were not delivered."""
        return TableState(self.secret, Wanted(is_stuck=True)).url()

    def sort_url(self, by: str) -> str:
        """Return the URL that sorts by a column, or reverses the order if it is already sorted by it."""
        column = SortedBy(by)
        is_descending = column in DESCENDING_FIRST
        if self.wanted.by is column:
            is_descending = not self.wanted.is_descending
        wanted = replace(self.wanted, by=column, is_descending=is_descending)
        return TableState(self.secret, wanted).url()

    def aria_sort(self, by: str) -> str | None:
        """Return the `aria-sort` of a column, None if the table is not sorted by it."""
        if self.wanted.by != by:
            return None
        return "descending" if self.wanted.is_descending else "ascending"

    @property
    def sort(self) -> str:
        """Return the order as in the URL, "" for the default."""
        wanted = self.wanted
        if (wanted.by, wanted.is_descending) == (SortedBy.NAME, False):
            return ""
        return f"{'-' if wanted.is_descending else ''}{wanted.by}"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return the choices of the progress filter."""
        return [(value.value, _(words)) for value, words in PROGRESS_WORDS.items()]

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Return the active filters, each with the URL of the table without it."""
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
        """Return the text and kind of a progress badge."""
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
