"""carrel worker: run a worker alone."""

import os
import signal
import sys
from typing import Final

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.core.errors import Unavailable
from lms.core.logs import configure_logs
from lms.metrics.start import begin_observing
from lms.models.jobs import Lane
from lms.operations.start_checks import refuse_dangerous_start, require_tables
from lms.worker.worker import Worker

SHARES: Final = {"media": (Lane.MEDIA,), "prompt": (Lane.PROMPT, Lane.FILES)}


@click.command("worker")
@click.option(
    "--lane",
    type=click.Choice(list(SHARES)),
    help="Run only media jobs (encoding), or only prompt ones (email, short jobs, and uploads).",
)
@json_option
@click.pass_obj
def worker(console: Console, *, lane: str | None) -> None:
    """Run jobs and send email until SIGTERM; running jobs go back to the queue."""
    configure_logs()
    refuse_dangerous_start(console.carrel)
    require_tables(console.carrel.database)
    begin_observing(console.settings)
    lanes = SHARES[lane] if lane else tuple(Lane)
    made = Worker(console.carrel, console.work, lanes)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: made.stop())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # `serve` ends it with SIGTERM
    words = " and ".join(lane.value for lane in lanes)
    answer({"pid": os.getpid(), "lanes": lanes}, f"Working on {words} (Ctrl-C ends it)")
    sys.stdout.flush()
    if not made.run():
        raise Unavailable("A lane stopped unexpectedly. See the log.")
