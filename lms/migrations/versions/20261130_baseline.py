"""Create every table of the product and of the LTI tool.

Revision: 20261130_baseline
Follows: nothing

These are the tables of 0.2.0, the first release, so this file stays unchanged and each change gets
its own migration. The tables are as Alembic renders them from the models, one function per noun.
Full-text indexes, triggers and functions, which differ between the databases, are written by hand
and come first. A migration that rebuilds a table must recreate its triggers.
"""

# ruff: noqa: S608  (every name in these statements is our own)

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "20261130_baseline"
down_revision = None
branch_labels = None
depends_on = None

# for a statement that reads from login; {} joins the addresses in login_alias
WORDS_OF_A_LOGIN = (
    "login.name || ' ' || coalesce(login.email_key, '') || ' ' || coalesce(login.recovery_key, '') || "
    "coalesce((SELECT {} FROM login_alias WHERE login_alias.login_id = login.id), '')"
)
# exactly as in lms/models/search.py: the planner uses the index only for the same expression
WORDS_OF_A_WEBINAR = "to_tsvector('english', title || ' ' || names || ' ' || body)"
WORDS_OF_A_PASSAGE = (
    "to_tsvector('english', regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]', '', 'g'))"
)
STEMS = "porter unicode61"
SEARCHES = ("login_search", "webinar_search", "passage_search")  # PostgreSQL has only the first
FUNCTIONS = (
    "passages_said(tsquery, integer)",
    "keep_login_search()",
    "refuse_to_touch_the_audit_trail()",
)
# in the order of creation: each refers only to tables before it
TABLES = (
    "login",
    "organization",
    "accounts_payable_address",
    "exemption",
    "email_token",
    "login_alias",
    "member_invitation",
    "membership",
    "sign_in",
    "second_factor",
    "recovery_code",
    "try_count",
    "presenter",
    "series",
    "webinar",
    "handout",
    "pulled_instead",
    "recording",
    "webinar_presenter",
    "webinar_series",
    "caption",
    "former_caption",
    "handout_page",
    "slide",
    "handout_page_time",
    "passage",
    "webinar_words",
    "search_word",
    "pool",
    "verified_domain",
    "seat",
    "waiting_entry",
    "assignment",
    "claim_link",
    "seat_import",
    "seat_import_row",
    "registration",
    "registration_question",
    "registration_answer",
    "live_defaults",
    "customer_order",
    "order_line",
    "purchase_order",
    "named_person",
    "order_session",
    "deposit",
    "payment",
    "tax_rule",
    "document",
    "quote",
    "document_line",
    "payment_reminder",
    "number_series",
    "settlement",
    "refund",
    "dispute",
    "reminder_pause",
    "order_link",
    "closed_month",
    "checkout",
    "provider_event",
    "provider_entry",
    "coupon",
    "coupon_use",
    "desk_request",
    "offer",
    "grant_line",
    "past_buyer",
    "past_import",
    "past_import_row",
    "kit_permit",
    "delivery_kit",
    "ended_kit_link",
    "note",
    "stream",
    "watch_record",
    "playback_session",
    "showing",
    "attendee",
    "cancellation_offer",
    "order_takeover",
    "live_join",
    "room_report",
    "room_stay",
    "badge_key",
    "certificate_design",
    "attendance",
    "certificate_rule",
    "certificate",
    "training",
    "training_group",
    "trainee",
    "training_audience",
    "training_group_member",
    "training_group_invitee",
    "group_supervisor",
    "training_item",
    "upload",
    "audit_entry",
    "branding",
    "job",
    "mailing",
    "subscription",
    "mail",
    "mail_opt_out",
    "email_text",
    "seller",
    "policy_version",
    "sales_text",
    "vendor_document",
    "vendor_document_version",
    "lti_platform_keys",
    "lti_signing_key",
    "lti_registration",
    "lti_deployment",
    "lti_registration_invite",
    "lti_identity",
    "lti_identity_link",
    "lti_context",
    "lti_resource_link",
    "lti_roster_member",
    "lti_score",
    "embed_link",
    "embed_place",
    "outside_completion",
    "embed_viewer",
    "lti_pending_login",
    "lti_launch_entry",
    "lti_frame_session",
    "embed_code",
    "lti_progress_mark",
    "lti_turn",
    "lti_people_map",
    "lti_map_pair",
    "lti_selftest",
)


def upgrade() -> None:
    _people()
    _second_factors()
    _billing()
    _catalog()
    _search()
    _seats()
    _seat_imports()
    _orders()
    _buying()
    _payment_pages()
    _requests()
    _grants()
    _receivables()
    _past_sales()
    _kits()
    _playback()
    _showings()
    _live()
    _cancellation_offers()
    _order_reviews()
    _certificates()
    _training()
    _uploads()
    _mailings()
    _operations()
    _seller()
    _lti_platforms()
    _lti_people()
    _lti_courses()
    _lti_embeds()
    _lti_launches()
    _lti_deliveries()
    _lti_id_mappings()
    _lti_selftests()
    if _on_postgresql():
        _index_of_words_on_postgresql()
        _passages_said_on_postgresql()
        _login_search_on_postgresql()
        _audit_guard_on_postgresql()
    else:
        _index_of_words_on_sqlite(
            "webinar_search", "webinar_words", "webinar_id", ("title", "names", "body"), STEMS
        )
        _index_of_words_on_sqlite(
            "passage_search", "passage", "id", ("text",), f"{STEMS} remove_diacritics 2"
        )
        _login_search_on_sqlite()
        _audit_guard_on_sqlite()


def downgrade() -> None:
    """Drop every table, and every row with it."""
    for name in SEARCHES[:1] if _on_postgresql() else SEARCHES:
        op.drop_table(name)
    for name in reversed(TABLES):
        op.drop_table(name)
    if _on_postgresql():  # after the tables, whose triggers need them
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _enum(name: str, *values: str) -> sa.Enum:
    """Return an enum column type: text with a CHECK of its values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _address(prefix: str) -> tuple[sa.Column[str], ...]:
    """Return the columns of a postal address, as in lms/models/address_columns.py."""
    return (
        sa.Column(f"{prefix}_street", sa.String(length=120), nullable=True),
        sa.Column(f"{prefix}_street2", sa.String(length=120), nullable=True),
        sa.Column(f"{prefix}_city", sa.String(length=120), nullable=True),
        sa.Column(f"{prefix}_state", sa.String(length=40), nullable=True),
        sa.Column(f"{prefix}_postal_code", sa.String(length=20), nullable=True),
        sa.Column(f"{prefix}_country", sa.String(length=2), nullable=True),
    )


def _address_checks(table: str, prefix: str) -> tuple[sa.CheckConstraint, ...]:
    """Return the CHECKs of a postal address: complete or absent, and in the US with state and ZIP."""
    names = ("street", "street2", "city", "state", "postal_code", "country")
    columns = [f"{prefix}_{name}" for name in names]
    street, _street2, city, state, code, country = columns
    absent = " AND ".join(f"{column} IS NULL" for column in columns)
    given = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return (
        sa.CheckConstraint(
            f"({absent}) OR ({given} AND length({street}) > 0 AND length({city}) > 0 "
            f"AND length({country}) = 2)",
            name=op.f(f"ck_{table}_{prefix}_address_whole_or_absent"),
        ),
        sa.CheckConstraint(
            f"{country} <> 'US' OR (length({state}) = 2 AND length({code}) IN (5, 10))",
            name=op.f(f"ck_{table}_{prefix}_address_with_state_and_zip"),
        ),
    )


def _run(*statements: str) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _index_of_words_on_sqlite(
    index: str, table: str, key: str, columns: Sequence[str], tokenizer: str
) -> None:
    """Create an FTS5 index over a table; it stores no text, so triggers update it on each change."""
    names = ", ".join(columns)
    new = ", ".join(f"new.{name}" for name in columns)
    old = ", ".join(f"old.{name}" for name in columns)
    add = f"INSERT INTO {index}(rowid, {names}) VALUES (new.{key}, {new});"
    remove = f"INSERT INTO {index}({index}, rowid, {names}) VALUES ('delete', old.{key}, {old});"
    _run(
        f"CREATE VIRTUAL TABLE {index} USING fts5({names}, content='{table}', "
        f"content_rowid='{key}', tokenize='{tokenizer}')",
        f"CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN {remove} END",
        f"CREATE TRIGGER {table}_changed AFTER UPDATE ON {table} BEGIN {remove} {add} END",
    )


def _index_of_words_on_postgresql() -> None:
    """Create an index of the words in each row, which PostgreSQL updates automatically."""
    _run(
        f"CREATE INDEX ix_webinar_words_searched ON webinar_words USING gin ({WORDS_OF_A_WEBINAR})",
        f"CREATE INDEX ix_passage_searched ON passage USING gin ({WORDS_OF_A_PASSAGE})",
    )


def _passages_said_on_postgresql() -> None:
    """Create a function that always searches passages by their index.

    For a word in nearly every passage, the planner would scan the whole table and parse every text
    again, which takes seconds instead of 0.1 s.
    """
    _run(
        "CREATE FUNCTION passages_said(asked tsquery, most integer) RETURNS SETOF bigint "
        "LANGUAGE sql STABLE SET enable_seqscan = off AS $$ "
        f"SELECT id FROM passage WHERE {WORDS_OF_A_PASSAGE} @@ asked LIMIT most $$"
    )


def _login_search_on_sqlite() -> None:
    """Create a trigram index of the name and the addresses of each login."""
    found = WORDS_OF_A_LOGIN.format("' ' || group_concat(email_key, ' ')")
    _run(
        "CREATE VIRTUAL TABLE login_search USING fts5(words, tokenize='trigram')",
        "CREATE TRIGGER login_added AFTER INSERT ON login BEGIN "
        "INSERT INTO login_search(rowid, words) VALUES (new.id, new.name || ' ' || "
        "coalesce(new.email_key, '') || ' ' || coalesce(new.recovery_key, '')); END",
        "CREATE TRIGGER login_removed AFTER DELETE ON login BEGIN "
        "DELETE FROM login_search WHERE rowid = old.id; END",
        "CREATE TRIGGER login_renamed AFTER UPDATE OF name, email_key, recovery_key ON login BEGIN "
        f"UPDATE login_search SET words = (SELECT {found} FROM login WHERE login.id = new.id) "
        "WHERE rowid = new.id; END",
    )
    for name, event, row in (("added", "INSERT", "new"), ("removed", "DELETE", "old")):
        _run(
            f"CREATE TRIGGER login_alias_{name} AFTER {event} ON login_alias BEGIN "
            f"UPDATE login_search SET words = (SELECT {found} FROM login "
            f"WHERE login.id = {row}.login_id) WHERE rowid = {row}.login_id "
            f"AND EXISTS (SELECT 1 FROM login WHERE id = {row}.login_id); END"
        )


def _login_search_on_postgresql() -> None:
    """Create the same index without pg_trgm, which some servers lack and some owners can't install."""
    found = WORDS_OF_A_LOGIN.format("' ' || string_agg(email_key, ' ')")
    _run(
        "CREATE TABLE login_search (login_id integer PRIMARY KEY "
        "REFERENCES login ON DELETE CASCADE, words text NOT NULL, trigrams text[] NOT NULL)",
        "CREATE INDEX ix_login_search_trigrams ON login_search USING gin (trigrams)",
        "CREATE FUNCTION keep_login_search() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE whose integer; said text; "
        "BEGIN "
        "IF TG_TABLE_NAME = 'login' THEN whose := NEW.id; "
        "ELSIF TG_OP = 'DELETE' THEN whose := OLD.login_id; ELSE whose := NEW.login_id; END IF; "
        f"SELECT lower({found}) INTO said FROM login WHERE login.id = whose; "
        "IF said IS NOT NULL THEN "
        "INSERT INTO login_search VALUES (whose, said, "
        "(SELECT coalesce(array_agg(DISTINCT substr(said, at, 3)), '{}') "
        "FROM generate_series(1, length(said) - 2) AS at)) "
        "ON CONFLICT (login_id) DO UPDATE SET words = excluded.words, trigrams = excluded.trigrams; "
        "END IF; RETURN NULL; END $$",
        "CREATE TRIGGER login_added AFTER INSERT ON login "
        "FOR EACH ROW EXECUTE FUNCTION keep_login_search()",
        "CREATE TRIGGER login_renamed AFTER UPDATE OF name, email_key, recovery_key ON login "
        "FOR EACH ROW EXECUTE FUNCTION keep_login_search()",
        "CREATE TRIGGER login_alias_kept AFTER INSERT OR DELETE ON login_alias "
        "FOR EACH ROW EXECUTE FUNCTION keep_login_search()",
    )


def _audit_guard_on_sqlite() -> None:
    """Create triggers that reject updates and deletes of audit entries."""
    _run(
        "CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END",
        "CREATE TRIGGER audit_entry_is_never_removed BEFORE DELETE ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'an audit entry is never removed'); END",
    )


def _audit_guard_on_postgresql() -> None:
    """Create triggers that reject the same, and TRUNCATE, which SQLite doesn't have."""
    _run(
        "CREATE FUNCTION refuse_to_touch_the_audit_trail() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'an audit entry is never changed or removed'; END $$",
        "CREATE TRIGGER audit_entry_is_never_touched BEFORE UPDATE OR DELETE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION refuse_to_touch_the_audit_trail()",
        "CREATE TRIGGER audit_entry_is_never_emptied BEFORE TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_touch_the_audit_trail()",
    )


