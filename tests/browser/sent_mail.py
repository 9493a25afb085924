"""The letters that the worker of a served library has sent."""

import email
import email.policy
import re
import time

from tests.browser.conftest import Served

LETTER_WITHIN_S = 20.0
HELD_BACK_WITHIN_S = 90.0  # what can be undone is written of half a minute later


def letter_to(
    served: Served, address: str, *, holding: str = "", within_s: float = LETTER_WITHIN_S
) -> str:
    """Wait for the worker to send a letter that holds a pattern, and return its text.

    Raises TimeoutError.
    """
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        for path in (served.carrel.settings.data_dir / "mail").glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = message.get_body(("plain",))
            if address not in str(message["To"]) or body is None:
                continue
            text = str(body.get_content())
            if re.search(holding, text):
                return text
        time.sleep(0.1)
    raise TimeoutError(f"no letter to {address} that holds {holding!r}")


def found_in_letter(served: Served, address: str, pattern: str) -> str:
    """Wait for a letter that holds a pattern, and return what its first group is."""
    text = letter_to(served, address, holding=pattern, within_s=HELD_BACK_WITHIN_S)
    found = re.search(pattern, text)
    assert found
    return found[1]
