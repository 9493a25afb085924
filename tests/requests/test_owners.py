"""Which team member owns a request: the first owner, who answers its kind, or a colleague."""

from dataclasses import replace

import pytest

from lms.core.database import Database
from lms.core.errors import NotFound
from lms.models.accounts import Login
from lms.models.requests import RequestKind, RequestState
from lms.requests import requests
from lms.requests.mails import ASSIGNED
from lms.requests.read_models import KIND_WORDS, RequestFacts
from tests.cast import Cast, Person, Roles
from tests.clock import NOW
from tests.mailbox import letters, link_in
from tests.requests.test_requests import NEW, NOBODY, OFFICE, asked, read


def test_first_owner_is_responsible_until_it_is_assigned(
    database: Database, cast: Cast, roles: Roles
) -> None:
    facts = asked(database)
    assert facts.owner == "Owen"
    with database.transaction() as session:
        requests.assign(
            session,
            facts.public_id,
            to=cast.ada.public_id,
            mail_context=OFFICE,
            actor=roles.owen.public_id,
            now=NOW,
        )
        session.get_one(Login, roles.owen.id).blocked_at = NOW
    assert read(database, facts).owner == "Ada"
    assert asked(database).owner is None


def test_team_member_who_closed_the_last_request_of_a_kind_owns_the_next(
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


def test_only_team_members_who_answer_requests_can_be_assigned_one(
    database: Database, cast: Cast, roles: Roles
) -> None:
    facts = asked(database)
    for to in (cast.dan.public_id, roles.beth.public_id, NOBODY):
        with pytest.raises(NotFound), database.transaction() as session:
            requests.assign(
                session,
                facts.public_id,
                to=to,
                mail_context=OFFICE,
                actor=cast.ada.public_id,
                now=NOW,
            )
    assert read(database, facts).state is RequestState.NEW


def assign(database: Database, facts: RequestFacts, to: Person, *, by: Person) -> None:
    with database.transaction() as session:
        requests.assign(
            session,
            facts.public_id,
            to=to.public_id,
            mail_context=OFFICE,
            actor=by.public_id,
            now=NOW,
        )


def test_colleague_is_emailed_once_about_an_assigned_request(
    database: Database, cast: Cast, roles: Roles
) -> None:
    facts = asked(database, replace(NEW, kind=RequestKind.TROUBLE))
    assign(database, facts, cast.ada, by=roles.owen)
    assign(database, facts, cast.ada, by=roles.owen)
    (mail,) = letters(database, "ada@example.org")
    assert mail.kind == "request_assigned"
    assert mail.subject == ASSIGNED % {"colleague": "Owen", "kind": KIND_WORDS[facts.kind]}
    assert "Dan" in mail.text
    assert link_in(mail) == f"/staff/requests/{facts.public_id}"


def test_assigning_a_request_to_yourself_sends_no_email(
    database: Database, cast: Cast, roles: Roles
) -> None:
    facts = asked(database)
    assign(database, facts, cast.ada, by=cast.ada)
    assert letters(database, "ada@example.org") == []
    assign(database, facts, roles.owen, by=cast.ada)
    assign(database, facts, cast.ada, by=roles.owen)
    assert len(letters(database, "owen@example.org")) == 1
    assert len(letters(database, "ada@example.org")) == 1


def test_first_owner_is_emailed_about_a_new_request_that_a_colleague_assigns_to_them(
    database: Database, cast: Cast, roles: Roles
) -> None:
    facts = asked(database)
    assert facts.owner == "Owen"
    assign(database, facts, roles.owen, by=cast.ada)
    assert len(letters(database, "owen@example.org")) == 1
