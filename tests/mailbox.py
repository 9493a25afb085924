"""What a person does with an email: find it, read it, and open its link."""

import re
from urllib.parse import urlsplit

from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.password_hashing_and_rules import hash_password
from lms.models.accounts import Login
from lms.models.mail import Mail

PASSWORD = "a quiet corner table"  # noqa: S105
BASE = "http://localhost"


def kept_password() -> str:
    """Return the hash of PASSWORD."""
    return hash_password(PASSWORD)


def give_password(database: Database, login_id: int) -> None:
    """Set a person's password to PASSWORD."""
    with database.transaction() as session:
        session.execute(
            update(Login).where(Login.id == login_id).values(password_hash=kept_password())
        )


def letters(database: Database, to: str) -> list[Mail]:
    """Return the emails to an address, oldest first."""
    with database.read_session() as session:
        wanted = select(Mail).where(Mail.recipient == to).order_by(Mail.id)
        return list(session.scalars(wanted))


def newest(database: Database, to: str, kind: str | None = None) -> Mail:
    """Return the newest email to an address."""
    found = [one for one in letters(database, to) if kind in (None, one.kind)]
    assert found, f"no letter of kind {kind} to {to}"
    return found[-1]


def link_in(letter: Mail) -> str:
    """Return the path and query of an email's first link, which must be on this site."""
    found = re.search(rf"{BASE}\S+", letter.text)
    assert found, letter.text
    assert found[0].replace("&", "&amp;") in letter.html
    parts = urlsplit(found[0])
    return parts.path + (f"?{parts.query}" if parts.query else "")


def code_in(letter: Mail) -> str:
    """Return the code in a sign-in email."""
    found = re.search(r"\b(\d{4}) (\d{4})\b", letter.text)
    assert found, letter.text
    return found[1] + found[2]


def without_form_token(page: str) -> str:
    """Return a page without the parts that differ at each rendering."""
    return re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", page)
