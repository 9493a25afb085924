"""Facts for access decisions: one SQL statement for one webinar or a page of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, or_, select, true
from sqlalchemy.orm import Session

from lms.access.grant_paths import grant_of, lines
from lms.access.policy import Case, GrantFacts, LoginFacts, WebinarFacts
from lms.core.compiled_statements import Query
from lms.core.errors import NotFound
from lms.core.list_queries import read_columns
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Series, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Scope
from lms.models.recordings import Recording
from lms.models.seats import Pool

_login, _webinar, _recording = Login.__table__.c, Webinar.__table__.c, Recording.__table__.c
_in_series, _presented = WebinarSeries.__table__.c, WebinarPresenter.__table__.c
_pool = Pool.__table__.c
_presenter, _series = Presenter.__table__.c, Series.__table__.c
_TARGETS: Final = ("webinar_id", "presenter_id", "series_id")
_playable = exists().where(
    _recording.webinar_id == _webinar.id, _recording.is_current, _recording.run.is_not(None)
)


def _cases(asked: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401  (one parameter or a list of them)
    """Return the statement for the webinars whose IDs are `asked`."""

    def is_asked(webinar_id: ColumnElement[int]) -> ColumnElement[bool]:
        return webinar_id.in_(asked) if asked.expanding else webinar_id == asked

    found = lines(or_(_pool.webinar_id.is_(None), is_asked(_pool.webinar_id)))
    covers = or_(
        found.c.scope == Scope.EVERYTHING,
        found.c.webinar_id == _webinar.id,
        and_(
            found.c.series_id.is_not(None),
            exists().where(
                _in_series.webinar_id == _webinar.id, _in_series.series_id == found.c.series_id
            ),
        ),
        and_(
            found.c.presenter_id.is_not(None),
            exists().where(
                _presented.webinar_id == _webinar.id,
                _presented.presenter_id == found.c.presenter_id,
            ),
        ),
    )
    of_grant = (each for each in found.c if each.name not in _TARGETS)
    return (
        select(
            _login.id.label("login_id"),
            _login.blocked_at,
            _webinar.id.label("id"),
            _webinar.title,
            _webinar.state.label("webinar_state"),
            _webinar.free,
            _webinar.held_at,
            _webinar.minutes,
            _webinar.is_in_passes,
            _playable.label("playable"),
            *of_grant,
            _presenter.name.label("presenter"),
            _series.title.label("series"),
        )
        .select_from(Webinar.__table__)
        .join(Login.__table__, true())
        .outerjoin(found, covers)
        .outerjoin(Presenter.__table__, _presenter.id == found.c.presenter_id)
        .outerjoin(Series.__table__, _series.id == found.c.series_id)
        .where(_login.id == bindparam("login_id"), is_asked(_webinar.id))
    )


_ONE: Final = Query(_cases(bindparam("webinar_id")))
_SEVERAL: Final = _cases(bindparam("webinar_ids", expanding=True))


def load_cases(
    session: Session, *, login_id: int | None, webinar_ids: Sequence[int]
) -> Mapping[int, Case]:
    """Load the facts for one login and any number of webinars with one SQL statement.

    Grants of logins merged into this one count as its own. Webinars that don't exist are absent
    from the result; it is empty for a visitor, who has no login.
    """
    if login_id is None or not webinar_ids:
        return {}
    rows = read_columns(session, _SEVERAL, {"login_id": login_id, "webinar_ids": list(webinar_ids)})
    by_webinar: defaultdict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in rows:
        by_webinar[row.id].append(row)
    return {webinar_id: _case(found) for webinar_id, found in by_webinar.items()}


def load_case(session: Session, *, login_id: int, webinar_id: int) -> Case:
    """Load the facts for one login and one webinar; raises NotFound if either is missing."""
    rows = _ONE.rows(session, {"login_id": login_id, "webinar_id": webinar_id})
    if not rows:
        raise NotFound
    return _case(rows)


def _case(rows: Sequence[Any]) -> Case:
    first = rows[0]
    webinar = WebinarFacts(
        id=first.id,
        state=first.webinar_state,
        free=first.free,
        held_at=first.held_at,
        minutes=first.minutes,
        playable=bool(first.playable),
        is_in_passes=bool(first.is_in_passes),
    )
    grants = tuple(_grant_of(row) for row in rows if row.public_id is not None)
    return Case(LoginFacts(first.login_id, first.blocked_at, grants), webinar)


def _grant_of(row: Any) -> GrantFacts:  # noqa: ANN401  (a row, however it was read)
    covers = {
        Scope.WEBINAR: row.title,
        Scope.PRESENTER: row.presenter,
        Scope.SERIES: row.series,
        Scope.EVERYTHING: "",
    }
    return grant_of(row, covers[row.scope])
