"""People named for seats when they were bought: invited once the access of their order is open."""

from collections.abc import Iterable
from datetime import datetime
from typing import BinaryIO, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid
from lms.mail.links import Links
from lms.models.orders import NamedPerson, OrderLine
from lms.organizations.staff_list_parser import read_file, read_pasted
from lms.seats import invitations
from lms.seats.invitations import MOST_AT_ONCE, Invitee

NOT_READ: Final = N_("Line %(line)s isn't an email address. Enter one person per line.")
TOO_MANY: Final = N_(
    "You entered %(named)s people for %(seats)s seats. Add seats, or enter fewer people."
)


def read_names(text: str, *, seats: int | None) -> tuple[Invitee, ...]:
    """Return the people in pasted text, each once; raises Invalid (field `people`).

    `seats` is how many there are for them, None for any number.
    """
    found: dict[str, Invitee] = {}
    for entry in read_pasted(text) if text.strip() else ():
        if entry.fault is not None:
            raise Invalid(NOT_READ % {"line": entry.line}, field="people")
        found[entry.email_key] = Invitee(read_address(entry.email), entry.name)
    if seats is not None and len(found) > seats:
        raise Invalid(TOO_MANY % {"named": len(found), "seats": seats}, field="people")
    return tuple(found.values())


def as_pasted(people: Iterable[Invitee]) -> str:
    """Return people as the text that `read_names` reads."""
    return "\n".join(_line(one.name, one.address.shown) for one in people)


def read_list(file: BinaryIO) -> str:
    """Return the rows of a CSV file as the text that `read_names` reads, unreadable rows included.

    Raises Invalid (field `file`) if the file isn't a list.
    """
    return "\n".join(
        " ".join(entry.raw.split()) if entry.fault else _line(entry.name, entry.email)
        for entry in read_file(file)
    )


def _line(name: str, email: str) -> str:
    return f"{name} <{email}>" if name else email


def name_people(session: Session, line_id: int, people: Iterable[Invitee]) -> None:
    """Store who gets the seats of an order line; replaces the people named before."""
    session.execute(
        delete(NamedPerson)
        .where(NamedPerson.order_line_id == line_id)
        .execution_options(synchronize_session="auto")
    )
    session.add_all(
        NamedPerson(
            order_line_id=line_id,
            email=one.address.shown,
            email_key=one.address.key,
            name=one.name,
        )
        for one in people
    )
    session.flush()


def move_names(session: Session, line_id: int, to_line_id: int) -> None:
    """Let the line that replaces an order line have the people named for its seats."""
    session.execute(
        update(NamedPerson)
        .where(NamedPerson.order_line_id == line_id)
        .values(order_line_id=to_line_id)
        .execution_options(synchronize_session="fetch")
    )


def people_named(session: Session, line_id: int) -> tuple[Invitee, ...]:
    """Return the people named for the seats of an order line, in the order entered."""
    rows = session.scalars(
        select(NamedPerson).where(NamedPerson.order_line_id == line_id).order_by(NamedPerson.id)
    )
    return tuple(Invitee(read_address(row.email), row.name) for row in rows)


def invite_named(
    session: Session, order_id: int, *, links: Links, actor: str | None, now: datetime
) -> None:
    """Invite everyone named for the seats of an order; call it once the order's access is open."""
    lines = session.scalars(
        select(OrderLine).where(OrderLine.order_id == order_id, OrderLine.replaced_at.is_(None))
    )
    for line in lines.all():
        people = people_named(session, line.id) if line.pool_id else ()
        for first in range(0, len(people), MOST_AT_ONCE):
            some = people[first : first + MOST_AT_ONCE]
            assert line.pool_id is not None  # noqa: S101  (people are named for a pool's seats)
            invitations.invite(session, line.pool_id, some, links=links, actor=actor, now=now)
