"""Offers by their kind: who owns what is sold, which are dated, and their names."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_
from lms.models.grants import OfferKind

OF_A_LOGIN: Final = (OfferKind.GROUP_SHOWING, OfferKind.PASS)
OF_A_POOL: Final = (OfferKind.GROUP_SEATS, OfferKind.INSTITUTIONAL, OfferKind.CONTRACT)
DATED: Final = (OfferKind.PASS, OfferKind.CONTRACT)
UNLIMITED: Final = (OfferKind.INSTITUTIONAL, OfferKind.CONTRACT)
NAMED: Final = (OfferKind.SINGLE, OfferKind.PASS)  # the order's contact gets one of them
SEATS: Final = (OfferKind.SINGLE, OfferKind.GROUP_SEATS)
WHAT: Final[Mapping[OfferKind, str]] = {
    OfferKind.SINGLE: N_("A seat"),
    OfferKind.GROUP_SEATS: N_("Seats"),
    OfferKind.GROUP_SHOWING: N_("Group viewing"),
    OfferKind.INSTITUTIONAL: N_("Institutional access"),
    OfferKind.PASS: N_("All-access pass"),
    OfferKind.CONTRACT: N_("All-access contract"),
}
