"""The asker: the person who sends a request for themselves or their organization."""

from dataclasses import dataclass

from lms.seats.invitations import Invitee


@dataclass(frozen=True, slots=True)
class Asker:
    """The person who asks, their message, and the person they named for a seat, if any."""

    login_id: int
    public_id: str
    name: str
    email: str
    message: str = ""
    to: Invitee | None = None
