import hmac
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.delivery.media_tokens import (
    BadToken,
    ExpiredToken,
    Signer,
    Ticket,
    Use,
    either_network,
    fingerprint,
    is_from,
    is_signed_in,
    network_of,
    redacted,
)

SIGNER = Signer(b"k" * 32)
TICKET = Ticket(
    session="0123456789abcdefghjkmnpqrs",
    prefix="renditions/7zzzzzzzzzzzzzzzzzzzzzzzzz",
    expires=1_800_000_000,
    cookie=fingerprint("cookie"),
    agent=fingerprint("Firefox"),
    network="203.0.113.0/24",
)
TOKEN = SIGNER.sign(TICKET)


def test_a_signed_ticket_is_read_back():
    assert SIGNER.read(TOKEN, 1_799_999_999) == TICKET


def test_unrestricted_ticket_is_read_back():
    ticket = Ticket("s", "renditions/v", 2_000_000_000)
    assert SIGNER.read(SIGNER.sign(ticket), 0) == ticket


@pytest.mark.parametrize("use", Use)
def test_use_of_a_ticket_is_read_back(use):
    ticket = replace(TICKET, use=use)
    assert SIGNER.read(SIGNER.sign(ticket), 0) == ticket


@pytest.mark.parametrize("use", Use)
def test_request_without_a_cookie_is_accepted_only_for_any_use(use):
    ticket = replace(TICKET, use=use)
    assert is_signed_in(("cookie",), ticket)
    assert is_signed_in(("another", "cookie"), ticket)
    assert not is_signed_in(("another",), ticket)
    assert is_signed_in((), ticket) is (use is Use.ANY)


@pytest.mark.parametrize(
    ("former", "network", "either"),
    [
        ("203.0.113.0/24", "198.51.100.0/24", "198.51.100.0/24"),
        ("203.0.113.0/24", "2001:db8:7::/48", "203.0.113.0/24_2001:db8:7::/48"),
        ("2001:db8:7::/48", "203.0.113.0/24", "2001:db8:7::/48_203.0.113.0/24"),
        ("", "203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.113.0/24", "", ""),
    ],
)
def test_ticket_works_in_one_network_of_each_address_family(former, network, either):
    assert either_network(former, network) == either
    ticket = replace(TICKET, network=either)
    assert SIGNER.read(SIGNER.sign(ticket), 0) == ticket
    assert is_from(network, ticket)
    assert is_from("192.0.2.0/24", ticket) is (either == "")


def test_token_is_short_and_safe_in_a_path():
    assert set(TOKEN) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert len(TOKEN) < 300


def test_token_is_refused_from_the_second_it_expires():
    with pytest.raises(ExpiredToken):
        SIGNER.read(TOKEN, 1_800_000_000)


def test_token_signed_with_another_key_is_refused():
    with pytest.raises(BadToken):
        SIGNER.read(Signer(b"j" * 32).sign(TICKET), 0)


def test_former_key_still_reads_tokens_but_signs_none():
    accepted = [b"j" * 32]
    former, changed = Signer(b"j" * 32), Signer(b"k" * 32, lambda: accepted)
    assert changed.read(former.sign(TICKET), 0) == TICKET
    assert changed.sign(TICKET) == SIGNER.sign(TICKET)
    accepted.clear()
    with pytest.raises(BadToken):
        changed.read(former.sign(TICKET), 0)


def test_signature_made_with_the_plain_key_is_refused():
    head = TOKEN.partition(".")[0].encode()
    forged = urlsafe_b64encode(hmac.digest(b"k" * 32, head, "sha256")).rstrip(b"=")
    with pytest.raises(BadToken):
        SIGNER.read(f"{head.decode()}.{forged.decode()}", 0)


def test_every_altered_character_is_refused():
    for place in range(len(TOKEN)):
        other = "A" if TOKEN[place] != "A" else "B"
        with pytest.raises(BadToken):
            SIGNER.read(TOKEN[:place] + other + TOKEN[place + 1 :], 0)


def test_every_shortened_or_lengthened_token_is_refused():
    for place in range(len(TOKEN)):
        with pytest.raises(BadToken):
            SIGNER.read(TOKEN[:place], 0)
    for more in ("A", "=", ".", "\n", "%"):
        with pytest.raises(BadToken):
            SIGNER.read(TOKEN + more, 0)


@given(st.text(max_size=400))
def test_any_other_text_is_refused(text):
    with pytest.raises(BadToken):
        SIGNER.read(text, 0)


@pytest.mark.parametrize(
    "ticket",
    [
        Ticket("", "renditions/v", 1),
        Ticket("s|x", "renditions/v", 1),
        Ticket("s", "", 1),
        Ticket("s", "/renditions", 1),
        Ticket("s", "renditions/../originals", 1),
        Ticket("s", "renditions/v/", 1),
        Ticket("s", "renditions/v", 1, cookie="a|b"),
        Ticket("s", "renditions/v", 1, agent="Mozilla/5.0 (X11)"),
    ],
)
def test_unencodable_ticket_is_refused(ticket):
    with pytest.raises(ValueError, match="plain words"):
        SIGNER.sign(ticket)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(b"short")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_network_of_an_address_is_found(address, network):
    assert network_of(address) == network


def test_fingerprint_is_different_for_different_texts():
    assert fingerprint("a") != fingerprint("b")
    assert fingerprint("a") == fingerprint("a")
    assert len(fingerprint("Mozilla/5.0")) == 32


def test_redacted_path_does_not_show_the_token():
    for place in ("/media/", "/playback/"):
        shown = redacted(f"GET {place}{TOKEN}/run/master.m3u8?x=1 HTTP/1.1")
        assert TOKEN not in shown
        assert shown.startswith(f"GET {place}~")
        assert shown.endswith("/run/master.m3u8?x=1 HTTP/1.1")


def test_same_token_has_the_same_hash_in_logs():
    assert redacted(f"/media/{TOKEN}/a") == redacted(f"/media/{TOKEN}/a")
    assert redacted("/webinars/media-literacy") == "/webinars/media-literacy"
