"""Request texts: where a request stands, in words, with the kind of its badge."""

from typing import Final

from lms.core.errors import N_
from lms.models.requests import RequestState

STATE_WORDS: Final = {
    RequestState.NEW: N_("Waiting for us"),
    RequestState.IN_HAND: N_("In hand"),
    RequestState.DONE: N_("Done"),
    RequestState.DECLINED: N_("Declined"),
}
STATE_BADGES: Final = {
    RequestState.NEW: "soon",
    RequestState.IN_HAND: "term",
    RequestState.DONE: "open",
    RequestState.DECLINED: "none",
}
