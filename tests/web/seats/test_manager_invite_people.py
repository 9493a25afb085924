"""Inviting typed or pasted addresses: for managers only (test_access.py), each with a result."""

import re

import pytest
from lxml.html import document_fromstring
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.seats.invitations import TOO_MANY_AT_ONCE
from lms.seats.waitlist_offers import IS_OFF_NOW
from lms.web.seats.manager_invite_people import HAS_IT, NOBODY_NAMED
from tests.mailbox import letters, newest
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def open_ones(database: Database, pool: str) -> int:
    with database.read_session() as session:
        return session.scalars(
            select(func.count(Assignment.id))
            .join(Pool, Pool.id == Assignment.pool_id)
            .where(Pool.public_id == pool, Assignment.state == AssignmentState.INVITED)
        ).one()


def test_pasted_people_are_invited_with_a_result_for_each_address(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    pasted = "New Person <new@example.org>, alice@example.org\nNEW@example.org; zoe@example.org"
    answer = mia.post(
        f"/organization/{elm.id}/invite", data={"pool": elm.pool, "addresses": pasted}
    )
    assert answer.status_code == 200
    assert re.search(r"<h1>1 ", answer.text)
    for state in (AssignmentState.CLAIMED, AssignmentState.INVITED):
        assert shows(answer.text, HAS_IT[state])
    assert "/claim/" in newest(database, "new@example.org").text
    assert open_ones(database, elm.pool) == 2


def test_inviting_more_people_than_seats_is_refused_and_offers_more(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    pasted = "one@example.org\ntwo@example.org\nthree@example.org"
    answer = mia.post(
        f"/organization/{elm.id}/invite", data={"pool": elm.pool, "addresses": pasted}
    )
    assert answer.status_code == 409
    assert "Add 2 seats" in answer.text
    assert "quantity=2" in answer.text
    assert "three@example.org</textarea>" in answer.text
    assert open_ones(database, elm.pool) == 1
    assert letters(database, "one@example.org") == []


def test_invitation_to_a_canceled_webinar_is_refused(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    with database.transaction() as session:
        session.execute(update(Webinar).values(state=WebinarState.CANCELED))
    page = f"/organization/{elm.id}/invite"
    answer = mia.post(page, data={"pool": elm.pool, "addresses": "new@example.org"})
    assert answer.status_code == 409
    assert shows(answer.text, IS_OFF_NOW)
    assert open_ones(database, elm.pool) == 1
    assert f'value="{elm.pool}"' not in mia.get(page).text


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", NOBODY_NAMED),
        (" \n;, ", "addresses"),
        ("new@example.org\nnot an address", "Line 2"),
        ("\n".join(f"p{number}@example.org" for number in range(201)), TOO_MANY_AT_ONCE),
    ],
)
def test_invalid_addresses_are_refused_and_no_one_is_invited(
    mia: Visitor, elm: Elm, database: Database, pasted: str, said: str
) -> None:
    answer = mia.post(
        f"/organization/{elm.id}/invite", data={"pool": elm.pool, "addresses": pasted}
    )
    assert answer.status_code == 400
    assert shows(answer.text, said)
    field = answer.text.partition("<textarea")[2].partition(">")[0]
    assert 'aria-invalid="true"' in field  # the field is marked, not only the list above
    assert open_ones(database, elm.pool) == 1


def test_pool_of_another_organization_is_not_found(mia: Visitor, elm: Elm) -> None:
    place = f"/organization/{elm.id}/invite"
    assert mia.get(f"{place}?pool={elm.others_pool}").status_code == 404
    data = {"pool": elm.others_pool, "addresses": "new@example.org"}
    assert mia.post(place, data=data).status_code == 404


def test_pool_in_the_url_is_preselected(mia: Visitor, elm: Elm) -> None:
    page = document_fromstring(mia.get(f"/organization/{elm.id}/invite?pool={elm.contract}").text)
    assert page.xpath("//option[@selected]/@value") == [elm.contract]
