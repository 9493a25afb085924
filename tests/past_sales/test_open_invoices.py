"""Open invoices of past sales keep their numbers, can be paid, and are not emailed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import func, select

from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.snapshots import unpack
from lms.documents.stored_pdfs import FINISH, ensure_pdf
from lms.models.documents import Document, DocumentKind, NumberSeries
from lms.models.jobs import Job
from lms.models.mail import Mail
from lms.models.orders import Order, OrderLine, Terms
from lms.models.past_sales import PastAnswer
from lms.models.payments import PaymentMethod
from lms.past_sales import jobs
from lms.past_sales.read_models import PastFacts, find_past, rows_of
from lms.payments.balance_check import differences
from lms.payments.payments import NewPayment
from lms.pricing.price_list import set_prices
from lms.pricing.quotes import Unpriced
from lms.sales import cancellations, corrections, receiving, seat_prices
from lms.sales.corrections import Correction
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.payment_mails import tell_past_due
from lms.sales.read_models import OrderFacts, Standing
from lms.sales.seat_prices import MoreSeats
from lms.seats import pools
from lms.seats.pools import PoolFacts
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import PRICES
from tests.seat_imports.list_fixtures import stored

HEAD = "E-mail,Name,Covers,Bought,Organization,Seats,Price,Invoice number,Invoice date,Due date,Amount open"
GROUP = "head@oak.example.org,Head,{slug},2026-01-20,Oak Library,5,325.00,1043,2026-01-21,2026-03-20,$325.00"
PART = 'pat@oak.example.org,Pat,everything,2025-12-01,,,499.00,1021,2025-12-02,,"$1,99.00"'
PAID = "jane@oak.example.org,Jane,{slug},2025-05-01,,,99.00,1017,2025-05-02,,0.00"
DUE = datetime(2026, 3, 21, 4, tzinfo=UTC)  # the end of March 20 in New York


def taken_in(carrel: Carrel, folder: Path, cast: Cast, *rows: str) -> PastFacts:
    text = "\n".join([HEAD, *rows]).format(slug=cast.slug)
    path = stored(folder, text.encode())
    return jobs.take_in(carrel, path, "past.csv", actor=None, now=NOW)


def brought_in(carrel: Carrel, folder: Path, cast: Cast, *rows: str) -> PastFacts:
    facts = taken_in(carrel, folder, cast, *rows)
    return jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)


def invoices(database: Database) -> list[Document]:
    with database.read_session() as session:
        return list(session.scalars(select(Document).order_by(Document.id)))


def order_of(database: Database, number: str) -> OrderFacts:
    with database.read_session() as session:
        found = list_orders(session, WantedOrders(number), now=NOW, offset=0, limit=2)
    (facts,) = found.items
    return facts


def pool_of(database: Database, facts: OrderFacts) -> PoolFacts:
    assert facts.organization_id is not None
    with database.read_session() as session:
        (pool,) = pools.pools_of(session, facts.organization_id)
    return pool


def faults(carrel: Carrel, facts: PastFacts) -> list[str]:
    with carrel.database.read_session() as session:
        page = rows_of(session, facts.id, answers=(PastAnswer.INVALID,))
    return [row.sentence for row in page.items]


def test_open_invoice_keeps_its_number_date_and_due_date(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    assert brought_in(carrel, tmp_path, cast, GROUP, PART).brought == 2
    group, part = invoices(database)
    assert (group.kind, group.label, group.series) == (DocumentKind.INVOICE, "1043", "imported")
    assert (group.number, part.number, part.label) == (1, 2, "1021")
    assert group.issued_at == datetime(2026, 1, 21, 5, tzinfo=UTC)
    assert (group.due_at, group.total_minor, group.open_minor) == (DUE, 32500, 32500)
    snapshot = unpack(group.snapshot)
    assert (snapshot.number, snapshot.bill_to.name) == ("1043", "Oak Library")
    assert (snapshot.issued_on, snapshot.due_on) == (date(2026, 1, 21), date(2026, 3, 20))
    assert snapshot.lines[0].detail == "Open balance of invoice 1043 for 5 seats."


def test_invoice_without_a_due_date_uses_the_sellers_terms(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast, PART)
    (invoice,) = invoices(database)
    assert invoice.due_at == datetime(2026, 1, 2, 5, tzinfo=UTC)  # net 30 from December 2


def test_only_the_open_balance_is_owed_and_the_price_is_stored(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast, PART)
    (invoice,) = invoices(database)
    assert (invoice.total_minor, invoice.open_minor) == (19900, 19900)
    with database.read_session() as session:
        line = session.scalars(select(OrderLine)).one()
        assert (line.unit_minor, line.discount_minor, line.net_minor) == (49900, 30000, 19900)


def test_paid_invoice_creates_no_document_but_its_number_is_noted(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast, PAID)
    assert invoices(database) == []
    with database.read_session() as session:
        order, line = session.execute(select(Order, OrderLine).join_from(Order, OrderLine)).one()
    assert (order.note, line.net_minor) == ("invoice 1017", 9900)


def test_invoice_to_a_shared_login_is_addressed_to_its_library(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    row = "desk@oak.example.org,Desk,{slug},2026-01-20,Oak Library,,,1050,2026-01-21,,99.00"
    brought_in(carrel, tmp_path, cast, row)
    (invoice,) = invoices(database)
    bill_to = unpack(invoice.snapshot).bill_to
    assert (bill_to.name, bill_to.attention) == ("Oak Library", "Desk")


def test_nothing_is_emailed_and_the_pdf_is_drawn_from_the_snapshot(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast, GROUP)
    (invoice,) = invoices(database)
    with database.read_session() as session:
        payloads = session.scalars(select(Job.payload).where(Job.kind == FINISH)).all()
        assert session.scalar(select(func.count()).select_from(Mail)) == 0
    assert payloads == [{"is_mailed": False}]
    with carrel.storage.open(ensure_pdf(carrel, invoice.public_id)) as file:
        drawn = pypdfium2.PdfDocument(file.read())
    text = drawn[0].get_textpage().get_text_bounded()
    assert "1043" in text
    assert "Oak Library" in text
    assert "$325.00" in text


def test_open_balance_is_paid_like_any_other(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast, GROUP)
    facts = order_of(database, "1043")
    assert (facts.terms, facts.standing(NOW)) == (Terms.HISTORY, Standing.UNPAID)
    assert facts.standing(DUE) is Standing.PAST_DUE
    with database.transaction() as session:
        order = session.get_one(Order, facts.id)
        assert not cancellations.is_paid(session, order)
        new = NewPayment(
            method=PaymentMethod.CHECK,
            currency="USD",
            amount_minor=32500,
            received_on=NOW.date(),
            organization_id=facts.organization_id,
            check_number="771",
            pays={facts.invoice_id or "": 32500},
        )
        receiving.receive(session, new, mail_context=OFFICE, actor=None, now=NOW)
        assert cancellations.is_paid(session, order)
    assert order_of(database, "1043").standing(NOW) is Standing.PAID
    with database.read_session() as session:
        assert differences(session) == ()


def test_corrected_invoice_bills_only_the_open_balance(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast, PART)
    with database.transaction() as session:
        order = session.scalars(select(Order).with_for_update()).one()
        correction = Correction(po_number="PO 5")
        new = corrections.correct(
            session, order, correction, mail_context=OFFICE, actor=None, now=NOW
        )
        assert new is not None
        assert (new.po_number, new.open_minor, new.series) == ("PO 5", 19900, "invoice-2026")
        assert differences(session) == ()


def test_same_list_twice_changes_nothing(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast, GROUP, PART)
    again = brought_in(carrel, tmp_path, cast, GROUP, PART)
    assert (again.already, again.brought, again.invalid) == (2, 0, 0)
    assert len(invoices(database)) == 2
    with database.read_session() as session:
        assert session.get_one(NumberSeries, "imported").next == 3


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (",2026-01-21,,99.00", "Enter the number of the unpaid invoice."),
        ("1043,,,99.00", "Enter the date of the unpaid invoice."),
        ("1043,01/21/2026,,99.00", "Enter a date like 2026-10-06."),
        ("1043,2026-01-21,2026-01-20,99.00", "The due date is before the invoice date."),
        ("1043,2026-01-21,,soon", "Enter an amount like 99.00."),
        ("1043,2026-01-21,,-99.00", "Enter an amount like 99.00."),
        ("1043,2026-01-21,,1000000.01", "Enter an amount from 0 to 1,000,000."),
        ("1043,2026-01-21,,99.01", "The open amount is higher than the price."),
        ("1" * 41 + ",2026-01-21,,99.00", "Enter an invoice number of up to 40 characters"),
    ],
)
def test_invalid_invoice_is_reported(
    carrel: Carrel, cast: Cast, clock: Clock, tmp_path: Path, columns: str, sentence: str
) -> None:
    row = "jane@oak.example.org,Jane,{slug},2026-01-20,,,99.00," + columns
    (fault,) = faults(carrel, taken_in(carrel, tmp_path, cast, row))
    assert fault.startswith(sentence)


def test_existing_invoice_number_is_rejected(
    carrel: Carrel, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast, GROUP)
    other = GROUP.replace("head@", "deputy@")
    twice = PART.replace("pat@", "kit@")
    (here, again) = faults(carrel, taken_in(carrel, tmp_path, cast, other, PART, twice))
    assert here == again
    assert here.startswith("This invoice was already imported or is on another row.")


def test_number_repeated_far_below_is_rejected_during_the_import(
    carrel: Carrel, cast: Cast, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.LIST_JOBS, "at_once", 1)
    monkeypatch.setattr(jobs, "BROUGHT_AT_ONCE", 1)
    facts = taken_in(carrel, tmp_path, cast, PART, PART.replace("pat@", "kit@"))
    assert (facts.ok, facts.invalid) == (2, 0)
    jobs.apply_now(carrel, facts.public_id, actor=None, report=lambda _left: None)
    with carrel.database.read_session() as session:
        done = find_past(session, facts.public_id)
    assert (done.brought, done.invalid) == (1, 1)


def test_invoices_already_past_due_send_no_email_but_later_ones_do(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    late = PART.replace("2025-12-02,,", "2026-02-02,2026-02-20,")
    with database.transaction() as session:
        words = BrandingTexts("Quill", "#1d6a4c", "team@example.org", "Quill", "")
        edit_branding(session, words, actor=None, now=NOW)
    brought_in(carrel, tmp_path, cast, GROUP, late)
    told = []
    for at in (NOW, DUE + timedelta(hours=1)):
        with database.transaction() as session:
            tell_past_due(session, mail_context=OFFICE, now=at)
        with database.read_session() as session:
            told.append(session.scalars(select(Mail.subject)).all())
    before, after = told
    assert before == []
    assert set(after) == {"Invoice 1043 is past due"}


def test_more_seats_on_an_unpaid_invoice_cost_the_difference_at_old_prices(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=datetime(2025, 1, 1, tzinfo=UTC))
    brought_in(carrel, tmp_path, cast, GROUP)
    facts = order_of(database, "1043")
    with database.read_session() as session:
        more = seat_prices.price_of_more(session, pool_of(database, facts), 2, now=NOW)
        line = session.scalars(select(OrderLine)).one()
    assert more == MoreSeats(2 * 6500, line.public_id)


def test_contract_renews_at_the_imported_price_and_never_at_zero(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    priced = "head@oak.example.org,Head,everything,2026-01-10,Oak Library,12,3180,,,,"
    unpriced = "head@ash.example.org,Head,everything,2026-01-10,Ash Library,12,,,,,"
    brought_in(carrel, tmp_path, cast, priced, unpriced)
    with database.read_session() as session:
        found = {}
        for name in ("Oak", "Ash"):
            orders = list_orders(session, WantedOrders(name), now=NOW, offset=0, limit=2)
            pool = pool_of(database, orders.items[0])
            found[name] = (
                seat_prices.price_of_renewal(session, pool),
                seat_prices.price_for_the_rest(session, pool, 2, OFFICE.zone, now=NOW),
            )
    renewal, rest = found["Oak"]
    assert not isinstance(renewal, Unpriced)
    assert (renewal.price_minor, renewal.seats) == (318000, 12)
    assert isinstance(rest, int)
    assert rest > 0
    assert all(isinstance(one, Unpriced) for one in found["Ash"])
