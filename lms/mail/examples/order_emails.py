"""Examples of emails about orders, invoices, payments and requests."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_
from lms.mail.examples.example import ALICE, EMAIL, ITEM, LIBRARY, TITLE, WHEN, Example, page

NOUN: Final = N_("Orders, invoices and requests")
_ORDER: Final[Mapping[str, object]] = {
    "name": ALICE,
    "buyer": LIBRARY,
    "number": "2026-0412",
    "items": [ITEM],
    "total": "$325.00",
    "is_paid": True,
    "due": "",
    "po_number": "88123",
    "live": WHEN,
    "is_webinar": True,
    "has_seat": False,
    "is_held": False,
    "in_lms": False,
    "page": page("/webinars/oral-history"),
    "action_url": page("/webinars/oral-history"),
    "recovery_url": page("/account/recovery"),
}
_REQUEST: Final[Mapping[str, object]] = {
    "name": ALICE,
    "number": "R-1042",
    "kind": "Quote",
    "webinar": TITLE,
    "organization": LIBRARY,
    "quantity": 12,
    "price": "$499.00",
    "until": "January 29, 2027",
    "due": "Monday, November 30, 2026, 5:00 PM ET",
}
_INVOICE: Final[Mapping[str, object]] = {
    "url": page("/pay/example"),
    "number": "2026-0412",
    "po_number": "88123",
    "due": "December 28, 2026",
    "is_late": False,
    "is_held": False,
    "open": "$325.00",
    "total": "$325.00",
    "is_part": False,
}
EXAMPLES: Final[Mapping[str, Example]] = {
    "confirm_order": Example(
        N_("Confirm an order's email address"),
        N_("When a person without a confirmed account orders."),
        "Confirm your order 2026-0412",
        {
            **_ORDER,
            "is_paid": False,
            "is_organization": True,
            "action_url": page("/orders/confirm/example"),
        },
    ),
    "confirm_order_reminder": Example(
        N_("Reminder to confirm an order's email address"),
        N_("1 and 14 days after the order, and after 3 days if seats are unassigned."),
        "Reminder: Confirm your email address",
        {
            **_ORDER,
            "orders": 1,
            "numbers": "2026-0412",
            "is_billed": True,
            "organizations": [LIBRARY],
            "action_url": page("/orders/confirm/example"),
        },
    ),
    "order_confirmation": Example(
        N_("Order confirmation: for a person"),
        N_("When a person bought something for themselves."),
        f"Your access: {TITLE}",
        {**_ORDER, "items": [{**ITEM, "what": "Webinar", "seats": 1}], "total": "$99.00"},
    ),
    "order_confirmation_organization": Example(
        N_("Order confirmation: for an organization"),
        N_("When a person bought something for an organization."),
        f"Your access: {TITLE}",
        {**_ORDER, "action_url": page("/organization/example")},
    ),
    "order_open": Example(
        N_("Access opened"),
        N_("When an order on hold is approved or paid."),
        "Your access is open",
        _ORDER,
    ),
    "order_returned": Example(
        N_("Return credited"),
        N_("When part of an order was credited and its access ended."),
        "Credit note 2026-0031 for your return",
        {
            **_ORDER,
            "credit_note": "2026-0031",
            "amount": "$75.00",
            "is_organization": True,
            "action_url": page("/organization/example"),
        },
    ),
    "order_takeover": Example(
        N_("Order from an organization's email domain"),
        N_("To managers when someone at their email domain orders without an account."),
        f"Is this your order? {LIBRARY}",
        {
            **_ORDER,
            "contact": "Ben Carter",
            "email": "ben@example.org",
            "organization": LIBRARY,
            "action_url": page("/organization/example"),
        },
    ),
    "document": Example(
        N_("Quote, invoice, credit note, receipt or statement"),
        N_("When one of these documents is sent; its PDF is attached."),
        "Invoice 2026-0412, PO 88123, Elm Street Training",
        {
            "kind": "invoice",
            "title": "Invoice 2026-0412",
            "bill_to": LIBRARY,
            "total": "$325.00",
            "due_on": "December 28, 2026",
            "expires_on": "",
            "po_number": "88123",
            "refers_to": "",
            "is_open": True,
            "open": "$325.00",
            "pay_url": page("/pay/example"),
            "purchasing_url": page("/purchasing"),
            "action_url": page("/documents/example"),
        },
    ),
    "payment_reminder": Example(
        N_("Payment reminder"),
        N_("Before and after an invoice is due."),
        "Invoice 2026-0412 is due December 28, 2026",
        {
            "name": ALICE,
            "invoices": [_INVOICE],
            "is_late": False,
            "is_held": False,
            "action_url": page("/pay/example"),
        },
    ),
    "payment_bounced": Example(
        N_("Payment returned by the bank"),
        N_("When a bank returns a check or transfer."),
        "Your payment for invoice 2026-0412 was returned by the bank",
        {
            "name": ALICE,
            "check_number": "1042",
            "is_check": True,
            "amount": "$325.00",
            "invoice": "2026-0412",
            "open": "$325.00",
            "is_held": False,
            "action_url": page("/documents/example"),
        },
    ),
    "payment_unused": Example(
        N_("Card payment will be refunded"),
        N_("When a card payment couldn't be applied to an order."),
        "We'll refund your payment for order 2026-0412",
        {
            "name": ALICE,
            "number": "2026-0412",
            "amount": "$99.00",
            "reason": "The order was already paid.",
            "returned": "December 14, 2026",
            "action_url": page("/contact"),
        },
    ),
    "quote_requested": Example(
        N_("Confirm a quote request"),
        N_("When a person asks for a quote on the purchasing page."),
        "Confirm your quote request",
        {
            "name": ALICE,
            "organization": LIBRARY,
            "action_url": page("/purchasing/quote/example"),
        },
    ),
    "quote_for_purchasing": Example(
        N_("Quote for a purchasing office"),
        N_("When a person sends a cart to their purchasing office."),
        f"{ALICE} asked you to buy a webinar",
        {
            "name": ALICE,
            "email": EMAIL,
            "organization": LIBRARY,
            "titles": [TITLE],
            "total": "$325.00",
            "purchasing_url": page("/purchasing"),
            "action_url": page("/checkout/quote/example"),
        },
    ),
    "request_received": Example(
        N_("Request received"),
        N_("When a person sends a request or a question."),
        "We received your request R-1042",
        {**_REQUEST, "action_url": page("/requests/example")},
    ),
    "request_answered": Example(
        N_("Request answered"),
        N_("When our team answers or declines a request."),
        "Answer to your request R-1042",
        {
            "name": ALICE,
            "number": "R-1042",
            "paragraphs": [["Yes, we can add your branches."], ["The quote is attached."]],
            "is_declined": False,
            "action_url": page("/requests/example"),
        },
    ),
}
