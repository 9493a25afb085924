"""Removing people with a list: for managers only, with a preview first and an undo afterward."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.mail.links import Links
from lms.models.seats import Assignment, AssignmentEnd, Seat
from lms.seats import claims
from lms.web.seats.sent_list import NOTHING_SENT
from tests.cast import Cast
from tests.clock import Clock
from tests.page_texts import shows, told
from tests.seat_imports.workbooks import workbook
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def checked(mia: Visitor, elm: Elm, addresses: str) -> str:
    return mia.post(f"/organization/{elm.id}/people/remove", data={"addresses": addresses}).text


def people(mia: Visitor, elm: Elm) -> str:
    return mia.get(f"/organization/{elm.id}/people").text


def test_only_managers_can_remove_people_with_a_list(mia: Visitor, elm: Elm, cast: Cast) -> None:
    here = f"/organization/{elm.id}/people/remove"
    mia.sign_in(cast.bob.id)
    assert (mia.get(here).status_code, mia.post(here).status_code) == (404, 404)
    mia.sign_in(cast.mia.id)
    other = f"/organization/{elm.other}/people/remove"
    assert (mia.get(other).status_code, mia.post(other).status_code) == (404, 404)


def test_preview_shows_what_people_lose_and_releases_nothing(mia: Visitor, elm: Elm) -> None:
    page = checked(mia, elm, "alice@example.org\nzoe@example.org\ncarol@example.org\nnobody")
    assert 'data-people="2"' in page
    assert "50%" in page
    assert "(invited)" in page
    assert 'data-testid="other-rows"' in page
    assert "zoe@example.org" in people(mia, elm)


def test_seats_are_released_and_restored_by_undo(mia: Visitor, elm: Elm) -> None:
    page = checked(mia, elm, "zoe@example.org")
    seats = re.findall(r'name="seat" value="(\w+)"', page)
    assert seats == [elm.invited_seat]
    released = mia.post(f"/organization/{elm.id}/people/released", data={"seat": seats})
    assert told(mia.get(released.location).text).startswith("1 ")
    mia.post(f"/organization/{elm.id}/people/undo")
    assert "zoe@example.org" in people(mia, elm)


def test_seat_reassigned_since_the_preview_is_not_released(
    mia: Visitor, elm: Elm, database: Database, cast: Cast, clock: Clock
) -> None:
    page = checked(mia, elm, "zoe@example.org\nalice@example.org")
    sent = {
        name: re.findall(f'name="{name}" value="([^"]+)"', page) for name in ("seat", "shown_at")
    }
    assert len(sent["seat"]) == 2
    clock.advance(timedelta(minutes=1))
    with database.transaction() as session:
        invited = session.scalars(select(Seat).where(Seat.public_id == elm.invited_seat)).one()
        links = Links("http://localhost")
        claims.release(
            session,
            elm.invited_seat,
            AssignmentEnd.REMOVED,
            links=links,
            actor=None,
            now=clock.moment,
        )
        claims.claim(session, invited.pool_id, cast.carol.id, actor=None, now=clock.moment)
        holders = select(Assignment.login_id).where(
            Assignment.seat_id == invited.id, Assignment.ended_at.is_(None)
        )
        assert session.scalars(holders).all() == [cast.carol.id]
    mia.post(f"/organization/{elm.id}/people/released", data=sent)
    here = people(mia, elm)
    assert told(here).startswith("1 ")
    assert "1 seat changed since you opened that page" in here
    assert "carol@" in here
    assert "alice@example.org" not in here


@pytest.mark.parametrize(
    "shown_at", ["yesterday", "2026-03-02T14:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_invalid_preview_time_releases_nothing(mia: Visitor, elm: Elm, shown_at: str) -> None:
    sent = {"seat": [elm.invited_seat], "shown_at": shown_at}
    released = mia.post(f"/organization/{elm.id}/people/released", data=sent)
    assert released.status_code == 404
    assert "zoe@example.org" in people(mia, elm)


def test_workbook_is_read_and_a_member_without_a_seat_is_linked(mia: Visitor, elm: Elm) -> None:
    file = (io.BytesIO(workbook([["Email"], ["olga@example.org"]])), "left.xlsx")
    page = mia.post(f"/organization/{elm.id}/people/remove", data={"file": file}).text
    assert 'data-people="0"' in page
    assert f'href="/organization/{elm.id}/members?q=olga' in page


def test_empty_form_is_refused_with_an_error_at_its_field(mia: Visitor, elm: Elm) -> None:
    answer = mia.post(f"/organization/{elm.id}/people/remove", data={})
    assert answer.status_code == 400
    assert shows(answer.text, NOTHING_SENT)
    assert 'id="list-file-error"' in answer.text
