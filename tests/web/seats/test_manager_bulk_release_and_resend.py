"""Releasing seats from the table: for managers only (test_access.py), confirmed, with an undo."""

import re
from datetime import timedelta

from sqlalchemy import select

from lms.core.database import Database
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat
from lms.web.seats.manager_bulk_release_and_resend import NO_ONE_INVITED
from lms.web.seats.manager_seat import ENDINGS, ON_APPROVAL
from lms.web.seats.selected_seats import NO_ONE_SELECTED
from tests.cast import Cast
from tests.clock import Clock
from tests.mailbox import newest
from tests.page_texts import shows, told
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def state_of(database: Database, seat_id: str) -> AssignmentState:
    with database.read_session() as session:
        return (
            session.scalars(
                select(Assignment.state)
                .join(Seat, Seat.id == Assignment.seat_id)
                .where(Seat.public_id == seat_id)
                .order_by(Assignment.id.desc())
            ).first()
            or AssignmentState.RELEASED
        )


def used(database: Database, pool: str) -> int:
    with database.read_session() as session:
        return session.scalars(select(Pool.used).where(Pool.public_id == pool)).one()


def test_confirmation_says_what_people_lose(mia: Visitor, elm: Elm, database: Database) -> None:
    page = mia.post(f"/organization/{elm.id}/people/release", data={"seat": elm.invited_seat}).text
    assert re.search(r"<h1>[^<]*\b1 ", page)
    assert 'data-testid="losses"' in page
    assert state_of(database, elm.invited_seat) is AssignmentState.INVITED


def test_confirmation_names_the_people_and_their_seats(mia: Visitor, elm: Elm, cast: Cast) -> None:
    place = f"/organization/{elm.id}/people/release"
    page = mia.post(place, data={"seat": [elm.invited_seat, elm.alices_seat]}).text
    said = page.partition("<h1>")[2].partition("<form")[0]
    assert cast.alice.email in said
    assert "zoe@example.org" in said
    assert said.count("Reading rooms") == 2


def test_selected_people_are_released_and_restored_by_undo(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    answer = mia.post(f"/organization/{elm.id}/people/released", data={"seat": elm.invited_seat})
    assert answer.status_code == 303
    assert state_of(database, elm.invited_seat) is AssignmentState.RELEASED
    assert used(database, elm.pool) == 2
    page = mia.get(answer.location).text
    assert told(page).startswith("1 ")
    assert "Undo" in page
    assert mia.post(f"/organization/{elm.id}/people/undo").status_code == 303
    assert state_of(database, elm.invited_seat) is AssignmentState.INVITED
    assert used(database, elm.pool) == 3
    assert told(mia.get(f"/organization/{elm.id}/people").text).startswith("1 ")


def test_release_cannot_be_undone_after_30_seconds(
    mia: Visitor, elm: Elm, database: Database, clock: Clock
) -> None:
    mia.post(f"/organization/{elm.id}/people/released", data={"seat": elm.invited_seat})
    clock.advance(timedelta(seconds=31))
    assert "Undo" not in mia.get(f"/organization/{elm.id}/people").text
    mia.post(f"/organization/{elm.id}/people/undo")
    assert state_of(database, elm.invited_seat) is AssignmentState.RELEASED
    assert told(mia.get(f"/organization/{elm.id}/people").text, "attention")


def test_all_matching_people_are_released(mia: Visitor, elm: Elm, database: Database) -> None:
    data = {"all": "1", "pool": elm.pool, "state": "claimed"}
    page = mia.post(f"/organization/{elm.id}/people/release", data=data).text
    assert re.search(r"<h1>[^<]*\b1 ", page)
    mia.post(f"/organization/{elm.id}/people/released", data=data)
    assert state_of(database, elm.alices_seat) is AssignmentState.RELEASED
    assert state_of(database, elm.invited_seat) is AssignmentState.INVITED


def test_empty_selection_releases_no_one(mia: Visitor, elm: Elm, database: Database) -> None:
    assert mia.post(f"/organization/{elm.id}/people/release").status_code == 303
    assert shows(mia.get(f"/organization/{elm.id}/people").text, NO_ONE_SELECTED)


def test_seat_of_another_organization_is_not_found(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    for step in ("release", "released"):
        data = {"seat": [elm.invited_seat, elm.others_seat]}
        answer = mia.post(f"/organization/{elm.id}/people/{step}", data=data)
        assert answer.status_code == 404
    assert state_of(database, elm.others_seat) is AssignmentState.CLAIMED
    assert state_of(database, elm.invited_seat) is AssignmentState.INVITED


def test_nothing_to_undo_before_a_release(mia: Visitor, elm: Elm) -> None:
    assert mia.post(f"/organization/{elm.id}/people/undo").status_code == 404


def test_seat_page_shows_current_and_former_people(mia: Visitor, elm: Elm, cast: Cast) -> None:
    page = mia.get(f"/organization/{elm.id}/seats/{elm.alices_seat}").text
    assert "alice@example.org" in page
    assert "50%" in page
    assert f'action="/organization/{elm.id}/people/release"' in page
    page = mia.get(f"/organization/{elm.id}/seats/{elm.locked_seat}").text
    assert shows(page, ON_APPROVAL)
    assert shows(page, ENDINGS[AssignmentEnd.REMOVED])
    assert f'action="/organization/{elm.id}/people/release"' not in page


def test_invitation_can_be_resent_or_copied_as_a_link(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/seats/{elm.invited_seat}"
    assert mia.post(f"{place}/resend").status_code == 303
    assert "/claim/" in newest(database, "zoe@example.org").text
    answer = mia.post(f"{place}/link")
    assert "/claim/" in answer.text
    assert 'data-copy="claim-link"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_open_invitations_of_selected_people_are_resent(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/people"
    data = {"seat": [elm.invited_seat, elm.alices_seat]}
    assert mia.post(f"{place}/resend", data=data).status_code == 303
    assert told(mia.get(place).text).startswith("1 ")
    assert "/claim/" in newest(database, "zoe@example.org").text
    mia.post(f"{place}/resend", data={"seat": elm.alices_seat})
    assert shows(mia.get(place).text, NO_ONE_INVITED)
    assert mia.post(f"{place}/resend", data={"seat": elm.others_seat}).status_code == 404


def test_claimed_seat_has_no_invitation_to_resend(mia: Visitor, elm: Elm) -> None:
    place = f"/organization/{elm.id}/seats/{elm.alices_seat}"
    assert f'action="{place}/link"' not in mia.get(place).text
    assert mia.post(f"{place}/resend").status_code == 409
