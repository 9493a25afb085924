"""User ID mapping texts: the state, the evidence that two users are one person, and doubts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import gettext as _

from lms.core.errors import N_
from lms.jobs.progress_estimates import pace_of
from lms.lti_facade.organizations import Customer
from lms.web.core.job_progress_texts import say_pace
from lti.id_mappings.person_match_proposals import BARRING
from lti.id_mappings.platform_people import System
from lti.id_mappings.staff_view import MapFacts, PairFacts, Show
from lti.models.id_mappings import Doubt, Evidence, MapState, PairState

STATE_WORDS: Final[Mapping[MapState, str]] = {
    MapState.DRAFT: N_("Draft"),
    MapState.APPLYING: N_("Merging"),
    MapState.APPLIED: N_("Merged"),
    MapState.UNDOING: N_("Undoing"),
    MapState.UNDONE: N_("Undone"),
}
STATE_BADGES: Final[Mapping[MapState, str]] = {
    MapState.DRAFT: "soon",
    MapState.APPLYING: "term",
    MapState.APPLIED: "open",
    MapState.UNDOING: "term",
    MapState.UNDONE: "none",
}
KIND_WORDS: Final[Mapping[Show, str]] = {
    Show.CHOSEN: N_("Selected"),
    Show.LOOK: N_("To review"),
    Show.BARRED: N_("Can't be merged"),
    Show.NOBODY: N_("No match"),
    Show.APPLIED: N_("Merged"),
    Show.FAILED: N_("Failed"),
    Show.UNDONE: N_("Undone"),
}
EVIDENCE_WORDS: Final[Mapping[Evidence, str]] = {
    Evidence.SIS_ID: N_("Same institution ID"),
    Evidence.ADDRESS: N_("Same email address"),
    Evidence.LISTED: N_("Uploaded list"),
    Evidence.NAME: N_("Same name only"),
    Evidence.NONE: N_("No match"),
}
DOUBT_WORDS: Final[Mapping[Doubt, str]] = {
    Doubt.UNKNOWN: N_("No one in the old LMS has this ID."),
    Doubt.INCOMPLETE: N_("This row doesn't have both IDs."),
    Doubt.REPEATED: N_("This row repeats an earlier one."),
    Doubt.ALREADY: N_("Already the same person."),
    Doubt.TWO_OLD: N_("Several people in the old LMS match this person."),
    Doubt.TWO_NEW: N_("This person matches several people in the new LMS."),
    Doubt.NAMES_DIFFER: N_("The names are completely different."),
    Doubt.IDS_DIFFER: N_("The institution IDs are different."),
    Doubt.TWO_SEATS: N_("Both have a seat for the same content, and both seats stay."),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A mapping in a list."""

    id: str
    title: str
    organization: str
    state: str
    badge: str
    since: str
    amount: int


@dataclass(frozen=True, slots=True)
class Row:
    """A pair as a table row: its evidence and remarks."""

    pair: PairFacts
    why: str
    remark: str
    may_be_undone: bool


def card_of(facts: MapFacts, since: str) -> Card:
    """Return the card of a mapping."""
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
    """Return the row of a pair."""
    said = [_(pair.failure)] if pair.failure else []
    if pair.doubt is not None and pair.state is not PairState.APPLIED:
        said.append(_(DOUBT_WORDS[pair.doubt]))
    is_real = pair.doubt is None or pair.doubt not in BARRING
    if is_real and pair.new is not None and not pair.new.has_come:
        said.append(_("Hasn't opened anything in the new LMS yet."))
    return Row(
        pair=pair,
        why=_(EVIDENCE_WORDS[pair.evidence]),
        remark=" ".join(said),
        may_be_undone=pair.state is PairState.APPLIED,
    )


def kinds_of(facts: MapFacts) -> list[tuple[Show, str, int]]:
    """Return the kinds of pairs that exist, with their numbers."""
    return [(show, _(KIND_WORDS[show]), facts.counts[show]) for show in Show if facts.counts[show]]


def systems_of(
    known: Collection[System], whose: Mapping[int, Customer]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the LMSs of organizations that have several, each with its form value."""
    groups: dict[int, list[tuple[str, str]]] = {}
    for each in known:
        value = f"{each.public_id} {each.organization_id}"
        groups.setdefault(each.organization_id, []).append((value, each.name))
    named = [(whose[one].name, choices) for one, choices in groups.items() if len(choices) > 1]
    return sorted(named, key=lambda each: each[0].casefold())


def share_of(facts: MapFacts) -> float:
    """Return the share of the current job that is done, 0 to 1."""
    return facts.done / facts.total if facts.total else 0.0


def amount_of(facts: MapFacts, at: datetime) -> str:
    """Return the progress of the current job as text."""
    pace = pace_of(facts.done, facts.total, share_of(facts), started_at=facts.started_at, now=at)
    return say_pace(pace)
