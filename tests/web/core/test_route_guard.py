"""Nobody comes in by a route that does not say so."""

import pytest
from flask import Flask

from lms.app import create_app
from lms.core.runtime import Carrel
from lms.registry import LIBRARY
from lms.web.core.route_guard import Audience, open_to
from tests.cast import Cast
from tests.clock import Clock
from tests.components import made_up_component
from tests.visitor import Visitor


def add_rooms(app: Flask) -> None:
    for audience in Audience:
        view = open_to(audience)(lambda: "inside")
        app.add_url_rule(f"/room/{audience}", f"room_{audience}", view, methods=["GET", "POST"])


@pytest.fixture
def visitor(carrel: Carrel) -> Visitor:
    app = create_app(carrel, (LIBRARY, made_up_component("rooms", init_app=add_rooms)))
    app.testing = True
    app.test_client_class = Visitor
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    return visitor


def test_a_route_that_declares_no_audience_does_not_start(carrel: Carrel) -> None:
    def forget(app: Flask) -> None:
        app.add_url_rule("/open-door", "open_door", lambda: "inside")

    with pytest.raises(RuntimeError, match="open_door"):
        create_app(carrel, (made_up_component("careless", init_app=forget),))


def test_a_stranger_is_asked_to_sign_in_and_comes_back(visitor: Visitor) -> None:
    answer = visitor.get("/room/signed_in?page=2")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/room/signed_in?page%3D2"


def test_a_stranger_posts_nothing(visitor: Visitor) -> None:
    assert visitor.post("/room/signed_in").status_code == 403
    assert visitor.post("/room/staff").status_code == 404


def test_staff_rooms_do_not_exist_for_others(visitor: Visitor, cast: Cast, clock: Clock) -> None:
    visitor.sign_in(cast.mia.id)
    assert visitor.get("/room/staff").status_code == 404
    wanted = {"Accept": "application/json"}
    hidden = visitor.get("/room/staff", headers=wanted).json
    absent = visitor.get("/no/such/room", headers=wanted).json
    assert hidden is not None
    assert absent is not None
    assert hidden["message"] == absent["message"]


def test_each_audience_comes_in_by_its_own_door(visitor: Visitor, cast: Cast, clock: Clock) -> None:
    assert visitor.get("/room/everyone").data == b"inside"
    visitor.sign_in(cast.dan.id)
    assert visitor.get("/room/signed_in").data == b"inside"
    visitor.sign_in(cast.ada.id)
    assert visitor.get("/room/staff").data == b"inside"


def test_a_form_without_its_token_is_refused_wherever_a_cookie_signs_in(
    visitor: Visitor, cast: Cast, clock: Clock
) -> None:
    visitor.sign_in(cast.ada.id)
    bare = {"X-CSRFToken": ""}
    for audience in (Audience.EVERYONE, Audience.SIGNED_IN, Audience.STAFF):
        assert visitor.post(f"/room/{audience}", headers=bare).status_code == 400
        assert visitor.post(f"/room/{audience}").status_code == 200
    assert visitor.post("/room/playback_token", headers=bare).status_code == 200


@pytest.mark.parametrize(
    ("room", "megabytes"), [("everyone", 13), ("signed_in", 13), ("managers", 65)]
)
def test_nobody_but_staff_can_fill_the_disk(
    visitor: Visitor, cast: Cast, clock: Clock, room: str, megabytes: int
) -> None:
    visitor.sign_in(cast.dan.id)  # anybody can sign up
    answer = visitor.post(
        f"/room/{room}",
        data=b"x",
        content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": ""},
        environ_overrides={"CONTENT_LENGTH": str(megabytes * 1024 * 1024)},
    )
    assert answer.status_code == 413
