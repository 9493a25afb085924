"""Events of a webinar, and the sentence about each for every role."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from lms.core.errors import N_
from lms.core.languages import joined


class Role(StrEnum):
    """A person's relation to a webinar, the strongest role first."""

    BUYER = "buyer"
    BILLING = "billing"
    MANAGER = "manager"
    HOST = "host"
    HOLDER = "holder"
    CONTRACT = "contract"
    PASS = "pass"  # noqa: S105  (an all-access pass)
    INVITED = "invited"
    WAITING = "waiting"
    TRAINEE = "trainee"
    TEAM = "team"


class Event(StrEnum):
    """An event of a webinar that people are notified of."""

    CANCELED = "canceled"
    POSTPONED = "postponed"
    PULLED = "pulled"
    REINSTATED = "reinstated"
    READY = "recording_ready"
    TOMORROW = "tomorrow"
    SOON = "soon"


ROLE_NAMES: Final[Mapping[Role, str]] = {
    Role.BUYER: N_("Buyers"),
    Role.BILLING: N_("Billing contacts of buying organizations"),
    Role.MANAGER: N_("Managers of organizations with seats"),
    Role.HOST: N_("Hosts of group viewings"),
    Role.HOLDER: N_("People with a seat or access of their own"),
    Role.CONTRACT: N_("Registered through a contract"),
    Role.PASS: N_("Registered through a pass"),
    Role.INVITED: N_("People with an open invitation"),
    Role.WAITING: N_("People on the waitlist"),
    Role.TRAINEE: N_("People assigned this as training"),
    Role.TEAM: N_("Our team"),
}
ATTENDING: Final = frozenset({Role.HOST, Role.HOLDER, Role.CONTRACT, Role.PASS})
PAYING: Final = frozenset({Role.BUYER, Role.BILLING})

_PEOPLE_ARE_TOLD: Final = N_("Everyone with a seat or an open invitation gets an email, too.")
_TEAM: Final = N_("Others who get an email about this: %(others)s.")
_WAITING: Final = N_("You're still on the waitlist for a seat at %(organization)s.")
_NOTHING_TO_DO: Final = N_("You don't need to do anything.")
_JOIN: Final = N_(
    "You can join starting an hour before it begins. Open the page below, sign in with "
    "this email address, and choose “Join live.” The recording will be on the same page."
)
_CANT_COME: Final = N_("If you can't make it, let us know on its page and choose another webinar.")
_ASSIGNED: Final = N_("%(organization)s assigned it to you as training.")
_HOST: Final = N_("You can show it to your group.")
_ONE_CLICK: Final = N_(
    "It takes one click, and you don't need an account. If you share this purchase with "
    "others, the first choice counts."
)
_MANAGED: Final = joined("%(seats)s", _PEOPLE_ARE_TOLD)
_ACCEPT: Final = N_(
    "%(organization)s invited you to a seat that you haven't accepted yet. Use the link in your "
    "invitation."
)
_WITHDRAWN: Final = {
    Role.INVITED: joined(
        N_("Your invitation from %(organization)s was for this webinar."), _NOTHING_TO_DO
    ),
    Role.WAITING: joined(
        N_("You were on the waitlist for a seat at %(organization)s."), _NOTHING_TO_DO
    ),
    Role.TRAINEE: joined(_ASSIGNED, _NOTHING_TO_DO),
    Role.TEAM: _TEAM,
}

# Roles that an event doesn't name are not notified of it. A person with several roles is notified in
# the strongest one, so each person gets one email. Only buyers, billing contacts and managers read
# about money.
TOLD: Final[Mapping[Event, Mapping[Role, str]]] = {
    Event.CANCELED: {
        Role.BUYER: _ONE_CLICK,
        Role.BILLING: _ONE_CLICK,
        Role.MANAGER: _MANAGED,
        Role.HOST: N_("Your group viewing won't take place, so don't invite anyone to it."),
        Role.HOLDER: N_("Go to its page to see whether you can get another webinar instead."),
        Role.CONTRACT: N_("On its page, you can choose another webinar instead."),
        Role.PASS: N_("On its page, you can choose another webinar instead."),
        **_WITHDRAWN,
    },
    Event.POSTPONED: {
        Role.BUYER: _ONE_CLICK,
        Role.BILLING: _ONE_CLICK,
        Role.MANAGER: _MANAGED,
        Role.HOST: N_("Your group viewing moves to the new date."),
        Role.HOLDER: joined(N_("Your access applies to the new date."), _CANT_COME),
        Role.CONTRACT: joined(N_("You're still registered."), _CANT_COME),
        Role.PASS: joined(N_("You're still registered."), _CANT_COME),
        Role.INVITED: _ACCEPT,
        Role.WAITING: _WAITING,
        Role.TRAINEE: joined(_ASSIGNED, _NOTHING_TO_DO),
        Role.TEAM: _TEAM,
    },
    Event.PULLED: {
        Role.BUYER: N_("You or your organization paid for it."),
        Role.BILLING: N_("Your organization paid for it."),
        Role.MANAGER: _MANAGED,
        Role.HOST: N_("You can no longer show it to a group."),
        Role.HOLDER: N_("Certificates you've earned stay valid."),
        Role.CONTRACT: N_("Your contract still includes our other webinars."),
        Role.PASS: N_("Your pass still includes our other webinars."),
        **_WITHDRAWN,
    },
    Event.REINSTATED: {
        Role.BUYER: N_("Your order is valid, so you don't need to do anything."),
        Role.BILLING: N_("Your organization's order is valid. You don't need to do anything."),
        Role.MANAGER: _MANAGED,
        Role.HOST: _HOST,
        Role.HOLDER: N_("You still have access."),
        Role.CONTRACT: joined(N_("You're still registered."), _CANT_COME),
        Role.PASS: joined(N_("You're still registered."), _CANT_COME),
        Role.INVITED: _ACCEPT,
        Role.WAITING: _WAITING,
        Role.TRAINEE: _ASSIGNED,
        Role.TEAM: _TEAM,
    },
    Event.READY: {
        Role.HOST: _HOST,
        Role.HOLDER: N_("You can watch it as often as you like."),
        Role.CONTRACT: N_("You can watch it as often as you like while your contract lasts."),
        Role.PASS: N_("You can watch it as often as you like while your pass lasts."),
        Role.INVITED: _ACCEPT,
        Role.TRAINEE: _ASSIGNED,
    },
    Event.TOMORROW: {
        Role.HOST: joined(_HOST, _JOIN),
        Role.HOLDER: _JOIN,
        Role.CONTRACT: _JOIN,
        Role.PASS: _JOIN,
        Role.INVITED: _ACCEPT,
        Role.TRAINEE: joined(_ASSIGNED, N_("Register for it on its page.")),
    },
    Event.SOON: {
        Role.HOST: joined(_HOST, _JOIN),
        Role.HOLDER: _JOIN,
        Role.CONTRACT: _JOIN,
        Role.PASS: _JOIN,
    },
}


def strongest(event: Event, roles: Collection[Role]) -> Role | None:
    """Return the role in which a person is notified of an event; None if they aren't."""
    told = TOLD[event]
    return next((role for role in Role if role in roles and role in told), None)
