"""Maps of the people of one learning system to those of the next; by which one somebody came."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_31_people_maps"
down_revision = "20261125_30_embeds"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
APPLIED = sa.text("state = 'applied'")
FROM_REGISTRATION = "fk_lti_identity_registration_id"
# Who came before it was noted came by the only registration of that issuer and organisation, if
# there is only one.
ONLY_ONE = """
UPDATE lti_identity SET registration_id = (
    SELECT MIN(r.id) FROM lti_registration r JOIN lti_deployment d ON d.registration_id = r.id
    WHERE r.issuer = lti_identity.issuer AND d.organisation_id = lti_identity.organisation_id
    HAVING COUNT(DISTINCT r.id) = 1
)
"""


def upgrade() -> None:
    with op.batch_alter_table("lti_identity") as identity:
        identity.add_column(sa.Column("sis_id", sa.String(length=255), nullable=True))
        identity.add_column(
            sa.Column("has_come", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        identity.add_column(sa.Column("registration_id", sa.Integer(), nullable=True))
        identity.create_foreign_key(
            op.f(FROM_REGISTRATION),
            "lti_registration",
            ["registration_id"],
            ["id"],
            ondelete="SET NULL",
        )
        identity.create_index(op.f("ix_lti_identity_registration_id"), ["registration_id"])
    with op.batch_alter_table("lti_identity") as identity:
        identity.alter_column("has_come", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("lti_roster_member") as member:
        member.add_column(sa.Column("sis_id", sa.String(length=255), nullable=True))
    op.execute(ONLY_ONE)
    _make_map()
    _make_pair()


def downgrade() -> None:
    """Go back; people whom a map made one stay so, as merged logins."""
    op.drop_table("lti_map_pair")
    op.drop_table("lti_people_map")
    with op.batch_alter_table("lti_roster_member") as member:
        member.drop_column("sis_id")
    with op.batch_alter_table("lti_identity") as identity:
        identity.drop_index(op.f("ix_lti_identity_registration_id"))
        identity.drop_constraint(op.f(FROM_REGISTRATION), type_="foreignkey")
        identity.drop_column("registration_id")
        identity.drop_column("has_come")
        identity.drop_column("sis_id")


def _make_map() -> None:
    op.create_table(
        "lti_people_map",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("old_registration_id", sa.Integer(), nullable=False),
        sa.Column("new_registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            _words("mapstate", "draft", "applying", "applied", "undoing", "undone"),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "old_registration_id <> new_registration_id",
            name=op.f("ck_lti_people_map_of_two_systems"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_lti_people_map_organisation_id"),
            ondelete="RESTRICT",
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{side}_registration_id"],
                ["lti_registration.id"],
                name=op.f(f"fk_lti_people_map_{side}_registration_id"),
                ondelete="CASCADE",
            )
            for side in ("old", "new")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_people_map")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_people_map_public_id")),
    )
    for column in ("organisation_id", "old_registration_id", "new_registration_id"):
        op.create_index(op.f(f"ix_lti_people_map_{column}"), "lti_people_map", [column])


def _make_pair() -> None:
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
            _words("evidence", "sis_id", "address", "listed", "name", "none"),
            nullable=False,
        ),
        sa.Column(
            "doubt",
            _words(
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
            "state", _words("pairstate", "open", "applied", "undone", "failed"), nullable=False
        ),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("made_identity", sa.Boolean(), nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_lti_map_pair_number_from_one")),
        sa.CheckConstraint(
            "NOT is_chosen OR (old_identity_id IS NOT NULL AND new_sub <> '')",
            name=op.f("ck_lti_map_pair_chosen_between_two"),
        ),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)",
            name=op.f("ck_lti_map_pair_applied_at_a_time"),
        ),
        sa.CheckConstraint(
            "state <> 'applied' OR new_identity_id IS NOT NULL",
            name=op.f("ck_lti_map_pair_applied_to_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["map_id"],
            ["lti_people_map.id"],
            name=op.f("fk_lti_map_pair_map_id"),
            ondelete="CASCADE",
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{side}_identity_id"],
                ["lti_identity.id"],
                name=op.f(f"fk_lti_map_pair_{side}_identity_id"),
                ondelete="CASCADE",
            )
            for side in ("old", "new")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_map_pair")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_map_pair_public_id")),
    )
    op.create_index("ix_lti_map_pair_map_id_number", "lti_map_pair", ["map_id", "number"])
    for side in ("old", "new"):
        op.create_index(
            op.f(f"ix_lti_map_pair_{side}_identity_id"), "lti_map_pair", [f"{side}_identity_id"]
        )
        op.create_index(
            f"uq_lti_map_pair_{side}_applied",
            "lti_map_pair",
            [f"{side}_identity_id"],
            unique=True,
            sqlite_where=APPLIED,
            postgresql_where=APPLIED,
        )


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
