"""Refusals of a login or launch: a status, a log code, and a sentence for the person."""

from typing import Final

from lms.core.errors import N_

MALFORMED: Final = 400
NOT_AUTHENTIC: Final = 401
NOT_ENTITLED: Final = 403
NO_KEYS: Final = 503

TRY_AGAIN: Final = N_("Go back to your course and open the link again.")
TELL_ADMIN: Final = N_("Contact your LMS administrator, and give them the reference below.")


class LaunchRefused(Exception):
    """A refused login or launch.

    `message` says what happened and `advice` what to do next; `detail` is only for the log and contains
    no names or email addresses.
    """

    def __init__(
        self, status: int, code: str, message: str, *, advice: str = TELL_ADMIN, detail: str = ""
    ) -> None:
        super().__init__(code)
        self.status, self.code = status, code
        self.message, self.advice, self.detail = message, advice, detail


def malformed(code: str, message: str, *, detail: str = "") -> LaunchRefused:
    """Return a refusal of a message that violates the standard."""
    return LaunchRefused(MALFORMED, code, message, detail=detail)


def not_authentic(code: str, message: str, *, detail: str = "") -> LaunchRefused:
    """Return a refusal of a message whose sender is not proven."""
    return LaunchRefused(NOT_AUTHENTIC, code, message, detail=detail)


def not_entitled(code: str, message: str) -> LaunchRefused:
    """Return a refusal of an authentic message that is not allowed."""
    return LaunchRefused(NOT_ENTITLED, code, message)
