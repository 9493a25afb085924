"""For every CHECK of certificates, their rules, and badge keys: the values that it must refuse."""

from collections.abc import Mapping
from typing import Any, Final

from tests.rules.valid_rows import REFERRED, START

CERTIFICATES: Final[Mapping[str, Mapping[str, Any]]] = {
    "ck_badge_key_retired_at_a_time": {"retired_at": START},
    "ck_badge_key_signs_with_its_secret": {"private_key": None},
    "ck_certificate_by_hand_with_a_reason": {"kind": "by_hand"},
    "ck_certificate_credit_within_reason": {"credit_minutes": 0},
    "ck_certificate_design_signature_with_its_type": {"signature": b"picture"},
    "ck_certificate_named_until_withheld": {"holder": ""},
    "ck_certificate_one_holder": {"login_id": REFERRED, "attendee_id": REFERRED},
    "ck_certificate_revoked_with_a_reason": {"revoked_at": START},
    "ck_certificate_rule_confirmed_within_reason": {"confirmed_minutes": 0},
    "ck_certificate_rule_credit_within_reason": {"credit_minutes": 0},
    "ck_certificate_rule_live_within_a_day": {"live_minutes": 0},
    "ck_certificate_rule_percent_is_a_share": {"percent": 101},
}
