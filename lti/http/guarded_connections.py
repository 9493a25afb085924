"""Guarded connections to platforms: permitted addresses only (SSRF), with a time limit.

A hostname is resolved here, and the connection goes to the very address that was checked, so that
neither DNS answers nor redirects can lead into the installation's own network.
"""

import socket
import ssl
import threading
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from types import TracebackType
from typing import Any, Final, Self

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError
from urllib3.util import Timeout
from urllib3.util.connection import create_connection

SILENCE_S: Final = 5.0
LONGEST_S: Final = 10.0
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052): the last 32 bits are IPv4

# Blocks that Python releases classify differently, or call global although no platform is in them:
# protocol blocks, one of which clouds use for credentials, and translated private addresses.
_NEVER: Final = tuple(
    ip_network(block)
    for block in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b:1::/48",
        "5f00::/16",
        "fec0::/10",
    )
)

Address = IPv4Address | IPv6Address


class NotPermitted(Exception):
    """Raised instead of connecting, if no address of a host is permitted."""


class Line:
    """The limits shared by the connections of one call: the permitted addresses, and the time left.

    All of them together may take `longest_s` seconds, by default 10.
    """

    def __init__(self, *, allows_loopback: bool, longest_s: float | None = None) -> None:
        self.allows_loopback = allows_loopback
        self.is_cut = False
        self._timer = threading.Timer(longest_s or LONGEST_S, self._cut)
        self._timer.daemon = True
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        for one in self._sockets:
            one.close()

    def open(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """Connect to a permitted address of a host; raises NotPermitted and OSError."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        permitted = [one for one in addresses if self._permits(one)]
        if not permitted:
            raise NotPermitted
        connected = _connect(permitted, port, timeout)
        # TLS detaches the original socket; the duplicate can still shut down the connection
        self._sockets.append(connected.dup())
        return connected

    def _permits(self, text: str) -> bool:
        return may_be_reached(ip_address(text), allows_loopback=self.allows_loopback)

    def _cut(self) -> None:
        self.is_cut = True
        for one in self._sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was already closed


def may_be_reached(address: Address, *, allows_loopback: bool) -> bool:
    """Return whether a platform can be at this address.

    Link-local addresses are never permitted: clouds serve machine credentials there. Loopback and
    private addresses are only for registrations that allow them.
    """
    meant = _meant(address)
    if meant.is_link_local or meant.is_multicast or meant.is_unspecified:
        return False
    if not meant.is_loopback and any(meant in block for block in _NEVER):
        return False
    return meant.is_global or (allows_loopback and (meant.is_loopback or meant.is_private))


def _meant(address: Address) -> Address:
    """Return the IPv4 address in an IPv6 address (NAT64, mapped, 6to4), or else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _connect(addresses: list[str], port: int, timeout: float | None) -> socket.socket:
    for number, address in enumerate(addresses, start=1):
        try:
            return create_connection((address, port), timeout)
        except OSError:
            if number == len(addresses):
                raise
    raise OSError("no address")


class _Http(HTTPConnection):
    def __init__(self, *args: Any, line: Line, **more: Any) -> None:  # noqa: ANN401  (urllib3's own)
        super().__init__(*args, **more)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return _opened(self._line, self)


class _Https(HTTPSConnection):
    def __init__(self, *args: Any, line: Line, **more: Any) -> None:  # noqa: ANN401  (urllib3's own)
        super().__init__(*args, **more)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return _opened(self._line, self)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


def pool_for(line: Line, scheme: str, host: str, port: int | None) -> HTTPConnectionPool:
    """Return a pool of one connection to a host, limited by a call's `line`."""
    timeout = Timeout(connect=SILENCE_S, read=SILENCE_S)
    if scheme == "https":
        context = _trust()
        return _HttpsPool(host, port, timeout=timeout, ssl_context=context, line=line)
    return _HttpPool(host, port, timeout=timeout, line=line)


def _opened(line: Line, connection: HTTPConnection) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else SILENCE_S
    try:
        return line.open(connection.host, connection.port, timeout)
    except socket.gaierror as fault:
        raise NameResolutionError(connection.host, connection, fault) from fault
    except TimeoutError as fault:
        raise ConnectTimeoutError(connection.host) from fault


@cache
def _trust() -> ssl.SSLContext:
    # The system's authorities, including the operator's own, and certifi's for systems without any.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
