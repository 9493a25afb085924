"""Each role sees only its own pages of an organization's area, and nothing of another one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.audit import AuditEntry
from lms.models.organizations import Organization
from lms.models.training import GroupSupervisor, TrainingGroup
from lms.web.core.route_guard import Audience, Audiences, audiences_of
from tests.cast import Cast, Person, Roles
from tests.clock import Clock
from tests.factories import make_organization
from tests.visitor import Visitor
from tests.web.core.things_of_organizations import Both, Things, kept_besides, things_of

NOT_FOUND = 404
# Route variables that name no object of an organization.
OWN: Mapping[str, str] = {"product": "moodle", "kind": "webinar"}
UNENDING = "organization_buying.renew"  # these tests' pools are permanent and can't be renewed


@pytest.fixture
def both(carrel: Carrel, cast: Cast, clock: Clock, tmp_path: Path) -> Both:
    list_ = tmp_path / "list.csv"
    list_.write_text("email,webinar,completed\na@b.example,Reading rooms,2026-01-01\n")
    with carrel.database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        other = make_organization(session)
        mine = things_of(session, elm, cast.mia.id, "mine")
        theirs = things_of(session, other, cast.ada.id, "theirs")
    return Both(
        {**mine, **kept_besides(carrel, cast, elm, list_)},
        {**theirs, **kept_besides(carrel, cast, other, list_)},
    )


def _ways(app: Flask, both: Both, here: str) -> list[tuple[str, str, bool]]:
    """Return the method and path of each route with object ids, and whether all ids are mine."""
    ways = []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/organization/<organization_id>") or rule.endpoint == UNENDING:
            continue
        names = sorted(rule.arguments - {"organization_id", *OWN})
        for whose in product((both.mine, both.theirs), repeat=len(names)):
            values = {name: things[name] for name, things in zip(names, whose, strict=True)}
            path = _filled(rule.rule, {"organization_id": here, **OWN, **values})
            ways.extend(
                (method, path, all(things is both.mine for things in whose))
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
                if names
            )
    return ways


@dataclass(frozen=True, slots=True)
class Way:
    """A route of Elm County's area, with its own ids in the path."""

    endpoint: str
    method: str
    path: str
    audiences: Audiences


