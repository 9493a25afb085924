"""Price evidence: whether the prices, being free, and the passes of a webinar are beyond doubt."""

import re
from collections import Counter
from typing import Final

from lms.announcement_parser.agenda_evidence import NUMBERED
from lms.announcement_parser.draft import Reading
from lms.announcement_parser.plain_lines import blocks
from lms.announcement_parser.prices import (
    amounts_in,
    is_about_passes,
    is_included_in_passes,
    is_left_out_of_passes,
    is_sold,
    prices_in,
)

_MOST_TIMES: Final = 20  # the lowest price, which the highest one is at most
_LONGEST_WORDS: Final = 20  # of a price in words that don't say what it is for
# Words of a price, which has to be among those that were read.
_PRICED: Final = re.compile(r"\b(?:price|cost|fee|tuition)", re.IGNORECASE)
_NO_PRICE: Final = re.compile(
    r"\b(?:presenters?|speakers?|honorari\w+|budgets?|stipends?|deposits?|refund\w*|reimburs\w+|donat\w+|grants?)\b",
    re.IGNORECASE,
)
_AMOUNT_FIRST: Final = re.compile(
    r"\W*(?:(?:only|just|from|all for) )?(?:[$\u20ac\u00a3]|[A-Z]{3} )\s?\d", re.IGNORECASE
)
# An amount without its sign: `99 bucks`, `Fee: 45`, `FEE .... 45`.
_UNSIGNED: Final = re.compile(
    r"\b(?:bucks|dollars|USD)\b|\b(?:price|cost|fee|tuition|admission)s?\W{1,40}\d{1,4}(?:\.\d\d)?(?![\d:/%]|\s*(?:[ap]\.?m|min|hour|people|seat))",
    re.IGNORECASE,
)
_FREE: Final = re.compile(
    r"(?<![\w-])free\b(?!-)|\b(?:no|without|zero)[- ](?:charge|cost|fee)|\bcomplimentary\b|\bgratis\b|\bgratuit|\bsin costo\b"
    r"|[:.=]\s*(?:none|nothing)\b|^\W*(?:none|nothing)\W*$|\bwaive|\bpays\b|\bnothing is due\b|\bcourtesy of\b|\bthanks to (?:an?|the|our|federal)\b|\bfunded by\b|\bnothing to pay\b|\b(?:pays?|costs?|for|owe) nothing\b|[$\u20ac\u00a3]\s?0(?![\d.,]*[1-9])",
    re.IGNORECASE,
)
# `feel free`, `free speech`: not about a price.
_NOT_PRICED: Final = re.compile(
    r"[\"\u201c]free[\"\u201d]|\b(?:feel|toll|set|\w+s) free\b(?! (?:for|of|to))|\bfree (?:speech|expression|time|hand|will|up|from)\b|\bfree of (?!charge|cost)"
    r"|\bfree to (?!attend|join|register|all|any|every|libr|members|staff|the public)",
    re.IGNORECASE,
)
_FOR_SOME: Final = re.compile(
    r"\b(?:pass(?:es)?|members?|member libraries|others?|else|except|only|if|first|resident|subscribers?|non\w*)\b",
    re.IGNORECASE,
)


def are_prices_sure(read: Reading) -> bool:
    """Return whether the text has no other amount, and each is in words about a price, and in one place."""
    prices = read.draft.prices
    counted = Counter(amount for price in prices for amount in price.amounts)
    is_said = bool(prices) or _PRICED.search(read.source)
    if read.draft.is_of_several or (is_said and not counted and not read.draft.is_free):
        return False
    is_clear = all(_is_of_price(price.words) for price in prices if price.amounts)
    told = [set(amounts_in(" ".join(block))) for block in blocks(read.lines)]
    is_more = counted.total() > sum(len([*amounts_in(line)]) for line in read.lines)
    sums = [amount.minor for amount in counted]
    is_like = not sums or max(sums) <= _MOST_TIMES * min(filter(None, sums), default=0)
    is_once = all(
        times == 1 or sum(amount in one for one in told) == 1 for amount, times in counted.items()
    )
    return is_clear and is_once and is_like and not is_more and not _lines_of_other_amounts(read)


def _is_of_price(words: str) -> bool:
    """Return whether words with an amount say what something costs, and aren't any short sentence with one."""
    if _NO_PRICE.search(words):
        return False
    is_short = len(words.split()) <= _LONGEST_WORDS and not re.search(NUMBERED, words)
    is_sentence = words[-1] in ".!?" and not _AMOUNT_FIRST.match(words)
    return is_sold(words) or (is_short and not is_sentence)


def lines_of_amounts(read: Reading) -> list[str]:
    """Return the lines with amounts that may not be prices, or else all that may be about prices."""
    return _lines_of_other_amounts(read) or [
        line for line in read.lines if any(amounts_in(line)) or _PRICED.search(line)
    ]


def _lines_of_other_amounts(read: Reading) -> list[str]:
    """Return the lines with amounts that weren't read as prices."""
    known = {amount for price in read.draft.prices for amount in price.amounts}
    return [
        line
        for line in read.source.splitlines()
        if not known.issuperset(amounts_in(line))
        or (not any(prices_in(line)) and _UNSIGNED.search(line))
    ]


def is_free_sure(read: Reading, said: list[str]) -> bool:
    """Return whether it is free without a condition, or has a price, or nothing says that it's free."""
    amounts = {amount.minor for one in said for amount in amounts_in(one)}
    free = sentences_of_free(said)
    if read.draft.is_free:
        return not any(amounts) and not any(map(_FOR_SOME.search, free))
    if any(price.amounts for price in read.draft.prices):
        return 0 not in amounts and all(
            _FOR_SOME.search(one) or any(amounts_in(one)) for one in free
        )
    return not free


def may_be_free(read: Reading) -> bool:
    """Return whether a text without prices says in any way that the webinar is free for everyone."""
    free = sentences_of_free(read.said)
    has_amounts = any(any(amounts_in(line)) for line in read.source.splitlines())
    return bool(free) and not has_amounts and not any(map(_FOR_SOME.search, free))


def sentences_of_free(said: list[str]) -> list[str]:
    """Return the sentences that may say that the webinar is free."""
    return [one for one in said if _FREE.search(_NOT_PRICED.sub(" ", one))]


def sentences_of_passes(said: list[str]) -> list[str]:
    """Return the sentences and lines about passes."""
    return [one for one in said if is_about_passes(one)]


def are_passes_sure(said: list[str]) -> bool:
    """Return whether each sentence about passes says the same: included, excluded, or what passes cost."""
    left_out = {is_left_out_of_passes(one) for one in said}
    passes = sentences_of_passes(said)
    included = [one for one in passes if is_included_in_passes(one)]
    is_clear = None not in left_out and not (True in left_out and included)
    told = (is_left_out_of_passes(one) or one in included or any(amounts_in(one)) for one in passes)
    return is_clear and all(told)
