"""The check runner: all certification checks in a sandbox, then a real connection if chosen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from urllib3.exceptions import HTTPError

from lms.core.clock import now
from lms.core.encryption import LoadedKey
from lms.core.errors import N_
from lms.core.runtime import Carrel
from lti.keys.tool_keys import signing_key
from lti.protocol.spec_vocabulary import ROLES
from lti.registrations.registrations import RegistrationFacts
from lti.selftest.certification_cases import (
    BAD_PAYLOADS,
    PRINCIPALS,
    STUDENT,
    TEACHER,
    VALID_LAUNCHES,
    BadPayload,
    ValidLaunch,
)
from lti.selftest.check_results import Group, Proof
from lti.selftest.connection_check import check_connection
from lti.selftest.deep_linking_check import CASES as CHOOSING
from lti.selftest.deep_linking_check import play_deep_linking
from lti.selftest.roster_and_grade_checks import play_grades, play_roster
from lti.selftest.sandbox import MakeTool, Stage, staged

WHO: Final = {True: N_("as instructor"), False: N_("as learner")}
OPENS: Final = "303, a page of the library"
REPLAYED: Final = N_("The same launch twice")
BROKEN: Final = "no answer"

REST: Final = 18  # of roster and grades
ABOUT: Final = (
    len(PRINCIPALS) * (len(BAD_PAYLOADS) + len(VALID_LAUNCHES)) + 1 + len(CHOOSING) + 2 + REST
)


@dataclass(frozen=True, slots=True)
class CheckRunner:
    """A run of the self-test: `registration` is the connection to test as well, None for none."""

    carrel: Carrel
    make_tool: MakeTool
    registration: RegistrationFacts | None = None

    def proofs(self, stopping: Callable[[], bool] = lambda: False) -> Iterator[Proof]:
        """Yield one result after the other until all checks are done, or `stopping` returns True."""
        with staged(self.carrel.settings, self.make_tool) as stage:
            for act in (
                play_bad_payloads,
                play_valid_launches,
                play_deep_linking,
                play_roster,
                play_grades,
            ):
                for proof in act(stage):
                    yield proof
                    if stopping():
                        return
        if self.registration is not None:
            yield from check_connection(self.registration, self.carrel.settings, self._key, now=now)

    def _key(self) -> LoadedKey:
        return signing_key(self.carrel.database, self.carrel.settings.secret_key, now=now())


def play_bad_payloads(stage: Stage) -> Iterator[Proof]:
    """Check the launches that must be refused, then a repeated one."""
    for case in BAD_PAYLOADS:
        for principal in PRINCIPALS:
            yield _refused(stage, case, principal)
    yield _replayed(stage)


def play_valid_launches(stage: Stage) -> Iterator[Proof]:
    """Check the launches that must be accepted."""
    for case in VALID_LAUNCHES:
        for principal in PRINCIPALS:
            yield _let_in(stage, case, principal)


def _refused(stage: Stage, case: BadPayload, principal: str) -> Proof:
    try:
        page = stage.launch(
            stage.visitor(), principal, lambda claims: case.make(stage.platform.key, claims)
        )
        got, ok = page.said, page.status == case.status
    except (ValueError, HTTPError) as fault:
        got, ok = f"{BROKEN}: {type(fault).__name__}", False
    return Proof(
        Group.BAD_PAYLOADS, case.name, str(case.status), got, ok, WHO[principal == TEACHER]
    )


def _let_in(stage: Stage, case: ValidLaunch, principal: str) -> Proof:
    def make(claims: dict[str, object]) -> str:
        said = {**claims, ROLES: case.roles(principal)}
        return stage.platform.key.sign(
            {name: said[name] for name in said if name not in case.without}
        )

    visitor = stage.visitor()
    try:
        page = stage.launch(visitor, principal, make)
        got, ok = page.said, False
        if page.frame:
            shown = visitor.get(page.frame)
            got, ok = (page.said, True) if shown.status == 200 else (f"{shown.status}", False)
    except (ValueError, HTTPError) as fault:
        got, ok = f"{BROKEN}: {type(fault).__name__}", False
    return Proof(Group.VALID_LAUNCHES, case.name, OPENS, got, ok, WHO[principal == TEACHER])


def _replayed(stage: Stage) -> Proof:
    """Post the same message twice."""
    visitor = stage.visitor()
    expected = "303, then 401 state_unknown"
    try:
        posted = stage.message(visitor, STUDENT, stage.platform.key.sign)
        kept = [visitor.post("/lti/launch", posted) for _ in range(2)]
        got = f"{kept[0].status}, then {kept[1].said}"
    except (ValueError, HTTPError) as fault:
        got = f"{BROKEN}: {type(fault).__name__}"
    return Proof(Group.BAD_PAYLOADS, REPLAYED, expected, got, got == expected)
