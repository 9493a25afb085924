"""Pool texts: what each pool covers, how full it is, and when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.access.explanations import last_day
from lms.core.dates_and_time_zones import say_long_date
from lms.core.errors import N_
from lms.core.list_queries import told_apart
from lms.models.grants import Scope
from lms.seats.pool_overview import Line, PoolCard, Standing, Term
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.form_fields import Names
from lms.web.core.number_parsing_and_formatting import counted

SOON = timedelta(days=30)
CHOOSE_PURPOSE = N_("Choose who uses them")
UNLIMITED_WITH_OWN = N_("Unlimited seats: assign yourself one and invite your staff.")
ONE_WITH_OWN = N_("1 seat: assign it to yourself or invite someone.")


@dataclass(frozen=True, slots=True)
class Face:
    """One pool as shown on a page."""

    id: str
    title: str
    about: str
    url: str | None
    badge: str
    badge_kind: str
    term: str
    use: str
    used: int
    capacity: int | None
    free: int | None
    parts: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    more_url: str | None
    renew_url: str | None
    invite_url: str | None
    is_full: bool


def pool_title(card: PoolCard) -> str:
    """Return what a pool covers."""
    match card.scope:
        case Scope.EVERYTHING:
            return _("All webinars")
        case Scope.PRESENTER:
            return _("All webinars by %(presenter)s", presenter=card.title)
        case Scope.SERIES:
            return _("The series %(series)s", series=card.title)
        case Scope.WEBINAR:
            return card.title


def pool_names(
    organization_id: str, cards: Sequence[PoolCard], *, with_free: bool = False
) -> Names:
    """Return the pools of an organization by what they cover, for a field.

    Pools with the same title also show how they differ: the webinar's slug, what was sold, when it ends,
    or which merged organization has it. With `with_free`, a short list shows the available seats.
    """
    url = url_for("organization_people.pools", organization_id=organization_id)
    titles = pool_titles(cards)
    names = Names(titles.items(), url)
    if with_free and names.are_few:
        pairs = zip(cards, titles.values(), strict=True)
        return Names(zip(titles, (_with_free(*each) for each in pairs), strict=True), url)
    return names


def pool_titles(cards: Sequence[PoolCard]) -> dict[str, str]:
    """Return what each pool covers, in words, by its public id; those of one title are told apart."""
    titles = told_apart(_marked(card) for card in cards)
    return dict(zip((card.public_id for card in cards), titles, strict=True))


def _marked(card: PoolCard) -> tuple[str, ...]:
    until = card.term.until
    ends = _("until %(day)s", day=last_day(until, reading_zone())) if until else ""
    return (pool_title(card), card.target or "", _about(card), ends, card.record)


def _with_free(card: PoolCard, title: str) -> str:
    if card.free is None:
        return title
    return f"{title}, {_('%(free)s available', free=counted(card.free))}"


def pool_face(card: PoolCard, organization_id: str, *, zone: ZoneInfo, now: datetime) -> Face:
    """Return a pool in words, with days in the organization's time zone."""
    badge, kind = (_("Unavailable"), "danger") if card.is_off else _badge(card.term, now=now)
    is_open = card.takes_people and not card.is_off
    return Face(
        id=card.public_id,
        title=pool_title(card),
        about=_about(card),
        url=_url(card),
        badge=badge,
        badge_kind=kind,
        term=_term(card.term, zone),
        use=_use(card),
        used=card.used,
        capacity=card.capacity,
        free=card.free,
        parts=_parts(card),
        lines=tuple(_line(line, zone) for line in card.lines),
        more_url=(
            None
            if card.allotted_by or card.is_pass or card.is_off or card.capacity is None
            else _buying_url("more", card, organization_id)
        ),
        renew_url=(
            None
            if card.is_permanent or card.allotted_by
            else _buying_url("renew", card, organization_id)
        ),
        invite_url=(
            url_for(
                "organization_inviting.begin", organization_id=organization_id, pool=card.public_id
            )
            if is_open and card.free != 0
            else None
        ),
        is_full=is_open
        and card.free == 0
        and card.capacity != 1,  # a single seat isn't shown as full
    )


def seats_line(free: int | None, *, has_own: bool) -> str:
    """Return what a manager can do with a pool's free seats (None means unlimited)."""
    if free is None:
        if has_own:
            return _("Unlimited seats: invite your staff.")
        return _(UNLIMITED_WITH_OWN)
    if has_own:
        return ngettext(
            "%(seats)s seat to assign.", "%(seats)s seats to assign.", free, seats=counted(free)
        )
    if free == 1:
        return _(ONE_WITH_OWN)
    return ngettext(
        "%(seats)s seats: assign yourself one and invite %(others)s person.",
        "%(seats)s seats: assign yourself one and invite %(others)s people.",
        free - 1,
        seats=counted(free),
        others=counted(free - 1),
    )


