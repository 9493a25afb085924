"""Errors: the refusals that a domain function raises when it won't act."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeVar

from lms.core.languages import Marked

Found = TypeVar("Found")


def N_(text: str) -> str:  # noqa: N802  (the gettext convention for "translate me when shown")
    """Mark a sentence for translation; it is translated when it is shown."""
    return Marked(text)


NOTHING_HERE = N_("The address may be wrong, or the page may have moved.")


class Refused(Exception):
    """A refused action; `message` is one sentence for the person."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class NotFound(Refused):
    """The object doesn't exist, or this person can't see it; both read the same."""

    code = "not_found"

    def __init__(self, message: str = NOTHING_HERE) -> None:
        super().__init__(message)


def or_not_found(found: Found | None, message: str = NOTHING_HERE) -> Found:
    """Return what was looked for; raises NotFound if it is None."""
    if found is None:
        raise NotFound(message)
    return found


class Invalid(Refused):
    """The input is invalid: one `field`, or several `fields`, each with its own sentence."""

    code = "invalid"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.fields = MappingProxyType(dict(fields) if field is None else {field: message})


class Conflict(Refused):
    """The action conflicts with the current state, such as a name that is taken."""

    code = "conflict"


class Forbidden(Refused):
    """The person is known and isn't allowed to do this."""

    code = "forbidden"


class Gone(Refused):
    """The object existed and has ended, such as a used or expired link."""

    code = "gone"


class TooMany(Refused):
    """Too many attempts; `retry_after_s` is the wait in whole seconds."""

    code = "too_many"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(Refused):
    """Something outside couldn't be reached; trying again later may work."""

    code = "unavailable"


class Frozen(Unavailable):
    """The database is being moved, so nothing can be saved; `until` is the expected end."""

    code = "frozen"

    def __init__(self, until: datetime) -> None:
        super().__init__(
            N_("We're moving to a larger database, so you can't save anything for a few minutes.")
        )
        self.until = until

    def wait_s(self, now: datetime) -> int:
        """Return the seconds to wait before trying again, at least 10."""
        return max(10, round((self.until - now).total_seconds()))


class Moved(Frozen):
    """The database was moved, and its old file is no longer written to; a restart ends this."""

    code = "database_moved"

    def __init__(self) -> None:
        super().__init__(datetime.fromtimestamp(0, UTC))
