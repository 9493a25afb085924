"""Errors: the refusals that a domain function raises when it will not act."""

from collections.abc import Mapping
from types import MappingProxyType


def N_(text: str) -> str:  # noqa: N802  (the gettext convention for "translate me when shown")
    """Mark a sentence for translation; it is translated where it is shown."""
    return text


class Refused(Exception):
    """An act that was refused; `message` is one sentence a person can use."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class NotFound(Refused):
    """What was asked for does not exist, or is not this person's to see: the two read the same."""

    code = "not_found"

    def __init__(self, message: str = N_("There is nothing here.")) -> None:
        super().__init__(message)


class Invalid(Refused):
    """The input has faults; `fields` maps a field's name to its sentence."""

    code = "invalid"

    def __init__(self, message: str, *, fields: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(message)
        self.fields = MappingProxyType(dict(fields))


class Conflict(Refused):
    """The act clashes with what stands now, for example a name that is taken."""

    code = "conflict"


class Forbidden(Refused):
    """The person is known and may not do this."""

    code = "forbidden"


class Gone(Refused):
    """The link or place existed and has ended, for example a used or expired mail link."""

    code = "gone"


class TooMany(Refused):
    """Too many tries; `retry_after_s` is the wait in whole seconds."""

    code = "too_many"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(Refused):
    """Something outside could not be reached; trying again later may work."""

    code = "unavailable"
