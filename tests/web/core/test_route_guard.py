"""Routes are open only to the audiences that they declare."""

import pytest
from flask import Flask, render_template_string
from sqlalchemy import select

from lms import audit
from lms.app import create_app
from lms.core.acting_roles import ActingRole
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.audit import AuditEntry
from lms.models.organizations import Organization
from lms.registry import LIBRARY
from lms.web.core.request_context import read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.components import made_up_component
from tests.visitor import Visitor

OF_AN_ORGANIZATION = (
    Audience.MANAGERS,
    Audience.SUPERVISORS,
    Audience.BILLING,
    Audience.LMS_ADMINS,
)


def add_rooms(app: Flask) -> None:
    for audience in Audience:
        view = open_to(audience)(lambda **_: act_in_this_role())
        path = f"/room/{audience}"
        if audience in OF_AN_ORGANIZATION:
            path += "/<organization_id>"
        app.add_url_rule(path, f"room_{audience}", view, methods=["GET", "POST"])
    app.add_url_rule("/links", "links", open_to(Audience.EVERYONE)(links_to_rooms))


def links_to_rooms() -> str:
    return render_template_string("{{ may_open('room_staff') }} {{ may_open('room_everyone') }}")


def act_in_this_role() -> str:
    """Record an act, and return the role that it was recorded with."""
    with transaction() as session:
        audit.record(session, "room.entered", "0" * 26, actor=None, now=NOW)
    with read_session() as session:
        newest = select(AuditEntry.role).order_by(AuditEntry.id.desc()).limit(1)
        return session.scalars(newest).one()


@pytest.fixture
def visitor(carrel: Carrel) -> Visitor:
    app = create_app(carrel, (LIBRARY, made_up_component("rooms", init_app=add_rooms)))
    app.testing = True
    app.test_client_class = Visitor
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    return visitor


def test_app_with_an_undeclared_audience_does_not_start(carrel: Carrel) -> None:
    def forget(app: Flask) -> None:
        app.add_url_rule("/open-door", "open_door", lambda: "inside")

    with pytest.raises(RuntimeError, match="open_door"):
        create_app(carrel, (made_up_component("careless", init_app=forget),))


def test_signed_out_visitor_is_asked_to_sign_in_and_returns(visitor: Visitor) -> None:
    answer = visitor.get("/room/signed_in?page=2")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/room/signed_in?page%3D2"


def test_signed_out_visitor_cannot_post(visitor: Visitor) -> None:
    assert visitor.post("/room/signed_in").status_code == 403
    assert visitor.post("/room/staff").status_code == 404


def test_staff_pages_are_not_found_for_others(visitor: Visitor, cast: Cast, clock: Clock) -> None:
    visitor.sign_in(cast.mia.id)
    assert visitor.get("/room/staff").status_code == 404
    wanted = {"Accept": "application/json"}
    hidden = visitor.get("/room/staff", headers=wanted).json
    absent = visitor.get("/no/such/room", headers=wanted).json
    assert hidden is not None
    assert absent is not None
    assert hidden["message"] == absent["message"]


def test_each_audience_can_open_its_own_route(visitor: Visitor, cast: Cast, clock: Clock) -> None:
    assert visitor.get("/room/everyone").text == ActingRole.PERSON
    visitor.sign_in(cast.dan.id)
    assert visitor.get("/room/signed_in").text == ActingRole.PERSON
    visitor.sign_in(cast.ada.id)
    assert visitor.get("/room/staff").text == ActingRole.STAFF


def test_act_is_recorded_with_the_role_that_opened_the_route(
    visitor: Visitor, cast: Cast, roles: Roles, database: Database, clock: Clock
) -> None:
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id).public_id
    for person, room, role in (
        (cast.mia, f"managers/{elm}", ActingRole.MANAGER),
        (roles.olive, f"managers/{elm}", ActingRole.OWNER),
        (cast.ada, f"managers/{elm}", ActingRole.STAFF),
        (roles.owen, f"managers/{elm}", ActingRole.SELLER_OWNER),
        (roles.sue, f"supervisors/{elm}", ActingRole.SUPERVISOR),
        (roles.bill, f"billing/{elm}", ActingRole.BILLING),
        (roles.lee, f"lms_admins/{elm}", ActingRole.LMS_ADMIN),
        (roles.owen, "staff", ActingRole.SELLER_OWNER),
        (roles.owen, "seller_owners", ActingRole.SELLER_OWNER),
        (roles.beth, "bookkeepers", ActingRole.BOOKKEEPER),
        (roles.owen, "signed_in", ActingRole.PERSON),
        (cast.mia, "platform", ActingRole.LMS),
    ):
        visitor.sign_in(person.id)
        assert visitor.get(f"/room/{room}").text == role


def test_templates_link_only_to_routes_that_a_person_can_open(
    visitor: Visitor, cast: Cast, roles: Roles, clock: Clock
) -> None:
    assert visitor.get("/links").text == "False True"
    for person, answer in (
        (cast.mia, "False True"),
        (roles.beth, "False True"),
        (cast.ada, "True True"),
    ):
        visitor.sign_in(person.id)
        assert visitor.get("/links").text == answer


def test_form_without_a_token_is_refused_where_a_cookie_signs_in(
    visitor: Visitor, cast: Cast, clock: Clock
) -> None:
    visitor.sign_in(cast.ada.id)
    bare = {"X-CSRFToken": ""}
    for audience in (Audience.EVERYONE, Audience.SIGNED_IN, Audience.STAFF):
        assert visitor.post(f"/room/{audience}", headers=bare).status_code == 400
        assert visitor.post(f"/room/{audience}").status_code == 200
    assert visitor.post("/room/playback_token", headers=bare).status_code == 200


@pytest.mark.parametrize(
    ("room", "megabytes"),
    [
        ("everyone", 13),
        ("signed_in", 13),
        ("managers/", 65),
        *((room, 2) for room in ("mailbox", "embed", "platform", "provider", "frame")),
    ],
)
def test_oversized_upload_is_refused_outside_staff_routes(
    visitor: Visitor, cast: Cast, database: Database, clock: Clock, room: str, megabytes: int
) -> None:
    visitor.sign_in(cast.mia.id)
    if room.endswith("/"):
        with database.read_session() as session:
            room += session.get_one(Organization, cast.organization_id).public_id
    answer = visitor.post(
        f"/room/{room}",
        data=b"x",
        content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": ""},
        environ_overrides={"CONTENT_LENGTH": str(megabytes * 1024 * 1024)},
    )
    assert answer.status_code == 413
