"""Access to an organization's area: every route, for each person of the cast."""

import re
from dataclasses import asdict

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.organizations import Organization, Role
from lms.web.core.route_guard import Audience, audiences_of
from tests.cast import Cast
from tests.factories import make_login, make_membership
from tests.visitor import SAFE, Visitor
from tests.web.managed_organization import Elm

NOT_FOUND, SEE_OTHER, FORBIDDEN = 404, 303, 403
FRAME = "/organization/<organization_id>"


def doors(app: Flask) -> list[tuple[str, Rule]]:
    """Return every route of an organization's area, as (method, rule)."""
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(FRAME)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path_of(rule: Rule, organization: str, **ids: str) -> str:
    """Return the path of a route, with an unknown id for each variable that isn't in `ids`."""
    named = {"organization_id": organization, **ids}
    return re.sub(
        r"<(?:\w+:)?(\w+)>", lambda found: named.get(found[1]) or new_public_id(), rule.rule
    )


def ids_of(elm: Elm) -> dict[str, str]:
    """Return Elm County's ids for route variables, so only the person is wrong."""
    found = asdict(elm)
    return {
        "pool_id": found["pool"],
        "seat_id": found["alices_seat"],
        "member_id": found["owner"],
        "part_id": found["part"],
    }


def join(session: Session, login_id: int, *, organization: str, role: Role) -> None:
    place = session.scalars(select(Organization).where(Organization.public_id == organization))
    make_membership(session, place.one(), session.get_one(Login, login_id), role=role)


def test_every_route_of_the_area_is_open_to_managers(app: Flask) -> None:
    assert len(doors(app)) > 4
    wrong = [
        rule.endpoint
        for _method, rule in doors(app)
        if Audience.MANAGERS not in audiences_of(app.view_functions[rule.endpoint])
    ]
    assert wrong == []


@pytest.mark.parametrize("person", ["alice", "bob", "carol", "dan"])
def test_area_is_not_found_for_people_who_do_not_manage_it(
    app: Flask, client: Visitor, cast: Cast, elm: Elm, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    answers = [
        (rule.rule, client.open(path_of(rule, elm.id, **ids_of(elm)), method=method).status_code)
        for method, rule in doors(app)
    ]
    assert [one for one in answers if one[1] != NOT_FOUND] == []


def test_area_is_not_found_for_a_member_without_a_role(
    app: Flask, client: Visitor, elm: Elm, database: Database
) -> None:
    with database.transaction() as session:
        member = make_login(session, name="Mel")
        join(session, member.id, organization=elm.id, role=Role.MEMBER)
        member_id = member.id
    client.sign_in(member_id)
    answers = [
        (rule.rule, client.open(path_of(rule, elm.id, **ids_of(elm)), method=method).status_code)
        for method, rule in doors(app)
    ]
    assert [one for one in answers if one[1] != NOT_FOUND] == []


def test_manager_cannot_find_anything_of_another_organization(
    app: Flask, mia: Visitor, elm: Elm
) -> None:
    theirs = {
        "pool_id": elm.others_pool,
        "seat_id": elm.others_seat,
        "member_id": elm.others_manager,
        "part_id": elm.others_part,
    }
    for place in (elm.other, elm.id):
        answers = [
            (rule.rule, mia.open(path_of(rule, place, **theirs), method=method).status_code)
            for method, rule in doors(app)
            if place == elm.other or len(rule.arguments) > 1
        ]
        assert answers
        assert [one for one in answers if one[1] != NOT_FOUND] == []


def test_signed_out_visitor_must_sign_in(app: Flask, client: Visitor, elm: Elm) -> None:
    for method, rule in doors(app):
        answer = client.open(path_of(rule, elm.id, **ids_of(elm)), method=method)
        if method in SAFE:
            assert (answer.status_code, "/sign-in" in answer.location) == (SEE_OTHER, True)
        else:
            assert answer.status_code == FORBIDDEN


def test_manager_owner_and_staff_can_open_every_page(
    app: Flask, client: Visitor, cast: Cast, elm: Elm
) -> None:
    for login_id in (cast.mia.id, elm.owner_id, cast.ada.id):
        client.sign_in(login_id)
        for method, rule in doors(app):
            if method == "GET" and rule.arguments <= {"organization_id", "pool_id", "seat_id"}:
                path = path_of(rule, elm.id, **ids_of(elm))
                # the pool's seats are permanent, so there is nothing to renew
                expected = (404,) if rule.endpoint == "organization_buying.renew" else (200, 303)
                assert client.get(path).status_code in expected, path


def test_page_says_when_a_viewer_is_staff(client: Visitor, cast: Cast, elm: Elm) -> None:
    client.sign_in(cast.ada.id)
    assert "as staff" in client.get(f"/organization/{elm.id}").text
    client.sign_in(cast.mia.id)
    assert "as staff" not in client.get(f"/organization/{elm.id}").text


def test_area_opens_the_only_organization_or_lists_several(
    client: Visitor, cast: Cast, elm: Elm, database: Database
) -> None:
    client.sign_in(cast.mia.id)
    answer = client.get("/organization")
    assert (answer.status_code, answer.location) == (SEE_OTHER, f"/organization/{elm.id}")
    with database.transaction() as session:
        join(session, cast.mia.id, organization=elm.other, role=Role.MANAGER)
    page = client.get("/organization").text
    assert "Elm County Library" in page
    assert "Oak County Library" in page


def test_only_managers_see_the_link_to_the_area(client: Visitor, cast: Cast, elm: Elm) -> None:
    client.sign_in(cast.dan.id)
    assert client.get("/organization").status_code == NOT_FOUND
    assert 'href="/organization"' not in client.get("/library").text
    client.sign_in(cast.mia.id)
    assert 'href="/organization"' in client.get("/library").text