def _people() -> None:
    """Create the tables of logins, organizations, memberships, and sign-ins."""
    op.create_table(
        "login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column(
            "seller_role", _enum("sellerrole", "owner", "staff", "bookkeeper"), nullable=True
        ),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("language", _enum("language", "en-US", "es-US"), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_reason", sa.Text(), nullable=True),
        sa.Column("recovery_email", sa.String(length=320), nullable=True),
        sa.Column("recovery_key", sa.String(length=320), nullable=True),
        sa.Column("recovery_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)", name=op.f("ck_login_email_with_key")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_login_name_length")),
        sa.CheckConstraint(
            "merged_into IS NULL OR merged_into <> id", name=op.f("ck_login_not_merged_into_itself")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["login.id"], name=op.f("fk_login_merged_into"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("email_key", name=op.f("uq_login_email_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_login_public_id")),
    )
    op.create_index(op.f("ix_login_merged_into"), "login", ["merged_into"])
    op.create_index(op.f("ix_login_recovery_key"), "login", ["recovery_key"])
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("legal_name", sa.String(length=200), nullable=False),
        sa.Column("legal_street", sa.String(length=120), nullable=True),
        sa.Column("legal_street2", sa.String(length=120), nullable=True),
        sa.Column("legal_city", sa.String(length=120), nullable=True),
        sa.Column("legal_state", sa.String(length=40), nullable=True),
        sa.Column("legal_postal_code", sa.String(length=20), nullable=True),
        sa.Column("legal_country", sa.String(length=2), nullable=True),
        sa.Column("billing_street", sa.String(length=120), nullable=True),
        sa.Column("billing_street2", sa.String(length=120), nullable=True),
        sa.Column("billing_city", sa.String(length=120), nullable=True),
        sa.Column("billing_state", sa.String(length=40), nullable=True),
        sa.Column("billing_postal_code", sa.String(length=20), nullable=True),
        sa.Column("billing_country", sa.String(length=2), nullable=True),
        sa.Column(
            "invoice_delivery", _enum("invoicedelivery", "email", "portal", "mail"), nullable=False
        ),
        sa.Column("vendor_number", sa.String(length=40), nullable=False),
        sa.Column("net_days", sa.Integer(), nullable=True),
        sa.Column("po_required", sa.Boolean(), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("unverified_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "billing_country <> 'US' OR (length(billing_state) = 2 AND length(billing_postal_code) IN (5, 10))",
            name=op.f("ck_organization_billing_address_with_state_and_zip"),
        ),
        sa.CheckConstraint(
            "legal_country <> 'US' OR (length(legal_state) = 2 AND length(legal_postal_code) IN (5, 10))",
            name=op.f("ck_organization_legal_address_with_state_and_zip"),
        ),
        sa.CheckConstraint(
            "(billing_street IS NULL AND billing_street2 IS NULL AND billing_city IS NULL AND billing_state IS NULL AND billing_postal_code IS NULL AND billing_country IS NULL) OR (billing_street IS NOT NULL AND billing_street2 IS NOT NULL AND billing_city IS NOT NULL AND billing_state IS NOT NULL AND billing_postal_code IS NOT NULL AND billing_country IS NOT NULL AND length(billing_street) > 0 AND length(billing_city) > 0 AND length(billing_country) = 2)",
            name=op.f("ck_organization_billing_address_whole_or_absent"),
        ),
        sa.CheckConstraint(
            "(legal_street IS NULL AND legal_street2 IS NULL AND legal_city IS NULL AND legal_state IS NULL AND legal_postal_code IS NULL AND legal_country IS NULL) OR (legal_street IS NOT NULL AND legal_street2 IS NOT NULL AND legal_city IS NOT NULL AND legal_state IS NOT NULL AND legal_postal_code IS NOT NULL AND legal_country IS NOT NULL AND length(legal_street) > 0 AND length(legal_city) > 0 AND length(legal_country) = 2)",
            name=op.f("ck_organization_legal_address_whole_or_absent"),
        ),
        sa.CheckConstraint(
            "fiscal_year_start IS NULL OR fiscal_year_start BETWEEN 1 AND 12",
            name=op.f("ck_organization_fiscal_year_starts_in_a_month"),
        ),
        sa.CheckConstraint(
            "merged_into IS NULL OR merged_into <> id",
            name=op.f("ck_organization_not_merged_into_itself"),
        ),
        sa.CheckConstraint(
            "net_days IS NULL OR net_days IN (30, 45, 60)",
            name=op.f("ck_organization_net_30_45_or_60"),
        ),
        sa.CheckConstraint(
            "parent_id IS NULL OR parent_id <> id", name=op.f("ck_organization_not_its_own_parent")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["organization.id"],
            name=op.f("fk_organization_merged_into"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["organization.id"],
            name=op.f("fk_organization_parent_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("public_id", name=op.f("uq_organization_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_organization_slug")),
    )
    op.create_index(op.f("ix_organization_merged_into"), "organization", ["merged_into"])
    op.create_index(op.f("ix_organization_parent_id"), "organization", ["parent_id"])
    op.create_table(
        "email_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "purpose",
            _enum(
                "emailpurpose",
                "confirm_sign_up",
                "reset_password",
                "set_password",
                "sign_in_code",
                "change_email",
                "restore_email",
                "recovery_address",
                "confirm_order",
            ),
            nullable=False,
        ),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_email_token_expires_after_creation")
        ),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_email_token_token_is_a_sha256")
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_email_token_tries_not_negative")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_email_token_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_token")),
        sa.UniqueConstraint("public_id", name=op.f("uq_email_token_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_email_token_token_hash")),
    )
    op.create_index("ix_email_token_login_id_purpose", "email_token", ["login_id", "purpose"])
    op.create_table(
        "login_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_login_alias_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_alias")),
        sa.UniqueConstraint("email_key", name=op.f("uq_login_alias_email_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_login_alias_public_id")),
    )
    op.create_index(op.f("ix_login_alias_login_id"), "login_alias", ["login_id"])
    op.create_table(
        "member_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            _enum("role", "member", "supervisor", "billing", "lms_admin", "manager", "owner"),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_member_invitation_login_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_member_invitation_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_invitation")),
        sa.UniqueConstraint(
            "organization_id",
            "email_key",
            name=op.f("uq_member_invitation_organization_id_email_key"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_member_invitation_public_id")),
    )
    op.create_index(op.f("ix_member_invitation_login_id"), "member_invitation", ["login_id"])
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            _enum("role", "member", "supervisor", "billing", "lms_admin", "manager", "owner"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_membership_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_membership_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "organization_id", "login_id", name=op.f("uq_membership_organization_id_login_id")
        ),
    )
    op.create_index(op.f("ix_membership_login_id"), "membership", ["login_id"])
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("came_before_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_step", _enum("secondstep", "none", "due", "done"), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("challenge", sa.LargeBinary(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_sign_in_expires_after_creation")
        ),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_sign_in_token_is_a_sha256")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_sign_in_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sign_in_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_login_id"), "sign_in", ["login_id"])


def _second_factors() -> None:
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("factorkind", "app", "passkey"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind <> 'app' OR sealed_secret IS NOT NULL",
            name=op.f("ck_second_factor_app_has_its_secret"),
        ),
        sa.CheckConstraint(
            "kind <> 'passkey' OR (credential_id IS NOT NULL AND public_key IS NOT NULL"
            " AND host IS NOT NULL)",
            name=op.f("ck_second_factor_passkey_has_its_key"),
        ),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 60", name=op.f("ck_second_factor_name_length")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_second_factor_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_second_factor_credential_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_second_factor_public_id")),
    )
    op.create_index(op.f("ix_second_factor_login_id"), "second_factor", ["login_id"])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(code_hash) = 32", name=op.f("ck_recovery_code_code_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_recovery_code_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    op.create_index(op.f("ix_recovery_code_login_id"), "recovery_code", ["login_id"])
    op.create_table(
        "try_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("tries >= 1", name=op.f("ck_try_count_tries_at_least_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_try_count")),
        sa.UniqueConstraint("key", name=op.f("uq_try_count_key")),
    )
    op.create_index(op.f("ix_try_count_ends_at"), "try_count", ["ends_at"])


def _billing() -> None:
    """Create the tables of accounts payable addresses and tax exemptions."""
    op.create_table(
        "accounts_payable_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_accounts_payable_address_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_payable_address")),
        sa.UniqueConstraint(
            "organization_id",
            "email_key",
            name=op.f("uq_accounts_payable_address_organization_id_email_key"),
        ),
    )
    op.create_index(
        op.f("ix_accounts_payable_address_email_key"), "accounts_payable_address", ["email_key"]
    )
    op.create_table(
        "exemption",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column(
            "basis",
            _enum("exemptionbasis", "government", "501c3", "certificate", "other"),
            nullable=False,
        ),
        sa.Column("states", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(file_key IS NULL) = (file_name IS NULL)", name=op.f("ck_exemption_file_with_a_name")
        ),
        sa.CheckConstraint(
            "(login_id IS NULL) <> (organization_id IS NULL)",
            name=op.f("ck_exemption_of_a_person_or_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_exemption_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_exemption_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption")),
        sa.UniqueConstraint("public_id", name=op.f("uq_exemption_public_id")),
    )
    op.create_index(op.f("ix_exemption_login_id"), "exemption", ["login_id"])
    op.create_index(op.f("ix_exemption_organization_id"), "exemption", ["organization_id"])


def _catalog() -> None:
    """Create the tables of webinars, presenters, and their files."""
    op.create_table(
        "presenter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("biography", sa.Text(), nullable=False),
        sa.Column("picture_key", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presenter")),
        sa.UniqueConstraint("public_id", name=op.f("uq_presenter_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_presenter_slug")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("public_id", name=op.f("uq_series_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_series_slug")),
    )
    op.create_table(
        "webinar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("subtitle", sa.String(length=200), server_default="", nullable=False),
        sa.Column("hosted_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("summary", sa.String(length=400), nullable=False),
        sa.Column("overview", sa.Text(), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("live_link", sa.String(length=2000), nullable=True),
        sa.Column("survey_link", sa.String(length=2000), nullable=True),
        sa.Column("has_own_questions", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("free", sa.Boolean(), nullable=False),
        sa.Column("is_in_passes", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column(
            "state",
            _enum("webinarstate", "draft", "announced", "canceled", "withdrawn", "pulled"),
            nullable=False,
        ),
        sa.Column("pulled_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("poster_key", sa.String(length=200), nullable=True),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notice", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notice_said", sa.Text(), server_default="", nullable=False),
        sa.Column("moved_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'pulled') = (pulled_reason IS NOT NULL)",
            name=op.f("ck_webinar_pulled_with_a_reason"),
        ),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 200", name=op.f("ck_webinar_title_length")),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 1440", name=op.f("ck_webinar_minutes_within_a_day")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webinar")),
        sa.UniqueConstraint("public_id", name=op.f("uq_webinar_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_webinar_slug")),
    )
    op.create_index("ix_webinar_announced_at", "webinar", ["announced_at"])
    op.create_index("ix_webinar_state_held_at", "webinar", ["state", "held_at"])
    op.create_table(
        "handout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("kind", _enum("documentkind", "pdf", "pptx", "docx"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("preview_key", sa.String(length=400), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("taken_out", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_stamped", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(pages > 0) = (kind <> 'docx')", name=op.f("ck_handout_pages_where_they_are")
        ),
        sa.CheckConstraint(
            "kind = 'pdf' OR NOT is_stamped", name=op.f("ck_handout_only_a_pdf_is_stamped")
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_handout_size_positive")),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_handout_webinar_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handout")),
        sa.UniqueConstraint("public_id", name=op.f("uq_handout_public_id")),
    )
    op.create_index("ix_handout_webinar_id_position", "handout", ["webinar_id", "position"])
    op.create_table(
        "pulled_instead",
        sa.Column("webinar_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", _enum("insteadkind", "webinar", "refund", "words"), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'webinar') = (other_id IS NOT NULL)",
            name=op.f("ck_pulled_instead_names_the_other"),
        ),
        sa.CheckConstraint(
            "kind <> 'words' OR length(said) > 0", name=op.f("ck_pulled_instead_words_are_said")
        ),
        sa.CheckConstraint("other_id <> webinar_id", name=op.f("ck_pulled_instead_is_another")),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["webinar.id"],
            name=op.f("fk_pulled_instead_other_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_pulled_instead_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webinar_id", name=op.f("pk_pulled_instead")),
    )
    op.create_index(op.f("ix_pulled_instead_other_id"), "pulled_instead", ["other_id"])
    op.create_table(
        "recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            _enum("recordingstate", "waiting", "processing", "ready", "failed", "canceled"),
            nullable=False,
        ),
        sa.Column("original_key", sa.String(length=400), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column(
            "size_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("has_video", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("run", sa.String(length=26), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slides_edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'ready' OR run IS NOT NULL", name=op.f("ck_recording_ready_has_a_run")
        ),
        sa.CheckConstraint(
            "run IS NULL OR seconds IS NOT NULL", name=op.f("ck_recording_playable_has_a_length")
        ),
        sa.CheckConstraint(
            "seconds IS NULL OR seconds > 0", name=op.f("ck_recording_seconds_positive")
        ),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_recording_size_not_negative")),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_recording_webinar_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recording_public_id")),
        sa.UniqueConstraint("webinar_id", "number", name=op.f("uq_recording_webinar_id_number")),
    )
    op.create_index("ix_recording_created_at", "recording", ["created_at"])
    op.create_index(
        "uq_recording_current_webinar_id",
        "recording",
        ["webinar_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "webinar_presenter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("presenter_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_webinar_presenter_presenter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_webinar_presenter_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webinar_presenter")),
        sa.UniqueConstraint(
            "webinar_id", "presenter_id", name=op.f("uq_webinar_presenter_webinar_id_presenter_id")
        ),
    )
    op.create_index(
        op.f("ix_webinar_presenter_presenter_id"), "webinar_presenter", ["presenter_id"]
    )
    op.create_table(
        "webinar_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("ck_webinar_series_position_from_one")),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["series.id"],
            name=op.f("fk_webinar_series_series_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_webinar_series_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webinar_series")),
        sa.UniqueConstraint(
            "webinar_id", "series_id", name=op.f("uq_webinar_series_webinar_id_series_id")
        ),
    )
    op.create_index(op.f("ix_webinar_series_series_id"), "webinar_series", ["series_id"])
    op.create_table(
        "caption",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=True),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.String(length=26), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "key IS NOT NULL OR draft IS NOT NULL", name=op.f("ck_caption_shown_or_drafted")
        ),
        sa.CheckConstraint(
            "shown IS NULL OR key IS NOT NULL", name=op.f("ck_caption_shown_with_its_file")
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_caption_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caption")),
        sa.UniqueConstraint("public_id", name=op.f("uq_caption_public_id")),
        sa.UniqueConstraint(
            "recording_id", "language", name=op.f("uq_caption_recording_id_language")
        ),
    )
    op.create_index(
        "uq_caption_default_recording_id",
        "caption",
        ["recording_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "former_caption",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=True),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_former_caption_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_caption")),
        sa.UniqueConstraint("public_id", name=op.f("uq_former_caption_public_id")),
    )
    op.create_index(op.f("ix_former_caption_recording_id"), "former_caption", ["recording_id"])
    op.create_index(op.f("ix_former_caption_removed_at"), "former_caption", ["removed_at"])
    op.create_table(
        "handout_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handout_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_handout_page_counted_from_one")),
        sa.CheckConstraint(
            "width >= 0 AND (width > 0) = (height > 0)", name=op.f("ck_handout_page_has_both_sides")
        ),
        sa.ForeignKeyConstraint(
            ["handout_id"],
            ["handout.id"],
            name=op.f("fk_handout_page_handout_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handout_page")),
        sa.UniqueConstraint("handout_id", "number", name=op.f("uq_handout_page_handout_id_number")),
    )
    op.create_table(
        "slide",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("starts_s", sa.Double(), nullable=False),
        sa.Column("picture_s", sa.Double(), nullable=False),
        sa.Column("is_chapter", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("fate", _enum("slidefate", "shown", "joined", "removed"), nullable=False),
        sa.CheckConstraint("picture_s >= starts_s", name=op.f("ck_slide_pictured_while_seen")),
        sa.CheckConstraint("starts_s >= 0", name=op.f("ck_slide_starts_not_negative")),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_slide_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slide")),
        sa.UniqueConstraint("public_id", name=op.f("uq_slide_public_id")),
        sa.UniqueConstraint(
            "recording_id", "starts_s", name=op.f("uq_slide_recording_id_starts_s")
        ),
    )
    op.create_table(
        "handout_page_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("starts_s", sa.Double(), nullable=True),
        sa.Column("is_by_staff", sa.Boolean(), nullable=False),
        sa.CheckConstraint("starts_s >= 0", name=op.f("ck_handout_page_time_starts_not_negative")),
        sa.CheckConstraint(
            "starts_s IS NOT NULL OR is_by_staff",
            name=op.f("ck_handout_page_time_never_by_staff_alone"),
        ),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["handout_page.id"],
            name=op.f("fk_handout_page_time_page_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_handout_page_time_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handout_page_time")),
        sa.UniqueConstraint(
            "page_id", "recording_id", name=op.f("uq_handout_page_time_page_id_recording_id")
        ),
    )
    op.create_index(
        op.f("ix_handout_page_time_recording_id"), "handout_page_time", ["recording_id"]
    )


