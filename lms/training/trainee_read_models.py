"""Trainee read models: what a person was assigned, by whom, until when, and their progress."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.core.errors import NotFound
from lms.models.accounts import Login
from lms.models.organizations import Organization
from lms.models.training import Trainee, Training
from lms.training.assignments import COUNTED, webinars_of
from lms.training.progress import Progress, read_several, round_began
from lms.training.trainees import concerns

SHOWN_WHEN_DONE: Final = timedelta(days=30)
_following = aliased(Training)
# Built once: expressions of this size take longer to build than the database takes to answer.
_ASSIGNED: Final = (
    select(Trainee, Training, Organization.name, Organization.zone)
    .join(Training, Training.id == Trainee.training_id)
    .join(Organization, Organization.id == kept_organization(Training.organization_id))
    .join(Login, Login.id == Trainee.login_id)
    .where(
        Trainee.login_id.in_(logins_of(bindparam("person"))),
        Training.withdrawn_at.is_(None),
        or_(Trainee.done_at.is_(None), Trainee.done_at > bindparam("done_after")),
        concerns(),
    )
    .order_by(Trainee.done_at.is_not(None), Training.due_at, Trainee.id)
)
_ONE: Final = _ASSIGNED.where(Trainee.public_id == bindparam("trainee"))
# the latest round of repeating training
_ALL: Final = _ASSIGNED.where(~exists().where(_following.previous_id == Training.id))
# Whether a person has any to see; takes the parameters `person` and `done_after`.
HAS_TRAINING: Final = _ALL.with_only_columns(Trainee.id).exists()


@dataclass(frozen=True, slots=True)
class OwnWebinar:
    """One webinar of a training, with the person's progress."""

    slug: str
    title: str
    is_begun: bool
    is_completed: bool


@dataclass(frozen=True, slots=True)
class OwnTraining:
    """A training as its person sees it; `zone` is the organization's.

    `webinars` are those that can still be watched; `held_last` is when the last of them is, or None.
    """

    trainee_id: str
    title: str
    organization: str
    zone: str | None
    due_at: datetime
    policy: str
    acknowledged_at: datetime | None
    is_begun: bool
    is_completed: bool
    webinars: tuple[OwnWebinar, ...]
    held_last: datetime | None

    @property
    def is_off(self) -> bool:
        """Return whether it can't be completed, because its webinars were canceled or removed."""
        return not (self.webinars or self.is_completed)

    @property
    def is_held_later(self) -> bool:
        """Return whether a webinar was moved to a date after the due date."""
        return self.held_last is not None and self.held_last >= self.due_at

    @property
    def is_done(self) -> bool:
        """Return whether nothing is left to do."""
        return self.is_completed and (not self.policy or self.acknowledged_at is not None)


def list_own(session: Session, login_id: int, *, now: datetime) -> tuple[OwnTraining, ...]:
    """Return a person's trainings, next due first; those done more than 30 days ago are left out."""
    return tuple(_read(session, login_id, now, None))


def read_own(session: Session, login_id: int, trainee_id: str, *, now: datetime) -> OwnTraining:
    """Return one training of a person; raises NotFound for one that isn't assigned to them."""
    found = _read(session, login_id, now, trainee_id)
    if not found:
        raise NotFound
    return found[0]


def _read(
    session: Session, login_id: int, now: datetime, trainee_id: str | None
) -> list[OwnTraining]:
    asked = {"person": login_id, "done_after": now - SHOWN_WHEN_DONE}
    if trainee_id is None:
        rows = session.execute(_ALL, asked).all()
    else:
        rows = session.execute(_ONE, {**asked, "trainee": trainee_id}).all()
    webinars = _webinars_of(session, {row.Training.id for row in rows})
    ids = {one.id for several in webinars.values() for one in several}
    progress = read_several(session, login_id, ids)
    found = []
    for row in rows:
        theirs, since = webinars[row.Training.id], round_began(row.Training)
        in_it = progress
        if since is not None:
            in_it = read_several(session, login_id, [one.id for one in theirs], since=since)
        found.append(_own(row, theirs, in_it))
    return found


def _webinars_of(
    session: Session, training_ids: Collection[int]
) -> Mapping[int, Sequence[Row[*tuple[Any, ...]]]]:
    """Return the webinars of each training that people can still watch."""
    found: defaultdict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in session.execute(webinars_of(training_ids)) if training_ids else ():
        if row.state in COUNTED:
            found[row.training_id].append(row)
    return found


def _own(
    row: Row[*tuple[Any, ...]],
    webinars: Sequence[Row[*tuple[Any, ...]]],
    progress: Mapping[int, Progress],
) -> OwnTraining:
    trainee: Trainee = row.Trainee
    training: Training = row.Training
    in_all = Progress.of_all([progress[one.id] for one in webinars])
    return OwnTraining(
        trainee_id=trainee.public_id,
        title=training.title,
        organization=row.name,
        zone=row.zone,
        due_at=training.due_at,
        policy=training.policy,
        acknowledged_at=trainee.acknowledged_at,
        is_begun=in_all.is_begun,
        is_completed=in_all.is_completed or trainee.completed_at is not None,
        webinars=tuple(
            OwnWebinar(
                one.slug, one.title, progress[one.id].is_begun, progress[one.id].is_completed
            )
            for one in webinars
        ),
        held_last=max((one.held_at for one in webinars), default=None),
    )
