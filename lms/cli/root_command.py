"""The root command: collects all commands, and turns errors into messages and exit codes."""

import errno
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import click
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from lms.cli.command_context import Console, LazyGroup
from lms.cli.output import as_text, first_line
from lms.component import Component
from lms.core.errors import NOTHING_HERE, Frozen, Moved, NotFound, Refused, Unavailable
from lms.core.settings import SettingsError
from lms.core.version import VERSION
from media.storage.storage_protocol import StorageAway

FAULTS = (DBAPIError, sqlite3.DatabaseError, StorageAway, OSError)
# our own mistakes, which need their traceback
MISTAKES = (DataError, IntegrityError, sqlite3.IntegrityError)
UNCONNECTED = ("connection failed", "failed to resolve host")
CHECK_ADDRESS = (
    "Check the address of the database, that its server is running, and that it has this database "
    "and account. In a password, write %40 for @, %2F for / and %23 for #."
)
UNPREPARED = ("no such table", "no such column", "does not exist")
NO_SPACE = "Free up space (df -h shows which disk is full), then run this again."
NO_PERMISSION = (
    "Use a location that Carrel's account can read and write, or make Carrel its owner: "
    "chown -R carrel: DIRECTORY"
)
# parts of what a database says, and what to do about it
DATABASE_ADVICE = (
    (("disk is full", "No space left on device"), NO_SPACE),
    (
        ("disk I/O error",),  # also SQLite's word for a disk without room for its log
        "Check that its disk has free space (df -h) and no faults (dmesg). Then run this again.",
    ),
    (("database is locked",), "Another program is writing to it. Run this again in a minute."),
    (
        ("not a database", "malformed"),
        "The file in CARREL_DATABASE_URL is damaged, or isn't Carrel's. Restore a backup "
        "(docs/operating.md, Restoring).",
    ),
    (
        ("unable to open", "readonly database"),
        "Check CARREL_DATABASE_URL: its directory must exist, and Carrel's account must be able to "
        "write to it.",
    ),
    (
        ("permission denied",),
        "Make the account the owner of the database. As the account postgres, run: "
        'psql -c "ALTER DATABASE name OWNER TO account"',
    ),
)
NO_SUCH_PLACE = (
    "Check the address or path: it must be in a directory that exists. Then run this again."
)
FILE_ADVICE = {
    errno.ENOSPC: NO_SPACE,
    errno.EDQUOT: NO_SPACE,
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
    errno.EROFS: NO_PERMISSION,
    errno.ENOENT: NO_SUCH_PLACE,
    errno.ENOTDIR: NO_SUCH_PLACE,
    errno.EEXIST: NO_SUCH_PLACE,
    errno.ENAMETOOLONG: NO_SUCH_PLACE,
}
CHECK_STORAGE = (
    "Check its address. Carrel's account must be able to write to a directory (chown -R "
    "carrel: DIRECTORY). For S3, check CARREL_S3_ENDPOINT and the keys. Then run this again."
)
MOVED = (
    "This database was moved to PostgreSQL. Set CARREL_DATABASE_URL to the new database, and "
    "restart Carrel."
)
NOTHING_FOUND = "Nothing has this name or ID. Check the spelling."


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
        unknown = isinstance(error, OSError) and error.errno not in FILE_ADVICE
        if unknown or isinstance(error, MISTAKES):
            raise
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


def weigh(error: Exception) -> Complaint:
    """Return what to print about an error: what is wrong, and what to do next."""
    return _weigh(error)[1]


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
        case StorageAway() | OSError():
            return Exit.UNAVAILABLE, Complaint("unavailable", _file_sentence(error))
        case _:
            return Exit.UNAVAILABLE, _database_complaint(error)


def _sentence(error: Refused) -> str:
    faults = getattr(error, "fields", {})
    message = MOVED if isinstance(error, Moved) else error.message
    if message == NOTHING_HERE:  # a page's words
        message = NOTHING_FOUND
    return "\n".join([message, *(f"  {name}: {fault}" for name, fault in faults.items())])


def _file_sentence(error: StorageAway | OSError) -> str:
    if isinstance(error, StorageAway) or error.errno not in FILE_ADVICE:
        return f"The storage didn't respond: {first_line(error)}\n{CHECK_STORAGE}"
    said = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return f"{said}\n{FILE_ADVICE[error.errno]}"


def _database_complaint(error: Exception) -> Complaint:
    reason = first_line(getattr(error, "orig", None) or error)
    if not any(sign in reason for sign in UNCONNECTED):
        if any(sign in reason for sign in UNPREPARED):
            return Complaint(
                "database_not_prepared",
                f"The database doesn't match this version ({reason}). Run: carrel db upgrade\n"
                "If this installation is new, run: carrel init --owner you@example.org",
            )
        for signs, advice in DATABASE_ADVICE:
            if any(sign in reason for sign in signs):
                return Complaint("unavailable", f"The database can't be used: {reason}\n{advice}")
    return Complaint("unavailable", f"The database didn't respond: {reason}\n{CHECK_ADDRESS}")
