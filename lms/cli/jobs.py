"""carrel job: list, show, retry, and cancel background jobs."""

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, answer_items, cell, json_option
from lms.core.clock import now
from lms.jobs.queue import JobFacts, cancel, job_facts, list_jobs, retry
from lms.models.jobs import JobState

COLUMNS = ("id", "kind", "lane", "state", "progress", "tries", "created_at", "failure")


@click.group("job")
def job() -> None:
    """List, show, retry, and cancel jobs."""


@job.command("list")
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in JobState]),
    multiple=True,
    help="Only jobs in this state; can be repeated.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@click.pass_obj
def list_command(console: Console, *, states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List the newest jobs."""
    wanted = tuple(JobState(state) for state in states)
    with console.carrel.database.read_session() as session:
        page = list_jobs(session, states=wanted, limit=limit)
    answer_items(page.items, COLUMNS, as_json=as_json)


@job.command("show")
@click.argument("job_id", metavar="ID")
@json_option
@click.pass_obj
def show(console: Console, *, job_id: str, as_json: bool) -> None:
    """Show a job and the end of its error."""
    with console.carrel.database.read_session() as session:
        facts = job_facts(session, job_id)
    lines = [f"{name:<17} {cell(getattr(facts, name))}" for name in JobFacts.__dataclass_fields__]
    answer(facts, *lines, as_json=as_json)


@job.command("retry")
@click.argument("job_id", metavar="ID")
@json_option
@click.pass_obj
def retry_command(console: Console, *, job_id: str, as_json: bool) -> None:
    """Run a failed or canceled job again."""
    with console.carrel.database.transaction() as session:
        retry(session, job_id, actor=None, now=now())
        facts = job_facts(session, job_id)
    answer(facts, f"{facts.id} is queued again.", as_json=as_json)


@job.command("cancel")
@click.argument("job_id", metavar="ID")
@json_option
@click.pass_obj
def cancel_command(console: Console, *, job_id: str, as_json: bool) -> None:
    """Cancel a job; if it's running, the worker stops it."""
    with console.carrel.database.transaction() as session:
        cancel(session, job_id, actor=None, now=now())
        facts = job_facts(session, job_id)
    answer(facts, f"{facts.id} is being canceled.", as_json=as_json)
