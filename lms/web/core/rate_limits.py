"""Rate limits: how often something can be tried, by address, login, and network.

Counts are in Redis if there is one, else in the memory of each process. Limits that protect secrets or
managers' mailboxes are then also counted in the database, so that all processes share them. Memory is
checked first: an attempt that it refuses writes nothing. Keys are hashed, so that they contain no
addresses.
"""

import hashlib
import hmac
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any, Final, TypeVar, cast

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter, RateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.exc import SQLAlchemyError

from lms.accounts import try_counts
from lms.core.clock import now
from lms.core.errors import N_, Conflict, Gone, NotFound, TooMany, Unavailable
from lms.core.runtime import derived_key
from lms.core.settings import Settings
from lms.web.core.request_context import read_session, transaction

EXTENSION: Final = "carrel_limits"
IPV6_NETWORK_BITS: Final = 64  # the smallest network that a provider assigns to a customer
TOO_MANY = N_("Too many attempts. Wait a few minutes, then try again.")
ANSWER_S: Final = 0.5
AWAY_S: Final = 5.0
# A page asks several times. The driver's default, three tries with pauses, is for work that can
# wait.
_IMPATIENT: Final[dict[str, Any]] = {
    "socket_connect_timeout": ANSWER_S,
    "socket_timeout": ANSWER_S,
    "retry": Retry(NoBackoff(), 0),
}
T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limit:
    """The number of tries allowed for each key, in each of these windows.

    `is_shared` makes all processes count together even without Redis, in a table of the database.
    """

    name: str
    windows: tuple[RateLimitItem, ...]
    is_shared: bool = False


# Attempts to sign in to one account; reset by a successful one.
SIGN_INS: Final = Limit(
    "sign_ins", (RateLimitItemPerMinute(10, 15), RateLimitItemPerDay(50)), is_shared=True
)
# Attempts at the second step of one login; of a signed-in browser, also at adding an app.
SECOND_STEPS: Final = Limit(
    "second_steps", (RateLimitItemPerMinute(10, 15), RateLimitItemPerDay(50)), is_shared=True
)
# Failed attempts from one network, for any account; a branch library is one network.
FAILURES: Final = Limit(
    "failures", (RateLimitItemPerMinute(60, 15), RateLimitItemPerDay(600)), is_shared=True
)
# Emails that anyone can trigger, to one address and from one network.
EMAILS: Final = Limit("emails", (RateLimitItemPerMinute(4, 15), RateLimitItemPerDay(16)))
EMAILS_FROM: Final = Limit("emails_from", (RateLimitItemPerHour(120),))
# Emails that one person of an LMS can trigger, to any addresses.
EMAILS_BY: Final = Limit("emails_by", (RateLimitItemPerHour(5), RateLimitItemPerDay(10)))
# Attempts to open wrong links, or to act by a link, from one network.
LINKS_FROM: Final = Limit("links_from", (RateLimitItemPerHour(240),))
# Names entered from one network: everyone in a room can share one address.
ROOM_FROM: Final = Limit("room_from", (RateLimitItemPerMinute(120, 5), RateLimitItemPerHour(600)))
# Certificate PDFs made for one network, 20 ms of CPU each: a whole school can be one network.
PAPERS_FROM: Final = Limit("papers_from", (RateLimitItemPerMinute(240, 5),))
# Wrong current passwords from a signed-in person.
PRESENT_PASSWORD: Final = Limit(
    "present_password", (RateLimitItemPerMinute(10, 15),), is_shared=True
)


class _Counts:
    """The counts: in Redis, or in memory while Redis doesn't respond; it is tried again after AWAY_S."""

    def __init__(self, storage: Storage, key: bytes, *, has_redis: bool) -> None:
        self.has_redis = has_redis
        self._counts = MovingWindowRateLimiter(storage)
        self._faults = storage.base_exceptions
        self._away_until = 0.0
        self._spare = MovingWindowRateLimiter(MemoryStorage())
        self._key = key

    def hidden(self, key: str) -> str:
        return hmac.new(self._key, key.encode(), hashlib.sha256).hexdigest()[:32]

    def hit(self, window: RateLimitItem, *key: str) -> bool:
        return self._ask(lambda counts: counts.hit(window, *key))

    def test(self, window: RateLimitItem, *key: str) -> bool:
        return self._ask(lambda counts: counts.test(window, *key))

    def clear(self, window: RateLimitItem, *key: str) -> None:
        self._ask(lambda counts: counts.clear(window, *key))

    def free_again_at(self, window: RateLimitItem, *key: str) -> float:
        return self._ask(lambda counts: counts.get_window_stats(window, *key)).reset_time

    def _ask(self, question: Callable[[RateLimiter], T]) -> T:
        if time.monotonic() < self._away_until:
            return question(self._spare)
        try:
            return question(self._counts)
        except self._faults as error:
            log.warning("limits_storage_away", fault=type(error).__name__)
            self._away_until = time.monotonic() + AWAY_S
            return question(self._spare)


