"""Jobs for seats: email offers and losses, and run bulk actions."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Stopped
from lms.mail.links import Links
from lms.models.seats import Assignment, Pool
from lms.seats import invitations, mails
from lms.seats.bulk_release_and_reinvite import (
    PORTION,
    Act,
    left_of,
    portions,
    release_some,
    send_some,
)
from lms.seats.seat_counts import TELL

AT_ONCE = 25  # small, because on SQLite a sign-in code waits for the whole transaction


def tell(carrel: Carrel, run: JobRun) -> None:
    """Email a pool's offers, invitations and releases: a few per transaction, each once."""
    links = Links(carrel.settings.base_url)
    with carrel.database.read_session() as session:
        pool_id = session.scalar(select(Pool.id).where(Pool.public_id == run.subject))
    if pool_id is None:
        return
    since = datetime.fromisoformat(run.payload["since"])
    written = AT_ONCE
    while written == AT_ONCE:
        with run.transaction(carrel.database) as session:
            written = invitations.write_invitations(
                session, pool_id, AT_ONCE, links=links, now=now(), since=since
            )
        if written == AT_ONCE:
            _pause(carrel, run)
    released = [int(one) for one in run.payload["released"]]
    for some in portions(released, AT_ONCE):
        with run.transaction(carrel.database) as session:
            written = _tell_released(session, pool_id, some, links)
        if written:  # no pause is needed after emails that were already written
            _pause(carrel, run)


def _tell_released(session: Session, pool_id: int, ids: Sequence[int], links: Links) -> int:
    """Email those of these people who weren't notified yet; return how many."""
    pool = session.get_one(Pool, pool_id)
    ended = session.scalars(
        select(Assignment).where(Assignment.id.in_(ids), Assignment.ended_at.is_not(None))
    ).all()
    knew = [one for one in ended if one.claimed_at or one.notified_at]
    untold = mails.untold_of(session, knew)
    for one in untold:
        if one.ended_at is not None:
            mails.send_released(session, one, pool, links=links, now=one.ended_at)
    return len(untold)


def release_list(carrel: Carrel, run: JobRun) -> None:
    """Release the people of a list, a few per transaction; those who have left are skipped."""
    links, actor = Links(carrel.settings.base_url), run.payload["actor"]

    def release(session: Session, some: Sequence[int]) -> None:
        release_some(session, some, links=links, actor=actor, now=now())

    _work_through(carrel, run, Act.RELEASE, release)


def send_list_again(carrel: Carrel, run: JobRun) -> None:
    """Resend the invitations of a list, each once, even if the job restarts."""
    links, actor = Links(carrel.settings.base_url), run.payload["actor"]
    since = datetime.fromisoformat(run.payload["since"])

    def send(session: Session, some: Sequence[int]) -> None:
        send_some(session, some, since=since, links=links, actor=actor, now=now())

    _work_through(carrel, run, Act.SEND_AGAIN, send)


def _work_through(
    carrel: Carrel, run: JobRun, act: Act, do: Callable[[Session, Sequence[int]], None]
) -> None:
    people = [int(one) for one in run.payload["people"]]
    since = datetime.fromisoformat(run.payload["since"])
    with carrel.database.read_session() as session:
        left = left_of(session, act, people, since)
    done = len(people) - len(left)
    for some in portions(left, PORTION):
        with run.transaction(carrel.database) as session:
            do(session, some)
        done += len(some)
        run.report(done / len(people))
        if done < len(people):
            _pause(carrel, run)


def _pause(carrel: Carrel, run: JobRun) -> None:
    """Let other writers and the lane's other jobs go first; raises Stopped and StandAside.

    After StandAside the job continues later with what is left.
    """
    carrel.database.let_others_write()
    if run.canceled():
        raise Stopped
    run.give_way()


JOBS: Final = (
    JobKind(TELL, tell),
    JobKind(Act.RELEASE, release_list),
    JobKind(Act.SEND_AGAIN, send_list_again),
)
