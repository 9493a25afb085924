"""Certificates: the rule of a webinar, live minutes, what was issued; when watching asks for one."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_40_certificates"
down_revision = "20261126_39_handouts"
branch_labels = None
depends_on = None

STANDING = "revoked_at IS NULL AND replaced_at IS NULL"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go on; what was watched before is looked at by the house's next round."""
    op.add_column(
        "watch_record", sa.Column("certify_at_s", sa.Integer(), nullable=True, server_default="0")
    )
    op.create_table(
        "certificate_rule",
        sa.Column("webinar_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("live_minutes", sa.Integer(), nullable=True),
        sa.Column("credit_minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "percent BETWEEN 1 AND 100", name=op.f("ck_certificate_rule_percent_is_a_share")
        ),
        sa.CheckConstraint(
            "live_minutes BETWEEN 1 AND 1440", name=op.f("ck_certificate_rule_live_within_a_day")
        ),
        sa.CheckConstraint(
            "credit_minutes BETWEEN 1 AND 6000",
            name=op.f("ck_certificate_rule_credit_within_reason"),
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
        "attendance",
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "minutes BETWEEN 0 AND 1440", name=op.f("ck_attendance_minutes_within_a_day")
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
    _create_certificate()


def _create_certificate() -> None:
    kinds = sa.Enum(
        "watched",
        "live",
        "group",
        "by_hand",
        name="certificatekind",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("attendee_id", sa.Integer(), nullable=True),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("presenters", sa.Text(), nullable=False),
        sa.Column("credit_minutes", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("earned_at", MOMENT, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("replaced_at", MOMENT, nullable=True),
        sa.Column("withheld_at", MOMENT, nullable=True),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_certificate_{name}"))
            for name, rule in (
                ("credit_within_reason", "credit_minutes BETWEEN 1 AND 6000"),
                ("revoked_with_a_reason", "(revoked_at IS NULL) = (revoked_reason IS NULL)"),
                ("by_hand_with_a_reason", "kind <> 'by_hand' OR reason <> ''"),
                ("named_until_withheld", "(withheld_at IS NULL) = (holder <> '')"),
                ("one_holder", "login_id IS NULL OR attendee_id IS NULL"),
            )
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], [of], name=op.f(f"fk_certificate_{name}"), ondelete=ondelete
            )
            for name, of, ondelete in (
                ("login_id", "login.id", "SET NULL"),
                ("attendee_id", "attendee.id", "SET NULL"),
                ("webinar_id", "webinar.id", "RESTRICT"),
                ("replaces_id", "certificate.id", "RESTRICT"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_certificate_replaces_id")),
    )
    for name in ("login_id", "attendee_id", "webinar_id"):
        op.create_index(op.f(f"ix_certificate_{name}"), "certificate", [name])
    for name, columns, holder in (
        ("login_id_webinar_id", ["login_id", "webinar_id"], "login_id"),
        ("attendee_id", ["attendee_id"], "attendee_id"),
    ):
        where = sa.text(f"{STANDING} AND {holder} IS NOT NULL")
        op.create_index(
            f"uq_certificate_standing_{name}",
            "certificate",
            columns,
            unique=True,
            sqlite_where=where,
            postgresql_where=where,
        )


def downgrade() -> None:
    """Go back; the certificates that were issued are gone, and their papers can't be verified."""
    op.drop_table("certificate")
    op.drop_table("attendance")
    op.drop_table("certificate_rule")
    op.drop_column("watch_record", "certify_at_s")
