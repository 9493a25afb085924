"""Certificates that a manager sees: only those earned in the organization's seat."""

from datetime import timedelta

import pytest

from lms.certificates import certificates
from lms.certificates.certificates import Award
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.certificates import CertificateKind
from lms.models.organizations import Organization
from tests.clock import NOW
from tests.factories import make_webinar
from tests.seat_rows import add_pool, seat

LINKS = Links("http://localhost")


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def seated(database, cast):
    """Give Dan a seat of Elm County for the cast's webinar; returns the seat's page."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        webinar = session.get_one(Webinar, cast.webinar_id)
        pool = add_pool(session, elm, webinar)
        made = seat(session, pool, session.get_one(Login, cast.dan.id))
        return f"/organization/{elm.public_id}/seats/{made.public_id}"


def give(database, login_id, webinar_id, at=NOW):
    award = Award(webinar_id, CertificateKind.WATCHED, 60, at, login_id=login_id)
    with database.transaction() as session:
        return certificates.issue(session, award, actor=None, links=LINKS, now=NOW)


def test_manager_sees_a_certificate_earned_in_the_seat(client, cast, seated, database):
    client.sign_in(cast.mia.id)
    assert "Certificates</h2>" not in client.get(seated).text
    made = give(database, cast.dan.id, cast.webinar_id)
    page = client.get(seated)
    assert page.status_code == 200
    assert made in page.text


def test_manager_does_not_see_a_certificate_earned_elsewhere(client, cast, seated, database):
    with database.transaction() as session:
        other = make_webinar(session).id
    made = give(database, cast.dan.id, other)
    client.sign_in(cast.mia.id)
    assert made not in client.get(seated).text


def test_revoked_certificate_is_not_shown(client, cast, seated, database):
    made = give(database, cast.dan.id, cast.webinar_id, NOW - timedelta(days=1))
    with database.transaction() as session:
        certificates.revoke(session, made, "By mistake.", actor=None, links=LINKS, now=NOW)
    client.sign_in(cast.mia.id)
    assert made not in client.get(seated).text
