"""The start of counting, in the processes that serve and work."""

from lms.core.settings import Settings
from lms.metrics.slots import metrics_folder


def begin_counting_if_wanted(settings: Settings) -> None:
    """Count what this process does, where the settings say that somebody asks."""
    if settings.metrics_bind is not None:
        # a quarter of a second and 10 MB, where it is wanted
        from lms.metrics.counters import begin_counting  # noqa: PLC0415

        begin_counting(metrics_folder(settings.scratch))
