"""An example of one kind of email: its name, when it is sent, and values that it is shown with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SITE: Final = "https://webinars.example.org"
ALICE: Final = "Alice Nguyen"
EMAIL: Final = "alice@example.org"
LIBRARY: Final = "Elm County Library"
TITLE: Final = "Oral History, from First Call to Archive"
WHEN: Final = "Thursday, December 10, 2026, 2:00 PM ET"
ALL: Final = "all webinars"
ITEM: Final[Mapping[str, object]] = {
    "what": "Group seats",
    "covers": TITLE,
    "seats": 5,
    "starts": "",
    "until": "",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A kind of email as our team sees it: `title` and `when` are marked for translation."""

    title: str
    when: str
    subject: str
    values: Mapping[str, object]

    def __post_init__(self) -> None:
        """Give the subject the apostrophes of our texts."""
        object.__setattr__(self, "subject", self.subject.replace("'", "\u2019"))


def page(path: str) -> str:
    """Return an address for an example."""
    return SITE + path
