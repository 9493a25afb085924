"""Webinar cards, and the badge that states a person's access."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import url_for
from flask_babel import gettext as _

from lms.access.policy import Action, Admitted, Case, Code, Decision, decide
from lms.catalog.webinar_summary import Entry
from lms.core.dates_and_time_zones import (
    read_zone,
    say_date,
    say_datetime_short,
    say_last_date,
    say_time_shortly,
)
from lms.core.errors import N_
from lms.pricing.price_list import price_for_one
from lms.web.access.access_panel_and_reader_times import known_zone, reading_zone
from lms.web.core.recording_time_texts import minutes_of
from lms.web.playback.poster_images import picture_of

BADGE_KINDS: Final = {
    Code.OK_PERMANENT: "open",
    Code.OK_FREE: "free",
    Code.OK_TERM: "term",
    Code.OK_GRACE: "soon",
    Code.INVITE_NOT_CLAIMED: "soon",
    Code.SEAT_CLAIMABLE: "soon",
    Code.PAYMENT_PENDING: "soon",
    Code.PAYMENT_OVERDUE: "soon",
    Code.NOT_STARTED: "soon",
    Code.POOL_FULL_WAITLISTED: "soon",
    Code.LIVE_NOT_OPEN: "open",
    Code.RECORDING_NOT_READY: "open",
}

BADGE_WORDS: Final = {
    Code.OK_PERMANENT: N_("Permanent access"),
    Code.OK_FREE: N_("Free to watch"),
    Code.INVITE_NOT_CLAIMED: N_("Seat reserved for you"),
    Code.SEAT_CLAIMABLE: N_("Seat available"),
    Code.PAYMENT_PENDING: N_("Payment pending"),
    Code.PAYMENT_OVERDUE: N_("Paused, payment due"),
    Code.POOL_FULL_WAITLISTED: N_("On the waitlist"),
    Code.LIVE_NOT_OPEN: N_("You have access"),
    Code.RECORDING_NOT_READY: N_("You have access"),
    Code.WEBINAR_PULLED: N_("Removed"),
}
NOT_IN_A_PASS: Final = N_("Not included in passes")
INCLUDED: Final = N_("Included in your pass until %(day)s")
NOT_YOURS: Final = N_("Not purchased")
# What a person with one of these can do is buy.
NOT_PURCHASED: Final = frozenset(
    {
        Code.HELD_AFTER_TERM,
        Code.CONTRACT_LAPSED,
        Code.PASS_EXPIRED,
        Code.SEAT_RELEASED,
        Code.REFUNDED,
        Code.REVOKED,
        Code.NO_GRANT,
    }
)


@dataclass(frozen=True, slots=True)
class Card:
    """What a webinar's card shows (templates/_parts/webinar_card.html)."""

    slug: str
    title: str
    url: str
    poster_url: str | None
    minutes: int
    presenters: str
    when: str
    badge: str
    badge_kind: str
    share: float | None
    progress_text: str | None
    price: str = ""


def badge_kind(decision: Decision) -> str:
    """Return the color of the badge; its text has the same meaning."""
    return BADGE_KINDS.get(decision.code, "locked")


def badge_words(decision: Decision) -> str:
    """Return a person's access in a few words."""
    place = decision.grant.place if decision.grant else None
    if place is not None and isinstance(decision, Admitted):
        return _through(place.organization_name, decision)
    if decision.code is Code.NOT_STARTED and decision.grant is not None:
        return _("Starts %(day)s", day=say_date(decision.grant.starts_at, reading_zone()))
    if decision.code is Code.OK_TERM and isinstance(decision, Admitted) and decision.ends_at:
        day = say_last_date(decision.ends_at, reading_zone())
        return _(INCLUDED, day=day)
    return _(BADGE_WORDS.get(decision.code, NOT_YOURS))


def _through(organization: str, decision: Admitted) -> str:
    """Return whose seat it is and when its access ends."""
    if decision.ends_at is None:
        return _("Permanent access through %(organization)s", organization=organization)
    day = say_last_date(decision.ends_at, reading_zone())
    if decision.code is Code.OK_GRACE:
        return _("Through %(organization)s, only until %(day)s", day=day, organization=organization)
    return _("Through %(organization)s until %(day)s", organization=organization, day=day)


def decide_each(
    entries: Iterable[Entry], cases: Mapping[int, Case], now: datetime
) -> Mapping[int, Decision]:
    """Return, by row ID, whether a person can watch each webinar, or join it if it is to come."""
    return {
        entry.id: decide(
            cases[entry.id].login,
            cases[entry.id].webinar,
            Action.RECORDING if entry.is_over else Action.LIVE,
            now,
        )
        for entry in entries
        if entry.id in cases
    }


def entry_cards(entries: Iterable[Entry], decisions: Mapping[int, Decision]) -> list[Card]:
    """Return the cards of catalog webinars, with the decisions for the signed-in person."""
    return [_entry_card(entry, decisions.get(entry.id)) for entry in entries]


def _entry_card(entry: Entry, decision: Decision | None) -> Card:
    recording = entry.recording
    share = None
    if recording is not None and entry.watched_s:
        share = min(1.0, entry.watched_s / recording.seconds)
    words, kind = (_("Free"), "free") if entry.free else ("", "none")
    is_by_itself = not entry.is_in_passes and not entry.free
    if is_by_itself:
        words = _(NOT_IN_A_PASS)
    if decision is not None and not (is_by_itself and decision.code is Code.NO_GRANT):
        words, kind = badge_words(decision), badge_kind(decision)
    return Card(
        slug=entry.slug,
        title=entry.title,
        url=url_for("catalog.webinar", slug=entry.slug),
        poster_url=picture_of(entry.slug, recording),
        minutes=minutes_of(recording.seconds) if recording else entry.minutes,
        presenters=", ".join(entry.presenters),
        when=_when(entry),
        badge=words,
        badge_kind=kind,
        share=share,
        progress_text=_("%(share)s%% watched", share=round(share * 100)) if share else None,
        price=_price(entry, decision),
    )


def _price(entry: Entry, decision: Decision | None) -> str:
    """Return what access costs one person; "" for free webinars and people with access to come."""
    least = None if entry.free else price_for_one(entry.prices)
    if least is None or (decision is not None and decision.code not in NOT_PURCHASED):
        return ""
    return _("From %(price)s", price=least.said_shortly)


def _when(entry: Entry) -> str:
    if entry.is_over:
        return say_date(entry.held_at, read_zone(entry.zone))
    return live_words(entry.held_at, entry.zone)


def live_words(held_at: datetime, zone_name: str) -> str:
    """Return when a live webinar is, for a card: `Live Oct 6, 2:00 PM ET`, or in the reader's own zone."""
    zone, reader = read_zone(zone_name), known_zone()
    if reader is None or reader.key == zone.key:
        return _("Live %(when)s", when=say_datetime_short(held_at, zone))
    return _("Live %(when)s your time", when=say_time_shortly(held_at, reader))
