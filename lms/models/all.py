"""Every table of the library, for whoever needs the whole metadata."""

from lms.models import catalogue, holdings, people, upkeep, viewing

MODULES = (people, catalogue, holdings, viewing, upkeep)
