"""The undo of a bulk action on seats, for 30 seconds."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from flask import flash
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core.errors import Conflict
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.request_context import transaction

Done = TypeVar("Done")


def put_back(done: Iterable[Done], undo: Callable[[Session, Done], object]) -> int:
    """Undo each action in its own transaction, and flash how many people have their seats again.

    Returns the number of actions that can't be undone: those for which `undo` raises Conflict.
    """
    undone = failed = 0
    for one in done:
        try:
            with transaction() as writing:
                undo(writing, one)
        except Conflict:
            failed += 1
        else:
            undone += 1
    if undone:
        words = ngettext(
            "%(said)s person has their seat again.",
            "%(said)s people have their seats again.",
            undone,
            said=counted(undone),
        )
        flash(words, "done")
    return failed
