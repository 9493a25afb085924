"""Missing seats: trainees who have none of their organization's seats for what they were assigned."""

from sqlalchemy import and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.lost_seats import covers, lacks_seat
from lms.access.merged_logins import logins_of_kept
from lms.access.merged_organizations import family_of
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.seats import Assignment, AssignmentState, ClaimPolicy, Pool, VerifiedDomain
from lms.models.training import Trainee, Training, TrainingItem
from lms.training.assignments import COUNTED
from lms.training.trainees import concerns


def read_people_without_seat(session: Session, training_id: int) -> tuple[str, ...]:
    """Return the addresses of a training's people who need a seat from their manager, by name.

    They have no seat of the organization for one of the webinars, aren't invited to one, and can't take
    one themselves by their address. What they bought for themselves isn't looked at: managers would learn
    of it.
    """
    logins = logins_of_kept(func.coalesce(Login.merged_into, Login.id))
    family = family_of(Training.organization_id)
    is_invited = exists().where(
        Assignment.pool_id == Pool.id,
        Assignment.email_key == Login.email_key,
        Assignment.state.in_((AssignmentState.INVITED, AssignmentState.OFFERED)),
    )
    is_at_domain = exists().where(
        VerifiedDomain.organization_id.in_(family),
        Login.email_key.endswith(literal("@") + VerifiedDomain.domain),
    )
    can_take_one = and_(
        Pool.claim_policy == ClaimPolicy.DOMAIN,
        or_(Pool.capacity.is_(None), Pool.used < Pool.capacity),
        is_at_domain.correlate_except(VerifiedDomain),
    )
    is_coming = exists().where(
        Pool.organization_id.in_(family),
        covers(Pool, TrainingItem.webinar_id),
        or_(is_invited.correlate_except(Assignment), can_take_one),
    )
    needs_seat = exists().where(
        TrainingItem.training_id == Training.id,
        Webinar.id == TrainingItem.webinar_id,
        Webinar.state.in_(COUNTED),
        lacks_seat(logins, family, TrainingItem.webinar_id),
        ~is_coming.correlate_except(Pool),
    )
    query = (
        select(Login.email)
        .join_from(Trainee, Training, Training.id == Trainee.training_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(
            Trainee.training_id == training_id,
            Trainee.done_at.is_(None),
            Login.email.is_not(None),
            concerns(),
            needs_seat,
        )
        .order_by(func.lower(Login.name), Trainee.id)
    )
    return tuple(email for email in session.scalars(query) if email)


def read_pool_ids_covering(session: Session, training_id: int) -> tuple[str, ...]:
    """Return the public IDs of an organization's pools that cover all of a training, largest scope last."""
    item = aliased(TrainingItem)
    left_out = exists().where(
        item.training_id == Training.id,
        Webinar.id == item.webinar_id,
        Webinar.state.in_(COUNTED),
        ~Webinar.free,
        ~covers(Pool, item.webinar_id),
    )
    query = (
        select(Pool.public_id)
        .join(Training, Pool.organization_id.in_(family_of(Training.organization_id)))
        .where(Training.id == training_id, ~left_out)
        .order_by(Pool.webinar_id.is_(None), Pool.id)
    )
    return tuple(session.scalars(query))
