"""The overview: for managers only (test_access.py), each pool, its use, and what needs them first."""

import html
import re
from datetime import timedelta

import pytest
from lxml.html import document_fromstring
from sqlalchemy import update

from lms.core.database import Database
from lms.models.grants import Grant, Withdrawal
from lms.models.organizations import Organization, Role
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool
from lms.web.seats import manager_allotments, manager_claim_policy, manager_overview
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login, make_membership, make_organization
from tests.seat_rows import add_pool, seat
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def test_it_says_what_each_pool_covers_and_how_full_it_is(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}").text
    assert "Reading rooms" in page
    assert "3 of 4 seats used" in page
    assert "Doesn\u2019t expire" in page
    assert "All webinars" in page
    assert "1 of 1 seats used" in page


def test_many_pools_have_pages_and_are_searched(
    mia: Visitor, elm: Elm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pools(query: str) -> list[str]:
        page = document_fromstring(mia.get(f"/organization/{elm.id}{query}").text)
        return [one.text_content().strip() for one in page.find_class("pool-title")]

    assert pools("") == ["All webinars", "Reading rooms"]
    monkeypatch.setattr(manager_overview, "PAGE_SIZE", 1)
    assert (pools(""), pools("?page=2")) == (["All webinars"], ["Reading rooms"])
    assert pools("?q=READ") == ["Reading rooms"]
    assert pools("?q=ducks") == []
    assert mia.get(f"/organization/{elm.id}?page=3").status_code == 404


def test_pool_that_is_changed_stays_on_the_page(
    mia: Visitor, elm: Elm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_allotments, "PAGE_SIZE", 1)
    monkeypatch.setattr(manager_claim_policy, "PAGE_SIZE", 1)
    here = f"/organization/{elm.id}"
    for pool in (elm.pool, elm.contract):
        page = document_fromstring(mia.get(f"{here}/allotments?pool={pool}").text)
        assert page.xpath("//h2[starts-with(@id, 'pool-')]/@id") == [f"pool-{pool}"]
    page = document_fromstring(mia.get(f"{here}/claims?page=2").text)
    (action,) = page.xpath("//form[button[@name='policy']]/@action")
    changed = mia.post(action, data={"policy": "domain"})
    assert changed.location == f"{here}/claims?page=2"


def test_it_says_what_ends_soon(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}").text
    assert "Ends soon" in page
    assert "Until March 22, 2026" in page


def test_it_says_until_when_grace_lasts_and_what_a_renewal_does(
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


def test_unpaid_seats_are_pending_and_those_that_were_open_are_paused(
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


def test_days_end_in_the_organizations_own_zone(mia: Visitor, elm: Elm, database: Database) -> None:
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


def test_it_asks_for_what_needs_a_manager(mia: Visitor, elm: Elm) -> None:
    assert (
        "1 released seat for Reading rooms needs our approval"
        in mia.get(f"/organization/{elm.id}").text
    )


def test_seats_that_were_all_taken_back_are_shown_only_while_people_are_in_them(
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


def test_an_organization_without_seats_is_told_what_to_do(
    client: Visitor, database: Database, clock: Clock
) -> None:
    with database.transaction() as session:
        place = make_organization(session)
        person = make_login(session)
        make_membership(session, place, person, role=Role.OWNER)
        login_id, place_id = person.id, place.public_id
    client.sign_in(login_id)
    for path in (f"/organization/{place_id}", f"/organization/{place_id}/people"):
        page = client.get(path).text
        assert "No seats yet" in page
        assert "Browse webinars" in page


def test_numbers_that_are_all_zero_give_way_to_what_to_do(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        place = make_organization(session)
        person = make_login(session)
        make_membership(session, place, person, role=Role.OWNER)
        pool = add_pool(session, place, cast.webinar_id, seats=None)
        login_id, here, pool_id = person.id, f"/organization/{place.public_id}", pool.id
    client.sign_in(login_id)
    assert "No seats assigned yet" in client.get(f"{here}/people").text
    page = client.get(here).text
    assert "Seats claimed" not in page
    assert "No one has a seat yet" in page
    with database.transaction() as session:
        seat(session, session.get_one(Pool, pool_id), cast.dan.id)
    page = client.get(here).text
    assert "No one has a seat yet" not in page
    assert "Unlimited" in page.partition("Available seats</dt>")[2][:80]


def test_seats_that_all_ended_lead_to_new_ones(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        place = make_organization(session)
        person = make_login(session)
        make_membership(session, place, person, role=Role.OWNER)
        pool = add_pool(session, place, seats=5, ends_at=NOW - timedelta(days=20))
        seat(session, pool, cast.dan.id)
        login_id, here = person.id, f"/organization/{place.public_id}"
    client.sign_in(login_id)
    page = client.get(here).text
    assert "Seats claimed" not in page
    assert "No active seats" in page


def test_each_next_step_leads_to_a_page(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}").text
    steps = {
        html.unescape(step) for step in re.findall(r'href="(/(?:ask|organization)[^"]+)"', page)
    }
    assert any(step.endswith("/more-seats") for step in steps)
    assert any(step.endswith("/renew") for step in steps)
    assert {step: mia.get(step).status_code for step in steps} == dict.fromkeys(steps, 200)
