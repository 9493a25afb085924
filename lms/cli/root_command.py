"""The root command: collects all commands, and turns errors into messages and exit codes."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import click
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from lms.cli.command_context import Console, LazyGroup
from lms.cli.output import as_text, first_line
from lms.component import Component
from lms.core.errors import Frozen, Moved, NotFound, Refused, Unavailable
from lms.core.settings import SettingsError
from lms.core.version import VERSION
from media.storage.storage_protocol import StorageAway

FAULTS = (OperationalError, InterfaceError, ProgrammingError, StorageAway)
UNCONNECTED = ("connection failed", "failed to resolve host")
CHECK_ADDRESS = (
    "Check the address of the database, and that the server has this database and account. In a "
    "password, write %40 for @, %2F for / and %23 for #."
)
UNPREPARED = ("no such table", "no such column", "does not exist")
MOVED = (
    "This database was moved to PostgreSQL. Set CARREL_DATABASE_URL to the new database, and "
    "restart Carrel."
)


class Exit(IntEnum):
    """The meaning of the exit codes."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_FOUND = 3
    UNAVAILABLE = 4


_EXITS: dict[type[Refused], Exit] = {
    NotFound: Exit.NOT_FOUND,
    Unavailable: Exit.UNAVAILABLE,
    Frozen: Exit.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error as it is printed to stderr."""

    code: str
    message: str


def build(components: Sequence[Component]) -> click.Group:
    """Return the root group with the commands of all components."""
    named = [pair for component in components for pair in component.command_modules().items()]
    modules = dict(named)
    if len(modules) < len(named):
        raise RuntimeError("two commands have the same name")
    root = LazyGroup(
        "carrel",
        modules,
        help="Carrel: webinar recordings for library staff, and an LTI tool for LMS courses.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    root.no_args_is_help = True
    return click.version_option(VERSION, message="%(prog)s %(version)s")(root)


def run(components: Sequence[Component], arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors go to stderr, as JSON with `--json`."""
    console = Console(components)
    try:
        result = build(components).main(
            args=list(arguments), prog_name="carrel", standalone_mode=False, obj=console
        )
        return result if isinstance(result, int) else Exit.DONE
    except (click.ClickException, click.Abort, Refused, SettingsError, *FAULTS) as error:
        return _complain(error, as_json="--json" in arguments)
    finally:
        console.close()


def _complain(error: Exception, *, as_json: bool) -> int:
    exit_code, complaint = _weigh(error)
    if as_json:
        text = as_text(complaint)
    elif isinstance(error, click.UsageError):
        text = f"{error.ctx.get_usage()}\n\n{complaint.message}" if error.ctx else complaint.message
    else:
        text = complaint.message
    sys.stderr.write(f"{text}\n")
    return exit_code


def _weigh(error: Exception) -> tuple[Exit, Complaint]:
    match error:
        case Refused():
            return _EXITS.get(type(error), Exit.REFUSED), Complaint(error.code, _sentence(error))
        case click.ClickException():
            usage = isinstance(error, click.UsageError)
            exit_code, code = (Exit.USAGE, "usage") if usage else (Exit.REFUSED, "refused")
            return exit_code, Complaint(code, error.format_message())
        case click.Abort():
            return Exit.REFUSED, Complaint("aborted", "Aborted.")
        case SettingsError():
            return Exit.REFUSED, Complaint("settings", str(error))
        case StorageAway():
            message = f"The storage didn't answer: {error}"
            return Exit.UNAVAILABLE, Complaint("unavailable", message)
        case _:
            return Exit.UNAVAILABLE, _database_complaint(error)


def _sentence(error: Refused) -> str:
    faults = getattr(error, "fields", {})
    message = MOVED if isinstance(error, Moved) else error.message
    return "\n".join([message, *(f"  {name}: {fault}" for name, fault in faults.items())])


def _database_complaint(error: Exception) -> Complaint:
    reason = first_line(getattr(error, "orig", None) or error)
    if any(sign in reason for sign in UNCONNECTED):
        return Complaint("unavailable", f"The database didn't answer: {reason}\n{CHECK_ADDRESS}")
    if any(sign in reason for sign in UNPREPARED):
        return Complaint(
            "database_not_prepared",
            f"The database doesn't match this version ({reason}). Run: carrel db upgrade",
        )
    return Complaint("unavailable", f"The database didn't answer: {reason}")
