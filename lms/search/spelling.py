"""Spelling: the words of webinars and passages, and those closest to a mistyped one."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice, product
from typing import Final

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.models.search import LONGEST_WORD, SearchWord

SHORTEST: Final = 4  # shorter words resemble too many others
ALIKE: Final = 0.75  # of 1.0, by difflib
MOST_ALIKE: Final = 3  # words tried for each unknown one
MOST_UNKNOWN: Final = 3
MOST_TRIED: Final = 6
AT_ONCE: Final = 500
LEARNED: Final = "search_words"  # key of the session's words


def learn(session: Session, words: Iterable[str]) -> None:
    """Store the folded words that are not known yet, when the caller's transaction commits.

    They stay when their text goes, because a correction that finds nothing is never shown.
    """
    if LEARNED not in session.info:
        session.info[LEARNED] = set[str]()
        event.listen(session, "before_commit", _store_learned)
    session.info[LEARNED].update(word for word in words if _counts(word))


def _store_learned(session: Session) -> None:
    if session.in_nested_transaction():
        return  # only a savepoint, which can still be undone
    # Last and in one order, so that two writers of the same words wait for each other in turn.
    session.flush()
    words: set[str] = session.info[LEARNED]
    wanted = iter(sorted(words))
    words.clear()
    while some := list(islice(wanted, AT_ONCE)):
        known = _known(session, some)
        new = [word for word in some if word not in known]
        if new:
            put = insert_into(session, SearchWord).on_conflict_do_nothing()
            session.execute(
                put, [{"word": word, "head": word[0], "letters": len(word)} for word in new]
            )


def corrections(session: Session, words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield other spellings of a query, the closest first; none if each of its words is known."""
    known = _known(session, words)
    unknown = [word for word in dict.fromkeys(words) if _counts(word) and word not in known]
    others = {word: _closest(session, word) for word in unknown[:MOST_UNKNOWN]}
    spelled = product(*(others.get(word) or (word,) for word in words))
    yield from islice((each for each in spelled if each != tuple(words)), MOST_TRIED)


def _counts(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST_WORD and word.isalpha()


def _known(session: Session, words: Sequence[str]) -> frozenset[str]:
    return frozenset(session.scalars(select(SearchWord.word).where(SearchWord.word.in_(words))))


def _closest(session: Session, word: str) -> tuple[str, ...]:
    """Return the known words that differ least from this one: people rarely miss the first letter."""
    lengths = range(len(word) - 1, len(word) + 2)
    near = session.scalars(
        select(SearchWord.word).where(SearchWord.head == word[0], SearchWord.letters.in_(lengths))
    )
    measure = SequenceMatcher(b=word)
    ranked = []
    for other in near:
        measure.set_seq1(other)
        if measure.quick_ratio() >= ALIKE and (share := measure.ratio()) >= ALIKE:
            # Of words equally close, one with the same letters: they were typed in another order.
            ranked.append((-share, sorted(other) != sorted(word), other))
    return tuple(other for *_ranks, other in sorted(ranked)[:MOST_ALIKE])
