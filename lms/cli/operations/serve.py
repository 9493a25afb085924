"""carrel serve: run the web server and the worker with one command."""

import os
import resource
from ipaddress import ip_address

import click

from lms.cli.output import answer, json_option
from lms.core.logs import configure_logs
from lms.core.runtime import open_carrel
from lms.core.settings import Settings, inherited_environment
from lms.mail.transport import mail_folder
from lms.metrics.slots import forget_counts, metrics_folder
from lms.metrics.start import require_extras
from lms.migrations import fits, upgrade
from lms.operations.start_checks import refuse_dangerous_start, require_tables
from lms.worker.web_and_worker_supervisor import (
    Supervisor,
    listen,
    metrics_program,
    web_program,
    worker_program,
)

DEFAULT_BIND = "127.0.0.1:8000"
LAST_PORT = 65535
AUTO = "auto"
MOST_WORKERS = 64


@click.command("serve")
@click.option(
    "--bind",
    default=DEFAULT_BIND,
    show_default=True,
    metavar="HOST:PORT",
    help="Address and port to listen on.",
)
@click.option(
    "--workers",
    default=AUTO,
    show_default=True,
    callback=lambda _context, _option, given: _read_workers(given),
    metavar="auto|1-64",
    help="Number of web processes; each serves 1,000 viewers and uses one core. auto: one per core.",
)
@click.option("--no-worker", is_flag=True, help="Don't run the worker here.")
@click.option(
    "--drain",
    type=click.IntRange(0, 300),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="How long /readyz answers 503 after SIGTERM before stopping, so that load balancers notice.",
)
@json_option
def serve(*, bind: str, workers: int, no_worker: bool, drain: int) -> None:
    """Run the web server and the worker until Ctrl-C or SIGTERM.

    Creates and upgrades the tables of SQLite; for PostgreSQL, run carrel db upgrade. SIGHUP
    restarts both: the new web server starts before the old one stops.
    """
    host, port = _read_bind(bind)
    configure_logs()
    with listen(host, port) as listener:
        port = listener.getsockname()[1]
        environ = inherited_environment(BASE_URL=_base_url(host, port))
        settings = Settings.from_env(environ)
        require_extras(settings)
        _prepare_database(settings)
        _raise_file_limit()
        serving = {"base_url": settings.base_url, "bind": f"{host}:{port}", "pid": os.getpid()}
        answer(serving, _said(settings))
        listener.set_inheritable(True)
        programs = [web_program(listener, workers)]
        if not no_worker:
            programs.append(worker_program())
        if settings.metrics_bind is not None:
            forget_counts(metrics_folder(settings.scratch))
            programs.append(metrics_program())
        Supervisor(programs, environ, listener, drain_s=drain).run()


def _said(settings: Settings) -> str:
    said = f"Serving at {settings.base_url} (Ctrl-C ends it)"
    if settings.smtp_url is None:
        said += f"\nNo mail server is set: emails are written to {mail_folder(settings)}"
    return said


def _read_bind(bind: str) -> tuple[str, int]:
    host, colon, port = bind.rpartition(":")
    if not colon or not port.isdigit() or int(port) > LAST_PORT:
        raise click.BadParameter(f"{bind!r} is not HOST:PORT", param_hint="--bind")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  (requested with ":8000")


def _read_workers(given: str) -> int:
    if given == AUTO:
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    if not given.isdecimal() or not 1 <= int(given) <= MOST_WORKERS:
        raise click.BadParameter(f"{given!r} is neither auto nor 1 to {MOST_WORKERS}")
    return int(given)


def _base_url(host: str, port: int) -> str:
    try:
        everywhere = ip_address(host).is_unspecified
    except ValueError:
        everywhere = False
    name = "localhost" if everywhere else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _prepare_database(settings: Settings) -> None:
    """Upgrade the tables on SQLite; on PostgreSQL, shared by several nodes, require it to be done already."""
    carrel = open_carrel(settings)
    try:
        refuse_dangerous_start(carrel)
        if carrel.database.is_sqlite and not fits(carrel.database):
            upgrade(carrel.database)
        require_tables(carrel.database)
    finally:
        carrel.database.dispose()


def _raise_file_limit() -> None:
    # A viewer needs a socket and a file, so the default of 1,024 would limit viewers to about 500.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