def _own_ways(app: Flask, both: Both, here: str) -> list[Way]:
    values = {"organization_id": here, **OWN, **both.mine}
    return [
        Way(
            rule.endpoint,
            method,
            _filled(rule.rule, values),
            audiences_of(app.view_functions[rule.endpoint]),
        )
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/organization/<organization_id>") and rule.endpoint != UNENDING
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


@dataclass(frozen=True, slots=True)
class Looker:
    """A person, the audiences that they are in, and the words that they must and mustn't see."""

    person: Person
    opens: frozenset[Audience]
    sees: str
    not_shown: tuple[str, ...]


@pytest.fixture
def lookers(database: Database, cast: Cast, roles: Roles, both: Both) -> list[Looker]:
    """The people who have a role at Elm County, and some who have none there."""
    with database.transaction() as session:
        group = select(TrainingGroup.id).where(TrainingGroup.public_id == both.mine["group_id"])
        group_id = session.scalars(group).one()
        session.add(GroupSupervisor(group_id=group_id, login_id=roles.sue.id))
    kinds = ("Seated", "Waiting", "Grouped", "Group", "Training", "New")
    other = tuple(f"{kind} theirs" for kind in kinds)
    outside = ("Seated mine", "Waiting mine", "New mine", "Hugo", "Cataloging")
    people = ("Grouped mine", "Group mine", "Training mine", "Rita", "Circulation", *outside)

    def looker(person: Person, *opens: Audience, sees: str = "", hides: tuple[str, ...]) -> Looker:
        return Looker(person, frozenset(opens), sees, hides)

    return [
        looker(cast.mia, Audience.MANAGERS, sees="Seated mine", hides=other),
        looker(roles.olive, Audience.MANAGERS, sees="Seated mine", hides=other),
        looker(cast.ada, Audience.MANAGERS, Audience.STAFF, sees="Seated mine", hides=other),
        looker(roles.sue, Audience.SUPERVISORS, sees="Grouped mine", hides=(*other, *outside)),
        looker(roles.bill, Audience.BILLING, sees="is ready", hides=(*other, *people)),
        looker(roles.lee, Audience.LMS_ADMINS, sees="Your LMS", hides=(*other, *people)),
        looker(roles.beth, Audience.BOOKKEEPERS, sees="is ready", hides=(*other, *people)),
        looker(roles.max, hides=()),
        looker(roles.rita, hides=()),
        looker(cast.dan, hides=()),
    ]


def test_each_role_can_open_only_its_own_routes(
    app: Flask,
    client: Visitor,
    database: Database,
    cast: Cast,
    both: Both,
    lookers: list[Looker],
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    ways = _own_ways(app, both, here)
    for looker in lookers:
        client.sign_in(looker.person.id)
        for way in ways:
            is_open = bool(way.audiences & looker.opens)
            if way.method != "GET" and is_open:
                continue  # tested elsewhere
            status = client.open(way.path, method=way.method).status_code
            assert (status not in (NOT_FOUND, 403, 500)) is is_open, (looker.person.name, way)


def test_pages_of_each_role_show_its_own_data_and_no_foreign_rows(
    app: Flask,
    client: Visitor,
    database: Database,
    cast: Cast,
    both: Both,
    lookers: list[Looker],
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    ways = [way for way in _own_ways(app, both, here) if way.method == "GET"]
    for looker in lookers:
        client.sign_in(looker.person.id)
        opened = [way for way in ways if way.audiences & looker.opens]
        pages = {way: client.get(way.path).get_data().decode(errors="replace") for way in opened}
        told = " ".join(pages.values())
        assert looker.sees in told
        shown = {
            (looker.person.name, way.endpoint, words)
            for way, page in pages.items()
            for words in (*looker.not_shown, *both.theirs.values())
            if words in page
        }
        assert shown == set()


def test_pages_of_each_role_link_only_to_routes_it_can_open(
    app: Flask,
    client: Visitor,
    database: Database,
    cast: Cast,
    both: Both,
    lookers: list[Looker],
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    ways = [way for way in _own_ways(app, both, here) if way.method == "GET"]
    signed_in = {Audience.EVERYONE, Audience.SIGNED_IN, Audience.FRAME}
    for looker in lookers:
        client.sign_in(looker.person.id)
        paths = [way.path for way in ways if way.audiences & looker.opens]
        if Audience.BOOKKEEPERS in looker.opens:
            paths += ["/staff", "/staff/sales", "/staff/prices"]
        for path in paths:
            page = client.get(path)
            if page.mimetype != "text/html":
                continue
            for method, url in _links(page.text):
                endpoint, _ = app.url_map.bind("localhost").match(url, method=method)
                audiences = audiences_of(app.view_functions[endpoint])
                assert audiences & (looker.opens | signed_in), (looker.person.name, path, url)


def _links(page: str) -> set[tuple[str, str]]:
    """Return the methods and URLs of a page's links and forms."""
    found = {("GET", url) for url in re.findall(r'<a\b[^>]*?href="(/[^"#?]*)', page)}
    for form in re.findall(r"<form\b[^>]*>", page):
        action = re.search(r'action="(/[^"#?]*)', form)
        if action:
            method = "POST" if 'method="post"' in form else "GET"
            found.add((method, action[1]))
    return {(method, url) for method, url in found if not url.startswith("/static/")}


def _filled(rule: str, values: Things) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule)


def test_ids_of_another_organization_are_not_found_and_change_nothing(
    app: Flask, client: Visitor, database: Database, cast: Cast, both: Both
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
        written = len(session.scalars(select(AuditEntry.id)).all())
    client.sign_in(cast.mia.id)
    foreign = [way for way in _ways(app, both, here) if not way[2]]
    answers = [(way, client.open(way[1], method=way[0]).status_code) for way in foreign]
    assert len(foreign) > 20
    assert [one for one in answers if one[1] != NOT_FOUND] == []
    with database.read_session() as session:
        assert len(session.scalars(select(AuditEntry.id)).all()) == written


def test_own_ids_are_found(
    app: Flask, client: Visitor, database: Database, cast: Cast, both: Both
) -> None:
    """Without this, the test above would prove nothing."""
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    client.sign_in(cast.mia.id)
    own = [way for way in _ways(app, both, here) if way[2] and way[0] == "GET"]
    answers = [(way, client.open(way[1], method=way[0]).status_code) for way in own]
    assert [one for one in answers if one[1] == NOT_FOUND or one[1] >= 500] == []


@pytest.mark.parametrize(
    "path",
    [
        "/people/release",
        "/people/released",
        "/people/resend",
        "/people/move",
        "/people/moved",
    ],
)
def test_form_with_another_organizations_seat_is_not_found(
    client: Visitor, database: Database, cast: Cast, both: Both, path: str
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    client.sign_in(cast.mia.id)
    form = {"seat": [both.mine["seat_id"], both.theirs["seat_id"]], "to": both.mine["pool_id"]}
    assert client.post(f"/organization/{here}{path}", data=form).status_code == NOT_FOUND


@pytest.mark.parametrize("path", ["/import", "/people/moved", "/invite", "/people/release"])
def test_form_with_another_organizations_pool_is_not_found(
    client: Visitor, database: Database, cast: Cast, both: Both, path: str
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    client.sign_in(cast.mia.id)
    theirs = both.theirs["pool_id"]
    form = {"pool": theirs, "to": theirs, "seat": both.mine["seat_id"], "addresses": "a@b.example"}
    assert client.post(f"/organization/{here}{path}", data=form).status_code == NOT_FOUND
