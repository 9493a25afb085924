"""Embed links: which sites can frame them, who can watch, and until when."""

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
def test_origins_are_normalized_as_browsers_do(typed, read):
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
def test_invalid_site_gets_a_specific_error(typed, told):
    with pytest.raises(Invalid) as refused:
        read_origins(typed)
    assert told in refused.value.fields["origins"]


def test_link_that_assigns_seats_to_anyone_must_expire_within_a_year(database, cast, settings):
    for expires_at in (None, NOW + timedelta(days=367), NOW):
        with pytest.raises(Invalid) as refused, database.transaction() as session:
            make_embed(session, cast, settings, rule=SeatRule.NAMED, expires_at=expires_at)
        assert "expires" in refused.value.fields


def test_link_of_another_organization_is_not_found(database, cast, settings):
    with database.transaction() as session:
        link = make_embed(session, cast, settings)
        other = make_organization(session).id
        with pytest.raises(NotFound):
            find_embed(session, other, link.public_id)
        with pytest.raises(NotFound):
            revoke_embed(session, other, link.public_id, actor=None, now=NOW)


def test_link_can_be_revoked_once(database, cast, settings):
    with database.transaction() as session:
        link = make_embed(session, cast, settings)
        revoke_embed(session, cast.organization_id, link.public_id, actor=None, now=NOW)
        with pytest.raises(Conflict):
            revoke_embed(session, cast.organization_id, link.public_id, actor=None, now=NOW)
