"""Audit sentences of orders, documents, payments and refunds."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_

ORDER_SENTENCES: Final[Mapping[str, str]] = {
    "order.canceled": N_("%(actor)s canceled %(subject)s"),
    "order.check_sent": N_("%(actor)s told us that a check for %(subject)s is on its way"),
    "order.corrected": N_("%(actor)s corrected %(subject)s"),
    "order.drafted": N_("%(actor)s drafted %(subject)s"),
    "order.exchanged": N_("%(actor)s exchanged %(from)s for %(to)s in %(subject)s"),
    "order.held": N_("%(actor)s closed the access of %(subject)s until it is paid"),
    "order.in_approval": N_("%(actor)s told us that %(subject)s is in approval"),
    "order.link_replaced": N_("%(actor)s made a new payment link for %(subject)s"),
    "order.note_written": N_("%(actor)s wrote a note on %(subject)s"),
    "order.placed": N_("%(actor)s placed %(subject)s"),
    "order.po_received": N_("%(actor)s recorded a purchase order for %(subject)s"),
    "order.release_asked": N_("%(actor)s asked for seats of %(subject)s to be released"),
    "order.released": N_("%(actor)s opened the access of %(subject)s"),
    "order.reminded": N_("The payer was reminded of the open invoice of %(subject)s"),
    "order.reminders_resumed": N_("%(actor)s resumed the payment reminders of %(subject)s"),
    "order.reminders_stopped": N_("%(actor)s stopped the payment reminders of %(subject)s"),
    "order.resent": N_("%(actor)s sent the confirmation of %(subject)s again"),
    "order.revised": N_("%(actor)s revised %(subject)s"),
    "quote.accepted": N_("%(actor)s accepted the quote of %(subject)s"),
    "quote.issued": N_("%(actor)s issued quote %(subject)s"),
    "quote.sent": N_("%(actor)s sent the quote of %(subject)s"),
    "invoice.issued": N_("%(actor)s issued invoice %(subject)s"),
    "credit_note.issued": N_("%(actor)s issued credit note %(subject)s"),
    "credit_note.applied": N_("%(actor)s applied credit note %(subject)s to an invoice"),
    "document.resent": N_("%(actor)s sent %(subject)s again"),
    "receipt.issued": N_("%(actor)s issued receipt %(subject)s"),
    "statement.issued": N_("%(actor)s issued statement %(subject)s"),
    "payment.allocated": N_("%(actor)s applied credit of %(subject)s to an invoice"),
    "payment.bounced": N_("%(actor)s recorded that %(subject)s bounced"),
    "payment.dispute": N_("%(actor)s reversed %(subject)s after a lost dispute"),
    "payment.dispute_lost": N_("%(actor)s recorded that the dispute of %(subject)s was lost"),
    "payment.dispute_won": N_("%(actor)s recorded that the dispute of %(subject)s was won"),
    "payment.disputed": N_("%(actor)s recorded a dispute of %(subject)s"),
    "payment.mistake": N_("%(actor)s reversed %(subject)s, which was recorded by mistake"),
    "payment.recorded": N_("%(actor)s recorded %(subject)s"),
    "refund.canceled": N_("%(actor)s canceled %(subject)s"),
    "refund.done": N_("%(actor)s recorded that %(subject)s was paid out"),
    "refund.failed": N_("%(subject)s failed"),
    "refund.made_elsewhere": N_("%(subject)s was made at the card provider"),
    "refund.requested": N_("%(actor)s requested %(subject)s"),
}
