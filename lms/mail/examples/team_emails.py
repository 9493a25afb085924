"""Examples of emails to our team, and to managers about their LMS."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_
from lms.mail.examples.example import ALICE, LIBRARY, Example, page
from lms.mail.examples.order_emails import REQUEST

NOUN: Final = N_("Our team and LMS connections")
_ORDER: Final[Mapping[str, object]] = {
    "buyer": LIBRARY,
    "number": "2026-0412",
    "amount": "$325.00",
    "action_url": page("/staff/orders/example"),
}
_PAYMENT: Final[Mapping[str, object]] = {
    "amount": "$99.00",
    "reason": "The card has expired.",
    "action_url": page("/staff/payments/example"),
}
EXAMPLES: Final[Mapping[str, Example]] = {
    "order_to_review": Example(
        N_("Order to review"),
        N_("To our team when a new customer orders on credit."),
        "Review order 2026-0412",
        {
            **_ORDER,
            "total": "$325.00",
            "due": "Monday, November 30, 2026, 5:00 PM ET",
            "contact": ALICE,
        },
    ),
    "order_disputed": Example(
        N_("Payment disputed"),
        N_("To our team when a buyer disputes a card payment with their bank."),
        "A payment for order 2026-0412 is disputed",
        {**_ORDER, "is_to_organization": True, "is_suspended": False},
    ),
    "invoice_past_due_staff": Example(
        N_("Invoice past due"),
        N_("To our team when an invoice is past due."),
        "Invoice 2026-0412 is past due",
        {**_ORDER, "po_number": "88123", "open": "$325.00", "due": "December 28, 2026"},
    ),
    "payment_page_used": Example(
        N_("Payment page used"),
        N_("To our team when a payer sends a purchase order or tells us a check is on its way."),
        "Order 2026-0412: purchase order received",
        {**_ORDER, "what": "Purchase order received", "which": "PO 88123.pdf"},
    ),
    "payment_unused_staff": Example(
        N_("Card payment couldn't be applied"),
        N_("To our team when we can't apply a card payment to an order."),
        "We couldn't apply a card payment to order 2026-0412",
        {
            **_PAYMENT,
            "number": "2026-0412",
            "reason": "The order was already paid.",
            "returned": "December 14, 2026",
        },
    ),
    "refund_failed": Example(
        N_("Card refund failed"),
        N_("To our team when the card provider can't refund a card."),
        "A card refund of $99.00 failed",
        _PAYMENT,
    ),
    "refund_elsewhere": Example(
        N_("Refund made at the card provider"),
        N_("To our team when a refund is made on the card provider's site."),
        "Record what a refund of $99.00 was for",
        _PAYMENT,
    ),
    "balances_differ": Example(
        N_("Balances that don't add up"),
        N_("To our team when the nightly check finds a wrong balance."),
        "Balances that don't add up: 1",
        {
            "found": [
                {
                    "kind": "invoice",
                    "number": "2026-0412",
                    "stored": "$325.00",
                    "computed": "$250.00",
                }
            ],
            "total": 1,
            "action_url": page("/staff/balances"),
        },
    ),
    "tax_state_without_rule": Example(
        N_("No tax rule for a state"),
        N_("To our team when an invoice has no sales tax because a state has no rule."),
        "No tax rule for Ohio",
        {"number": "2026-0412", "state": "Ohio", "action_url": page("/staff/tax-rules")},
    ),
    "request_new_for_staff": Example(
        N_("New request"),
        N_("To our team when a person sends a request or a question."),
        "Request R-1042: Quote",
        {**REQUEST, "action_url": page("/staff/requests/example")},
    ),
    "request_assigned": Example(
        N_("Request assigned"),
        N_("To a team member when a colleague assigns them a request."),
        "Ada assigned you a request: Quote",
        {
            **REQUEST,
            "owner": "Bo",
            "colleague": "Ada",
            "action_url": page("/staff/requests/example"),
        },
    ),
    "team_joined": Example(
        N_("Added to the team"),
        N_("To a person with an account when an owner adds them to the team."),
        "You were added to our team",
        {"name": "Bo", "role": "Staff", "action_url": page("/staff")},
    ),
    "team_left": Example(
        N_("Removed from the team"),
        N_("To a person when an owner removes them from the team, and to the other owners."),
        "You were removed from our team",
        {
            "name": "Bo",
            "email": "bo@example.org",
            "is_own": True,
            "action_url": page("/library"),
        },
    ),
    "lanes_stalled": Example(
        N_("Background work has stopped"),
        N_("To owners when jobs or emails have been waiting for 10 minutes."),
        "Background jobs or emails have stopped",
        {
            "lanes": [{"lane": "Encoding", "waiting": 3, "ago": "12 minutes"}],
            "action_url": page("/staff/system-health"),
        },
    ),
    "health_faults": Example(
        N_("Problem on the server"),
        N_(
            "To owners, once a day, while the worker is silent, the disk is almost full, or backups "
            "are missing, late, or damaged."
        ),
        "Your site has a problem that needs to be fixed",
        {
            "faults": [
                {
                    "text": "The last backup was made 2 days ago.",
                    "advice": "Run carrel backup create every night.",
                }
            ],
            "action_url": page("/staff/system-health"),
        },
    ),
    "lms_registered": Example(
        N_("LMS connected"),
        N_("To our team when an organization connects its LMS."),
        "Moodle of Elm County Library needs your approval",
        {
            "system": "Moodle of Elm County Library",
            "is_waiting": True,
            "action_url": page("/staff/lti"),
        },
    ),
    "lms_deployment": Example(
        N_("New deployment of an LMS"),
        N_("To our team when a recording is opened from an unknown deployment."),
        "A new deployment of Moodle needs your approval",
        {"system": "Moodle", "deployment_id": "7", "action_url": page("/staff/lti")},
    ),
    "embed_link_revoked": Example(
        N_("Embed link revoked"),
        N_("To managers when our team revokes an embed link of their organization."),
        "Embed link revoked: Staff page",
        {
            "label": "Staff page",
            "action_url": page("/organization/example/embeds/example"),
        },
    ),
    "lms_decided": Example(
        N_("LMS approved or turned off"),
        N_("To managers when their LMS is approved or turned off."),
        "Moodle is approved",
        {"system": "Moodle", "is_on": True, "action_url": page("/organization")},
    ),
}
