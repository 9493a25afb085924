"""Sales tax at checkout: where a person is, and who says that they are exempt (MONEY.md, M13 and M14).

Both are asked only while the seller collects tax in some state.
"""

import re
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.core.postal_addresses import US_STATES, Address, clean_address
from lms.tax.rule_list import has_rules

STATE: Final = N_("Enter your state as two letters, like IL or NY.")
ZIP: Final = N_("Enter your ZIP code, like 62701.")
_ZIP: Final = re.compile(r"\d{5}(-?\d{4})?", re.ASCII)


def asks_about_tax(session: Session, *, now: datetime) -> bool:
    """Tell whether checkout asks for a person's state, and for an exemption."""
    return has_rules(session, on=now.date())


def home_of(state: str, postal_code: str) -> tuple[Address, dict[str, str]]:
    """Return where a person is, and what is wrong with it, by field."""
    home = clean_address(Address("", "", "", state, postal_code, "US"))
    faults = {}
    if home.state not in US_STATES:
        faults["home_state"] = STATE
    if not _ZIP.fullmatch(home.postal_code):
        faults["home_postal_code"] = ZIP
    return home, faults
