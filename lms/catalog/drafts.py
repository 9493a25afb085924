"""Drafts of webinars: delete one, or make an announced webinar a draft again."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, union
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import audit
from lms.catalog.webinars import change_state, find_in_state
from lms.core.errors import N_, Conflict
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant
from lms.models.handouts import Handout
from lms.models.live import Registration
from lms.models.orders import Order, OrderLine, Quote
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Assignment, Pool
from lms.models.training import Trainee, TrainingItem
from lms.models.uploads import Upload, UploadState

HAS_FILES: Final = N_(
    "This draft has files. Delete its recordings and handouts first. You can restore "
    "them for 30 days, and delete the draft after that."
)
IN_USE: Final = N_(
    "You can't delete this draft because an order, a quote, or an organization uses it. "
    "Remove it there first."
)
IS_KNOWN: Final = N_(
    "You can't make this a draft again because people registered for it, have access to "
    "it, or received a quote. Withdraw it, or cancel it to notify them."
)


def count_informed(session: Session, webinar_id: int) -> int:
    """Return how many people have a webinar, or know of it beyond its page.

    They registered, ordered it or got a quote, were invited to it, watched it, or were assigned it
    as training.
    """
    ordered = or_(
        Order.placed_at.is_not(None), exists().where(Quote.order_id == OrderLine.order_id)
    )
    logins = union(
        select(Registration.login_id).where(Registration.webinar_id == webinar_id),
        select(Grant.login_id).where(Grant.webinar_id == webinar_id, Grant.login_id.is_not(None)),
        select(Assignment.login_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(Pool.webinar_id == webinar_id, Assignment.login_id.is_not(None)),
        select(WatchRecord.login_id)
        .join(Recording, Recording.id == WatchRecord.recording_id)
        .where(Recording.webinar_id == webinar_id),
        select(Trainee.login_id)
        .join(TrainingItem, TrainingItem.training_id == Trainee.training_id)
        .where(TrainingItem.webinar_id == webinar_id),
        select(func.coalesce(Order.contact_id, Order.login_id))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.webinar_id == webinar_id, OrderLine.replaced_at.is_(None), ordered),
    ).subquery()
    invited = (
        select(func.count(Assignment.email_key.distinct()))
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(Pool.webinar_id == webinar_id, Assignment.login_id.is_(None))
    )
    people = session.scalar(select(func.count()).select_from(logins)) or 0
    return people + (session.scalar(invited) or 0)


def make_draft_again(session: Session, slug: str, *, actor: str | None, now: datetime) -> Webinar:
    """Make an announced webinar a draft again, as long as no one was informed of it.

    Raises NotFound, and Conflict if it isn't announced, or if a person registered, has it or
    ordered it.
    """
    row = find_in_state(session, slug, WebinarState.ANNOUNCED)
    has_pool = select(exists().where(Pool.webinar_id == row.id))
    if count_informed(session, row.id) or session.scalar(has_pool):
        raise Conflict(IS_KNOWN, code="is_known")
    row.announced_at = None
    return change_state(session, row, WebinarState.DRAFT, "drafted_again", actor=actor, now=now)


def delete_draft(session: Session, slug: str, *, actor: str | None, now: datetime) -> str:
    """Delete a draft permanently, with its texts and prices; return its title.

    Raises NotFound, and Conflict if it isn't a draft, has files, or is used by an order.
    """
    row = find_in_state(session, slug, WebinarState.DRAFT)
    if _has_files(session, row.id):
        raise Conflict(HAS_FILES, code="has_files")
    title = row.title
    try:
        with session.begin_nested():
            # recordings deleted long ago have a row but no file
            session.execute(
                delete(Recording)
                .where(Recording.webinar_id == row.id)
                .execution_options(synchronize_session="auto")
            )
            session.execute(
                delete(Webinar)
                .where(Webinar.id == row.id)
                .execution_options(synchronize_session="auto")
            )
    except IntegrityError as error:
        raise Conflict(IN_USE, code="in_use") from error
    audit.record(session, "webinar.deleted", row.public_id, actor=actor, now=now)
    session.expunge(row)
    return title


def _has_files(session: Session, webinar_id: int) -> bool:
    kept: tuple[ColumnElement[bool], ...] = (
        exists().where(Recording.webinar_id == webinar_id, Recording.original_key != ""),
        exists().where(Handout.webinar_id == webinar_id),
        exists().where(
            Upload.webinar_id == webinar_id,
            Upload.state.in_((UploadState.SENDING, UploadState.ARRIVED)),
        ),
    )
    return bool(session.scalar(select(or_(*kept))))
