"""Webinars are found by the title that a person types, in any script."""

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.grants import grant_target_lookup, request_and_sale_form_choices
from tests.factories import make_webinar


def test_title_that_starts_another_title_is_found_as_typed(database: Database) -> None:
    with database.transaction() as session:
        make_webinar(session, "elan").title = "Élan"
        make_webinar(session, "elan-2").title = "Élan, the second part"
    with database.read_session() as session:
        assert grant_target_lookup.find_webinar(session, "Élan").slug == "elan"
        named = request_and_sale_form_choices.find_webinar(session, "Élan")
        assert named is not None
        assert named.slug == "elan"


def test_webinars_with_the_same_title_are_distinguished_and_found(database: Database) -> None:
    with database.transaction() as session:
        for slug in ("shelving", "shelving-again", "other"):
            make_webinar(session, slug).title = "Other" if slug == "other" else "Shelving"
    with database.read_session() as session:
        titles = grant_target_lookup.recent_titles(session)
        on_sale = request_and_sale_form_choices.webinars_on_sale(session)
        assert set(titles) == {one.name for one in on_sale}
        assert set(titles) == {"Shelving (shelving)", "Shelving (shelving-again)", "Other"}
        for slug in ("shelving", "shelving-again"):
            typed = f"shelving ({slug})"
            assert grant_target_lookup.find_webinar(session, typed).slug == slug
            named = request_and_sale_form_choices.find_webinar(session, typed)
            assert named is not None
            assert named.slug == slug
        for typed in ("Shelving", "shelv"):
            with pytest.raises(Invalid, match=r"Shelving \(shelving(-again)?\); Shelving"):
                grant_target_lookup.find_webinar(session, typed)
