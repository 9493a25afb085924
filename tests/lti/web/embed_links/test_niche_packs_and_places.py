"""The Niche pack of an embed link, and the report of where links were opened."""

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import update

from lms.models.catalog import Webinar
from lms.models.grants import Grant, Withdrawal
from lms.models.organizations import Organization
from lms.models.recordings import Caption
from lti.embed_links.embed_links import count_use, edit_embed, find_embed, revoke_embed
from lti.protocol.content_target import Target
from lti.web.embed_links.manager import NO_ACCESS
from tests.clock import NOW
from tests.factories import make_series
from tests.lti.embed_links.embed_link_fixtures import IN_A_FRAME, SITE, Framed, make_embed, path_of
from tests.page_texts import shows
from tests.seat_rows import add_pool

OTHER = "https://my.nicheacademy.com"


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def link(database, cast, settings):
    with database.transaction() as session:
        add_pool(session, session.get_one(Organization, cast.organization_id), cast.webinar_id)
        return make_embed(session, cast, settings, origins=(SITE, OTHER))


@pytest.fixture
def here(database, cast, link):
    """Return the path of the link's page."""
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id)
        return f"/organization/{elm.public_id}/embeds/{link.public_id}"


@pytest.fixture
def stored(database, storage, cast):
    """Store English and Spanish captions and a poster for the recording."""
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.summary, webinar.poster_key = "How to make a reading room.", "posters/x.jpg"
        for language in ("en", "es"):
            key = f"captions/{language}.vtt"
            storage.put_bytes(key, b"WEBVTT\n", "text/vtt")
            session.add(
                Caption(
                    recording_id=cast.recording_id,
                    language=language,
                    label=language,
                    key=key,
                    created_at=NOW,
                )
            )
    storage.put_bytes("posters/x.jpg", b"a picture", "image/jpeg")


def _pack(client, here):
    answer = client.get(f"{here}/pack.zip")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.usefixtures("stored")
def test_pack_has_code_poster_texts_captions_and_steps(client, cast, settings, link, here):
    for person in (cast.mia, cast.ada):
        client.sign_in(person.id)
        assert f"{here}/pack.zip" in client.get(here).text
        files = _pack(client, here)
        assert sorted(files) == [
            "captions.en.vtt",
            "captions.es.vtt",
            "embed-code-compact.txt",
            "embed-code.txt",
            "poster.jpg",
            "steps.txt",
            "title-and-summary.txt",
        ]
        assert f'src="http://localhost{path_of(settings, link)}"' in files["embed-code.txt"]
        assert "How to make a reading room." in files["title-and-summary.txt"]
        assert OTHER in files["steps.txt"]
        assert files["poster.jpg"] == "a picture"


def test_pack_without_poster_and_captions_says_so(client, cast, here):
    client.sign_in(cast.mia.id)
    files = _pack(client, here)
    assert "poster.jpg" not in files
    assert "no captions for this recording yet" in files["steps.txt"]


def test_link_that_is_revoked_or_shows_a_series_has_no_pack(
    client, database, cast, settings, link, here
):
    client.sign_in(cast.mia.id)
    with database.transaction() as session:
        revoke_embed(session, cast.organization_id, link.public_id, actor=None, now=NOW)
        series = make_series(session).public_id
        other = make_embed(session, cast, settings, target=Target(series=series))
    assert client.get(f"{here}/pack.zip").status_code == 404
    place = here.replace(link.public_id, other.public_id)
    assert client.get(f"{place}/pack.zip").status_code == 404
    assert "pack.zip" not in client.get(place).text


def test_sites_that_opened_a_link_are_shown_to_managers_and_staff(
    client, database, cast, settings, link, here
):
    Framed.open(client, database, path_of(settings, link))
    Framed.open(client, database, path_of(settings, link))
    with database.read_session() as session:
        (place,) = find_embed(session, cast.organization_id, link.public_id).places
    assert (place.origin, place.uses, place.last_seen_at) == (SITE, 2, NOW)
    for person, path in (
        (cast.mia, here),
        (cast.mia, here.rpartition("/")[0]),
        (cast.ada, "/staff/lti/embeds"),
    ):
        client.sign_in(person.id)
        words = " ".join(client.get(path).text.lower().split())
        told = words[words.index(SITE) :]
        assert told.index("mar 2, 2026") < told.index(OTHER), path
        assert 'data-testid="not-seen"' in told[told.index(OTHER) :]


def test_site_that_is_no_longer_allowed_stays_in_the_report(
    client, database, cast, settings, link, here
):
    Framed.open(client, database, path_of(settings, link))
    with database.transaction() as session:
        details = find_embed(session, cast.organization_id, link.public_id).details
        details = type(details)(details.label, (OTHER,), details.seat_rule, details.expires_at)
        edit_embed(session, cast.organization_id, link.public_id, details, actor=None, now=NOW)
    client.sign_in(cast.mia.id)
    assert 'data-testid="no-longer-allowed"' in client.get(here).text


def test_refused_pages_and_pages_without_a_referrer_are_not_listed_as_sites(
    client, database, cast, settings, link
):
    path = path_of(settings, link)
    client.get(path, headers={**IN_A_FRAME, "Referer": "https://elsewhere.example/"})
    for headers in ({"Sec-Fetch-Dest": "iframe"}, {"Referer": "http://localhost/x"}):
        client.get(client.get(path, headers=headers).location, headers=headers)
    with database.read_session() as session:
        facts = find_embed(session, cast.organization_id, link.public_id)
    assert facts.places == ()
    assert facts.uses >= 1


def test_openings_can_be_counted_out_of_order(database, cast, link):
    for later in (1, 0, 2, 1):
        with database.transaction() as session:
            count_use(session, link.id, SITE, now=NOW + timedelta(seconds=later))
    with database.read_session() as session:
        (place,) = find_embed(session, cast.organization_id, link.public_id).places
    assert (place.uses, place.last_seen_at) == (4, NOW + timedelta(seconds=2))


def test_pack_requires_current_access(client, database, cast, here):
    client.sign_in(cast.mia.id)
    with database.transaction() as session:
        session.execute(update(Grant).values(revoked_at=NOW, revoked_as=Withdrawal.REFUNDED))
    answer = client.get(f"{here}/pack.zip")
    assert answer.status_code == 410
    assert shows(answer.text, NO_ACCESS)


def test_staff_find_links_by_organization_webinar_or_site(client, cast, link):
    client.sign_in(cast.ada.id)
    for query in ("elm county", "reading rooms", "nicheacademy", "staff page"):
        page = client.get("/staff/lti/embeds", query_string={"q": query}).text
        assert link.public_id in page, query
    page = client.get("/staff/lti/embeds?q=nothing-like-it").text
    assert link.public_id not in page
    assert '<a class="button button-primary" href="/staff/lti/embeds">' in page  # shows all
