"""Default deny: every route declares its audience, and everyone else is refused."""

import re
from dataclasses import dataclass

import pytest
from flask import Flask

from lms.app import create_app
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.models.organizations import Organization
from lms.web.core.route_guard import UNCOOKIED, Audience, Audiences, audiences_of
from lti.web.core.framed_pages import cookie_name
from tests.cast import Cast, Roles
from tests.components import made_up_component
from tests.lti.course_fixtures import make_course
from tests.visitor import SAFE, TOKEN_HEADER, Visitor
from wsgi import COMPONENTS

OF_THE_SELLER = {Audience.SELLER_OWNERS, Audience.STAFF, Audience.BOOKKEEPERS}
EMBEDS = ("index", "choose", "new", "show", "preview", "pack", "edit", "take_back", "put_back")
LTI = ("overview", "invite", "withdraw", "guide", "new", "edit", "disable", "approve")
REPORTS = ("overview", "webinars_csv", "views_csv", "webinar", "people", "people_csv", "person")
LIMITED = {
    Audience.SUPERVISORS: {
        "organizations.overview",
        "organization_training.index",
        "organization_training.show",
        "organization_training.people_csv",
        "organization_training_groups.index",
        "organization_training_groups.show",
        *(f"organization_reports.{each}" for each in REPORTS),
    },
    Audience.BILLING: {
        "organizations.overview",
        "organization_billing.add_paper",
        "organization_billing.billing",
        "organization_billing.file",
        "organization_billing.save",
        "organization_orders.accept",
        "organization_orders.act",
        "organization_orders.index",
        "organization_orders.show",
        "organization_orders.pay",
        "organization_orders.place",
        "payment_link.make",
        "payment_link.show",
    },
    Audience.LMS_ADMINS: {
        "organizations.overview",
        "organization_courses.send",
        "organization_launches.launches",
        "organization_launches.scores",
        *(f"organization_embeds.{each}" for each in EMBEDS),
        *(f"organization_lti.{each}" for each in LTI),
    },
    Audience.BOOKKEEPERS: {
        "organizations.overview",
        "organization_orders.index",
        "organization_orders.show",
        "staff_branding.prices",
        "staff_desk.desk",
        "staff_balances.index",
        "staff_balances.open_csv",
        "staff_balances.payer",
        "staff_balances.revenue_csv",
        "staff_order.show",
        "staff_orders.index",
        "staff_payments.show",
        "staff_quotes.file",
        "staff_reports.index",
    },
    Audience.SELLER_OWNERS: {
        "staff_branding.change_logo",
        "staff_branding.change_prices",
        "staff_branding.edit",
        "staff_branding.look",
        "staff_certificate_design.edit",
        "staff_certificate_design.preview",
        "staff_person.reset_second_step",
        "staff_seller.edit",
        "staff_special_prices.edit",
        "staff_tax_rules.add",
        "staff_tax_rules.end",
        "staff_tax_rules.index",
        "staff_team.add",
        "staff_team.change",
        "staff_team.index",
        "staff_team.remove",
    },
}
NOT_FOUND, SEE_OTHER, FORBIDDEN, BAD_REQUEST = 404, 303, 403, 400


@dataclass(frozen=True, slots=True)
class Door:
    """One route with one of its methods."""

    endpoint: str
    method: str
    path: str
    audiences: Audiences


