"""Sales, and contracts among what is sold."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_7_sales"
down_revision = "20261124_6_search"
branch_labels = None
depends_on = None

KINDS = ("single", "group_seats", "group_showing", "institutional", "pass", "contract")


def upgrade() -> None:
    op.create_table(
        "sale",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "single",
                "group_seats",
                "group_showing",
                "institutional",
                "pass",
                "contract",
                name="offerkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "terms",
            sa.Enum(
                "card",
                "invoice",
                "purchase_order",
                "check",
                "complimentary",
                "history",
                name="terms",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column(
            "delivered_through",
            sa.Enum(
                "here",
                "lms",
                name="deliveredthrough",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sold_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(login_id IS NULL) <> (organisation_id IS NULL)",
            name=op.f("ck_sale_to_a_person_or_organisation"),
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_sale_currency_is_iso_4217")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_sale_price_not_negative")),
        sa.CheckConstraint(
            "quantity IS NULL OR quantity >= 1", name=op.f("ck_sale_quantity_at_least_one")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_sale_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_sale_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sale_public_id")),
    )
    op.create_index(op.f("ix_sale_login_id"), "sale", ["login_id"], unique=False)
    op.create_index(op.f("ix_sale_organisation_id"), "sale", ["organisation_id"], unique=False)
    _offers_of(KINDS)


def _offers_of(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("offer") as offer:
        offer.drop_constraint(op.f("ck_offer_offerkind"), type_="check")
        offer.create_check_constraint(op.f("ck_offer_offerkind"), sa.column("kind").in_(kinds))


def downgrade() -> None:
    op.execute("DELETE FROM offer WHERE kind = 'contract'")
    _offers_of(KINDS[:-1])
    op.drop_table("sale")
