"""Starts metrics and monitoring in web and worker processes."""

from collections.abc import Callable
from importlib.util import find_spec

from structlog.typing import EventDict

from lms.core.logs import observe_logs
from lms.core.settings import Settings, SettingsError
from lms.metrics.outside_monitors import Sentry, Spans
from lms.metrics.slots import metrics_folder

NEEDS = "needs a package. In Carrel's directory, run: .venv/bin/pip install --editable '.[{extra}]'"


def require_extras(settings: Settings) -> None:
    """Raise SettingsError for each monitor in the settings whose extra isn't installed."""
    monitors = (
        ("CARREL_SENTRY_DSN", settings.sentry_dsn, "sentry_sdk", "sentry"),
        ("CARREL_OTLP_URL", settings.otlp_url, "opentelemetry", "otel"),
    )
    faults = {
        name: NEEDS.format(extra=extra)
        for name, place, package, extra in monitors
        if place is not None and find_spec(package) is None
    }
    if faults:
        raise SettingsError(faults)


def begin_observing(settings: Settings) -> None:
    """Count and report this process's events, as the settings say.

    Raises SettingsError for a monitor whose extra isn't installed, and for an invalid DSN.
    """
    if settings.metrics_bind is not None:
        # takes a quarter of a second and 10 MB
        from lms.metrics.counters import begin_counting  # noqa: PLC0415

        begin_counting(metrics_folder(settings.scratch))
    if settings.sentry_dsn is not None:
        observe_logs(_opened("sentry", "CARREL_SENTRY_DSN", settings.sentry_dsn, Sentry))
    if settings.otlp_url is not None:
        observe_logs(_opened("otel", "CARREL_OTLP_URL", settings.otlp_url, Spans))


def _opened(
    extra: str, name: str, place: str, monitor: type[Sentry | Spans]
) -> Callable[[EventDict], None]:
    try:
        return monitor(place).tell
    except ImportError as error:
        raise SettingsError({name: NEEDS.format(extra=extra)}) from error
    except ValueError as error:
        raise SettingsError({name: str(error)}) from error
