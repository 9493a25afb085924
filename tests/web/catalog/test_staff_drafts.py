"""Staff pages that delete a draft, or make an announced webinar a draft again."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from tests.cast import Cast
from tests.catalog.test_webinars import added, announced
from tests.clock import Clock
from tests.page_texts import told
from tests.visitor import Visitor


def state_of(database: Database, slug: str) -> WebinarState | None:
    with database.read_session() as session:
        return session.scalar(select(Webinar.state).where(Webinar.slug == slug))


@pytest.mark.parametrize("act", ["draft", "delete"])
def test_draft_and_delete_pages_are_only_for_staff(
    client: Visitor, cast: Cast, clock: Clock, act: str
) -> None:
    path = f"/staff/webinars/{cast.slug}/{act}"
    assert client.get(path).status_code == 303
    for person in (cast.alice, cast.mia):
        client.sign_in(person.id)
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404


def test_draft_is_deleted_after_a_warning(ada: Visitor, database: Database) -> None:
    slug = added(database).slug
    assert f"/staff/webinars/{slug}/delete" in ada.get(f"/staff/webinars/{slug}").text
    assert "be undone" in ada.get(f"/staff/webinars/{slug}/delete").text
    answer = ada.post(f"/staff/webinars/{slug}/delete")
    assert answer.location == "/staff/webinars"
    assert told(ada.get("/staff/webinars").text)
    assert state_of(database, slug) is None


def test_announced_webinar_cannot_be_deleted(ada: Visitor, database: Database) -> None:
    slug = announced(database).slug
    assert ada.get(f"/staff/webinars/{slug}/delete").location == f"/staff/webinars/{slug}"
    assert ada.post(f"/staff/webinars/{slug}/delete").status_code == 409
    assert state_of(database, slug) is WebinarState.ANNOUNCED


def test_announced_webinar_can_become_a_draft_again(
    ada: Visitor, client: Visitor, database: Database
) -> None:
    slug = announced(database).slug
    page = f"/staff/webinars/{slug}/draft"
    assert page in ada.get(f"/staff/webinars/{slug}").text
    assert f'action="{page}"' in ada.get(page).text
    assert ada.post(page).location == f"/staff/webinars/{slug}"
    assert state_of(database, slug) is WebinarState.DRAFT
    assert ada.get(page).location == f"/staff/webinars/{slug}"


def test_webinar_with_access_for_people_cannot_become_a_draft(
    ada: Visitor, database: Database, cast: Cast
) -> None:
    page = f"/staff/webinars/{cast.slug}/draft"
    shown = ada.get(page).text
    assert "notice-attention" in shown
    assert f'action="{page}"' not in shown
    assert ada.post(page).status_code == 409
    assert state_of(database, cast.slug) is WebinarState.ANNOUNCED
