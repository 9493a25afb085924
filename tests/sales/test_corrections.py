"""Order corrections: their effects on invoices, money, and access."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.documents.document_readers import find_document_for
from lms.models.accounts import Login
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.mail import Mail
from lms.models.orders import Order, Terms
from lms.models.organizations import Membership, Organization, Role
from lms.models.payments import Payment, PaymentMethod
from lms.organizations.organizations import add_member, find_organization
from lms.payments import refunds
from lms.payments.balance_check import differences
from lms.payments.payments import NewPayment
from lms.payments.refunds import NewRefund
from lms.pricing.price_list import set_prices
from lms.sales import credit_notes, disputes, receiving
from lms.sales.corrections import Correction, correct
from lms.sales.credit_notes import Credit, NewCreditNote
from lms.sales.invoices import live_invoice, standing_lines
from lms.sales.line_corrections import LineChange
from lms.sales.payer_corrections import NewPayer
from lms.sales.read_models import OrderFacts
from lms.seats.pools import pools_of
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_membership, make_organization
from tests.mailbox import newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    ONE_SEAT,
    PRICES,
    SEAT,
    grants,
    locked,
    placed,
    read,
    with_line,
)


@dataclass(frozen=True, slots=True)
class Money:
    """Open amounts after a correction: of the old invoice, the new one, and the payment."""

    old_open: int
    new_total: int
    new_open: int
    credit: int


@pytest.fixture
def order(database: Database, cast: Cast) -> OrderFacts:
    """Five seats for 325.00 on invoice."""
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW)
    return placed(database, GROUP)


def pay(session: Session, order: OrderFacts, amount: int, number: str = "10442") -> Payment:
    """Record a check and apply it to an order's invoice, up to the open amount."""
    invoice = live_invoice(session, order.id)
    assert invoice is not None
    new = NewPayment(
        method=PaymentMethod.CHECK,
        currency="USD",
        amount_minor=amount,
        received_on=NOW.date(),
        organization_id=invoice.organization_id,
        login_id=invoice.login_id,
        check_number=number,
        pays={invoice.public_id: min(amount, invoice.open_minor)},
    )
    return receiving.receive(session, new, mail_context=OFFICE, actor=None, now=NOW)


def return_one(session: Session, order: OrderFacts) -> Document:
    """Return one of the seats for a credit of 25.00."""
    (line,) = standing_lines(session, order.id)
    new = NewCreditNote(CreditReason.RETURN, (Credit(line.public_id, seats=1),))
    return credit_notes.credit(
        session, locked(session, order), new, mail_context=OFFICE, actor=None, now=NOW
    )


def refund(session: Session, payment: Payment, note: Document, *, is_done: bool) -> None:
    """Refund the open amount of a credit note."""
    new = NewRefund(payment.public_id, note.open_minor, "once", note.public_id)
    made = refunds.request(session, new, actor=None, now=NOW)
    if is_done:
        refunds.mark_done(session, made.public_id, "501", NOW.date(), actor=None, now=NOW)


def corrected(session: Session, order: OrderFacts, correction: Correction) -> Document | None:
    return correct(
        session, locked(session, order), correction, mail_context=OFFICE, actor=None, now=NOW
    )


CASES = {
    "unpaid": ("", Money(0, 32_500, 32_500, 0)),
    "paid": ("pay", Money(0, 32_500, 0, 0)),
    "returned": ("return", Money(0, 30_000, 30_000, 0)),
    "returned, then paid": ("return pay", Money(0, 30_000, 0, 2_500)),
    "paid, then returned": ("pay return", Money(0, 30_000, 0, 2_500)),
    "paid, returned and refunded": ("pay return refund", Money(0, 30_000, 0, 0)),
    "paid, returned and to be refunded": ("pay return owe", Money(0, 30_000, 0, 0)),
    "paid a dollar short": ("short", Money(0, 32_400, 0, 0)),
}


@pytest.mark.parametrize(("history", "money"), CASES.values(), ids=CASES)
def test_reissued_invoice_bills_the_rest_and_loses_no_money(
    database: Database, order: OrderFacts, history: str, money: Money
) -> None:
    with database.transaction() as session:
        old = live_invoice(session, order.id)
        assert old is not None
        payment, note = None, None
        for act in history.split():
            if act in ("pay", "short"):
                payment = pay(session, order, 32_400 if act == "short" else 32_500)
            elif act == "return":
                note = return_one(session, order)
            elif payment is not None and note is not None:
                refund(session, payment, note, is_done=act == "refund")
        new = corrected(session, order, Correction(po_number="PO-7"))
        assert new is not None
        session.refresh(old)
        session.refresh(new)
        credit = session.scalar(select(func.coalesce(func.sum(Payment.open_minor), 0)))
        assert Money(old.open_minor, new.total_minor, new.open_minor, credit or 0) == money
        notes = select(func.sum(Document.open_minor)).where(
            Document.kind == DocumentKind.CREDIT_NOTE
        )
        assert session.scalar(notes) == 0
    with database.read_session() as session:
        assert differences(session) == ()
        assert live_invoice(session, order.id).po_number == "PO-7"  # type: ignore[union-attr]
    seats = 4 if "return" in history else 5
    assert [grant.seats for grant in grants(database, order) if not grant.revoked_at] == [seats]


