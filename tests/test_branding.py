"""The seller's branding: defaults, edits by staff, and the logo."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lms.branding import (
    DEFAULT_ACCENT,
    BrandingTexts,
    Logo,
    change_logo,
    edit_branding,
    read_branding,
    read_logo,
)
from lms.core.database import Database
from lms.core.errors import Invalid, NotFound
from tests.clock import NOW

WORDS = BrandingTexts(
    name="Lantern Street",
    accent="#17407A",
    contact_email="desk@lantern.example",
    sender_name="",
    about="We *teach*.",
)


def test_branding_has_defaults_before_staff_edit_it(database: Database) -> None:
    with database.read_session() as session:
        house = read_branding(session, contact="library@localhost")
    assert (house.name, house.accent) == ("Carrel", DEFAULT_ACCENT)
    assert (house.contact_email, house.logo_url) == ("library@localhost", None)


def test_branding_edit_is_saved_and_sender_defaults_to_the_name(database: Database) -> None:
    with database.transaction() as session:
        edit_branding(session, WORDS, actor=None, now=NOW)
        edit_branding(session, replace(WORDS, name="Lantern"), actor=None, now=NOW)
    with database.read_session() as session:
        house = read_branding(session, contact="")
    assert (house.name, house.accent, house.sender_name) == ("Lantern", "#17407a", "Lantern")


@pytest.mark.parametrize(
    ("faulty", "field"),
    [
        (replace(WORDS, name=" "), "name"),
        (replace(WORDS, accent="green"), "accent"),
        (replace(WORDS, accent="#fff"), "accent"),
        (replace(WORDS, contact_email="desk"), "contact_email"),
        (replace(WORDS, sender_name="x" * 121), "sender_name"),
        (replace(WORDS, about="x" * 4001), "about"),
    ],
)
def test_invalid_branding_names_the_field(
    database: Database, faulty: BrandingTexts, field: str
) -> None:
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        edit_branding(session, faulty, actor=None, now=NOW)
    assert list(refusal.value.fields) == [field]


def test_new_logo_gets_a_new_url(database: Database) -> None:
    with database.transaction() as session:
        edit_branding(session, WORDS, actor=None, now=NOW)
        change_logo(session, Logo(b"png", "image/png"), actor=None, now=NOW)
        first = read_branding(session, contact="")
        later = NOW + timedelta(milliseconds=1)
        change_logo(session, Logo(b"other", "image/png"), actor=None, now=later)
        second = read_branding(session, contact="")
        assert read_logo(session) == Logo(b"other", "image/png")
    assert first.logo_url != second.logo_url


def test_logo_can_be_removed(database: Database) -> None:
    with database.transaction() as session:
        edit_branding(session, WORDS, actor=None, now=NOW)
        change_logo(session, Logo(b"png", "image/png"), actor=None, now=NOW)
        change_logo(session, None, actor=None, now=NOW)
        with pytest.raises(NotFound):
            read_logo(session)


def test_logo_is_refused_before_branding_is_set(database: Database) -> None:
    with database.transaction() as session, pytest.raises(NotFound):
        change_logo(session, Logo(b"png", "image/png"), actor=None, now=NOW)
