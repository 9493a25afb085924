"""Registrations for a live webinar: register, cancel, and resend (PRODUCT.md, A6)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.accounts import accounts
from lms.core.database import insert_into
from lms.core.errors import NotFound, or_not_found
from lms.live import mails
from lms.live.mails import Kind
from lms.live.registrants import read_registrant, read_standing
from lms.mail.links import Links
from lms.models.catalog import Webinar
from lms.models.live import LiveJoin, Registration

ONE_CLICK: Final = timedelta(seconds=30)


def register(
    session: Session, *, login_id: int, webinar_id: int, links: Links, now: datetime
) -> bool:
    """Register a person and email them how to join; return whether they weren't registered before.

    The caller checks that they have access. Registering is free and creates no order.
    """
    if not enter(session, login_id=login_id, webinar_id=webinar_id, now=now):
        return False
    account, webinar = accounts.read_account(session, login_id), _webinar(session, webinar_id)
    audit.record(session, "webinar.registered", webinar.public_id, actor=account.public_id, now=now)
    write_to(session, mails.REGISTERED, login_id, webinar, links=links, now=now)
    return True


def enter(session: Session, *, login_id: int, webinar_id: int, now: datetime) -> bool:
    """Register a person without an email; return whether they weren't registered before."""
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
    # No row is returned if another request registered them first.
    return made is not None


def leave(session: Session, *, login_id: int, webinar_id: int, links: Links, now: datetime) -> None:
    """Cancel a person's registration and its calendar entry; does nothing the second time.

    Their access stays. Raises NotFound if they never registered.
    """
    standing = or_not_found(read_standing(session, login_id=login_id, webinar_id=webinar_id))
    if not standing.is_coming:
        return
    account, webinar = accounts.read_account(session, login_id), _webinar(session, webinar_id)
    _count_turn(session, login_id, webinar_id)
    # Write before step_out: emails go only to people who are still registered.
    write_to(session, mails.LEFT, login_id, webinar, links=links, now=now)
    step_out(session, login_id=login_id, webinar_id=webinar_id, now=now)
    audit.record(session, "webinar.left", webinar.public_id, actor=account.public_id, now=now)


def step_out(session: Session, *, login_id: int, webinar_id: int, now: datetime) -> None:
    """Cancel a person's registration without an email."""
    session.execute(
        update(Registration)
        .where(
            Registration.login_id.in_(logins_of(login_id)),
            Registration.webinar_id == webinar_id,
            Registration.left_at.is_(None),
        )
        .values(left_at=now)
    )


def send_again(
    session: Session, *, login_id: int, webinar_id: int, links: Links, now: datetime
) -> None:
    """Email a registered person again how to join; raises NotFound for others."""
    standing = read_standing(session, login_id=login_id, webinar_id=webinar_id)
    if standing is None or not standing.is_coming:
        raise NotFound
    webinar = _webinar(session, webinar_id)
    write_to(session, mails.REGISTERED, login_id, webinar, links=links, now=now)


def write_to(
    session: Session, kind: Kind, login_id: int, webinar: Webinar, *, links: Links, now: datetime
) -> None:
    """Email a registered person about a webinar; does nothing for others or without an address."""
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
    )


def note_join(session: Session, *, login_id: int, webinar_id: int, now: datetime) -> None:
    """Note that a person was let into the room, and register them if they aren't.

    A second click within half a minute counts as the same join.
    """
    enter(session, login_id=login_id, webinar_id=webinar_id, now=now)
    just_now = exists().where(
        LiveJoin.login_id == login_id,
        LiveJoin.webinar_id == webinar_id,
        LiveJoin.joined_at > now - ONE_CLICK,
    )
    if not session.scalar(select(just_now)):
        session.add(LiveJoin(webinar_id=webinar_id, login_id=login_id, joined_at=now))
        session.flush()
