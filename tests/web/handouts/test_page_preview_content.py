"""Page previews of a handout: access is checked for every page and image."""

import pytest
from sqlalchemy import select

from lms.handouts.pages import large_key, small_key
from lms.models.catalog import Webinar
from lms.models.grants import Grant, Withdrawal
from lms.models.handouts import HandoutPage
from tests.clock import NOW
from tests.factories import make_handout

UNDRAWN = 'data-testid="undrawn"'
WORDS = ("Media literacy for everyone", "", "A shelf of questions")


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def address(database, cast, storage):
    with database.transaction() as session:
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id), title="Tuesday")
        for number, words in enumerate(WORDS, start=1):
            width = 1600 if number != 2 else 0
            session.add(
                HandoutPage(
                    handout_id=handout.id,
                    number=number,
                    width=width,
                    height=width,
                    words=words,
                )
            )
            storage.put_bytes(large_key(handout.public_id, number), b"large", "image/jpeg")
            storage.put_bytes(small_key(handout.public_id, number), b"small", "image/jpeg")
        return f"/handouts/{handout.public_id}/pages"


ENDS = ("/1", "/1/large.jpg", "/1/small.jpg")


@pytest.mark.parametrize("end", ENDS)
def test_signed_out_visitor_is_asked_to_sign_in(client, address, end):
    assert client.get(address + end).status_code == 303


@pytest.mark.parametrize("end", ENDS)
def test_person_without_access_is_refused(client, cast, address, end):
    client.sign_in(cast.dan.id)
    assert client.get(address + end).status_code == 403


@pytest.mark.parametrize("end", ENDS)
def test_revoked_grant_shows_no_page(client, cast, address, database, end):
    client.sign_in(cast.alice.id)
    assert client.get(address + end).status_code == 200
    with database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
        grant.revoked_at, grant.revoked_as = NOW, Withdrawal.REVOKED
    assert client.get(address + end).status_code == 403


def test_person_with_access_can_preview_pages_from_the_watch_page(client, cast, address):
    client.sign_in(cast.alice.id)
    assert f'href="{address}/1"' in client.get(f"/webinars/{cast.slug}/watch").text
    page = client.get(f"{address}/1").text
    assert "Page 1 of 7" in page
    assert 'alt="Media literacy for everyone"' in page
    assert f'href="{address}/2"' in page
    assert "the first 3 of 7 pages" in page
    picture = client.get(f"{address}/1/large.jpg")
    assert (picture.data, picture.content_type) == (b"large", "image/jpeg")
    assert picture.headers["Cache-Control"] == "private, no-cache"


def test_page_without_an_image_says_so(client, cast, address):
    client.sign_in(cast.alice.id)
    assert UNDRAWN in client.get(f"{address}/2").text
    assert UNDRAWN not in client.get(f"{address}/1").text


def test_page_after_the_last_preview_opens_the_last_one(client, cast, address):
    client.sign_in(cast.alice.id)
    assert "Page 3 of 7" in client.get(f"{address}/6").text


@pytest.mark.parametrize("end", ["/0", "/8", "/9999999999999999999", "/1/huge.jpg", "/9/large.jpg"])
def test_unknown_page_or_image_is_not_found(client, cast, address, end):
    client.sign_in(cast.alice.id)
    assert client.get(address + end).status_code == 404


def test_handout_without_images_has_no_page_previews(client, cast, database):
    with database.transaction() as session:
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id))
        address = f"/handouts/{handout.public_id}/pages/1"
    client.sign_in(cast.alice.id)
    assert client.get(address).status_code == 404
    assert address not in client.get(f"/webinars/{cast.slug}/watch").text
