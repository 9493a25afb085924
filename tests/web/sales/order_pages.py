"""Helpers that read and submit forms of the staff order pages as a browser would."""

import re
from typing import Any

from sqlalchemy import select

from lms.core.database import Database
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.seller import PolicyKind
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.seller.policies import publish_policy, save_draft
from tests.clock import NOW
from tests.visitor import Visitor

FIELD = re.compile(r'<(?:input|textarea|select)[^>]*\bname="([^"]+)"[^>]*>')
VALUE = re.compile(r'\bvalue="([^"]*)"')
OPTION = re.compile(r'<option selected value="([^"]*)"')


def fields_of(page: str) -> dict[str, str]:
    """Return the field values of the first form in the main part, as a browser would send them."""
    main = page[page.index("<main") :]
    form = re.search(r'<form class="form".*?</form>', main, re.DOTALL)
    assert form is not None
    found = {}
    for match in FIELD.finditer(form[0]):
        tag, name = match[0], match[1]
        value = VALUE.search(tag)
        if tag.startswith("<select"):
            body = form[0][match.end() :]
            body = body[: body.index("</select>")]
            chosen = OPTION.search(body) or VALUE.search(body)
            found[name] = chosen[1] if chosen else ""
        elif tag.startswith("<textarea"):
            body = form[0][match.end() :]
            found[name] = body[: body.index("</textarea>")].strip("\r\n")
        elif 'type="checkbox"' in tag or 'type="radio"' in tag:
            if re.search(r"\bchecked\b", tag):
                found[name] = value[1] if value else "y"
        elif name != "csrf_token":
            found[name] = value[1] if value else ""
    return found


def send(staff: Visitor, path: str, **changed: Any) -> Any:
    """Open a page, change fields of its form, and send it; None leaves a field out."""
    opened = staff.get(path)
    assert opened.status_code == 200, opened.text
    sent = {**fields_of(opened.text), **changed}
    return staff.post(path, data={name: value for name, value in sent.items() if value is not None})


def the_order(database: Database) -> OrderFacts:
    """Return the order that was created last."""
    with database.read_session() as session:
        last = session.scalars(select(Order.public_id).order_by(Order.id.desc()).limit(1)).one()
        return find_order_facts(session, last)


def documents(database: Database, kind: DocumentKind) -> list[Document]:
    """Return the documents of a kind, the oldest first."""
    with database.read_session() as session:
        return list(
            session.scalars(select(Document).where(Document.kind == kind).order_by(Document.id))
        )


def published_terms(database: Database) -> int:
    """Publish terms of sale; return the version's row ID."""
    with database.transaction() as session:
        save_draft(session, PolicyKind.TERMS, "You buy.", actor=None, now=NOW)
        return publish_policy(session, PolicyKind.TERMS, actor=None, now=NOW).id
