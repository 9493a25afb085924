import pytest

from media.delivery.authorization import LONGEST_HAND, MOST_HANDS, Gate, TurnedAway
from media.delivery.media_tokens import Signer, Ticket, fingerprint

SIGNER = Signer(b"k" * 32)
TOKEN = SIGNER.sign(Ticket("s", "renditions/v", 4_000_000_000))


def gate():
    return Gate(
        signer=SIGNER,
        live=lambda _: True,
        cookies=("carrel",),
    )


def test_number_of_remembered_clients_is_limited():
    made = gate()
    for number in range(MOST_HANDS + 10):
        made.admit(TOKEN, {"REMOTE_ADDR": "203.0.113.5", "HTTP_USER_AGENT": str(number)})
    assert len(made._admitted) <= MOST_HANDS


def test_client_with_long_headers_is_admitted_but_not_remembered():
    made = gate()
    made.admit(TOKEN, {"REMOTE_ADDR": "203.0.113.5", "HTTP_COOKIE": "x" * LONGEST_HAND})
    assert not made._admitted


def test_first_of_two_cookies_with_one_name_counts():
    bound = SIGNER.sign(Ticket("s", "renditions/v", 4_000_000_000, cookie=fingerprint("one")))
    here = {"REMOTE_ADDR": "203.0.113.5"}
    assert gate().admit(bound, {**here, "HTTP_COOKIE": "lang=\xe7; carrel=one; carrel=two"})
    with pytest.raises(TurnedAway):
        gate().admit(bound, {**here, "HTTP_COOKIE": "carrel=two; carrel=one"})
