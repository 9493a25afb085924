"""Constant-time responses, so that timing doesn't reveal whether an address has an account."""

import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

from flask.typing import ResponseReturnValue

STEP_S: Final = 0.25  # longer than any such page takes on a server that isn't overloaded

P = ParamSpec("P")


def evenly(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Delay the response of a view to the next multiple of STEP_S.

    A known address costs one more statement or email than an unknown one. That work ends before the
    step does, so it can't be measured. While it waits, the request occupies only its thread.
    """

    @wraps(view)
    def answer(*args: P.args, **values: P.kwargs) -> ResponseReturnValue:
        began = time.monotonic()
        answered = view(*args, **values)
        taken = time.monotonic() - began
        time.sleep(STEP_S * math.ceil(taken / STEP_S) - taken)
        return answered

    return answer
