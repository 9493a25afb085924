"""Emails about contracts and passes that end, seat shortages, and pools that fill up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.core.dates_and_time_zones import last_moment, say_day
from lms.core.errors import N_
from lms.grants.grants import Target
from lms.mail import outbox as mail_outbox
from lms.mail.links import MailContext
from lms.models.organizations import Organization
from lms.organizations.manager_emails import Recipient, emailed_managers
from lms.seats.pools import PoolFacts, allotments_of
from lms.seats.seat_counts import count_people

ALL_WEBINARS = N_("all webinars")
CONTRACT_ENDS = N_("%(organization)s: your contract ends on %(day)s")
CONTRACT_OVER = N_("%(organization)s: your contract ended")
GRACE_EXTENDED = N_("%(organization)s: your grace period is extended until %(day)s")
CONTRACT_LAPSED = N_("%(organization)s: access ended")
SHORTAGE = N_("%(organization)s: fewer seats starting %(day)s")
POOL_USE = N_("%(organization)s: %(share)s%% of your seats are used")
POOL_FULL = N_("%(organization)s: all your seats are used")
RENEWED = N_("%(organization)s: your contract is renewed until %(day)s")
RENEWAL_ORDERED = N_("%(organization)s: we received your renewal order")
ALLOTTED_END = N_("%(organization)s: your seats from %(parent)s end on %(day)s")
ALLOTTED_ENDED = N_("%(organization)s: your seats from %(parent)s ended on %(day)s")
ALLOTTED_EXTENDED = N_("%(organization)s: your seats from %(parent)s are extended until %(day)s")
ALLOTTED_RENEWED = N_("%(organization)s: your seats from %(parent)s are renewed until %(day)s")
PASS_ENDS = N_("Your pass ends on %(day)s")
PASS_ENDED = N_("Your pass ended on %(day)s")
OWNED_PASS_ENDS = N_("%(organization)s: your all-access pass ends on %(day)s")
OWNED_PASS_ENDED = N_("%(organization)s: your all-access pass ended")
OWNED_PASS_RENEWED = N_("%(organization)s: your all-access pass is renewed until %(day)s")
FULL: Final = 100
NAMED_AT_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class AccessEnded:
    """The end of a pass, or of a contract's grace period: for how many people, whose seats are kept.

    `is_held`: it was renewed by an order that is on hold.
    """

    at: datetime
    kept_until: datetime
    people: int
    is_held: bool


@dataclass(frozen=True, slots=True)
class GraceExtended:
    """A grace period that our team extended; `was_over`: people had lost access."""

    ends_at: datetime
    until: datetime
    was_over: bool
    is_held: bool


@dataclass(frozen=True, slots=True)
class Fewer:
    """A smaller term that begins: its number of seats, and the names of people who would lose theirs."""

    at: datetime
    seats: int
    leavers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewTerm:
    """A term added to a contract: its seats (None for unlimited), start and end.

    `price` is "" if it is not shown; `is_held` is True while the order is on hold. `number` is its order's.
    """

    seats: int | None
    starts_at: datetime
    ends_at: datetime
    number: str = ""
    price: str = ""
    reference: str = ""
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class EndingPass:
    """A person's pass that ends or ended; `covers` is "" for everything, `is_held`: its renewal is on hold.

    `days` is how many days ahead they are notified, None if our team sends the email.
    """

    reader: Recipient
    grant: str
    ends_at: datetime
    covers: str
    target: Target
    days: int | None
    is_held: bool = False

    @property
    def key(self) -> str | None:
        """Return the unique key of the notice; our team's email has none."""
        return None if self.days is None else f"pass-ends:{self.grant}:{self.days}"


def send_contract_ends(
    session: Session,
    pool: PoolFacts,
    post: MailContext,
    *,
    ends_at: datetime,
    days: int,
    now: datetime,
) -> None:
    """Email the managers of a contract or pass that it ends, and how to renew it."""
    day = _last_day(ends_at, post.zone)
    values = {"day": day, "used": pool.used, "seats": pool.capacity, "is_pass": pool.is_pass}
    line = OWNED_PASS_ENDS if pool.is_pass else CONTRACT_ENDS
    subject = line % {"organization": pool.organization, "day": day}
    key = f"contract-ends:{pool.public_id}:{_stamp(ends_at)}:{days}"
    _to_managers(session, pool, post, ("contract_expiring", subject, key), values, now=now)
    _to_branches(session, pool, post, ALLOTTED_END, f"{_stamp(ends_at)}:{days}", ends_at, now=now)


