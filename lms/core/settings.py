"""The settings: read once from the environment, validated, and frozen."""

import os
import re
import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from lms.core.languages import Language
from lms.core.stripe_settings import STRIPE, StripeSettings, is_loopback, stripe_key
from media.delivery.delivery_modes import Way

PREFIX = "CARREL_"
SECRET_KEY_LENGTH = 32
PASSPHRASE_LENGTH = 16
LONGEST_UPLOAD_DAYS = 365

Network = IPv4Network | IPv6Network
T = TypeVar("T")


class SettingsError(Exception):
    """All faults of the settings; `faults` maps a variable's name to its sentence."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        lines = [f"  {name}: {fault}" for name, fault in sorted(self.faults.items())]
        super().__init__("The settings have errors:\n" + "\n".join(lines))


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator configures; each field is documented in docs/settings.md."""

    data_dir: Path
    scratch: Path
    base_url: str
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    storage_url: str
    storage_former: str | None
    s3_endpoint: str | None
    s3_region: str
    s3_access_key: str | None = field(repr=False)
    s3_secret_key: str | None = field(repr=False)
    delivery: Way
    redis_url: str | None = field(repr=False)
    smtp_url: str | None = field(repr=False)
    mail_from: str
    dkim_selector: str | None
    time_zone: str
    language: Language
    trusted_proxies: tuple[Network, ...]
    upload_days: int
    staff_two_step: bool
    backup_url: str | None
    backup_passphrase: str | None = field(repr=False)
    speech_command: tuple[str, ...]
    stripe: StripeSettings | None
    metrics_bind: str | None
    sentry_dsn: str | None = field(repr=False)
    otlp_url: str | None
    secret_key_old: str | None = field(repr=False)
    is_https: bool = field(init=False)  # whether people reach this site by HTTPS

    def __post_init__(self) -> None:
        """Read the scheme once, since every request asks for it."""
        object.__setattr__(self, "is_https", self.base_url.startswith("https://"))

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone of `time_zone`."""
        return ZoneInfo(self.time_zone)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read `CARREL_*` (and `CARREL_*_FILE` for secrets) from the environment.

        Creates DATA_DIR and, if none is given, a secret key there (0600). Raises SettingsError.
        """
        reader = _Reader(os.environ if environ is None else environ)
        data_dir = reader.take("DATA_DIR", Path(".var").resolve(), _directory)
        base_url = reader.take("BASE_URL", "http://127.0.0.1:8000", _base_url)
        host = urlsplit(base_url).hostname or "localhost"
        allows_http = reader.take("ALLOW_HTTP", default=False, parse=_yes_or_no)
        if base_url and not allows_http and _is_plain_beyond_loopback(base_url):
            reader.fault(
                "BASE_URL",
                "plain http sends passwords in the clear: use https, or set CARREL_ALLOW_HTTP=yes",
            )
        reader.check_pair("S3_ACCESS_KEY", "S3_SECRET_KEY")
        storage_url = reader.take("STORAGE", (data_dir / "files").as_uri(), _storage_url)
        storage_former = reader.take("STORAGE_FORMER", None, _storage_url)
        if storage_former and (
            is_within(storage_former, storage_url) or is_within(storage_url, storage_former)
        ):
            reader.fault("STORAGE_FORMER", "lies within CARREL_STORAGE, or the reverse")
        delivery = reader.take("DELIVERY", Way.EMBEDDED, _way)
        if delivery is Way.NGINX and not storage_url.startswith("file:"):
            reader.fault("DELIVERY", "nginx sends files of a directory; CARREL_STORAGE is a bucket")
        if delivery is Way.REDIRECT and not storage_url.startswith("s3:"):
            reader.fault("DELIVERY", "redirect leads to a bucket; CARREL_STORAGE is a directory")
        settings = cls(
            data_dir=data_dir,
            scratch=reader.take("SCRATCH", data_dir / "scratch", _directory),
            base_url=base_url,
            secret_key=reader.secret("SECRET_KEY", "", _secret_key),
            database_url=reader.secret(
                "DATABASE_URL", f"sqlite:///{data_dir / 'carrel.sqlite3'}", read_database_url
            ),
            storage_url=storage_url,
            storage_former=storage_former,
            s3_endpoint=reader.take("S3_ENDPOINT", None, _web_address),
            s3_region=reader.take("S3_REGION", "us-east-1", str),
            s3_access_key=reader.secret("S3_ACCESS_KEY", None, str),
            s3_secret_key=reader.secret("S3_SECRET_KEY", None, str),
            delivery=delivery,
            redis_url=reader.secret("REDIS_URL", None, _redis_url),
            smtp_url=reader.secret("SMTP_URL", None, _smtp_url),
            mail_from=reader.take("MAIL_FROM", f"library@{host}", _mail_from),
            dkim_selector=reader.take("DKIM_SELECTOR", None, str),
            time_zone=reader.take("TIME_ZONE", "America/New_York", _time_zone),
            language=reader.take("LANGUAGE", Language.ENGLISH, Language),
            trusted_proxies=reader.take("TRUSTED_PROXIES", (), _networks),
            upload_days=reader.take("UPLOAD_DAYS", 7, _days),
            staff_two_step=reader.take("STAFF_TWO_STEP", default=False, parse=_yes_or_no),
            backup_url=reader.take("BACKUP", None, _storage_url),
            backup_passphrase=reader.secret("BACKUP_PASSPHRASE", None, _passphrase),
            speech_command=reader.take("SPEECH_COMMAND", (), _command),
            stripe=reader.stripe(base_url),
            metrics_bind=reader.take("METRICS_BIND", None, _bind),
            sentry_dsn=reader.secret("SENTRY_DSN", None, _web_address),
            otlp_url=reader.take("OTLP_URL", None, _web_address),
            secret_key_old=reader.secret("SECRET_KEY_OLD", None, _secret_key),
        )
        reader.check_unknown()
        reader.raise_faults()
        return settings.with_kept_key()

    def with_kept_key(self) -> "Settings":
        """Return settings with the data directories created and a secret key, generated once and stored."""
        for name, directory in (("DATA_DIR", self.data_dir), ("SCRATCH", self.scratch)):
            try:
                directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                said = f"{directory}: {error.strerror}. Choose a directory that Carrel's account can write to."
                raise SettingsError({PREFIX + name: said}) from error
        key = self.secret_key or _kept_secret_key(self.data_dir)
        return replace(self, secret_key=key)


