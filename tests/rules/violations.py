"""For every CHECK, the values that it must refuse; and what else a row needs for one rule alone to break."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.rules.rows import START

BEFORE = START - timedelta(seconds=1)
LONG = "x" * 201
UNKNOWN = "no such word"

# the CHECKs of the columns that hold one of a few words are broken by UNKNOWN, and not listed here
CHECKS: Mapping[str, Mapping[str, Any]] = {
    "ck_email_token_expires_after_creation": {"expires_at": START},
    "ck_email_token_token_is_a_sha256": {"token_hash": b"short"},
    "ck_email_token_tries_not_negative": {"tries": -1},
    "ck_grant_line_ends_after_start": {"ends_at": START},
    "ck_grant_line_revoked_with_a_reason": {"revoked_at": START},
    "ck_grant_line_scope_names_its_target": {"scope": "webinar"},
    "ck_handout_pages_positive": {"pages": 0},
    "ck_handout_size_positive": {"size_bytes": 0},
    "ck_house_accent_is_a_hex_colour": {"accent": "#fff"},
    "ck_house_only_one": {"id": 2},
    "ck_job_progress_is_a_share": {"progress": 1.01},
    "ck_job_running_is_leased": {"state": "running"},
    "ck_job_tries_not_negative": {"tries": -1},
    "ck_login_email_with_key": {"email": "pat@example.org"},
    "ck_login_name_length": {"name": ""},
    "ck_login_not_merged_into_itself": {"id": 7, "merged_into": 7},
    "ck_mail_running_is_leased": {"lease_until": START},
    "ck_mail_tries_not_negative": {"tries": -1},
    "ck_offer_currency_is_iso_4217": {"currency": "US"},
    "ck_offer_minimum_at_least_one": {"minimum": 0},
    "ck_offer_price_not_negative": {"price_minor": -1},
    "ck_organisation_not_its_own_parent": {"id": 7, "parent_id": 7},
    "ck_playback_session_ended_with_a_reason": {"ended_at": START},
    "ck_playback_session_expires_after_opening": {"expires_at": BEFORE},
    "ck_recording_playable_has_a_length": {"run": "a" * 26},
    "ck_recording_ready_has_a_run": {"state": "ready"},
    "ck_recording_seconds_positive": {"seconds": 0.0},
    "ck_recording_size_not_negative": {"size_bytes": -1},
    "ck_sign_in_expires_after_creation": {"expires_at": BEFORE},
    "ck_sign_in_token_is_a_sha256": {"token_hash": b"short"},
    "ck_watch_record_position_not_negative": {"position_s": -0.1},
    "ck_watch_record_watched_not_negative": {"watched_s": -1},
    "ck_webinar_minutes_within_a_day": {"minutes": 1441},
    "ck_webinar_pulled_with_a_reason": {"pulled_reason": "an error in it"},
    "ck_webinar_title_length": {"title": ""},
}

# what a row needs beside the broken value, so that no other rule is broken first
BESIDE: Mapping[str, Mapping[str, Any]] = {
    "ck_grant_line_withdrawal": {"revoked_at": START},
    "ck_playback_session_playbackend": {"ended_at": START},
    "fk_grant_line_presenter_id": {"scope": "presenter"},
    "fk_grant_line_series_id": {"scope": "series"},
    "fk_grant_line_webinar_id": {"scope": "webinar"},
    "uq_login_email_key": {"email": "pat@example.org"},
    "uq_recording_current_webinar_id": {"is_current": True},
}
