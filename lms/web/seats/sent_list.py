"""The list that a form sent: a file, or pasted addresses."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flask import request

from lms.core.errors import N_, Invalid
from lms.web.core.form_uploads import has_file, received

NOTHING_SENT = N_("Choose a file, or paste at least one email address.")
Taken = TypeVar("Taken")


def sent_list(from_file: Callable[[Path, str], Taken], from_text: Callable[[str], Taken]) -> Taken:
    """Return what reading the list returns. Raises Invalid if nothing was sent, and as reading does."""
    if has_file():
        with received() as (path, name):
            return from_file(path, name)
    pasted = request.form.get("addresses", "")
    if not pasted.strip():
        raise Invalid(NOTHING_SENT)
    return from_text(pasted)
