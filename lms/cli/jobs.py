"""carrel job: list, show, retry, and cancel background jobs."""

import click

from lms.cli.command_context import Console, acting
from lms.cli.list_commands import list_command
from lms.cli.output import answer, cell, json_option
from lms.jobs.queue import JobFacts, cancel, job_facts, list_jobs, retry

COLUMNS = ("id", "kind", "lane", "state", "progress", "tries", "created_at", "failure")


@click.group("job")
def job() -> None:
    """List, show, retry, and cancel jobs."""


job.add_command(list_command("jobs", COLUMNS, list_jobs))


@job.command("show")
@click.argument("job_id", metavar="ID")
@json_option
@click.pass_obj
def show(console: Console, *, job_id: str) -> None:
    """Show a job and the end of its error."""
    with console.carrel.database.read_session() as session:
        facts = job_facts(session, job_id)
    lines = [f"{name:<17} {cell(getattr(facts, name))}" for name in JobFacts.__dataclass_fields__]
    answer(facts, *lines)


@job.command("retry")
@click.argument("job_id", metavar="ID")
@json_option
@click.pass_obj
def retry_command(console: Console, *, job_id: str) -> None:
    """Run a failed or canceled job again."""
    with console.carrel.database.transaction() as session:
        retry(session, job_id, **acting())
        facts = job_facts(session, job_id)
    answer(facts, f"{facts.id} is queued again.")


@job.command("cancel")
@click.argument("job_id", metavar="ID")
@json_option
@click.pass_obj
def cancel_command(console: Console, *, job_id: str) -> None:
    """Cancel a job; if it's running, the worker stops it."""
    with console.carrel.database.transaction() as session:
        cancel(session, job_id, **acting())
        facts = job_facts(session, job_id)
    answer(facts, f"{facts.id} is being canceled.")
