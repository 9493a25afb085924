"""The deep linking check: chooses recordings, and checks the signed response."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from urllib3.exceptions import HTTPError

from lms.core.errors import N_
from lti.protocol.spec_vocabulary import RESOURCE_LINK, SETTINGS
from lti.selftest.certification_cases import LTI_CLAIMS, STUDENT, TEACHER
from lti.selftest.check_results import Group, Proof
from lti.selftest.sandbox import Stage
from lti.selftest.simulated_browser import field_in
from lti.selftest.simulated_platform import CLIENT_ID, DEPLOYMENT

MESSAGE: Final = "LtiDeepLinkingRequest"
ANSWER: Final = "LtiDeepLinkingResponse"
DL: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
DATA: Final = "csrf:7; +%2F&="
OFFERED: Final = re.compile(r'name="add"\s+value="(webinar:[0-9a-z]{26})"')
BROKEN: Final = "no answer"

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choosing:
    """The platform's settings, how many recordings are chosen, and what the response must contain."""

    name: str
    asks: Mapping[str, Any]
    chosen: int
    expected: str
    says: Callable[[Said], str]


def _count(said: Said) -> str:
    items = said.get(DL + "content_items", [])
    kinds = {item.get("type") for item in items}
    is_right = kinds <= {"ltiResourceLink"} and all("webinar" in item["custom"] for item in items)
    return str(len(items)) if is_right else f"{len(items)} of {', '.join(map(str, kinds))}"


def _envelope(said: Said) -> str:
    wanted = {
        "iss": CLIENT_ID,
        LTI_CLAIMS + "message_type": ANSWER,
        LTI_CLAIMS + "version": "1.3.0",
        LTI_CLAIMS + "deployment_id": DEPLOYMENT,
    }
    wrong = [name for name, value in wanted.items() if said.get(name) != value]
    is_short = said["exp"] - said["iat"] <= 600 and bool(said.get("nonce"))
    return f"wrong: {', '.join(wrong)}" if wrong else "ours" if is_short else "not for long enough"


def _data(said: Said) -> str:
    return str(said.get(DL + "data", "none"))


def _columns(said: Said) -> str:
    made = [item["lineItem"] for item in said.get(DL + "content_items", []) if "lineItem" in item]
    is_right = all(column.get("scoreMaximum") and column.get("label") for column in made)
    return str(len(made)) if is_right else "columns without a maximum"


CASES: Final = (
    Choosing(N_("One link"), {"accept_multiple": False}, 1, "1", _count),
    Choosing(N_("Several links"), {}, 3, "3", _count),
    Choosing(N_("Signed for this platform"), {}, 1, "ours", _envelope),
    Choosing(N_("Data is returned"), {"data": DATA}, 1, DATA, _data),
    Choosing(N_("No data if none was sent"), {}, 1, "none", _data),
    Choosing(N_("Grade columns if not specified"), {}, 2, "2", _columns),
    Choosing(N_("Grade columns if accepted"), {"accept_lineitem": True}, 2, "2", _columns),
    Choosing(N_("No grade columns if not accepted"), {"accept_lineitem": False}, 2, "0", _columns),
    Choosing(N_("Choosing is canceled"), {}, 0, "0", _count),
)
NO_WAY_BACK: Final = N_("Return URL missing")
BY_A_STUDENT: Final = N_("A student tries to choose")


def play_deep_linking(stage: Stage) -> Iterator[Proof]:
    """Check several choices, a request without a return URL, and one from a student."""
    for case in CASES:
        yield _chosen(stage, case)
    yield _refused(stage, NO_WAY_BACK, TEACHER, {"deep_link_return_url": None}, 400)
    yield _refused(stage, BY_A_STUDENT, STUDENT, {}, 403)


def _chosen(stage: Stage, case: Choosing) -> Proof:
    try:
        got = case.says(_answer(stage, case))
    except (ValueError, KeyError, HTTPError, jwt.PyJWTError) as fault:
        got = f"{BROKEN}: {fault}"
    return Proof(Group.DEEP_LINKING, case.name, case.expected, got, got == case.expected)


def _answer(stage: Stage, case: Choosing) -> Said:
    """Return the claims of the picker's response, verified with the published keys."""
    visitor = stage.visitor()
    page = stage.launch(visitor, TEACHER, _asking(stage, case.asks), message=MESSAGE)
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
    return stage.platform.verified(token)


def _asking(stage: Stage, asks: Mapping[str, Any]) -> Callable[[dict[str, Any]], str]:
    settings = {
        "deep_link_return_url": f"{stage.platform.url}/answer",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
        "accept_multiple": True,
        **asks,
    }
    kept = {name: value for name, value in settings.items() if value is not None}

    def make(claims: dict[str, Any]) -> str:
        said = {name: value for name, value in claims.items() if name != RESOURCE_LINK}
        return stage.platform.sign({**said, SETTINGS: kept})

    return make


def _refused(
    stage: Stage, name: str, principal: str, asks: Mapping[str, Any], status: int
) -> Proof:
    try:
        page = stage.launch(stage.visitor(), principal, _asking(stage, asks), message=MESSAGE)
        got, ok = page.said, page.status == status
    except (ValueError, HTTPError) as fault:
        got, ok = f"{BROKEN}: {type(fault).__name__}", False
    return Proof(Group.DEEP_LINKING, name, str(status), got, ok)