def init_limits(app: Flask, settings: Settings) -> None:
    """Count in the settings' Redis, or in memory."""
    options = {} if settings.redis_url is None else _IMPATIENT
    storage = cast(Storage, storage_from_string(_storage(settings.redis_url), **options))
    key = derived_key(settings.secret_key, "limits")
    app.extensions[EXTENSION] = _Counts(storage, key, has_redis=settings.redis_url is not None)


def network() -> str:
    """Return the network of the request: its IPv4 address, or the /64 of an IPv6 one."""
    raw = request.remote_addr or ""
    try:
        address = ip_address(raw)
    except ValueError:
        return raw
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS))


def spend(limit: Limit, key: str) -> None:
    """Count one try; raises TooMany, with the wait in seconds, if none is left."""
    counts = _counts()
    names = (limit.name, counts.hidden(key))
    for window in limit.windows:
        if not counts.hit(window, *names):
            raise _too_many(counts, window, *names)
    if _is_in_database(limit, counts):
        _spend_in_database(limit, names[1])


@contextmanager
def wrong_links_counted() -> Iterator[None]:
    """Count a link that the block refuses as unknown or over, for this network; raises TooMany.

    Valid ones aren't counted: one library's staff, mail programs and virus scanners open hundreds in an
    hour, all from one network.
    """
    try:
        yield
    except (NotFound, Gone):
        spend(LINKS_FROM, network())
        raise


def check(limit: Limit, key: str) -> None:
    """Raise TooMany if no try is left; counts nothing."""
    counts = _counts()
    names = (limit.name, counts.hidden(key))
    for window in limit.windows:
        if not counts.test(window, *names):
            raise _too_many(counts, window, *names)
    if _is_in_database(limit, counts):
        with read_session() as session:
            for window in limit.windows:
                key = _row_key(limit, window, names[1])
                tries, ends_at = try_counts.read_tries(session, key, now=now())
                _refuse_over(window, tries + 1, ends_at)


def spend_email(key: str) -> None:
    """Count an email that anyone can trigger, by its address and this network; raises TooMany."""
    spend(EMAILS_FROM, network())
    spend(EMAILS, key)


def forgive(limit: Limit, key: str) -> None:
    """Reset the count of a key."""
    counts = _counts()
    for window in limit.windows:
        counts.clear(window, limit.name, counts.hidden(key))
    if _is_in_database(limit, counts):
        rows = [_row_key(limit, window, counts.hidden(key)) for window in limit.windows]
        try:
            with transaction(in_passing=True) as session:
                try_counts.forget_tries(session, rows)
        except (SQLAlchemyError, Conflict, Unavailable) as fault:
            log.warning("limits_database_away", fault=type(fault).__name__)


def _is_in_database(limit: Limit, counts: _Counts) -> bool:
    return limit.is_shared and not counts.has_redis


def _spend_in_database(limit: Limit, hidden: str) -> None:
    """Count a try in the database, with those of the other processes.

    If the database can't be written to, as while it is being moved, each process counts on its own.
    """
    at = now()
    try:
        with transaction(in_passing=True) as session:
            counted = [
                try_counts.count_try(
                    session,
                    _row_key(limit, window, hidden),
                    lasts=timedelta(seconds=window.get_expiry()),
                    now=at,
                )
                for window in limit.windows
            ]
    except (SQLAlchemyError, Conflict, Unavailable) as fault:
        log.warning("limits_database_away", fault=type(fault).__name__)
        return
    for window, (tries, ends_at) in zip(limit.windows, counted, strict=True):
        _refuse_over(window, tries, ends_at)


def _refuse_over(window: RateLimitItem, tries: int, ends_at: datetime) -> None:
    if tries > window.amount:
        wait = math.ceil((ends_at - now()).total_seconds())
        raise TooMany(TOO_MANY, retry_after_s=min(max(wait, 1), window.get_expiry()))


def _row_key(limit: Limit, window: RateLimitItem, hidden: str) -> str:
    return f"{limit.name}/{window.get_expiry()}/{hidden}"


def _too_many(counts: _Counts, window: RateLimitItem, *names: str) -> TooMany:
    wait = math.ceil(counts.free_again_at(window, *names) - now().timestamp())
    return TooMany(TOO_MANY, retry_after_s=min(max(wait, 1), window.get_expiry()))


def _counts() -> _Counts:
    return cast(_Counts, current_app.extensions[EXTENSION])


def _storage(redis_url: str | None) -> str:
    if redis_url is None:
        return "memory://"
    return f"redis+{redis_url}" if redis_url.startswith("unix:") else redis_url
