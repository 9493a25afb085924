"""The CHECKs of payments, refunds and disputes, and the values that each refuses."""

from collections.abc import Mapping
from typing import Any

from tests.rules.valid_rows import REFERRED, START

PAYMENTS: Mapping[str, Mapping[str, Any]] = {
    "ck_checkout_amount_above_zero": {"amount_minor": 0},
    "ck_checkout_order_or_invoice": {"order_id": None},
    "ck_closed_month_month_is_year_and_month": {"month": "2026-2"},
    "ck_dispute_amount_above_zero": {"amount_minor": 0},
    "ck_dispute_closed_when_decided": {"closed_at": START},
    "ck_dispute_lost_at_most_amount": {"lost_minor": 9901, "state": "lost", "closed_at": START},
    "ck_dispute_lost_when_lost": {"lost_minor": 1},
    "ck_reminder_pause_amount_above_zero": {"amount_minor": 0},
    "ck_reminder_pause_only_checks_have_numbers": {"kind": "in_approval", "check_number": "1"},
    "ck_reminder_pause_promises_have_an_end": {"until": None},
    "ck_payment_amount_above_zero": {"amount_minor": 0, "open_minor": 0},
    "ck_payment_checks_have_a_number": {"method": "check", "check_number": ""},
    "ck_payment_currency_is_iso_4217": {"currency": "US"},
    "ck_payment_one_payer": {"login_id": None},
    "ck_payment_open_at_most_amount": {"open_minor": 9901},
    "ck_payment_reversed_is_not_open": {"reversed_at": START, "reversed_as": "mistake"},
    "ck_payment_reversed_with_a_reason": {"reversed_at": START, "open_minor": 0},
    "ck_provider_entry_net_adds_up": {"net_minor": 9900},
    "ck_refund_amount_above_zero": {"amount_minor": 0},
    "ck_refund_done_on_a_day": {"state": "done"},
    "ck_settlement_amount_above_zero": {"amount_minor": 0},
    "ck_settlement_one_source": {"credit_note_id": REFERRED},
}
