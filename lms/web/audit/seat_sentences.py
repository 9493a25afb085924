"""Audit sentences of seats: invitations, releases, transfers and staff lists."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_

SEAT_SENTENCES: Final[Mapping[str, str]] = {
    "seat.claimed": N_("%(actor)s claimed a seat of %(subject)s"),
    "seat.invited": N_("%(actor)s invited a person to a seat of %(subject)s"),
    "seat.invitation_extended": N_("%(actor)s extended an invitation to %(subject)s"),
    "seat.invitation_resent": N_("%(actor)s resent an invitation to %(subject)s"),
    "seat.link_made": N_("%(actor)s created a new invitation link for a seat of %(subject)s"),
    "seat.moved": N_("%(actor)s moved a person from %(subject)s to another pool"),
    "seat.readdressed": N_("%(actor)s corrected the address of an invitation to %(subject)s"),
    "seat.reassigned": N_("%(actor)s reassigned a seat of %(subject)s"),
    "seat.refill_approved": N_("%(actor)s made a seat of %(subject)s available again"),
    "seat.released": N_("%(actor)s released a seat of %(subject)s"),
    "seat.restored": N_("%(actor)s restored a seat of %(subject)s"),
    "seats.release_begun": N_("%(actor)s started to release several seats of %(subject)s"),
    "seats.sending_begun": N_("%(actor)s started to resend several invitations to %(subject)s"),
    "seats.imported": N_("%(actor)s imported a staff list into %(pool)s"),
}
