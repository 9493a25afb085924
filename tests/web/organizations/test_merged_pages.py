"""Managers of two merged organizations see both until the merge is undone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.organizations import Organization, Role
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_group, make_login, make_membership, make_organization
from tests.organizations.twins import merge, unmerge
from tests.seat_rows import add_pool
from tests.visitor import Visitor
from tests.web.core.things_of_organizations import Things, kept_besides, things_of

OK = 200
FREE = {
    "product": "moodle",
    "kind": "webinar",
}  # parts of URLs that don't belong to an organization
PASSING = (
    "job_id",
    "list_id",
)  # short-lived work, which stays with the organization where it started
UNENDING = "organization_buying.renew"  # these pools never end
# The page that lists each kind of an organization's objects.
SHOWN_ON: Mapping[str, str] = {
    "/orders": "document_id",
    "/group-viewings": "grant_id",
    "/people": "seat_id",
    "/members": "member_id",
    "/training": "training_id",
    "/training/groups": "group_id",
    "/embeds": "embed_id",
    "/kits": "kit_id",
    "/billing": "paper_id",
    "/lti": "registration_id",
    "/reports/people": "login_id",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records: its public ID, its manager, and its objects."""

    id: int
    public_id: str
    manager: int
    things: Things


@pytest.fixture
def sides(carrel: Carrel, cast: Cast, clock: Clock, tmp_path: Path) -> tuple[Side, Side]:
    list_ = tmp_path / "list.csv"
    list_.write_text("email,webinar,completed\na@b.example,Reading rooms,2026-01-01\n")
    made = []
    with carrel.database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        twin = make_organization(session, "elm-twp", name="Elm Township Public Library")
        otto = make_login(session, "otto@elm.example.net", name="Otto")
        make_membership(session, twin, otto, role=Role.OWNER)
        for one, manager, mark in ((elm, cast.mia.id, "kept"), (twin, otto.id, "merged")):
            things = things_of(session, one, manager, mark)
            made.append((one, Side(one.id, one.public_id, manager, things)))
    return tuple(
        replace(side, things={**side.things, **kept_besides(carrel, cast, one, list_)})
        for one, side in made
    )  # type: ignore[return-value]  # two


def _pages(app: Flask, here: str, things: Things) -> dict[str, str]:
    """Return the URL of every page of an area, by endpoint, with these objects in it."""
    values = {**FREE, **things, "organization_id": here}
    return {
        rule.endpoint: re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/organization/<organization_id>")
        and "GET" in (rule.methods or ())
        and rule.endpoint != UNENDING
    }


def _seen(client: Visitor, app: Flask, sides: tuple[Side, Side]) -> dict[tuple[int, str], object]:
    """Return every page of each manager's area, without form tokens."""
    seen: dict[tuple[int, str], object] = {}
    for person in sides:
        client.sign_in(person.manager)
        for side in sides:
            for path in _pages(app, person.public_id, side.things).values():
                answer = client.get(path)
                is_text = answer.mimetype.startswith("text/")
                told = answer.get_data(as_text=True) if is_text else answer.mimetype
                told = re.sub(r'name="csrf_token"[^>]*>', "", told)
                seen[person.manager, path] = told if answer.status_code == OK else answer.status
    return seen


def test_managers_of_either_organization_see_both_on_every_page(
    client: Visitor, database: Database, sides: tuple[Side, Side]
) -> None:
    kept = sides[0]
    merge(database)
    for person in sides:
        client.sign_in(person.manager)
        for page, name in SHOWN_ON.items():
            told = client.get(f"/organization/{kept.public_id}{page}").text
            for side in sides:
                assert side.things[name] in told, (page, side.things[name])
        for side in sides:
            assert client.get(f"/documents/{side.things['document_id']}").status_code == OK


def test_pages_of_either_organization_still_open(
    app: Flask, client: Visitor, database: Database, sides: tuple[Side, Side]
) -> None:
    kept = sides[0]

    def answers(person: Side, area: Side, side: Side) -> dict[str, int]:
        client.sign_in(person.manager)
        passing = {name: area.things[name] for name in PASSING}
        pages = _pages(app, area.public_id, {**side.things, **passing})
        return {name: client.get(path).status_code for name, path in pages.items()}

    before = [answers(side, side, side) for side in sides]
    merge(database)
    for person in sides:
        for side, was in zip(sides, before, strict=True):
            assert answers(person, kept, side).items() ^ was.items() == set()


def test_undo_restores_every_page(
    app: Flask, client: Visitor, database: Database, sides: tuple[Side, Side]
) -> None:
    _seen(client, app, sides)  # the first visit to pay an order creates its payment link
    before = _seen(client, app, sides)
    merge(database)
    unmerge(database)
    after = _seen(client, app, sides)
    assert [key for key in before if before[key] != after[key]] == []


def test_groups_and_pools_with_the_same_name_show_their_organization(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    """They used to be numbered in brackets, and staff lists were added to the wrong one."""
    assert clock.moment == NOW
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        twin = make_organization(session, "elm-twp", name="Elm Township Library")
        for one in (elm, twin):
            make_group(session, one, "Reference")
            add_pool(session, one, cast.webinar_id)
        make_group(session, elm, "Circulation")
        home = f"/organization/{elm.public_id}"
    client.sign_in(cast.mia.id)
    merge(database, kept="elm-county", merged="elm-twp")
    groups, pools = (client.get(f"{home}/{page}").text for page in ("training/groups", "invite"))
    assert ">Circulation<" in groups
    for name in ("Elm County Library", "Elm Township Library"):
        assert f">Reference ({name})<" in groups
        assert f">Reading rooms ({name}), 10 available<" in pools
