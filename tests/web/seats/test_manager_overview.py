"""The overview: for managers only (test_access.py), each pool, its use, and what to do next."""

import html
import re
from datetime import timedelta

import pytest
from lxml.html import document_fromstring

from lms.core.database import Database
from lms.models.organizations import Role
from lms.models.seats import Pool
from lms.web.seats import manager_allotments, manager_claim_policy, manager_overview
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login, make_membership, make_organization
from tests.page_texts import is_empty
from tests.seat_rows import add_pool, seat
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def test_many_pools_are_paged_and_searchable(
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


def test_changing_a_pool_returns_to_its_page(
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


def test_organization_without_seats_sees_what_to_do(
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
        assert is_empty(page)
        assert 'href="/webinars"' in page.partition('class="empty"')[2]


def test_overview_without_assigned_seats_shows_what_to_do_instead_of_zeros(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        place = make_organization(session)
        person = make_login(session)
        make_membership(session, place, person, role=Role.OWNER)
        pool = add_pool(session, place, cast.webinar_id, seats=None)
        login_id, here, pool_id = person.id, f"/organization/{place.public_id}", pool.id
    client.sign_in(login_id)
    assert is_empty(client.get(f"{here}/people").text)
    page = client.get(here).text
    assert "Seats claimed" not in page
    assert is_empty(page)
    with database.transaction() as session:
        seat(session, session.get_one(Pool, pool_id), cast.dan.id)
    page = client.get(here).text
    assert not is_empty(page)
    assert "Unlimited" in page.partition("Available seats</dt>")[2][:80]


def test_overview_with_only_ended_seats_is_empty(
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
    assert is_empty(page)


def test_each_next_step_links_to_a_working_page(mia: Visitor, elm: Elm) -> None:
    page = mia.get(f"/organization/{elm.id}").text
    steps = {
        html.unescape(step) for step in re.findall(r'href="(/(?:ask|organization)[^"]+)"', page)
    }
    assert any(step.endswith("/more-seats") for step in steps)
    assert any(step.endswith("/renew") for step in steps)
    assert {step: mia.get(step).status_code for step in steps} == dict.fromkeys(steps, 200)
