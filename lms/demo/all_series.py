"""All series of the demo with their webinars; each series has its own module."""

from lms.demo import series_desk_and_door, series_local_memory, series_plain_machines_and_singles
from lms.demo.people_and_prices import CAST, HOUSE, ORGANIZATIONS, PRESENTERS, PRICES, SELLER

SERIES = (
    series_desk_and_door.SERIES,
    series_local_memory.SERIES,
    series_plain_machines_and_singles.SERIES,
)
WEBINARS = (
    *series_desk_and_door.WEBINARS,
    *series_plain_machines_and_singles.WEBINARS,
    *series_local_memory.WEBINARS,
)

__all__ = ["CAST", "HOUSE", "ORGANIZATIONS", "PRESENTERS", "PRICES", "SELLER", "SERIES", "WEBINARS"]
