"""Valid rows for any table, derived from the table itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    insert,
)

from lms.core.model_base import Base, UTCDateTime

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
REFERRED = object()  # a row of the table that the column refers to is created for it
# what a table's CHECKs require beyond its column types
KNOWN: Mapping[str, Mapping[str, Any]] = {
    "assignment": {"login_id": REFERRED, "state": "invited", "expires_at": START},
    "attendance": {"minutes": 50},
    "cancellation_offer": {"login_id": REFERRED, "notice": 1},
    "certificate": {"kind": "watched", "reason": "", "credit_minutes": 60},
    "certificate_rule": {"percent": 90},
    "badge_key": {"state": "active", "private_key": b"sealed"},
    "claim_link": {"expires_at": START + timedelta(hours=1), "most_uses": 1, "uses": 0},
    "grant_line": {"login_id": REFERRED, "scope": "everything"},
    "caption": {"key": "renditions/x/captions/y.vtt"},
    "handout_page_time": {"starts_s": 0.0},
    "mailing": {"button_label": "", "button_url": ""},
    "passage": {"starts_s": 0.0},
    "search_word": {"head": "v"},
    "live_defaults": {"id": 1},
    "registration_question": {"kind": "text", "choices": "", "position": 1},
    "branding": {"id": 1, "accent": "#1f6b4f"},
    "offer": {"currency": "USD"},
    "seller": {
        "id": 1,
        "ein": "12-3456789",
        "bank_name": "",
        "routing_number": "",
        "account_number": "",
        "net_days": 30,
        "refund_days": 0,
        "quote_prefix": "Q-",
        "invoice_prefix": "",
        "credit_note_prefix": "CN-",
        "receipt_prefix": "R-",
        "statement_prefix": "S-",
    },
    "trainee": {"is_begun": False, "reminded": None},
    "training": {"due_at": START + timedelta(days=1), "title": "x", "policy": ""},
    "delivery_kit": {"size_bytes": 0, "downloads": 0},
    "exemption": {"login_id": REFERRED},
    "email_token": {"expires_at": START + timedelta(hours=1)},
    "second_factor": {"sealed_secret": "sealed"},
    "try_count": {"tries": 1},
    "sign_in": {"expires_at": START + timedelta(hours=1)},
    "past_import_row": {
        "number": 1,
        "line": 1,
        "answer": "ok",
        "sentence": "",
        "order_public_id": "a" * 26,
    },
    "lti_context": {"grade_points": 100},
    "webinar": {"minutes": 60},
    "pulled_instead": {"kind": "webinar", "other_id": REFERRED},
    "pool": {"scope": "everything"},
    "checkout": {
        "order_id": REFERRED,
        "currency": "USD",
        "amount_minor": 9900,
        "expires_at": START + timedelta(hours=1),
    },
    "closed_month": {"month": "2026-02"},
    "coupon": {"percent": 10, "used": 0},
    "customer_order": {"login_id": REFERRED, "currency": "USD", "net_days": 30},
    "dispute": {"amount_minor": 9900, "lost_minor": 0, "state": "open"},
    "document": {
        "kind": "invoice",
        "order_id": REFERRED,
        "login_id": REFERRED,
        "currency": "USD",
        "total_minor": 9900,
        "open_minor": 9900,
        "sha256": "0" * 64,
    },
    "document_line": {"tax_minor": 0},
    "number_series": {"next": 1},
    "order_line": {"scope": "everything"},
    "order_session": {"expires_at": START + timedelta(hours=24)},
    "payment": {
        "login_id": REFERRED,
        "currency": "USD",
        "method": "card",
        "amount_minor": 9900,
        "open_minor": 9900,
    },
    "provider_entry": {"amount_minor": 9900, "fee_minor": 317, "net_minor": 9583},
    "reminder_pause": {"kind": "check_sent", "until": START},
    "refund": {"amount_minor": 9900, "state": "requested"},
    "settlement": {"payment_id": REFERRED, "amount_minor": 9900},
    "tax_rule": {"state": "TX", "rate": 8},
    "seat_import_row": {
        "number": 1,
        "line": 1,
        "email": "pat@example.org",
        "email_key": "pat@example.org",
        "answer": "ok",
    },
    "embed_link": {"expires_at": START + timedelta(hours=1)},
    "embed_code": {"frame_id": REFERRED, "expires_at": START + timedelta(hours=1), "tries": 0},
    "lti_deployment": {"state": "pending"},
    "lti_frame_session": {
        "expires_at": START + timedelta(hours=1),
        "purpose": "embed",
        "role": "anonymous",
        "embed_link_id": REFERRED,
    },
    "lti_identity_link": {
        "email": "pat@example.org",
        "email_key": "pat@example.org",
        "expires_at": START + timedelta(hours=1),
    },
    "lti_map_pair": {"number": 1, "evidence": "address", "state": "open", "is_chosen": False},
    "lti_people_map": {"state": "draft"},
    "lti_pending_login": {"expires_at": START + timedelta(hours=1)},
    "lti_registration_invite": {"expires_at": START + timedelta(hours=1)},
    "lti_registration": {"leeway_s": 60},
    "lti_resource_link": {"threshold": 90},
    "lti_signing_key": {"state": "next"},
    "lti_progress_mark": {"id": 1},
    "lti_turn": {"registration_id": REFERRED, "failures": 0},
    "lti_score": {"state": "queued", "share": 0.5, "given": 0.5},
    "upload": {"expires_at": START + timedelta(hours=1), "size_bytes": 1, "kept_bytes": 0},
    "verified_domain": {"domain": "library.example.org"},
    "waiting_entry": {"login_id": REFERRED},
    "showing": {"closes_at": START + timedelta(hours=9)},
    "stream": {"held_until": START + timedelta(seconds=45)},
    "playback_session": {"expires_at": START + timedelta(hours=1)},
}
_numbers = count(1)

Row = dict[str, Any]


def table(name: str) -> Table:
    """Return one of our tables by its name."""
    return Base.metadata.tables[name]


def put(connection: Connection, name: str, /, **given: Any) -> Row:
    """Insert a valid row with the given values, and the rows it needs; returns its values."""
    row = valid(connection, name, **given)
    key = connection.execute(insert(table(name)).values(row)).inserted_primary_key
    assert key is not None
    return {**row, **key._mapping}


def valid(connection: Connection, name: str, /, **given: Any) -> Row:
    """Return the values of a row that can be inserted; the rows it refers to are inserted."""
    columns = [column for column in table(name).columns if _must_be_given(column)]
    known = {**KNOWN.get(name, {}), **given}
    for key in [key for key, value in known.items() if value is REFERRED]:
        known[key] = value_for(connection, table(name).columns[key])
    made = {
        column.key: value_for(connection, column) for column in columns if column.key not in known
    }
    return {**made, **known}


def _must_be_given(column: Column[Any]) -> bool:
    is_counted = column.primary_key and isinstance(column.type, Integer)
    is_made = is_counted and not column.foreign_keys
    return not column.nullable and column.server_default is None and not is_made


def value_for(connection: Connection, column: Column[Any]) -> Any:
    """Return a value for a column; if it refers to another table, insert that row."""
    for key in column.foreign_keys:
        parent = put(connection, key.column.table.name)
        return parent[key.column.key]
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    number = next(_numbers)
    for kind, value in (
        (String, f"v{number}"[: getattr(column.type, "length", None) or 80]),
        (UTCDateTime, START),
        (Date, START.date()),
        (Boolean, False),
        (LargeBinary, number.to_bytes(getattr(column.type, "length", None) or 32, "big")),
        (Integer, number),
        (Float, 1.0),
        (Numeric, 1),
        (JSON, {}),
    ):
        if isinstance(column.type, kind):
            return value
    raise TypeError(f"{column} has a type that this module has no value for: {column.type!r}")
