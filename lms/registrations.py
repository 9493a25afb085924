"""Registrations: who holds a webinar through a pass or contract says that they will come (A6)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from lms import accounts, audit, sale_letters
from lms.accounts import Account
from lms.errors import NotFound
from lms.letters import Doors
from lms.models.catalogue import Webinar
from lms.models.orders import Registration


def register(
    session: Session,
    *,
    login_id: int,
    webinar_id: int,
    doors: Doors,
    zone: ZoneInfo,
    now: datetime,
) -> bool:
    """Note that somebody will come, and write how to attend; tells whether it was news.

    Whether they hold the webinar was decided before. It costs nothing and makes no order.
    """
    account = accounts.read_account(session, login_id)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (insert_on_sqlite if is_sqlite else insert_on_postgresql)(Registration)
    made = session.execute(
        insert.values(login_id=login_id, webinar_id=webinar_id, registered_at=now)
        .on_conflict_do_nothing()
        .returning(Registration.login_id)
    ).one_or_none()
    if made is None:
        return False
    webinar = session.get_one(Webinar, webinar_id)
    audit.record(session, "webinar.registered", webinar.public_id, actor=account.public_id, now=now)
    _write(session, account, webinar, doors=doors, zone=zone, now=now)
    return True


def send_again(
    session: Session,
    *,
    login_id: int,
    webinar_id: int,
    doors: Doors,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Write once more how to attend, to who registered; raises NotFound for anybody else."""
    if not is_registered(session, login_id=login_id, webinar_id=webinar_id):
        raise NotFound
    account = accounts.read_account(session, login_id)
    webinar = session.get_one(Webinar, webinar_id)
    _write(session, account, webinar, doors=doors, zone=zone, now=now)


def is_registered(session: Session, *, login_id: int, webinar_id: int) -> bool:
    """Tell whether somebody registered for a webinar."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    Registration.login_id == login_id, Registration.webinar_id == webinar_id
                )
            )
        )
    )


def _write(
    session: Session,
    account: Account,
    webinar: Webinar,
    *,
    doors: Doors,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    if account.email is None:
        return
    letter = sale_letters.Registered(
        account.email, account.id, account.name, webinar.title, webinar.slug, webinar.held_at
    )
    sale_letters.send_registered(session, letter, doors=doors, zone=zone, now=now)
