"""How a claim finds its job among thousands that wait: by indexes."""

from datetime import timedelta

from benchmarks.job_claims import fill, scanned
from lms.core.clock import now
from lms.core.database import Database


def test_no_claim_reads_all_jobs_that_wait(database: Database) -> None:
    fill(database, 5_000, due=now() - timedelta(minutes=1))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    assert scanned(database) == []
