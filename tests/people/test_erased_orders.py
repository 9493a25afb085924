"""Orders of an erased person: documents stay, all other data about the person is deleted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.documents.snapshots import BillTo, unpack
from lms.documents.stored_pdfs import ensure_pdf
from lms.models.documents import Document, DocumentKind
from lms.models.mail import Mail
from lms.models.orders import Order, OrderLine, Quote, Terms
from lms.models.organizations import AccountsPayableAddress, Membership, Role
from lms.models.payments import Payment, PaymentMethod
from lms.models.requests import DeskRequest, RequestKind
from lms.payments.payments import NewPayment
from lms.people import erasure
from lms.people.erased_orders import LEGAL_TIME
from lms.requests.requests import NewRequest, ask
from lms.sales import corrections, orders, quotes, receiving
from lms.sales.corrections import Correction
from lms.sales.new_orders import NewOrder
from lms.sales.quotes import Acceptance
from lms.sales.read_models import OrderFacts
from lms.seats.invitations import Invitee
from lms.seats.named_people import invite_named, name_people
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.people.test_erasure import LINKS, _places_with
from tests.removed_items_purge import clear
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, first_line, locked, placed, read

ALICE = replace(SEAT, email="alice@example.org", name="Alice", terms=Terms.INVOICE)
FOR_ELM = replace(GROUP, email="Alice@example.org", name="Alice")


@pytest.fixture(autouse=True)
def owner(database: Database, cast: Cast) -> None:
    """Make Mia an owner of Elm County, so it isn't left without one."""
    with database.transaction() as session:
        session.execute(
            update(Membership).where(Membership.login_id == cast.mia.id).values(role=Role.OWNER)
        )


