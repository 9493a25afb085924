"""Who of the team is responsible for a request: the first owner, who answers its kind, or a colleague."""

from dataclasses import replace

import pytest

from lms.core.database import Database
from lms.core.errors import NotFound
from lms.models.accounts import Login
from lms.models.requests import RequestKind, RequestState
from lms.requests import requests
from tests.cast import Cast, Roles
from tests.clock import NOW
from tests.requests.test_requests import NEW, NOBODY, OFFICE, asked, read


def test_first_owner_is_responsible_until_it_is_assigned(
    database: Database, cast: Cast, roles: Roles
) -> None:
    facts = asked(database)
    assert facts.owner == "Owen"
    with database.transaction() as session:
        requests.assign(
            session, facts.public_id, to=cast.ada.public_id, actor=roles.owen.public_id, now=NOW
        )
        session.get_one(Login, roles.owen.id).blocked_at = NOW
    assert read(database, facts).owner == "Ada"
    assert asked(database).owner is None


def test_who_closed_the_last_request_of_a_kind_is_responsible_for_the_next(
    database: Database, cast: Cast, roles: Roles
) -> None:
    trouble = replace(NEW, kind=RequestKind.TROUBLE)
    first = asked(database, trouble)
    with database.transaction() as session:
        requests.finish(
            session,
            first.public_id,
            answer="Try it now.",
            links=OFFICE.links,
            actor=cast.ada.public_id,
            now=NOW,
        )
    assert read(database, first).owner == "Ada"
    assert asked(database, trouble).owner == "Ada"
    assert asked(database).owner == "Owen"  # another kind
    with database.transaction() as session:
        session.get_one(Login, cast.ada.id).seller_role = None
    assert asked(database, trouble).owner == "Owen"


def test_only_people_of_the_team_who_answer_are_assigned_a_request(
    database: Database, cast: Cast, roles: Roles
) -> None:
    facts = asked(database)
    for to in (cast.dan.public_id, roles.beth.public_id, NOBODY):
        with pytest.raises(NotFound), database.transaction() as session:
            requests.assign(session, facts.public_id, to=to, actor=None, now=NOW)
    assert read(database, facts).state is RequestState.NEW
