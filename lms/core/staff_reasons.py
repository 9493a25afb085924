"""Staff reasons for taking something away: validated here, never in the audit trail."""

from typing import Final

from lms.core.errors import N_, Invalid

LONGEST: Final = 500
REASON_MISSING = N_("Give the reason, in words that you will understand next year.")
REASON_TOO_LONG = N_("Use at most 500 characters.")


def checked_reason(reason: str) -> str:
    """Return a reason as it is kept, without space around it. Raises Invalid (field `reason`)."""
    text = reason.strip()
    if not text:
        raise Invalid(REASON_MISSING, fields={"reason": REASON_MISSING})
    if len(text) > LONGEST:
        raise Invalid(REASON_TOO_LONG, fields={"reason": REASON_TOO_LONG})
    return text