def inherited_environment(**defaults: str) -> dict[str, str]:
    """Return the environment for a subprocess, with `CARREL_*` defaults for unset variables."""
    named = {PREFIX + name: value for name, value in defaults.items()}
    unset = {name: named[name] for name in named if not os.environ.get(name, "").strip()}
    return {**os.environ, **unset}


def is_within(place: str, other: str) -> bool:
    """Return whether a storage address is within another, or is the same."""
    return f"{place.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")


class _Reader:
    """Reads values from the environment and collects their faults."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._faults: dict[str, str] = {}
        self._known: set[str] = set()

    def fault(self, name: str, sentence: str) -> None:
        self._faults[PREFIX + name] = sentence

    def take(self, name: str, default: T, parse: Callable[[str], T]) -> T:
        self._known.add(PREFIX + name)
        raw = self._environ.get(PREFIX + name, "").strip()
        return self._parsed(name, raw, default, parse)

    def secret(self, name: str, default: T, parse: Callable[[str], T]) -> T:
        self._known.update((PREFIX + name, f"{PREFIX}{name}_FILE"))
        raw = self._environ.get(PREFIX + name, "").strip()
        path = self._environ.get(f"{PREFIX}{name}_FILE", "").strip()
        if raw and path:
            self.fault(name, f"is set twice, also as {PREFIX}{name}_FILE; remove one of them")
            return default
        if path:
            try:
                raw = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self.fault(f"{name}_FILE", f"{path} can't be read: {error}")
                return default
        return self._parsed(name, raw, default, parse)

    def stripe(self, base_url: str) -> StripeSettings | None:
        key = self.secret("STRIPE_SECRET_KEY", "", stripe_key)
        names = ("STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_OLD")
        secrets_of = tuple(filter(None, [self.secret(name, "", str) for name in names]))
        made = StripeSettings(key, secrets_of, self.take("STRIPE_API_BASE", STRIPE, _web_address))
        if not key:
            return None
        for name, sentence in made.faults(base_url):
            self.fault(name, sentence)
        return made

    def check_pair(self, one: str, other: str) -> None:
        given = [name for name in (one, other) if self._is_given(name)]
        if len(given) == 1:
            self.fault(other if given == [one] else one, f"is required with {PREFIX}{given[0]}")

    def _is_given(self, name: str) -> bool:
        return any(self._environ.get(PREFIX + name + end, "").strip() for end in ("", "_FILE"))

    def check_unknown(self) -> None:
        for name in self._environ:
            if name.startswith(PREFIX) and name not in self._known:
                if name.removesuffix("_FILE") in self._known:
                    self._faults[name] = "only secrets can be read from a file"
                elif not name.startswith(PREFIX + "TEST_"):
                    self._faults[name] = "is not a setting; see docs/settings.md for their names"

    def raise_faults(self) -> None:
        if self._faults:
            raise SettingsError(self._faults)

    def _parsed(self, name: str, raw: str, default: T, parse: Callable[[str], T]) -> T:
        if not raw:
            return default
        try:
            return parse(raw)
        except ValueError as error:
            self.fault(name, str(error))
            return default


def kept_secret_key_path(data_dir: Path) -> Path:
    """Return the path of the secret key that is generated if none is given."""
    return data_dir / "secret_key"


def _kept_secret_key(data_dir: Path) -> str:
    path = kept_secret_key_path(data_dir)
    try:
        # O_EXCL: of several processes that start at once, only one creates the key
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(
            {PREFIX + "SECRET_KEY": f"can't be stored in {path}: {error.strerror}"}
        ) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(48)
        file.write(key + "\n")
    return key


def _command(raw: str) -> tuple[str, ...]:
    try:
        parts = tuple(shlex.split(raw))
    except ValueError as error:
        raise ValueError(f"isn't a valid command: {error}") from error
    if not Path(parts[0]).is_absolute():
        raise ValueError("must start with the full path of a program, such as /opt/speech/run")
    return parts


def _directory(raw: str) -> Path:
    path = Path(raw).expanduser().resolve()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is a file; choose a directory")
    return path


def _split(raw: str) -> SplitResult:
    parts = urlsplit(raw)
    try:
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{error}. In a password, write @ as %40, / as %2F, # as %23") from error
    return parts


def _web_address(raw: str) -> str:
    parts = _split(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{raw!r} is not a web address such as https://library.example.org")
    return raw.rstrip("/")


def _base_url(raw: str) -> str:
    address = _web_address(raw)
    parts = _split(address)
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError("must be only the scheme and host, such as https://library.example.org")
    return address


def _is_plain_beyond_loopback(base_url: str) -> bool:
    return not base_url.startswith("https://") and not is_loopback(base_url)


def read_database_url(raw: str) -> str:
    """Return the address as SQLAlchemy takes it; raises ValueError with a sentence."""
    try:
        url = make_url(raw)
    except ArgumentError as error:
        raise ValueError("is not an address such as postgresql://user@host/carrel") from error
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ValueError("an SQLite database needs a file: sqlite:////var/lib/carrel/db")
        return raw
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _storage_url(raw: str) -> str:
    parts = _split(raw)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return raw
    if parts.scheme == "s3" and parts.netloc:
        return raw.rstrip("/")
    raise ValueError("must be file:///directory or s3://bucket/prefix")


def _way(raw: str) -> Way:
    if raw.lower() not in set(Way):
        raise ValueError(f"must be one of {', '.join(Way)}, not {raw!r}")
    return Way(raw.lower())


def _redis_url(raw: str) -> str:
    if _split(raw).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("is not an address such as redis://127.0.0.1:6379/0")
    return raw


def _smtp_url(raw: str) -> str:
    parts = _split(raw)
    if parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname:
        raise ValueError("is not an address such as smtp+starttls://user:password@host:587")
    return raw


def _mail_from(raw: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", raw):
        raise ValueError(f"must be only an email address, such as library@example.org, not {raw!r}")
    return raw


def _time_zone(raw: str) -> str:
    if raw not in available_timezones():
        raise ValueError(f"{raw!r} is not an IANA time zone, such as America/New_York")
    return ZoneInfo(raw).key


def _networks(raw: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip(), strict=False) for part in raw.split(",") if part.strip())


def _bind(raw: str) -> str:
    host, _, port = raw.rpartition(":")
    if not host or not port.isdecimal() or int(port) >= 1 << 16:
        raise ValueError(f"{raw!r} is not HOST:PORT, such as 127.0.0.1:9100")
    return raw


def _days(raw: str) -> int:
    if not raw.isdecimal() or not 1 <= int(raw) <= LONGEST_UPLOAD_DAYS:
        raise ValueError(f"{raw!r} is not a number of days between 1 and {LONGEST_UPLOAD_DAYS}")
    return int(raw)


def _yes_or_no(raw: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if raw.lower() not in answers:
        raise ValueError(f"must be yes or no, not {raw!r}")
    return answers[raw.lower()]


def _passphrase(raw: str) -> str:
    if len(raw) < PASSPHRASE_LENGTH:
        raise ValueError(f"is shorter than {PASSPHRASE_LENGTH} characters; use five random words")
    return raw


def _secret_key(raw: str) -> str:
    if len(raw) < SECRET_KEY_LENGTH:
        raise ValueError(f"needs {SECRET_KEY_LENGTH} characters; use `openssl rand -base64 48`")
    return raw
