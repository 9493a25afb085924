"""The order of a series: by date until staff rearrange its webinars.

A webinar added to a series with its own order comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, NotFound, or_not_found
from lms.models.catalog import Series, Webinar, WebinarSeries, WebinarState
from lms.models.recordings import Recording

# The order of a series' webinars wherever they are shown as one.
IN_ORDER: Final = (WebinarSeries.position.nulls_last(), Webinar.held_at, Webinar.id)
OTHERS: Final = N_("The webinars in this series changed. Check the order again.")


@dataclass(frozen=True, slots=True)
class Placed:
    """A webinar of a series, announced or not."""

    public_id: str
    slug: str
    title: str
    held_at: datetime
    zone: str
    state: WebinarState


@dataclass(frozen=True, slots=True)
class Order:
    """All webinars of a series in order; `is_by_hand` if staff arranged them."""

    webinars: tuple[Placed, ...]
    is_by_hand: bool


@dataclass(frozen=True, slots=True)
class NextPart:
    """The webinar that follows another in a series; `series` is the series' title."""

    webinar_id: int
    slug: str
    title: str
    series: str


def read_next_part(session: Session, webinar_id: int) -> NextPart | None:
    """Return the next webinar with a recording in a series of this one; None after the last."""
    plays = exists().where(
        Recording.webinar_id == Webinar.id, Recording.is_current, Recording.run.is_not(None)
    )
    follows = (Webinar.state == WebinarState.ANNOUNCED) & plays
    rows = session.execute(
        select(Series.id, Webinar.id, Webinar.slug, Webinar.title, Series.title)
        .join_from(WebinarSeries, Series, Series.id == WebinarSeries.series_id)
        .join(Webinar, Webinar.id == WebinarSeries.webinar_id)
        .where(
            Series.id.in_(
                select(WebinarSeries.series_id).where(WebinarSeries.webinar_id == webinar_id)
            ),
            or_(Webinar.id == webinar_id, follows),
        )
        .order_by(Series.id, *IN_ORDER)
    ).all()
    for here, following in pairwise(rows):
        if here[1] == webinar_id and following[0] == here[0]:
            return NextPart(*following[1:])
    return None


def read_order(session: Session, series_id: str) -> Order:
    """Return the order of a series, by its public ID; empty for an unknown series."""
    rows = session.execute(
        select(
            Webinar.public_id,
            Webinar.slug,
            Webinar.title,
            Webinar.held_at,
            Webinar.zone,
            Webinar.state,
            WebinarSeries.position,
        )
        .join(WebinarSeries, WebinarSeries.webinar_id == Webinar.id)
        .join(Series, Series.id == WebinarSeries.series_id)
        .where(Series.public_id == series_id)
        .order_by(*IN_ORDER)
    ).all()
    return Order(
        tuple(Placed(*row[:6]) for row in rows),
        is_by_hand=any(row.position is not None for row in rows),
    )


def put_in_order(
    session: Session,
    series_id: str,
    webinars: Sequence[str],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Arrange the webinars of a series, by their public IDs.

    Raises NotFound, and Conflict if the series has other webinars.
    """
    series = _locked(session, series_id)
    rows = dict(_rows(session, series))
    if sorted(rows) != sorted(webinars):
        raise Conflict(OTHERS)
    for number, public_id in enumerate(webinars, start=1):
        rows[public_id].position = number
    session.flush()
    audit.record(session, "series.ordered", series_id, actor=actor, now=now)


def move_webinar(
    session: Session,
    series_id: str,
    webinar: str,
    place: int,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Move one webinar to a position in its series, counted from 1; the others keep their order.

    Raises NotFound, also for a webinar that isn't in the series.
    """
    series = _locked(session, series_id)
    order = [public_id for public_id, _row in _rows(session, series)]
    if webinar not in order:
        raise NotFound
    order.remove(webinar)
    order.insert(max(0, place - 1), webinar)
    put_in_order(session, series_id, order, actor=actor, now=now)


def follow_dates(session: Session, series_id: str, *, actor: str | None, now: datetime) -> None:
    """Order a series by date again; raises NotFound."""
    series = _locked(session, series_id)
    for _public_id, row in _rows(session, series):
        row.position = None
    session.flush()
    audit.record(session, "series.by_date", series_id, actor=actor, now=now)


def _locked(session: Session, series_id: str) -> Series:
    """Return a series, locked so that two changes of its order happen one after the other."""
    row = session.scalar(select(Series).where(Series.public_id == series_id).with_for_update())
    return or_not_found(row)


def _rows(session: Session, series: Series) -> Sequence[tuple[str, WebinarSeries]]:
    rows = session.execute(
        select(Webinar.public_id, WebinarSeries)
        .join(Webinar, Webinar.id == WebinarSeries.webinar_id)
        .where(WebinarSeries.series_id == series.id)
        .order_by(*IN_ORDER)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1]) for row in rows]
