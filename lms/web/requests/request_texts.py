"""Request texts: the status of a request in words, with the kind of its badge."""

from typing import Final

from lms.core.errors import N_
from lms.models.requests import RequestState

STATE_WORDS: Final = {
    RequestState.NEW: N_("Received"),
    RequestState.IN_HAND: N_("In progress"),
    RequestState.DONE: N_("Done"),
    RequestState.DECLINED: N_("Declined"),
}
STATE_BADGES: Final = {
    RequestState.NEW: "soon",
    RequestState.IN_HAND: "term",
    RequestState.DONE: "open",
    RequestState.DECLINED: "none",
}
