"""Query plans for merged accounts and organizations: they are found without reading all rows."""

import pytest
from sqlalchemy import Select, text

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.core.database import Database
from tests.factories import make_login, make_organization


@pytest.mark.parametrize(
    "everyone_of", [logins_of(7), family_of(7)], ids=["person", "organization"]
)
def test_merged_rows_are_found_by_an_index(database: Database, everyone_of: Select[int]) -> None:
    with database.transaction() as session:
        for at in range(100):
            make_login(session, f"reader-{at}@example.org")
            make_organization(session, f"library-{at}", name=f"Library {at}")
        session.execute(text("ANALYZE"))
        if not database.is_sqlite:  # tables this small are scanned unless that is turned off
            session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        statement = everyone_of.compile(database.engine, compile_kwargs={"literal_binds": True})
        plan = [str(row[-1]) for row in session.execute(text(f"{explain} {statement}"))]
    assert any("_merged" in step for step in plan)
    assert not [step for step in plan if step.strip().startswith(("SCAN", "Seq Scan"))]
