"""The values that break each CHECK of the tables of second factors and counted attempts."""

from collections.abc import Mapping
from typing import Any

SECOND_FACTORS: Mapping[str, Mapping[str, Any]] = {
    "ck_recovery_code_code_is_a_sha256": {"code_hash": b"short"},
    "ck_second_factor_app_has_its_secret": {"sealed_secret": None},
    "ck_second_factor_name_length": {"name": ""},
    "ck_second_factor_passkey_has_its_key": {"kind": "passkey"},
    "ck_try_count_tries_at_least_one": {"tries": 0},
}
