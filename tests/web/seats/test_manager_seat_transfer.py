"""Reassigning a seat: for managers only (test_access.py), with what the person who has it loses."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.core.email_addresses import NOT_AN_ADDRESS
from lms.models.grants import Scope
from lms.models.playback import WatchRecord
from lms.models.requests import DeskRequest, RequestKind
from lms.models.seats import Assignment, Pool, Seat
from lms.seats.invitations import IN_ALREADY
from lms.web.seats.manager_seat_transfer import KEPT
from tests.clock import NOW
from tests.mailbox import newest
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def sits(database: Database, seat_id: str) -> str | None:
    with database.read_session() as session:
        return session.scalars(
            select(Assignment.email)
            .join(Seat, Seat.id == Assignment.seat_id)
            .where(Seat.public_id == seat_id, Assignment.ended_at.is_(None))
        ).one_or_none()


def watched_whole(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(WatchRecord).values(buckets=b"\xff" * 100))


def test_reassign_page_shows_what_the_person_loses(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    watched_whole(database)
    page = mia.get(f"/organization/{elm.id}/seats/{elm.alices_seat}/reassign").text
    assert re.search(r"<strong>[^<]*Alice", page)
    assert "100%" in page
    assert shows(page, KEPT)


def test_reassign_page_of_a_contract_seat_says_what_it_covers(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    with database.transaction() as session:
        pool_id = session.scalars(
            select(Seat.pool_id).where(Seat.public_id == elm.alices_seat)
        ).one()
        covers = {"scope": Scope.EVERYTHING, "webinar_id": None, "is_permanent": False}
        session.execute(update(Pool).where(Pool.id == pool_id).values(**covers))
    page = mia.get(f"/organization/{elm.id}/seats/{elm.alices_seat}/reassign").text
    assert re.search(r"<p>Alice [^<]*all webinars", page)


def test_seat_with_little_watched_is_reassigned_immediately(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/seats/{elm.alices_seat}"
    answer = mia.post(f"{place}/reassign", data={"email": "next@example.org", "name": "Next"})
    assert answer.status_code == 303
    assert sits(database, elm.alices_seat) == "next@example.org"
    assert "/claim/" in newest(database, "next@example.org").text
    assert newest(database, "alice@example.org")
    assert "Reassigned" in mia.get(place).text


def test_seat_with_much_watched_needs_approval_to_be_reassigned(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    watched_whole(database)
    place = f"/organization/{elm.id}/seats/{elm.alices_seat}"
    assert f'action="{place}/approval"' in mia.get(f"{place}/reassign").text
    before = sits(database, elm.alices_seat)
    assert mia.post(f"{place}/reassign", data={"email": "next@example.org"}).status_code == 400
    assert sits(database, elm.alices_seat) == before
    for _again in range(2):
        assert mia.post(f"{place}/approval").status_code == 303
    with database.read_session() as session:
        asked = select(func.count(DeskRequest.id)).where(DeskRequest.kind == RequestKind.REASSIGN)
        assert session.scalar(asked) == 1


def test_locked_seat_offers_to_request_approval(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}/seats/{elm.locked_seat}").text
    assert f'href="/organization/{elm.id}/seats/{elm.locked_seat}/approval"' in page
    asking = mia.get(f"/organization/{elm.id}/seats/{elm.locked_seat}/approval").text
    assert 'name="email"' in asking


def test_locked_seat_says_why_it_cannot_be_assigned_yet(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/seats/{elm.locked_seat}"
    assert 'data-testid="locked-until-approved"' in mia.get(place).text
    with database.transaction() as session:
        session.execute(
            update(Seat)
            .where(Seat.public_id == elm.locked_seat)
            .values(opens_at=NOW + timedelta(days=3))
        )
    page = mia.get(place).text
    assert 'data-testid="locked-for-days"' in page
    assert f'href="{place}/approval"' not in page


def test_approval_request_names_the_next_person(mia: Visitor, elm: Elm, database: Database) -> None:
    place = f"/organization/{elm.id}/seats/{elm.locked_seat}/approval"
    for wrong, sentence in (
        ("nobody", NOT_AN_ADDRESS),
        ("zoe@example.org", IN_ALREADY),
    ):
        answer = mia.post(place, data={"email": wrong})
        assert answer.status_code == 400
        assert shows(answer.text, sentence)
        assert f'value="{wrong}"' in answer.text
    sent = {"email": "next@example.org", "name": "Next"}
    assert mia.post(place, data=sent).status_code == 303
    with database.read_session() as session:
        named = session.execute(select(DeskRequest.to_email, DeskRequest.to_name)).one()
    assert tuple(named) == ("next@example.org", "Next")


def test_person_with_a_seat_cannot_get_a_second_one(mia: Visitor, elm: Elm) -> None:
    place = f"/organization/{elm.id}/seats/{elm.alices_seat}/reassign"
    answer = mia.post(place, data={"email": "zoe@example.org"})
    assert answer.status_code == 400
    assert shows(answer.text, IN_ALREADY)


def test_address_of_an_invitation_can_be_corrected(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/seats/{elm.invited_seat}"
    assert 'value="zoe@example.org"' in mia.get(f"{place}/address").text
    assert mia.post(f"{place}/address", data={"email": "nobody"}).status_code == 400
    assert mia.post(f"{place}/address", data={"email": "zoey@example.org"}).status_code == 303
    assert sits(database, elm.invited_seat) == "zoey@example.org"
    assert "/claim/" in newest(database, "zoey@example.org").text


def test_address_of_a_claimed_seat_cannot_be_changed(mia: Visitor, elm: Elm) -> None:
    place = f"/organization/{elm.id}/seats/{elm.alices_seat}/address"
    assert mia.get(place).status_code == 303
    assert mia.post(place, data={"email": "other@example.org"}).status_code == 400


def test_invitation_can_be_withdrawn_and_restored_by_undo(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    page = mia.get(f"/organization/{elm.id}/seats/{elm.invited_seat}").text
    assert f'action="/organization/{elm.id}/people/released"' in page
    assert f'action="/organization/{elm.id}/people/release"' not in page
    mia.post(f"/organization/{elm.id}/people/released", data={"seat": elm.invited_seat})
    assert sits(database, elm.invited_seat) is None
    mia.post(f"/organization/{elm.id}/people/undo")
    assert sits(database, elm.invited_seat) == "zoe@example.org"


@pytest.mark.parametrize(
    "page", ["seats/{seat}", "seats/{seat}/reassign", "pools/{pool}/invitations"]
)
def test_navigation_marks_people_as_current_on_seat_pages(
    mia: Visitor, elm: Elm, page: str
) -> None:
    place = f"/organization/{elm.id}"
    shown = mia.get(f"{place}/{page.format(seat=elm.alices_seat, pool=elm.pool)}").text
    marked = re.findall(r'<a href="([^"]+)"\s+aria-current="true"', shown)
    assert marked == [f"{place}/people"]
