"""Constant-time responses, whether or not an address has an account."""

import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

from flask.typing import ResponseReturnValue

STEP_S: Final = 0.25  # longer than the work of any such page takes on a machine that is not overrun

P = ParamSpec("P")


def evenly(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a page answer at the next whole step of time, whatever it had to do till then.

    A known address costs a statement or a letter more than an unknown one; that is over before
    the step ends, so nobody can measure it. Nothing is held meanwhile but the request's thread.
    """

    @wraps(view)
    def answer(*args: P.args, **values: P.kwargs) -> ResponseReturnValue:
        began = time.monotonic()
        answered = view(*args, **values)
        taken = time.monotonic() - began
        time.sleep(STEP_S * math.ceil(taken / STEP_S) - taken)
        return answered

    return answer
