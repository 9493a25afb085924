"""Sales tax of carts: where a person is, who claims an exemption, and the estimate (M13 and M14).

Checkout asks about location and exemption only while the seller collects tax in some state.
"""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.checkouts.amounts import total_of
from lms.core.dates_and_time_zones import default_zone, on_wall_clock
from lms.core.errors import N_
from lms.core.postal_addresses import US_STATES, Address, clean_address
from lms.models.orders import Order
from lms.sales import orders
from lms.tax.rule_list import has_rules, list_rules

STATE: Final = N_("Enter your state as two letters, like IL or NY.")
ZIP: Final = N_("Enter your ZIP code, like 62701.")
_ZIP: Final = re.compile(r"\d{5}(-?\d{4})?", re.ASCII)


def asks_about_tax(session: Session, *, now: datetime) -> bool:
    """Return whether checkout asks for a person's state and for an exemption."""
    return has_rules(session, on=on_wall_clock(now, default_zone()).date())


def states_of_tax(session: Session, *, zone: ZoneInfo, now: datetime) -> tuple[str, ...]:
    """Return the names of the states in which the seller collects tax today."""
    today = now.astimezone(zone).date()
    return tuple(
        dict.fromkeys(
            US_STATES[one.state]
            for one in list_rules(session)
            if one.first_day <= today and not one.is_over(today)
        )
    )


def estimate(session: Session, cart: Order, *, zone: ZoneInfo, now: datetime) -> int | None:
    """Return the tax of a cart at today's rates, in minor units; None while its buyer is unknown."""
    if not cart.contact_email:
        return None
    net = sum(line.net_minor for line in orders.lines_of(session, cart.id))
    return total_of(session, cart, zone=zone, now=now) - net


def place_of(state: str, postal_code: str) -> Address:
    """Return the address for a person's state and ZIP code."""
    return clean_address(Address("", "", "", state, postal_code, "US"))


def home_of(state: str, postal_code: str) -> tuple[Address, dict[str, str]]:
    """Return a person's address, and its faults by field."""
    home = place_of(state, postal_code)
    faults = {}
    if home.state not in US_STATES:
        faults["home_state"] = STATE
    if not _ZIP.fullmatch(home.postal_code):
        faults["home_postal_code"] = ZIP
    return home, faults
