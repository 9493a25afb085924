"""Who is emailed when a contract or pass ends: the table in docs/audience.md."""

from datetime import datetime, timedelta

from lms.contracts.jobs import TELLING
from lms.contracts.pass_and_seat_reminders import due_passes
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.payment_links import payment_links
from lms.grants.grants import Term
from lms.own_orders import pass_renewals
from lms.seats.pool_reconciliation import settle
from tests.cast import Cast
from tests.contracts.contract_fixtures import OFFICE, letters, make_contract
from tests.factories import make_grant, make_login
from tests.sales.order_fixtures import placed
from tests.sales.test_payer_and_holder import BOUGHT, DAY, ELM, ENDS, pool_of
from tests.seats.pool_fixtures import people, take_seat

DAYS = (-30, -7, -1, 0, 14)
TOLD = {
    "manager of a contract": [
        *("contract_expiring",) * 3,
        "contract_expired",
        "contract_grace_ended",
    ],
    "manager of a pass": [*("contract_expiring",) * 3, "organization_pass_ended", "-"],
    "person with their own pass": [*("pass_expiring",) * 3, "-", "-"],
    "person with a seat": ["-"] * 5,
}


def tell(carrel: Carrel, at: datetime) -> None:
    """Send what is due, as the jobs do."""
    with carrel.database.transaction() as session:
        for one in TELLING:
            one(session, mail_context=OFFICE, now=at)
        pay = payment_links(carrel.settings)
        for ending in due_passes(session, zone=OFFICE.zone, now=at):
            pass_renewals.tell(session, ending, pay=pay, mail_context=OFFICE, now=at)


def test_each_person_is_told_of_an_end_once(database: Database, cast: Cast, carrel: Carrel) -> None:
    made = make_contract(database, term=Term(BOUGHT, ENDS))
    [seated] = people(database, 1)
    take_seat(database, made.pool_id, seated)
    pools = (made.pool_id, pool_of(database, placed(database, ELM, at=BOUGHT)))
    with database.transaction() as session:
        owner = make_login(session, "owner@example.com")
        make_grant(session, owner, starts_at=BOUGHT, ends_at=ENDS)
    addresses = {
        "manager of a contract": made.manager,
        "manager of a pass": cast.mia.email,
        "person with their own pass": "owner@example.com",
    }
    found: dict[str, list[str]] = {who: [] for who in TOLD}
    for days in DAYS:
        at, before = ENDS + days * DAY, len(letters(database))
        tell(carrel, at)
        with database.transaction() as session:
            for pool_id in pools:
                settle(session, pool_id, now=at)
        tell(carrel, at + timedelta(minutes=15))
        new = letters(database)[before:]
        for who, kinds in found.items():
            kinds.append("+".join(kind for kind, to in new if to == addresses.get(who)) or "-")
        assert {to for _kind, to in new} <= set(addresses.values())
    assert found == TOLD
