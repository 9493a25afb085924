"""Large lists of past sales: imported by jobs that can be killed, and emailed in batches."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.jobs.queue import cancel, latest_job
from lms.mail.links import mail_context_of
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.models.orders import Order
from lms.models.past_sales import PastImportRow
from lms.models.seat_imports import ImportState
from lms.past_sales import imports, jobs
from lms.past_sales.imports import APPLY, DROP, READ
from lms.past_sales.jobs import INVITE
from lms.past_sales.mails import FOR_ALL
from lms.past_sales.read_models import PastFacts, find_past
from lms.people import account_blocks
from lms.registry import LIBRARY
from lms.sales import uninvited_buyers
from lms.worker.worker import see_through
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.components import work_without_schedules
from tests.seat_imports.list_fixtures import stored

WORK = work_without_schedules(LIBRARY)
MANY = 30


@pytest.fixture(autouse=True)
def _small(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make 30 rows a large list: read 7 at a time, imported 5 at a time, 10 per job."""
    monkeypatch.setattr(jobs.LIST_JOBS, "small_bytes", 10)
    monkeypatch.setattr(jobs.LIST_JOBS, "at_once", 7)
    for name, value in {
        "SMALL_ROWS": 3,
        "BROUGHT_AT_ONCE": 5,
        "BROUGHT_IN_A_JOB": 10,
        "INVITATIONS_AT_ONCE": 4,
    }.items():
        monkeypatch.setattr(jobs, name, value)


def received(carrel: Carrel, folder: Path, slug: str, *more: str) -> PastFacts:
    rows = [f"p{number}@oak.example.org,Pat {number},{slug},2024-03-05" for number in range(MANY)]
    text = "\n".join(["E-mail,Name,Covers,Bought,Organization,Seats", *rows, *more])
    path = stored(folder, text.encode())
    return jobs.take_in(carrel, path, "past.csv", actor=None, now=NOW)


def do(carrel: Carrel, kind: str, subject: str) -> JobState:
    """Run the latest job about something."""
    with carrel.database.read_session() as session:
        job = latest_job(session, kind=kind, subject=subject)
    assert job is not None
    return see_through(carrel, WORK, job.id).state


def seen(carrel: Carrel, facts: PastFacts) -> PastFacts:
    with carrel.database.read_session() as session:
        return find_past(session, facts.public_id)


def count(database: Database, model: type) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def brought_in(carrel: Carrel, folder: Path, slug: str) -> PastFacts:
    """Import a large list, one job after another."""
    facts = received(carrel, folder, slug)
    do(carrel, READ, facts.public_id)
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    while seen(carrel, facts).state is ImportState.APPLYING:
        do(carrel, APPLY, facts.public_id)
    return seen(carrel, facts)


def ask(database: Database, people: int) -> str:
    with database.transaction() as session:
        return jobs.queue_invitations(session, people, actor=None, now=NOW)[0]


def waiting(database: Database) -> tuple[int, int, int]:
    with database.read_session() as session:
        found = uninvited_buyers.count_waiting(session, now=NOW)
    return found.left, found.asked, found.written


