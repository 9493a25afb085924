"""Training reminders: 14 and 3 days before the due date and on it, each sent once."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import kept_organization
from lms.core.dates_and_time_zones import read_zone, say_day
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.accounts import Login
from lms.models.organizations import Organization
from lms.models.training import Trainee, Training
from lms.training.assignments import last_day
from lms.training.progress import note
from lms.training.trainees import concerns

BEFORE_DUE: Final = (14, 3, 0)
MORNING: Final = time(9)
AT_ONCE: Final = 100
AHEAD: Final = timedelta(days=max(BEFORE_DUE) + 2)


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    title: str
    policy: str
    due_at: datetime
    organization: str
    zone: ZoneInfo
    days: int


def reminder_due(due_at: datetime, zone: ZoneInfo, *, now: datetime) -> int | None:
    """Return the latest reminder that is due, in days before the due date; sent in the morning. None for none."""
    if now >= due_at:
        return None
    last = last_day(due_at, zone)
    due = [
        days
        for days in BEFORE_DUE
        if datetime.combine(last - timedelta(days=days), MORNING, tzinfo=zone) <= now
    ]
    return min(due, default=None)


def remind_trainees(session: Session, *, mail_context: MailContext, now: datetime) -> int:
    """Email reminders that are due; return how many people were checked.

    Handles at most a hundred per transaction: call it until it returns 0. A training assigned after its
    first reminder was due is announced at once.
    """
    looked = 0
    for one in _due(session, mail_context, now):
        looked += _remind(session, one, AT_ONCE - looked, mail_context=mail_context, now=now)
        if looked >= AT_ONCE:
            break
    return looked


def _due(session: Session, mail_context: MailContext, now: datetime) -> list[_Due]:
    rows = session.execute(
        select(
            Training.id,
            Training.title,
            Training.policy,
            Training.due_at,
            Organization.name,
            Organization.zone,
        )
        .join(Organization, Organization.id == kept_organization(Training.organization_id))
        .where(
            Training.withdrawn_at.is_(None), Training.due_at > now, Training.due_at <= now + AHEAD
        )
        .order_by(Training.due_at, Training.id)
    )
    found = []
    for training_id, title, policy, due_at, organization, zone_name in rows:
        zone = read_zone(zone_name) if zone_name else mail_context.zone
        days = reminder_due(due_at, zone, now=now)
        if days is not None:
            found.append(_Due(training_id, title, policy, due_at, organization, zone, days))
    return found


def _remind(
    session: Session, one: _Due, most: int, *, mail_context: MailContext, now: datetime
) -> int:
    """Claim and remind people without this reminder; two workers never claim the same person."""
    wanted = (
        select(Trainee.id)
        .join(Training, Training.id == Trainee.training_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(
            Trainee.training_id == one.id,
            Trainee.done_at.is_(None),
            or_(Trainee.reminded.is_(None), Trainee.reminded > one.days),
            concerns(),
        )
        .order_by(Trainee.id)
        .limit(most)
    )
    ids = session.scalars(wanted.with_for_update(of=Trainee, skip_locked=True)).all()
    if not ids:
        return 0
    claimed = session.scalars(
        update(Trainee)
        .where(Trainee.id.in_(ids), or_(Trainee.reminded.is_(None), Trainee.reminded > one.days))
        .values(reminded=one.days)
        .returning(Trainee.id)
        .execution_options(synchronize_session=False)
    ).all()
    kept = aliased(Login)
    rows = session.execute(
        select(Trainee, kept)
        .join(Login, Login.id == Trainee.login_id)
        .join(kept, kept.id == func.coalesce(Login.merged_into, Login.id))
        .where(Trainee.id.in_(claimed))
        .order_by(Trainee.id)
        .execution_options(populate_existing=True)
    ).all()
    for trainee, person in rows:
        note(session, trainee, one.policy, now=now)
        if trainee.done_at is None and person.email and person.blocked_at is None:
            _write(session, one, trainee, person, mail_context=mail_context, now=now)
    session.flush()
    return len(ids)


def _write(
    session: Session,
    one: _Due,
    trainee: Trainee,
    person: Login,
    *,
    mail_context: MailContext,
    now: datetime,
) -> None:
    day = say_day(one.due_at - timedelta(microseconds=1), one.zone)
    subject = N_("Due today: %(title)s") if one.days == 0 else N_("Due on %(day)s: %(title)s")
    mail_outbox.post(
        session,
        kind="training_due",
        to=person.email or "",
        login_id=person.id,
        subject=subject % {"title": one.title, "day": day},
        values={
            "name": person.name,
            "title": one.title,
            "organization": one.organization,
            "day": day,
            "is_today": one.days == 0,
            "only_to_confirm": trainee.completed_at is not None,
            "confirms": bool(one.policy) and trainee.acknowledged_at is None,
            "action_url": mail_context.links.page(f"/training/{trainee.public_id}"),
        },
        unique_key=f"training:{trainee.public_id}:{int(one.due_at.timestamp())}:{one.days}",
        now=now,
    )
