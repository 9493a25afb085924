"""Refusals of a login or launch: a status, a log code, and a sentence for the person."""

from typing import Final

from lms.core.errors import N_

MALFORMED: Final = 400
NOT_AUTHENTIC: Final = 401
NOT_ENTITLED: Final = 403
NO_KEYS: Final = 503

TRY_AGAIN: Final = N_("Go back to your course and open the link once more.")
TELL_ADMIN: Final = N_(
    "Tell whoever looks after your learning system, and give them the reference below."
)


class LaunchRefused(Exception):
    """A login or launch that was refused.

    `message` says what happened and `advice` what to do next; `detail` is for the log alone and
    holds no name and no address of a person.
    """

    def __init__(
        self, status: int, code: str, message: str, *, advice: str = TELL_ADMIN, detail: str = ""
    ) -> None:
        super().__init__(code)
        self.status, self.code = status, code
        self.message, self.advice, self.detail = message, advice, detail


def malformed(code: str, message: str, *, detail: str = "") -> LaunchRefused:
    """Return the refusal of what does not keep to the standard."""
    return LaunchRefused(MALFORMED, code, message, detail=detail)


def not_authentic(code: str, message: str, *, detail: str = "") -> LaunchRefused:
    """Return the refusal of what nobody proved to have sent."""
    return LaunchRefused(NOT_AUTHENTIC, code, message, detail=detail)


def not_entitled(code: str, message: str) -> LaunchRefused:
    """Return the refusal of what is authentic and may not be done."""
    return LaunchRefused(NOT_ENTITLED, code, message)
