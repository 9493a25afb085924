"""carrel embed: links for iframes in organizations' own pages."""

import pytest

from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.factories import make_pool, make_pool_grant

SITE = "https://learn.elm.example"


@pytest.fixture(autouse=True)
def held(database: Database, cast: Cast, clock: Clock) -> None:
    """Give Elm County access to the webinar."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id))
        make_pool_grant(session, pool)


def test_link_is_added_listed_and_revoked(carrel_command: Shell, cast: Cast) -> None:
    made = carrel_command(
        "embed", "add", "elm-county", "--webinar", cast.slug, "--origin", SITE, "--json"
    )
    assert made.code == 0
    assert made.answer["url"].partition("/embed/")[2]
    assert (made.answer["seat_rule"], made.answer["origins"]) == ("seated", [SITE])
    (listed,) = carrel_command("embed", "list", "--organization", "elm-county", "--json").answer[
        "items"
    ]
    assert listed == made.answer
    gone = carrel_command("embed", "revoke", made.answer["id"], "--json")
    assert gone.answer["revoked_at"]
    assert carrel_command("embed", "revoke", made.answer["id"], "--json").code == 1


def test_invalid_embed_commands_are_refused(carrel_command: Shell, cast: Cast) -> None:
    both = carrel_command("embed", "add", "elm-county", "--origin", SITE, "--json")
    assert both.code == 2
    add = ("embed", "add", "elm-county", "--webinar", cast.slug, "--json")
    site = carrel_command(*add, "--origin", "elm.example")
    assert (site.code, site.complaint["code"]) == (1, "invalid")
    open_ended = carrel_command(*add, "--origin", SITE, "--rule", "named")
    assert "must expire within one year" in open_ended.complaint["message"]
    none = carrel_command("embed", "add", "elm-county", "--webinar", "no-such", "--origin", SITE)
    assert none.code == 3
    assert carrel_command("embed", "revoke", "a" * 26).code == 3
