"""Two workers at once, at each reminder date: exactly one email each."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.component import work_of
from lms.contracts.jobs import REMIND, TURN
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.jobs.queue import JobRun, Work
from lms.models.jobs import Job, JobState, Lane
from lms.models.mail import Mail
from lms.own_orders.jobs import REMIND as REMIND_OF_PASSES
from lms.registry import LIBRARY
from lms.seats.invitations import Invitee, invite
from lms.worker.worker import Worker
from tests.clock import NOW, Clock
from tests.contracts.contract_fixtures import DAY, END, Contract, letters, make_contract, renewed
from tests.factories import make_grant, make_login
from tests.jobs.job_fixtures import at_work
from tests.seats.pool_fixtures import LINKS, people, take_seat
from tests.wait_until import until

KINDS = (TURN, REMIND, REMIND_OF_PASSES)
SCHEDULED = tuple(one for one in work_of((LIBRARY,)).schedules if one.kind in KINDS)


@pytest.fixture
def two_houses(settings: Settings, database: Database) -> Iterator[tuple[Carrel, Carrel]]:
    """Open the library for two workers, each with its own connections."""
    with ExitStack() as stack:
        opened = []
        for _ in range(2):
            own = Database(settings.database_url)
            stack.callback(own.dispose)
            opened.append(replace(open_carrel(settings), database=own))
        yield opened[0], opened[1]


def rounds_done(database: Database) -> int:
    with database.read_session() as session:
        done = select(func.count(Job.id)).where(Job.kind.in_(KINDS), Job.state == JobState.DONE)
        return session.scalar(done) or 0


def all_sent(database: Database) -> bool:
    with database.read_session() as session:
        return session.scalar(select(Mail.id).where(Mail.state != JobState.DONE)) is None


def work_at(
    moment: datetime, clock: Clock, database: Database, houses: tuple[Carrel, Carrel]
) -> None:
    """Let both workers run their schedules at this time, until jobs and emails are done."""
    clock.set(moment)
    before = rounds_done(database)
    work = Work(handlers=work_of((LIBRARY,)).handlers, schedules=SCHEDULED)
    with ExitStack() as stack:
        for house in houses:
            stack.enter_context(at_work(Worker(house, work, (Lane.PROMPT,))))
        until(lambda: rounds_done(database) >= before + len(KINDS) and all_sent(database))


class Quiet:
    """A job control that ignores every report."""

    def report(self, share: float, note: str) -> None:
        pass

    def canceled(self) -> bool:
        return False

    def hold(self, session: Session) -> None:
        pass

    def give_way(self) -> None:
        pass


def told_at_once(houses: tuple[Carrel, Carrel]) -> None:
    """Let both run the same round at the same time, as after an expired lease."""
    ready = threading.Barrier(2)
    faults: list[BaseException] = []

    def go(house: Carrel) -> None:
        ready.wait()
        try:
            for kind in KINDS:
                work_of((LIBRARY,)).handlers[kind](house, JobRun(0, "", "", {}, 1, 1, Quiet()))
        except BaseException as error:  # noqa: BLE001  (asserted below)
            faults.append(error)

    threads = [threading.Thread(target=go, args=(house,)) for house in houses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def everything_that_ends(database: Database) -> tuple[Contract, Contract, str]:
    """Add a full contract that ends, one that gets smaller, a pass, and an invitation."""
    made, smaller = make_contract(database, 2), make_contract(database, 3)
    for one in people(database, 2):
        take_seat(database, smaller.pool_id, one)
    renewed(database, smaller.pool_id, 1, at=NOW, ends_at=END + 365 * DAY)
    with database.transaction() as session:
        holder = make_login(session)
        make_grant(session, holder, starts_at=NOW - 265 * DAY, ends_at=END)
        address = holder.email or ""
    [sitting] = people(database, 1)
    take_seat(database, made.pool_id, sitting)
    with database.transaction() as session:
        invitee = Invitee(read_address("invited@example.org"))
        invite(session, made.pool_id, [invitee], links=LINKS, actor=None, now=NOW)
    return made, smaller, address


def test_each_reminder_is_sent_exactly_once_by_two_workers(
    database: Database, two_houses: tuple[Carrel, Carrel], settings: Settings, clock: Clock
) -> None:
    made, smaller, holder = everything_that_ends(database)
    days = [NOW + n * DAY for n in (0, 3, 10, 14)]
    days += [END - n * DAY for n in (30, 7, 1)]
    days += [END, END + 14 * DAY]
    for day in days:
        work_at(day, clock, database, two_houses)
        told_at_once(two_houses)
    expected = Counter(
        {
            ("invitation", "invited@example.org"): 1,
            ("invitation_reminder", "invited@example.org"): 2,
            ("pool_usage_alert", made.manager): 1,
            ("pool_usage_alert", smaller.manager): 1,  # the smaller term is full
            ("contract_expiring", made.manager): 3,
            ("contract_expired", made.manager): 1,
            ("contract_grace_ended", made.manager): 1,
            ("contract_shortage", smaller.manager): 3,
            ("pass_expiring", holder): 4,
        }
    )
    written = letters(database)
    assert Counter(one for one in written if one[0] != "seat_released") == expected
    assert len(letters(database, "seat_released")) == 1  # who loses a seat on the first day
    assert len(list((settings.data_dir / "mail").glob("*.eml"))) == len(written)
