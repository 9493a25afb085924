"""Public forms respond the same for known, unknown, and invited people and organizations.

They also respond after whole time steps (tests/web/core/test_constant_time_responses.py).
"""

import io
import re
import time
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.mail.links import Links
from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.seats import invitations
from lms.seats.invitations import Invitee
from lms.web.core import constant_time_responses
from tests.buying.buying_fixtures import open_for_business
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login, make_pool, make_pool_grant
from tests.servers.stripe import KEY, SECRET, FakeStripe
from tests.visitor import Visitor
from tests.web.buying.shopping import FORM, check_out, fill
from tests.web.buying.test_card import back
from tests.web.requests.test_customer_request import PDF

pytestmark = pytest.mark.usefixtures("slow_sign_ins")

STRANGER = "sam@north.example"
EVERYONE = {
    "known": "alice@example.org",
    "manager": "mia@example.org",
    "unconfirmed": "una@example.org",
    "invited": "pat@elm.example",
    "our team": "ada@example.org",
}
FORMS = {
    "invoice for a library": {"payment": "invoice"},
    "invoice for oneself": {"payment": "invoice", "payer": "myself"},
    "card for a library": {"payment": "card"},
    "card for oneself": {"payment": "card", "payer": "myself"},
    "send to purchasing": {"payment": "purchasing", "purchasing_email": "office@north.example"},
}
PATHS = ("/purchasing/quote", "/purchasing/vendor-form")
CHANGING = re.compile(
    r"[0-9a-hjkmnp-tv-z]{26}"  # ids
    r'|name="csrf_token"[^>]*|(?<=content=")[\w.-]{60,}'  # tokens
    r"|\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b"  # order numbers
)


@pytest.fixture
def environ(environ: Mapping[str, str], fake_stripe: FakeStripe) -> Mapping[str, str]:
    return {
        **environ,
        "CARREL_STRIPE_SECRET_KEY": KEY,
        "CARREL_STRIPE_WEBHOOK_SECRET": SECRET,
        "CARREL_STRIPE_API_BASE": fake_stripe.url,
    }


@pytest.fixture(autouse=True)
def _people(database: Database, cast: Cast, clock: Clock) -> None:
    """Create Una, who hasn't confirmed her address, and invite Pat to a seat of the webinar."""
    open_for_business(database)
    with database.transaction() as session:
        make_login(session, EVERYONE["unconfirmed"], name="Una").confirmed_at = None
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id), capacity=2)
        make_pool_grant(session, pool)
        invitations.invite(
            session,
            pool.id,
            [Invitee(read_address(EVERYONE["invited"]), "Pat")],
            links=Links("http://localhost"),
            actor=cast.mia.public_id,
            now=NOW,
        )


def answers(app: Flask, email: str, organization: str, form: dict[str, str]) -> list[str]:
    """Return a checkout's responses in a new browser, without random values and input."""
    browser = Visitor(app)
    fill(browser)
    began = time.monotonic()
    answer = check_out(browser, email=email, organization_name=organization, **form)
    took = time.monotonic() - began
    place = answer.location
    if form["payment"] == "card":
        place = browser.get(back(place)).location
    page = browser.get(place)
    said = [f"{answer.status_code} {place} {took >= constant_time_responses.STEP_S}", page.text]
    if place.startswith("/orders/"):
        wrong = {"name": "Sam", "email": email}
        corrected = browser.post(f"{place}/contact", data=wrong)
        said += [str(corrected.status_code), browser.get(place).text]
    return [_constant(one, email, organization) for one in said]


def _constant(said: str, email: str, organization: str) -> str:
    """Return a response without random values and input."""
    typed = re.compile("|".join(map(re.escape, (email, organization))))
    return CHANGING.sub("*", typed.sub("typed", said))


def answers_at(app: Flask, path: str, email: str, organization: str) -> list[str]:
    """Return the responses to a form of the purchasing page in a new browser."""
    browser = Visitor(app)
    sent: dict[str, Any] = {**FORM, "email": email, "organization_name": organization}
    if path.endswith("/quote"):
        sent |= {"kind": "pass", "covers": "everything", "people": "1"}
    else:
        sent |= {"due_on": "2026-12-31", "file": (io.BytesIO(PDF), "New vendor.pdf")}
    began = time.monotonic()
    answer = browser.post(path, data=sent)
    took = time.monotonic() - began
    assert answer.status_code == 303, answer.text
    said = (
        f"{answer.location} {took >= constant_time_responses.STEP_S}",
        browser.get(answer.location).text,
    )
    return [_constant(one, email, organization) for one in said]


@pytest.mark.parametrize("form", FORMS)
def test_checkout_response_is_the_same_for_every_address(app: Flask, form: str) -> None:
    usual = answers(app, STRANGER, "North County Library", FORMS[form])
    for who, email in EVERYONE.items():
        assert answers(app, email, "North County Library", FORMS[form]) == usual, who


@pytest.mark.parametrize("form", FORMS)
def test_checkout_response_is_the_same_for_every_organization(
    app: Flask, database: Database, cast: Cast, form: str
) -> None:
    with database.read_session() as session:
        known = session.scalars(
            select(Organization.name).where(Organization.id == cast.organization_id)
        ).one()
    usual = answers(app, STRANGER, "North County Library", FORMS[form])
    assert answers(app, "sim@north.example", known, FORMS[form]) == usual


@pytest.mark.parametrize("path", PATHS)
def test_purchasing_response_is_the_same_for_everyone(
    app: Flask, database: Database, cast: Cast, path: str
) -> None:
    with database.read_session() as session:
        known = session.get_one(Organization, cast.organization_id).name
    usual = answers_at(app, path, STRANGER, "North County Library")
    assert answers_at(app, path, "sim@north.example", known) == usual
    for who, email in EVERYONE.items():
        assert answers_at(app, path, email, "North County Library") == usual, who
