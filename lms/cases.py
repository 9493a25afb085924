"""The facts of an access decision: one SQL statement for one webinar or a whole page of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, or_, select, true
from sqlalchemy.orm import Session, aliased

from lms.access import Case, GrantFacts, LoginFacts, WebinarFacts
from lms.errors import NotFound
from lms.models.catalogue import (
    Presenter,
    Recording,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
)
from lms.models.holdings import Grant, Scope
from lms.models.people import Login

_Merged = aliased(Login)
_whose = (
    select(bindparam("login_id").label("id"))
    .union_all(select(_Merged.id).where(_Merged.merged_into == bindparam("login_id")))
    .subquery("whose")
)
_covers = or_(
    Grant.scope == Scope.EVERYTHING,
    Grant.webinar_id == Webinar.id,
    and_(
        Grant.series_id.is_not(None),
        exists().where(
            WebinarSeries.webinar_id == Webinar.id, WebinarSeries.series_id == Grant.series_id
        ),
    ),
    and_(
        Grant.presenter_id.is_not(None),
        exists().where(
            WebinarPresenter.webinar_id == Webinar.id,
            WebinarPresenter.presenter_id == Grant.presenter_id,
        ),
    ),
)
_playable = exists().where(
    Recording.webinar_id == Webinar.id, Recording.is_current, Recording.run.is_not(None)
)
_CASES = (
    select(
        Login.id.label("login_id"),
        Login.blocked_at,
        Webinar.id.label("webinar_id"),
        Webinar.title,
        Webinar.state,
        Webinar.free,
        Webinar.held_at,
        Webinar.minutes,
        _playable.label("playable"),
        Grant.public_id,
        Grant.scope,
        Grant.starts_at,
        Grant.ends_at,
        Grant.suspended_at,
        Grant.revoked_at,
        Grant.revoked_as,
        Presenter.name.label("presenter"),
        Series.title.label("series"),
    )
    .select_from(Webinar)
    .join(Login, true())
    .outerjoin(Grant, and_(Grant.login_id.in_(select(_whose.c.id)), _covers))
    .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
    .outerjoin(Series, Series.id == Grant.series_id)
    .where(
        Login.id == bindparam("login_id"),
        Webinar.id.in_(bindparam("webinar_ids", expanding=True)),
    )
)


def load_cases(
    session: Session, *, login_id: int, webinar_ids: Sequence[int]
) -> Mapping[int, Case]:
    """Load the facts for one login and any number of webinars with one SQL statement.

    Grants of logins merged into this one count as its own. Webinars that do not exist are
    absent from the answer.
    """
    if not webinar_ids:
        return {}
    rows = session.execute(_CASES, {"login_id": login_id, "webinar_ids": list(webinar_ids)})
    by_webinar: defaultdict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in rows:
        by_webinar[row.webinar_id].append(row)
    return {webinar_id: _case(found) for webinar_id, found in by_webinar.items()}


def load_case(session: Session, *, login_id: int, webinar_id: int) -> Case:
    """Load the facts for one login and one webinar; raises NotFound when either is missing."""
    cases = load_cases(session, login_id=login_id, webinar_ids=(webinar_id,))
    if webinar_id not in cases:
        raise NotFound
    return cases[webinar_id]


def _case(rows: Sequence[Row[*tuple[Any, ...]]]) -> Case:
    first = rows[0]
    webinar = WebinarFacts(
        id=first.webinar_id,
        state=first.state,
        free=first.free,
        held_at=first.held_at,
        minutes=first.minutes,
        playable=bool(first.playable),
    )
    return Case(LoginFacts(first.login_id, first.blocked_at, tuple(_grants(rows))), webinar)


def _grants(rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterable[GrantFacts]:
    for row in rows:
        if row.public_id is None:
            continue
        target = {
            Scope.WEBINAR: row.title,
            Scope.PRESENTER: row.presenter,
            Scope.SERIES: row.series,
            Scope.EVERYTHING: "",
        }[row.scope]
        yield GrantFacts(
            public_id=row.public_id,
            scope=row.scope,
            covers=target,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            suspended_at=row.suspended_at,
            revoked_at=row.revoked_at,
            revoked_as=row.revoked_as,
        )
