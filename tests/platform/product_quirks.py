"""What learning management systems do each in their own way, though all keep to the standard.

`PLAIN` keeps to the letter of the specifications. The others are after what was seen on the wire
from Moodle 4.5 and Open edX's consumer 11, and after Canvas' and Brightspace's published documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tests.platform.vocabulary import COURSE_TYPE, Scope

EVERY_SCOPE: Final = tuple(Scope)


@dataclass(frozen=True, slots=True)
class Habits:
    """One product's ways.

    `storage_target` is the frame that `lti_storage_target` names ("_parent" or a sibling's name),
    None where the product has no platform storage. `resolves_variables` tells whether unknown
    custom variables are left out; else they arrive literally. `one_client_each` makes a client,
    a key set and a token address for every placement, all with deployment "1". `takes_columns` is what
    a deep linking request says as `accept_lineitem`: nothing where it is None. `token_audience` is what
    an assertion has to name instead of the token address. `resizes_frames` tells whether `lti.frameResize` is heeded;
    else frames are 652 px high, 544 px on a telephone.
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
