"""Rows of the staff page for callers: the person, their invitations and actions, and pools with seats for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_date
from lms.models.grants import Scope
from lms.models.seats import AssignmentEnd, AssignmentState
from lms.people.access_diagnosis import Caller
from lms.people.caller_facts import OfferedPool
from lms.people.grant_and_seat_history import HeldSeat, read_grants
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.mail.staff_outgoing_mail import Row as MailRow
from lms.web.mail.staff_outgoing_mail import mail_row
from lms.web.people.grant_and_seat_rows import SeatRow, covered, seat_row
from lms.web.people.staff_answer_texts import (
    account_sentence,
    playback_sentence,
    sign_in_sentences,
)

MOST_CHOICES: Final = 8


@dataclass(frozen=True, slots=True)
class CallerSeat:
    """A seat or invitation with staff's actions; `invite_to` is the pool for another invitation."""

    row: SeatRow
    id: str
    email: str
    is_open: bool
    is_offered: bool
    invite_to: str


@dataclass(frozen=True, slots=True)
class CallerRow:
    """A caller, as shown; `login` is the public id of their account."""

    who: str
    name: str
    email: str
    url: str | None
    login: str
    came_by: str
    account: str
    is_confirmed: bool
    is_blocked: bool
    is_team: bool
    has_power: bool
    domain_of: str
    organization_url: str | None
    waiting: tuple[tuple[str, str, str], ...]
    seats: tuple[CallerSeat, ...]
    bounced: str
    bounce_reason: str
    signed_in: list[str]
    played: str
    emails: list[MailRow]


def caller_row(caller: Caller, who: str, *, now: datetime) -> CallerRow:
    """Return a caller in words."""
    zone, account, facts = reading_zone(), caller.account, caller.facts
    login = account.public_id if account else caller.begun
    slug = caller.organization_slug
    return CallerRow(
        who=who,
        name=account.name if account else caller.email or "",
        email=caller.email or "",
        url=_url(caller),
        login=login or "",
        came_by=caller.came_by,
        account=account_sentence(caller),
        is_confirmed=account is not None and account.is_confirmed,
        is_blocked=account is not None and account.is_blocked,
        is_team=account is not None and account.seller_role is not None,
        has_power=caller.has_power,
        domain_of=caller.domain_of,
        organization_url=url_for("staff_organizations.organization", slug=slug) if slug else None,
        waiting=tuple(
            (
                one.organization,
                url_for("staff_organizations.organization", slug=one.slug),
                say_date(one.since, zone),
            )
            for one in caller.waiting
        ),
        seats=tuple(_seat(seat, caller.seats) for seat in caller.seats),
        bounced=say_date(caller.bounced.bounced_at, zone) if caller.bounced else "",
        bounce_reason=caller.bounced.reason if caller.bounced else "",
        signed_in=sign_in_sentences(facts.sign_in, facts.secret, zone, now=now) if account else [],
        played=playback_sentence(facts.playback, zone) if account else "",
        emails=[mail_row(one) for one in facts.emails],
    )


def pool_choices(pools: Sequence[OfferedPool]) -> list[tuple[str, str, str, str]]:
    """Return the pools that can seat a caller: id, scope, organization, and number of free seats."""
    return [
        (
            one.pool,
            covered(one.scope, one.covers),
            one.organization,
            _("unlimited seats") if one.free is None else _("%(count)s available", count=one.free),
        )
        for one in pools[:MOST_CHOICES]
    ]


def webinar_choices(
    session: Session, caller: Caller, who: str, *, now: datetime
) -> list[tuple[str, str]]:
    """Return the webinars that a caller may mean: their own, those of invitations, or the last one played."""
    titles = [seat.covers for seat in caller.seats if seat.scope is Scope.WEBINAR]
    if caller.account is not None:
        grants = read_grants(session, caller.account.id, now=now)
        titles += [one.covers for one in grants if one.scope is Scope.WEBINAR]
    if caller.facts.playback is not None:
        titles.insert(0, caller.facts.playback.title)
    return [
        (title, url_for("staff_why.why", address=who, webinar=title))
        for title in list(dict.fromkeys(titles))[:MOST_CHOICES]
    ]


def _seat(seat: HeldSeat, others: Sequence[HeldSeat]) -> CallerSeat:
    has_newer = any(each.pool == seat.pool and each.ended_at is None for each in others)
    is_first = next(each for each in others if each.pool == seat.pool) is seat
    is_expired = seat.ended_as is AssignmentEnd.EXPIRED and not has_newer and is_first
    return CallerSeat(
        row=seat_row(seat, zone=reading_zone()),
        id=seat.seat,
        email=seat.email or "",
        is_open=seat.state in (AssignmentState.INVITED, AssignmentState.OFFERED),
        is_offered=seat.state is AssignmentState.OFFERED,
        invite_to=seat.pool if is_expired else "",
    )


def _url(caller: Caller) -> str | None:
    login = caller.account.public_id if caller.account else caller.begun
    if login:
        return url_for("staff_people.person", login_id=login)
    if caller.seats or caller.waiting:
        return url_for("staff_invited.person", address=caller.email)
    return None
