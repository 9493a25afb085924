"""Guessed ids: no request can show or change a row of another organization."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule

from lms.core.database import Database
from lms.core.postal_addresses import Address
from lms.core.runtime import Carrel
from lms.models.audit import AuditEntry
from lms.models.documents import Document
from lms.models.grants import Grant
from lms.models.group_showings import Showing
from lms.models.orders import Terms
from lms.models.organizations import AccountsPayableAddress, Organization
from lms.models.requests import RequestKind
from lms.models.training import Trainee, Training
from lms.requests import requests
from lms.requests.requests import NewRequest
from lms.web.core.route_guard import UNCOOKIED, Audience, audiences_of
from tests.cast import Cast, Person, Roles
from tests.clock import NOW, Clock
from tests.factories import make_attendee, make_organization
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, paid, placed
from tests.visitor import Visitor
from tests.web.core.things_of_organizations import Things, kept_besides, things_of

ERRORS = 500
SELLERS = {Audience.SELLER_OWNERS, Audience.STAFF, Audience.BOOKKEEPERS}
# The link in a request's confirmation opens its page in any browser, without the email address.
BY_LINK = "/requests/<request_id>"
NAME, STREET, PO, CONTACT = (
    "Foreign Falls Library",
    "77 Hidden Road",
    "PO-9917-X",
    "cora@falls.example",
)
OF_THE_HOST = "Attendee theirs"  # only the host sees who attended a group viewing
PAYABLE = "ap@falls.example"
# URL values that belong to no organization.
WORDS: Mapping[str, str] = {
    "product": "moodle",
    "kind": "webinar",
    "number": "1",
    "size": "small",
    "scope": "webinar",
    "form": "vtt",
    "act": "hold",
    "act_name": "bounced",
    "run": "a" * 26,
    "filename": "robots.txt",
    "address": CONTACT,
    "merged": "foreign-falls",
}


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another organization: the ids of its objects, and words that only its own people can see."""

    things: Things
    words: tuple[str, ...]
    watching: tuple[str, ...]  # the words that show who watches what


@pytest.fixture
def foreign(carrel: Carrel, cast: Cast, clock: Clock, tmp_path: Path) -> Foreign:
    list_ = tmp_path / "list.csv"
    list_.write_text("email,webinar,completed\na@b.example,Reading rooms,2026-01-01\n")
    database = carrel.database
    with database.transaction() as session:
        falls = make_organization(session, "foreign-falls", name=NAME)
        falls.legal_address = Address(STREET, "", "Falls", "IL", "62701")
        session.add(
            AccountsPayableAddress(organization_id=falls.id, email=PAYABLE, email_key=PAYABLE)
        )
        things = things_of(session, falls, cast.ada.id, "theirs")
    besides = kept_besides(carrel, cast, falls, list_)
    ordered = placed(
        database,
        replace(
            GROUP,
            email=CONTACT,
            name="Cora Contact",
            organization="foreign-falls",
            terms=Terms.PURCHASE_ORDER,
            po_number=PO,
        ),
    )
    payment = paid(database, ordered, check_number="5550123")
    with database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.public_id == besides["grant_id"])).one()
        attendee = make_attendee(
            session, grant, cast.webinar_id, name="Attendee theirs", email="att@falls.example"
        )
        showing = session.get_one(Showing, attendee.showing_id).public_id
        asked = requests.ask(
            session,
            NewRequest(
                kind=RequestKind.TROUBLE,
                name="Cora Contact",
                email=CONTACT,
                organization_name=NAME,
                message="Secret message",
            ),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )
        trainee = session.scalars(
            select(Trainee.public_id)
            .join(Training)
            .where(Training.public_id == things["training_id"])
            .limit(1)
        ).one()
        label = session.scalars(
            select(Document.label).where(Document.public_id == ordered.invoice_id)
        ).one()
    found = {
        **things,
        **besides,
        "document_id": ordered.invoice_id or "",
        "order_id": ordered.public_id,
        "payment_id": payment,
        "key": "organization:foreign-falls",
        "public_id": showing,
        "attendee_id": attendee.public_id,
        "request_id": asked.public_id,
        "trainee_id": trainee,
        "pool": things["pool_id"],
        "slug": "foreign-falls",
    }
    kinds = ("Seated", "Waiting", "Grouped", "Group", "Training", "New", "Attendee")
    watching = tuple(f"{kind} theirs" for kind in kinds)
    words = (NAME, STREET, PO, CONTACT, PAYABLE, "Secret message", "5550123", label, "Cora Contact")
    return Foreign(found, (*words, *watching), watching)


