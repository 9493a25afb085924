"""The URL in an iframe: who can frame it, what other requests get, and when it expires."""

from datetime import timedelta

import pytest

from lti.embed_links.embed_links import edit_embed, find_embed, restore_embed, revoke_embed
from lti.frames.sessions import RUN_OUT
from lti.models.embed_links import SeatRule
from lti.web.core.framed_pages import cookie_name
from lti.web.embed_links.iframe_session_opening import ELSEWHERE
from tests.clock import NOW
from tests.factories import make_login
from tests.lti.embed_links.embed_link_fixtures import IN_A_FRAME, SITE, Framed, make_embed, path_of
from tests.page_texts import shows


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def link(database, cast, settings):
    with database.transaction() as session:
        return make_embed(session, cast, settings)


@pytest.fixture
def path(settings, link):
    return path_of(settings, link)


def _policy(answer):
    return answer.headers["Content-Security-Policy"].split("; ")


def test_unknown_embed_url_is_not_found(client, cast):
    for person in (None, cast.alice, cast.mia, cast.ada):
        if person is not None:
            client.sign_in(person.id)
        answer = client.get("/embed/" + "a" * 43, headers=IN_A_FRAME)
        assert answer.status_code == 404
        assert "frame-ancestors 'none'" in _policy(answer)


def test_only_the_links_sites_can_frame_it(client, database, path):
    framed = Framed.open(client, database, path)
    answer = framed.get("who")
    assert answer.status_code == 200
    assert f"frame-ancestors {SITE}" in _policy(answer)
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_changed_sites_apply_at_once(client, database, path, link):
    framed = Framed.open(client, database, path)
    changed = ("https://other.elm.example",)
    with database.transaction() as session:
        details = find_embed(session, link.organization.id, link.public_id).details
        details = type(details)(details.label, changed, details.seat_rule, details.expires_at)
        edit_embed(session, link.organization.id, link.public_id, details, actor=None, now=NOW)
    assert "frame-ancestors https://other.elm.example" in _policy(framed.get("who"))
    answer = client.get(path, headers=IN_A_FRAME)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "told",
    [
        {"Referer": "https://elsewhere.example/"},
        {"Referer": f"{SITE}.elsewhere.example/"},
        {"Origin": "https://elsewhere.example"},
        {"Referer": "http://learn.elm.example/page"},
    ],
)
def test_page_of_another_site_is_refused(client, path, told):
    answer = client.get(path, headers={"Sec-Fetch-Dest": "iframe", **told})
    assert answer.status_code == 403
    assert shows(answer.text, ELSEWHERE % {"organization": "Elm County Library"})
    assert f"frame-ancestors {SITE}" in _policy(answer)


@pytest.mark.parametrize("told", [{}, {"Referer": f"{SITE}/"}, {"Sec-Fetch-Dest": "iframe"}])
def test_request_with_few_headers_is_accepted(client, path, told):
    assert client.get(path, headers=told).status_code == 303


def test_link_opened_outside_a_frame_points_to_its_site(client, path):
    answer = client.get(path, headers={"Sec-Fetch-Dest": "document"})
    assert answer.status_code == 403
    assert f'href="{SITE}"' in answer.text


def test_stored_cookie_binds_the_session_to_its_browser(client, app, database, path, settings):
    framed = Framed.open(client, database, path)
    assert framed.get("who").status_code == 200
    assert app.test_client().get(f"/lti/s/{framed.secret}/who").status_code == 404


def test_without_cookies_the_secret_is_enough(client, app, database, path, settings):
    first = client.get(path, headers=IN_A_FRAME)
    client.delete_cookie(cookie_name(settings))
    answer = client.get(first.location, headers=IN_A_FRAME)
    assert answer.status_code == 303
    assert app.test_client().get(answer.location + "who").status_code == 200


def test_revoked_link_says_so_and_works_again_after_it_is_restored(client, database, path, link):
    framed = Framed.open(client, database, path)
    with database.transaction() as session:
        revoke_embed(session, link.organization.id, link.public_id, actor=None, now=NOW)
    for answer in (client.get(path, headers=IN_A_FRAME), framed.get(), framed.get("who")):
        assert answer.status_code == 410
        assert "revoked" in answer.text
        assert f"frame-ancestors {SITE}" in _policy(answer)
    assert "course" not in framed.get().text
    with database.transaction() as session:
        restore_embed(session, link.organization.id, link.public_id, actor=None, now=NOW)
    assert framed.get("who").status_code == 200


def test_expired_link_is_refused(client, database, cast, settings, clock):
    with database.transaction() as session:
        link = make_embed(session, cast, settings, expires_at=NOW + timedelta(hours=1))
    path = path_of(settings, link)
    framed = Framed.open(client, database, path)
    clock.advance(timedelta(hours=1))
    assert client.get(path, headers=IN_A_FRAME).status_code == 410
    answer = framed.get("who")
    assert answer.status_code == 410
    assert shows(answer.text, RUN_OUT)


def test_openings_are_counted(client, database, path, link):
    Framed.open(client, database, path)
    Framed.open(client, database, path)
    with database.read_session() as session:
        facts = find_embed(session, link.organization.id, link.public_id)
    assert (facts.uses, facts.last_used_at) == (2, NOW)


def test_token_is_stored_as_a_hash(database, link, path):
    assert path.rpartition("/")[2].encode() not in link.token_hash
    assert len(link.token_hash) == 32


def test_manager_can_open_a_preview_framed_only_by_our_own_site(
    client, database, cast, settings, link
):
    with database.read_session() as session:
        facts = find_embed(session, cast.organization_id, link.public_id)
    here = f"/organization/{facts.organization.public_id}/embeds/{link.public_id}/preview"
    client.sign_in(cast.mia.id)
    answer = client.get(here)
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert "frame-ancestors http://localhost" in _policy(page)
    with database.transaction() as session:
        stranger = make_login(session)
    client.sign_in(stranger.id)
    assert client.get(here).status_code == 404


def test_institution_link_asks_for_no_name(client, database, cast, settings):
    with database.transaction() as session:
        link = make_embed(session, cast, settings, rule=SeatRule.INSTITUTION)
    framed = Framed.open(client, database, path_of(settings, link))
    assert framed.get("who").status_code == 303  # there is nothing to ask
    assert framed.post("who", email="x@example.org").status_code == 404
