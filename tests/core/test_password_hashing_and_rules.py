"""Passwords: strong hashes, constant-time checks, and no easily guessed ones."""

import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher, extract_parameters

from lms.core import password_hashing_and_rules
from lms.core.errors import Invalid
from lms.core.password_hashing_and_rules import (
    MEMORY_KIB,
    PASSES,
    Right,
    Wrong,
    check_new_password,
    check_password,
    hash_password,
)

pytestmark = pytest.mark.usefixtures("slow_sign_ins")

GOOD = "a quiet corner table"


def test_password_is_stored_as_argon2id_at_the_current_strength() -> None:
    kept = extract_parameters(hash_password(GOOD))
    assert (kept.type.name, kept.memory_cost, kept.time_cost) == ("ID", MEMORY_KIB, PASSES)


def test_correct_password_matches_and_another_does_not() -> None:
    kept = hash_password(GOOD)
    assert check_password(kept, GOOD) == Right(outdated=False)
    assert check_password(kept, GOOD + "s") == Wrong()


def test_password_typed_on_another_keyboard_matches() -> None:
    assert check_password(hash_password("cafe\u0301 au coin"), "caf\u00e9 au coin") == Right(
        outdated=False
    )


def test_weaker_hash_matches_but_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    assert check_password(weak, GOOD) == Right(outdated=True)


@pytest.mark.parametrize("kept", ["", "!", "plain text", "$argon2id$v=19$broken"])
def test_invalid_hash_matches_no_password(kept: str) -> None:
    assert check_password(kept, kept) == Wrong()


def test_missing_hash_matches_no_password() -> None:
    assert check_password(None, GOOD) == Wrong()
    assert check_password(None, "") == Wrong()


def test_placeholder_hash_has_the_usual_strength() -> None:
    nobodys = extract_parameters(password_hashing_and_rules.NOBODYS)
    assert extract_parameters(hash_password(GOOD)) == nobodys


def test_check_without_a_hash_takes_the_same_work() -> None:
    kept = hash_password(GOOD)
    real = min(_cpu(lambda: check_password(kept, "wrong")) for _ in range(3))
    none = min(_cpu(lambda: check_password(None, "wrong")) for _ in range(3))
    assert 0.5 < none / real < 2


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "nine char",
        "x" * 257,
        "aaaaaaaaaaaa",
        "abababababab",
        "1234567890",
        "0987654321",
        "abcdefghijkl",
        "qwertyuiop",
        "Password123!",
        "P@ssw0rd2026",
        "Welcome2026!",
        "Library2026!!",
        "administrator",
        "dewey.decimal",
        "Deweydewey1",
    ],
)
def test_guessable_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_new_password(password, email="dewey.decimal@example.org", name="Dewey Decimal")
    assert list(refused.value.fields) == ["password"]


@pytest.mark.parametrize(
    "password", [GOOD, "correct horse battery staple", "Zq7)vJ2-mX0p", "密码密码图书馆员工入口"]
)
def test_good_password_is_accepted(password: str) -> None:
    check_new_password(password, email="dewey@example.org", name="Dewey Decimal")


def _cpu(act: Callable[[], object]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before
