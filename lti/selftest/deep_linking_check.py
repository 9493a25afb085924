"""The deep linking check: chooses recordings, and checks the signed response."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from urllib3.exceptions import HTTPError

from lms.core import clock
from lms.core.errors import N_
from lti.selftest.certification_cases import STUDENT, TEACHER
from lti.selftest.check_results import Group, Proof
from lti.selftest.platform.tokens import choice_faults
from lti.selftest.platform.vocabulary import DEEP_LINKING, Message
from lti.selftest.sandbox import DEPLOYMENT, Stage
from lti.selftest.simulated_browser import Page, Visitor, field_in

DATA: Final = "csrf:7; +%2F&="
OFFERED: Final = re.compile(r'name="add"\s+value="(webinar:[0-9a-z]{26})"')
BROKEN: Final = "no answer"


@dataclass(frozen=True, slots=True)
class Said:
    """A response: its items, the `data` it returned ("none" for none), and the faults of the rest."""

    items: list[dict[str, Any]]
    data: str
    faults: str


@dataclass(frozen=True, slots=True)
class Choosing:
    """The platform's settings, how many recordings are chosen, and what the response must contain."""

    name: str
    asks: Mapping[str, Any]
    chosen: int
    expected: str
    says: Callable[[Said], str]


def _count(said: Said) -> str:
    kinds = {item.get("type") for item in said.items}
    is_right = kinds <= {"ltiResourceLink"} and all(
        "webinar" in one["custom"] for one in said.items
    )
    return (
        str(len(said.items)) if is_right else f"{len(said.items)} of {', '.join(map(str, kinds))}"
    )


def _data(said: Said) -> str:
    return said.data


def _columns(said: Said) -> str:
    made = [item["lineItem"] for item in said.items if "lineItem" in item]
    is_right = all(column.get("scoreMaximum") and column.get("label") for column in made)
    return str(len(made)) if is_right else "columns without a maximum"


CASES: Final = (
    Choosing(N_("One link"), {"accept_multiple": False}, 1, "1", _count),
    Choosing(N_("Several links"), {}, 3, "3", _count),
    Choosing(N_("Signed for this platform"), {}, 1, "ours", lambda said: said.faults or "ours"),
    Choosing(N_("Data is returned"), {"data": DATA}, 1, DATA, _data),
    Choosing(N_("No data if none was sent"), {"data": None}, 1, "none", _data),
    Choosing(N_("Grade columns if not specified"), {}, 2, "2", _columns),
    Choosing(N_("Grade columns if accepted"), {"accept_lineitem": True}, 2, "2", _columns),
    Choosing(N_("No grade columns if not accepted"), {"accept_lineitem": False}, 2, "0", _columns),
    Choosing(N_("Choosing is canceled"), {}, 0, "0", _count),
)
NO_WAY_BACK: Final = N_("Return URL missing")
BY_A_STUDENT: Final = N_("A learner tries to choose")


def play_deep_linking(stage: Stage) -> Iterator[Proof]:
    """Check several choices, a request without a return URL, and one from a student."""
    for case in CASES:
        yield _chosen(stage, case)
    yield _refused(stage, NO_WAY_BACK, TEACHER, {"deep_link_return_url": None}, 400)
    yield _refused(stage, BY_A_STUDENT, STUDENT, {}, 403)


def _chosen(stage: Stage, case: Choosing) -> Proof:
    try:
        got = case.says(_answer(stage, case))
    except (ValueError, KeyError, HTTPError) as fault:
        got = f"{BROKEN}: {fault}"
    return Proof(Group.DEEP_LINKING, case.name, case.expected, got, got == case.expected)


def _answer(stage: Stage, case: Choosing) -> Said:
    """Return the picker's response, verified with the published keys."""
    visitor = stage.visitor()
    page = _ask(stage, visitor, TEACHER, case.asks)
    if not page.frame:
        raise ValueError(page.said)
    picker = f"{page.frame}pick"
    offered = list(dict.fromkeys(OFFERED.findall(visitor.get(picker).text)))
    if len(offered) < case.chosen:
        raise ValueError(f"{len(offered)} recordings offered")
    fields = [("chosen", each) for each in offered[: case.chosen]] or [("act", "cancel")]
    sent = visitor.post(picker, fields)
    token = field_in(sent.text, "JWT")
    if not token:
        raise ValueError(sent.said)
    platform = stage.platform
    claims = platform.tokens.verified(token, stage.tool)
    faults = choice_faults(
        claims, stage.tool, DEPLOYMENT, issuer=platform.issuer, now=clock.now().timestamp()
    )
    return Said(
        items=claims.get(DEEP_LINKING + "content_items", []),
        data=str(claims.get(DEEP_LINKING + "data", "none")),
        faults="; ".join(faults),
    )


def _ask(stage: Stage, visitor: Visitor, principal: str, asks: Mapping[str, Any]) -> Page:
    return stage.launch(
        visitor,
        principal,
        stage.platform.key.sign,
        message=Message.DEEP_LINKING,
        deep_linking=asks,
    )


def _refused(
    stage: Stage, name: str, principal: str, asks: Mapping[str, Any], status: int
) -> Proof:
    try:
        page = _ask(stage, stage.visitor(), principal, asks)
        got, ok = page.said, page.status == status
    except (ValueError, HTTPError) as fault:
        got, ok = f"{BROKEN}: {type(fault).__name__}", False
    return Proof(Group.DEEP_LINKING, name, str(status), got, ok)
