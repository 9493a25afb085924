"""PostgreSQL asks the index of words for passages, also for a word that is nearly everywhere."""

from alembic import op

revision = "20261126_58_passages_said"
down_revision = "20261126_57_visits"
branch_labels = None
depends_on = None

# The planner thinks that reading the table is cheaper as soon as enough passages have a word, and
# then the words of thousands are taken apart anew: seconds in place of a tenth of one.
SAID = r"""
CREATE FUNCTION passages_said(asked tsquery, most integer) RETURNS SETOF bigint
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
    SELECT id FROM passage
    WHERE to_tsvector('english', regexp_replace(normalize(text, NFKD), '[{marks}]', '', 'g')) @@ asked
    LIMIT most
$$
"""
MARKS = "\u0300-\u036f"  # to the letter as the index has them


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SAID.format(marks=MARKS))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION passages_said(tsquery, integer)")
