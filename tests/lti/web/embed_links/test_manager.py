"""Managers' pages for embed links, and the staff list."""

import html
import re

import pytest
from sqlalchemy import select

from lms.lti_facade.connection_emails import EMBED_LINK_REVOKED
from lms.models.catalog import Webinar, WebinarSeries
from lms.models.organizations import Organization, Role
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.organizations.memberships import end_membership
from lms.organizations.organizations import add_member, find_organization
from lms.people.team import set_role
from lti.embed_links.embed_links import ANYBODY_ENDS, list_embeds
from lti.models.embed_links import SeatRule
from tests.clock import NOW
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
    make_series,
    make_webinar,
)
from tests.lti.embed_links.embed_link_fixtures import (
    SITE,
    Framed,
    make_embed,
    path_of,
    secret_in,
)
from tests.mailbox import letters
from tests.page_texts import shows

ENTERED = {
    "label": "Staff page",
    "origins": SITE,
    "seat_rule": "named",
    "expires": "2099-01-01",
}


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def here(database, cast):
    """Give Elm County access to the webinar; return the path of its embed links."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id))
        make_pool_grant(session, pool)
        return f"/organization/{elm.public_id}/embeds"


@pytest.fixture
def link(database, cast, settings):
    with database.transaction() as session:
        return make_embed(session, cast, settings)


def _webinar(database, cast):
    with database.read_session() as session:
        return session.get_one(Webinar, cast.webinar_id).public_id


def test_non_managers_get_not_found(client, database, cast, here, link):
    with database.transaction() as session:
        other = make_login(session)
        make_membership(session, make_organization(session), other, role=Role.OWNER)
    own = (f"/{link.public_id}{page}" for page in ("", "/edit", "/pack.zip"))
    paths = ("", "/new", "/completions", *own)
    for person in (other.id, cast.alice.id):
        client.sign_in(person)
        for path in paths:
            assert client.get(here + path).status_code == 404
        for act in ("take-back", "put-back", "edit"):
            assert client.post(f"{here}/{link.public_id}/{act}").status_code == 404


def test_manager_cannot_open_links_of_another_organization(client, database, cast, here, settings):
    with database.transaction() as session:
        other = make_organization(session)
        theirs = make_embed(session, cast, settings, organization_id=other.id)
    client.sign_in(cast.mia.id)
    assert theirs.public_id not in client.get(here).text
    for path in ("", "/edit", "/preview", "/pack.zip"):
        assert client.get(f"{here}/{theirs.public_id}{path}").status_code == 404
    for act in ("take-back", "put-back", "edit"):
        assert client.post(f"{here}/{theirs.public_id}/{act}", data=ENTERED).status_code == 404


def test_long_list_of_series_is_shortened_and_can_be_searched(client, database, cast, here):
    with database.transaction() as session:
        for at in range(40):
            series = make_series(session, f"volume-{at:02}")
            session.add(WebinarSeries(webinar_id=cast.webinar_id, series_id=series.id))
    client.sign_in(cast.mia.id)
    page = client.get(f"{here}/new").text
    assert page.count("/new/series/") == 30
    assert "Showing 30 of 40 series" in page
    assert "Volume-39" not in page
    found = client.get(f"{here}/new?q=39+volume").text
    assert found.count("/new/series/") == 1
    assert "Volume-39" in found


def test_manager_creates_a_link_and_copies_its_code(client, database, cast, here, settings):
    client.sign_in(cast.mia.id)
    name = _webinar(database, cast)
    assert f"{here}/new/webinar/{name}" in client.get(f"{here}/new").text
    late = client.post(f"{here}/new/webinar/{name}", data=ENTERED)
    assert late.status_code == 400
    assert shows(late.text, ANYBODY_ENDS)
    entered = {**ENTERED, "seat_rule": "seated", "expires": ""}
    made = client.post(f"{here}/new/webinar/{name}", data=entered)
    assert made.status_code == 303
    with database.read_session() as session:
        (facts,) = list_embeds(session, cast.organization_id)
    page = client.get(made.location).text
    address = "http://localhost" + path_of(settings, facts)
    snippet = html.unescape(re.search(r'id="snippet">(.*?)</code>', page, re.DOTALL)[1])
    assert snippet.startswith(f'<iframe src="{address}" title="Reading rooms"')
    assert 'referrerpolicy="strict-origin"' in snippet
    compact = html.unescape(re.search(r'id="compact">(.*?)</code>', page, re.DOTALL)[1])
    assert compact == snippet.replace('height="640"', 'height="360"')
    assert page.count("data-copy=") == 3
    assert facts.details.seat_rule is SeatRule.SEATED


def test_webinar_without_access_cannot_be_selected(client, database, cast, here):
    with database.transaction() as session:
        other = make_webinar(session, "not-theirs").public_id
        series = make_series(session).public_id
    client.sign_in(cast.mia.id)
    assert client.get(f"{here}/new/webinar/{other}").status_code == 404
    assert client.post(f"{here}/new/webinar/{other}", data=ENTERED).status_code == 404
    assert client.get(f"{here}/new/series/{series}").status_code == 404
    assert client.get(f"{here}/new/film/{other}").status_code == 404


def test_invalid_sites_show_an_error_and_stay_in_the_form(client, database, cast, here):
    client.sign_in(cast.mia.id)
    entered = {**ENTERED, "origins": "https://elm.example/staff"}
    answer = client.post(f"{here}/new/webinar/{_webinar(database, cast)}", data=entered)
    assert answer.status_code == 400
    assert "without the page: https://elm.example" in answer.text
    assert "https://elm.example/staff</textarea>" in answer.text


def test_link_is_edited_revoked_and_restored(client, database, cast, here, link):
    client.sign_in(cast.mia.id)
    edited = {**ENTERED, "label": "Renamed", "seat_rule": "institution", "expires": ""}
    assert client.post(f"{here}/{link.public_id}/edit", data=edited).status_code == 303
    taken = client.post(f"{here}/{link.public_id}/take-back")
    page = client.get(taken.location).text
    assert "Renamed was revoked" in page
    assert "data-undo" in page
    assert "Revoked" in client.get(here).text
    assert "snippet" not in client.get(f"{here}/{link.public_id}").text
    assert client.post(f"{here}/{link.public_id}/put-back").status_code == 303
    with database.read_session() as session:
        (facts,) = list_embeds(session, cast.organization_id)
    assert (facts.details.label, facts.revoked_at) == ("Renamed", None)


def test_link_made_with_an_older_key_has_no_code_but_a_preview(client, database, cast, here, link):
    from sqlalchemy import update  # noqa: PLC0415

    from lti.models.embed_links import EmbedLink  # noqa: PLC0415

    with database.transaction() as session:
        session.execute(update(EmbedLink).values(token_hash=b"x" * 32))
    client.sign_in(cast.mia.id)
    page = client.get(f"{here}/{link.public_id}").text
    assert "<iframe" in page  # the preview
    assert 'data-testid="no-code"' in page


def test_staff_see_all_links_and_can_revoke_one(client, database, cast, here, link):
    client.sign_in(cast.ada.id)
    page = client.get("/staff/lti/embeds").text
    assert "Staff page" in page
    assert "Elm County Library" in page
    assert client.post(f"/staff/lti/embeds/{link.public_id}/take-back").status_code == 303
    [mail] = [
        one for one in letters(database, "mia@example.org") if one.kind == "embed_link_revoked"
    ]
    assert mail.subject == EMBED_LINK_REVOKED % {"label": "Staff page"}
    assert f"{here}/{link.public_id}" in mail.text
    with database.read_session() as session:
        (facts,) = list_embeds(session)
    assert facts.revoked_at is not None
    client.sign_in(cast.mia.id)
    assert client.get("/staff/lti/embeds").status_code == 404


def removed(session, cast):
    elm = find_organization(session, "elm-county")
    end_membership(session, elm, cast.mia.public_id, actor=None, now=NOW)


def made_a_member(session, cast):
    elm = find_organization(session, "elm-county")
    add_member(session, elm, cast.mia.id, role=Role.MEMBER, actor=None, now=NOW)


def left_the_team(session, cast):
    set_role(session, cast.ada.public_id, None, actor=None, now=NOW)


@pytest.mark.parametrize(
    ("person", "end"), [("mia", removed), ("mia", made_a_member), ("ada", left_the_team)]
)
def test_preview_ends_with_the_role(client, database, cast, here, link, person, end):
    client.sign_in(getattr(cast, person).id)
    framed = Framed(client, database, secret_in(client.get(f"{here}/{link.public_id}/preview")))
    assert framed.get().status_code == 200
    assert framed.play().status_code in (200, 201)
    with database.transaction() as session:
        end(session, cast)
    assert framed.get().status_code == 404
    assert framed.play().status_code == 404
    with database.read_session() as session:
        assert session.scalars(select(PlaybackSession.ended_as)).all() == [PlaybackEnd.REVOKED]


def test_preview_stays_for_lms_admins(client, database, cast, here, link):
    client.sign_in(cast.mia.id)
    framed = Framed(client, database, secret_in(client.get(f"{here}/{link.public_id}/preview")))
    with database.transaction() as session:
        elm = find_organization(session, "elm-county")
        add_member(session, elm, cast.mia.id, role=Role.LMS_ADMIN, actor=None, now=NOW)
    assert framed.get().status_code == 200
