"""What PyLTI1p3 would do on its own: no network, cookie, session, or lookup is allowed."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from pylti1p3.exception import LtiException

from lti.launches.pylti1p3_adapter import Launch, LaunchContext

Do = Callable[[Any], object]


@pytest.fixture
def launch() -> Any:
    """Return a launch as PyLTI1p3 sees it, with its private members."""
    return Launch({}, cast(LaunchContext, None))


@pytest.mark.parametrize(
    "do",
    [
        lambda launch: launch._cookie_service.set_cookie("lti1p3-state", "x"),
        lambda launch: launch._requests_session.get("https://lms.example.edu/jwks"),
        lambda launch: launch._tool_config.find_registration_by_issuer("https://lms.example.edu"),
        lambda launch: launch._tool_config.find_deployment("https://lms.example.edu", "1"),
        lambda launch: launch._tool_config.find_deployment_by_params(
            "https://lms.example.edu", "1", "client"
        ),
        lambda launch: launch.get_service_connector(),
    ],
    ids=["a cookie", "the network", "an issuer alone", "a deployment", "another", "services"],
)
def test_pylti1p3_cannot_act_on_its_own(launch: Any, do: Do) -> None:
    with pytest.raises(LtiException, match="by itself"):
        do(launch)


def test_pylti1p3_reads_no_cookie_and_stores_nothing(launch: Any) -> None:
    assert launch._cookie_service.get_cookie("lti1p3-state") is None
    assert launch._request.session == {}
    assert launch._request.is_secure()
    assert launch.save_launch_data().message_type == ""
    assert launch._request.session == {}
