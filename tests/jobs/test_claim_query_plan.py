"""A claim finds its job among thousands of waiting ones by an index."""

from datetime import timedelta

from benchmarks.job_claims import fill, scanned
from lms.core.clock import now
from lms.core.database import Database


def test_claim_does_not_read_all_waiting_jobs(database: Database) -> None:
    fill(database, 5_000, due=now() - timedelta(minutes=1))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    assert scanned(database) == []
