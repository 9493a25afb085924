"""Training assignments of the demo, made by its manager."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts.accounts import find_by_email
from lms.demo.data_types import ZONE
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.organizations.organizations import find_organization
from lms.organizations.supervised_groups import set_groups
from lms.training.assignments import NewTraining, acknowledge, assign
from lms.training.groups import make_group
from lms.training.trainee_read_models import list_own

HOUSE: Final = "tarnbrook"
SUPERVISOR: Final = "sam@example.org"
DESK: Final = (
    "mia@example.org",
    "rosalind.quaye@tarnbrook.example",
    "gus.abernethy@tarnbrook.example",
    "hana.brockway@tarnbrook.example",
    "pilar.eastcombe@tarnbrook.example",
)
LIVE: Final = "story-time-restless-room"
WELCOME: Final = (
    "Everyone is welcome at our story times, whatever they know, have, or believe.\n\n"
    "We don't ask loud children to leave. If you are unsure, ask Mia before you act."
)
READ_BY: Final = ("rosalind.quaye@tarnbrook.example", "hana.brockway@tarnbrook.example")


def write_training(session: Session, *, now: datetime) -> None:
    """Assign a webinar with a policy text to a group, and a series to everyone, with future due dates."""
    zone = ZoneInfo(ZONE)
    place = find_organization(session, HOUSE)
    began = now - timedelta(days=12)
    group = make_group(session, place, "Front desk", "\n".join(DESK), actor=None, now=began)
    supervisor = session.get_one(Login, find_by_email(session, SUPERVISOR).id)
    set_groups(session, place, supervisor, (group,), actor=None, now=began)
    today = now.astimezone(zone).date()
    held = session.scalars(select(Webinar.held_at).where(Webinar.slug == LIVE)).one()
    for new in (
        NewTraining(
            f"webinar:{LIVE}",
            held.astimezone(zone).date() + timedelta(days=1),
            policy=WELCOME,
            groups=(group,),
        ),
        NewTraining("series:plain-machines", today + timedelta(days=40), everyone=True),
    ):
        assign(session, place, new, zone=zone, actor=None, now=began)
    for address in READ_BY:
        person = find_by_email(session, address)
        for own in list_own(session, person.id, now=began):
            if own.policy:
                acknowledge(session, own.trainee_id, person.id, now=now - timedelta(days=4))
