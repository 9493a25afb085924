"""Postal addresses: which are valid, and the lines that are printed."""

import re
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

from babel import Locale

from lms.core.errors import N_

HOME: Final = "US"
NO_STREET: Final = N_("Enter the street address or PO box.")
LONGEST_LINE: Final = 120  # street, street2, city
LONGEST_STATE: Final = 40
LONGEST_POSTAL_CODE: Final = 20
# codes in CLDR that aren't countries of ISO 3166
_NOT_COUNTRIES = "AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ"
COUNTRIES: Final = MappingProxyType(
    {
        code: name
        for code, name in Locale("en", "US").territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in _NOT_COUNTRIES.split()
    }
)
# USPS Publication 28, appendix B: states, the District of Columbia, possessions, military "states"
US_STATES: Final = MappingProxyType(
    {
        "AL": "Alabama",
        "AK": "Alaska",
        "AS": "American Samoa",
        "AZ": "Arizona",
        "AR": "Arkansas",
        "AA": "Armed Forces Americas",
        "AE": "Armed Forces Europe",
        "AP": "Armed Forces Pacific",
        "CA": "California",
        "CO": "Colorado",
        "CT": "Connecticut",
        "DE": "Delaware",
        "DC": "District of Columbia",
        "FM": "Federated States of Micronesia",
        "FL": "Florida",
        "GA": "Georgia",
        "GU": "Guam",
        "HI": "Hawaii",
        "ID": "Idaho",
        "IL": "Illinois",
        "IN": "Indiana",
        "IA": "Iowa",
        "KS": "Kansas",
        "KY": "Kentucky",
        "LA": "Louisiana",
        "ME": "Maine",
        "MH": "Marshall Islands",
        "MD": "Maryland",
        "MA": "Massachusetts",
        "MI": "Michigan",
        "MN": "Minnesota",
        "MS": "Mississippi",
        "MO": "Missouri",
        "MT": "Montana",
        "NE": "Nebraska",
        "NV": "Nevada",
        "NH": "New Hampshire",
        "NJ": "New Jersey",
        "NM": "New Mexico",
        "NY": "New York",
        "NC": "North Carolina",
        "ND": "North Dakota",
        "MP": "Northern Mariana Islands",
        "OH": "Ohio",
        "OK": "Oklahoma",
        "OR": "Oregon",
        "PW": "Palau",
        "PA": "Pennsylvania",
        "PR": "Puerto Rico",
        "RI": "Rhode Island",
        "SC": "South Carolina",
        "SD": "South Dakota",
        "TN": "Tennessee",
        "TX": "Texas",
        "UT": "Utah",
        "VT": "Vermont",
        "VA": "Virginia",
        "VI": "Virgin Islands",
        "WA": "Washington",
        "WV": "West Virginia",
        "WI": "Wisconsin",
        "WY": "Wyoming",
    }
)
_CODES: Final = MappingProxyType({name.casefold(): code for code, name in US_STATES.items()})
_ZIP: Final = re.compile(r"(\d{5})(?:[- ]?(\d{4}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `street2` can be empty, and outside the US also the state and postal code.

    `country` is an ISO 3166 code such as US. In the US, `state` is two letters.
    """

    street: str
    street2: str
    city: str
    state: str
    postal_code: str
    country: str = HOME

    @property
    def is_empty(self) -> bool:
        """Return whether nothing but the country was entered."""
        parts = (self.street, self.street2, self.city, self.state, self.postal_code)
        return not any(part.strip() for part in parts)

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines printed below a name; the country is included only outside the US."""
        place = f"{self.city}, {self.state}" if self.state else self.city
        country = "" if self.country == HOME else COUNTRIES.get(self.country, self.country)
        lines = (self.street, self.street2, f"{place} {self.postal_code}".strip(), country)
        return tuple(line for line in lines if line)


NO_ADDRESS: Final = Address("", "", "", "", "")


def clean_address(typed: Address) -> Address:
    """Return an address as it is stored: "illinois" as IL, 627011234 as 62701-1234."""
    street, street2, city, state, code, country = (
        " ".join(str(getattr(typed, field.name)).split()) for field in fields(typed)
    )
    country = country.upper() or HOME
    if country == HOME:
        state = _CODES.get(state.casefold(), state.upper())
        found = _ZIP.fullmatch(code)
        code = "-".join(part for part in found.groups() if part) if found else code
    return Address(street, street2, city, state, code, country)


def address_faults(address: Address, prefix: str = "") -> dict[str, str]:
    """Return a sentence for each faulty field of a cleaned address, by `prefix` and its name."""
    faults = _required_faults(address)
    limits = {
        "street": LONGEST_LINE,
        "street2": LONGEST_LINE,
        "city": LONGEST_LINE,
        "state": LONGEST_STATE,
        "postal_code": LONGEST_POSTAL_CODE,
    }
    for name, limit in limits.items():
        if len(getattr(address, name)) > limit:
            faults.setdefault(name, N_("This is too long for an address label. Shorten it."))
    return {prefix + name: sentence for name, sentence in faults.items()}


def _required_faults(address: Address) -> dict[str, str]:
    faults = {}
    if not address.street:
        faults["street"] = NO_STREET
    if not address.city:
        faults["city"] = N_("Enter the city.")
    if address.country not in COUNTRIES:
        faults["country"] = N_("Choose the country.")
    if address.country == HOME and address.state not in US_STATES:
        faults["state"] = N_("Enter the state as two letters, like IL.")
    if address.country == HOME and not _ZIP.fullmatch(address.postal_code):
        faults["postal_code"] = N_("Enter a ZIP code like 62701 or 62701-1234.")
    return faults
