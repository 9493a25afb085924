"""Recipients of emails about an organization's orders: contacts named again, billing contacts."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import NotFound
from lms.documents.document_readers import find_document_for
from lms.documents.mails import recipients
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.documents import Document
from lms.models.organizations import Organization, Role
from lms.models.seats import AssignmentEnd
from lms.organizations import memberships, organizations
from lms.sales.corrections import Correction, correct
from lms.sales.payer_corrections import NewPayer
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_assignment, make_pool
from tests.receivables.test_reminders import sent_at
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, locked, placed
from tests.sales.test_corrections import BY_IRA, LATER, moved, oak, roles_at_elm
from tests.sales.test_gone_contacts import LATE, block_mia, owned_by, sent_to
from tests.sales.test_quotes import drafted, quoted

__all__ = ["oak"]

LeaveAt = Callable[[Database, Cast, datetime], None]
YEARS_BEFORE = NOW - timedelta(days=900)


def remove_mia_at(database: Database, cast: Cast, at: datetime) -> None:
    with database.transaction() as session:
        slug = session.get_one(Organization, cast.organization_id).slug
        elm = organizations.find_organization(session, slug)
        memberships.end_membership(session, elm, cast.mia.public_id, actor=None, now=at)


def take_mias_seat(database: Database, cast: Cast, at: datetime) -> None:
    """Remove Mia, and record a seat assignment that ended with her removal."""
    remove_mia_at(database, cast, at)
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id))
        mia = session.get_one(Login, cast.mia.id)
        make_assignment(session, pool, mia, ended_as=AssignmentEnd.REMOVED)


def newest_document(database: Database) -> Document:
    with database.read_session() as session:
        return session.scalars(select(Document).order_by(Document.id.desc()).limit(1)).one()


def readers(database: Database) -> tuple[str, ...]:
    """Return the addresses to which the newest document is emailed."""
    with database.read_session() as session:
        return tuple(recipients(session, newest_document(database)))


def opens_newest(database: Database, login_id: int) -> bool:
    """Return whether a person can open the newest document."""
    wanted = newest_document(database).public_id
    with database.read_session() as session:
        try:
            find_document_for(session, wanted, login_id=login_id, is_team=False)
        except NotFound:
            return False
    return True


@pytest.mark.parametrize("leave", [remove_mia_at, take_mias_seat])
def test_contact_removed_before_a_quote_was_made_gets_the_quote(
    database: Database, cast: Cast, leave: LeaveAt
) -> None:
    owned_by(database, cast, cast.alice)
    leave(database, cast, YEARS_BEFORE)
    quoted(database, drafted(database))
    assert readers(database) == (cast.mia.email,)
    assert opens_newest(database, cast.mia.id)


def test_contact_removed_after_a_quote_cannot_open_it(database: Database, cast: Cast) -> None:
    quoted(database, drafted(database))
    assert opens_newest(database, cast.mia.id)
    remove_mia_at(database, cast, NOW)
    assert not opens_newest(database, cast.mia.id)


def test_contact_named_again_becomes_manager_and_is_emailed(
    database: Database, oak: int, cast: Cast
) -> None:
    facts = placed(database, BY_IRA, at=LATER)
    moved(database, facts, LATER + timedelta(days=1))
    assert "ira@example.org" not in roles_at_elm(database, cast)
    with database.transaction() as session:
        back = Correction(payer=NewPayer("elm-county", "ira@example.org", "Ira"))
        now = LATER + timedelta(days=2)
        correct(session, locked(session, facts), back, mail_context=OFFICE, actor=None, now=now)
    assert "ira@example.org" in roles_at_elm(database, cast)
    assert readers(database) == ("ira@example.org",)


def test_billing_contacts_get_invoices_and_reminders_if_there_is_no_manager(
    database: Database, cast: Cast
) -> None:
    owned_by(database, cast, cast.bob, Role.BILLING)
    placed(database, GROUP)
    block_mia(database, cast)
    assert readers(database) == (cast.bob.email,)
    sent_at(database, LATE)
    assert "payment_reminder" in sent_to(database, cast.bob)
    owned_by(database, cast, cast.alice, Role.MANAGER)
    assert readers(database) == (cast.alice.email,)