def doors(app: Flask, organization: str = "") -> list[Door]:
    """Return every route and method of the app, with values for the route's variables."""
    return [
        Door(
            rule.endpoint,
            method,
            _filled(rule.rule.replace("<organization_id>", organization or "<organization_id>")),
            audiences_of(app.view_functions[rule.endpoint]),
        )
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _filled(rule: str) -> str:
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", _value, rule)


def _value(found: re.Match[str]) -> str:
    return {"int": "7", "float": "7.0", "uuid": "0" * 32}.get(found[1] or "", new_public_id())


def test_app_does_not_start_with_a_route_without_an_audience(carrel: Carrel) -> None:
    def add(app: Flask) -> None:
        app.add_url_rule("/secret", "secret", lambda: "for whom?")

    with pytest.raises(RuntimeError, match="secret"):
        create_app(carrel, (*COMPONENTS, made_up_component("careless", init_app=add)))


def test_every_route_declares_its_audience(app: Flask) -> None:
    assert [door.endpoint for door in doors(app) if not door.audiences] == []


def test_signed_in_routes_are_closed_without_signing_in(app: Flask, client: Visitor) -> None:
    wrong = []
    for door in doors(app):
        if door.audiences & {Audience.SIGNED_IN, Audience.MANAGERS}:
            answer = client.open(door.path, method=door.method)
            is_asked = answer.status_code == SEE_OTHER and "/sign-in" in answer.location
            if not (is_asked if door.method in SAFE else answer.status_code == FORBIDDEN):
                wrong.append((door, answer.status_code))
    assert wrong == []


def test_team_routes_are_not_found_without_the_role(
    app: Flask, client: Visitor, cast: Cast, roles: Roles
) -> None:
    sellers = [door for door in doors(app) if door.audiences <= OF_THE_SELLER]
    for person, opens in (
        (cast.dan, set()),
        (cast.mia, set()),
        (roles.sue, set()),
        (roles.bill, set()),
        (roles.lee, set()),
        (roles.max, set()),
        (roles.beth, {Audience.BOOKKEEPERS}),
        (cast.ada, {Audience.STAFF}),
    ):
        client.sign_in(person.id)
        closed = [door for door in sellers if not door.audiences & opens]
        assert closed
        answers = [(door, client.open(door.path, method=door.method)) for door in closed]
        assert [one for one, answer in answers if answer.status_code != NOT_FOUND] == []


def test_limited_role_can_open_only_these_routes(app: Flask) -> None:
    """The routes are listed here to prevent opening one by mistake."""
    opened = {
        audience: {door.endpoint for door in doors(app) if audience in door.audiences}
        for audience in LIMITED
    }
    assert opened == LIMITED
    changing = {door.endpoint for door in doors(app) if door.method not in SAFE}
    for audience in (Audience.SUPERVISORS, Audience.BOOKKEEPERS):
        assert opened[audience] & changing == set()


def test_organization_routes_are_not_found_without_a_role_in_it(
    app: Flask, client: Visitor, cast: Cast, roles: Roles
) -> None:
    places = [door for door in doors(app) if Audience.MANAGERS in door.audiences]
    assert places
    for person in (cast.dan, cast.mia, roles.sue, roles.bill, roles.lee, roles.max, roles.beth):
        client.sign_in(person.id)
        answers = [(door, client.open(door.path, method=door.method)) for door in places]
        assert [one for one, answer in answers if answer.status_code != NOT_FOUND] == []


def test_form_without_its_token_is_rejected_where_cookies_sign_in(
    app: Flask, client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id).public_id
    client.sign_in(roles.owen.id)
    wrong = []
    for door in doors(app, elm):
        if door.method not in SAFE and not door.audiences & UNCOOKIED:
            answer = client.open(door.path, method=door.method, headers={TOKEN_HEADER: ""})
            if answer.status_code != BAD_REQUEST:
                wrong.append((door, answer.status_code))
    assert wrong == []


def test_token_in_the_path_replaces_a_form_token(app: Flask, client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ada.id)
    answers = {
        door.endpoint: client.open(door.path, method=door.method, headers={TOKEN_HEADER: ""})
        for door in doors(app)
        if door.method not in SAFE and Audience.PLAYBACK_TOKEN in door.audiences
    }
    assert answers
    assert {name for name, answer in answers.items() if answer.status_code != NOT_FOUND} == set()


def test_framed_routes_are_not_found_without_their_secret(
    app: Flask, client: Visitor, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)  # no cookie of the library opens it
    framed = [door for door in doors(app) if Audience.FRAME in door.audiences]
    assert framed
    assert [door for door in framed if not door.path.startswith("/lti/s/")] == []
    answers = [
        (door, client.open(door.path, method=door.method, headers={TOKEN_HEADER: ""}).status_code)
        for door in framed
    ]
    assert [one for one in answers if one[1] != NOT_FOUND] == []


def test_embed_address_is_not_found_without_its_secret(
    app: Flask, client: Visitor, cast: Cast
) -> None:
    embeds = [door for door in doors(app) if Audience.EMBED in door.audiences]
    assert embeds
    for person in (None, cast.alice, cast.dan, cast.mia, cast.ada):
        if person is not None:
            client.sign_in(person.id)
        answers = [(door, client.open(door.path, method=door.method)) for door in embeds]
        assert [door for door, answer in answers if answer.status_code != NOT_FOUND] == []


def test_framed_routes_are_not_found_in_another_browser(
    app: Flask, client: Visitor, cast: Cast, database: Database, carrel: Carrel
) -> None:
    with database.transaction() as session:
        secret = make_course(session, cast.organization_id).launch(session, browser="one")
    client.set_cookie(cookie_name(carrel.settings), "another")
    rules = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        if Audience.FRAME in audiences_of(app.view_functions[rule.endpoint])
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    answers = [
        (rule.rule, client.open(_filled(rule.rule.replace("<secret>", secret)), method=method))
        for rule, method in rules
    ]
    assert rules
    assert [path for path, answer in answers if answer.status_code != NOT_FOUND] == []
