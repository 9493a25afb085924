"""Many past sales at once: who owns them, which pools they fill, and the audit entries."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms.accounts import accounts, email_aliases
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.grants.grants import Target, Term
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.orders import Order, OrderLine, Terms
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import Pool
from lms.past_sales import jobs
from lms.past_sales.read_models import PastFacts
from lms.seats.pools import NewPoolGrant, find_pool, grants_of, sell_seats
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.seat_imports.list_fixtures import stored

SEATED = (
    "head@oak.example.org,Head,everything,2026-01-10,2027-01-10,Oak Library,25",
    "head@oak.example.org,Head,everything,2026-02-10,2027-01-10,  Oak  Library,5",
    "deputy@oak.example.org,Deputy,{slug},2026-01-10,,Oak Library,3",
    "mia@example.org,Mia,{slug},2024-01-10,,elm-county,4",
    "mia@example.org,Mia,everything,2020-01-10,2021-01-10,Elm County Library,9",
    "bob@elsewhere.example,Bobby,{slug},2024-01-10,,,",
    "nell@oak.example.org,Nell,{slug},2024-01-10,,,",
)


def with_seats(carrel: Carrel, folder: Path, slug: str) -> PastFacts:
    rows = [row.format(slug=slug) for row in SEATED]
    text = "\n".join(["E-mail,Name,Covers,Bought,Ends,Organization,Seats", *rows])
    facts = jobs.take_in(carrel, stored(folder, text.encode()), "past.csv", actor=None, now=NOW)
    return jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)


def test_seats_fill_one_pool_and_the_first_contact_is_the_owner(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    assert with_seats(carrel, tmp_path, cast.slug).brought == len(SEATED)
    with database.read_session() as session:
        oak = session.scalars(select(Organization).where(Organization.name == "Oak Library")).one()
        pools = session.execute(
            select(Pool.organization_id, Pool.is_permanent, Pool.capacity, Pool.used)
        ).all()
        roles = session.execute(
            select(Membership.organization_id, Login.name, Membership.role).join_from(
                Membership, Login
            )
        ).all()
    assert sorted(map(tuple, pools)) == sorted(
        [
            (oak.id, False, 30, 0),
            (oak.id, True, 3, 0),
            (cast.organization_id, True, 4, 0),
            (cast.organization_id, False, 0, 0),  # its term has ended
        ]
    )
    assert sorted(map(tuple, roles)) == sorted(
        [
            (oak.id, "Head", Role.OWNER),
            (oak.id, "Deputy", Role.MANAGER),
            (cast.organization_id, "Mia", Role.MANAGER),
        ]
    )


def test_existing_pool_gets_the_imported_seats(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    with database.transaction() as session:
        target = Target(Scope.WEBINAR, cast.webinar_id)
        new = NewPoolGrant(cast.organization_id, target, 2, Term(NOW), OfferKind.GROUP_SEATS)
        pool = sell_seats(session, new, actor=None, now=NOW)
    with_seats(carrel, tmp_path, cast.slug)
    with database.read_session() as session:
        assert find_pool(session, pool.public_id).capacity == 6


def test_contract_seats_are_not_added_to_a_pass(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    with database.transaction() as session:
        term = Term(NOW, NOW + timedelta(days=365))
        new = NewPoolGrant(cast.organization_id, Target(Scope.EVERYTHING), 1, term, OfferKind.PASS)
        pool = sell_seats(session, new, actor=None, now=NOW)
    with_seats(carrel, tmp_path, cast.slug)
    with database.read_session() as session:
        assert find_pool(session, pool.public_id).capacity == 1
        assert len(grants_of(session, find_pool(session, pool.public_id).id)) == 1


def test_alias_finds_the_existing_login(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    with database.transaction() as session:
        further = read_address("bob@elsewhere.example")
        email_aliases.add_alias(session, cast.bob.id, further, actor=None, now=NOW)
    with_seats(carrel, tmp_path, cast.slug)
    with database.read_session() as session:
        holders = set(session.scalars(select(Order.login_id).where(Order.login_id.is_not(None))))
        nell = session.scalars(select(Login).where(Login.name == "Nell")).one()
    assert holders == {cast.bob.id, nell.id}
    assert nell.confirmed_at == NOW


def test_unconfirmed_account_is_taken_over(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    with database.transaction() as session:
        accounts.add_unconfirmed(session, read_address("nell@oak.example.org"), now=NOW)
        begun = accounts.find_by_email(session, "nell@oak.example.org")
    with_seats(carrel, tmp_path, cast.slug)
    with database.read_session() as session:
        nell = session.get_one(Login, begun.id)
    assert (nell.name, nell.confirmed_at) == ("Nell", NOW)


def test_everything_imported_is_in_the_audit_trail(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    with_seats(carrel, tmp_path, cast.slug)
    with database.read_session() as session:
        acts = Counter(session.scalars(select(AuditEntry.act)))
    assert acts == {
        "login.added": 4,
        "organization.added": 1,
        "membership.set": 2,
        "order.placed": 7,
        "pool.made": 4,
        "grant.made": 7,
        "history.imported": 1,
    }


def test_each_line_has_the_sale_and_one_grant(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    with_seats(carrel, tmp_path, cast.slug)
    with database.read_session() as session:
        rows = session.execute(
            select(Order, OrderLine, Grant)
            .join_from(Order, OrderLine)
            .join(Grant, Grant.order_line_id == OrderLine.id)
            .order_by(Order.id)
        ).all()
    assert len(rows) == len(SEATED)
    for order, line, grant in rows:
        assert (order.terms, order.created_at, order.placed_at) == (
            Terms.HISTORY,
            NOW,
            line.starts_at,
        )
        assert (line.login_id, line.pool_id) == (grant.login_id, grant.pool_id)
        assert (line.kind, line.quantity) == (grant.kind, grant.seats or 1)
        assert (line.starts_at, line.ends_at) == (grant.starts_at, grant.ends_at)
        assert (order.organization_id is None) is (line.pool_id is None)
    assert [line.description for _, line, _ in rows[:3]] == ["", "", "Reading rooms"]


def test_last_day_of_a_term_ends_at_midnight_in_the_organizations_zone(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    with database.transaction() as session:
        session.get_one(Organization, cast.organization_id).zone = "America/Los_Angeles"
    with_seats(carrel, tmp_path, cast.slug)
    ends = select(Grant.ends_at).join(Pool, Pool.id == Grant.pool_id)
    at_home = Pool.organization_id == cast.organization_id
    with database.read_session() as session:
        [elm] = session.scalars(ends.where(at_home, Grant.ends_at.is_not(None)))
        oak = session.scalars(ends.where(~at_home, Grant.ends_at.is_not(None))).all()
    assert elm == datetime(2021, 1, 11, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert set(oak) == {datetime(2027, 1, 11, tzinfo=ZoneInfo("America/New_York"))}
