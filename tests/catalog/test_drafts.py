"""Deleting a draft, and turning an announced webinar back into a draft."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.catalog.drafts import count_informed, delete_draft, make_draft_again
from lms.catalog.webinars import publish_webinar
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.models.catalog import Webinar, WebinarState
from lms.models.live import Registration
from lms.models.recordings import Recording
from tests.cast import Cast
from tests.catalog.test_webinars import added, announced, row_of
from tests.clock import NOW
from tests.factories import make_handout, make_recording
from tests.sales.order_fixtures import SEAT, placed, with_line


def slugs(database: Database) -> list[str]:
    with database.read_session() as session:
        return list(session.scalars(select(Webinar.slug)))


def again(database: Database, slug: str) -> None:
    with database.transaction() as session:
        make_draft_again(session, slug, actor=None, now=NOW)


def delete(database: Database, slug: str) -> None:
    with database.transaction() as session:
        delete_draft(session, slug, actor=None, now=NOW)


def informed(database: Database, slug: str) -> int:
    row = row_of(database, slug)
    with database.read_session() as session:
        return count_informed(session, row.id)


def test_draft_is_permanently_deleted(database: Database) -> None:
    kept = added(database)
    delete(database, kept.slug)
    assert slugs(database) == []
    with pytest.raises(NotFound):
        delete(database, kept.slug)


def test_announced_webinar_is_not_deleted(database: Database) -> None:
    kept = announced(database)
    with pytest.raises(Conflict):
        delete(database, kept.slug)
    assert slugs(database) == [kept.slug]


@pytest.mark.parametrize("make", [make_recording, make_handout])
def test_draft_with_files_is_not_deleted(database: Database, make) -> None:  # type: ignore[no-untyped-def]  # two factories
    kept = added(database)
    with database.transaction() as session:
        make(session, session.get_one(Webinar, kept.id))
    with pytest.raises(Conflict) as refusal:
        delete(database, kept.slug)
    assert refusal.value.code == "has_files"


def test_draft_whose_files_were_deleted_is_deleted(database: Database) -> None:
    kept = added(database)
    with database.transaction() as session:
        make_recording(session, session.get_one(Webinar, kept.id))
        gone = {"removed_at": NOW, "original_key": "", "is_current": False}
        session.execute(update(Recording).values(gone))
    delete(database, kept.slug)
    assert slugs(database) == []


def test_draft_named_by_an_order_is_not_deleted(database: Database, cast: Cast) -> None:
    kept = announced(database)
    placed(database, with_line(SEAT, covers=f"webinar:{kept.slug}"))
    with database.transaction() as session:
        session.execute(
            update(Webinar).where(Webinar.id == kept.id).values(state=WebinarState.DRAFT)
        )
    with pytest.raises(Conflict) as refusal:
        delete(database, kept.slug)
    assert refusal.value.code == "in_use"


def test_webinar_without_orders_or_people_becomes_a_draft_again(
    database: Database,
) -> None:
    kept = announced(database)
    assert informed(database, kept.slug) == 0
    again(database, kept.slug)
    row = row_of(database, kept.slug)
    assert (row.state, row.announced_at) == (WebinarState.DRAFT, None)
    with database.transaction() as session:
        publish_webinar(session, kept.slug, actor=None, now=NOW + timedelta(days=1))
    assert row_of(database, kept.slug).announced_at == NOW + timedelta(days=1)


def test_webinar_with_orders_or_registrations_stays_announced(
    database: Database, cast: Cast
) -> None:
    kept = announced(database)
    placed(database, with_line(SEAT, covers=f"webinar:{kept.slug}"))
    assert informed(database, kept.slug) == 1  # Dan ordered it and has access
    with database.transaction() as session:
        for login_id in (cast.bob.id, cast.dan.id):
            session.add(Registration(login_id=login_id, webinar_id=kept.id, registered_at=NOW))
    assert informed(database, kept.slug) == 2
    with pytest.raises(Conflict):
        again(database, kept.slug)
    assert row_of(database, kept.slug).state is WebinarState.ANNOUNCED


def test_people_invited_by_an_organization_count(database: Database, cast: Cast) -> None:
    assert informed(database, cast.slug) > 0
    with pytest.raises(Conflict):
        again(database, cast.slug)