def _about(card: PoolCard) -> str:
    kept = _("Permanent seats") if card.is_permanent else _("Contract")
    if card.is_pass:
        kept = _("All-access pass")
    if card.allotted_by:
        return _("%(kind)s, allotted by %(parent)s", kind=kept, parent=card.allotted_by)
    return kept


def _url(card: PoolCard) -> str | None:
    match card.scope:
        case Scope.EVERYTHING:
            return url_for("catalog.webinars")
        case Scope.PRESENTER:
            return url_for("catalog.presenter", slug=card.target)
        case Scope.SERIES:
            return url_for("catalog.series", slug=card.target)
        case Scope.WEBINAR:
            return url_for("catalog.webinar", slug=card.target)


_BADGES: Final = {
    Standing.IN_FORCE: (N_("Active"), "open"),
    Standing.GRACE: (N_("Grace period"), "danger"),
    Standing.TO_COME: (N_("Starts later"), "term"),
    Standing.AWAITING_PAYMENT: (N_("Awaiting payment"), "soon"),
    Standing.PAUSED: (N_("Paused"), "danger"),
    Standing.SUSPENDED: (N_("Suspended"), "danger"),
    Standing.LAPSED: (N_("Ended"), "none"),
}

_CLOSED: Final = {
    Standing.AWAITING_PAYMENT: N_("Access starts when we receive payment."),
    Standing.PAUSED: N_(
        "Access is paused until we receive payment. Pay the order under Orders and invoices."
    ),
    Standing.SUSPENDED: N_(
        "We suspended these seats, so no one can watch with them. Contact us to resolve this."
    ),
}


def _buying_url(act: str, card: PoolCard, organization_id: str) -> str:
    return url_for(
        f"organization_buying.{act}", organization_id=organization_id, pool_id=card.public_id
    )


def _badge(term: Term, *, now: datetime) -> tuple[str, str]:
    words, kind = _BADGES[term.standing]
    if term.standing is Standing.IN_FORCE and term.until is None:
        words = N_("Permanent")
    elif term.standing is Standing.IN_FORCE and term.until and term.until - now <= SOON:
        words, kind = N_("Ends soon"), "soon"
    return _(words), kind


def _term(term: Term, zone: ZoneInfo) -> str:
    since = term.since or term.until
    if since is None:
        return _("These seats were revoked.")
    if term.standing in _CLOSED:
        return _(_CLOSED[term.standing])
    ended, begun = last_day(since, zone), say_long_date(since, zone)
    until = last_day(term.until, zone) if term.until else None
    match term.standing:
        case Standing.GRACE if term.awaits_renewal:
            told = _(
                "Ended on %(ended)s. People can watch until %(until)s. The renewal starts when we receive "
                "payment.",
                ended=ended,
                until=until,
            )
        case Standing.GRACE:
            told = _(
                "Ended on %(ended)s. People can watch until %(until)s, but you can't invite more "
                "people.",
                ended=ended,
                until=until,
            )
        case Standing.TO_COME:
            told = _("Starts on %(day)s. You can invite people now.", day=begun)
        case Standing.LAPSED:
            told = _("Ended on %(day)s. Renew to give the same people access again.", day=ended)
        case _:
            told = _("Until %(day)s", day=until) if until else _("Doesn't expire")
    return told


def _use(card: PoolCard) -> str:
    if card.capacity is None:
        return ngettext(
            "%(used)s seat used, unlimited",
            "%(used)s seats used, unlimited",
            card.used,
            used=counted(card.used),
        )
    return _(
        "%(used)s of %(capacity)s seats used",
        used=counted(card.used),
        capacity=counted(card.capacity),
    )


def _parts(card: PoolCard) -> tuple[tuple[str, str], ...]:
    counts = card.counts
    named = (
        (_("Claimed"), counts.claimed),
        (_("Invited"), counts.invited),
        (_("Offered to the waitlist"), counts.offered),
        (_("Locked"), counts.locked),
        (_("Allotted"), counts.allotted),
        (_("Reserved for renewal"), counts.frozen),
        (_("On the waitlist"), counts.waiting),
    )
    return tuple((label, counted(count)) for label, count in named if count)


def _line(line: Line, zone: ZoneInfo) -> str:
    seats = (
        _("Unlimited seats")
        if line.seats is None
        else ngettext("%(seats)s seat", "%(seats)s seats", line.seats, seats=counted(line.seats))
    )
    since = say_long_date(line.starts_at, zone)
    if line.ends_at is None:
        return _("%(seats)s, permanent since %(since)s", seats=seats, since=since)
    return _(
        "%(seats)s, from %(since)s until %(until)s",
        seats=seats,
        since=since,
        until=last_day(line.ends_at, zone),
    )
