"""Hosts of group viewings that an organization owns."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.accounts import accounts, browser_sessions
from lms.accounts.accounts import NewLogin, find_by_email
from lms.accounts.browser_sessions import Browser
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, Gone, NotFound
from lms.group_showings import attendees, hosts, showings
from lms.group_showings.attendees import Guest
from lms.group_showings.entitlement import grant_to_show
from lms.group_showings.hosts import NewHost, OwnedShowing
from lms.group_showings.showings import Place
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.documents import CreditReason
from lms.models.grants import Grant, OfferKind
from lms.models.group_showings import Showing
from lms.models.mail import Mail
from lms.models.orders import OrderLine, Terms
from lms.sales import credit_notes
from lms.sales.credit_notes import NewCreditNote
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.read_models import OrderFacts
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import EASTERN, OFFICE
from tests.sales.order_fixtures import grants, locked, placed

LINKS = Links("http://localhost")
UNPROVEN = "nell@example.org"
FIREFOX = Browser("Firefox on Windows", remembered=False, earlier=None)
ELM = NewOrder(
    lines=(
        NewLine(kind=OfferKind.GROUP_SHOWING, covers="webinar:reading-rooms", price_minor=29900),
    ),
    email="mia@example.org",
    name="Mia",
    organization="elm-county",
    terms=Terms.INVOICE,
    currency="USD",
)


@pytest.fixture
def bought(database: Database, cast: Cast) -> OrderFacts:
    """Return the order of a group viewing that Elm County bought and Mia hosts."""
    return placed(database, ELM)


def owned(database: Database, cast: Cast) -> OwnedShowing:
    with database.read_session() as session:
        [found] = hosts.owned_showings(session, cast.organization_id)
        return found


def give(database: Database, cast: Cast, email: str, name: str = "") -> None:
    with database.transaction() as session:
        [found] = hosts.owned_showings(session, cast.organization_id)
        new = NewHost(read_address(email), name)
        hosts.replace_host(session, found, new, links=LINKS, actor=None, now=NOW)


def may_show(database: Database, cast: Cast, login_id: int) -> bool:
    with database.read_session() as session:
        return grant_to_show(session, login_id, cast.webinar_id, now=NOW) is not None


def test_contact_of_the_order_is_the_first_host(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    [grant] = grants(database, bought)
    assert (grant.login_id, grant.pool_id) == (cast.mia.id, None)
    found = owned(database, cast)
    assert (found.organization, found.host) == ("Elm County Library", "Mia")
    assert may_show(database, cast, cast.mia.id)


def test_host_is_replaced_at_once_and_both_are_emailed(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    give(database, cast, "dan@example.org")
    assert may_show(database, cast, cast.dan.id)
    assert not may_show(database, cast, cast.mia.id)
    [grant] = grants(database, bought)
    with database.read_session() as session:
        line = session.scalars(select(OrderLine)).one()
        emailed = session.execute(
            select(Mail.kind, Mail.recipient).where(Mail.kind.startswith("showing_host"))
        ).all()
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "grant.host_replaced")
        ).one()
    assert grant.login_id == line.login_id == cast.dan.id
    assert {tuple(row) for row in emailed} == {
        ("showing_host", "dan@example.org"),
        ("showing_host_replaced", "mia@example.org"),
    }
    assert entry.subject == grant.public_id
    assert entry.detail == {"from": cast.mia.public_id, "to": cast.dan.public_id}


def test_managers_see_the_address_they_entered_and_not_its_owner(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    give(database, cast, "Dan@Example.org", "My colleague")
    assert owned(database, cast).host == "Dan@example.org"


def test_host_without_an_account_gets_one(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    give(database, cast, "nell@example.org", "Nell")
    with database.read_session() as session:
        nell = find_by_email(session, "nell@example.org")
        kinds = session.scalars(select(Mail.kind).where(Mail.recipient == "nell@example.org")).all()
    assert nell.name == "Nell"
    assert sorted(kinds) == ["set_password", "showing_host"]
    assert may_show(database, cast, nell.id)


def test_account_claimed_by_a_copied_link_hosts_once_its_address_is_proven(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    address = read_address("nell@example.org")
    with database.transaction() as session:
        claimed = NewLogin(address, "Nell", password_hash="hash")
        nell = accounts.add_unproven(session, claimed, now=NOW)
        browser_sessions.open_sign_in(session, nell.id, browser=FIREFOX, now=NOW)
    give(database, cast, address.shown, "Somebody")
    with database.read_session() as session:
        login = session.get_one(Login, nell.id)
        assert (login.name, login.password_hash, login.confirmed_at) == ("Nell", "hash", None)
        assert len(browser_sessions.list_for(session, nell.id, now=NOW)) == 1
        emailed = session.scalars(select(Mail.kind).where(Mail.recipient == address.shown)).all()
    assert sorted(emailed) == ["confirm_sign_up", "showing_host"]
    assert not may_show(database, cast, nell.id)
    with database.transaction() as session:
        accounts.confirm_address(session, nell.id, address.key, now=NOW)
    assert may_show(database, cast, nell.id)


def test_person_who_proves_the_address_elsewhere_hosts_it(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    address = read_address("nell@example.org")
    with database.transaction() as session:
        claimed = NewLogin(address, "Nell", password_hash="hash")
        nell = accounts.add_unproven(session, claimed, now=NOW)
    give(database, cast, address.shown)
    assert not may_show(database, cast, cast.dan.id)
    with database.transaction() as session:
        accounts.give_up_unproven(session, nell.id, to=cast.dan.id, now=NOW)
    assert may_show(database, cast, cast.dan.id)


def test_current_host_is_rejected_as_the_new_host(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    with pytest.raises(Conflict):
        give(database, cast, "mia@example.org")


@pytest.mark.parametrize("new_host", ["dan@example.org", UNPROVEN])
def test_former_hosts_open_group_viewing_closes_and_attendees_keep_slides(
    database: Database, cast: Cast, bought: OrderFacts, new_host: str
) -> None:
    with database.transaction() as session:
        claimed = NewLogin(read_address(UNPROVEN), "Nell", password_hash="hash")
        accounts.add_unproven(session, claimed, now=NOW)
        made = showings.open_showing(
            session,
            login_id=cast.mia.id,
            webinar_id=cast.webinar_id,
            place=Place("Room 2", EASTERN),
            actor=None,
            now=NOW,
        )
        showing = showings.read_showing(session, made, login_id=cast.mia.id, now=NOW)
        guests = [Guest("Pat", "pat@example.org")]
        attendees.enter(session, showing, guests, actor="a", links=LINKS, now=NOW)
        secret = session.scalars(select(Mail.text).where(Mail.recipient == "pat@example.org")).one()
    token = secret.partition("/slides/")[2].split()[0]
    give(database, cast, new_host)
    with database.read_session() as session:
        assert session.scalars(select(Showing.closed_at)).one() == NOW
        assert showings.read_slides(session, token, now=NOW).name == "Pat"
    with database.transaction() as session:
        credit_notes.credit(
            session,
            locked(session, bought),
            NewCreditNote(CreditReason.RETURN),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )
    assert not may_show(database, cast, cast.dan.id)
    with database.read_session() as session, pytest.raises(Gone):
        showings.read_slides(session, token, now=NOW)


def test_only_the_buying_organization_owns_the_group_viewing(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    alone = replace(ELM, organization="", email="dan@example.org", name="Dan")
    placed(database, alone)
    found = owned(database, cast)
    with database.read_session() as session:
        assert hosts.owned_showings(session, cast.organization_id + 1) == ()
        with pytest.raises(NotFound):
            hosts.find_owned(session, cast.organization_id + 1, found.grant)
        others = session.scalars(
            select(Grant.public_id).where(
                Grant.login_id == cast.dan.id, Grant.kind == OfferKind.GROUP_SHOWING
            )
        ).one()
        with pytest.raises(NotFound):
            hosts.find_owned(session, cast.organization_id, others)


def test_returned_group_viewing_is_not_listed(
    database: Database, cast: Cast, bought: OrderFacts
) -> None:
    with database.transaction() as session:
        credit_notes.credit(
            session,
            locked(session, bought),
            NewCreditNote(CreditReason.RETURN),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
        )
        assert hosts.owned_showings(session, cast.organization_id) == ()
