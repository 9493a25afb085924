"""Offers for canceled webinars of an organization whose contact is gone: recipients and wording."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import select, update

from lms.audience.audience import audience, told_of
from lms.audience.events import Event
from lms.audience.events import Role as AudienceRole
from lms.buying.placed_orders import may_see
from lms.cancellation_offers import offers
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.mails import recipients
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.documents import Document, DocumentKind
from lms.models.grants import OfferKind
from lms.models.live import OfferChoice
from lms.models.orders import Order
from lms.models.organizations import Role
from tests.cancellation_offers.offer_fixtures import (
    OTHER,
    cancel,
    choose,
    furnish,
    offer_of,
    reinstate,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import FIVE_SEATS, GROUP, placed, with_line
from tests.sales.test_gone_contacts import WAYS, Leave, owned_by, remove_mia, sent_to
from tests.sales.test_quotes import drafted

__all__ = ["to_come"]

BACK_ON: Final = "cancellation_offer_ended"


def refunded(database: Database, cast: Cast, carrel: Carrel) -> None:
    """Cancel the webinar, and refund Elm County, which Alice owns; she reads Spanish."""
    elm = furnish(database).elm
    owned_by(database, cast, cast.alice)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == cast.alice.id).values(language="es-US"))
    cancel(carrel)
    choose(database, elm, OfferChoice.REFUND)


@pytest.mark.parametrize("leave", WAYS)
@pytest.mark.parametrize("role", [Role.OWNER, Role.BILLING])
def test_cancellation_is_offered_to_the_remaining_people(
    database: Database, to_come: Cast, carrel: Carrel, leave: Leave, role: Role
) -> None:
    cast, elm = to_come, furnish(database).elm
    owned_by(database, cast, cast.alice, role)
    leave(database, cast)
    before = sent_to(database, cast.mia)
    cancel(carrel)
    assert offer_of(database, elm).withdrawn_at is None
    assert "cancellation_offer" in sent_to(database, cast.alice)
    assert sent_to(database, cast.mia) == before


@pytest.mark.parametrize("leave", WAYS)
def test_refunded_order_is_offered_again_to_the_remaining_people(
    database: Database, to_come: Cast, carrel: Carrel, leave: Leave
) -> None:
    cast, elm = to_come, furnish(database).elm
    owned_by(database, cast, cast.alice)
    cancel(carrel)
    choose(database, elm, OfferChoice.REFUND)
    leave(database, cast)
    before = sent_to(database, cast.mia)
    reinstate(carrel)
    assert "cancellation_offer_ended" in sent_to(database, cast.alice)
    assert sent_to(database, cast.mia) == before


def test_orders_offered_again_are_quoted_to_a_remaining_contact(
    database: Database, to_come: Cast, carrel: Carrel
) -> None:
    cast, elm = to_come, furnish(database).elm
    placed(database, replace(GROUP, email="ira@example.org", name="Ira"))
    owned_by(database, cast, cast.alice)
    cancel(carrel)
    choose(database, elm, OfferChoice.REFUND)
    remove_mia(database, cast)
    reinstate(carrel)
    with database.read_session() as session:
        again = session.get_one(Order, offer_of(database, elm).again_id)
        assert again.contact_email == "ira@example.org"


def test_organization_without_email_recipients_has_an_offer(
    database: Database, to_come: Cast, carrel: Carrel
) -> None:
    elm = furnish(database).elm
    remove_mia(database, to_come)
    cancel(carrel)
    assert offer_of(database, elm).withdrawn_at is None


@pytest.mark.parametrize("has_quote", [False, True])
def test_offer_to_buy_again_belongs_to_the_managers_account(
    database: Database, to_come: Cast, carrel: Carrel, has_quote: bool
) -> None:
    if has_quote:
        drafted(database, replace(GROUP, email="pat@example.org", name="Pat"))
    refunded(database, to_come, carrel)
    remove_mia(database, to_come)
    reinstate(carrel)
    email = newest(database, to_come.alice.email or "", BACK_ON)
    assert email.login_id == to_come.alice.id
    assert letters(database, "pat@example.org") == []


def test_manager_who_replaces_a_contact_is_told_about_seats(
    database: Database, to_come: Cast
) -> None:
    owned_by(database, to_come, to_come.carol)
    placed(database, GROUP)
    remove_mia(database, to_come)
    assert role_of(database, to_come, Event.PULLED) is AudienceRole.MANAGER


def test_manager_who_replaces_a_host_is_told_that_the_organization_paid(
    database: Database, to_come: Cast, carrel: Carrel
) -> None:
    owned_by(database, to_come, to_come.carol)
    placed(
        database,
        with_line(GROUP, kind=OfferKind.GROUP_SHOWING, price_minor=29900, quantity=1),
    )
    remove_mia(database, to_come)
    assert role_of(database, to_come, Event.PULLED) is AudienceRole.BILLING
    cancel(carrel)
    assert "cancellation_offer" in sent_to(database, to_come.carol)


def test_manager_who_replaces_a_host_is_told_about_the_organizations_seats(
    database: Database, to_come: Cast
) -> None:
    owned_by(database, to_come, to_come.carol)
    viewing = replace(FIVE_SEATS, kind=OfferKind.GROUP_SHOWING, price_minor=29900, quantity=1)
    placed(database, replace(GROUP, lines=(FIVE_SEATS, viewing)))
    remove_mia(database, to_come)
    assert role_of(database, to_come, Event.PULLED) is AudienceRole.MANAGER


def role_of(database: Database, cast: Cast, event: Event) -> AudienceRole:
    """Return the role in which Carol is notified of an event."""
    with database.read_session() as session:
        people = audience(session, session.get_one(Webinar, cast.webinar_id), now=NOW)
    (carol,) = (one for one in told_of(people, event) if one.person.login_id == cast.carol.id)
    return carol.role


def test_removed_contact_has_no_access_to_the_exchanged_order(
    database: Database, to_come: Cast, carrel: Carrel
) -> None:
    elm = furnish(database).elm
    owned_by(database, to_come, to_come.alice)
    cancel(carrel)
    remove_mia(database, to_come)
    offer, later = offer_of(database, elm), NOW + timedelta(hours=1)
    with database.transaction() as session:
        offers.exchange(session, offer.public_id, OTHER, mail_context=OFFICE, actor=None, now=later)
    with database.read_session() as session:
        bought = select(Order).where(Order.organization_id == to_come.organization_id)
        order = session.scalars(bought.order_by(Order.id.desc()).limit(1)).one()
        invoice = session.scalars(
            select(Document).where(
                Document.order_id == order.id, Document.kind == DocumentKind.INVOICE
            )
        ).one()
        assert order.id != elm.id
        assert not may_see(session, order, to_come.mia.id)
        assert recipients(session, invoice) == (to_come.alice.email,)


def test_blocked_person_is_not_offered_to_buy_again(
    database: Database, to_come: Cast, carrel: Carrel
) -> None:
    check = furnish(database).check
    with database.transaction() as session:
        session.get_one(Login, check.login_id).blocked_at = NOW
    cancel(carrel)
    choose(database, check, OfferChoice.REFUND)
    reinstate(carrel)
    assert BACK_ON not in [one.kind for one in letters(database, "eve@example.org")]
