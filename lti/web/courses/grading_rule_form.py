"""The grading rule form of a link: parsed, or returned with its errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from lms.core.errors import N_, Invalid
from lti.models.courses import CompletionRule

BAD_RULE: Final = N_("Choose a rule and enter a whole percentage from 1 to 100.")
LONGEST: Final = 9


@dataclass(frozen=True, slots=True)
class EnteredRule:
    """A rejected rule, as entered for a link (public ID)."""

    link: str
    rule: str
    threshold: str
    fault: str


def read_rule(form: Mapping[str, str]) -> tuple[CompletionRule, int]:
    """Return the entered rule and percentage; raises Invalid."""
    threshold = form.get("threshold", "").strip()
    if not threshold.isascii() or not threshold.isdecimal():
        raise Invalid(BAD_RULE)
    try:
        return CompletionRule(form.get("rule", "")), int(threshold[:LONGEST])
    except ValueError:
        raise Invalid(BAD_RULE) from None


def refused_rule(link: str, form: Mapping[str, str], refusal: Invalid) -> EnteredRule:
    """Return what was entered for a link and why it was rejected, for the form to show again."""
    return EnteredRule(
        link, form.get("rule", ""), form.get("threshold", "").strip(), _(refusal.message)
    )
