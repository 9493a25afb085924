"""Every table of the library, for whoever needs the whole metadata."""

from lms.models import catalogue, holdings, people, search, upkeep, viewing

MODULES = (people, catalogue, search, holdings, viewing, upkeep)
