"""The connection check of a real platform without a person: keys, token, and clock."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lms.core.encryption import LoadedKey
from lms.core.errors import N_
from lms.core.settings import Settings
from lti.http.access_tokens import NO_SERVICE, Platform, Token, Tokens
from lti.http.platform_calls_and_outcomes import Answered, Call, Later, make_call, read_json
from lti.keys.platform_keys import KeyPlace, fetch_keys, read_keys
from lti.protocol.spec_vocabulary import MEMBERS_SCOPE, SCORE_SCOPE
from lti.protocol.tool_urls_and_scopes import ToolAddresses
from lti.registrations.registrations import RegistrationFacts
from lti.selftest.check_results import Group, Proof

SKEW: Final = timedelta(seconds=5)
NOT_HTTPS: Final = N_(
    "Set CARREL_BASE_URL to an https address with a certificate. Without https, browsers "
    "don't store cookies in a frame."
)
NOT_REACHABLE: Final = N_(
    "Check that CARREL_BASE_URL is the address that people use, and that the proxy forwards "
    "/lti/. LMSs read our keys there."
)
NO_KEYS: Final = N_(
    "Compare the keyset URL with the one the LMS shows, and make it reachable from the internet."
)
WEAK_KEYS: Final = N_("Set the LMS to publish an RSA key of at least 2048 bits for RS256.")
NO_TOKEN: Final = N_(
    "Compare the client ID, token URL, and token audience with those the LMS shows. Check that "
    "the LMS has our keyset URL, and have it read our keys again."
)
NO_SCOPE: Final = N_(
    "The LMS accepts us but allows neither grades nor names. Turn on both services in its "
    "settings for this tool."
)
WRONG_CLOCK: Final = N_("Sync the clocks of both servers with a time server (NTP).")
UNKNOWN: Final = "not told"


def check_connection(
    registration: RegistrationFacts,
    settings: Settings,
    key: Callable[[], LoadedKey],
    *,
    now: Callable[[], datetime],
) -> Iterator[Proof]:
    """Check a registration's URLs and our own; launches no one and stores nothing."""
    yield _https(settings)
    yield _own_keys(settings, key)
    place = KeyPlace(registration.details.jwks_url, registration.details.allows_loopback)
    yield _keys(place)
    yield _token(registration, key, now())
    yield _clock(place, now)


def _line(name: str, expected: str, got: str, *, ok: bool, advice: str) -> Proof:
    return Proof(Group.CONNECTION, name, expected, got, ok, advice="" if ok else advice)


def _https(settings: Settings) -> Proof:
    return _line(
        N_("Our address uses https"),
        "https://",
        settings.base_url,
        ok=settings.is_https,
        advice=NOT_HTTPS,
    )


def _own_keys(settings: Settings, key: Callable[[], LoadedKey]) -> Proof:
    """Fetch our own key set at its public URL, as an LMS would."""
    url = ToolAddresses(settings.base_url).jwks
    # our own URL can be on this machine or behind its proxy
    outcome = make_call(Call("GET", url, {"Accept": "application/json"}, allows_loopback=True))
    got, ok = "", False
    if isinstance(outcome, Answered):
        try:
            published = {each["kid"] for each in read_json(outcome)["keys"]}
            ok = key().kid in published
            got = f"{len(published)} keys" if ok else "a key set without the key that signs"
        except (ValueError, KeyError, TypeError):
            got = "no key set"
    else:
        got = outcome.reason
    name = N_("Our keyset is reachable")
    return _line(name, "the key that signs", got, ok=ok, advice=NOT_REACHABLE)


def _keys(place: KeyPlace) -> Proof:
    name, expected = N_("The LMS keys are readable"), "a key for RS256"
    document = fetch_keys(place)
    if document is None:
        return _line(name, expected, _why(place), ok=False, advice=NO_KEYS)
    usable = [one for one in read_keys(document).values() if isinstance(one, RSAPublicKey)]
    got = f"{len(usable)} of {len(document['keys'])} keys usable"
    return _line(name, expected, got, ok=bool(usable), advice=WEAK_KEYS)


def _why(place: KeyPlace) -> str:
    outcome = make_call(Call("GET", place.jwks_url, allows_loopback=place.allows_loopback))
    return "no key set" if isinstance(outcome, Answered) else outcome.reason


def _token(registration: RegistrationFacts, key: Callable[[], LoadedKey], now: datetime) -> Proof:
    """Request a token as the services do: for scores, else for names."""
    details = registration.details
    platform = Platform(
        registration_id=registration.id,
        client_id=registration.client_id,
        token_url=details.token_url,
        audience=details.token_audience or details.token_url,
        allows_loopback=details.allows_loopback,
    )
    name, expected = N_("The LMS gives us a token"), "a token"
    got, advice = "", NO_TOKEN
    for scope in (SCORE_SCOPE, MEMBERS_SCOPE):
        outcome = Tokens().get(platform, (scope,), key=key(), now=now)
        if isinstance(outcome, Token):
            return _line(name, expected, "a token", ok=True, advice="")
        got = outcome.reason if outcome.status is None else f"{outcome.status}: {outcome.reason}"
        advice = NO_SCOPE if outcome.reason == NO_SERVICE else NO_TOKEN
        if isinstance(outcome, Later) and outcome.is_away and outcome.status is None:
            break  # a different scope would fail, too
    return _line(name, expected, got, ok=False, advice=advice)


def _clock(place: KeyPlace, now: Callable[[], datetime]) -> Proof:
    name, expected = N_("Both clocks agree"), f"within {SKEW.seconds} s"
    outcome = make_call(Call("GET", place.jwks_url, allows_loopback=place.allows_loopback))
    told = outcome.headers.get("date", "") if isinstance(outcome, Answered) else ""
    try:
        skew = parsedate_to_datetime(told) - now()
    except (ValueError, TypeError):
        return _line(name, expected, UNKNOWN, ok=True, advice="")
    seconds = skew.total_seconds()
    return _line(name, expected, f"{seconds:+.0f} s", ok=abs(skew) <= SKEW, advice=WRONG_CLOCK)
