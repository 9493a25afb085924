"""Embed links as they are made: which sites may frame them, who may watch, how long."""

from datetime import timedelta

import pytest

from lms.core.errors import Conflict, Invalid, NotFound
from lti.embed_links.allowed_origins import read_origins
from lti.embed_links.embed_links import find_embed, revoke_embed
from lti.models.embed_links import SeatRule
from tests.clock import NOW
from tests.factories import make_organization
from tests.lti.embed_links.embed_link_fixtures import make_embed


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://learn.elm.example", ("https://learn.elm.example",)),
        (
            " https://A.example/ \nhttps://b.example:8443",
            ("https://a.example", "https://b.example:8443"),
        ),
        ("https://a.example, https://a.example:443", ("https://a.example",)),
        ("https://bücherei.example", ("https://xn--bcherei-n2a.example",)),
        ("http://localhost:8000", ("http://localhost:8000",)),
        ("http://127.0.0.1:8000", ("http://127.0.0.1:8000",)),
    ],
)
def test_sites_are_read_as_browsers_compare_them(typed, read):
    assert read_origins(typed) == read


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "at least one site"),
        ("learn.elm.example", "start with https://, as in https://learn.elm.example"),
        ("https://*.elm.example", "You can't use *"),
        ("https://elm.example/staff?x=1", "without the page: https://elm.example"),
        ("http://elm.example", "enter the https address"),
        ("ftp://elm.example", "isn't a site"),
        ("https://", "isn't a site"),
        ("https://elm.example'", "isn't a site"),
        ("https://me:secret@elm.example", "isn't a site"),
        ("https://elm.example:99999", "isn't a site"),
        ("javascript://alert", "isn't a site"),
        ("\n".join(f"https://a{n}.example" for n in range(21)), "up to 20"),
    ],
)
def test_what_is_no_site_is_told_by_name(typed, told):
    with pytest.raises(Invalid) as refused:
        read_origins(typed)
    assert told in refused.value.fields["origins"]


def test_a_link_that_gives_seats_to_anybody_has_an_end_within_a_year(database, cast, settings):
    for expires_at in (None, NOW + timedelta(days=367), NOW):
        with pytest.raises(Invalid) as refused, database.transaction() as session:
            make_embed(session, cast, settings, rule=SeatRule.NAMED, expires_at=expires_at)
        assert "expires" in refused.value.fields


def test_another_organizations_link_is_not_there(database, cast, settings):
    with database.transaction() as session:
        link = make_embed(session, cast, settings)
        other = make_organization(session).id
        with pytest.raises(NotFound):
            find_embed(session, other, link.public_id)
        with pytest.raises(NotFound):
            revoke_embed(session, other, link.public_id, actor=None, now=NOW)


def test_a_link_is_taken_back_once(database, cast, settings):
    with database.transaction() as session:
        link = make_embed(session, cast, settings)
        revoke_embed(session, cast.organization_id, link.public_id, actor=None, now=NOW)
        with pytest.raises(Conflict):
            revoke_embed(session, cast.organization_id, link.public_id, actor=None, now=NOW)
