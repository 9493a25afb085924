"""Sentences on seat pages that depend on a date, a count, or a status."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from lms.core.database import Database
from lms.models.grants import Grant, Withdrawal
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.page_texts import told
from tests.visitor import Visitor
from tests.web.managed_organization import Elm
from tests.web.seats.test_manager_moves_between_pools import other_pool


def test_overview_says_what_each_pool_covers_and_its_usage(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}").text
    assert "Reading rooms" in page
    assert "3 of 4 seats used" in page
    assert "Doesn\u2019t expire" in page
    assert "All webinars" in page
    assert "1 of 1 seats used" in page


def test_overview_says_which_seats_end_soon(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}").text
    assert "Ends soon" in page
    assert "Until March 22, 2026" in page


def test_overview_says_when_grace_ends_and_what_a_renewal_does(
    mia: Visitor, elm: Elm, cast: Cast, clock: Clock
) -> None:
    clock.set(NOW + timedelta(days=21))
    mia.sign_in(cast.mia.id)
    page = mia.get(f"/organization/{elm.id}").text
    assert "People can watch until April 5, 2026" in page
    clock.set(NOW + timedelta(days=40))
    mia.sign_in(cast.mia.id)
    page = mia.get(f"/organization/{elm.id}").text
    assert "Renew to give the same people access again" in page


def test_unpaid_seats_are_pending_or_paused_if_access_had_started(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    with database.transaction() as session:
        session.execute(update(Grant).values(awaits_payment_since=Grant.created_at))
    page = mia.get(f"/organization/{elm.id}").text
    assert "Awaiting payment" in page
    assert "Access starts when we receive payment." in page
    assert "Paused" not in page
    with database.transaction() as session:
        later = NOW + timedelta(seconds=1)
        session.execute(update(Grant).values(awaits_payment_since=later))
    page = mia.get(f"/organization/{elm.id}").text
    assert "Paused" in page
    assert "Access is paused until we receive payment." in page
    assert "Access starts when we receive payment." not in page
    assert "Invite people" in page


def test_end_date_is_in_the_organizations_time_zone(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    with database.transaction() as session:
        session.execute(
            update(Grant)
            .where(Grant.ends_at.is_not(None))
            .values(ends_at=NOW.replace(day=20, hour=2), grace_until=NOW + timedelta(days=60))
        )
    assert "Until March 19, 2026" in mia.get(f"/organization/{elm.id}").text
    with database.transaction() as session:
        session.execute(update(Organization).values(zone="Europe/Berlin"))
    assert "Until March 20, 2026" in mia.get(f"/organization/{elm.id}").text


def test_overview_says_which_released_seats_need_approval(mia: Visitor, elm: Elm) -> None:
    assert (
        "1 released seat for Reading rooms needs our approval"
        in mia.get(f"/organization/{elm.id}").text
    )


def test_revoked_seats_are_shown_only_while_people_are_assigned(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    with database.transaction() as session:
        session.execute(update(Grant).values(revoked_at=NOW, revoked_as=Withdrawal.REVOKED))
    page = mia.get(f"/organization/{elm.id}").text
    assert "These seats were revoked." in page
    assert "Renew to give the same people access again" not in page
    with database.transaction() as session:
        session.execute(
            update(Assignment)
            .where(Assignment.ended_at.is_(None))
            .values(state=AssignmentState.RELEASED, ended_at=NOW, ended_as=AssignmentEnd.REMOVED)
        )
        session.execute(update(Pool).values(used=0, capacity=0))
    assert "No seats yet" in mia.get(f"/organization/{elm.id}").text


@pytest.mark.parametrize(
    ("number", "sentence"), [(1, "1 seat was released."), (2, "2 seats were released.")]
)
def test_released_seats_are_counted(mia: Visitor, elm: Elm, number: int, sentence: str) -> None:
    place = f"/organization/{elm.id}/people"
    sent = [elm.invited_seat, elm.alices_seat][:number]
    answer = mia.post(f"{place}/released", data={"seat": sent})
    assert told(mia.get(answer.location).text) == sentence
    mia.post(f"{place}/undo")
    again = "1 person has their seat again." if number == 1 else "2 people have their seats again."
    assert told(mia.get(place).text) == again


def test_moved_people_are_counted(mia: Visitor, elm: Elm, cast: Cast, database: Database) -> None:
    there = other_pool(database, cast.organization_id)
    sent = {"seat": elm.alices_seat, "to": there}
    answer = mia.post(f"/organization/{elm.id}/people/moved", data=sent)
    assert told(mia.get(answer.location).text) == "1 person was moved."


def test_resent_invitations_are_counted(mia: Visitor, elm: Elm) -> None:
    place = f"/organization/{elm.id}/people"
    mia.post(f"{place}/resend", data={"seat": elm.invited_seat})
    assert told(mia.get(place).text) == "1 invitation was sent again."


def test_people_on_a_list_are_counted_before_they_are_invited(mia: Visitor, elm: Elm) -> None:
    data = {"pool": elm.pool, "addresses": "Maria Ortiz <maria@example.org>"}
    page = mia.get(mia.post(f"/organization/{elm.id}/import", data=data).location).text
    assert "1 person will get a seat" in page
    assert "There are enough seats for everyone on the list." in page
