"""Everything the demo tells, in one place; its parts are beside it, one series a file."""

from lms.demo import desk, machines, memory
from lms.demo.people import CAST, HOUSE, ORGANISATIONS, PRESENTERS, PRICES

SERIES = (desk.SERIES, memory.SERIES, machines.SERIES)
WEBINARS = (*desk.WEBINARS, *machines.WEBINARS, *memory.WEBINARS)

__all__ = ["CAST", "HOUSE", "ORGANISATIONS", "PRESENTERS", "PRICES", "SERIES", "WEBINARS"]
