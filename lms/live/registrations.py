"""Registrations for a live webinar: register, cancel, and resend (PRODUCT.md, A6)."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.accounts import accounts
from lms.core.database import insert_into
from lms.core.errors import NotFound
from lms.live import mails
from lms.live.mails import Kind
from lms.live.registrants import read_registrant, read_standing
from lms.mail.links import Links
from lms.models.catalog import Webinar
from lms.models.live import Registration


def register(
    session: Session, *, login_id: int, webinar_id: int, links: Links, now: datetime
) -> bool:
    """Note that somebody will come, and write how to attend; tells whether it was news.

    Whether they hold the webinar was decided before. It costs nothing and makes no order.
    """
    if not enter(session, login_id=login_id, webinar_id=webinar_id, now=now):
        return False
    account, webinar = accounts.read_account(session, login_id), _webinar(session, webinar_id)
    audit.record(session, "webinar.registered", webinar.public_id, actor=account.public_id, now=now)
    write_to(session, mails.REGISTERED, login_id, webinar, links=links, now=now)
    return True


def enter(session: Session, *, login_id: int, webinar_id: int, now: datetime) -> bool:
    """Note that somebody will come, without a letter; tells whether it was news."""
    standing = read_standing(session, login_id=login_id, webinar_id=webinar_id)
    if standing is not None and standing.is_coming:
        return False
    turns = 0 if standing is None else standing.turns + 1
    new = {"registered_at": now, "left_at": None, "turns": turns}
    made = session.execute(
        insert_into(session, Registration)
        .values(login_id=login_id, webinar_id=webinar_id, **new)
        .on_conflict_do_update(
            index_elements=["login_id", "webinar_id"],
            set_=new,
            where=Registration.left_at.is_not(None),
        )
        .returning(Registration.login_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return made is not None


def leave(session: Session, *, login_id: int, webinar_id: int, links: Links, now: datetime) -> None:
    """Note that somebody won't come, and take the entry out of their calendar; twice is once.

    What they hold is not touched. Raises NotFound for who never registered.
    """
    standing = read_standing(session, login_id=login_id, webinar_id=webinar_id)
    if standing is None:
        raise NotFound
    if not standing.is_coming:
        return
    account, webinar = accounts.read_account(session, login_id), _webinar(session, webinar_id)
    _count_turn(session, login_id, webinar_id)
    write_to(session, mails.LEFT, login_id, webinar, links=links, now=now)
    step_out(session, login_id=login_id, webinar_id=webinar_id, now=now)
    audit.record(session, "webinar.left", webinar.public_id, actor=account.public_id, now=now)


def step_out(session: Session, *, login_id: int, webinar_id: int, now: datetime) -> None:
    """Note that somebody won't come, without a letter."""
    session.execute(
        update(Registration)
        .where(
            Registration.login_id.in_(logins_of(login_id)),
            Registration.webinar_id == webinar_id,
            Registration.left_at.is_(None),
        )
        .values(left_at=now)
        .execution_options(synchronize_session=False)
    )


def send_again(
    session: Session, *, login_id: int, webinar_id: int, links: Links, now: datetime
) -> None:
    """Write once more how to attend, to who registered; raises NotFound for anybody else."""
    standing = read_standing(session, login_id=login_id, webinar_id=webinar_id)
    if standing is None or not standing.is_coming:
        raise NotFound
    webinar = _webinar(session, webinar_id)
    write_to(session, mails.REGISTERED, login_id, webinar, links=links, now=now)


def write_to(
    session: Session, kind: Kind, login_id: int, webinar: Webinar, *, links: Links, now: datetime
) -> None:
    """Write a letter about a webinar to somebody who will come; to nobody else, nor without an address."""
    reader = read_registrant(session, login_id=login_id, webinar_id=webinar.id)
    if reader is not None:
        mails.send(session, kind, webinar, reader, links=links, now=now)


def _webinar(session: Session, webinar_id: int) -> Webinar:
    return session.get_one(Webinar, webinar_id)


def _count_turn(session: Session, login_id: int, webinar_id: int) -> None:
    session.execute(
        update(Registration)
        .where(
            Registration.login_id.in_(logins_of(login_id)), Registration.webinar_id == webinar_id
        )
        .values(turns=Registration.turns + 1)
        .execution_options(synchronize_session=False)
    )
