"""carrel history import."""

from pathlib import Path

from sqlalchemy import func, select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, decide
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.mail.links import mail_context_of
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.mail import Mail
from lms.models.orders import Order
from lms.models.seats import Pool
from lms.past_sales import imports, jobs
from lms.past_sales.row_parser import read_past
from lms.seat_imports.uploaded_list_lifecycle import NewList
from tests.cast import Cast
from tests.cli.command_runner import Ran, Shell
from tests.clock import NOW, Clock
from tests.seat_imports.list_fixtures import stored

HEAD = "E-mail;Name;Webinar or scope;Bought;Ends;Source;Organization;Seats\n"
PAST = (
    "jane@oak.example.org;Jane;{slug};2024-03-05;;invoice 12;;\n"
    "pat@oak.example.org;Pat;everything;2026-01-10;2027-01-10;check;;\n"
    "head@oak.example.org;Head;everything;2026-01-10;2027-01-10;PO 7;Oak Library;25\n"
    "head@oak.example.org;Head;{slug};2026-01-10;;PO 8;Oak Library;unlimited\n"
    "desk@oak.example.org;Desk;{slug};2025-05-05;;shared log-in;Oak Library;\n"
)


def brought_in(shell: Shell, folder: Path, cast: Cast, text: str, *options: str) -> Ran:
    """Import a list of past sales."""
    path = stored(folder, (HEAD + text.format(slug=cast.slug)).encode())
    return shell("history", "import", str(path), *options, "--json")


def counts(database: Database) -> tuple[int, ...]:
    """Return how many sales, grants, pools, logins and emails there are."""
    with database.read_session() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Order, Grant, Pool, Login, Mail)
        )


def test_past_sales_are_imported_without_sending_email(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    before = counts(database)
    ran = brought_in(carrel_command, tmp_path, cast, PAST)
    assert (ran.code, ran.answer["ok"], ran.answer["applied"]) == (0, 5, True)
    after = counts(database)
    assert [new - old for new, old in zip(after, before, strict=True)] == [5, 5, 2, 4, 0]
    with database.read_session() as session:
        capacities = set(session.scalars(select(Pool.capacity)))
        sold = set(session.scalars(select(func.date(Order.placed_at))))
    assert capacities == {25, None}
    assert "2024-03-05" in {str(day) for day in sold}


def test_imported_buyer_can_watch(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel_command, tmp_path, cast, PAST)
    with database.read_session() as session:
        jane = session.scalars(select(Login.id).where(Login.name == "Jane")).one()
        webinar = session.scalars(select(Webinar.id).where(Webinar.slug == cast.slug)).one()
        case = load_case(session, login_id=jane, webinar_id=webinar)
    assert decide(case.login, case.webinar, Action.RECORDING, NOW).code == "OK_PERMANENT"


def test_dry_run_writes_nothing(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    before = counts(database)
    ran = brought_in(carrel_command, tmp_path, cast, PAST, "--dry-run")
    assert (ran.code, ran.answer["ok"], ran.answer["applied"]) == (0, 5, False)
    assert counts(database) == before


def test_importing_the_same_file_twice_changes_nothing(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel_command, tmp_path, cast, PAST)
    before = counts(database)
    again = brought_in(carrel_command, tmp_path, cast, PAST).answer
    assert (again["ok"], again["already"]) == (0, 5)
    assert counts(database) == before


def test_nothing_is_imported_if_a_row_is_invalid(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    wrong = (
        "nonsense;;{slug};2024-03-05;;;;\n"
        "joe@oak.example.org;;no-such-webinar;2024-03-05;;;;\n"
        "joe@oak.example.org;;{slug};last year;;;;\n"
        "joe@oak.example.org;;{slug};2024-03-05;;;;7\n"
        "joe@oak.example.org;;{slug};2024-03-05;;;Oak Library;many\n"
    )
    before = counts(database)
    ran = brought_in(carrel_command, tmp_path, cast, PAST + wrong)
    assert (ran.code, ran.complaint["code"]) == (1, "not_applied")
    assert "5 of 10 rows are invalid. Line 7:" in ran.complaint["message"]
    dry = brought_in(carrel_command, tmp_path, cast, PAST + wrong, "--dry-run").answer
    assert [row["line"] for row in dry["items"] if row["answer"] == "invalid"] == [7, 8, 9, 10, 11]
    assert counts(database) == before


def test_list_without_required_headings_is_refused(
    carrel_command: Shell, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    path = stored(tmp_path, b"who;what\njane;all\n")
    ran = carrel_command("history", "import", str(path), "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")


def test_interrupted_import_is_completed_by_running_it_again(
    carrel_command: Shell,
    database: Database,
    carrel: Carrel,
    cast: Cast,
    clock: Clock,
    tmp_path: Path,
) -> None:
    path = stored(tmp_path, (HEAD + PAST.format(slug=cast.slug)).encode())
    with path.open("rb") as file:
        listed = jobs.LIST_JOBS.read_now(carrel, read_past(file), NewList("past.csv", None, NOW))
    with database.transaction() as session:
        left = imports.apply_some(
            session, listed, 2, mail_context=mail_context_of(carrel.settings), actor=None, now=NOW
        )
    assert left == 3
    again = brought_in(carrel_command, tmp_path, cast, PAST).answer
    assert (again["ok"], again["already"]) == (3, 2)


def test_invitations_are_sent_up_to_the_given_number_and_once_to_each(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    brought_in(carrel_command, tmp_path, cast, PAST)
    first = carrel_command("history", "invite", "3", "--json").answer
    assert first == {"written": 3, "left": 1}
    again = carrel_command("history", "invite", "3", "--json").answer
    assert again == {"written": 1, "left": 0}
    with database.read_session() as session:
        sent = session.scalars(select(Mail.recipient).order_by(Mail.recipient)).all()
    assert sent == [f"{who}@oak.example.org" for who in ("desk", "head", "jane", "pat")]
