"""Match proposals between the people of two platforms, by evidence; pure functions.

Equal IDs from the institution's records, or equal email addresses, are evidence; an equal name is only
a hint for review and is never chosen automatically.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lti.models.id_mappings import Doubt, Evidence

# Doubts with which a pair can't be applied, even if a person chooses it.
BARRING: Final = frozenset({Doubt.UNKNOWN, Doubt.INCOMPLETE, Doubt.REPEATED, Doubt.ALREADY})
SURE: Final = frozenset({Evidence.SIS_ID, Evidence.ADDRESS, Evidence.LISTED})
# Doubts that are shown but don't prevent choosing the pair.
REMARKS: Final = frozenset({Doubt.TWO_SEATS})


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of an LMS, by its data; `person` is the row id of their login here, after merges.

    `seats` are the pools in which they have a seat.
    """

    sub: str
    name: str = ""
    email_key: str | None = None
    sis_id: str | None = None
    identity_id: int | None = None
    person: int | None = None
    seats: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """A row of an institution's list: its line number, an old ID, and a new one."""

    number: int
    old_sub: str
    new_sub: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair, the evidence for it, and a doubt about it."""

    old_sub: str
    new_sub: str
    evidence: Evidence
    doubt: Doubt | None = None
    line: int | None = None

    @property
    def is_chosen(self) -> bool:
        """Return whether the pair is chosen by default."""
        return self.evidence in SURE and (self.doubt is None or self.doubt in REMARKS)


def propose(old: Sequence[Somebody], new: Sequence[Somebody]) -> tuple[Proposal, ...]:
    """Return a proposal for each person of the old LMS: the matching new person, or none.

    If the evidence leads to several people, each gets a proposal, and none is chosen.
    """
    by_sis, by_address, by_name = (_index(new, key) for key in (_sis_id, _address, _name))
    names = Counter(_name(each) for each in old)
    found: list[Proposal] = []
    for each in old:
        pairs = [
            *((one, Evidence.SIS_ID) for one in by_sis.get(_sis_id(each), ())),
            *((one, Evidence.ADDRESS) for one in by_address.get(_address(each), ())),
        ]
        if not pairs and _name(each) and names[_name(each)] == 1:
            alike = by_name.get(_name(each), ())
            pairs = [(alike[0], Evidence.NAME)] if len(alike) == 1 else []
        met: dict[str, Proposal] = {}
        for one, evidence in pairs:
            met.setdefault(one.sub, Proposal(each.sub, one.sub, evidence, _doubt(each, one)))
        found += met.values() or (Proposal(each.sub, "", Evidence.NONE),)
    return _with_crowds(found)


def propose_listed(
    lines: Iterable[Line], old: Mapping[str, Somebody], new: Mapping[str, Somebody]
) -> tuple[Proposal, ...]:
    """Return a proposal for every row of an institution's list.

    The list is trusted, also for people of the new LMS who have not launched yet.
    """
    found: list[Proposal] = []
    seen: set[tuple[str, str]] = set()
    for line in lines:
        doubt: Doubt | None
        if not line.old_sub or not line.new_sub:
            doubt = Doubt.INCOMPLETE
        elif (line.old_sub, line.new_sub) in seen:
            doubt = Doubt.REPEATED
        elif line.old_sub not in old:
            doubt = Doubt.UNKNOWN
        else:
            other = new.get(line.new_sub, Somebody(line.new_sub))
            doubt = _doubt(old[line.old_sub], other)
        seen.add((line.old_sub, line.new_sub))
        found.append(Proposal(line.old_sub, line.new_sub, Evidence.LISTED, doubt, line.number))
    return _with_crowds(found)


def _doubt(old: Somebody, new: Somebody) -> Doubt | None:
    if old.person is not None and old.person == new.person:
        return Doubt.ALREADY
    if old.sis_id and new.sis_id and old.sis_id != new.sis_id:
        return Doubt.IDS_DIFFER
    if _words(old) and _words(new) and not _words(old) & _words(new):
        return Doubt.NAMES_DIFFER
    return Doubt.TWO_SEATS if old.seats & new.seats else None


def _with_crowds(found: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """Mark pairs in which several old people match one new person, or the reverse; evidence overrides names."""
    every = tuple(found)
    taken = {one.new_sub for one in every if _is_real(one) and one.evidence is not Evidence.NAME}
    kept = tuple(
        Proposal(one.old_sub, "", Evidence.NONE)
        if one.evidence is Evidence.NAME and _is_real(one) and one.new_sub in taken
        else one
        for one in every
    )
    of_new = Counter(one.new_sub for one in kept if _is_real(one))
    of_old = Counter(one.old_sub for one in kept if _is_real(one))
    return tuple(_crowded(one, of_new[one.new_sub], of_old[one.old_sub]) for one in kept)


def _crowded(one: Proposal, to_the_same: int, from_the_same: int) -> Proposal:
    if not _is_real(one) or max(to_the_same, from_the_same) == 1:
        return one
    return replace(one, doubt=Doubt.TWO_OLD if to_the_same > 1 else Doubt.TWO_NEW)


def _is_real(one: Proposal) -> bool:
    return bool(one.new_sub) and one.doubt not in BARRING


def _index(
    people: Iterable[Somebody], key: Callable[[Somebody], str]
) -> Mapping[str, Sequence[Somebody]]:
    found: defaultdict[str, list[Somebody]] = defaultdict(list)
    for each in people:
        if key(each):
            found[key(each)].append(each)
    return found


def _sis_id(each: Somebody) -> str:
    return (each.sis_id or "").strip()


def _address(each: Somebody) -> str:
    return each.email_key or ""


def _name(each: Somebody) -> str:
    return " ".join(each.name.casefold().split())


def _words(each: Somebody) -> frozenset[str]:
    return frozenset(word.strip(".,") for word in each.name.casefold().split())
