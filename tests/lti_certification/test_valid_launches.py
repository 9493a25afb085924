"""1EdTech certification, valid launches: nine as teacher and nine as student, all let in."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from sqlalchemy import select

from lms.db import Database
from lti.models.launches import FrameRole, FrameSession, LaunchEntry
from tests.lti.tool_server import Connection, is_open

LTI: Final = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIP: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
NAMES: Final = ("name", "given_name", "family_name", "middle_name", "email", "locale", "picture")

# what the token says otherwise than the plain one, and what it leaves out
VARIANTS: Final[Mapping[str, tuple[Mapping[str, Any], tuple[str, ...]]]] = {
    "everything": ({}, ()),
    "only the name": ({}, ("given_name", "family_name", "email")),
    "only the address": ({}, ("name", "given_name", "family_name")),
    "nobody's name or address": ({}, NAMES),
    "a short role": ({"role": "short"}, ()),
    "an unknown role besides": ({"role": "unknown"}, ()),
    "no context": ({}, (LTI + "context",)),
    "no presentation": ({}, (LTI + "launch_presentation", LTI + "tool_platform")),
    "no custom parameters": ({}, (LTI + "custom",)),
}


def _roles(principal: str, how: object) -> list[str]:
    return {
        "short": [principal],
        "unknown": ["https://elsewhere.example/roles#Wizard", MEMBERSHIP + principal],
    }.get(str(how), [MEMBERSHIP + principal])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    ("principal", "role"),
    [("Instructor", FrameRole.INSTRUCTOR), ("Learner", FrameRole.LEARNER)],
    ids=["teacher", "student"],
)
def test_a_valid_launch_opens_what_the_role_sees(
    connection: Connection, database: Database, principal: str, role: FrameRole, variant: str
) -> None:
    changes, without = VARIANTS[variant]
    claims = {LTI + "roles": _roles(principal, changes.get("role"))}
    person = connection.teacher if principal == "Instructor" else connection.learner
    answer = connection.launch(person, claims=claims, without=without)
    assert is_open(answer), answer.text
    with database.read_session() as session:
        frame = session.scalars(select(FrameSession)).one()
        assert frame.role is role
        assert frame.browser_hash is not None
        line = session.scalars(select(LaunchEntry)).one()
        assert (line.status, line.code) == (303, "ok")
