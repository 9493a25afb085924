"""Check results: what was tested, expected, and received."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from lms.core.errors import N_


class Group(StrEnum):
    """The topic of a result, in the order of the checks."""

    BAD_PAYLOADS = "bad_payloads"
    VALID_LAUNCHES = "valid_launches"
    DEEP_LINKING = "deep_linking"
    ROSTER = "roster"
    GRADES = "grades"
    CONNECTION = "connection"


TITLES: Final = {
    Group.BAD_PAYLOADS: N_("Bad payloads"),
    Group.VALID_LAUNCHES: N_("Valid launches"),
    Group.DEEP_LINKING: N_("Deep linking"),
    Group.ROSTER: N_("Roster"),
    Group.GRADES: N_("Grades"),
    Group.CONNECTION: N_("Connection"),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One result: `who` is the role it was tested with, "" for none; `advice` says how to fix a failure."""

    group: Group
    name: str
    expected: str
    got: str
    ok: bool
    who: str = ""
    advice: str = ""


def as_stored(proofs: Iterable[Proof]) -> list[dict[str, Any]]:
    """Return results as JSON."""
    return [asdict(proof) for proof in proofs]


def read_stored(stored: Iterable[dict[str, Any]]) -> tuple[Proof, ...]:
    """Return results from stored JSON."""
    return tuple(Proof(**{**line, "group": Group(line["group"])}) for line in stored)


def as_text(proofs: Sequence[Proof], *, base_url: str, at: datetime) -> str:
    """Return results as text."""
    told = [f"Carrel, LTI self-test of {base_url}", f"{at:%Y-%m-%dT%H:%M:%SZ}", ""]
    widest = max((len(_named(proof)) for proof in proofs), default=0)
    for group, lines in groupby(proofs, key=lambda proof: proof.group):
        told.append(TITLES[group])
        for proof in lines:
            mark = "ok  " if proof.ok else "FAIL"
            words = f"expected {proof.expected}, got {proof.got}"
            told.append(f"  {mark}  {_named(proof):<{widest}}  {words}")
            if proof.advice:
                told.append(f"        {proof.advice}")
        told.append("")
    good = sum(proof.ok for proof in proofs)
    told.append(f"{good} of {len(proofs)} ok")
    return "\n".join(told) + "\n"


def _named(proof: Proof) -> str:
    return f"{proof.name} ({proof.who})" if proof.who else proof.name
