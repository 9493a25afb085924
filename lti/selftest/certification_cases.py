"""Certification cases of 1EdTech (guide, 6.1): twelve bad payloads, nine valid launches.

The self-test and the product's tests use this list, each case as teacher and as student.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lms.core.errors import N_
from lti.protocol.spec_vocabulary import (
    CONTEXT,
    DEPLOYMENT_ID,
    MESSAGE_TYPE,
    RESOURCE_LINK,
    ROLES,
    VERSION_CLAIM,
)
from lti.selftest.platform.vocabulary import INSTITUTION, LTI, MEMBERSHIP

Claims = Mapping[str, Any]
TEACHER: Final = "Instructor"
STUDENT: Final = "Learner"
PRINCIPALS: Final = (TEACHER, STUDENT)
NAMES: Final = ("name", "given_name", "family_name")
PRIVATE: Final = (
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "email",
    "locale",
    "picture",
)


class Signer(Protocol):
    """Signs with the platform's key; `headers` replace parts of the header, None removes one."""

    def sign(self, claims: object, **headers: object) -> str:
        """Return a token with any content."""


@dataclass(frozen=True, slots=True)
class BadPayload:
    """An invalid message, and the status that the tool must respond with."""

    name: str
    make: Callable[[Signer, Claims], str]
    status: int


@dataclass(frozen=True, slots=True)
class ValidLaunch:
    """A valid message: how it names the role, and which claims it omits."""

    name: str
    roles: Callable[[str], list[str]]
    without: tuple[str, ...] = ()


def _without(*names: str) -> Callable[[Signer, Claims], str]:
    return lambda signer, claims: signer.sign(
        {name: claims[name] for name in claims if name not in names}
    )


def _changed(**changes: Any) -> Callable[[Signer, Claims], str]:  # noqa: ANN401  (claims of any kind)
    return lambda signer, claims: signer.sign({**claims, **changes})


def _without_all(signer: Signer, claims: Claims) -> str:
    return signer.sign({name: claims[name] for name in claims if not name.startswith(LTI)})


def _full(principal: str) -> list[str]:
    return [MEMBERSHIP + principal]


def _short(principal: str) -> list[str]:
    return [principal]


def _several(principal: str) -> list[str]:
    return [MEMBERSHIP + principal, INSTITUTION + "Staff", MEMBERSHIP + "Member"]


def _unknown(_principal: str) -> list[str]:
    return ["https://elsewhere.example/roles#Wizard"]


def _none(_principal: str) -> list[str]:
    return []


BAD_PAYLOADS: Final = (
    BadPayload(
        N_("No KID sent in JWT header"), lambda signer, claims: signer.sign(claims, kid=None), 400
    ),
    BadPayload(
        N_("Incorrect KID in JWT header"),
        lambda signer, claims: signer.sign(claims, kid="nobody-published-this"),
        401,
    ),
    BadPayload(N_("Wrong LTI version"), _changed(**{VERSION_CLAIM: "11.3"}), 400),
    BadPayload(N_("No LTI version"), _without(VERSION_CLAIM), 400),
    BadPayload(
        N_("Invalid LTI message"),
        lambda signer, _claims: signer.sign({"name": "badltilaunch"}),
        400,
    ),
    BadPayload(N_("Missing LTI claims"), _without_all, 400),
    BadPayload(N_("Timestamps incorrect"), _changed(iat=11111, exp=22222), 401),
    BadPayload(N_("Message type claim missing"), _without(MESSAGE_TYPE), 400),
    BadPayload(N_("Role claim missing"), _without(ROLES), 400),
    BadPayload(N_("Deployment ID claim missing"), _without(DEPLOYMENT_ID), 400),
    BadPayload(N_("Resource link ID claim missing"), _without(RESOURCE_LINK), 400),
    BadPayload(N_("User claim missing"), _without("sub"), 403),
)

VALID_LAUNCHES: Final = (
    ValidLaunch(N_("All claims"), _full),
    ValidLaunch(N_("Several roles"), _several),
    ValidLaunch(N_("Short role"), _short),
    ValidLaunch(N_("Unknown role"), _unknown),
    ValidLaunch(N_("No role"), _none),
    ValidLaunch(N_("Email address only"), _full, NAMES),
    ValidLaunch(N_("Name only"), _full, ("email",)),
    ValidLaunch(N_("No name or email address"), _full, PRIVATE),
    ValidLaunch(N_("Email address without a course"), _full, (*NAMES, CONTEXT)),
)
