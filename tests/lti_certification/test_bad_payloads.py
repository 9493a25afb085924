"""1EdTech certification, bad payloads: twelve messages that a tool has to refuse, from teachers and from students."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from tests.lti.tool_server import Connection
from tests.platform.forge import Forge
from tests.platform.vocabulary import LTI

Claims = Mapping[str, Any]

PAYLOADS: Final[Mapping[str, tuple[Callable[[Forge, Claims], str], int]]] = {
    "no KID sent in JWT header": (Forge.without_kid, 400),
    "incorrect KID in JWT header": (Forge.unknown_kid, 401),
    "wrong LTI version": (lambda f, c: f.changed(c, {LTI + "version": "11.3"}), 400),
    "no LTI version": (lambda f, c: f.without(c, LTI + "version"), 400),
    "invalid LTI message": (lambda f, _c: f.sign({"name": "badltilaunch"}), 400),
    "missing LTI claims": (lambda f, c: f.without(c, *(n for n in c if n.startswith(LTI))), 400),
    "timestamps incorrect": (lambda f, c: f.changed(c, {"iat": 11111, "exp": 22222}), 401),
    "message type claim missing": (lambda f, c: f.without(c, LTI + "message_type"), 400),
    "role claim missing": (lambda f, c: f.without(c, LTI + "roles"), 400),
    "deployment id claim missing": (lambda f, c: f.without(c, LTI + "deployment_id"), 400),
    "resource link id claim missing": (lambda f, c: f.without(c, LTI + "resource_link"), 400),
    "user claim missing": (lambda f, c: f.without(c, "sub"), 403),
}


@pytest.mark.parametrize("who", ["teacher", "student"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_a_bad_payload_is_refused(connection: Connection, name: str, who: str) -> None:
    make, status = PAYLOADS[name]
    person = connection.teacher if who == "teacher" else connection.learner
    answer = connection.forged(make, connection.platform.begin(person, connection.link))
    assert answer.status_code == status
    assert "lti/s/" not in answer.text
