"""What somebody was assigned, as they see it: until when, by whom, and how far they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.models.people import Login, Organisation
from lms.models.training import Trainee, Training
from lms.streams import logins_of
from lms.trainees import concerns
from lms.training import webinars_of
from lms.training_progress import Progress, read_each

SHOWN_WHEN_DONE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OwnWebinar:
    """One webinar of a training, and how far its person is with it."""

    slug: str
    title: str
    is_begun: bool
    is_completed: bool


@dataclass(frozen=True, slots=True)
class OwnTraining:
    """A training as its person sees it; `zone` is the organisation's."""

    trainee_id: str
    title: str
    organisation: str
    zone: str | None
    due_at: datetime
    policy: str
    acknowledged_at: datetime | None
    is_begun: bool
    is_completed: bool
    webinars: tuple[OwnWebinar, ...]

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.is_completed and (not self.policy or self.acknowledged_at is not None)


def list_own(session: Session, login_id: int, *, now: datetime) -> tuple[OwnTraining, ...]:
    """Return what a person is assigned, the next due first; what was done a month ago is left out."""
    return tuple(_read(session, login_id, now, None))


def read_own(session: Session, login_id: int, trainee_id: str, *, now: datetime) -> OwnTraining:
    """Return one training of a person; raises NotFound for what isn't assigned to them."""
    found = _read(session, login_id, now, trainee_id)
    if not found:
        raise NotFound
    return found[0]


def _read(
    session: Session, login_id: int, now: datetime, trainee_id: str | None
) -> list[OwnTraining]:
    asked = (
        select(Trainee, Training, Organisation.name, Organisation.zone)
        .join(Training, Training.id == Trainee.training_id)
        .join(Organisation, Organisation.id == Training.organisation_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(
            Trainee.login_id.in_(logins_of(login_id)),
            Training.withdrawn_at.is_(None),
            or_(Trainee.done_at.is_(None), Trainee.done_at > now - SHOWN_WHEN_DONE),
            concerns(),
        )
        .order_by(Trainee.done_at.is_not(None), Training.due_at, Trainee.id)
    )
    if trainee_id is not None:
        asked = asked.where(Trainee.public_id == trainee_id)
    found = []
    for trainee, training, organisation, zone in session.execute(asked).all():
        each = read_each(session, training.id, login_id)
        progress = Progress.of_all(each.values())
        found.append(
            OwnTraining(
                trainee_id=trainee.public_id,
                title=training.title,
                organisation=organisation,
                zone=zone,
                due_at=training.due_at,
                policy=training.policy,
                acknowledged_at=trainee.acknowledged_at,
                is_begun=progress.is_begun,
                is_completed=progress.is_completed or trainee.completed_at is not None,
                webinars=_webinars(session, training.id, each),
            )
        )
    return found


def _webinars(
    session: Session, training_id: int, each: Mapping[int, Progress]
) -> tuple[OwnWebinar, ...]:
    return tuple(
        OwnWebinar(slug, title, each[webinar_id].is_begun, each[webinar_id].is_completed)
        for webinar_id, slug, title in session.execute(webinars_of(training_id))
        if webinar_id in each
    )
