"""Staff reasons for revoking something: validated here, never in the audit log."""

from typing import Final

from lms.core.errors import N_, Invalid

LONGEST: Final = 500
REASON_MISSING = N_("Enter a reason that will still make sense next year.")
REASON_TOO_LONG = N_("Use up to 500 characters.")


def checked_reason(reason: str) -> str:
    """Return a reason stripped of spaces, as it is stored. Raises Invalid (field `reason`)."""
    text = reason.strip()
    if not text:
        raise Invalid(REASON_MISSING, field="reason")
    if len(text) > LONGEST:
        raise Invalid(REASON_TOO_LONG, field="reason")
    return text
