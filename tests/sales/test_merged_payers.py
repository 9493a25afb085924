"""Merged records pay as one customer; after unmerging, each has its own orders again (I6)."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import NotFound
from lms.documents import payer_documents
from lms.documents.document_readers import find_document_for
from lms.documents.mails import recipients
from lms.models.accounts import Login
from lms.models.documents import CreditReason, Document
from lms.models.orders import Terms
from lms.models.organizations import Membership, Organization, Role
from lms.organizations import memberships
from lms.organizations.billing_details import BillingContact, BillingTerms, edit_billing
from lms.organizations.organizations import find_organization
from lms.organizations.payers import Payer
from lms.payments import credit_limit, credit_use
from lms.payments.balances import balances_of, credits_of, find_payer, open_invoices, payer_of
from lms.payments.credit_use import CreditUse
from lms.people import login_merges
from lms.sales import mails, orders, purchase_orders, quotes, return_mails
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.read_models import OrderFacts, orders_of_payer
from lms.sales.return_mails import Wanted
from lms.sales.statements import issue_statement
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login, make_membership
from tests.mailbox import letters
from tests.organizations.twins import Twins, merge, unmerge
from tests.organizations.twins import twins as twins
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    SEAT,
    balanced,
    credited,
    first_line,
    locked,
    paid,
    placed,
    read,
)

OTHER = replace(GROUP, organization="elm-twp", email="otto@elm.example.org", name="Otto")


@pytest.fixture
def sold(database: Database, cast: Cast, twins: Twins) -> tuple[OrderFacts, OrderFacts]:
    """Each record has an order with a purchase order; both invoices are open."""
    return (
        placed(database, replace(GROUP, po_number="PO-1")),
        placed(database, replace(OTHER, po_number="PO-2")),
    )


def test_merged_records_share_orders_and_documents_until_unmerged(
    database: Database, twins: Twins, sold: tuple[OrderFacts, OrderFacts]
) -> None:
    def read_by(organization_id: int) -> tuple[set[str], set[str | None]]:
        with database.read_session() as session:
            payer = Payer(organization_id=organization_id)
            found = orders_of_payer(session, payer)
            return (
                {one.public_id for one in found},
                {one.public_id for one in payer_documents.documents_of(session, payer)},
            )

    own, other = sold
    both = ({own.public_id, other.public_id}, {own.invoice_id, other.invoice_id})
    assert read_by(twins.elm) == ({own.public_id}, {own.invoice_id})
    merge(database)
    assert read_by(twins.elm) == read_by(twins.other) == both
    unmerge(database)
    assert read_by(twins.elm) == ({own.public_id}, {own.invoice_id})
    assert read_by(twins.other) == ({other.public_id}, {other.invoice_id})


def test_managers_of_merged_records_can_open_each_others_invoices_until_unmerged(
    database: Database, cast: Cast, twins: Twins, sold: tuple[OrderFacts, OrderFacts]
) -> None:
    def opens(login_id: int, document_id: str | None) -> bool:
        with database.read_session() as session:
            try:
                find_document_for(session, document_id or "", login_id=login_id, is_team=False)
            except NotFound:
                return False
            return True

    own, other = sold
    assert not opens(cast.mia.id, other.invoice_id)
    merge(database)
    assert opens(cast.mia.id, other.invoice_id)
    assert opens(twins.otto, own.invoice_id)
    unmerge(database)
    assert not opens(cast.mia.id, other.invoice_id)
    assert not opens(twins.otto, own.invoice_id)


def test_balances_of_merged_organizations_are_combined_until_unmerged(
    database: Database, twins: Twins, sold: tuple[OrderFacts, OrderFacts]
) -> None:
    def owed() -> dict[str, int]:
        with database.read_session() as session:
            found = balances_of(open_invoices(session), credits_of(session), now=NOW)
            return {one.payer.key: one.open_minor for one in found}

    apart = {"organization:elm-county": 32_500, "organization:elm-twp": 32_500}
    assert owed() == apart
    merge(database)
    assert owed() == {"organization:elm-county": 65_000}
    with database.read_session() as session:
        payer = find_payer(session, "organization:elm-twp")
        assert payer is not None
        assert payer.organization_id == twins.elm
        assert len(open_invoices(session, payer)) == 2
        assert payer_of(session, session.scalars(select(Document)).all()[-1]) == payer
    unmerge(database)
    assert owed() == apart


def test_balances_of_merged_accounts_are_combined_until_unmerged(
    database: Database, cast: Cast
) -> None:
    for email in (cast.alice.email, cast.dan.email):
        placed(database, replace(SEAT, email=email or "", terms=Terms.INVOICE))
    kept, other = (f"person:{one.public_id}" for one in (cast.alice, cast.dan))

    def owed() -> dict[str, int]:
        with database.read_session() as session:
            found = balances_of(open_invoices(session), credits_of(session), now=NOW)
            return {one.payer.key: one.open_minor for one in found}

    apart = {kept: 9_900, other: 9_900}
    assert owed() == apart
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=cast.alice.public_id,
            merged=cast.dan.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )
    assert owed() == {kept: 19_800}
    with database.read_session() as session:
        payer = find_payer(session, other)
        assert payer is not None
        assert payer.key == kept
        assert len(open_invoices(session, payer)) == 2
        assert payer_of(session, session.scalars(select(Document)).all()[-1]) == payer
    with database.transaction() as session:
        login_merges.unmerge(session, cast.dan.public_id, actor=None, now=NOW)
    assert owed() == apart


def test_contact_merged_into_a_managers_account_is_emailed_once(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, replace(GROUP, email=cast.dan.email))
    with database.transaction() as session:
        session.execute(
            update(Login).where(Login.id == cast.dan.id).values(merged_into=cast.mia.id)
        )
    with database.transaction() as session:
        order, line = locked(session, facts), first_line(database, facts)
        wanted = Wanted(seats=1, missing=1, pool_id="", people=())
        return_mails.send_wanted(session, order, line, wanted, links=OFFICE.links, now=NOW)
        mails.send_open(session, order, mail_context=OFFICE, now=NOW)
    credited(database, facts)
    for kind in ("order_returned", "seats_to_release", "order_open"):
        found = [*letters(database, cast.dan.email), *letters(database, cast.mia.email)]
        assert [one.recipient for one in found if one.kind == kind] == [cast.mia.email]


def test_statement_includes_debts_of_both_records(
    database: Database, twins: Twins, sold: tuple[OrderFacts, OrderFacts]
) -> None:
    merge(database)
    with database.transaction() as session:
        payer = find_payer(session, "organization:elm-county")
        assert payer is not None
        made = issue_statement(
            session,
            payer,
            since=NOW.date(),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
            is_mailed=False,
        )
        assert made.total_minor == 65_000


def test_credit_of_one_record_pays_an_invoice_of_the_other(
    database: Database, sold: tuple[OrderFacts, OrderFacts]
) -> None:
    own, other = sold
    paid(database, own)
    note = credited(database, own, CreditReason.GOODWILL)
    merge(database)
    with database.transaction() as session:
        use = CreditUse(note.public_id, other.invoice_id or "", 1_000, note.open_minor)
        credit_use.apply(session, use, actor=None, now=NOW)
    assert read(database, other).open_minor == 31_500
    unmerge(database)
    assert balanced(database)


def test_purchase_order_number_of_the_other_record_counts_as_used(
    database: Database, twins: Twins, sold: tuple[OrderFacts, OrderFacts]
) -> None:
    with database.read_session() as session:
        assert purchase_orders.used_before(session, twins.elm, "PO-2") == ()
    merge(database)
    with database.read_session() as session:
        [used] = purchase_orders.used_before(session, twins.elm, "PO-2")
    assert used.order_id == sold[1].public_id


def test_payment_by_either_record_lets_access_start_at_once(
    database: Database, twins: Twins, sold: tuple[OrderFacts, OrderFacts]
) -> None:
    paid(database, sold[1])
    with database.read_session() as session:
        assert not credit_limit.opens_at_once(session, twins.elm)
    merge(database)
    with database.read_session() as session:
        assert credit_limit.opens_at_once(session, twins.elm)


def test_orders_of_both_records_are_listed_for_either(
    database: Database, twins: Twins, sold: tuple[OrderFacts, OrderFacts]
) -> None:
    merge(database)
    for organization_id in (twins.elm, twins.other):
        with database.read_session() as session:
            wanted = WantedOrders(organization_id=organization_id)
            assert list_orders(session, wanted, now=NOW, offset=0, limit=9).total == 2


def bill_to_kept(session: Session, twins: Twins) -> None:
    contact = BillingContact(payables=("ap@elm.example.org",))
    terms = BillingTerms(legal_name="Elm County Library System", fiscal_year_start=7)
    edit_billing(session, twins.elm, contact, terms, actor=None, now=NOW)


def test_new_documents_use_the_kept_records_billing_details(
    database: Database, twins: Twins, cast: Cast
) -> None:
    with database.transaction() as session:
        bill_to_kept(session, twins)
        draft = orders.draft(session, OTHER, actor=None, now=NOW).public_id
    merge(database)
    with database.transaction() as session:
        order = orders.find_order(session, draft, lock=True)
        made = quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
        quotes.accept(
            session,
            made,
            quotes.Acceptance("Otto"),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )
        invoice = session.scalars(select(Document).order_by(Document.id.desc())).first()
        assert invoice is not None
        assert invoice.snapshot["bill_to"]["name"] == "Elm County Library System"
        assert recipients(session, invoice) == ("ap@elm.example.org",)
        assert quotes.end_of_fiscal_year(session, twins.other, NOW.date()) is not None


@pytest.mark.parametrize("is_removed", [False, True])
def test_order_gives_no_role_to_a_contact_with_one_through_a_merged_account(
    database: Database, cast: Cast, *, is_removed: bool
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_membership(session, elm, make_login(session), role=Role.OWNER)
        bea = make_login(session, "bea@example.org")
        make_membership(session, elm, bea, role=Role.BILLING)
        bea.merged_into = cast.dan.id
        draft = orders.draft(session, replace(GROUP, email=cast.dan.email), actor=None, now=NOW)
        if is_removed:
            facts = find_organization(session, elm.slug)
            memberships.end_membership(session, facts, bea.public_id, actor=None, now=NOW)
        orders.agree(session, draft, is_held=False, mail_context=OFFICE, actor=None, now=NOW)
        theirs = Membership.login_id.in_((bea.id, cast.dan.id))
        roles = session.scalars(select(Membership.role).where(theirs)).all()
    assert roles == ([] if is_removed else [Role.BILLING])


def test_manager_of_the_kept_record_does_not_become_owner_of_the_other(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        owners = select(Membership).where(Membership.organization_id == twins.other)
        session.delete(session.scalars(owners).one())
        draft = orders.draft(
            session, replace(OTHER, email=cast.mia.email or ""), actor=None, now=NOW
        ).public_id
    merge(database)
    with database.transaction() as session:
        order = orders.find_order(session, draft, lock=True)
        orders.agree(session, order, is_held=False, mail_context=OFFICE, actor=None, now=NOW)
    with database.read_session() as session:
        roles = session.scalars(
            select(Membership.role).where(Membership.login_id == cast.mia.id)
        ).all()
    assert Role.OWNER not in roles
