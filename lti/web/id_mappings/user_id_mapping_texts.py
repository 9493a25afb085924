"""User ID mapping texts: the state, why two users are thought one person, and doubts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import gettext as _

from lms.core.errors import N_
from lms.lti_facade.job_progress_estimates import pace_of
from lms.lti_facade.organizations import Customer
from lms.web.core.rate_and_time_left_texts import say_pace
from lti.id_mappings.person_match_proposals import BARRING
from lti.id_mappings.platform_people import System
from lti.id_mappings.staff_view import MapFacts, PairFacts, Show
from lti.models.id_mappings import Doubt, Evidence, MapState, PairState

STATE_WORDS: Final[Mapping[MapState, str]] = {
    MapState.DRAFT: N_("To be looked at, nothing done yet"),
    MapState.APPLYING: N_("Being applied"),
    MapState.APPLIED: N_("Applied"),
    MapState.UNDOING: N_("Being taken back"),
    MapState.UNDONE: N_("Taken back"),
}
STATE_BADGES: Final[Mapping[MapState, str]] = {
    MapState.DRAFT: "soon",
    MapState.APPLYING: "term",
    MapState.APPLIED: "open",
    MapState.UNDOING: "term",
    MapState.UNDONE: "none",
}
KIND_WORDS: Final[Mapping[Show, str]] = {
    Show.CHOSEN: N_("Chosen"),
    Show.LOOK: N_("To look at"),
    Show.BARRED: N_("Can't be applied"),
    Show.NOBODY: N_("Nobody found"),
    Show.APPLIED: N_("Applied"),
    Show.FAILED: N_("Not applied"),
    Show.UNDONE: N_("Taken back"),
}
EVIDENCE_WORDS: Final[Mapping[Evidence, str]] = {
    Evidence.SIS_ID: N_("Same id of the institution's records"),
    Evidence.ADDRESS: N_("Same e-mail address in both"),
    Evidence.LISTED: N_("By the list"),
    Evidence.NAME: N_("Same name only"),
    Evidence.NONE: N_("Nobody found"),
}
DOUBT_WORDS: Final[Mapping[Doubt, str]] = {
    Doubt.UNKNOWN: N_("Nobody of the old system goes by this id."),
    Doubt.INCOMPLETE: N_("The line doesn't hold both ids."),
    Doubt.REPEATED: N_("The same line stands in the list before."),
    Doubt.ALREADY: N_("The two are one person here already."),
    Doubt.TWO_OLD: N_("Several people of the old system would become this one."),
    Doubt.TWO_NEW: N_("This person would become several of the new system."),
    Doubt.NAMES_DIFFER: N_("The two names have no word in common."),
    Doubt.IDS_DIFFER: N_("The institution's own ids for the two differ."),
    Doubt.TWO_SEATS: N_("Both have a seat for the same thing; both seats stay."),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A map in a list."""

    id: str
    title: str
    organization: str
    state: str
    badge: str
    since: str
    amount: int


@dataclass(frozen=True, slots=True)
class Row:
    """A pair as a row: why, and what is to be said of it."""

    pair: PairFacts
    why: str
    remark: str
    may_be_undone: bool


def card_of(facts: MapFacts, since: str) -> Card:
    """Return a map's card."""
    return Card(
        id=facts.public_id,
        title=_("%(old)s to %(new)s", old=facts.old.name, new=facts.new.name),
        organization=facts.organization.name,
        state=_(STATE_WORDS[facts.state]),
        badge=STATE_BADGES[facts.state],
        since=since,
        amount=facts.counts[Show.APPLIED],
    )


def row_of(pair: PairFacts) -> Row:
    """Return a pair's row."""
    said = [_(pair.failure)] if pair.failure else []
    if pair.doubt is not None and pair.state is not PairState.APPLIED:
        said.append(_(DOUBT_WORDS[pair.doubt]))
    is_real = pair.doubt is None or pair.doubt not in BARRING
    if is_real and pair.new is not None and not pair.new.has_come:
        said.append(_("Has not come from the new system yet."))
    return Row(
        pair=pair,
        why=_(EVIDENCE_WORDS[pair.evidence]),
        remark=" ".join(said),
        may_be_undone=pair.state is PairState.APPLIED,
    )


def kinds_of(facts: MapFacts) -> list[tuple[Show, str, int]]:
    """Return the kinds of pairs that there are."""
    return [(show, _(KIND_WORDS[show]), facts.counts[show]) for show in Show if facts.counts[show]]


def systems_of(
    known: Collection[System], whose: Mapping[int, Customer]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the systems of organizations that have several, each with the value that names it."""
    groups: dict[int, list[tuple[str, str]]] = {}
    for each in known:
        value = f"{each.public_id} {each.organization_id}"
        groups.setdefault(each.organization_id, []).append((value, each.name))
    named = [(whose[one].name, choices) for one, choices in groups.items() if len(choices) > 1]
    return sorted(named, key=lambda each: each[0].casefold())


def share_of(facts: MapFacts) -> float:
    """Return how much of the work under way is done, 0 to 1."""
    return facts.done / facts.total if facts.total else 0.0


def amount_of(facts: MapFacts, at: datetime) -> str:
    """Say how far the work under way is."""
    pace = pace_of(facts.done, facts.total, share_of(facts), started_at=facts.started_at, now=at)
    return say_pace(pace)
