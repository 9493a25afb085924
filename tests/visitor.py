"""A person in a browser without JavaScript."""

import secrets
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse
from werkzeug.utils import cached_property

from lms.core.clock import now
from lms.core.runtime import Carrel, hash_secret
from lms.models.accounts import SignIn
from lms.web.core.current_user import cookie_name
from lms.web.core.request_context import EXTENSION

SAFE = ("GET", "HEAD", "OPTIONS")
TOKEN_HEADER = "X-CSRFToken"  # noqa: S105  (a header's name)
SIGNED_IN_FOR = timedelta(days=1)


def add_sign_in(carrel: Carrel, login_id: int) -> tuple[str, int]:
    """Sign a person in; returns the cookie's value and the sign-in's ID."""
    value, moment = secrets.token_urlsafe(32), now()
    row = SignIn(
        token_hash=hash_secret(value),
        login_id=login_id,
        remembered=False,
        agent="test",
        created_at=moment,
        last_seen_at=moment,
        expires_at=moment + SIGNED_IN_FOR,
    )
    with carrel.database.transaction() as session:
        session.add(row)
        session.flush()
        return value, row.id


class Answer(TestResponse):
    """A response whose text has no break opportunities in long addresses."""

    @cached_property
    def text(self) -> str:
        return self.get_data(as_text=True).replace("<wbr>", "")


class Visitor(FlaskClient):
    """A test client that stores cookies and sends the form token with each POST, as page forms do.

    To post without the token, pass `headers={"X-CSRFToken": ""}`.
    """

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.response_wrapper = type("Answer", (Answer, self.response_wrapper), {})

    def open(self, *args: Any, **values: Any) -> TestResponse:
        if values.get("method", "GET") not in SAFE:
            headers = Headers(values.pop("headers", None))
            if TOKEN_HEADER not in headers:
                headers[TOKEN_HEADER] = self._form_token()
            values["headers"] = headers
        values.setdefault("buffered", True)  # reads the whole response and closes its file
        return super().open(*args, **values)

    def sign_in(self, login_id: int) -> int:
        """Sign in as this person; returns the sign-in's ID."""
        carrel = self.application.extensions[EXTENSION]
        value, made = add_sign_in(carrel, login_id)
        self.set_cookie(cookie_name(carrel.settings), value)
        return made

    def _form_token(self) -> str:
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        secret = str(self.application.secret_key)
        return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw))
