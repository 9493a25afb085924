"""What can be assigned: webinars that are free or covered, and series with any of them."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.models.catalog import Presenter, WebinarPresenter, WebinarSeries, WebinarState
from lms.models.grants import Grant, Scope
from lms.models.seats import Pool
from lms.models.training import TrainingItem
from lms.training import assignments
from lms.training.assignments import NewTraining
from lms.training.subjects import search_subjects
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_series, make_webinar
from tests.training.conftest import TODAY, ZONE, Elm

IN_A_MONTH = TODAY + timedelta(days=30)


def test_only_free_or_covered_webinars_and_series_can_be_assigned(
    database: Database, cast: Cast, elm: Elm
) -> None:
    with database.transaction() as session:
        series = make_series(session, "calm")
        free = make_webinar(session, "free-for-all")
        free.free = True
        foreign = make_webinar(session, "not-theirs")
        draft = make_webinar(session, "draft")
        draft.free, draft.state = True, WebinarState.DRAFT
        session.flush()
        session.add(WebinarSeries(webinar_id=free.id, series_id=series.id))
        session.add(WebinarSeries(webinar_id=foreign.id, series_id=series.id))
        session.flush()
        found = search_subjects(session, elm.facts.id, "", offset=0, now=NOW)
        assert [one.key for one in found.items] == [
            "series:calm",
            "webinar:free-for-all",
            elm.subject,
        ]
        assert [one.webinars for one in found.items] == [1, 0, 0]
        some = search_subjects(session, elm.facts.id, "READING rooms", offset=0, now=NOW)
        assert ([one.key for one in some.items], some.total) == ([elm.subject], 1)
        for key in ("webinar:not-theirs", "webinar:draft", "series:none", "other:calm", ""):
            with pytest.raises(Invalid):
                assignments.assign(
                    session,
                    elm.facts,
                    NewTraining(key, IN_A_MONTH, everyone=True),
                    zone=ZONE,
                    actor=None,
                    now=NOW,
                )
        assignments.assign(
            session,
            elm.facts,
            NewTraining("series:calm", IN_A_MONTH, everyone=True),
            zone=ZONE,
            actor=None,
            now=NOW,
        )
        assert session.scalars(select(TrainingItem.webinar_id)).all() == [free.id]


def test_seats_of_a_series_or_presenter_cover_their_webinars_only(
    database: Database, elm: Elm
) -> None:
    with database.transaction() as session:
        calm, other = make_series(session, "calm"), make_series(session, "other")
        ann, ben = (
            Presenter(slug=name, name=name.title(), created_at=NOW) for name in ("ann", "ben")
        )
        session.add_all((ann, ben))
        theirs, foreign = make_webinar(session, "theirs"), make_webinar(session, "foreign")
        session.flush()
        for webinar, series, presenter in ((theirs, calm, ann), (foreign, other, ben)):
            session.add(WebinarSeries(webinar_id=webinar.id, series_id=series.id))
            session.add(
                WebinarPresenter(webinar_id=webinar.id, presenter_id=presenter.id, position=1)
            )
        for values in (
            {"scope": Scope.SERIES, "series_id": calm.id},
            {"scope": Scope.PRESENTER, "presenter_id": ann.id},
        ):
            changed = {"webinar_id": None, "series_id": None, "presenter_id": None} | values
            session.execute(update(Grant).where(Grant.pool_id == elm.pool_id).values(**changed))
            session.execute(update(Pool).where(Pool.id == elm.pool_id).values(**changed))
            found = search_subjects(session, elm.facts.id, "", offset=0, now=NOW)
            assert [one.key for one in found.items] == ["series:calm", "webinar:theirs"]
