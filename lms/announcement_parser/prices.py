"""Prices in an announcement, in US and European notation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from babel.numbers import get_currency_precision

from lms.pricing.price_list import say_money

_SIGNS: Final = {"$": "USD", "US$": "USD", "\u20ac": "EUR", "\u00a3": "GBP"}
_WORDS: Final = {"dollars": "USD", "euros": "EUR", "pounds": "GBP"}
_CODES: Final = "USD|EUR|GBP|CAD|AUD|NZD|CHF"
_FIGURES: Final = r"\d(?:[\d,.]*\d)?"
_LONGEST: Final = 20  # figures of an amount; longer numbers are ignored
_MOST: Final = Decimal(10_000)  # a higher amount is a grant or a budget, and no price
_MONEY: Final = re.compile(
    rf"(?<!\bnot )(?P<sign>US\$|[$\u20ac\u00a3])\s?(?P<behind_sign>{_FIGURES})"
    rf"|\b(?P<code>{_CODES})\s?(?P<behind_code>{_FIGURES})"
    rf"|(?<![\w.,])(?P<first>{_FIGURES})\s?"
    rf"(?:(?P<code_last>{_CODES})\b|(?P<sign_last>\u20ac)|(?P<word>dollars|euros|pounds)\b)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money, in minor units of `currency`."""

    minor: int
    currency: str

    @property
    def said(self) -> str:
        """Return it formatted: `$99.00`."""
        return say_money(self.minor, self.currency)


def amounts_in(text: str) -> Iterator[Amount]:
    """Yield the amounts in a text: `$1,299.50`, `EUR 99`, `1.299,50 €`, `99 dollars`."""
    return (amount for _found, amount in _money_in(text))


def _money_in(text: str) -> Iterator[tuple[re.Match[str], Amount]]:
    for found in _MONEY.finditer(text):
        currency = (
            _SIGNS.get(found["sign"] or found["sign_last"] or "")
            or found["code"]
            or found["code_last"]
            or _WORDS[found["word"]]
        )
        figures = found["behind_sign"] or found["behind_code"] or found["first"]
        value = _decimal(figures) if len(figures) <= _LONGEST else _MOST
        if value < _MOST:
            yield found, Amount(int(value.scaleb(get_currency_precision(currency))), currency)


def _decimal(figures: str) -> Decimal:
    cents = re.search(r"[.,](\d{1,2})$", figures)
    whole = figures[: cents.start()] if cents else figures
    return Decimal(re.sub(r"\D", "", whole) + (f".{cents[1]}" if cents else ""))


# Words around an amount that isn't asked for the webinar: `under $400`, `worth $50`, `save $20`, `$10 off`.
_NO_PRICE_BEFORE: Final = re.compile(
    r"\b(?:save|saves|saving|worth|under|below|over|above|up to|more than|less than|fewer than|budgets? of|grants? of|fines? of"
    r"|raised|won|win|spent|was|were|instead of|take|takes|off|my (?:fee|rate) is|honorarium (?:of|is)|discount of|credit of|costs? (?:the|an?|us|you|your) [\w -]{1,60}?)\s*(?:of |to )?$",
    re.IGNORECASE,
)
_NO_PRICE_BEHIND: Final = re.compile(
    r"\s*(?:an hour\b|per hour\b|off\b|discount|(?:in|of) (?:damages|fines|grants?|funding|value)\b|million|billion|(?:gift )?card\b"
    r"|(?:grant|fine|budget|scholarship|stipend|refund|prize)s?\b)",
    re.IGNORECASE,
)


def prices_in(text: str) -> Iterator[Amount]:
    """Yield the amounts in a text that can be the price of a webinar."""
    for found, amount in _money_in(text):
        before, behind = text[max(0, found.start() - 80) : found.start()], text[found.end() :]
        if not (_NO_PRICE_BEFORE.search(before) or _NO_PRICE_BEHIND.match(behind)):
            yield amount


