"""Moving people from the table: for managers only (test_access.py), confirmed, with an undo."""

import re
from datetime import timedelta

from lms.core.database import Database
from lms.models.seats import AssignmentState
from lms.seats.moves_between_pools import NO_ROOM
from lms.web.seats.manager_moves_between_pools import NO_POOL_CHOSEN
from lms.web.seats.selected_seats import NO_ONE_SELECTED
from tests.cast import Cast
from tests.clock import Clock
from tests.page_texts import shows, told
from tests.seat_rows import add_pool
from tests.visitor import Visitor
from tests.web.managed_organization import Elm
from tests.web.seats.test_manager_bulk_release_and_resend import state_of, used


def other_pool(database: Database, cast_organization: int, seats: int = 5) -> str:
    with database.transaction() as session:
        return add_pool(session, cast_organization, seats=seats).public_id


def test_confirmation_lists_pools_with_available_seats(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    there = other_pool(database, cast.organization_id)
    page = mia.post(f"/organization/{elm.id}/people/move", data={"seat": elm.alices_seat}).text
    assert re.search(r"<h1>[^<]*\b1 ", page)
    assert there in page
    assert re.search(r"\b5 [^<]*<", page)
    assert elm.contract not in page.split("Move to")[1]  # no available seats
    assert state_of(database, elm.alices_seat) is AssignmentState.CLAIMED


def test_selected_people_are_moved_and_restored_by_undo(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    there = other_pool(database, cast.organization_id)
    sent = {"seat": [elm.alices_seat, elm.invited_seat], "to": there}
    answer = mia.post(f"/organization/{elm.id}/people/moved", data=sent)
    assert answer.status_code == 303
    assert (used(database, elm.pool), used(database, there)) == (1, 2)
    page = mia.get(answer.location).text
    assert told(page).startswith("2 ")
    assert mia.post(f"/organization/{elm.id}/people/moved/undo").status_code == 303
    assert (used(database, elm.pool), used(database, there)) == (3, 0)
    assert told(mia.get(f"/organization/{elm.id}/people").text).startswith("2 ")
    assert mia.post(f"/organization/{elm.id}/people/moved/undo").status_code == 404


def test_move_cannot_be_undone_after_30_seconds(
    mia: Visitor, elm: Elm, cast: Cast, database: Database, clock: Clock
) -> None:
    there = other_pool(database, cast.organization_id)
    mia.post(f"/organization/{elm.id}/people/moved", data={"seat": elm.alices_seat, "to": there})
    clock.advance(timedelta(seconds=31))
    mia.post(f"/organization/{elm.id}/people/moved/undo")
    assert used(database, there) == 1
    assert told(mia.get(f"/organization/{elm.id}/people").text, "attention")


def test_move_to_a_pool_with_too_few_seats_is_refused(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    there = other_pool(database, cast.organization_id, seats=1)
    sent = {"seat": [elm.alices_seat, elm.invited_seat], "to": there}
    answer = mia.post(f"/organization/{elm.id}/people/moved", data=sent)
    assert answer.status_code == 409
    assert shows(answer.text, NO_ROOM)
    assert (used(database, elm.pool), used(database, there)) == (3, 0)


def test_move_requires_a_pool_and_seats_of_the_same_organization(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/people/moved"
    answer = mia.post(place, data={"seat": elm.alices_seat})
    assert shows(answer.text, NO_POOL_CHOSEN)
    sent = {"seat": elm.alices_seat, "to": elm.others_pool}
    assert mia.post(place, data=sent).status_code == 404
    for step in ("move", "moved"):
        theirs = {"seat": elm.others_seat, "to": elm.pool}
        answer = mia.post(f"/organization/{elm.id}/people/{step}", data=theirs)
        assert answer.status_code == 404
    assert state_of(database, elm.others_seat) is AssignmentState.CLAIMED


def test_empty_selection_moves_no_one(mia: Visitor, elm: Elm) -> None:
    assert mia.post(f"/organization/{elm.id}/people/move").status_code == 303
    assert shows(mia.get(f"/organization/{elm.id}/people").text, NO_ONE_SELECTED)


def test_page_opens_when_no_other_pool_has_seats(mia: Visitor, elm: Elm) -> None:
    data = {"seat": elm.alices_seat}
    page = mia.post(f"/organization/{elm.id}/people/move", data=data).text
    assert "Elm" in page
