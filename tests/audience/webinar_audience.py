"""An upcoming webinar, a person in each role, and one person with every role."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.live import registrations
from lms.models.accounts import Login, SellerRole
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind
from lms.models.organizations import Organization, Role
from lms.models.seats import Pool, WaitingEntry
from lms.models.training import Trainee, Training, TrainingItem
from lms.pricing.price_list import set_prices
from lms.seller.settings import edit_seller
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_grant, make_login, make_membership, make_organization
from tests.sales.order_fixtures import GROUP, PRICES, SEAT, placed
from tests.seat_rows import add_pool, seat
from tests.seller.seller_settings import COMPLETE
from tests.servers.databases import kept

ALL = "all@example.org"
TERM_ENDS = NOW + timedelta(days=200)


def address(role: str) -> str:
    """Return the address of the person who has a role and no other."""
    return f"{role}@example.org"


def furnish(database: Database, cast: Cast) -> None:
    """Add the people; Elm County ordered five seats and Oak Grove has a contract for everything."""
    kept(database, "audience", lambda: _furnish(database, cast))


def _furnish(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=400))
        edit_seller(session, COMPLETE, actor=None, now=NOW)
        make_login(session, ALL, name="Everyone", seller_role=SellerRole.STAFF)
    placed(database, replace(SEAT, email=ALL, name="Everyone"))
    placed(database, replace(GROUP, email=address("buyer"), name="Buyer"))
    with database.transaction() as session:
        everyone = session.query(Login).filter_by(email=ALL).one()
        webinar = session.get_one(Webinar, cast.webinar_id)
        elm = session.get_one(Organization, cast.organization_id)
        pool = session.query(Pool).filter_by(organization_id=elm.id).one()
        seat(session, pool, _login(session, "holder"))
        for email in (address("invited"), ALL):
            seat(session, pool, email=email)
        for email in (address("waiting"), ALL):
            session.add(WaitingEntry(pool_id=pool.id, email=email, email_key=email, joined_at=NOW))
        make_membership(session, elm, _login(session, "billing"), role=Role.BILLING)
        make_membership(session, elm, everyone, role=Role.BILLING)
        assign(session, elm, webinar, _login(session, "trainee"), everyone)
        _sell_otherwise(session, webinar, everyone)
        _login(session, "team").seller_role = SellerRole.STAFF


def _sell_otherwise(session: Session, webinar: Webinar, everyone: Login) -> None:
    """Sell a contract, a pass, and a group viewing."""
    oak = make_organization(session, "oak-grove", name="Oak Grove Library")
    contract = add_pool(session, oak, ends_at=TERM_ENDS)
    for login in (_login(session, "manager"), everyone):
        make_membership(session, oak, login, role=Role.MANAGER)
    for login in (_login(session, "host"), everyone):
        make_grant(session, login, webinar).kind = OfferKind.GROUP_SHOWING
    for login in (_login(session, "contract"), everyone):
        seat(session, contract, login)
        _register(session, login, webinar)
    for login in (_login(session, "pass"), everyone):
        make_grant(session, login, ends_at=TERM_ENDS)
        _register(session, login, webinar)


def _login(session: Session, role: str) -> Login:
    return make_login(session, address(role), name=role.title())


def _register(session: Session, login: Login, webinar: Webinar) -> None:
    registrations.enter(session, login_id=login.id, webinar_id=webinar.id, now=NOW)


def assign(session: Session, elm: Organization, webinar: Webinar, *people: Login) -> None:
    """Assign a webinar as training to people of an organization."""
    training = Training(
        organization_id=elm.id, title="Calm", due_at=NOW + timedelta(days=90), created_at=NOW
    )
    session.add(training)
    session.flush()
    session.add(TrainingItem(training_id=training.id, webinar_id=webinar.id))
    for login in people:
        if login.email != ALL:
            make_membership(session, elm, login)
        session.add(Trainee(training_id=training.id, login_id=login.id, created_at=NOW))
    session.flush()