def send_contract_over(  # noqa: PLR0913  (the pool, its dates, and the time)
    session: Session,
    pool: PoolFacts,
    post: MailContext,
    *,
    ends_at: datetime,
    grace_until: datetime,
    is_held: bool,
    now: datetime,
) -> None:
    """Email the managers of a contract that it ended, and when the grace period ends (C1).

    `is_held`: it was renewed by an order that is on hold.
    """
    values = {
        "is_held": is_held,
        "day": _last_day(ends_at, post.zone),
        "until": _last_day(grace_until, post.zone),
        "used": pool.used,
    }
    subject = CONTRACT_OVER % {"organization": pool.organization}
    key = f"contract-over:{pool.public_id}:{_stamp(ends_at)}"
    _to_managers(session, pool, post, ("contract_expired", subject, key), values, now=now)


def send_grace_extended(
    session: Session, pool: PoolFacts, post: MailContext, grace: GraceExtended, *, now: datetime
) -> None:
    """Email the managers of a contract that our team extended its grace period."""
    day = _last_day(grace.until, post.zone)
    values = {
        "day": _last_day(grace.ends_at, post.zone),
        "until": day,
        "is_ended": grace.ends_at <= now,
        "was_over": grace.was_over,
        "is_held": grace.is_held,
    }
    subject = GRACE_EXTENDED % {"organization": pool.organization, "day": day}
    key = f"grace-extended:{pool.public_id}:{_stamp(grace.until)}"
    _to_managers(session, pool, post, ("grace_extended", subject, key), values, now=now)
    event = f"{_stamp(grace.until)}:extended"
    _to_branches(session, pool, post, ALLOTTED_EXTENDED, event, grace.until, now=now)


def send_access_ended(
    session: Session, pool: PoolFacts, post: MailContext, ended: AccessEnded, *, now: datetime
) -> None:
    """Email the managers of a contract or pass that access ended, for how many, and how to renew it."""
    values = {
        "is_pass": pool.is_pass,
        "day": _last_day(ended.at, post.zone),
        "people": ended.people,
        "kept_until": _last_day(ended.kept_until, post.zone),
        "is_held": ended.is_held,
    }
    line = OWNED_PASS_ENDED if pool.is_pass else CONTRACT_LAPSED
    subject = line % {"organization": pool.organization}
    key = f"contract-lapsed:{pool.public_id}:{_stamp(ended.at)}"
    _to_managers(session, pool, post, ("contract_grace_ended", subject, key), values, now=now)
    _to_branches(session, pool, post, ALLOTTED_ENDED, f"{_stamp(ended.at)}:over", ended.at, now=now)


def send_shortage(
    session: Session,
    pool: PoolFacts,
    post: MailContext,
    fewer: Fewer,
    *,
    days: int,
    now: datetime,
) -> None:
    """Email the managers of a pool that a smaller term begins, and who loses their seat by default."""
    day = say_day(fewer.at, post.zone)
    values = {
        "day": day,
        "seats": fewer.seats,
        "over": len(fewer.leavers),
        "leavers": fewer.leavers[:NAMED_AT_MOST],
        "others": max(0, len(fewer.leavers) - NAMED_AT_MOST),
    }
    subject = SHORTAGE % {"organization": pool.organization, "day": day}
    key = f"shortage:{pool.public_id}:{_stamp(fewer.at)}:{fewer.seats}:{days}"
    _to_managers(session, pool, post, ("contract_shortage", subject, key), values, now=now)


def send_renewed(
    session: Session,
    pool: PoolFacts,
    post: MailContext,
    term: NewTerm,
    *,
    now: datetime,
    is_again: bool = False,
) -> None:
    """Email the managers of a contract or pass that it was renewed, with the same people (A5, C4).

    Each manager is emailed once, and again when an order on hold opens or our team resends it.
    """
    day = _last_day(term.ends_at, post.zone)
    values = {
        "from_day": say_day(term.starts_at, post.zone),
        "day": day,
        "seats": term.seats,
        "is_pass": pool.is_pass,
        "is_ahead": term.starts_at > now,
        "is_held": term.is_held,
        "number": term.number,
        "price": term.price,
        "reference": term.reference,
    }
    renewed = OWNED_PASS_RENEWED if pool.is_pass else RENEWED
    line = RENEWAL_ORDERED if term.is_held else renewed
    subject = line % {"organization": pool.organization, "day": day}
    key = f"renewed:{pool.public_id}:{_stamp(term.starts_at)}:{term.number or _stamp(now)}"
    if is_again:
        key += f":{_stamp(now)}"
    _to_managers(session, pool, post, ("contract_renewed", subject, key), values, now=now)
    if not term.is_held:
        until = f"{_stamp(term.ends_at)}:renewed"
        _to_branches(session, pool, post, ALLOTTED_RENEWED, until, term.ends_at, now=now)


