"""Examples of every kind of email, for our team's pages and for tests."""

from collections.abc import Mapping
from types import ModuleType
from typing import Final

from lms.mail.examples import (
    account_emails,
    order_emails,
    seat_emails,
    team_emails,
    webinar_emails,
)
from lms.mail.examples.example import Example

_MODULES: Final[tuple[ModuleType, ...]] = (
    account_emails,
    order_emails,
    seat_emails,
    webinar_emails,
    team_emails,
)
# by noun, in the order of the staff page
BY_NOUN: Final[Mapping[str, Mapping[str, Example]]] = {
    module.NOUN: module.EXAMPLES for module in _MODULES
}
EXAMPLES: Final[Mapping[str, Example]] = {
    kind: example for examples in BY_NOUN.values() for kind, example in examples.items()
}
