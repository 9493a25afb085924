"""Read models for calendar and news feeds: upcoming and newly announced webinars."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lms.core.errors import or_not_found
from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)

MOST: Final = 500
NEWEST: Final = 50
LONGEST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Followed:
    """A webinar as in a feed; `public_id` identifies it permanently."""

    public_id: str
    slug: str
    title: str
    summary: str
    held_at: datetime
    zone: str
    minutes: int
    sequence: int
    is_canceled: bool
    announced_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """What a feed covers: all webinars, a series or a presenter, by slug."""

    series: str = ""
    presenter: str = ""


WHOLE: Final = Part()
_COLUMNS: Final = (
    Webinar.public_id,
    Webinar.slug,
    Webinar.title,
    Webinar.summary,
    Webinar.held_at,
    Webinar.zone,
    Webinar.minutes,
    Webinar.sequence,
    (Webinar.state == WebinarState.CANCELED).label("is_canceled"),
    Webinar.announced_at,
    Webinar.updated_at.label("changed_at"),
)


def read_name(session: Session, part: Part) -> str:
    """Return the title of a series or the name of a presenter; raises NotFound."""
    asked = (
        select(Series.title).where(Series.slug == part.series)
        if part.series
        else select(Presenter.name).where(Presenter.slug == part.presenter)
    )
    return or_not_found(session.scalar(asked))


def read_coming(session: Session, part: Part, *, now: datetime) -> tuple[Followed, ...]:
    """Return the webinars that haven't ended, by date, including canceled ones."""
    rows = session.execute(
        select(*_COLUMNS)
        .where(
            Webinar.state.in_((WebinarState.ANNOUNCED, WebinarState.CANCELED)),
            Webinar.held_at > now - LONGEST,
            *_within(part),
        )
        .order_by(Webinar.held_at, Webinar.id)
        .limit(MOST)
    )
    found = (Followed(*row) for row in rows)
    return tuple(each for each in found if each.held_at + timedelta(minutes=each.minutes) > now)


def read_one(session: Session, slug: str) -> Followed:
    """Return an announced or canceled webinar; raises NotFound for others."""
    row = session.execute(
        select(*_COLUMNS).where(
            Webinar.slug == slug,
            Webinar.state.in_((WebinarState.ANNOUNCED, WebinarState.CANCELED)),
        )
    ).one_or_none()
    return Followed(*or_not_found(row))


def read_newest(session: Session, part: Part) -> tuple[Followed, ...]:
    """Return the latest announced webinars, the newest first."""
    rows = session.execute(
        select(*_COLUMNS)
        .where(
            Webinar.state == WebinarState.ANNOUNCED,
            Webinar.announced_at.is_not(None),
            *_within(part),
        )
        .order_by(Webinar.announced_at.desc(), Webinar.id.desc())
        .limit(NEWEST)
    )
    return tuple(Followed(*row) for row in rows)


def _within(part: Part) -> tuple[ColumnElement[bool], ...]:
    if part.series:
        inside = select(WebinarSeries.webinar_id).join(Series).where(Series.slug == part.series)
        return (Webinar.id.in_(inside),)
    if part.presenter:
        theirs = select(WebinarPresenter.webinar_id).join(Presenter)
        return (Webinar.id.in_(theirs.where(Presenter.slug == part.presenter)),)
    return ()