def erase_alice(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        erasure.erase(session, cast.alice.id, hooks=(), links=LINKS, actor=None, now=NOW)


def drafted(database: Database, new: NewOrder) -> int:
    with database.transaction() as session:
        return orders.draft(session, new, actor=None, now=NOW).id


def quoted(database: Database, new: NewOrder) -> int:
    with database.transaction() as session:
        order = orders.draft(session, new, actor=None, now=NOW)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
        return order.id


def paid(database: Database, order: OrderFacts) -> None:
    assert order.invoice_id is not None
    new = NewPayment(
        method=PaymentMethod.CHECK,
        currency="USD",
        amount_minor=9900,
        received_on=date(2026, 3, 2),
        login_id=order.login_id,
        check_number="1234",
        note="Alice brought it herself",
        pays={order.invoice_id: 9900},
    )
    with database.transaction() as session:
        receiving.receive(session, new, mail_context=OFFICE, actor=None, now=NOW)


def test_documents_are_unchanged_and_amounts_stay(database: Database, cast: Cast) -> None:
    order = placed(database, ALICE)
    paid(database, order)
    erase_alice(database, cast)
    with database.read_session() as session:
        documents = session.scalars(select(Document).order_by(Document.id)).all()
        payment = session.scalars(select(Payment)).one()
    assert [one.kind for one in documents] == [DocumentKind.INVOICE, DocumentKind.RECEIPT]
    assert {unpack(one.snapshot).bill_to.name for one in documents} == {"Alice"}
    assert (payment.amount_minor, payment.check_number, payment.note) == (9900, "1234", "")
    left = read(database, order)
    assert (left.buyer, left.contact_email, left.total_minor) == ("Erased person", None, 9900)


def test_documents_keep_only_amounts_after_the_legal_retention_time(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock
) -> None:
    paid(database, placed(database, ALICE))
    quoted(database, ALICE)
    placed(database, replace(ALICE, email="bob@example.org", name="Bob"))
    erase_alice(database, cast)
    with database.read_session() as session:
        theirs = session.scalars(select(Document.public_id)).all()
    for document in theirs:
        ensure_pdf(carrel, document)

    clock.set(NOW + LEGAL_TIME - timedelta(days=1))
    clear(carrel)
    assert names_in(database) == ["Alice", "Alice", "Alice", "Bob"]

    clock.set(NOW + LEGAL_TIME)
    clear(carrel)
    assert names_in(database) == ["Bob", *["Erased person"] * 3]
    with database.read_session() as session:
        left = session.scalars(select(Document).order_by(Document.id)).all()
        kept = {key for (key,) in session.execute(select(Document.pdf_key)) if key}
    assert [one.total_minor for one in left] == [9900] * 4
    assert set(carrel.storage.list("documents/")) == kept
    assert "Alice" not in str([one.snapshot for one in left])


def names_in(database: Database) -> list[str]:
    with database.read_session() as session:
        snapshots = session.scalars(select(Document.snapshot)).all()
    return sorted(unpack(each).bill_to.name for each in snapshots)


def test_no_other_text_names_the_person(database: Database, cast: Cast) -> None:
    order = placed(database, replace(ALICE, note="Alice called twice"))
    placed(database, FOR_ELM)
    drafted(database, ALICE)
    drafted(database, FOR_ELM)
    quoted(database, replace(ALICE, organization_name="Oak County"))
    with database.transaction() as session:
        to = BillTo("Alice", "", ("1 Elm Street",), "alice@example.org", "")
        corrections.correct(
            session,
            locked(session, order),
            Correction(bill_to=to, is_mailed=False),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )
        session.add_all(
            AccountsPayableAddress(
                organization_id=cast.organization_id, email=email, email_key=email
            )
            for email in ("ap@elm.example", "alice@example.org")
        )
        new = NewRequest(
            kind=RequestKind.TROUBLE, name="Alice", email="alice@example.org", message="It is Alice"
        )
        asked = ask(session, new, mail_context=OFFICE, actor=None, now=NOW)
        row = session.scalars(select(DeskRequest)).one()
        row.order_id, row.note = session.scalars(select(Order.id)).first(), "Alice is kind"
        assert asked.public_id == row.public_id
    erase_alice(database, cast)
    for trace in ("alice", "Alice"):
        assert _places_with(database, trace) == ["document.snapshot"]
    with database.read_session() as session:
        left = session.scalars(select(AccountsPayableAddress.email)).all()
        assert left == ["ap@elm.example"]


def test_drafts_are_deleted_and_quoted_orders_stay(database: Database, cast: Cast) -> None:
    mine = drafted(database, ALICE)
    kept = {
        quoted(database, ALICE),
        drafted(database, FOR_ELM),
        drafted(database, SEAT),
        quoted(database, SEAT),
    }
    erase_alice(database, cast)
    with database.read_session() as session:
        assert set(session.scalars(select(Order.id))) == kept
        assert set(session.scalars(select(OrderLine.order_id))) == kept
        assert mine not in kept


def test_own_quote_is_canceled_and_quotes_of_organizations_continue(
    database: Database, cast: Cast
) -> None:
    mine = quoted(database, ALICE)
    quoted(database, FOR_ELM)
    quoted(database, replace(ALICE, organization_name="Oak County"))
    quoted(database, SEAT)
    erase_alice(database, cast)
    with database.read_session() as session:
        ended = select(Order.id).where(Order.canceled_at == NOW)
        assert session.scalars(ended).all() == [mine]


def test_billing_address_of_an_organization_stays_without_the_person(
    database: Database, cast: Cast
) -> None:
    order = placed(database, FOR_ELM)
    to = BillTo("Elm County", "Alice", ("1 Elm Street",), "alice@example.org", "V-7")
    with database.transaction() as session:
        row = locked(session, order)
        corrections.correct(
            session, row, Correction(bill_to=to), mail_context=OFFICE, actor=None, now=NOW
        )
    erase_alice(database, cast)
    with database.read_session() as session:
        left = session.scalars(select(Order.bill_to).where(Order.id == order.id)).one()
    assert left is not None
    assert (left["name"], left["address"]) == ("Elm County", ["1 Elm Street"])
    assert (left["attention"], left["email"]) == ("", "")


def test_quote_accepted_by_the_person_no_longer_names_them(database: Database, cast: Cast) -> None:
    ids = [quoted(database, FOR_ELM), quoted(database, FOR_ELM)]
    with database.transaction() as session:
        for order_id, name in zip(ids, ("Alice", "Director Doe"), strict=True):
            quote = quotes.newest(session, order_id)
            assert quote is not None
            quotes.accept(
                session, quote, Acceptance(name), mail_context=OFFICE, actor=None, now=NOW
            )
    erase_alice(database, cast)
    with database.read_session() as session:
        assert session.scalars(select(Quote.accepted_name).order_by(Quote.id)).all() == [
            "Erased person",
            "Director Doe",
        ]


def test_unsent_email_to_the_person_is_deleted(database: Database, cast: Cast) -> None:
    placed(database, ALICE)
    erase_alice(database, cast)
    with database.read_session() as session:
        assert session.scalars(select(Mail.id)).all() == []


def test_orders_of_other_people_are_not_changed(database: Database, cast: Cast) -> None:
    order = placed(database, SEAT)
    erase_alice(database, cast)
    left = read(database, order)
    assert (left.buyer, left.contact_email) == ("Dan", "dan@example.org")
    with database.read_session() as session:
        assert session.scalars(select(Order.contact_email)).all() == ["dan@example.org"]


def test_erased_person_is_not_invited_to_a_seat_of_an_order(database: Database, cast: Cast) -> None:
    order = placed(database, GROUP)
    named = [Invitee(read_address(f"{name}@example.org"), name) for name in ("alice", "nora")]
    with database.transaction() as session:
        name_people(session, first_line(database, order).id, named)
    erase_alice(database, cast)
    assert _places_with(database, "alice") == []
    with database.transaction() as session:
        invite_named(session, order.id, links=LINKS, actor=None, now=NOW)
        invited = select(Mail.recipient).where(Mail.kind == "invitation")
        assert session.scalars(invited).all() == ["nora@example.org"]