def test_returned_line_is_not_invoiced_again(database: Database, order: OrderFacts) -> None:
    two = placed(database, replace(GROUP, lines=(*GROUP.lines, ONE_SEAT)))
    with database.transaction() as session:
        first, second = standing_lines(session, two.id)
        new = NewCreditNote(CreditReason.RETURN, (Credit(first.public_id),))
        credit_notes.credit(
            session, locked(session, two), new, mail_context=OFFICE, actor=None, now=NOW
        )
        again = corrected(session, two, Correction(po_number="PO-7"))
        assert again is not None
        assert again.total_minor == second.net_minor
        assert len(standing_lines(session, two.id)) == 1


def test_fully_credited_order_cannot_be_corrected(database: Database, order: OrderFacts) -> None:
    with database.transaction() as session:
        new = NewCreditNote(CreditReason.RETURN)
        credit_notes.credit(
            session, locked(session, order), new, mail_context=OFFICE, actor=None, now=NOW
        )
    with pytest.raises(Conflict, match="fully credited"), database.transaction() as session:
        corrected(session, order, Correction(po_number="PO-7"))


def test_invoice_can_be_corrected_to_match_a_purchase_order(
    database: Database, order: OrderFacts
) -> None:
    with database.transaction() as session:
        (line,) = standing_lines(session, order.id)
        change = LineChange(line.public_id, 6, 39_000)
        new = corrected(session, order, Correction(po_number="PO-7", lines=(change,)))
        assert new is not None
        assert (new.total_minor, new.po_number) == (39_000, "PO-7")
        assert pools_of(session, order.organization_id or 0)[0].capacity == 6


# corrected payers


@pytest.fixture
def oak(database: Database, cast: Cast) -> int:
    """The library that actually bought."""
    with database.transaction() as session:
        return make_organization(session, "oak-county", name="Oak County Library").id


OAK = Correction(payer=NewPayer("oak-county", "ora@example.org", "Ora"))


def test_access_moves_to_the_corrected_payer(
    database: Database, order: OrderFacts, oak: int, cast: Cast
) -> None:
    with database.transaction() as session:
        pay(session, order, 32_500)
        new = corrected(session, order, OAK)
        assert new is not None
        session.refresh(new)
        assert (new.organization_id, new.total_minor, new.open_minor) == (oak, 32_500, 0)
    with database.read_session() as session:
        assert [pool.capacity for pool in pools_of(session, oak)] == [5]
        assert [pool.capacity for pool in pools_of(session, cast.organization_id)] == [0]
        assert differences(session) == ()
        kinds = set(session.scalars(select(Mail.kind)))
        old = session.scalars(select(Payment).order_by(Payment.id)).all()
    assert kinds == {"set_password", "order_confirmation_organization"}
    assert [(one.organization_id, one.reversed_at is None) for one in old] == [
        (cast.organization_id, False),
        (oak, True),
    ]
    assert read(database, order).buyer == "Oak County Library"


def test_corrected_payer_is_emailed_before_there_is_an_invoice(
    database: Database, cast: Cast, oak: int
) -> None:
    later = placed(database, replace(GROUP, bill_on=NOW.date() + timedelta(days=30)))
    with database.transaction() as session:
        assert corrected(session, later, OAK) is None
    assert newest(database, "ora@example.org").kind == "order_confirmation_organization"


def test_check_that_also_pays_another_invoice_stays_with_its_sender(
    database: Database, order: OrderFacts, oak: int, cast: Cast
) -> None:
    other = placed(database, with_line(GROUP, price_minor=10_000))
    with database.transaction() as session:
        invoices = [live_invoice(session, one.id) for one in (order, other)]
        pays = {one.public_id: one.open_minor for one in invoices if one}
        check = NewPayment(
            method=PaymentMethod.CHECK,
            currency="USD",
            amount_minor=42_500,
            received_on=NOW.date(),
            organization_id=cast.organization_id,
            check_number="77",
            pays=pays,
        )
        paid = receiving.receive(session, check, mail_context=OFFICE, actor=None, now=NOW)
        new = corrected(session, order, OAK)
        assert new is not None
        session.refresh(paid)
        session.refresh(new)
        assert (paid.open_minor, new.open_minor) == (32_500, 32_500)
    with database.read_session() as session:
        assert differences(session) == ()


def test_payer_can_be_corrected_from_person_to_organization(
    database: Database, cast: Cast, oak: int
) -> None:
    seat = placed(database, replace(SEAT, terms=Terms.INVOICE))
    with database.transaction() as session:
        corrected(session, seat, OAK)
    with database.read_session() as session:
        assert [pool.capacity for pool in pools_of(session, oak)] == [1]
        assert session.get_one(Order, seat.id).login_id is None


