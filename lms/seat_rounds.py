"""What is done about seats after the commit: letters of offers and losses, work on thousands."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import invitations, seat_letters
from lms.clock import now
from lms.jobs import JobRun, Stopped
from lms.letters import Doors
from lms.mass_work import PORTION, portions, release_some, send_some
from lms.models.seats import Assignment, Pool
from lms.runtime import Carrel

AT_ONCE = 100


def tell(carrel: Carrel, run: JobRun) -> None:
    """Write the letters that a pool owes: a hundred in a transaction, each once."""
    doors = Doors(carrel.settings.base_url)
    with carrel.database.read_session() as session:
        pool_id = session.scalar(select(Pool.id).where(Pool.public_id == run.subject))
    if pool_id is None:
        return
    since = datetime.fromisoformat(run.payload["since"])
    written = AT_ONCE
    while written == AT_ONCE and not run.cancelled():
        with carrel.database.transaction() as session:
            run.hold(session)
            written = invitations.write_invitations(
                session, pool_id, AT_ONCE, doors=doors, now=now(), since=since
            )
        carrel.database.let_others_write()
    released = [int(one) for one in run.payload["released"]]
    for first in range(0, len(released), AT_ONCE):
        with carrel.database.transaction() as session:
            _tell_released(session, pool_id, released[first : first + AT_ONCE], doors)


def _tell_released(session: Session, pool_id: int, ids: Sequence[int], doors: Doors) -> None:
    pool = session.get_one(Pool, pool_id)
    ended = session.scalars(
        select(Assignment).where(Assignment.id.in_(ids), Assignment.ended_at.is_not(None))
    )
    for one in ended:
        if one.ended_at is not None and (one.claimed_at or one.notified_at):
            seat_letters.send_released(session, one, pool, doors=doors, now=one.ended_at)


def release_list(carrel: Carrel, run: JobRun) -> None:
    """Release the people of a list, a few in each transaction; who has left before is passed over."""
    doors = Doors(carrel.settings.base_url)

    def release(session: Session, some: Sequence[int]) -> None:
        release_some(session, some, doors=doors, actor=run.payload["actor"], now=now())

    _work_through(carrel, run, release)


def send_list_again(carrel: Carrel, run: JobRun) -> None:
    """Write the invitations of a list again, each once, however often this is begun anew."""
    doors = Doors(carrel.settings.base_url)

    def send(session: Session, some: Sequence[int]) -> None:
        since = datetime.fromisoformat(run.payload["since"])
        actor = run.payload["actor"]
        send_some(session, some, since=since, doors=doors, actor=actor, now=now())

    _work_through(carrel, run, send)


def _work_through(
    carrel: Carrel, run: JobRun, do: Callable[[Session, Sequence[int]], None]
) -> None:
    people = [int(one) for one in run.payload["people"]]
    done = 0
    for some in portions(people, PORTION):
        if run.cancelled():
            raise Stopped
        with carrel.database.transaction() as session:
            run.hold(session)
            do(session, some)
        done += len(some)
        run.report(done / len(people))
        carrel.database.let_others_write()