def _ways(
    app: Flask, here: str, foreign: Foreign, *, with_sellers: bool = False
) -> Iterator[tuple[Rule, str, str]]:
    """Yield the rule, method, and path, with foreign ids, of every route that a cookie opens.

    `with_sellers` includes routes for the seller's team only, which tests/rules/test_routes.py
    closes to everyone else.
    """
    for rule in app.url_map.iter_rules():
        audiences = audiences_of(app.view_functions[rule.endpoint])
        if audiences & UNCOOKIED or (audiences <= SELLERS and not with_sellers):
            continue
        values = {**WORDS, **foreign.things, "organization_id": here}
        path = re.sub(
            r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>",
            lambda found, known=values: known.get(found[1], "0" * 26),
            rule.rule,
        )
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, path


def _forms(foreign: Foreign) -> MultiDict[str, str]:
    """Return the names that forms and queries use for objects, each with a foreign id."""
    things = foreign.things
    return MultiDict(
        [
            *((name.removesuffix("_id"), value) for name, value in things.items()),
            *things.items(),
            ("to", things["pool_id"]),
            ("groups", things["group_id"]),
            ("person", things["member_id"]),
            ("organization", "foreign-falls"),
            ("webinar", things["name"]),
        ]
    )


def _lookers(cast: Cast, roles: Roles) -> dict[str, Person]:
    return {
        "manager": cast.mia,
        "owner": roles.olive,
        "supervisor": roles.sue,
        "billing": roles.bill,
        "lms admin": roles.lee,
        "member": roles.rita,
        "manager of another": roles.max,
        "nobody": cast.dan,
    }


def _elm(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        return session.get_one(Organization, cast.organization_id).public_id


def _entries_about(database: Database, foreign: Foreign) -> int:
    with database.read_session() as session:
        about = AuditEntry.subject.in_(list(foreign.things.values()))
        return session.scalar(select(func.count(AuditEntry.id)).where(about)) or 0


def test_guessed_ids_show_and_change_no_foreign_rows(
    app: Flask,
    client: Visitor,
    database: Database,
    cast: Cast,
    roles: Roles,
    foreign: Foreign,
) -> None:
    here, before = _elm(database, cast), _entries_about(database, foreign)
    ways = [way for way in _ways(app, here, foreign) if way[0].arguments - {"organization_id"}]
    shown = []
    for role, person in _lookers(cast, roles).items():
        client.sign_in(person.id)
        for rule, method, path in ways:
            answer = client.open(path, method=method)
            assert answer.status_code < ERRORS, (role, method, path)
            told = answer.get_data().decode(errors="replace")
            shown += [(role, method, rule.rule, word) for word in foreign.words if word in told]
    assert {one[2:] for one in shown} == {(BY_LINK, NAME)}
    assert _entries_about(database, foreign) == before


def test_foreign_ids_in_a_query_or_a_form_show_and_change_nothing(
    app: Flask,
    client: Visitor,
    database: Database,
    cast: Cast,
    roles: Roles,
    foreign: Foreign,
) -> None:
    here, before = _elm(database, cast), _entries_about(database, foreign)
    sent, shown = _forms(foreign), []
    for role, person in _lookers(cast, roles).items():
        client.sign_in(person.id)
        for rule, method, path in _ways(app, here, foreign):
            if rule.arguments - {"organization_id"} or "sign-out" in path:
                continue
            values = {"query_string": sent} if method == "GET" else {"data": sent}
            answer = client.open(path, method=method, **values)
            assert answer.status_code < ERRORS, (role, method, path)
            told = answer.get_data().decode(errors="replace")
            shown += [(role, method, rule.rule, word) for word in foreign.words if word in told]
    assert shown == []
    assert _entries_about(database, foreign) == before


def test_bookkeeper_sees_balances_but_not_who_watches_what(
    app: Flask, client: Visitor, database: Database, roles: Roles, cast: Cast, foreign: Foreign
) -> None:
    with database.read_session() as session:
        here = session.scalars(
            select(Organization.public_id).where(Organization.slug == "foreign-falls")
        ).one()
    pages: dict[str, str] = {}
    for person in (roles.beth, cast.ada):
        client.sign_in(person.id)
        pages[person.name] = " ".join(
            client.get(path).get_data().decode(errors="replace")
            for _rule, method, path in _ways(app, here, foreign, with_sellers=True)
            if method == "GET"
        )
    assert PO in pages["Beth"]
    assert [word for word in foreign.watching if word in pages["Beth"]] == []
    # Staff see all of it. Otherwise these tests would prove nothing.
    assert [word for word in foreign.words if word not in pages["Ada"]] == [OF_THE_HOST]
