"""The check runner: all certification checks in a sandbox, then a real connection if chosen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from lms.core.clock import now
from lms.core.runtime import Carrel
from lti.keys.tool_keys import LoadedKey, signing_key
from lti.registrations.registrations import RegistrationFacts
from lti.selftest.certification_cases import BAD_PAYLOADS, PRINCIPALS, VALID_LAUNCHES
from lti.selftest.check_results import Proof
from lti.selftest.connection_check import check_connection
from lti.selftest.deep_linking_check import CASES as CHOOSING
from lti.selftest.deep_linking_check import play_deep_linking
from lti.selftest.launch_checks import play_bad_payloads, play_valid_launches
from lti.selftest.roster_and_grade_checks import play_grades, play_roster
from lti.selftest.sandbox import MakeTool, staged

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
