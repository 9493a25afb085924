"""Invited people without an account: found by name and address, with all their invitations."""

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid, NotFound
from lms.models.organizations import Organization
from lms.models.seats import AssignmentEnd, AssignmentState, WaitingEntry
from lms.organizations import organization_merges
from lms.people import invited_people
from lms.people.invited_people import find_invited, read_invited
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_assignment, make_organization, make_pool


@pytest.fixture
def invited(database: Database, cast: Cast) -> None:
    """Zoe invited by two organizations, Yan with an expired invitation, and Wim on a waitlist."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        oak = make_organization(session, "oak", name="Oak Library")
        for organization in (elm, oak):
            pool = make_pool(session, organization)
            row = make_assignment(
                session, pool, email="Zoe@example.org", state=AssignmentState.INVITED
            )
            row.name = "Zoë Ray"
        make_assignment(
            session,
            pool,
            email="yan@example.net",
            state=AssignmentState.INVITED,
            ended_as=AssignmentEnd.EXPIRED,
        )
        make_assignment(session, pool, email="alice@example.org", state=AssignmentState.INVITED)
        session.add(
            WaitingEntry(
                pool_id=pool.id,
                email="wim@example.net",
                email_key="wim@example.net",
                name="Wim",
                joined_at=NOW,
            )
        )


def emails(database: Database, query: str = "") -> list[str]:
    with database.read_session() as session:
        return [row.email for row in find_invited(session, query).items]


@pytest.mark.usefixtures("invited")
def test_invited_people_are_found_once_by_name_and_address(database: Database) -> None:
    assert emails(database) == ["wim@example.net", "yan@example.net", "Zoe@example.org"]
    assert emails(database, "zoe@") == emails(database, "RAY example") == ["Zoe@example.org"]
    assert emails(database, "zoë ray") == ["Zoe@example.org"]
    assert emails(database, "nobody") == []
    with database.read_session() as session:
        page = find_invited(session, "", limit=1, offset=2)
        (yan,) = find_invited(session, "yan").items
    assert (page.total, page.items[0].organizations) == (3, ("Elm County Library", "Oak Library"))
    assert [page.items[0].is_open, yan.is_open] == [True, False]


@pytest.mark.usefixtures("invited")
def test_only_the_latest_of_many_invitations_are_searched(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.read_session() as session:
        assert not find_invited(session, "example").has_more
        monkeypatch.setattr(invited_people, "MOST", 3)
        page = find_invited(session, "example")
        zoe = find_invited(session, "zoe")
    # Zoe's second invitation is the third; her first isn't read
    assert [row.email for row in page.items] == [
        "wim@example.net",
        "yan@example.net",
        "Zoe@example.org",
    ]
    assert page.has_more
    assert (zoe.total, zoe.has_more) == (1, False)


@pytest.mark.usefixtures("invited")
def test_people_with_an_account_are_not_listed(database: Database, cast: Cast) -> None:
    assert emails(database, "alice") == []
    with database.read_session() as session, pytest.raises(NotFound):
        read_invited(session, cast.alice.email)


@pytest.mark.usefixtures("invited")
def test_all_invitations_and_waitlists_of_an_address_are_read(database: Database) -> None:
    with database.read_session() as session:
        zoe, wim = (
            read_invited(session, "ZOE@example.org"),
            read_invited(session, "wim@example.net"),
        )
        with pytest.raises(NotFound):
            read_invited(session, "nobody@example.org")
        with pytest.raises(Invalid):
            read_invited(session, "no address")
    assert (zoe.name, len(zoe.seats), zoe.waiting) == ("Zoë Ray", 2, ())
    assert (wim.seats, [one.organization for one in wim.waiting]) == ((), ["Oak Library"])


@pytest.mark.usefixtures("invited")
def test_merged_organization_is_named_once_as_the_kept_one(database: Database) -> None:
    with database.transaction() as session:
        organization_merges.merge(session, kept="elm-county", merged="oak", actor=None, now=NOW)
        (zoe,) = find_invited(session, "zoe").items
    assert zoe.organizations == ("Elm County Library",)
