"""URLs that a platform gives us."""

import pytest

from lms.core.errors import Invalid
from lti.protocol.platform_urls import is_loopback_host, origin_of, read_origin


@pytest.mark.parametrize("host", ["localhost", "lms.localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_loopback_host_is_recognized(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host", ["", "lms.example.edu", "localhost.example.edu", "notlocalhost", "10.0.0.1"]
)
def test_other_host_is_not_loopback(host: str) -> None:
    assert not is_loopback_host(host)


@pytest.mark.parametrize("mark", ["\x00", "\x1d", "\x7f", "\t", "\r\n", " ", ";", "'", "\xe9"])
def test_url_with_a_character_forbidden_in_headers_has_no_origin(mark: str) -> None:
    assert origin_of(f"https://lms.example{mark}.edu") == ""
    with pytest.raises(Invalid):
        read_origin(f"https://lms.example{mark}.edu", field="origins", allows_loopback=False)


@pytest.mark.parametrize("site", ["https://*", "https://*.example.edu", "https://lms.*:8443"])
def test_wildcard_origin_is_rejected(site: str) -> None:
    assert origin_of(site) == ""
    with pytest.raises(Invalid):
        read_origin(site, field="origins", allows_loopback=False)
