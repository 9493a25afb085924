"""Tax credits for proof of exemption within 90 days; expired certificates are flagged (M13)."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Conflict
from lms.core.runtime import Carrel
from lms.documents.snapshots import unpack
from lms.documents.stored_pdfs import finish
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.grants import OfferKind
from lms.models.mail import Mail
from lms.models.tax import ExemptionBasis, Supply, TaxRule
from lms.organizations.billing_details import edit_billing, read_billing
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import NewExemption, add_exemption
from lms.sales.corrections import Correction, correct
from lms.sales.credit_notes import Credit
from lms.sales.new_orders import NewLine
from lms.sales.read_models import OrderFacts
from lms.sales.tax_credits import credit_tax, ended_paper_of, tax_credits_of
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    add_ohio_tax,
    balanced,
    credited,
    first_line,
    grants,
    locked,
    paid,
    placed,
    read,
)

DAY = timedelta(days=1)
GOVERNMENT = NewExemption(ExemptionBasis.GOVERNMENT, ("OH",), "82-1")
SHOWING = NewLine(kind=OfferKind.GROUP_SHOWING, covers="webinar:reading-rooms", price_minor=29_900)
TAX = 2_600  # 8% on $325.00


@pytest.fixture(autouse=True)
def _in_ohio(database: Database, cast: Cast) -> None:
    add_ohio_tax(database, cast)


def add_paper(
    database: Database, cast: Cast, new: NewExemption = GOVERNMENT, *, at: datetime = NOW
) -> None:
    with database.transaction() as session:
        add_exemption(session, Payer(cast.organization_id), new, actor=None, now=at)


def credit(database: Database, facts: OrderFacts, *, at: datetime = NOW) -> Document:
    with database.transaction() as session:
        return credit_tax(session, locked(session, facts), mail_context=OFFICE, actor=None, now=at)


def invoice_tax(database: Database) -> list[int]:
    """Return the tax of each invoice, oldest first."""
    with database.read_session() as session:
        rows = session.scalars(
            select(Document).where(Document.kind == DocumentKind.INVOICE).order_by(Document.id)
        )
        return [unpack(row.snapshot).tax_minor for row in rows]


def test_proof_of_exemption_credits_only_the_tax(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    assert read(database, facts).total_minor == 32_500 + TAX
    add_paper(database, cast, at=NOW + 30 * DAY)
    note = credit(database, facts, at=NOW + 31 * DAY)
    assert (note.reason, note.total_minor) == (CreditReason.TAX, TAX)
    says = unpack(note.snapshot)
    assert says.explanation == "Exempt from sales tax: government agency, number 82-1"
    assert [(line.net_minor, line.tax_minor) for line in says.lines] == [(0, -TAX)]
    assert read(database, facts).open_minor == 32_500
    assert [one.revoked_at for one in grants(database, facts)] == [None]
    assert balanced(database)


def test_paid_tax_becomes_the_payers_credit(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    paid(database, facts)
    add_paper(database, cast)
    assert credit(database, facts).open_minor == TAX
    assert balanced(database)


def test_tax_credit_note_goes_to_accounts_payable(
    carrel: Carrel, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        edit_billing(
            session,
            cast.organization_id,
            replace(
                read_billing(session, cast.organization_id).contact,
                payables=("ap@elm.example.org",),
            ),
            actor=None,
            now=NOW,
        )
    facts = placed(database, GROUP)
    add_paper(database, cast)
    note = credit(database, facts)
    finish(carrel, note.public_id, is_mailed=True, now=NOW)
    with database.read_session() as session:
        mails = session.scalars(select(Mail).where(Mail.recipient == "ap@elm.example.org")).all()
    assert [note.label in mail.subject for mail in mails] == [True]


@pytest.mark.parametrize(
    ("new", "after"),
    [
        (GOVERNMENT, 91),  # too late
        (replace(GOVERNMENT, states=("NY", "TX")), 1),
        (replace(GOVERNMENT, until=(NOW - DAY).date()), 1),  # ended before the invoice
    ],
)
def test_late_and_unrelated_certificates_credit_no_tax(
    database: Database, cast: Cast, new: NewExemption, after: int
) -> None:
    facts = placed(database, GROUP)
    add_paper(database, cast, new, at=NOW + after * DAY)
    with pytest.raises(Conflict):
        credit(database, facts, at=NOW + after * DAY)
    with database.read_session() as session:
        assert tax_credits_of(session, Payer(cast.organization_id), zone=OFFICE.zone) == ()


def test_certificate_received_in_time_can_be_applied_later(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    add_paper(database, cast, at=NOW + 90 * DAY)
    assert credit(database, facts, at=NOW + 200 * DAY).total_minor == TAX


def test_tax_already_credited_or_never_charged_is_not_credited(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, GROUP)
    credited(database, facts, CreditReason.GOODWILL)
    add_paper(database, cast)
    with pytest.raises(Conflict):
        credit(database, facts)
    other = placed(database, replace(GROUP, email="mia@example.org"))
    assert read(database, other).total_minor == 32_500  # exempt from the start
    with pytest.raises(Conflict):
        credit(database, other)


def test_each_taxed_invoice_of_a_payer_is_listed(database: Database, cast: Cast) -> None:
    facts = [placed(database, GROUP), placed(database, GROUP)]
    add_paper(database, cast)
    payer = Payer(cast.organization_id)
    with database.read_session() as session:
        found = tax_credits_of(session, payer, zone=OFFICE.zone)
    assert [(one.order_id, one.tax_minor) for one in found] == [
        (one.public_id, TAX) for one in facts
    ]
    credit(database, facts[0])
    with database.read_session() as session:
        [left] = tax_credits_of(session, payer, zone=OFFICE.zone)
    assert left.order_id == facts[1].public_id


def test_full_tax_credit_note_covers_only_the_tax(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    assert credited(database, facts, CreditReason.TAX).total_minor == TAX
    assert read(database, facts).open_minor == 32_500


def test_expired_certificate_flags_the_order_without_blocking_it(
    database: Database, cast: Cast
) -> None:
    ended = (NOW - DAY).date()
    add_paper(database, cast, replace(GOVERNMENT, until=ended))
    facts = placed(database, GROUP)
    assert read(database, facts).total_minor == 32_500 + TAX
    with database.read_session() as session:
        order = locked(session, facts)
        assert ended_paper_of(session, order, zone=OFFICE.zone, now=NOW) == ended
    add_paper(database, cast)
    with database.read_session() as session:
        order = locked(session, facts)
        assert ended_paper_of(session, order, zone=OFFICE.zone, now=NOW) is None


# A reissued invoice keeps the tax of the date of supply.


def reissue(database: Database, facts: OrderFacts, correction: Correction, at: datetime) -> None:
    with database.transaction() as session:
        order = locked(session, facts)
        correct(session, order, correction, mail_context=OFFICE, actor=None, now=at)


def test_reissued_invoice_keeps_the_tax_of_the_supply_date(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    with database.transaction() as session:
        session.scalars(select(TaxRule)).one().until_on = (NOW + DAY).date()
        session.add(
            TaxRule(
                state="OH",
                name="Ohio sales tax",
                supply=Supply.BOTH,
                rate=Decimal(10),
                from_on=(NOW + DAY).date(),
                created_at=NOW,
            )
        )
    reissue(database, facts, Correction(po_number="88123"), NOW + 40 * DAY)
    reissue(database, facts, Correction(po_number="88124"), NOW + 50 * DAY)
    assert invoice_tax(database) == [TAX, TAX, TAX]


def test_credited_tax_is_not_charged_again(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    credited(database, facts, CreditReason.TAX)  # by hand, without a certificate
    reissue(database, facts, Correction(po_number="88123"), NOW + 40 * DAY)
    reissue(database, facts, Correction(po_number="88124"), NOW + 50 * DAY)
    assert invoice_tax(database) == [TAX, 0, 0]
    assert read(database, facts).open_minor == 32_500
    assert balanced(database)


def test_correcting_the_state_recalculates_tax(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    with database.read_session() as session:
        document = session.scalars(select(Document)).one()
    to = unpack(document.snapshot).bill_to
    reissue(database, facts, Correction(bill_to=to, state="NY"), NOW + 40 * DAY)
    assert invoice_tax(database) == [TAX, 0]


def test_reissue_does_not_charge_tax_that_was_credited_for_a_line(
    database: Database, cast: Cast
) -> None:
    two = replace(GROUP, lines=(*GROUP.lines, SHOWING))
    facts = placed(database, two)
    line = first_line(database, facts)
    credited(database, facts, CreditReason.TAX, Credit(line.public_id))
    with database.transaction() as session:
        correction = Correction(po_number="PO 9")
        correct(
            session,
            locked(session, facts),
            correction,
            mail_context=OFFICE,
            actor=None,
            now=NOW + DAY,
        )
    assert invoice_tax(database) == [TAX + 2_392, 2_392]
    with database.transaction() as session:
        correction = Correction(po_number="PO 10")
        correct(
            session,
            locked(session, facts),
            correction,
            mail_context=OFFICE,
            actor=None,
            now=NOW + 2 * DAY,
        )
    assert invoice_tax(database)[-1] == 2_392
    assert balanced(database)
