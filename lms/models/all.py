"""Every table of the library, for whoever needs the whole metadata."""

from lms.models import (
    badges,
    catalogue,
    certificate_designs,
    certificates,
    history,
    holdings,
    imports,
    kits,
    orders,
    people,
    search,
    seats,
    showings,
    upkeep,
    uploads,
    viewing,
)

MODULES = (
    people,
    catalogue,
    search,
    holdings,
    seats,
    imports,
    kits,
    orders,
    history,
    viewing,
    showings,
    certificates,
    certificate_designs,
    badges,
    uploads,
    upkeep,
)
