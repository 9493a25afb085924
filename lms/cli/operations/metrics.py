"""carrel metrics: serve metrics for Prometheus."""

import os
import signal
import sys

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.core.clock import now
from lms.core.errors import Conflict
from lms.core.logs import configure_logs
from lms.metrics.slots import metrics_folder


@click.command("metrics")
@json_option
@click.pass_obj
def metrics(console: Console) -> None:
    """Serve /metrics at CARREL_METRICS_BIND until SIGTERM; carrel serve starts it, too."""
    # prometheus-client takes a quarter of a second
    from lms.metrics.listener import listen_for_scrapes  # noqa: PLC0415

    configure_logs()
    bind = console.settings.metrics_bind
    if bind is None:
        raise Conflict("CARREL_METRICS_BIND is not set, such as 127.0.0.1:9100.")
    folder = metrics_folder(console.settings.scratch)
    folder.mkdir(parents=True, exist_ok=True)
    server = listen_for_scrapes(console.carrel, folder, bind, now)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    answer({"pid": os.getpid(), "bind": bind}, f"Metrics at http://{bind}/metrics")
    sys.stdout.flush()
    server.serve_forever()