def test_file_of_a_large_list_is_stored_until_a_job_has_read_it(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    facts = received(carrel, tmp_path, cast.slug, "nonsense,,everything,2024-01-01")
    assert facts.state is ImportState.READING
    [key] = carrel.storage.list("imports/")
    assert do(carrel, READ, facts.public_id) is JobState.DONE
    now = seen(carrel, facts)
    assert (now.state, now.ok, now.invalid) == (ImportState.CHECKED, MANY, 1)
    assert do(carrel, DROP, facts.public_id) is JobState.DONE
    assert carrel.storage.stat(key) is None
    assert count(database, Order) == 0


def test_large_list_is_imported_by_jobs_that_yield_to_others(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    facts = received(carrel, tmp_path, cast.slug)
    do(carrel, READ, facts.public_id)
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    shares = []
    while (now := seen(carrel, facts)).state is ImportState.APPLYING:
        shares.append(round(now.progress, 2))
        do(carrel, APPLY, facts.public_id)
    assert shares == [0.0, 0.33, 0.67]
    assert (now.state, now.brought) == (ImportState.APPLIED, MANY)
    assert (count(database, Order), count(database, Mail)) == (MANY, 0)
    assert count(database, PastImportRow) == 0


def test_new_organizations_of_one_list_are_never_mistaken_for_each_other(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    branches = 7  # more than one batch of an import
    more = [
        f"head{number}@ridge.example.org,Jo,{cast.slug},2024-03-05,Ridge Branch {number},2"
        for number in range(branches)
    ]
    facts = received(carrel, tmp_path, cast.slug, *more)
    do(carrel, READ, facts.public_id)
    assert seen(carrel, facts).ok == MANY + branches
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    while (now := seen(carrel, facts)).state is ImportState.APPLYING:
        do(carrel, APPLY, facts.public_id)
    assert (now.brought, now.invalid) == (MANY + branches, 0)


def test_killed_import_resumes_where_it_stopped(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    facts = received(carrel, tmp_path, cast.slug)
    do(carrel, READ, facts.public_id)
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    with database.transaction() as session:  # a worker got this far and died
        imports.apply_some(
            session,
            facts.public_id,
            5,
            mail_context=mail_context_of(carrel.settings),
            actor=None,
            now=NOW,
        )
    while seen(carrel, facts).state is ImportState.APPLYING:
        do(carrel, APPLY, facts.public_id)
    assert seen(carrel, facts).brought == MANY
    assert count(database, Order) == MANY


def test_job_run_twice_queues_the_rest_once(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    facts = received(carrel, tmp_path, cast.slug)
    do(carrel, READ, facts.public_id)
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    do(carrel, APPLY, facts.public_id)
    with database.read_session() as session:
        waits = (
            select(func.count())
            .select_from(Job)
            .where(Job.kind == APPLY, Job.state == JobState.QUEUED)
        )
        assert session.scalar(waits) == 1


def test_canceled_import_keeps_its_rows_and_can_be_resumed(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    facts = received(carrel, tmp_path, cast.slug)
    do(carrel, READ, facts.public_id)
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    do(carrel, APPLY, facts.public_id)
    with database.transaction() as session:
        job = latest_job(session, kind=APPLY, subject=facts.public_id)
        assert job is not None
        cancel(session, job.id, actor=None, now=NOW)
    do(carrel, APPLY, facts.public_id)
    now = seen(carrel, facts)
    assert (now.state, now.brought, now.ok) == (ImportState.CHECKED, 10, 20)
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    while seen(carrel, facts).state is ImportState.APPLYING:
        do(carrel, APPLY, facts.public_id)
    assert seen(carrel, facts).brought == MANY


def test_row_that_became_invalid_is_reported_and_the_others_are_imported(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    facts = received(carrel, tmp_path, cast.slug)
    do(carrel, READ, facts.public_id)
    with database.transaction() as session:
        row = session.get_one(PastImportRow, (facts.id, 3))
        row.cells = row.cells.replace(cast.slug, "gone")
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    while seen(carrel, facts).state is ImportState.APPLYING:
        do(carrel, APPLY, facts.public_id)
    now = seen(carrel, facts)
    assert (now.state, now.brought, now.invalid) == (ImportState.APPLIED, MANY - 1, 1)


def test_emails_go_to_the_requested_number_in_import_order(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast.slug)
    assert waiting(database) == (30, 0, 0)
    batch = ask(database, 10)
    assert waiting(database) == (20, 10, 0)
    assert do(carrel, INVITE, batch) is JobState.DONE
    assert waiting(database) == (20, 0, 10)
    with database.read_session() as session:
        sent = session.scalars(select(Mail.recipient).order_by(Mail.id)).all()
    assert sorted(sent) == sorted(f"p{number}@oak.example.org" for number in range(10))


@pytest.mark.usefixtures("loops_alone")
def test_no_query_plan_emails_more_than_the_requested_number(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast.slug)
    batch = ask(database, 10)
    assert waiting(database) == (20, 10, 0)
    with database.transaction() as session:
        assert len(uninvited_buyers.take_next(session, batch, 4, now=NOW)) == 4
    assert waiting(database) == (20, 6, 4)


def test_simultaneous_requests_send_each_person_one_email(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast.slug)
    batches: list[str] = []
    threads = [threading.Thread(target=lambda: batches.append(ask(database, 12))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writers = [
        threading.Thread(target=lambda one=one: _write(carrel, one))
        for one in batches
        for _twice in range(2)
    ]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    while left := waiting(database)[0]:
        _write(carrel, ask(database, left))
    with database.read_session() as session:
        sent = session.scalars(select(Mail.recipient)).all()
    assert sorted(sent) == sorted(f"p{number}@oak.example.org" for number in range(MANY))


def _write(carrel: Carrel, batch: str) -> None:
    while jobs.write_some(carrel, batch):
        pass


def test_people_in_a_canceled_batch_can_be_emailed_later(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast.slug)
    batch = ask(database, 10)
    jobs.write_some(carrel, batch)
    with database.transaction() as session:
        job = latest_job(session, kind=INVITE, subject=batch)
        assert job is not None
        cancel(session, job.id, actor=None, now=NOW)
    do(carrel, INVITE, batch)
    assert waiting(database) == (26, 0, 4)


def test_blocked_people_and_people_without_access_are_not_emailed(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    brought_in(carrel, tmp_path, cast.slug)
    with database.transaction() as session:
        people = session.scalars(select(Login).where(Login.name.like("Pat %")).limit(2)).all()
        account_blocks.block(session, people[0].id, reason="No", actor=None, now=NOW)
        session.execute(
            update(Grant)
            .where(Grant.login_id == people[1].id)
            .values(revoked_at=NOW, revoked_as="refunded")
        )
    assert waiting(database) == (28, 0, 0)


def test_email_lists_their_webinars_and_has_a_password_link(
    carrel: Carrel, database: Database, cast: Cast, tmp_path: Path
) -> None:
    more = (
        "head@oak.example.org,Head,everything,2026-01-10,2027-01-10,Oak Library,25",
        f"head@oak.example.org,Head,{cast.slug},2026-01-10,,Oak Library,unlimited",
        "bob@example.org,Bob,everything,2026-01-10,2027-01-10,,",
        f"pat@oak.example.org,Pat,{cast.slug},2026-01-10,,,",
        f"ada@example.org,Ada,{cast.slug},2026-01-10,,,",
    )
    text = "\n".join(["E-mail,Name,Covers,Bought,Ends,Organization,Seats", *more])
    facts = jobs.take_in(carrel, stored(tmp_path, text.encode()), "past.csv", actor=None, now=NOW)
    do(carrel, READ, facts.public_id)
    jobs.apply_list(carrel, facts.public_id, actor=None, now=NOW)
    do(carrel, APPLY, facts.public_id)
    with database.transaction() as session:  # bob already has a password
        session.execute(
            update(Login).where(Login.id == cast.bob.id).values(password_hash="$scrypt$")
        )
    _write(carrel, ask(database, 10))
    with database.read_session() as session:
        letters = {one.recipient: one.text or "" for one in session.scalars(select(Mail))}
    head, bob = letters["head@oak.example.org"], letters["bob@example.org"]
    pat, ada = letters["pat@oak.example.org"], letters["ada@example.org"]
    assert "All webinars, until Jan 10, 2027: 25 seats of Oak Library" in head
    assert FOR_ALL.removeprefix("%(what)s: ") % {"organization": "Oak Library"} in head
    assert "All webinars, until Jan 10, 2027" in bob
    assert "/reset-password/" in pat
    # an email that is forwarded must not open the account of a manager or of our team
    for text in (head, bob, ada):
        assert "/library" in text
        assert "/reset-password/" not in text
    assert "sign-in code" in head