def test_payer_cannot_be_corrected_during_a_dispute(
    database: Database, order: OrderFacts, oak: int
) -> None:
    with database.transaction() as session:
        payment = pay(session, order, 32_500)
        disputes.open_dispute(session, payment.public_id, mail_context=OFFICE, actor=None, now=NOW)
    with pytest.raises(Conflict, match="disputed"), database.transaction() as session:
        corrected(session, order, OAK)


def test_corrected_payer_must_differ(database: Database, order: OrderFacts) -> None:
    same = Correction(payer=NewPayer("elm-county", "mia@example.org", "Mia"))
    with pytest.raises(Invalid), database.transaction() as session:
        corrected(session, order, same)


def roles_at_elm(database: Database, cast: Cast) -> dict[str, Role]:
    with database.read_session() as session:
        held = select(Login.email, Membership.role).join(Login, Login.id == Membership.login_id)
        return {
            str(row.email): row.role
            for row in session.execute(
                held.where(Membership.organization_id == cast.organization_id)
            )
        }


def moved(database: Database, facts: OrderFacts, at: datetime) -> None:
    """Correct an order's payer to Oak County."""
    with database.transaction() as session:
        order = locked(session, facts)
        correct(session, order, OAK, mail_context=OFFICE, actor=None, now=at)


LATER = NOW + timedelta(hours=1)
BY_IRA = replace(GROUP, email="ira@example.org", name="Ira")


def test_contact_no_longer_manages_the_wrong_organization(
    database: Database, oak: int, cast: Cast
) -> None:
    facts = placed(database, BY_IRA, at=LATER)
    assert roles_at_elm(database, cast)["ira@example.org"] is Role.OWNER
    moved(database, facts, LATER + timedelta(days=1))
    assert roles_at_elm(database, cast) == {cast.mia.email: Role.MANAGER}


def test_contact_who_was_a_member_before_the_order_becomes_one_again(
    database: Database, oak: int, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_membership(session, elm, session.get_one(Login, cast.dan.id))
    facts = placed(database, replace(GROUP, email=cast.dan.email), at=LATER)
    moved(database, facts, LATER + timedelta(days=1))
    assert roles_at_elm(database, cast)[cast.dan.email] is Role.MEMBER


def test_contact_keeps_a_role_from_before_the_order_or_from_another_order(
    database: Database, oak: int, cast: Cast
) -> None:
    of_mia, of_ira = placed(database, GROUP, at=LATER), placed(database, BY_IRA, at=LATER)
    placed(database, BY_IRA, at=LATER + timedelta(hours=1))
    before = roles_at_elm(database, cast)
    for facts in (of_mia, of_ira):
        moved(database, facts, LATER + timedelta(days=1))
    assert roles_at_elm(database, cast) == before


def test_role_assigned_after_the_order_is_kept(database: Database, oak: int, cast: Cast) -> None:
    facts = placed(database, BY_IRA, at=LATER)
    with database.transaction() as session:
        elm = find_organization(session, "elm-county")
        ira = session.scalars(select(Login.id).where(Login.email == "ira@example.org")).one()
        add_member(session, elm, ira, role=Role.BILLING, actor=None, now=LATER + timedelta(hours=1))
    moved(database, facts, LATER + timedelta(days=1))
    assert roles_at_elm(database, cast)["ira@example.org"] is Role.BILLING


def test_correcting_the_payer_twice_leaves_no_manager_behind(
    database: Database, oak: int, cast: Cast
) -> None:
    facts = placed(database, BY_IRA, at=LATER)
    moved(database, facts, LATER + timedelta(days=1))
    with database.transaction() as session:
        back = NewPayer("elm-county", cast.mia.email, "Mia")
        correct(
            session,
            locked(session, facts),
            Correction(payer=back),
            mail_context=OFFICE,
            actor=None,
            now=LATER + timedelta(days=2),
        )
        left = select(Membership.id).where(Membership.organization_id == oak)
        assert session.scalars(left).all() == []


def test_contact_cannot_read_documents_of_the_former_payer(
    database: Database, oak: int, cast: Cast
) -> None:
    facts = placed(database, BY_IRA, at=LATER)
    moved(database, facts, LATER + timedelta(days=1))
    with database.read_session() as session:
        logins = {row.email: row.id for row in session.scalars(select(Login))}
        invoices = session.scalars(
            select(Document).where(Document.kind == DocumentKind.INVOICE).order_by(Document.id)
        ).all()
        old, new = (one.public_id for one in invoices)
        for email, own, other in (
            ("ora@example.org", new, old),
            (cast.mia.email, old, new),
        ):
            reader = logins[email]
            find_document_for(session, own, login_id=reader, is_team=False)
            with pytest.raises(NotFound):
                find_document_for(session, other, login_id=reader, is_team=False)
        for one in (old, new):
            with pytest.raises(NotFound):
                find_document_for(session, one, login_id=logins["ira@example.org"], is_team=False)