def _search() -> None:
    """Create the tables of searchable words and passages, and of the words of both."""
    op.create_table(
        "passage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("passagekind", "transcript", "handout", "slide"), nullable=False),
        sa.Column("source", sa.String(length=26), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("starts_s", sa.Double(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "starts_s IS NOT NULL OR page IS NOT NULL", name=op.f("ck_passage_has_a_place")
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_passage_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
    )
    op.create_index(op.f("ix_passage_source"), "passage", ["source"])
    op.create_table(
        "webinar_words",
        sa.Column("webinar_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_webinar_words_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webinar_id", name=op.f("pk_webinar_words")),
    )
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(length=24), nullable=False),
        sa.Column("head", sa.String(length=1), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
    )
    op.create_index("ix_search_word_head_letters", "search_word", ["head", "letters"])


def _seats() -> None:
    """Create the tables of pools, seats, assignments, claim links, verified domains, and waitlists."""
    op.create_table(
        "pool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column(
            "scope", _enum("scope", "webinar", "presenter", "series", "everything"), nullable=False
        ),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("presenter_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("is_permanent", sa.Boolean(), nullable=False),
        sa.Column("is_pass", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("claim_policy", _enum("claimpolicy", "invitation", "domain"), nullable=False),
        sa.Column("allotted_from_id", sa.Integer(), nullable=True),
        sa.Column("allotted", sa.Integer(), nullable=True),
        sa.Column("meant_for", _enum("poolpurpose", "me", "people", "later", "lms"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(scope = 'webinar') = (webinar_id IS NOT NULL) AND (scope = 'presenter') = (presenter_id IS NOT NULL) AND (scope = 'series') = (series_id IS NOT NULL)",
            name=op.f("ck_pool_scope_names_its_target"),
        ),
        sa.CheckConstraint(
            "allotted IS NULL OR (allotted_from_id IS NOT NULL AND allotted >= 0)",
            name=op.f("ck_pool_allotted_from_a_pool"),
        ),
        sa.CheckConstraint(
            "allotted_from_id IS NULL OR allotted_from_id <> id",
            name=op.f("ck_pool_not_allotted_from_itself"),
        ),
        sa.CheckConstraint("NOT (is_pass AND is_permanent)", name=op.f("ck_pool_passes_end")),
        sa.CheckConstraint(
            "capacity IS NULL OR used <= capacity", name=op.f("ck_pool_not_oversold")
        ),
        sa.CheckConstraint("used >= 0", name=op.f("ck_pool_used_not_negative")),
        sa.ForeignKeyConstraint(
            ["allotted_from_id"],
            ["pool.id"],
            name=op.f("fk_pool_allotted_from_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_pool_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_pool_presenter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_pool_series_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_pool_webinar_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("public_id", name=op.f("uq_pool_public_id")),
    )
    op.create_index(op.f("ix_pool_allotted_from_id"), "pool", ["allotted_from_id"])
    op.create_index(op.f("ix_pool_organization_id"), "pool", ["organization_id"])
    op.create_index(op.f("ix_pool_presenter_id"), "pool", ["presenter_id"])
    op.create_index(op.f("ix_pool_series_id"), "pool", ["series_id"])
    op.create_index(op.f("ix_pool_webinar_id"), "pool", ["webinar_id"])
    op.create_table(
        "verified_domain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "domain = lower(domain)", name=op.f("ck_verified_domain_domain_in_lower_case")
        ),
        sa.CheckConstraint(
            "length(domain) BETWEEN 3 AND 255", name=op.f("ck_verified_domain_domain_length")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_verified_domain_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verified_domain")),
        sa.UniqueConstraint("domain", name=op.f("uq_verified_domain_domain")),
        sa.UniqueConstraint("public_id", name=op.f("uq_verified_domain_public_id")),
    )
    op.create_index(
        op.f("ix_verified_domain_organization_id"), "verified_domain", ["organization_id"]
    )
    op.create_table(
        "seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("state", _enum("seatstate", "taken", "free", "locked"), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "opens_at IS NULL OR state = 'locked'", name=op.f("ck_seat_only_a_locked_one_opens")
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_seat_pool_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("public_id", name=op.f("uq_seat_public_id")),
    )
    op.create_index("ix_seat_pool_id_state", "seat", ["pool_id", "state"])
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_as", _enum("waitingend", "offered", "seated", "left", "removed"), nullable=True
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)", name=op.f("ck_waiting_entry_email_with_key")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)",
            name=op.f("ck_waiting_entry_ended_with_a_reason"),
        ),
        sa.CheckConstraint(
            "email IS NOT NULL OR login_id IS NOT NULL", name=op.f("ck_waiting_entry_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_waiting_entry_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_waiting_entry_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
        sa.UniqueConstraint("public_id", name=op.f("uq_waiting_entry_public_id")),
    )
    op.create_index(op.f("ix_waiting_entry_email_key"), "waiting_entry", ["email_key"])
    op.create_index(op.f("ix_waiting_entry_login_id"), "waiting_entry", ["login_id"])
    op.create_index(
        "uq_waiting_entry_active_pool_id_email_key",
        "waiting_entry",
        ["pool_id", "email_key"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_waiting_entry_active_pool_id_login_id",
        "waiting_entry",
        ["pool_id", "login_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            _enum("assignmentstate", "invited", "offered", "claimed", "frozen", "released"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leaving_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_as",
            _enum(
                "assignmentend",
                "expired",
                "removed",
                "reassigned",
                "left",
                "over_capacity",
                "lapsed",
                "erased",
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(state = 'released') = (ended_at IS NOT NULL)",
            name=op.f("ck_assignment_released_is_over"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('claimed', 'frozen') OR (login_id IS NOT NULL AND claimed_at IS NOT NULL)",
            name=op.f("ck_assignment_claimed_by_a_login"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('invited', 'offered') OR expires_at IS NOT NULL",
            name=op.f("ck_assignment_open_ones_expire"),
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)", name=op.f("ck_assignment_email_with_key")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)",
            name=op.f("ck_assignment_ended_with_a_reason"),
        ),
        sa.CheckConstraint(
            "email IS NOT NULL OR login_id IS NOT NULL", name=op.f("ck_assignment_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_assignment_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_assignment_pool_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seat.id"], name=op.f("fk_assignment_seat_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_pool_id"), "assignment", ["pool_id"])
    op.create_index(
        "ix_assignment_state_expires_at",
        "assignment",
        ["state", "expires_at"],
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index(
        "uq_assignment_active_email_key_pool_id",
        "assignment",
        [
            "email_key",
            "pool_id",
            sa.literal_column("(CASE WHEN ended_at IS NULL THEN 0 ELSE id END)"),
        ],
        unique=True,
    )
    op.create_index(
        "uq_assignment_active_login_id_pool_id",
        "assignment",
        [
            "login_id",
            "pool_id",
            sa.literal_column("(CASE WHEN ended_at IS NULL THEN 0 ELSE id END)"),
        ],
        unique=True,
    )
    op.create_index(
        "uq_assignment_active_seat_id",
        "assignment",
        ["seat_id", sa.literal_column("(CASE WHEN ended_at IS NULL THEN 0 ELSE id END)")],
        unique=True,
    )
    op.create_table(
        "claim_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("is_mailed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "assignment_id IS NULL OR most_uses = 1",
            name=op.f("ck_claim_link_a_bound_one_works_once"),
        ),
        sa.CheckConstraint(
            "NOT is_mailed OR assignment_id IS NOT NULL",
            name=op.f("ck_claim_link_a_mailed_one_is_bound"),
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_claim_link_expires_after_creation")
        ),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_claim_link_token_is_a_sha256")),
        sa.CheckConstraint(
            "uses BETWEEN 0 AND most_uses", name=op.f("ck_claim_link_not_used_too_often")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_claim_link_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_claim_link_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claim_link_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_claim_link_token_hash")),
    )
    op.create_index(op.f("ix_claim_link_assignment_id"), "claim_link", ["assignment_id"])
    op.create_index(op.f("ix_claim_link_pool_id"), "claim_link", ["pool_id"])


def _seat_imports() -> None:
    """Create the tables of imported staff lists."""
    op.create_table(
        "seat_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("source_key", sa.String(length=200), nullable=True),
        sa.Column(
            "state",
            _enum("importstate", "reading", "checked", "applying", "applied", "failed"),
            nullable=False,
        ),
        sa.Column("ok", sa.Integer(), nullable=False),
        sa.Column("already", sa.Integer(), nullable=False),
        sa.Column("invalid", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("no_seat", sa.Integer(), nullable=False),
        sa.Column("seated", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)",
            name=op.f("ck_seat_import_applied_at_a_moment"),
        ),
        sa.CheckConstraint(
            "ok >= 0 AND already >= 0 AND invalid >= 0 AND duplicate >= 0 AND no_seat >= 0 AND seated >= 0",
            name=op.f("ck_seat_import_counts_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["login.id"], name=op.f("fk_seat_import_made_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_seat_import_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_seat_import_public_id")),
    )
    op.create_index(op.f("ix_seat_import_made_by"), "seat_import", ["made_by"])
    op.create_index(op.f("ix_seat_import_pool_id"), "seat_import", ["pool_id"])
    op.create_table(
        "seat_import_row",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("raw", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("branch", sa.String(length=100), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("seat_public_id", sa.String(length=26), nullable=True),
        sa.CheckConstraint(
            "(answer = 'invalid') = (fault IS NOT NULL)",
            name=op.f("ck_seat_import_row_invalid_has_a_fault"),
        ),
        sa.CheckConstraint(
            "answer = 'ok' OR answer = 'already' OR answer = 'invalid' OR answer = 'duplicate' OR answer = 'no_seat'",
            name=op.f("ck_seat_import_row_answer"),
        ),
        sa.CheckConstraint(
            "fault = 'no_address' OR fault = 'not_an_address' OR fault = 'several_addresses'",
            name=op.f("ck_seat_import_row_fault"),
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)", name=op.f("ck_seat_import_row_email_with_key")
        ),
        sa.CheckConstraint(
            "(fault IS NULL) = (email_key IS NOT NULL)",
            name=op.f("ck_seat_import_row_an_address_or_a_fault"),
        ),
        sa.CheckConstraint(
            "line >= 1 AND number >= 1", name=op.f("ck_seat_import_row_counted_from_one")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["seat_import.id"],
            name=op.f("fk_seat_import_row_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_seat_import_row")),
        sqlite_with_rowid=False,
    )


def _orders() -> None:
    """Create the tables of orders, documents, payments, tax, and the card provider."""
    op.create_table(
        "customer_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("contact_name", sa.String(length=200), nullable=False),
        sa.Column("contact_email", sa.String(length=320), nullable=False),
        sa.Column("organization_name", sa.String(length=200), nullable=False),
        sa.Column("bill_to", sa.JSON(none_as_null=True), nullable=True),
        sa.Column(
            "terms",
            _enum(
                "terms", "card", "invoice", "purchase_order", "check", "complimentary", "history"
            ),
            nullable=False,
        ),
        sa.Column("net_days", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("cart_token_hash", sa.String(length=64), nullable=True),
        sa.Column("is_self_service", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("awaits_proof", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "exempt_as",
            _enum("exemptionbasis", "government", "501c3", "certificate", "other"),
            nullable=True,
        ),
        sa.Column("policies", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bill_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(currency) = 3", name=op.f("ck_customer_order_currency_is_iso_4217")
        ),
        sa.CheckConstraint(
            "review_due_at IS NULL OR held_at IS NOT NULL",
            name=op.f("ck_customer_order_reviewed_while_access_waits"),
        ),
        sa.CheckConstraint(
            "login_id IS NULL OR organization_id IS NULL",
            name=op.f("ck_customer_order_a_person_or_an_organization"),
        ),
        sa.CheckConstraint(
            "net_days BETWEEN 0 AND 180", name=op.f("ck_customer_order_net_days_up_to_180")
        ),
        sa.CheckConstraint(
            "placed_at IS NULL OR login_id IS NOT NULL OR organization_id IS NOT NULL",
            name=op.f("ck_customer_order_placed_by_a_payer"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["login.id"],
            name=op.f("fk_customer_order_contact_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_customer_order_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_customer_order_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("cart_token_hash", name=op.f("uq_customer_order_cart_token_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customer_order_public_id")),
    )
    op.create_index(op.f("ix_customer_order_contact_id"), "customer_order", ["contact_id"])
    op.create_index(op.f("ix_customer_order_login_id"), "customer_order", ["login_id"])
    op.create_index(
        op.f("ix_customer_order_organization_id"), "customer_order", ["organization_id"]
    )
    op.create_index("ix_customer_order_created_at_id", "customer_order", ["created_at", "id"])
    op.create_index("ix_customer_order_placed_at", "customer_order", ["placed_at"])
    op.create_index("ix_customer_order_review_due_at", "customer_order", ["review_due_at"])
    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            _enum(
                "offerkind",
                "single",
                "group_seats",
                "group_showing",
                "institutional",
                "pass",
                "contract",
            ),
            nullable=False,
        ),
        sa.Column("act", _enum("lineact", "new", "renewal", "more_seats"), nullable=False),
        sa.Column("adds_to_id", sa.Integer(), nullable=True),
        sa.Column(
            "scope", _enum("scope", "webinar", "presenter", "series", "everything"), nullable=False
        ),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("presenter_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit_minor", sa.Integer(), nullable=False),
        sa.Column("discount_minor", sa.Integer(), nullable=False),
        sa.Column("discount_reason", sa.String(length=120), nullable=False),
        sa.Column("net_minor", sa.Integer(), nullable=False),
        sa.Column("delivered_through", _enum("deliveredthrough", "here", "lms"), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(scope = 'webinar') = (webinar_id IS NOT NULL) AND (scope = 'presenter') = (presenter_id IS NOT NULL) AND (scope = 'series') = (series_id IS NOT NULL)",
            name=op.f("ck_order_line_scope_names_its_target"),
        ),
        sa.CheckConstraint("discount_minor >= 0", name=op.f("ck_order_line_discount_not_negative")),
        sa.CheckConstraint(
            "login_id IS NULL OR pool_id IS NULL", name=op.f("ck_order_line_at_most_one_holder")
        ),
        sa.CheckConstraint("net_minor >= 0", name=op.f("ck_order_line_net_not_negative")),
        sa.CheckConstraint(
            "quantity IS NULL OR quantity >= 1", name=op.f("ck_order_line_quantity_at_least_one")
        ),
        sa.CheckConstraint(
            "starts_at IS NULL OR ends_at IS NULL OR ends_at > starts_at",
            name=op.f("ck_order_line_ends_after_start"),
        ),
        sa.CheckConstraint("unit_minor >= 0", name=op.f("ck_order_line_unit_not_negative")),
        sa.ForeignKeyConstraint(
            ["adds_to_id"],
            ["order_line.id"],
            name=op.f("fk_order_line_adds_to_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_order_line_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_order_line_order_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_order_line_pool_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_order_line_presenter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_order_line_series_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_order_line_webinar_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_line_order_id_position")),
        sa.UniqueConstraint("public_id", name=op.f("uq_order_line_public_id")),
    )
    op.create_index(op.f("ix_order_line_adds_to_id"), "order_line", ["adds_to_id"])
    op.create_index(op.f("ix_order_line_login_id"), "order_line", ["login_id"])
    op.create_index(op.f("ix_order_line_pool_id"), "order_line", ["pool_id"])
    op.create_index(op.f("ix_order_line_presenter_id"), "order_line", ["presenter_id"])
    op.create_index(op.f("ix_order_line_series_id"), "order_line", ["series_id"])
    op.create_index(op.f("ix_order_line_webinar_id"), "order_line", ["webinar_id"])
    op.create_table(
        "purchase_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=True),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(file_key IS NULL) = (file_name IS NULL)",
            name=op.f("ck_purchase_order_file_with_a_name"),
        ),
        sa.CheckConstraint(
            "amount_minor IS NULL OR amount_minor >= 0",
            name=op.f("ck_purchase_order_amount_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_purchase_order_order_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_purchase_order_organization_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("public_id", name=op.f("uq_purchase_order_public_id")),
    )
    op.create_index(op.f("ix_purchase_order_number"), "purchase_order", ["number"])
    op.create_index(op.f("ix_purchase_order_order_id"), "purchase_order", ["order_id"])
    op.create_index(
        "ix_purchase_order_organization_id_number", "purchase_order", ["organization_id", "number"]
    )
    op.create_table(
        "deposit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slip", sa.String(length=80), nullable=False),
        sa.Column("deposited_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
        sa.UniqueConstraint("public_id", name=op.f("uq_deposit_public_id")),
        sa.UniqueConstraint("slip", name=op.f("uq_deposit_slip")),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column(
            "method", _enum("paymentmethod", "card", "check", "transfer", "cash"), nullable=False
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("open_minor", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("check_number", sa.String(length=80), nullable=False),
        sa.Column("deposit_id", sa.Integer(), nullable=True),
        sa.Column("provider_ref", sa.String(length=120), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversed_as", _enum("reversal", "bounced", "mistake", "dispute"), nullable=True),
        sa.Column("returns_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "method <> 'check' OR check_number <> ''", name=op.f("ck_payment_checks_have_a_number")
        ),
        sa.CheckConstraint(
            "(login_id IS NULL) <> (organization_id IS NULL)", name=op.f("ck_payment_one_payer")
        ),
        sa.CheckConstraint(
            "(reversed_at IS NULL) = (reversed_as IS NULL)",
            name=op.f("ck_payment_reversed_with_a_reason"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount_above_zero")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_payment_currency_is_iso_4217")),
        sa.CheckConstraint(
            "open_minor BETWEEN 0 AND amount_minor", name=op.f("ck_payment_open_at_most_amount")
        ),
        sa.CheckConstraint(
            "reversed_at IS NULL OR open_minor = 0", name=op.f("ck_payment_reversed_is_not_open")
        ),
        sa.ForeignKeyConstraint(
            ["deposit_id"], ["deposit.id"], name=op.f("fk_payment_deposit_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_payment_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_payment_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_payment_provider_ref")),
        sa.UniqueConstraint("public_id", name=op.f("uq_payment_public_id")),
    )
    op.create_index(op.f("ix_payment_check_number"), "payment", ["check_number"])
    op.create_index(op.f("ix_payment_deposit_id"), "payment", ["deposit_id"])
    op.create_index(op.f("ix_payment_login_id"), "payment", ["login_id"])
    op.create_index(op.f("ix_payment_organization_id"), "payment", ["organization_id"])
    op.create_index(op.f("ix_payment_returns_on"), "payment", ["returns_on"])
    op.create_index("ix_payment_received_on", "payment", ["received_on"])
    op.create_table(
        "tax_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("supply", _enum("supply", "live", "recorded", "both"), nullable=False),
        sa.Column("rate", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(state) = 2", name=op.f("ck_tax_rule_state_is_two_letters")),
        sa.CheckConstraint(
            "rate >= 0 AND rate < 100", name=op.f("ck_tax_rule_rate_is_a_percentage")
        ),
        sa.CheckConstraint(
            "until_on IS NULL OR until_on > from_on", name=op.f("ck_tax_rule_until_after_from")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rule")),
        sa.UniqueConstraint("public_id", name=op.f("uq_tax_rule_public_id")),
    )
    op.create_index("ix_tax_rule_state", "tax_rule", ["state"])
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column(
            "kind",
            _enum("documentkind", "quote", "invoice", "credit_note", "receipt", "statement"),
            nullable=False,
        ),
        sa.Column("series", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("refers_to_id", sa.Integer(), nullable=True),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column(
            "reason",
            _enum(
                "creditreason",
                "return",
                "reissue",
                "tax",
                "goodwill",
                "exchange",
                "write_off",
                "void",
            ),
            nullable=True,
        ),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("po_number", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("open_minor", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pdf_key", sa.String(length=200), nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (reason IS NOT NULL)",
            name=op.f("ck_document_credit_notes_have_a_reason"),
        ),
        sa.CheckConstraint(
            "(kind = 'statement') = (order_id IS NULL)",
            name=op.f("ck_document_statements_have_no_order"),
        ),
        sa.CheckConstraint(
            "(login_id IS NULL) <> (organization_id IS NULL) OR kind = 'quote'",
            name=op.f("ck_document_one_payer"),
        ),
        sa.CheckConstraint(
            "kind <> 'credit_note' OR refers_to_id IS NOT NULL",
            name=op.f("ck_document_credit_notes_name_an_invoice"),
        ),
        sa.CheckConstraint(
            "open_minor = 0 OR kind IN ('invoice', 'credit_note')",
            name=op.f("ck_document_only_money_is_open"),
        ),
        sa.CheckConstraint(
            "payment_id IS NULL OR kind = 'receipt'",
            name=op.f("ck_document_only_receipts_are_of_payments"),
        ),
        sa.CheckConstraint(
            "replaced_at IS NULL OR kind = 'invoice'",
            name=op.f("ck_document_only_invoices_are_replaced"),
        ),
        sa.CheckConstraint(
            "(pdf_key IS NULL) = (pdf_sha256 IS NULL)", name=op.f("ck_document_pdf_with_its_sha256")
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_document_currency_is_iso_4217")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_document_sha256_is_hex")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_document_number_at_least_one")),
        sa.CheckConstraint(
            "open_minor BETWEEN 0 AND total_minor", name=op.f("ck_document_open_at_most_total")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_document_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_document_order_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_document_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_document_payment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["refers_to_id"],
            ["document.id"],
            name=op.f("fk_document_refers_to_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("public_id", name=op.f("uq_document_public_id")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_document_series_number")),
    )
    op.create_index(
        "ix_document_due_at_open",
        "document",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("kind = 'invoice' AND open_minor > 0"),
        postgresql_where=sa.text("kind = 'invoice' AND open_minor > 0"),
    )
    op.create_index("ix_document_kind_issued_at", "document", ["kind", "issued_at"])
    op.create_index(op.f("ix_document_label"), "document", ["label"])
    op.create_index(op.f("ix_document_login_id"), "document", ["login_id"])
    op.create_index(op.f("ix_document_order_id"), "document", ["order_id"])
    op.create_index(op.f("ix_document_organization_id"), "document", ["organization_id"])
    op.create_index(op.f("ix_document_payment_id"), "document", ["payment_id"])
    op.create_index(op.f("ix_document_po_number"), "document", ["po_number"])
    op.create_index(
        "ix_document_refers_to_id",
        "document",
        ["refers_to_id"],
        sqlite_where=sa.text("refers_to_id IS NOT NULL"),
        postgresql_where=sa.text("refers_to_id IS NOT NULL"),
    )
    op.create_index(
        "uq_document_live_invoice",
        "document",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'invoice' AND replaced_at IS NULL"),
        postgresql_where=sa.text("kind = 'invoice' AND replaced_at IS NULL"),
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_name", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (accepted_name IS NULL)",
            name=op.f("ck_quote_accepted_by_a_name"),
        ),
        sa.CheckConstraint(
            "superseded_at IS NULL OR accepted_at IS NULL",
            name=op.f("ck_quote_superseded_or_accepted"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_quote_version_at_least_one")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_quote_document_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_quote_order_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("document_id", name=op.f("uq_quote_document_id")),
        sa.UniqueConstraint("order_id", "version", name=op.f("uq_quote_order_id_version")),
    )
    op.create_table(
        "document_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("net_minor", sa.Integer(), nullable=False),
        sa.Column("discount_minor", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.Integer(), nullable=False),
        sa.Column("tax_rule_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "tax_rule_id IS NOT NULL OR tax_minor = 0", name=op.f("ck_document_line_tax_has_a_rule")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
            name=op.f("fk_document_line_document_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_document_line_order_line_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tax_rule_id"],
            ["tax_rule.id"],
            name=op.f("fk_document_line_tax_rule_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_line")),
        sa.UniqueConstraint(
            "document_id", "position", name=op.f("uq_document_line_document_id_position")
        ),
    )
    op.create_index(op.f("ix_document_line_order_line_id"), "document_line", ["order_line_id"])
    op.create_index(op.f("ix_document_line_tax_rule_id"), "document_line", ["tax_rule_id"])
    op.create_table(
        "number_series",
        sa.Column("series", sa.String(length=40), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.CheckConstraint("next >= 1", name=op.f("ck_number_series_next_at_least_one")),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "settlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("credit_note_id", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(payment_id IS NULL) <> (credit_note_id IS NULL)",
            name=op.f("ck_settlement_one_source"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_settlement_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["credit_note_id"],
            ["document.id"],
            name=op.f("fk_settlement_credit_note_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["document.id"],
            name=op.f("fk_settlement_invoice_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
            name=op.f("fk_settlement_payment_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
    )
    op.create_index(op.f("ix_settlement_credit_note_id"), "settlement", ["credit_note_id"])
    op.create_index(op.f("ix_settlement_invoice_id"), "settlement", ["invoice_id"])
    op.create_index(op.f("ix_settlement_payment_id"), "settlement", ["payment_id"])
    op.create_table(
        "refund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("credit_note_id", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column(
            "state", _enum("refundstate", "requested", "sent", "done", "failed"), nullable=False
        ),
        sa.Column("provider_ref", sa.String(length=120), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'done') = (done_on IS NOT NULL)", name=op.f("ck_refund_done_on_a_day")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["credit_note_id"],
            ["document.id"],
            name=op.f("fk_refund_credit_note_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refund_idempotency_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_refund_provider_ref")),
        sa.UniqueConstraint("public_id", name=op.f("uq_refund_public_id")),
    )
    op.create_index(op.f("ix_refund_credit_note_id"), "refund", ["credit_note_id"])
    op.create_index(op.f("ix_refund_payment_id"), "refund", ["payment_id"])
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("provider_ref", sa.String(length=120), nullable=True),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("lost_minor", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("evidence_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", _enum("disputestate", "open", "won", "lost"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)", name=op.f("ck_dispute_closed_when_decided")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_dispute_amount_above_zero")),
        sa.CheckConstraint(
            "lost_minor BETWEEN 0 AND amount_minor", name=op.f("ck_dispute_lost_at_most_amount")
        ),
        sa.CheckConstraint(
            "lost_minor = 0 OR state = 'lost'", name=op.f("ck_dispute_lost_when_lost")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_dispute_payment_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_dispute_provider_ref")),
    )
    op.create_index(
        "uq_dispute_open",
        "dispute",
        ["payment_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "reminder_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", _enum("pausekind", "check_sent", "in_approval", "stopped"), nullable=False
        ),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("check_number", sa.String(length=80), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind = 'stopped' OR until IS NOT NULL",
            name=op.f("ck_reminder_pause_promises_have_an_end"),
        ),
        sa.CheckConstraint(
            "kind = 'check_sent' OR (check_number = '' AND sent_on IS NULL AND amount_minor IS NULL)",
            name=op.f("ck_reminder_pause_only_checks_have_numbers"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_reminder_pause_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_reminder_pause_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_pause")),
    )
    op.create_index(op.f("ix_reminder_pause_order_id"), "reminder_pause", ["order_id"])
    op.create_table(
        "closed_month",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(month) = 7", name=op.f("ck_closed_month_month_is_year_and_month")
        ),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_closed_month")),
    )
    op.create_table(
        "checkout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("provider_session", sa.String(length=120), nullable=True),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("state", _enum("checkoutstate", "open", "complete", "expired"), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(order_id IS NULL) <> (invoice_id IS NULL)", name=op.f("ck_checkout_order_or_invoice")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_checkout_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["document.id"],
            name=op.f("fk_checkout_invoice_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_checkout_order_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_checkout_idempotency_key")),
        sa.UniqueConstraint("provider_session", name=op.f("uq_checkout_provider_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_checkout_public_id")),
    )
    op.create_index(op.f("ix_checkout_invoice_id"), "checkout", ["invoice_id"])
    op.create_index(
        "ix_checkout_open",
        "checkout",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_checkout_order_id"), "checkout", ["order_id"])
    op.create_table(
        "provider_event",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("object_id", sa.String(length=120), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("provider", "event_id", name=op.f("pk_provider_event")),
    )
    op.create_index(op.f("ix_provider_event_object_id"), "provider_event", ["object_id"])
    op.create_table(
        "provider_entry",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("fee_minor", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.Integer(), nullable=False),
        sa.Column("payout", sa.String(length=120), nullable=True),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "net_minor = amount_minor - fee_minor", name=op.f("ck_provider_entry_net_adds_up")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_entry")),
    )
    op.create_index(op.f("ix_provider_entry_payout"), "provider_entry", ["payout"])
    op.create_index(op.f("ix_provider_entry_source"), "provider_entry", ["source"])
    op.create_table(
        "coupon",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            _enum(
                "offerkind",
                "single",
                "group_seats",
                "group_showing",
                "institutional",
                "pass",
                "contract",
            ),
            nullable=True,
        ),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(percent IS NULL) <> (amount_minor IS NULL)", name=op.f("ck_coupon_percent_or_amount")
        ),
        sa.CheckConstraint(
            "amount_minor IS NULL OR amount_minor > 0", name=op.f("ck_coupon_amount_above_zero")
        ),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_coupon_ends_after_start")
        ),
        sa.CheckConstraint(
            "most_uses IS NULL OR most_uses >= 1", name=op.f("ck_coupon_most_uses_at_least_one")
        ),
        sa.CheckConstraint(
            "percent IS NULL OR percent BETWEEN 1 AND 100", name=op.f("ck_coupon_percent_up_to_100")
        ),
        sa.CheckConstraint(
            "used BETWEEN 0 AND coalesce(most_uses, used)",
            name=op.f("ck_coupon_used_at_most_limit"),
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_coupon_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("code", name=op.f("uq_coupon_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_coupon_public_id")),
    )
    op.create_index(op.f("ix_coupon_webinar_id"), "coupon", ["webinar_id"])
    op.create_table(
        "coupon_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coupon_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reserved_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_use_coupon_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_coupon_use_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_use")),
        sa.UniqueConstraint("coupon_id", "order_id", name=op.f("uq_coupon_use_coupon_id_order_id")),
    )
    op.create_index(op.f("ix_coupon_use_order_id"), "coupon_use", ["order_id"])


def _buying() -> None:
    op.create_table(
        "named_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_named_person_order_line_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_person")),
        sa.UniqueConstraint(
            "order_line_id", "email_key", name=op.f("uq_named_person_order_line_id_email_key")
        ),
    )
    op.create_table(
        "order_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_order_session_expires_after_creation")
        ),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_order_session_token_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_order_session_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_session")),
        sa.UniqueConstraint(
            "token_hash", "order_id", name=op.f("uq_order_session_token_hash_order_id")
        ),
    )
    op.create_index(op.f("ix_order_session_order_id"), "order_session", ["order_id"])


def _payment_pages() -> None:
    op.create_table(
        "order_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_order_link_number_at_least_one")),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_order_link_token_is_a_sha256")),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_order_link_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_link")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_order_link_order_id_number")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_order_link_token_hash")),
    )


def _requests() -> None:
    """Create the tables of registrations and requests."""
    op.create_table(
        "registration",
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("went_to", sa.String(length=26), nullable=True),
        sa.Column("went_with", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_registration_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_registration_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("login_id", "webinar_id", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_webinar_id"), "registration", ["webinar_id"])
    op.create_table(
        "registration_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("questionkind", "text", "choice", "yes_no"), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 200", name=op.f("ck_registration_question_text_length")
        ),
        sa.CheckConstraint(
            "(kind = 'choice') = (length(choices) > 0)",
            name=op.f("ck_registration_question_choices_to_choose"),
        ),
        sa.CheckConstraint(
            "position >= 1", name=op.f("ck_registration_question_position_from_one")
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_registration_question_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_question")),
        sa.UniqueConstraint("public_id", name=op.f("uq_registration_question_public_id")),
    )
    op.create_index(
        op.f("ix_registration_question_webinar_id"), "registration_question", ["webinar_id"]
    )
    op.create_table(
        "registration_answer",
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(answer) >= 1", name=op.f("ck_registration_answer_answer_given")),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_registration_answer_login_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["registration_question.id"],
            name=op.f("fk_registration_answer_question_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_registration_answer_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "login_id", "webinar_id", "question_id", name=op.f("pk_registration_answer")
        ),
    )
    op.create_index(
        op.f("ix_registration_answer_question_id"), "registration_answer", ["question_id"]
    )
    op.create_index(
        op.f("ix_registration_answer_webinar_id"), "registration_answer", ["webinar_id"]
    )
    op.create_table(
        "live_defaults",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("survey_link", sa.String(length=2000), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_live_defaults_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_defaults")),
    )
    op.create_table(
        "desk_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column(
            "kind",
            _enum(
                "requestkind",
                "register",
                "group",
                "showing",
                "institution",
                "pass",
                "contract",
                "renewal",
                "purchase_order",
                "invoice",
                "check",
                "trouble",
                "more_seats",
                "reassign",
                "domain",
                "vendor_form",
                "barrier",
                "accommodation",
            ),
            nullable=False,
        ),
        sa.Column(
            "offer",
            _enum(
                "offerkind",
                "single",
                "group_seats",
                "group_showing",
                "institutional",
                "pass",
                "contract",
            ),
            nullable=True,
        ),
        sa.Column(
            "state", _enum("requeststate", "new", "in_hand", "done", "declined"), nullable=False
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("organization_name", sa.String(length=200), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("seat_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("covers", sa.String(length=100), nullable=False),
        sa.Column("delivered_through", _enum("deliveredthrough", "here", "lms"), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("to_email", sa.String(length=320), nullable=True),
        sa.Column("to_name", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("answer_file_key", sa.String(length=200), nullable=True),
        sa.Column("answer_file_name", sa.String(length=200), nullable=True),
        sa.Column("refusal", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'declined')) = (closed_at IS NOT NULL)",
            name=op.f("ck_desk_request_closed_when_ended"),
        ),
        sa.CheckConstraint(
            "(answer_file_key IS NULL) = (answer_file_name IS NULL)",
            name=op.f("ck_desk_request_answer_file_with_a_name"),
        ),
        sa.CheckConstraint(
            "(file_key IS NULL) = (file_name IS NULL)",
            name=op.f("ck_desk_request_file_with_a_name"),
        ),
        sa.CheckConstraint("due_at >= created_at", name=op.f("ck_desk_request_due_after_creation")),
        sa.CheckConstraint(
            "quantity IS NULL OR quantity >= 1", name=op.f("ck_desk_request_quantity_at_least_one")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_desk_request_login_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["login.id"], name=op.f("fk_desk_request_owner_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_desk_request_organization_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_desk_request_pool_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_desk_request_order_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seat.id"], name=op.f("fk_desk_request_seat_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_desk_request_webinar_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_desk_request_public_id")),
    )
    op.create_index(op.f("ix_desk_request_login_id"), "desk_request", ["login_id"])
    op.create_index(op.f("ix_desk_request_owner_id"), "desk_request", ["owner_id"])
    op.create_index(op.f("ix_desk_request_organization_id"), "desk_request", ["organization_id"])
    op.create_index(op.f("ix_desk_request_pool_id"), "desk_request", ["pool_id"])
    op.create_index(op.f("ix_desk_request_order_id"), "desk_request", ["order_id"])
    op.create_index(op.f("ix_desk_request_seat_id"), "desk_request", ["seat_id"])
    op.create_index("ix_desk_request_state_due_at", "desk_request", ["state", "due_at"])
    op.create_index(op.f("ix_desk_request_webinar_id"), "desk_request", ["webinar_id"])


def _grants() -> None:
    """Create the tables of offers and grants."""
    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column(
            "kind",
            _enum(
                "offerkind",
                "single",
                "group_seats",
                "group_showing",
                "institutional",
                "pass",
                "contract",
            ),
            nullable=False,
        ),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("presenter_id", sa.Integer(), nullable=True),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(webinar_id IS NULL OR series_id IS NULL)"
            " AND (webinar_id IS NULL OR presenter_id IS NULL)"
            " AND (series_id IS NULL OR presenter_id IS NULL)",
            name=op.f("ck_offer_at_most_one_target"),
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_offer_currency_is_iso_4217")),
        sa.CheckConstraint("minimum >= 1", name=op.f("ck_offer_minimum_at_least_one")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_offer_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_offer_presenter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["series.id"],
            name=op.f("fk_offer_series_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_offer_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_offer_public_id")),
    )
    op.create_index(op.f("ix_offer_presenter_id"), "offer", ["presenter_id"])
    op.create_index(op.f("ix_offer_series_id"), "offer", ["series_id"])
    op.create_index(op.f("ix_offer_webinar_id"), "offer", ["webinar_id"])
    op.create_index(
        "uq_offer_version",
        "offer",
        [
            sa.literal_column("coalesce(webinar_id, 0)"),
            sa.literal_column("coalesce(series_id, 0)"),
            sa.literal_column("coalesce(presenter_id, 0)"),
            "kind",
            "minimum",
            "version",
        ],
        unique=True,
    )
    op.create_table(
        "grant_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            _enum(
                "offerkind",
                "single",
                "group_seats",
                "group_showing",
                "institutional",
                "pass",
                "contract",
            ),
            nullable=False,
        ),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column(
            "scope", _enum("scope", "webinar", "presenter", "series", "everything"), nullable=False
        ),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("presenter_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grace_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grace_given_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awaits_payment_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opens_live", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_as", _enum("withdrawal", "refunded", "revoked"), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("host_email", sa.String(length=320), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(scope = 'webinar') = (webinar_id IS NOT NULL) AND (scope = 'presenter') = (presenter_id IS NOT NULL) AND (scope = 'series') = (series_id IS NOT NULL)",
            name=op.f("ck_grant_line_scope_names_its_target"),
        ),
        sa.CheckConstraint(
            "(login_id IS NULL) <> (pool_id IS NULL)", name=op.f("ck_grant_line_one_holder")
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_as IS NULL)",
            name=op.f("ck_grant_line_revoked_with_a_reason"),
        ),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_grant_line_ends_after_start")
        ),
        sa.CheckConstraint(
            "grace_given_until IS NULL OR (grace_until IS NOT NULL AND grace_until >= grace_given_until)",
            name=op.f("ck_grant_line_given_grace_is_kept"),
        ),
        sa.CheckConstraint(
            "grace_until IS NULL OR (ends_at IS NOT NULL AND grace_until >= ends_at)",
            name=op.f("ck_grant_line_grace_follows_the_end"),
        ),
        sa.CheckConstraint(
            "seats IS NULL OR (pool_id IS NOT NULL AND seats >= 1)",
            name=op.f("ck_grant_line_seats_of_a_pool"),
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_grant_line_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_grant_line_pool_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_grant_line_presenter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_grant_line_order_line_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_grant_line_series_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_grant_line_webinar_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_line")),
        sa.UniqueConstraint("public_id", name=op.f("uq_grant_line_public_id")),
    )
    op.create_index("ix_grant_line_login_id", "grant_line", ["login_id"])
    op.create_index(op.f("ix_grant_line_pool_id"), "grant_line", ["pool_id"])
    op.create_index(op.f("ix_grant_line_presenter_id"), "grant_line", ["presenter_id"])
    op.create_index(op.f("ix_grant_line_order_line_id"), "grant_line", ["order_line_id"])
    op.create_index(op.f("ix_grant_line_series_id"), "grant_line", ["series_id"])
    op.create_index("ix_grant_line_webinar_id", "grant_line", ["webinar_id"])


def _receivables() -> None:
    op.create_table(
        "payment_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column(
            "stage",
            _enum("reminderstage", "before_due", "days_15", "days_30", "days_60"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["document.id"],
            name=op.f("fk_payment_reminder_invoice_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_reminder")),
        sa.UniqueConstraint(
            "invoice_id", "stage", name=op.f("uq_payment_reminder_invoice_id_stage")
        ),
    )


def _past_sales() -> None:
    """Create the tables of imported past sales."""
    op.create_table(
        "past_buyer",
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch", sa.String(length=26), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "invited_at IS NULL OR batch IS NOT NULL", name=op.f("ck_past_buyer_invited_in_a_batch")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_past_buyer_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_past_buyer")),
    )
    op.create_index("ix_past_buyer_batch", "past_buyer", ["batch", "login_id"])
    op.create_table(
        "past_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("source_key", sa.String(length=200), nullable=True),
        sa.Column(
            "state",
            _enum("importstate", "reading", "checked", "applying", "applied", "failed"),
            nullable=False,
        ),
        sa.Column("ok", sa.Integer(), nullable=False),
        sa.Column("already", sa.Integer(), nullable=False),
        sa.Column("invalid", sa.Integer(), nullable=False),
        sa.Column("brought", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)",
            name=op.f("ck_past_import_applied_at_a_moment"),
        ),
        sa.CheckConstraint(
            "ok >= 0 AND already >= 0 AND invalid >= 0 AND brought >= 0",
            name=op.f("ck_past_import_counts_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["login.id"], name=op.f("fk_past_import_made_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_past_import_public_id")),
    )
    op.create_index(op.f("ix_past_import_made_by"), "past_import", ["made_by"])
    op.create_table(
        "past_import_row",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column(
            "answer", _enum("pastanswer", "ok", "already", "invalid", "brought"), nullable=False
        ),
        sa.Column("sentence", sa.String(length=500), nullable=False),
        sa.Column("order_public_id", sa.String(length=26), nullable=True),
        sa.CheckConstraint(
            "(answer = 'invalid') = (sentence <> '')",
            name=op.f("ck_past_import_row_invalid_has_a_sentence"),
        ),
        sa.CheckConstraint(
            "answer = 'invalid' OR order_public_id IS NOT NULL",
            name=op.f("ck_past_import_row_an_order_or_invalid"),
        ),
        sa.CheckConstraint(
            "line >= 1 AND number >= 1", name=op.f("ck_past_import_row_counted_from_one")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["past_import.id"],
            name=op.f("fk_past_import_row_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_past_import_row")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_past_import_row_import_id_answer", "past_import_row", ["import_id", "answer", "number"]
    )


def _kits() -> None:
    """Create the tables of delivery kits."""
    op.create_table(
        "kit_permit",
        sa.Column("organization_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_kit_permit_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_kit_permit")),
    )
    op.create_table(
        "delivery_kit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            _enum("kitstate", "making", "ready", "failed", "canceled", "gone"),
            nullable=False,
        ),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("failure_detail", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'ready') = (file_key IS NOT NULL)",
            name=op.f("ck_delivery_kit_ready_with_a_file"),
        ),
        sa.CheckConstraint(
            "state <> 'ready' OR expires_at IS NOT NULL",
            name=op.f("ck_delivery_kit_ready_for_a_time"),
        ),
        sa.CheckConstraint(
            "size_bytes >= 0 AND downloads >= 0", name=op.f("ck_delivery_kit_counts_not_negative")
        ),
        sa.CheckConstraint(
            "token_hash IS NULL OR length(token_hash) = 32",
            name=op.f("ck_delivery_kit_token_is_a_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_delivery_kit_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_delivery_kit_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_kit")),
        sa.UniqueConstraint("public_id", name=op.f("uq_delivery_kit_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_delivery_kit_token_hash")),
    )
    op.create_index("ix_delivery_kit_organization_id_id", "delivery_kit", ["organization_id", "id"])
    op.create_index(op.f("ix_delivery_kit_recording_id"), "delivery_kit", ["recording_id"])
    op.create_table(
        "ended_kit_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kit_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_ended_kit_link_token_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["kit_id"],
            ["delivery_kit.id"],
            name=op.f("fk_ended_kit_link_kit_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_kit_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_ended_kit_link_token_hash")),
    )
    op.create_index(op.f("ix_ended_kit_link_kit_id"), "ended_kit_link", ["kit_id"])


def _playback() -> None:
    """Create the tables of playback, watch progress, and notes."""
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("at_s >= 0", name=op.f("ck_note_moment_not_negative")),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 4000", name=op.f("ck_note_text_length")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_note_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_note_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("public_id", name=op.f("uq_note_public_id")),
    )
    op.create_index(
        "ix_note_deleted_at",
        "note",
        ["deleted_at"],
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index("ix_note_login_id_webinar_id", "note", ["login_id", "webinar_id"])
    op.create_index(op.f("ix_note_webinar_id"), "note", ["webinar_id"])
    op.create_table(
        "stream",
        sa.Column("login_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("session_id", sa.String(length=26), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("held_until > since", name=op.f("ck_stream_held_after_it_began")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_stream_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_stream")),
    )
    op.create_table(
        "watch_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("buckets", sa.LargeBinary(), nullable=False),
        sa.Column("watched_s", sa.Integer(), nullable=False),
        sa.Column("certify_at_s", sa.Integer(), server_default="0", nullable=True),
        sa.Column("position_s", sa.Double(), nullable=False),
        sa.Column("earned_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position_s >= 0", name=op.f("ck_watch_record_position_not_negative")),
        sa.CheckConstraint("watched_s >= 0", name=op.f("ck_watch_record_watched_not_negative")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_watch_record_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_watch_record_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_record")),
        sa.UniqueConstraint(
            "login_id", "recording_id", name=op.f("uq_watch_record_login_id_recording_id")
        ),
    )
    op.create_index(op.f("ix_watch_record_recording_id"), "watch_record", ["recording_id"])
    op.create_table(
        "playback_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("sign_in_id", sa.Integer(), nullable=True),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("is_preview", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_s", sa.Integer(), nullable=True),
        sa.Column("reached_s", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_as",
            _enum(
                "playbackend",
                "closed",
                "signed_out",
                "revoked",
                "blocked",
                "pulled",
                "expired",
                "idle",
                "released",
                "refunded",
                "suspended",
                "lapsed",
                "taken_over",
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(began_s IS NULL) = (reached_s IS NULL)",
            name=op.f("ck_playback_session_reached_from_a_beginning"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)",
            name=op.f("ck_playback_session_ended_with_a_reason"),
        ),
        sa.CheckConstraint(
            "began_s >= 0 AND reached_s >= 0", name=op.f("ck_playback_session_seen_not_negative")
        ),
        sa.CheckConstraint(
            "expires_at > opened_at", name=op.f("ck_playback_session_expires_after_opening")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["grant_line.id"],
            name=op.f("fk_playback_session_grant_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_playback_session_login_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_playback_session_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_playback_session_recording_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"],
            ["sign_in.id"],
            name=op.f("fk_playback_session_sign_in_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playback_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_playback_session_public_id")),
    )
    op.create_index("ix_playback_session_ended_at", "playback_session", ["ended_at"])
    op.create_index(op.f("ix_playback_session_grant_id"), "playback_session", ["grant_id"])
    op.create_index(
        "ix_playback_session_login_id_recording_id",
        "playback_session",
        ["login_id", "recording_id"],
    )
    op.create_index(
        "ix_playback_session_open_login_id",
        "playback_session",
        ["login_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_playback_session_opened_at", "playback_session", ["opened_at"])
    op.create_index(
        op.f("ix_playback_session_organization_id"), "playback_session", ["organization_id"]
    )
    op.create_index(op.f("ix_playback_session_recording_id"), "playback_session", ["recording_id"])
    op.create_index(op.f("ix_playback_session_sign_in_id"), "playback_session", ["sign_in_id"])


def _showings() -> None:
    """Create the tables of group viewings and their attendees."""
    op.create_table(
        "showing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes_shown", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (minutes_shown IS NULL)",
            name=op.f("ck_showing_closed_with_minutes"),
        ),
        sa.CheckConstraint("closes_at > opened_at", name=op.f("ck_showing_closes_after_opening")),
        sa.CheckConstraint(
            "minutes_shown IS NULL OR minutes_shown >= 0",
            name=op.f("ck_showing_minutes_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grant_line.id"], name=op.f("fk_showing_grant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_showing_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_showing_webinar_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_showing")),
        sa.UniqueConstraint("code", name=op.f("uq_showing_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_showing_public_id")),
    )
    op.create_index(op.f("ix_showing_grant_id"), "showing", ["grant_id"])
    op.create_index(op.f("ix_showing_webinar_id"), "showing", ["webinar_id"])
    op.create_index(
        "uq_showing_open_login_id_webinar_id",
        "showing",
        ["login_id", "webinar_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "attendee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("showing_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("entered_by", _enum("enteredby", "self", "host"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_attendee_name_length")),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_attendee_token_is_a_sha256")),
        sa.ForeignKeyConstraint(
            ["showing_id"], ["showing.id"], name=op.f("fk_attendee_showing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendee")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attendee_public_id")),
        sa.UniqueConstraint(
            "showing_id", "email_key", name=op.f("uq_attendee_showing_id_email_key")
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_attendee_token_hash")),
    )


def _live() -> None:
    """Create the tables of live sessions: joins and meeting reports."""
    op.create_table(
        "live_join",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_live_join_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_live_join_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_join")),
    )
    op.create_index(op.f("ix_live_join_login_id"), "live_join", ["login_id"])
    op.create_index("ix_live_join_webinar_id_login_id", "live_join", ["webinar_id", "login_id"])
    op.create_table(
        "room_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_room_report_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_room_report_public_id")),
    )
    op.create_index(op.f("ix_room_report_webinar_id"), "room_report", ["webinar_id"])
    op.create_table(
        "room_stay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=330), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("ignored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_room_stay_ends_after_it_began")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_room_stay_login_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_room_stay_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_stay")),
        sa.UniqueConstraint("public_id", name=op.f("uq_room_stay_public_id")),
        sa.UniqueConstraint(
            "webinar_id",
            "key",
            "began_at",
            "ended_at",
            name=op.f("uq_room_stay_webinar_id_key_began_at_ended_at"),
        ),
    )
    op.create_index(op.f("ix_room_stay_login_id"), "room_stay", ["login_id"])


def _order_reviews() -> None:
    op.create_table(
        "order_takeover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (is_accepted IS NULL)",
            name=op.f("ck_order_takeover_answered_at_a_time"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["customer_order.id"],
            name=op.f("fk_order_takeover_order_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_order_takeover_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_takeover")),
        sa.UniqueConstraint("order_id", name=op.f("uq_order_takeover_order_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_order_takeover_public_id")),
    )
    op.create_index("ix_order_takeover_organization_id", "order_takeover", ["organization_id"])


def _cancellation_offers() -> None:
    op.create_table(
        "cancellation_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("is_postponement", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "choice", _enum("offerchoice", "keep", "refund", "exchange", "credit"), nullable=True
        ),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("again_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(login_id IS NULL) <> (organization_id IS NULL)",
            name=op.f("ck_cancellation_offer_one_payer"),
        ),
        sa.CheckConstraint(
            "(choice IS NULL) = (chosen_at IS NULL)",
            name=op.f("ck_cancellation_offer_chosen_at_a_time"),
        ),
        sa.CheckConstraint(
            "(other_id IS NOT NULL) = (choice IS NOT NULL AND choice = 'exchange')",
            name=op.f("ck_cancellation_offer_exchanged_for_another"),
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR choice IS NULL",
            name=op.f("ck_cancellation_offer_withdrawn_or_chosen"),
        ),
        sa.ForeignKeyConstraint(
            ["again_id"],
            ["customer_order.id"],
            name=op.f("fk_cancellation_offer_again_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_cancellation_offer_login_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_cancellation_offer_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["webinar.id"],
            name=op.f("fk_cancellation_offer_other_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_cancellation_offer_webinar_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancellation_offer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_cancellation_offer_public_id")),
        sa.UniqueConstraint(
            "webinar_id",
            "notice",
            "login_id",
            name=op.f("uq_cancellation_offer_webinar_id_notice_login_id"),
        ),
        sa.UniqueConstraint(
            "webinar_id",
            "notice",
            "organization_id",
            name=op.f("uq_cancellation_offer_webinar_id_notice_organization_id"),
        ),
    )
    op.create_index(op.f("ix_cancellation_offer_login_id"), "cancellation_offer", ["login_id"])
    op.create_index(
        op.f("ix_cancellation_offer_organization_id"), "cancellation_offer", ["organization_id"]
    )


def _certificates() -> None:
    """Create the tables of certificates, their rules and designs, attendance minutes, and badge keys."""
    op.create_table(
        "badge_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=True),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column(
            "state", _enum("badgekeystate", "active", "retired", "withdrawn"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'active') = (private_key IS NOT NULL)",
            name=op.f("ck_badge_key_signs_with_its_secret"),
        ),
        sa.CheckConstraint(
            "(state = 'active') = (retired_at IS NULL)", name=op.f("ck_badge_key_retired_at_a_time")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_badge_key_kid")),
    )
    op.create_index(
        "uq_badge_key_active",
        "badge_key",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "certificate_design",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("heading", sa.String(length=80), nullable=False),
        sa.Column("before", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("signer", sa.String(length=120), nullable=False),
        sa.Column("signer_role", sa.String(length=120), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("signature_type", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(signature IS NULL) = (signature_type IS NULL)",
            name=op.f("ck_certificate_design_signature_with_its_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_design")),
    )
    op.create_index(op.f("ix_certificate_design_created_at"), "certificate_design", ["created_at"])
    op.create_table(
        "attendance",
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("reported_minutes", sa.Integer(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "by_hand OR reported_minutes = minutes",
            name=op.f("ck_attendance_reported_unless_by_hand"),
        ),
        sa.CheckConstraint(
            "minutes BETWEEN 0 AND 1440", name=op.f("ck_attendance_minutes_within_a_day")
        ),
        sa.CheckConstraint(
            "reported_minutes BETWEEN 0 AND 1440", name=op.f("ck_attendance_reported_within_a_day")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_attendance_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_attendance_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("login_id", "webinar_id", name=op.f("pk_attendance")),
    )
    op.create_index(op.f("ix_attendance_webinar_id"), "attendance", ["webinar_id"])
    op.create_table(
        "certificate_rule",
        sa.Column("webinar_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("live_minutes", sa.Integer(), nullable=True),
        sa.Column("credit_minutes", sa.Integer(), nullable=True),
        sa.Column("confirmed_minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "confirmed_minutes BETWEEN 1 AND 6000",
            name=op.f("ck_certificate_rule_confirmed_within_reason"),
        ),
        sa.CheckConstraint(
            "credit_minutes BETWEEN 1 AND 6000",
            name=op.f("ck_certificate_rule_credit_within_reason"),
        ),
        sa.CheckConstraint(
            "live_minutes BETWEEN 1 AND 1440", name=op.f("ck_certificate_rule_live_within_a_day")
        ),
        sa.CheckConstraint(
            "percent BETWEEN 1 AND 100", name=op.f("ck_certificate_rule_percent_is_a_share")
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_certificate_rule_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webinar_id", name=op.f("pk_certificate_rule")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("attendee_id", sa.Integer(), nullable=True),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", _enum("certificatekind", "watched", "live", "group", "by_hand"), nullable=False
        ),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("presenters", sa.Text(), nullable=False),
        sa.Column("credit_minutes", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("earned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withheld_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(withheld_at IS NULL) = (holder <> '')",
            name=op.f("ck_certificate_named_until_withheld"),
        ),
        sa.CheckConstraint(
            "kind <> 'by_hand' OR reason <> ''", name=op.f("ck_certificate_by_hand_with_a_reason")
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_reason IS NULL)",
            name=op.f("ck_certificate_revoked_with_a_reason"),
        ),
        sa.CheckConstraint(
            "credit_minutes BETWEEN 1 AND 6000", name=op.f("ck_certificate_credit_within_reason")
        ),
        sa.CheckConstraint(
            "login_id IS NULL OR attendee_id IS NULL", name=op.f("ck_certificate_one_holder")
        ),
        sa.ForeignKeyConstraint(
            ["attendee_id"],
            ["attendee.id"],
            name=op.f("fk_certificate_attendee_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_certificate_login_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["certificate.id"],
            name=op.f("fk_certificate_replaces_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_certificate_webinar_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_certificate_replaces_id")),
    )
    op.create_index(op.f("ix_certificate_attendee_id"), "certificate", ["attendee_id"])
    op.create_index(op.f("ix_certificate_login_id"), "certificate", ["login_id"])
    op.create_index(op.f("ix_certificate_webinar_id"), "certificate", ["webinar_id"])
    op.create_index(
        "uq_certificate_standing_attendee_id",
        "certificate",
        ["attendee_id"],
        unique=True,
        sqlite_where=sa.text(
            "revoked_at IS NULL AND replaced_at IS NULL AND attendee_id IS NOT NULL"
        ),
        postgresql_where=sa.text(
            "revoked_at IS NULL AND replaced_at IS NULL AND attendee_id IS NOT NULL"
        ),
    )
    op.create_index(
        "uq_certificate_standing_login_id_webinar_id",
        "certificate",
        ["login_id", "webinar_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL AND replaced_at IS NULL AND login_id IS NOT NULL"),
        postgresql_where=sa.text(
            "revoked_at IS NULL AND replaced_at IS NULL AND login_id IS NOT NULL"
        ),
    )


def _training() -> None:
    """Create the tables of assigned training."""
    op.create_table(
        "training",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("everyone", sa.Boolean(), nullable=False),
        sa.Column("every_months", sa.Integer(), nullable=True),
        sa.Column("repeats_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("due_at > created_at", name=op.f("ck_training_due_after_creation")),
        sa.CheckConstraint(
            "(every_months IS NULL) = (repeats_from IS NULL)",
            name=op.f("ck_training_repeats_from_a_day"),
        ),
        sa.CheckConstraint(
            "every_months BETWEEN 1 AND 60", name=op.f("ck_training_repeats_within_five_years")
        ),
        sa.CheckConstraint(
            "length(title) BETWEEN 1 AND 200", name=op.f("ck_training_title_length")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_training_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["training.id"],
            name=op.f("fk_training_previous_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_training_series_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
        sa.UniqueConstraint("previous_id", name=op.f("uq_training_previous_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_training_public_id")),
    )
    op.create_index(op.f("ix_training_due_at"), "training", ["due_at"])
    op.create_index(op.f("ix_training_organization_id"), "training", ["organization_id"])
    op.create_index(op.f("ix_training_series_id"), "training", ["series_id"])
    op.create_table(
        "training_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 100", name=op.f("ck_training_group_name_length")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_training_group_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_group")),
        sa.UniqueConstraint(
            "organization_id", "name", name=op.f("uq_training_group_organization_id_name")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_training_group_public_id")),
    )
    op.create_table(
        "trainee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("is_begun", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "done_at IS NULL OR completed_at IS NOT NULL",
            name=op.f("ck_trainee_done_when_completed"),
        ),
        sa.CheckConstraint("reminded IN (-1, 0, 3, 14)", name=op.f("ck_trainee_reminded_on_a_day")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_trainee_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training.id"],
            name=op.f("fk_trainee_training_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainee")),
        sa.UniqueConstraint("public_id", name=op.f("uq_trainee_public_id")),
        sa.UniqueConstraint(
            "training_id", "login_id", name=op.f("uq_trainee_training_id_login_id")
        ),
    )
    op.create_index(op.f("ix_trainee_login_id"), "trainee", ["login_id"])
    op.create_index(
        "ix_trainee_open_training_id",
        "trainee",
        ["training_id"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "training_audience",
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["training_group.id"],
            name=op.f("fk_training_audience_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training.id"],
            name=op.f("fk_training_audience_training_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("training_id", "group_id", name=op.f("pk_training_audience")),
    )
    op.create_index(op.f("ix_training_audience_group_id"), "training_audience", ["group_id"])
    op.create_table(
        "training_group_member",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["training_group.id"],
            name=op.f("fk_training_group_member_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_training_group_member_login_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "login_id", name=op.f("pk_training_group_member")),
    )
    op.create_index(
        op.f("ix_training_group_member_login_id"), "training_group_member", ["login_id"]
    )
    op.create_table(
        "training_group_invitee",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["training_group.id"],
            name=op.f("fk_training_group_invitee_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "email_key", name=op.f("pk_training_group_invitee")),
    )
    op.create_index(
        op.f("ix_training_group_invitee_email_key"), "training_group_invitee", ["email_key"]
    )
    op.create_table(
        "group_supervisor",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["training_group.id"],
            name=op.f("fk_group_supervisor_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_group_supervisor_login_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "login_id", name=op.f("pk_group_supervisor")),
    )
    op.create_index(op.f("ix_group_supervisor_login_id"), "group_supervisor", ["login_id"])
    op.create_table(
        "training_item",
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training.id"],
            name=op.f("fk_training_item_training_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_training_item_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("training_id", "webinar_id", name=op.f("pk_training_item")),
    )
    op.create_index(op.f("ix_training_item_webinar_id"), "training_item", ["webinar_id"])


def _uploads() -> None:
    """Create the tables of resumable uploads."""
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("purpose", _enum("uploadpurpose", "recording", "handout"), nullable=False),
        sa.Column(
            "state", _enum("uploadstate", "sending", "arrived", "done", "failed"), nullable=False
        ),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=300), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("turn", sa.String(length=26), nullable=True),
        sa.Column("turn_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'failed') = (failure IS NOT NULL)",
            name=op.f("ck_upload_failed_has_a_sentence"),
        ),
        sa.CheckConstraint(
            "(turn IS NULL) = (turn_until IS NULL)", name=op.f("ck_upload_turn_for_a_time")
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_upload_expires_after_creation")
        ),
        sa.CheckConstraint(
            "kept_bytes BETWEEN 0 AND size_bytes", name=op.f("ck_upload_kept_within_its_size")
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_upload_size_positive")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_upload_login_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_upload_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("public_id", name=op.f("uq_upload_public_id")),
    )
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"])
    op.create_index(op.f("ix_upload_login_id"), "upload", ["login_id"])
    op.create_index("ix_upload_webinar_id_state", "upload", ["webinar_id", "state"])


def _mailings() -> None:
    """Create the tables of mailings and subscriptions."""
    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column(
            "part",
            _enum(
                "mailingpart",
                "everyone",
                "registered",
                "unclaimed",
                "missed",
                "plans",
                "access",
                "subscribers",
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            _enum("mailingstate", "draft", "scheduled", "sending", "sent", "stopped"),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("button_label", sa.String(length=60), nullable=False),
        sa.Column("button_url", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(subject) > 0", name=op.f("ck_mailing_has_a_subject")),
        sa.CheckConstraint(
            "(length(button_label) > 0) = (length(button_url) > 0)",
            name=op.f("ck_mailing_button_with_a_link"),
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (send_at IS NULL)", name=op.f("ck_mailing_sent_at_a_time")
        ),
        sa.CheckConstraint(
            "(state = 'sent') = (finished_at IS NOT NULL)",
            name=op.f("ck_mailing_sent_is_finished"),
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_mailing_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
        sa.UniqueConstraint("public_id", name=op.f("uq_mailing_public_id")),
    )
    op.create_index(op.f("ix_mailing_webinar_id"), "mailing", ["webinar_id"])
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("presenter_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "series_id IS NULL OR presenter_id IS NULL",
            name=op.f("ck_subscription_at_most_one_topic"),
        ),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_subscription_presenter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["series.id"],
            name=op.f("fk_subscription_series_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint(
            "email_key", "presenter_id", name=op.f("uq_subscription_email_key_presenter_id")
        ),
        sa.UniqueConstraint(
            "email_key", "series_id", name=op.f("uq_subscription_email_key_series_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_subscription_public_id")),
    )
    for name in ("series_id", "presenter_id"):
        op.create_index(op.f(f"ix_subscription_{name}"), "subscription", [name])
    where = sa.text("series_id IS NULL AND presenter_id IS NULL")
    op.create_index(
        "uq_subscription_all_webinars",
        "subscription",
        ["email_key"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _operations() -> None:
    """Create the tables of jobs, emails, the audit log, and site settings."""
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=26), nullable=True),
        sa.Column(
            "role",
            _enum(
                "actingrole",
                "person",
                "owner",
                "manager",
                "supervisor",
                "billing",
                "lms_admin",
                "instructor",
                "lms",
                "seller_owner",
                "staff",
                "bookkeeper",
                "command_line",
                "job",
            ),
            nullable=False,
        ),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=26), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_act_id", "audit_entry", ["act", "id"])
    op.create_index("ix_audit_entry_actor_id", "audit_entry", ["actor", "id"])
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    op.create_index("ix_audit_entry_role_id", "audit_entry", ["role", "id"])
    op.create_index("ix_audit_entry_subject_at", "audit_entry", ["subject", "at"])
    op.create_table(
        "branding",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("accent", sa.String(length=7), nullable=False),
        sa.Column("contact_email", sa.String(length=320), nullable=False),
        sa.Column("sender_name", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.String(length=40), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_branding_only_one")),
        sa.CheckConstraint("length(accent) = 7", name=op.f("ck_branding_accent_is_a_hex_color")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branding")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("lane", _enum("lane", "media", "prompt", "files"), nullable=False),
        sa.Column("subject", sa.String(length=26), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("unique_key", sa.String(length=120), nullable=True),
        sa.Column(
            "state",
            _enum("jobstate", "queued", "running", "done", "failed", "canceled"),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("max_tries", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=80), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("progress_note", sa.String(length=200), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_job_running_is_leased")
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_job_progress_is_a_share")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_job_tries_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_job_public_id")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_job_unique_key")),
    )
    op.create_index(op.f("ix_job_subject"), "job", ["subject"])
    for name, columns, where in (
        (
            "ix_job_next_in_lane",
            ["lane", "priority", "run_at", "id"],
            "state = 'queued' AND NOT cancel_requested",
        ),
        ("ix_job_running_lease_until", ["lease_until"], "state = 'running'"),
        ("ix_job_canceled_before_it_ran", ["id"], "state = 'queued' AND cancel_requested"),
    ):
        op.create_index(
            name, "job", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("lane", _enum("maillane", "urgent", "normal", "bulk"), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("recipient_key", sa.String(length=320), nullable=True),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("invitation", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("attachments", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("unique_key", sa.String(length=120), nullable=True),
        sa.Column(
            "state",
            _enum("jobstate", "queued", "running", "done", "failed", "canceled"),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=80), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailing_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)",
            name=op.f("ck_mail_running_is_leased"),
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_mail_tries_not_negative")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_mail_login_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailing.id"], name=op.f("fk_mail_mailing_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("public_id", name=op.f("uq_mail_public_id")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_mail_unique_key")),
    )
    op.create_index(op.f("ix_mail_login_id"), "mail", ["login_id"])
    op.create_index(op.f("ix_mail_mailing_id"), "mail", ["mailing_id"])
    op.create_index(op.f("ix_mail_recipient_key"), "mail", ["recipient_key"])
    op.create_index("ix_mail_lane_sent_at", "mail", ["lane", "sent_at"])
    op.create_index("ix_mail_state_lane_run_at_id", "mail", ["state", "lane", "run_at", "id"])
    op.create_table(
        "mail_opt_out",
        sa.Column("recipient_key", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("recipient_key", name=op.f("pk_mail_opt_out")),
    )
    op.create_table(
        "email_text",
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_email_text")),
        sa.UniqueConstraint("public_id", name=op.f("uq_email_text_public_id")),
    )


def _seller() -> None:
    """Create the tables of the seller: settings, policy versions, and vendor documents."""
    op.create_table(
        "seller",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("legal_name", sa.String(length=200), nullable=False),
        *_address("legal"),
        sa.Column("ein", sa.String(length=10), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("ar_email", sa.String(length=320), nullable=False),
        sa.Column("remit_name", sa.String(length=200), nullable=False),
        *_address("remit"),
        sa.Column("bank_name", sa.String(length=120), nullable=False),
        sa.Column("routing_number", sa.String(length=9), nullable=False),
        sa.Column("account_number", sa.String(length=17), nullable=False),
        sa.Column("takes_invoice", sa.Boolean(), nullable=False),
        sa.Column("takes_purchase_order", sa.Boolean(), nullable=False),
        sa.Column("takes_check", sa.Boolean(), nullable=False),
        sa.Column("takes_transfer", sa.Boolean(), nullable=False),
        sa.Column("net_days", sa.Integer(), nullable=False),
        sa.Column("credit_limit_minor", sa.Integer(), nullable=False),
        sa.Column("refund_days", sa.Integer(), nullable=False),
        sa.Column("sells_in_lms", sa.Boolean(), nullable=False),
        sa.Column("quote_prefix", sa.String(length=10), nullable=False),
        sa.Column("quote_start", sa.Integer(), nullable=False),
        sa.Column("invoice_prefix", sa.String(length=10), nullable=False),
        sa.Column("invoice_start", sa.Integer(), nullable=False),
        sa.Column("credit_note_prefix", sa.String(length=10), nullable=False),
        sa.Column("credit_note_start", sa.Integer(), nullable=False),
        sa.Column("receipt_prefix", sa.String(length=10), nullable=False),
        sa.Column("receipt_start", sa.Integer(), nullable=False),
        sa.Column("statement_prefix", sa.String(length=10), nullable=False),
        sa.Column("statement_start", sa.Integer(), nullable=False),
        sa.Column("paper", _enum("paper", "letter", "a4"), nullable=False),
        sa.Column("invoice_note", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(bank_name = '') = (routing_number = '') AND (bank_name = '') = (account_number = '')",
            name=op.f("ck_seller_bank_whole_or_absent"),
        ),
        *_address_checks("seller", "legal"),
        *_address_checks("seller", "remit"),
        sa.CheckConstraint(
            "credit_limit_minor >= 0", name=op.f("ck_seller_credit_limit_not_negative")
        ),
        sa.CheckConstraint(
            "refund_days BETWEEN 0 AND 3650",
            name=op.f("ck_seller_refund_days_up_to_ten_years"),
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_seller_only_one")),
        sa.CheckConstraint("length(ein) IN (0, 10)", name=op.f("ck_seller_ein_with_its_hyphen")),
        sa.CheckConstraint(
            "length(routing_number) IN (0, 9)", name=op.f("ck_seller_routing_number_of_nine_digits")
        ),
        sa.CheckConstraint("net_days IN (30, 45, 60)", name=op.f("ck_seller_net_30_45_or_60")),
        sa.CheckConstraint(
            "quote_prefix <> invoice_prefix AND quote_prefix <> credit_note_prefix AND quote_prefix <> receipt_prefix AND quote_prefix <> statement_prefix AND invoice_prefix <> credit_note_prefix AND invoice_prefix <> receipt_prefix AND invoice_prefix <> statement_prefix AND credit_note_prefix <> receipt_prefix AND credit_note_prefix <> statement_prefix AND receipt_prefix <> statement_prefix",
            name=op.f("ck_seller_prefixes_differ"),
        ),
        sa.CheckConstraint(
            "quote_start >= 1 AND invoice_start >= 1 AND credit_note_start >= 1 AND receipt_start >= 1 AND statement_start >= 1",
            name=op.f("ck_seller_numbers_start_at_one"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller")),
    )
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("policykind", "terms", "refund_policy", "license"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(number IS NULL) = (published_at IS NULL)",
            name=op.f("ck_policy_version_published_with_a_number"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_policy_version_number_at_least_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_policy_version_kind_number")),
    )
    op.create_index(
        "uq_policy_version_draft",
        "policy_version",
        ["kind"],
        unique=True,
        sqlite_where=sa.text("published_at IS NULL"),
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "sales_text",
        sa.Column("kind", _enum("salestextkind", "home", "testimonials", "faq"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_sales_text_not_empty")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_sales_text")),
    )
    op.create_table(
        "vendor_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column(
            "kind",
            _enum(
                "vendordocumentkind",
                "w9",
                "uei",
                "sole_source",
                "insurance",
                "bank_letter",
                "vendor_form",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column(
            "audience",
            _enum("vendordocumentaudience", "public", "on_request", "packet"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_document")),
        sa.UniqueConstraint("public_id", name=op.f("uq_vendor_document_public_id")),
    )
    op.create_table(
        "vendor_document_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "number >= 1", name=op.f("ck_vendor_document_version_number_at_least_one")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["vendor_document.id"],
            name=op.f("fk_vendor_document_version_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_document_version")),
        sa.UniqueConstraint(
            "document_id", "number", name=op.f("uq_vendor_document_version_document_id_number")
        ),
    )


def _lti_platforms() -> None:
    """Create the tables of LMS connections and signing keys."""
    op.create_table(
        "lti_platform_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jwks_url", sa.String(length=1000), nullable=False),
        sa.Column("document", sa.JSON(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_platform_keys")),
        sa.UniqueConstraint("jwks_url", name=op.f("uq_lti_platform_keys_jwks_url")),
    )
    op.create_table(
        "lti_signing_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("state", _enum("keystate", "next", "active", "retired"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'next') = (active_since IS NULL)",
            name=op.f("ck_lti_signing_key_next_was_never_active"),
        ),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)",
            name=op.f("ck_lti_signing_key_retired_at_a_time"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_signing_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_lti_signing_key_kid")),
    )
    op.create_index(
        "uq_lti_signing_key_active",
        "lti_signing_key",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "lti_registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("product", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("auth_url", sa.String(length=1000), nullable=False),
        sa.Column("token_url", sa.String(length=1000), nullable=False),
        sa.Column("jwks_url", sa.String(length=1000), nullable=False),
        sa.Column("token_audience", sa.String(length=1000), nullable=True),
        sa.Column("frame_origins", sa.Text(), nullable=False),
        sa.Column(
            "state", _enum("registrationstate", "pending", "active", "disabled"), nullable=False
        ),
        sa.Column("leeway_s", sa.Integer(), nullable=False),
        sa.Column("admits_anonymous", sa.Boolean(), nullable=False),
        sa.Column("allows_loopback", sa.Boolean(), nullable=False),
        sa.Column("update_token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "leeway_s BETWEEN 0 AND 300", name=op.f("ck_lti_registration_leeway_is_short")
        ),
        sa.CheckConstraint(
            "update_token_hash IS NULL OR length(update_token_hash) = 32",
            name=op.f("ck_lti_registration_update_token_is_a_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_lti_registration_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_registration")),
        sa.UniqueConstraint(
            "issuer", "client_id", name=op.f("uq_lti_registration_issuer_client_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_registration_public_id")),
        sa.UniqueConstraint(
            "update_token_hash", name=op.f("uq_lti_registration_update_token_hash")
        ),
    )
    op.create_index(
        op.f("ix_lti_registration_organization_id"), "lti_registration", ["organization_id"]
    )
    op.create_table(
        "lti_deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.String(length=255), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column(
            "state", _enum("deploymentstate", "pending", "approved", "refused"), nullable=False
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR organization_id IS NOT NULL",
            name=op.f("ck_lti_deployment_approved_for_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_lti_deployment_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_deployment_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_deployment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_deployment_public_id")),
        sa.UniqueConstraint(
            "registration_id",
            "deployment_id",
            name=op.f("uq_lti_deployment_registration_id_deployment_id"),
        ),
    )
    op.create_index(
        op.f("ix_lti_deployment_organization_id"), "lti_deployment", ["organization_id"]
    )
    op.create_table(
        "lti_registration_invite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("allows_loopback", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "expires_at > created_at",
            name=op.f("ck_lti_registration_invite_expires_after_creation"),
        ),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_lti_registration_invite_token_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_lti_registration_invite_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_registration_invite_registration_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_registration_invite")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_registration_invite_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_lti_registration_invite_token_hash")),
    )
    op.create_index(
        op.f("ix_lti_registration_invite_organization_id"),
        "lti_registration_invite",
        ["organization_id"],
    )
    op.create_index(
        op.f("ix_lti_registration_invite_registration_id"),
        "lti_registration_invite",
        ["registration_id"],
    )


def _lti_people() -> None:
    """Create the tables of people in LMSs."""
    op.create_table(
        "lti_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("sub", sa.String(length=255), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("sis_id", sa.String(length=255), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("has_come", sa.Boolean(), nullable=False),
        sa.Column("is_test_user", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)", name=op.f("ck_lti_identity_email_with_key")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_lti_identity_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_lti_identity_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_identity_registration_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_identity")),
        sa.UniqueConstraint(
            "issuer",
            "organization_id",
            "sub",
            name=op.f("uq_lti_identity_issuer_organization_id_sub"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_identity_public_id")),
    )
    op.create_index(op.f("ix_lti_identity_email_key"), "lti_identity", ["email_key"])
    op.create_index(op.f("ix_lti_identity_login_id"), "lti_identity", ["login_id"])
    op.create_index(op.f("ix_lti_identity_organization_id"), "lti_identity", ["organization_id"])
    op.create_index(op.f("ix_lti_identity_registration_id"), "lti_identity", ["registration_id"])
    op.create_table(
        "lti_identity_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL AND ended_at IS NULL) = (email IS NOT NULL)",
            name=op.f("ck_lti_identity_link_addressed_while_open"),
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (login_id IS NULL)",
            name=op.f("ck_lti_identity_link_confirmed_with_a_login"),
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)",
            name=op.f("ck_lti_identity_link_email_with_key"),
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_lti_identity_link_expires_after_creation")
        ),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_lti_identity_link_token_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["lti_identity.id"],
            name=op.f("fk_lti_identity_link_identity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_lti_identity_link_login_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_identity_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_identity_link_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_lti_identity_link_token_hash")),
    )
    op.create_index(op.f("ix_lti_identity_link_email_key"), "lti_identity_link", ["email_key"])
    op.create_index(op.f("ix_lti_identity_link_identity_id"), "lti_identity_link", ["identity_id"])
    op.create_index(op.f("ix_lti_identity_link_login_id"), "lti_identity_link", ["login_id"])
    op.create_index(
        "uq_lti_identity_link_standing",
        "lti_identity_link",
        ["identity_id"],
        unique=True,
        sqlite_where=sa.text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
    )


def _lti_courses() -> None:
    """Create the tables of courses, their links, rosters, and scores."""
    op.create_table(
        "lti_context",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("context_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("line_items_url", sa.String(length=2000), nullable=True),
        sa.Column("memberships_url", sa.String(length=2000), nullable=True),
        sa.Column("differences_url", sa.String(length=2000), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_failure", sa.Text(), nullable=True),
        sa.Column("held_back", sa.Integer(), nullable=True),
        sa.Column("grade_points", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "held_back IS NULL OR held_back >= 0",
            name=op.f("ck_lti_context_held_back_not_negative"),
        ),
        sa.CheckConstraint(
            "grade_points BETWEEN 1 AND 1000",
            name=op.f("ck_lti_context_grade_points_in_range"),
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["lti_deployment.id"],
            name=op.f("fk_lti_context_deployment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_context")),
        sa.UniqueConstraint(
            "deployment_id", "context_id", name=op.f("uq_lti_context_deployment_id_context_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_context_public_id")),
    )
    op.create_table(
        "lti_resource_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("context_id", sa.Integer(), nullable=False),
        sa.Column("resource_link_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("target", sa.JSON(), nullable=True),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("rule", _enum("completionrule", "threshold", "proportional"), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("line_item_url", sa.String(length=2000), nullable=True),
        sa.Column("line_item_failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "threshold BETWEEN 1 AND 100",
            name=op.f("ck_lti_resource_link_threshold_is_a_percentage"),
        ),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["lti_context.id"],
            name=op.f("fk_lti_resource_link_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_lti_resource_link_webinar_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_resource_link")),
        sa.UniqueConstraint(
            "context_id",
            "resource_link_id",
            name=op.f("uq_lti_resource_link_context_id_resource_link_id"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_resource_link_public_id")),
    )
    op.create_index(op.f("ix_lti_resource_link_webinar_id"), "lti_resource_link", ["webinar_id"])
    op.create_table(
        "lti_roster_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("context_id", sa.Integer(), nullable=False),
        sa.Column("sub", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("sis_id", sa.String(length=255), nullable=True),
        sa.Column("is_instructor", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("missed >= 0", name=op.f("ck_lti_roster_member_missed_not_negative")),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["lti_context.id"],
            name=op.f("fk_lti_roster_member_context_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_roster_member")),
        sa.UniqueConstraint("context_id", "sub", name=op.f("uq_lti_roster_member_context_id_sub")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_roster_member_public_id")),
    )
    op.create_table(
        "lti_score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("given", sa.Double(), nullable=False),
        sa.Column(
            "state",
            _enum("scorestate", "queued", "delivered", "refused", "watching"),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'delivered' OR delivered_at IS NOT NULL",
            name=op.f("ck_lti_score_delivered_at_a_time"),
        ),
        sa.CheckConstraint("given BETWEEN 0 AND 1", name=op.f("ck_lti_score_given_is_a_share")),
        sa.CheckConstraint("share BETWEEN 0 AND 1", name=op.f("ck_lti_score_share_is_a_share")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_lti_score_tries_not_negative")),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["lti_identity.id"],
            name=op.f("fk_lti_score_identity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["lti_resource_link.id"],
            name=op.f("fk_lti_score_link_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_score")),
        sa.UniqueConstraint(
            "link_id", "identity_id", name=op.f("uq_lti_score_link_id_identity_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_score_public_id")),
    )
    op.create_index(op.f("ix_lti_score_identity_id"), "lti_score", ["identity_id"])
    op.create_index("ix_lti_score_state_run_at", "lti_score", ["state", "run_at"])


def _lti_embeds() -> None:
    """Create the tables of embed links."""
    op.create_table(
        "embed_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("target", sa.JSON(), nullable=False),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column("seat_rule", _enum("seatrule", "seated", "named", "institution"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "expires_at IS NULL OR expires_at > created_at",
            name=op.f("ck_embed_link_expires_after_creation"),
        ),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_embed_link_token_is_a_sha256")),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_embed_link_uses_not_negative")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_embed_link_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_embed_link_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_embed_link_token_hash")),
    )
    op.create_index(op.f("ix_embed_link_organization_id"), "embed_link", ["organization_id"])
    op.create_table(
        "embed_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("embed_link_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("uses >= 1", name=op.f("ck_embed_place_uses_at_least_one")),
        sa.CheckConstraint(
            "last_seen_at >= first_seen_at", name=op.f("ck_embed_place_seen_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["embed_link_id"],
            ["embed_link.id"],
            name=op.f("fk_embed_place_embed_link_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_place")),
        sa.UniqueConstraint(
            "embed_link_id", "origin", name=op.f("uq_embed_place_embed_link_id_origin")
        ),
    )
    op.create_table(
        "outside_completion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_outside_completion_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_outside_completion_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_completion")),
        sa.UniqueConstraint(
            "organization_id",
            "webinar_id",
            "email_key",
            name=op.f("uq_outside_completion_organization_id_webinar_id_email_key"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_outside_completion_public_id")),
    )
    op.create_index(op.f("ix_outside_completion_email_key"), "outside_completion", ["email_key"])
    op.create_index(op.f("ix_outside_completion_webinar_id"), "outside_completion", ["webinar_id"])
    op.create_table(
        "embed_viewer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("embed_link_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["embed_link_id"],
            ["embed_link.id"],
            name=op.f("fk_embed_viewer_embed_link_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_embed_viewer_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_viewer")),
        sa.UniqueConstraint(
            "embed_link_id", "login_id", name=op.f("uq_embed_viewer_embed_link_id_login_id")
        ),
    )
    op.create_index(op.f("ix_embed_viewer_email_key"), "embed_viewer", ["email_key"])
    op.create_index(op.f("ix_embed_viewer_login_id"), "embed_viewer", ["login_id"])


def _lti_launches() -> None:
    """Create the tables of launches and framed sessions."""
    op.create_table(
        "lti_pending_login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("nonce_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("storage_target", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_lti_pending_login_expires_after_creation")
        ),
        sa.CheckConstraint(
            "length(browser_hash) = 32", name=op.f("ck_lti_pending_login_browser_is_a_sha256")
        ),
        sa.CheckConstraint(
            "length(nonce_hash) = 32", name=op.f("ck_lti_pending_login_nonce_is_a_sha256")
        ),
        sa.CheckConstraint(
            "length(state_hash) = 32", name=op.f("ck_lti_pending_login_state_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_pending_login_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_pending_login")),
        sa.UniqueConstraint("nonce_hash", name=op.f("uq_lti_pending_login_nonce_hash")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_lti_pending_login_state_hash")),
    )
    op.create_index(op.f("ix_lti_pending_login_expires_at"), "lti_pending_login", ["expires_at"])
    op.create_index(
        op.f("ix_lti_pending_login_registration_id"), "lti_pending_login", ["registration_id"]
    )
    op.create_table(
        "lti_launch_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("deployment_id", sa.Integer(), nullable=True),
        sa.Column("message_type", sa.String(length=80), nullable=False),
        sa.Column(
            "outcome", _enum("launchoutcome", "launched", "played", "refused"), nullable=False
        ),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["lti_deployment.id"],
            name=op.f("fk_lti_launch_entry_deployment_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_launch_entry_registration_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_launch_entry")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_launch_entry_public_id")),
    )
    op.create_index(op.f("ix_lti_launch_entry_at"), "lti_launch_entry", ["at"])
    op.create_index(
        op.f("ix_lti_launch_entry_deployment_id"), "lti_launch_entry", ["deployment_id"]
    )
    op.create_index(
        op.f("ix_lti_launch_entry_registration_id"), "lti_launch_entry", ["registration_id"]
    )
    op.create_table(
        "lti_frame_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hand_over_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column(
            "purpose",
            _enum("purpose", "watch", "pick", "review", "privacy", "embed"),
            nullable=False,
        ),
        sa.Column("role", _enum("framerole", "learner", "instructor", "anonymous"), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=True),
        sa.Column("context_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("embed_link_id", sa.Integer(), nullable=True),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("is_test_user", sa.Boolean(), nullable=False),
        sa.Column("target", sa.JSON(), nullable=True),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'embed') = (embed_link_id IS NOT NULL)",
            name=op.f("ck_lti_frame_session_embedded_by_a_link"),
        ),
        sa.CheckConstraint(
            "purpose = 'embed' OR deployment_id IS NOT NULL",
            name=op.f("ck_lti_frame_session_launched_by_a_deployment"),
        ),
        sa.CheckConstraint(
            "role = 'anonymous' OR login_id IS NOT NULL",
            name=op.f("ck_lti_frame_session_somebody_unless_anonymous"),
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_lti_frame_session_expires_after_creation")
        ),
        sa.CheckConstraint(
            "length(secret_hash) = 32", name=op.f("ck_lti_frame_session_secret_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["lti_context.id"],
            name=op.f("fk_lti_frame_session_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["lti_deployment.id"],
            name=op.f("fk_lti_frame_session_deployment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["embed_link_id"],
            ["embed_link.id"],
            name=op.f("fk_lti_frame_session_embed_link_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["lti_identity.id"],
            name=op.f("fk_lti_frame_session_identity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["lti_resource_link.id"],
            name=op.f("fk_lti_frame_session_link_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_lti_frame_session_login_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_lti_frame_session_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_frame_session")),
        sa.UniqueConstraint("hand_over_hash", name=op.f("uq_lti_frame_session_hand_over_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_frame_session_public_id")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_lti_frame_session_secret_hash")),
    )
    op.create_index(op.f("ix_lti_frame_session_context_id"), "lti_frame_session", ["context_id"])
    op.create_index(
        op.f("ix_lti_frame_session_deployment_id"), "lti_frame_session", ["deployment_id"]
    )
    op.create_index(
        op.f("ix_lti_frame_session_embed_link_id"), "lti_frame_session", ["embed_link_id"]
    )
    op.create_index(op.f("ix_lti_frame_session_expires_at"), "lti_frame_session", ["expires_at"])
    op.create_index(op.f("ix_lti_frame_session_identity_id"), "lti_frame_session", ["identity_id"])
    op.create_index(op.f("ix_lti_frame_session_link_id"), "lti_frame_session", ["link_id"])
    op.create_index(op.f("ix_lti_frame_session_login_id"), "lti_frame_session", ["login_id"])
    op.create_index(
        op.f("ix_lti_frame_session_organization_id"), "lti_frame_session", ["organization_id"]
    )
    # here and not in _lti_embeds, because it refers to lti_frame_session
    op.create_table(
        "embed_code",
        sa.Column("frame_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_embed_code_expires_after_creation")
        ),
        sa.CheckConstraint("length(code_hash) = 32", name=op.f("ck_embed_code_code_is_a_sha256")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_embed_code_tries_not_negative")),
        sa.ForeignKeyConstraint(
            ["frame_id"],
            ["lti_frame_session.id"],
            name=op.f("fk_embed_code_frame_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("frame_id", name=op.f("pk_embed_code")),
    )
    op.create_index(op.f("ix_embed_code_email_key"), "embed_code", ["email_key"])
    op.create_index(op.f("ix_embed_code_expires_at"), "embed_code", ["expires_at"])


def _lti_deliveries() -> None:
    """Create the tables of progress marks and turns for delivering scores to an LMS."""
    op.create_table(
        "lti_progress_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("looked_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_lti_progress_mark_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_progress_mark")),
    )
    op.create_table(
        "lti_turn",
        sa.Column("registration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leased_by", sa.String(length=100), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("asks_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(failures = 0) = (failing_since IS NULL)",
            name=op.f("ck_lti_turn_failing_since_a_time"),
        ),
        sa.CheckConstraint(
            "(leased_by IS NULL) = (lease_until IS NULL)",
            name=op.f("ck_lti_turn_leased_by_somebody"),
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_lti_turn_failures_not_negative")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_turn_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_lti_turn")),
    )


def _lti_id_mappings() -> None:
    """Create the tables of LMS migrations."""
    op.create_table(
        "lti_people_map",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("old_registration_id", sa.Integer(), nullable=False),
        sa.Column("new_registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            _enum("mapstate", "draft", "applying", "applied", "undoing", "undone"),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "old_registration_id <> new_registration_id",
            name=op.f("ck_lti_people_map_of_two_systems"),
        ),
        sa.ForeignKeyConstraint(
            ["new_registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_people_map_new_registration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["old_registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_people_map_old_registration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_lti_people_map_organization_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_people_map")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_people_map_public_id")),
    )
    op.create_index(
        op.f("ix_lti_people_map_new_registration_id"), "lti_people_map", ["new_registration_id"]
    )
    op.create_index(
        op.f("ix_lti_people_map_old_registration_id"), "lti_people_map", ["old_registration_id"]
    )
    op.create_index(
        op.f("ix_lti_people_map_organization_id"), "lti_people_map", ["organization_id"]
    )
    op.create_table(
        "lti_map_pair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("map_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("old_sub", sa.String(length=255), nullable=False),
        sa.Column("new_sub", sa.String(length=255), nullable=False),
        sa.Column("old_identity_id", sa.Integer(), nullable=True),
        sa.Column("new_identity_id", sa.Integer(), nullable=True),
        sa.Column(
            "evidence",
            _enum("evidence", "sis_id", "address", "listed", "name", "none"),
            nullable=False,
        ),
        sa.Column(
            "doubt",
            _enum(
                "doubt",
                "unknown",
                "incomplete",
                "repeated",
                "already",
                "two_old",
                "two_new",
                "names_differ",
                "ids_differ",
                "two_seats",
            ),
            nullable=True,
        ),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.Column(
            "state", _enum("pairstate", "open", "applied", "undone", "failed"), nullable=False
        ),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("made_identity", sa.Boolean(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)",
            name=op.f("ck_lti_map_pair_applied_at_a_time"),
        ),
        sa.CheckConstraint(
            "NOT is_chosen OR (old_identity_id IS NOT NULL AND new_sub <> '')",
            name=op.f("ck_lti_map_pair_chosen_between_two"),
        ),
        sa.CheckConstraint(
            "state <> 'applied' OR new_identity_id IS NOT NULL",
            name=op.f("ck_lti_map_pair_applied_to_somebody"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_lti_map_pair_number_from_one")),
        sa.ForeignKeyConstraint(
            ["map_id"],
            ["lti_people_map.id"],
            name=op.f("fk_lti_map_pair_map_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["new_identity_id"],
            ["lti_identity.id"],
            name=op.f("fk_lti_map_pair_new_identity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["old_identity_id"],
            ["lti_identity.id"],
            name=op.f("fk_lti_map_pair_old_identity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_map_pair")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_map_pair_public_id")),
    )
    op.create_index("ix_lti_map_pair_map_id_number", "lti_map_pair", ["map_id", "number"])
    op.create_index(op.f("ix_lti_map_pair_new_identity_id"), "lti_map_pair", ["new_identity_id"])
    op.create_index(op.f("ix_lti_map_pair_old_identity_id"), "lti_map_pair", ["old_identity_id"])
    op.create_index(
        "uq_lti_map_pair_new_applied",
        "lti_map_pair",
        ["new_identity_id"],
        unique=True,
        sqlite_where=sa.text("state = 'applied'"),
        postgresql_where=sa.text("state = 'applied'"),
    )
    op.create_index(
        "uq_lti_map_pair_old_applied",
        "lti_map_pair",
        ["old_identity_id"],
        unique=True,
        sqlite_where=sa.text("state = 'applied'"),
        postgresql_where=sa.text("state = 'applied'"),
    )


def _lti_selftests() -> None:
    """Create the table of self-test runs."""
    op.create_table(
        "lti_selftest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("proofs", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "passed >= 0 AND failed >= 0", name=op.f("ck_lti_selftest_counts_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_selftest_registration_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_selftest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_selftest_public_id")),
    )
    op.create_index(op.f("ix_lti_selftest_registration_id"), "lti_selftest", ["registration_id"])