def use_key(pool: PoolFacts, grant_id: int, share: int) -> str:
    """Return the prefix of the unique keys for one grant's emails about this share of used seats."""
    return f"pool-use:{pool.public_id}:{grant_id}:{share}"


def send_pool_use(
    session: Session,
    pool: PoolFacts,
    post: MailContext,
    *,
    share: int,
    grant_id: int,
    now: datetime,
) -> None:
    """Email the managers of a pool that this percentage of its seats is used."""
    values = {"used": pool.used, "seats": pool.capacity, "is_full": share == FULL}
    subject = POOL_FULL if share == FULL else POOL_USE
    line = subject % {"organization": pool.organization, "share": share}
    key = use_key(pool, grant_id, share)
    _to_managers(session, pool, post, ("pool_usage_alert", line, key), values, now=now)


def send_pass_ends(
    session: Session, ending: EndingPass, post: MailContext, *, url: str, price: str, now: datetime
) -> None:
    """Email the owner of a pass that it ends or ended, and when a renewal begins (A5).

    `url` is where to renew it for `price`, or to request that or pay for it if there is no price.
    """
    reader, day = ending.reader, _last_day(ending.ends_at, post.zone)
    is_over = ending.ends_at <= now
    mail_outbox.post(
        session,
        kind="pass_expiring",
        to=reader.email,
        login_id=reader.login_id,
        subject=(PASS_ENDED if is_over else PASS_ENDS) % {"day": day},
        values={
            "name": reader.name,
            "day": day,
            "covers": ending.covers or ALL_WEBINARS,
            "price": price,
            "is_over": is_over,
            "is_held": ending.is_held,
            "action_url": url,
        },
        now=now,
        unique_key=ending.key,
    )


def _to_managers(
    session: Session,
    pool: PoolFacts,
    post: MailContext,
    about: tuple[str, str, str],
    values: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    """Email each manager of the organization; the seller if it has none."""
    kind, subject, key = about
    readers = emailed_managers(session, pool.organization_id)
    contact = read_branding(session, contact="").contact_email
    if not readers and contact:
        readers = (Recipient(None, contact, ""),)
    path = _page(session, kind, pool, is_held=bool(values.get("is_held")))
    for reader in readers:
        mail_outbox.post(
            session,
            kind=kind,
            to=reader.email,
            login_id=reader.login_id,
            subject=subject,
            values={
                **values,
                "name": reader.name,
                "organization": pool.organization,
                "covers": pool.covers or ALL_WEBINARS,
                "action_url": post.links.page(path),
            },
            now=now,
            unique_key=f"{key}:{reader.login_id or 'house'}",
        )


def _to_branches(  # noqa: PLR0913  (the pool, its end, and the time)
    session: Session,
    pool: PoolFacts,
    post: MailContext,
    subject: str,
    event: str,
    ends_at: datetime,
    *,
    now: datetime,
) -> None:
    """Email the managers of organizations with seats allotted from a pool, who can't renew it (S11)."""
    day = _last_day(ends_at, post.zone)
    for branch in allotments_of(session, pool.id):
        people = count_people(session, branch.id)
        if not (people or branch.allotted or branch.capacity is None):
            continue  # all its seats were moved back
        names = {"organization": branch.organization, "parent": pool.organization, "day": day}
        for reader in emailed_managers(session, branch.organization_id):
            mail_outbox.post(
                session,
                kind="allotment_term",
                to=reader.email,
                login_id=reader.login_id,
                subject=subject % names,
                values={
                    **names,
                    "name": reader.name,
                    "covers": branch.covers or ALL_WEBINARS,
                    "people": people,
                    "is_over": subject == ALLOTTED_ENDED,
                    "is_renewed": subject == ALLOTTED_RENEWED,
                    "is_extended": subject == ALLOTTED_EXTENDED,
                    "action_url": post.links.page(_page(session, "allotment_term", branch)),
                },
                now=now,
                unique_key=f"allotment:{branch.public_id}:{event}:{reader.login_id}",
            )


def _page(session: Session, kind: str, pool: PoolFacts, *, is_held: bool = False) -> str:
    organization = session.scalars(
        select(Organization.public_id).where(Organization.id == pool.organization_id)
    ).one()
    page = f"/organization/{organization}"
    if kind in {"contract_renewed", "allotment_term"}:
        return page
    if is_held:
        return f"{page}/orders"
    act = {"pool_usage_alert": "more-seats", "contract_shortage": "renewal"}.get(kind, "renew")
    return f"{page}/pools/{pool.public_id}/{act}"


def _last_day(ends_at: datetime, zone: ZoneInfo) -> str:
    """Return the last day of a half-open term."""
    return say_day(last_moment(ends_at), zone)


def _stamp(at: datetime) -> int:
    return int(at.timestamp())
