"""The addresses that a platform gives us."""

import pytest

from lti.platform_addresses import is_loopback_host


@pytest.mark.parametrize("host", ["localhost", "lms.localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_a_host_that_is_this_machine(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host", ["", "lms.example.edu", "localhost.example.edu", "notlocalhost", "10.0.0.1"]
)
def test_a_host_that_is_another(host: str) -> None:
    assert not is_loopback_host(host)
