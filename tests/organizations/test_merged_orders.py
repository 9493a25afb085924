"""Orders, money and roles of merged organizations: one payer until the merge is undone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.group_showings import hosts
from lms.models.documents import CreditReason, Document
from lms.models.grants import OfferKind
from lms.models.orders import LineAct, Terms
from lms.models.organizations import Membership, Organization, Role
from lms.models.payments import PaymentMethod
from lms.models.training import GroupSupervisor
from lms.organizations import manager_and_owner_permissions, memberships, supervised_groups
from lms.organizations.memberships import RoleChoice
from lms.organizations.organizations import add_member, find_organization
from lms.organizations.payers import Payer
from lms.payments import credit_limit, credit_use
from lms.payments.balances import balances_of, credits_of, find_payer, open_invoices
from lms.payments.credit_use import CreditUse
from lms.payments.payments import NewPayment
from lms.pricing.price_list import set_prices
from lms.sales import contract_lines, corrections, purchase_orders, receiving, statements
from lms.sales.corrections import Correction
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.payer_corrections import NewPayer
from lms.sales.read_models import OrderFacts, orders_of_payer
from lms.seats import claims, pools
from lms.seats.claims import Claimed
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_group, make_login, make_membership, make_verified_domain
from tests.organizations.twins import Twins, merge, unmerge
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    PRICES,
    balanced,
    credited,
    grants,
    locked,
    paid,
    placed,
    read,
)

THEIRS = replace(GROUP, email="otto@elm.example.org", name="Otto", organization="elm-twp")
BOTH = 2


def numbers(found: tuple[OrderFacts, ...]) -> set[str]:
    return {one.public_id for one in found}


def role_of(database: Database, organization_id: int, login_id: int) -> Role | None:
    with database.read_session() as session:
        held = select(Membership.role).where(
            Membership.organization_id == organization_id, Membership.login_id == login_id
        )
        return session.scalar(held)


def test_orders_of_both_are_listed_searched_and_filtered_together(
    database: Database, cast: Cast, twins: Twins
) -> None:
    own, theirs = placed(database, GROUP), placed(database, THEIRS)
    merge(database)
    with database.read_session() as session:
        for organization_id in (twins.elm, twins.other):
            found = orders_of_payer(session, Payer(organization_id=organization_id))
            assert numbers(found) == {own.public_id, theirs.public_id}
            wanted = WantedOrders(organization_id=organization_id)
            assert list_orders(session, wanted, now=NOW, offset=0, limit=9).total == BOTH
        for word in ("township", "county"):
            wanted = WantedOrders(query=word)
            assert list_orders(session, wanted, now=NOW, offset=0, limit=9).total == BOTH
    unmerge(database)
    with database.read_session() as session:
        for organization_id, one in ((twins.elm, own), (twins.other, theirs)):
            found = orders_of_payer(session, Payer(organization_id=organization_id))
            assert numbers(found) == {one.public_id}


def test_check_and_credit_of_the_payer_pay_invoices_of_both(
    database: Database, cast: Cast, twins: Twins
) -> None:
    own, theirs = placed(database, GROUP), placed(database, THEIRS)
    merge(database)
    with database.read_session() as session:
        (balance,) = balances_of(open_invoices(session), credits_of(session), now=NOW)
        assert (balance.payer.name, balance.open_minor) == ("Elm County Library", 65_000)
        payer = find_payer(session, "organization:elm-twp")
        assert payer == balance.payer
        assert len(open_invoices(session, payer)) == BOTH
    check = NewPayment(
        method=PaymentMethod.CHECK,
        currency="USD",
        amount_minor=65_000,
        received_on=NOW.date(),
        organization_id=payer.organization_id,
        check_number="88",
        pays={own.invoice_id or "": 32_500, theirs.invoice_id or "": 32_500},
    )
    with database.transaction() as session:
        receiving.receive(session, check, mail_context=OFFICE, actor=None, now=NOW)
    assert [read(database, one).open_minor for one in (own, theirs)] == [0, 0]
    credited(database, own, CreditReason.GOODWILL)
    third = placed(database, replace(THEIRS, organization="elm-county"))
    with database.transaction() as session:
        (credit,) = credits_of(session, payer)
        source, invoice = credit.credit_note_id or "", third.invoice_id or ""
        use = CreditUse(source, invoice, 100, unused_minor=credit.amount_minor)
        credit_use.apply(session, use, actor=None, now=NOW)
    unmerge(database)
    assert balanced(database)
    assert [read(database, one).open_minor for one in (own, theirs)] == [0, 0]


def test_statement_has_the_invoices_of_both(database: Database, cast: Cast, twins: Twins) -> None:
    own, theirs = placed(database, GROUP), placed(database, THEIRS)
    merge(database)
    with database.transaction() as session:
        payer = find_payer(session, "organization:elm-county")
        assert payer is not None
        issued = statements.issue_statement(
            session,
            payer,
            since=NOW.date(),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
            is_mailed=False,
        )
        assert issued.total_minor == 65_000
        told = str(issued.snapshot)
    assert own.invoice_number in told
    assert theirs.invoice_number in told


def test_credit_limit_uses_payments_debts_and_domains_of_both(
    database: Database, cast: Cast, twins: Twins
) -> None:
    def opens(organization_id: int) -> bool:
        with database.read_session() as session:
            return credit_limit.opens_at_once(session, organization_id)

    with database.transaction() as session:
        make_verified_domain(session, session.get_one(Organization, twins.other), "elm.example.org")
    theirs = placed(database, THEIRS)
    assert (opens(twins.elm), opens(twins.other)) == (False, True)
    merge(database)
    assert opens(twins.elm)
    placed(database, GROUP)  # together they owe more than the limit for new customers
    assert not opens(twins.elm)
    paid(database, theirs)
    assert opens(twins.elm)
    unmerge(database)
    assert (opens(twins.elm), opens(twins.other)) == (False, True)


def test_po_number_used_by_either_is_reported(database: Database, cast: Cast, twins: Twins) -> None:
    theirs = placed(database, replace(THEIRS, terms=Terms.PURCHASE_ORDER, po_number="PO 7"))
    with database.read_session() as session:
        assert purchase_orders.used_before(session, twins.elm, "PO 7") == ()
    merge(database)
    with database.read_session() as session:
        (used,) = purchase_orders.used_before(session, twins.elm, "PO 7")
    assert used.order_id == theirs.public_id


def test_payer_cannot_be_changed_to_the_other_record(
    database: Database, cast: Cast, twins: Twins
) -> None:
    theirs = placed(database, THEIRS)
    merge(database)
    payer = NewPayer("elm-county", "mia@example.org", "Mia")
    with database.transaction() as session, pytest.raises(Invalid):
        corrections.correct(
            session,
            locked(session, theirs),
            Correction(payer=payer),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )


def test_order_adds_no_second_role_for_a_contact_with_one_in_either(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        bea = make_login(session, "bea@example.org", name="Bea")
        make_membership(session, session.get_one(Organization, twins.other), bea, role=Role.BILLING)
        bea_id = bea.id
    merge(database)
    placed(database, replace(GROUP, email="otto@elm.example.org"))
    placed(database, replace(GROUP, email="bea@example.org"))
    assert role_of(database, twins.other, twins.otto) is Role.OWNER
    assert role_of(database, twins.elm, twins.otto) is None
    assert role_of(database, twins.other, bea_id) is Role.BILLING
    assert role_of(database, twins.elm, bea_id) is None


def test_managers_of_both_see_group_viewings_of_either(
    database: Database, cast: Cast, twins: Twins
) -> None:
    viewing = NewOrder(
        lines=(NewLine(OfferKind.GROUP_SHOWING, f"webinar:{cast.slug}", 0),),
        email="otto@elm.example.org",
        name="Otto",
        terms=Terms.COMPLIMENTARY,
        currency="USD",
        organization="elm-twp",
    )
    placed(database, viewing)
    merge(database)
    with database.read_session() as session:
        (one,) = hosts.owned_showings(session, twins.elm)
        assert one.organization == "Elm County Library"
        assert hosts.find_owned(session, twins.elm, one.grant) == one
    unmerge(database)
    with database.read_session() as session:
        assert hosts.owned_showings(session, twins.elm) == ()
        assert len(hosts.owned_showings(session, twins.other)) == 1


CONTRACT = NewLine(kind=OfferKind.CONTRACT, covers="everything", price_minor=100_000, quantity=10)


@pytest.mark.parametrize("days", [0, 60])
@pytest.mark.parametrize("has_own", [True, False])
def test_added_seats_go_to_the_pool_they_were_ordered_for(
    database: Database, cast: Cast, twins: Twins, days: int, *, has_own: bool
) -> None:
    lines = (CONTRACT, GROUP.lines[0])
    at = NOW + timedelta(days=days)
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW)
    paid(database, placed(database, replace(THEIRS, lines=lines)))
    if has_own:
        placed(database, replace(GROUP, lines=lines))
    merge(database)
    with database.read_session() as session:
        before = pools.pools_of(session, twins.elm)
    for pool in [one for one in before if one.owner_id == twins.other]:
        with database.transaction() as session:
            line = contract_lines.line_of_more_seats(session, pool, 2, OFFICE.zone, now=at)
        placed(database, replace(GROUP, lines=(line,)), at=at)
    with database.read_session() as session:
        added = {
            now.id: (now.capacity or 0) - (was.capacity or 0)
            for was, now in zip(before, pools.pools_of(session, twins.elm), strict=True)
        }
    assert added == {one.id: 2 if one.owner_id == twins.other else 0 for one in before}


def test_seats_added_by_staff_go_to_the_existing_pool_of_either(
    database: Database, cast: Cast, twins: Twins
) -> None:
    merge(database)
    by_hand = replace(GROUP.lines[0], act=LineAct.MORE_SEATS)
    [grant] = grants(database, placed(database, replace(GROUP, lines=(by_hand,))))
    assert grant.pool_id == twins.other_pool


def test_supervisor_sees_groups_of_both(database: Database, cast: Cast, twins: Twins) -> None:
    with database.transaction() as session:
        elm, other = (session.get_one(Organization, one) for one in (twins.elm, twins.other))
        sam = make_login(session, "sam@example.org", name="Sam")
        make_membership(session, elm, sam, role=Role.SUPERVISOR)
        here, there = make_group(session, elm, "Desk"), make_group(session, other, "Branch")
        session.add(GroupSupervisor(group_id=here.id, login_id=sam.id))
        sam_id, sam_public, groups = sam.id, sam.public_id, (here.id, there.id)
        choice = RoleChoice(Role.SUPERVISOR, (here.public_id, there.public_id))
    merge(database)
    with database.transaction() as session:
        managed = manager_and_owner_permissions.managed_organization(
            session, twins.other_id, login_id=twins.otto
        )
        manager_and_owner_permissions.change_role(
            session, managed, sam_public, choice, links=OFFICE.links, actor=None, now=NOW
        )
        assert supervised_groups.supervised(session, twins.elm, sam_id) == groups
        (shown,) = supervised_groups.by_supervisor(session, twins.elm).values()
        assert [one.name for one in shown] == ["Branch", "Desk"]
        memberships.end_membership(session, managed.facts, sam_public, actor=None, now=NOW)
        assert supervised_groups.supervised(session, twins.elm, sam_id) == ()


def test_changes_during_a_merge_stay_with_the_record_they_were_made_for(
    database: Database, cast: Cast, twins: Twins
) -> None:
    merge(database)
    with database.transaction() as session:
        claimed = claims.claim(session, twins.other_pool, cast.dan.id, actor=None, now=NOW)
        assert isinstance(claimed, Claimed)
        facts = find_organization(session, "elm-twp")
        new = make_login(session, "nora@example.org", name="Nora").id
        add_member(session, facts, new, role=Role.MEMBER, actor=None, now=NOW)
    ordered = placed(database, THEIRS)
    assert ordered.organization_id == twins.elm
    unmerge(database)
    with database.read_session() as session:
        assert pools.read_pool(session, twins.other_pool).used == 1
        invoice = select(Document.organization_id).where(Document.public_id == ordered.invoice_id)
        assert session.scalar(invoice) == twins.elm
        assert numbers(orders_of_payer(session, Payer(organization_id=twins.other))) == set()
    assert role_of(database, twins.elm, new) is Role.MEMBER
    assert role_of(database, twins.other, new) is None
    assert role_of(database, twins.other, twins.otto) is Role.OWNER
    assert role_of(database, twins.elm, twins.otto) is None
    assert balanced(database)
