"""Readers' pages in the pseudo-locale: every text of ours changes, so none is hard-coded."""

import re

import pytest

from tests.languages.page_texts import texts_of
from tests.languages.pseudo_locale import accented, use_pseudo_locale
from tests.languages.texts import ROOT, is_covered

FOR_EVERYONE = (
    "/",
    "/webinars",
    "/webinars?q=nothing",
    "/webinars/reading-rooms",
    "/passes",
    "/purchasing",
    "/purchasing/quote",
    "/purchasing/security",
    "/cart",
    "/sign-in",
    "/sign-in/code",
    "/sign-up",
    "/forgotten-password",
    "/ask",
    "/accessibility",
    "/privacy",
    "/verify/0000000000000000000000000z",
    "/no-such-page",
)
FOR_ALICE = (
    "/library",
    "/webinars/reading-rooms",
    "/webinars/reading-rooms/watch",
    "/webinars/reading-rooms/notes",
    "/account",
    "/account/details",
    "/account/email",
    "/account/password",
    "/account/security",
    "/account/browsers",
    "/account/data",
    "/account/orders",
    "/account/seen",
    "/certificates",
    "/training",
)


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture(scope="module")
def written() -> str:
    """Return all text in the readers' templates."""
    paths = (ROOT / "templates").rglob("*.html")
    return "\n".join(
        " ".join(path.read_text(encoding="utf-8").split())
        for path in paths
        if is_covered(str(path.relative_to(ROOT)))
    )


def hard_coded(client, paths, written: str) -> list[tuple[str, str]]:
    """Return the texts that the pseudo-locale leaves unchanged, though a template contains them."""
    found = []
    for path in paths:
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code < 500, path
        assert '<html lang="es-US">' in answer.text, path
        unchanged = {text for text in texts_of(answer.text) if "[" not in text}
        found += [
            (path, text) for text in unchanged if re.search(rf">\s*{re.escape(text)}\s*<", written)
        ]
    return found


def test_accented_text_is_longer_and_keeps_its_placeholders() -> None:
    text = accented("%(num)s of {n} seats, 90%%")
    assert len(text) > len("%(num)s of {n} seats, 90%%") * 1.3
    assert all(each in text for each in ("%(num)s", "{n}", "%%"))


def test_readers_pages_have_no_hard_coded_text(client, cast, written, monkeypatch) -> None:
    use_pseudo_locale(monkeypatch)
    client.get("/language/es-US")
    assert hard_coded(client, FOR_EVERYONE, written) == []
    client.sign_in(cast.alice.id)
    assert hard_coded(client, FOR_ALICE, written) == []
