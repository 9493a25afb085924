"""Examples of emails about seats, contracts and passes."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_
from lms.mail.examples.example import ALICE, ALL, EMAIL, LIBRARY, TITLE, WHEN, Example, page

NOUN: Final = N_("Seats, contracts, and passes")
_SEAT: Final[Mapping[str, object]] = {
    "organization": LIBRARY,
    "covers": TITLE,
    "action_url": page("/claim/example"),
}
_CONTRACT: Final[Mapping[str, object]] = {
    "name": ALICE,
    "organization": LIBRARY,
    "covers": ALL,
    "day": "June 30, 2027",
    "is_pass": False,
    "action_url": page("/organization/example"),
}
_LEAVERS: Final = ["Ben Carter", "Rosa Diaz"]
EXAMPLES: Final[Mapping[str, Example]] = {
    "invitation": Example(
        N_("Invitation to claim a seat"),
        N_("When a manager invites a person."),
        f"{LIBRARY} has a seat for you",
        {**_SEAT, "when": WHEN, "days": 14},
    ),
    "invitation_reminder": Example(
        N_("Reminder to claim a seat"),
        N_("3 and 10 days after an invitation, if it isn't claimed."),
        f"Reminder: {LIBRARY} has a seat for you",
        {**_SEAT, "when": WHEN, "days": 4},
    ),
    "seat_claimed": Example(
        N_("Seat claimed"),
        N_("When a person claims a seat."),
        f"You have a seat: {TITLE}",
        {
            **_SEAT,
            "is_webinar": True,
            "is_permanent": True,
            "library_url": page("/library"),
            "action_url": page("/webinars/oral-history"),
        },
    ),
    "seat_offer": Example(
        N_("Seat available for the next person on the waitlist"),
        N_("When a seat becomes available for a person on the waitlist."),
        f"A seat from {LIBRARY} is available for you",
        {**_SEAT, "when": WHEN, "hours": 72},
    ),
    "seat_moved": Example(
        N_("Moved to another seat"),
        N_("When a manager moves a person to a seat for something else."),
        f"{LIBRARY} moved you to another seat",
        {**_SEAT, "before": "Local Newspapers Online", "action_url": page("/library")},
    ),
    "seat_released": Example(
        N_("Seat released"),
        N_("When a manager releases a person's seat or withdraws an invitation."),
        f"Your seat was released: {TITLE}",
        {**_SEAT, "had_claimed": True, "action_url": page("/library")},
    ),
    "seat_question": Example(
        N_("Question about seats"),
        N_("To managers when a person asks them about a seat."),
        "A question about your organization's seats",
        {
            "name": ALICE,
            "email": EMAIL,
            "organization": LIBRARY,
            "webinar": TITLE,
            "message": "Could I have a seat for this webinar?\nI run our oral history project.",
            "action_url": page("/organization/example"),
        },
    ),
    "seat_requested": Example(
        N_("Seat requested in an LMS"),
        N_("To managers when a person without access opens a webinar in a course."),
        f"Seat requested: {TITLE}",
        {
            "name": ALICE,
            "organization": LIBRARY,
            "webinar": TITLE,
            "is_in_library": True,
            "is_waiting": False,
            "action_url": page("/organization/example"),
        },
    ),
    "seats_unassigned": Example(
        N_("Unassigned seats"),
        N_("To managers 3 and 14 days after an order with unassigned seats."),
        f"{LIBRARY}: seats to assign",
        {
            "organization": LIBRARY,
            "pools": [(TITLE, 4), ("Local Newspapers Online", None)],
            "action_url": page("/organization/example"),
        },
    ),
    "seats_to_release": Example(
        N_("Release seats for a return"),
        N_("To managers when an organization returns more seats than are available."),
        "Please release seats: order 2026-0412",
        {
            "name": ALICE,
            "buyer": LIBRARY,
            "covers": TITLE,
            "seats": 2,
            "missing": 1,
            "people": _LEAVERS,
            "others": 3,
            "action_url": page("/organization/example/people"),
        },
    ),
    "allotment_returned": Example(
        N_("Seats returned to a former parent organization"),
        N_("To the managers of both, when our team gives an organization another parent."),
        f"{LIBRARY} has another parent organization",
        {
            "organization": LIBRARY,
            "parent": "Tri-County Library Consortium",
            "lines": [(TITLE, 3, 2)],
            "action_url": page("/organization/example"),
        },
    ),
    "allotment_term": Example(
        N_("Seats from a parent organization end, or are renewed"),
        N_(
            "To managers when seats that a parent allotted end soon, end, or are renewed or extended."
        ),
        "Elmwood Branch Library: your seats from Tri-County Library Consortium end on June 30, 2027",
        {
            **_CONTRACT,
            "organization": "Elmwood Branch Library",
            "parent": "Tri-County Library Consortium",
            "people": 8,
            "is_over": False,
            "is_renewed": False,
            "is_extended": False,
        },
    ),
    "pool_usage_alert": Example(
        N_("Seats are running out"),
        N_("To managers when most or all seats of a contract are used."),
        f"{LIBRARY}: 80% of your seats are used",
        {**_CONTRACT, "used": 40, "seats": 50, "is_full": False},
    ),
    "contract_expiring": Example(
        N_("Contract or pass ends soon"),
        N_("To managers before a contract or an organization's pass ends."),
        f"{LIBRARY}: your contract ends on June 30, 2027",
        {**_CONTRACT, "used": 40, "seats": 50},
    ),
    "contract_expired": Example(
        N_("Contract ended, grace period started"),
        N_("To managers when a contract ends."),
        f"{LIBRARY}: your contract ended",
        {**_CONTRACT, "until": "July 14, 2027", "used": 40, "is_held": False},
    ),
    "grace_extended": Example(
        N_("Grace period extended"),
        N_("To managers when our team extends the grace period of a contract."),
        f"{LIBRARY}: your grace period is extended until July 30, 2027",
        {
            **_CONTRACT,
            "until": "July 30, 2027",
            "is_ended": True,
            "was_over": False,
            "is_held": False,
        },
    ),
    "contract_grace_ended": Example(
        N_("Access through a contract or pass ended"),
        N_("To managers when a contract's grace period ends, or an organization's pass."),
        f"{LIBRARY}: access ended",
        {**_CONTRACT, "kept_until": "October 12, 2027", "people": 38, "is_held": False},
    ),
    "contract_renewed": Example(
        N_("Contract or pass renewed"),
        N_("To managers when a contract or an organization's pass is renewed."),
        f"{LIBRARY}: your contract is renewed until June 30, 2028",
        {
            **_CONTRACT,
            "from_day": "July 1, 2027",
            "day": "June 30, 2028",
            "seats": 50,
            "is_ahead": True,
            "is_held": False,
            "number": "2026-0412",
            "price": "$4,800.00",
            "reference": "PO 88123",
        },
    ),
    "contract_shortage": Example(
        N_("Fewer seats than people"),
        N_("To managers before a contract continues with fewer seats than people."),
        f"{LIBRARY}: fewer seats starting July 1, 2027",
        {
            **_CONTRACT,
            "day": "July 1, 2027",
            "seats": 40,
            "over": 5,
            "leavers": _LEAVERS,
            "others": 3,
        },
    ),
    "pass_expiring": Example(
        N_("Individual pass ends"),
        N_("To the owner of an all-access pass before it ends, and at the end."),
        "Your pass ends on October 6, 2027",
        {
            "name": ALICE,
            "covers": ALL,
            "day": "October 6, 2027",
            "price": "$499.00",
            "is_over": False,
            "is_held": False,
            "action_url": page("/pay/example"),
        },
    ),
    "past_purchases_added": Example(
        N_("Past purchases added"),
        N_("When our team emails people about imported past sales."),
        "Your webinars at Elm Street Training",
        {
            "name": ALICE,
            "account": EMAIL,
            "items": [TITLE, "Local Newspapers Online"],
            "more": 0,
            "is_new": True,
            "action_url": page("/reset-password/example"),
        },
    ),
}
