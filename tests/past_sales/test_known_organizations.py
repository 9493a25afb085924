"""A new organization in a past sales list that could be an existing one."""

from zoneinfo import ZoneInfo

import pytest

from lms.core.database import Database
from lms.mail.links import Links, MailContext
from lms.organizations import organization_merges
from lms.past_sales import imports
from lms.past_sales.imports import Checked
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization

CONTEXT = MailContext(Links("http://localhost"), ZoneInfo("America/New_York"))


def check(database: Database, slug: str, organization: str) -> Checked:
    cells = {
        "email": "pat@example.net",
        "covers": slug,
        "bought": "2024-03-05",
        "organization": organization,
        "seats": "5",
    }
    with database.read_session() as session:
        (answer,) = imports.answer(session, [cells], CONTEXT)
    return answer


@pytest.mark.parametrize("name", ["Elm County Library", "elm-county", "Oak County Library"])
def test_known_and_new_names_are_accepted(database: Database, cast: Cast, name: str) -> None:
    assert check(database, cast.slug, name).sentence == ""


def test_similar_name_is_an_error_that_says_what_to_enter(database: Database, cast: Cast) -> None:
    told = check(database, cast.slug, "Elm Co. Public Library")
    assert "Elm County Library" in told.sentence
    assert '"new: Elm Co. Public Library"' in told.sentence
    assert told.past is None
    assert check(database, cast.slug, "new: Elm Co. Public Library").sentence == ""


def test_name_of_a_merged_organization_is_known(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        make_organization(session, "elm-twp", name="Elm Township Library")
        organization_merges.merge(session, kept="elm-county", merged="elm-twp", actor=None, now=NOW)
    assert check(database, cast.slug, "Elm Township Library").sentence == ""
