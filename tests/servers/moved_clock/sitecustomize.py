"""Shifts the clock of programs that a test starts with this folder first on PYTHONPATH."""

import os
from datetime import timedelta

from lms.core import clock
from tests.clock import MovedClock

clock.datetime = MovedClock(  # type: ignore[attr-defined,misc,assignment]  # as tests patch it
    timedelta(seconds=float(os.environ["CARREL_TEST_CLOCK_S"]))
)
