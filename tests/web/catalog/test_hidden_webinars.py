"""Addresses of drafts and withdrawn webinars aren't found for people without access."""

import pytest
from sqlalchemy import select

from lms.core.errors import NotFound
from lms.kits import delivery_kits
from lms.models.catalog import Webinar, WebinarState
from lms.models.organizations import Organization
from tests.clock import NOW
from tests.factories import (
    make_handout,
    make_pool,
    make_pool_grant,
    make_recording,
    make_webinar,
)

LINKS = (
    ("POST", "/webinars/{}/playback"),
    ("GET", "/webinars/{}/watch"),
    ("POST", "/webinars/{}/watch"),
    ("GET", "/webinars/{}/watch/certificate"),
    ("GET", "/webinars/{}/live"),
    ("POST", "/webinars/{}/register"),
    ("POST", "/webinars/{}/showing"),
    ("GET", "/webinars/{}/showing"),
    ("GET", "/webinars/{}"),
)


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def hidden(database, cast):
    """Create a draft and a withdrawn webinar; return the public ID of the draft's handout."""
    with database.transaction() as session:
        for state in (WebinarState.DRAFT, WebinarState.WITHDRAWN):
            webinar = make_webinar(session, f"hidden-{state}", state=state)
            make_recording(session, webinar)
            handout = make_handout(session, webinar)
            if state is WebinarState.DRAFT:
                draft = handout.public_id
    return draft


@pytest.mark.parametrize(("method", "door"), LINKS)
@pytest.mark.parametrize("who", ["alice", "bob", "dan"])
def test_draft_is_not_found_for_customers(client, cast, hidden, method, door, who):
    client.sign_in(getattr(cast, who).id)
    assert client.open(door.format("hidden-draft"), method=method).status_code == 404


@pytest.mark.parametrize(("method", "door"), LINKS)
def test_withdrawn_webinar_is_not_found_without_access(client, cast, hidden, method, door):
    client.sign_in(cast.dan.id)
    assert client.open(door.format("hidden-withdrawn"), method=method).status_code == 404


def test_withdrawn_webinar_plays_for_people_with_access(client, cast, hidden):
    client.sign_in(cast.bob.id)
    assert client.post("/webinars/hidden-withdrawn/playback", json={}).status_code == 200


def test_handout_of_a_draft_is_not_found(client, cast, hidden):
    for who in (cast.bob, cast.dan):
        client.sign_in(who.id)
        for path in ("", "/first-page.jpg", "/pages/1", "/pages/1/large.jpg"):
            assert client.get(f"/handouts/{hidden}{path}").status_code == 404


def test_certificate_progress_is_shown_only_to_people_with_access(client, cast):
    client.sign_in(cast.dan.id)
    assert client.get(f"/webinars/{cast.slug}/watch/certificate").status_code == 403
    client.sign_in(cast.alice.id)
    assert client.get(f"/webinars/{cast.slug}/watch/certificate").status_code == 200


def test_delivery_kit_of_a_draft_is_not_found(database, cast, hidden):
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_pool_grant(session, make_pool(session, elm))
        delivery_kits.allow(session, elm.id, actor=None, now=NOW)
        draft = session.scalars(
            select(Webinar.public_id).where(Webinar.slug == "hidden-draft")
        ).one()
        with pytest.raises(NotFound):
            delivery_kits.ask(session, elm.id, draft, actor=None, now=NOW)
