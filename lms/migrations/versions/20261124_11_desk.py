"""Sales that are paid later, returned in part or disputed; requests that were quoted a price."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_11_desk"
down_revision = "20261124_10_pool_grants"
branch_labels = None
depends_on = None

KINDS = (
    "register",
    "group",
    "showing",
    "institution",
    "pass",
    "contract",
    "purchase_order",
    "invoice",
    "check",
    "trouble",
    "more_seats",
    "reassign",
    "domain",
)
OFFERS = ("single", "group_seats", "group_showing", "institutional", "pass", "contract")
MOMENT = sa.DateTime(timezone=True)
SALE = (
    "contact_id",
    "tax_exemption",
    "tax_exempt_until",
    "due_at",
    "refunded_minor",
    "disputed_at",
)
REQUEST = (
    "quote_of_id",
    "offer",
    "covers",
    "delivered_through",
    "quoted_minor",
    "quoted_currency",
    "note",
)


def upgrade() -> None:
    _sales()
    _requests()


def _sales() -> None:
    with op.batch_alter_table("sale") as sale:
        sale.add_column(sa.Column("contact_id", sa.Integer(), nullable=True))
        sale.add_column(
            sa.Column("tax_exemption", sa.String(length=80), nullable=False, server_default="")
        )
        sale.add_column(sa.Column("tax_exempt_until", MOMENT, nullable=True))
        sale.add_column(sa.Column("due_at", MOMENT, nullable=True))
        sale.add_column(
            sa.Column("refunded_minor", sa.Integer(), nullable=False, server_default="0")
        )
        sale.add_column(sa.Column("disputed_at", MOMENT, nullable=True))
        sale.create_foreign_key(
            op.f("fk_sale_contact_id"), "login", ["contact_id"], ["id"], ondelete="SET NULL"
        )
    op.execute("UPDATE sale SET refunded_minor = price_minor WHERE refunded_at IS NOT NULL")
    with op.batch_alter_table("sale") as sale:
        sale.alter_column("tax_exemption", existing_type=sa.String(80), server_default=None)
        sale.alter_column("refunded_minor", existing_type=sa.Integer(), server_default=None)
        sale.create_check_constraint(
            op.f("ck_sale_refunded_at_most_all"), "refunded_minor BETWEEN 0 AND price_minor"
        )
    op.create_index(op.f("ix_sale_contact_id"), "sale", ["contact_id"], unique=False)
    op.create_index("ix_sale_sold_at", "sale", ["sold_at"], unique=False)


def _requests() -> None:
    with op.batch_alter_table("desk_request") as request:
        request.drop_constraint(op.f("ck_desk_request_requestkind"), type_="check")
        request.add_column(sa.Column("quote_of_id", sa.Integer(), nullable=True))
        request.add_column(sa.Column("offer", sa.String(length=40), nullable=True))
        request.add_column(
            sa.Column("covers", sa.String(length=100), nullable=False, server_default="")
        )
        request.add_column(
            sa.Column(
                "delivered_through", sa.String(length=40), nullable=False, server_default="here"
            )
        )
        request.add_column(sa.Column("quoted_minor", sa.Integer(), nullable=True))
        request.add_column(sa.Column("quoted_currency", sa.String(length=3), nullable=True))
        request.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
        request.create_foreign_key(
            op.f("fk_desk_request_quote_of_id"),
            "desk_request",
            ["quote_of_id"],
            ["id"],
            ondelete="SET NULL",
        )
    with op.batch_alter_table("desk_request") as request:
        request.alter_column("covers", existing_type=sa.String(100), server_default=None)
        request.alter_column("delivered_through", existing_type=sa.String(40), server_default=None)
        request.alter_column("note", existing_type=sa.Text(), server_default=None)
        request.create_check_constraint(
            op.f("ck_desk_request_requestkind"), sa.column("kind").in_(KINDS)
        )
        request.create_check_constraint(
            op.f("ck_desk_request_offerkind"), sa.column("offer").in_(OFFERS)
        )
        request.create_check_constraint(
            op.f("ck_desk_request_deliveredthrough"),
            sa.column("delivered_through").in_(("here", "lms")),
        )
        request.create_check_constraint(
            op.f("ck_desk_request_quoted_in_a_currency"),
            "(quoted_minor IS NULL) = (quoted_currency IS NULL)",
        )
        request.create_check_constraint(
            op.f("ck_desk_request_quoted_not_negative"),
            "quoted_minor IS NULL OR quoted_minor >= 0",
        )
    op.create_index(
        op.f("ix_desk_request_quote_of_id"), "desk_request", ["quote_of_id"], unique=False
    )


def downgrade() -> None:
    """Go back; requests for a pass become requests to register."""
    op.drop_index(op.f("ix_desk_request_quote_of_id"), table_name="desk_request")
    op.execute("UPDATE desk_request SET kind = 'register' WHERE kind = 'pass'")
    with op.batch_alter_table("desk_request") as request:
        for name in (
            "requestkind",
            "offerkind",
            "deliveredthrough",
            "quoted_in_a_currency",
            "quoted_not_negative",
        ):
            request.drop_constraint(op.f(f"ck_desk_request_{name}"), type_="check")
        request.drop_constraint(op.f("fk_desk_request_quote_of_id"), type_="foreignkey")
        for column in REQUEST:
            request.drop_column(column)
        request.create_check_constraint(
            op.f("ck_desk_request_requestkind"),
            sa.column("kind").in_([kind for kind in KINDS if kind != "pass"]),
        )
    op.drop_index("ix_sale_sold_at", table_name="sale")
    op.drop_index(op.f("ix_sale_contact_id"), table_name="sale")
    with op.batch_alter_table("sale") as sale:
        sale.drop_constraint(op.f("ck_sale_refunded_at_most_all"), type_="check")
        sale.drop_constraint(op.f("fk_sale_contact_id"), type_="foreignkey")
        for column in SALE:
            sale.drop_column(column)
