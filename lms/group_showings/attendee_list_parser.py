"""The attendee list parser: pasted names and email addresses, one person a line."""

import re
from dataclasses import dataclass
from typing import Final

from lms.core.errors import N_, Invalid

_ADDRESS: Final = re.compile(r"[^\s<>,;\"]+@[^\s<>,;\"]+")


@dataclass(frozen=True, slots=True)
class Guest:
    """A person to add to the list."""

    name: str
    email: str


def read_guests(text: str) -> tuple[Guest, ...]:
    """Return the pasted people, one per line: a name and an address in any order.

    Raises Invalid (field `people`), naming the lines without an address.
    """
    guests, faulty = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = _ADDRESS.search(line)
        if found is None:
            faulty.append(str(number))
            continue
        name = re.sub(r"[\s<>,;\"\t]+", " ", line.replace(found[0], " ")).strip()
        guests.append(Guest(name or found[0].partition("@")[0], found[0]))
    if faulty or not guests:
        sentence = (
            N_("There's no email address on line %(lines)s.") % {"lines": ", ".join(faulty)}
            if faulty
            else N_("Enter a name and an email address, one person per line.")
        )
        raise Invalid(sentence, field="people")
    return tuple(guests)