_PASSES: Final = re.compile(
    r"\ball[- ]access\b|\bno passes\b|\bpass(?:es|[- ]?holders?)?\b(?!\s+(?:on|out|away|by|it|them|for)\b)"
    r"|\bmemberships?\b|\bsubscriptions?\b",
    re.IGNORECASE,
)
_IS_FREE: Final = re.compile(
    r"\b(?:webinar|panel|session|event|program|discussion|registration|attendance|admission|it|this)"
    r"(?: is|'s|\u2019s) (?:completely |entirely |always )?free\b(?! (?:of|from) (?!charge|cost))"
    r"|^\W*free(?=\s*(?:[.!,;/]|$))|\bfree to (?:attend|join|register)\b|\bfree of (?:charge|cost)\b|\b(?:no|without) (?:charge|cost|fee)\b|\bat no (?:charge|cost)\b"
    r"|\bfree (?:live |online |virtual |public |\w+-(?:hour|minute) )*(?:webinar|workshop|event|session"
    r"|training|registration|program|panel)\b|\b(?:attend|register|join us)\b.{0,30}\bfor free\b"
    r"|\bfree (?:for|to) (?:all|any|every|everyone|librar|members|staff|the public)",
    re.IGNORECASE,
)
_ASKED_FOR: Final = re.compile(
    r"\bregistrations?\b|\bper (?:person|seat|login|attendee|participant|site)\b|\beach\b|\bfees?\b|\bcosts?\b|\bprices?\b"
    r"|\btickets?\b|\bmembers?\b|\brates?\b|\btuition\b|\bgroups?\b",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"\bnot\b|n['\u2019]t\b|\bnever\b|\bcannot\b|\bexclu|\bexcept|\bno pass|\bsold separately"
    r"|\bask (?:us|me)\b|\bwhether\b|\bsome (?:of )?(?:our )?pass|(?::|\s{2})\s*no(?:ne)?\b(?! (?:charge|cost|fee))",
    re.IGNORECASE,
)
_INCLUDED: Final = re.compile(
    r"\bfree\b|\binclud\w+|\bcover(?:s|ed)?\b|\b(?:no|without) (?:\w+ )?(?:charge|cost|fee)\b|\bgood for\b|\bvalid\b|\baccept|\bappl(?:y|ies)\b"
    r"|\bpay nothing\b|\bcomes? with\b|\bunlimited\b|\bwelcome\b",
    re.IGNORECASE,
)
_LEFT_OUT: Final = re.compile(
    r"(?:\bnot\b|n['\u2019]t\b|\bnever\b|\bcannot\b).{0,60}?\b(?:part of|include|including|cover|valid|appl|eligible"
    r"|good for|accept|honored|be used)|\bexcluded\b|\bsold separately|\bseparate(?:ly)? from"
    r"|^[\w -]*\b(?:all[- ]access|pass)\b[\w -]*:\s*(?:no|none|not|excluded)\b"
    r"(?! (?:charge|cost|fee))",
    re.IGNORECASE,
)


def is_about_passes(sentence: str) -> bool:
    """Return whether a sentence mentions passes."""
    return bool(_PASSES.search(sentence))


def is_about_price(sentence: str) -> bool:
    """Return whether a sentence has an amount or says that the webinar is free, or mentions passes."""
    return any(prices_in(sentence)) or bool(_IS_FREE.search(sentence)) or is_about_passes(sentence)


def is_sold(sentence: str) -> bool:
    """Return whether a sentence of a text says what the webinar costs, or mentions passes."""
    return is_asked_for(sentence) or is_said_free(sentence) or is_about_passes(sentence)


def is_said_free(text: str) -> bool:
    """Return whether a text says that the webinar is free."""
    return bool(_IS_FREE.search(text))


def is_asked_for(sentence: str) -> bool:
    """Return whether a sentence with an amount says what something of the webinar costs."""
    return bool(_ASKED_FOR.search(sentence)) and any(prices_in(sentence))


def is_included_in_passes(sentence: str) -> bool:
    """Return whether a sentence says that passes include a webinar."""
    return (
        is_about_passes(sentence) and not _NO.search(sentence) and bool(_INCLUDED.search(sentence))
    )


def is_left_out_of_passes(sentence: str) -> bool | None:
    """Return whether a sentence excludes a webinar from passes; None if it may mean that."""
    if not is_about_passes(sentence) or not _NO.search(sentence):
        return False
    return True if _LEFT_OUT.search(sentence) else None
