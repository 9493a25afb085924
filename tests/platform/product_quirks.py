"""How LMS products differ, though all follow the standard.

`PLAIN` follows the specifications exactly. Moodle 4.5 and Open edX's consumer 11 are modeled on
their observed traffic, Canvas and Brightspace on their published documentation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from lti.selftest.platform.claims import Launch
from lti.selftest.platform.records import Records
from lti.selftest.platform.requests import Answer, Request
from lti.selftest.platform.vocabulary import COURSE_TYPE, LTI, MEMBERSHIP, Scope

EVERY_SCOPE: Final = tuple(Scope)
NAMES: Final = ("name", "given_name", "family_name", "email")
RESOLVED: Final = ("$User.id", "$Context.id")


@dataclass(frozen=True, slots=True)
class Habits:
    """One product's behavior.

    `storage_target` is the frame that `lti_storage_target` names ("_parent" or a sibling's name),
    None if the product has no platform storage. `resolves_variables` tells whether unknown custom
    variables are left out; otherwise they are sent literally. `one_client_each` gives every
    placement its own client, key set, and token URL, all with deployment "1". `takes_columns` is
    the `accept_lineitem` of a deep linking request, left out if it is None. `token_audience` is the
    audience an assertion must have instead of the token URL. `resizes_frames` tells whether
    `lti.frameResize` works; otherwise frames are 652 px high, 544 px on a phone.
    """

    name: str
    login_method: Literal["GET", "POST"] = "POST"
    token_lives_s: int = 3600
    has_azp: bool = False
    context_type: str = COURSE_TYPE
    short_roles_in_roster: bool = False
    line_item_query: bool = False
    scopes: tuple[Scope, ...] = EVERY_SCOPE
    resolves_variables: bool = True
    storage_target: str | None = None
    sends_data: bool = True
    unfinished_wipes: bool = False
    stale_score_status: int = 409
    one_client_each: bool = False
    names_people: bool = True
    family: str = "plain"
    accept_types: tuple[str, ...] = ("link", "file", "html", "ltiResourceLink", "image")
    takes_columns: bool | None = None
    token_audience: str | None = None
    resizes_frames: bool = True

    @property
    def storage(self) -> dict[str, str]:
        """Return the field that names the storage frame, if the product has one."""
        return {"lti_storage_target": self.storage_target} if self.storage_target else {}

    @property
    def deep_linking(self) -> dict[str, Any]:
        """Return this product's deep linking settings; a setting that is None is left out."""
        said = {"accept_types": list(self.accept_types), "accept_lineitem": self.takes_columns}
        return said if self.sends_data else {**said, "data": None}

    def spoken(self, claims: dict[str, Any], launch: Launch) -> dict[str, Any]:
        """Return the claims of a token with this product's quirks."""
        claims["exp"] = claims["iat"] + self.token_lives_s
        claims[LTI + "tool_platform"]["product_family_code"] = self.family
        claims.get(LTI + "context", {})["type"] = [self.context_type]
        if self.has_azp:
            claims["azp"] = claims["aud"]
        if not self.names_people:
            for said in (claims, claims.get(LTI + "for_user", {})):
                _forget_names(said)
        if not self.resolves_variables and launch.link:
            given = {**launch.tool.custom, **launch.link.custom}
            custom = claims.get(LTI + "custom", {})
            custom |= {
                name: given[name]
                for name in custom
                if given[name].startswith("$") and given[name] not in RESOLVED
            }
        return claims

    def answered(self, area: str, request: Request, answer: Answer, records: Records) -> Answer:
        """Return a service's answer with this product's quirks and side effects."""
        if area == "scores" and answer.status == 409:
            return replace(answer, status=self.stale_score_status)
        if area == "scores" and answer.status == 200 and self.unfinished_wipes:
            score = json.loads(request.body)
            if score["gradingProgress"] != "FullyGraded":
                item = records.line_items[request.path.split("/")[-3]]
                item.grades.pop(score["userId"], None)
        if area == "members" and answer.status == 200:
            for member in answer.body["members"]:
                if self.short_roles_in_roster:
                    member["roles"] = [role.removeprefix(MEMBERSHIP) for role in member["roles"]]
                if not self.names_people:
                    _forget_names(member)
        return answer


def _forget_names(said: dict[str, Any]) -> None:
    for name in NAMES:
        said.pop(name, None)


PLAIN: Final = Habits("plain", storage_target="_parent")
MOODLE: Final = Habits(
    "moodle",
    token_lives_s=60,
    context_type="CourseSection",
    short_roles_in_roster=True,
    line_item_query=True,
    resolves_variables=False,
    sends_data=False,
    unfinished_wipes=True,
    family="moodle",
    accept_types=("ltiResourceLink",),
    resizes_frames=False,
)
OPEN_EDX: Final = Habits(
    "open_edx",
    login_method="GET",
    has_azp=True,
    scopes=(
        Scope.LINE_ITEM_READ,
        Scope.RESULT_READ,
        Scope.SCORE,
        Scope.MEMBERS_READ,
    ),
    resolves_variables=False,
    sends_data=False,
    stale_score_status=400,
    one_client_each=True,
    names_people=False,
    family="openedx",
)
CANVAS: Final = Habits(
    "canvas",
    has_azp=True,
    storage_target="post_message_forwarding",
    family="canvas",
    accept_types=("ltiResourceLink",),
    takes_columns=True,
)
BRIGHTSPACE: Final = Habits(
    "brightspace",
    has_azp=True,
    sends_data=False,
    family="desire2learn",
    token_audience="https://api.brightspace.com/auth/token",
)
BY_NAME: Final[Mapping[str, Habits]] = {
    habits.name: habits for habits in (PLAIN, MOODLE, OPEN_EDX, CANVAS, BRIGHTSPACE)
}
