"""While the secret key is changed, forms that are open can be sent and browsers stay known."""

from dataclasses import replace

import pytest

from lms.app import create_app
from lms.core.runtime import Carrel
from lms.core.settings import Settings, SettingsError
from tests.visitor import Visitor
from wsgi import COMPONENTS

NEW = "another key for tests alone, another key for tests alone"


def visitor_of(carrel: Carrel, **changed: str) -> Visitor:
    app = create_app(replace(carrel, settings=replace(carrel.settings, **changed)), COMPONENTS)
    return Visitor(app, app.response_class)


@pytest.mark.parametrize(("is_accepted", "status"), [(True, 303), (False, 400)])
def test_a_form_that_was_open_can_be_sent_while_the_old_key_is_accepted(
    carrel: Carrel, is_accepted: bool, status: int
) -> None:
    before = visitor_of(carrel)
    token = before.get("/forgotten-password").text.partition('name="csrf_token" value="')[2]
    cookie = before.get_cookie("carrel-form")
    assert cookie is not None
    old = {"secret_key_old": carrel.settings.secret_key} if is_accepted else {}
    after = visitor_of(carrel, secret_key=NEW, **old)
    after.set_cookie("carrel-form", cookie.value)
    data = {"email": "alice@example.org", "csrf_token": token.partition('"')[0]}
    assert after.post("/forgotten-password", data=data).status_code == status


def test_a_short_old_key_is_a_fault(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**environ, "CARREL_SECRET_KEY_OLD": "short"})
    assert list(refused.value.faults) == ["CARREL_SECRET_KEY_OLD"]
