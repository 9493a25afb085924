"""Jobs for contracts and seats: apply starts and ends, expire seats, and send reminders."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from lms.contracts import grace_periods, pass_and_seat_reminders
from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail.links import mail_context_of
from lms.seats import invitations
from lms.seats.invitation_reminders import remind_invited
from lms.seats.pool_reconciliation import due_settlements, settle
from lms.seats.unassigned_reminders import tell_unassigned

TURN: Final = "seats.turn"
REMIND: Final = "seats.remind"
SCHEDULES: Final = (
    Schedule(TURN, timedelta(minutes=5)),
    Schedule(REMIND, timedelta(minutes=15)),
)
TELLING: Final = (
    pass_and_seat_reminders.tell_contract_ends,
    pass_and_seat_reminders.tell_contracts_over,
    pass_and_seat_reminders.tell_shortages,
    pass_and_seat_reminders.tell_pool_use,
    tell_unassigned,
)


def turn(carrel: Carrel, run: JobRun) -> None:
    """Apply what has become due: grace periods, expired invitations and offers, and changed capacity."""
    with carrel.database.read_session() as session:
        ending = grace_periods.ending_pools(session, now=now())
    _each(carrel, run, ending, grace_periods.fit_grace)
    ended = 1
    while ended and not run.canceled():
        with carrel.database.transaction() as session:
            ended = invitations.expire_due(session, now=now())
    with carrel.database.read_session() as session:
        due = due_settlements(session, now=now())
    _each(carrel, run, due, settle)


def remind(carrel: Carrel, run: JobRun) -> None:
    """Email the reminders that are due; each is sent once, even with several workers."""
    mail_context = mail_context_of(carrel.settings)
    for number, tell in enumerate(TELLING, start=1):
        with carrel.database.transaction() as session:
            tell(session, mail_context=mail_context, now=now())
        run.report(number / (len(TELLING) + 1))
    written = 1
    while written and not run.canceled():
        with carrel.database.transaction() as session:
            written = remind_invited(session, mail_context=mail_context, now=now())


def _each(carrel: Carrel, run: JobRun, pools: tuple[int, ...], act: Callable[..., object]) -> None:
    for pool_id in pools:
        if run.canceled():
            return
        with carrel.database.transaction() as session:
            act(session, pool_id, now=now())


JOBS: Final = (
    JobKind(TURN, turn),
    JobKind(REMIND, remind),
)
