"""Series of webinars: add, edit, and remove them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core import slugs
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.models.catalog import Series, WebinarSeries
from lms.models.grants import Grant
from lms.search import webinar_search

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 10_000


@dataclass(frozen=True, slots=True)
class SeriesWords:
    """The texts about a series; the description is Markdown, an empty slug follows the title."""

    title: str
    description: str = ""
    slug: str = ""


def add_series(session: Session, words: SeriesWords, *, actor: str | None, now: datetime) -> Series:
    """Add a series; raises Invalid, naming every faulty field."""
    _check(words)
    row = Series(
        slug=slugs.choose(session, Series.slug, wanted=words.slug, name=words.title),
        title=words.title.strip(),
        description=words.description.strip(),
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, "series.added", row.public_id, actor=actor, now=now)
    return row


def edit_series(
    session: Session, public_id: str, words: SeriesWords, *, actor: str | None, now: datetime
) -> None:
    """Change the texts about a series; the slug stays. Raises NotFound or Invalid."""
    row = read_series(session, public_id)
    _check(words)
    row.title = words.title.strip()
    row.description = words.description.strip()
    webinar_search.keep(session, _webinars_of(session, row.id))
    audit.record(session, "series.edited", row.public_id, actor=actor, now=now)
    session.flush()


def remove_series(session: Session, public_id: str, *, actor: str | None, now: datetime) -> None:
    """Remove a series without webinars or passes; raises NotFound or Conflict."""
    row = read_series(session, public_id)
    if _webinars_of(session, row.id):
        raise Conflict(N_("This series has webinars. Remove them from it first."))
    if session.scalar(select(Grant.id).where(Grant.series_id == row.id).limit(1)):
        raise Conflict(N_("You can't remove this series because passes for it were sold."))
    session.delete(row)
    audit.record(session, "series.removed", row.public_id, actor=actor, now=now)
    session.flush()


def read_series(session: Session, public_id: str) -> Series:
    """Return a series by public ID; raises NotFound."""
    return or_not_found(session.scalar(select(Series).where(Series.public_id == public_id)))


def _webinars_of(session: Session, series_id: int) -> list[int]:
    inside = select(WebinarSeries.webinar_id).where(WebinarSeries.series_id == series_id)
    return list(session.scalars(inside))


def _check(words: SeriesWords) -> None:
    faults = {}
    if not 1 <= len(words.title.strip()) <= LONGEST_TITLE:
        faults["title"] = N_("Enter a title of up to 200 characters.")
    if len(words.description) > LONGEST_DESCRIPTION:
        faults["description"] = N_("Keep the description under 10,000 characters.")
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
