"""Slugs: the readable, unique last part of a page's URL, made from a name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count

from slugify import slugify
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.core.errors import N_, Invalid

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST = 80
FROM_A_NAME = 60  # leaves room for a number at the end


def choose(session: Session, column: InstrumentedAttribute[str], *, wanted: str, name: str) -> str:
    """Return the wanted slug, or if there is none a free slug made from the name.

    Raises Invalid (field `slug`) if the wanted one is malformed or taken.
    """
    if wanted:
        check(wanted)
        if not is_free(session, column, wanted):
            raise Invalid(N_("That address is taken. Choose another one."), field="slug")
        return wanted
    # one statement however many share this name, so that timing doesn't reveal whether it is known
    gone = set(session.scalars(select(column).where(column.startswith(next(_ideas(name))))))
    return next(slug for slug in _ideas(name) if slug not in gone)


def choose_many(
    session: Session, column: InstrumentedAttribute[str], names: Iterable[str]
) -> Mapping[str, str]:
    """Return a free slug for each name, as `choose` does for one, all different."""
    first = {name: next(_ideas(name)) for name in names}
    gone = set(session.scalars(select(column).where(column.in_(set(first.values())))))
    chosen: dict[str, str] = {}
    for name, idea in first.items():
        others = (one for one in _ideas(name) if one not in gone)
        chosen[name] = (
            next(one for one in others if is_free(session, column, one)) if idea in gone else idea
        )
        gone.add(chosen[name])
    return chosen


def check(slug: str) -> None:
    """Raise Invalid (field `slug`) unless this is a valid slug."""
    if len(slug) > LONGEST or not SLUG.fullmatch(slug):
        sentence = N_("Use up to 80 lowercase letters, digits, and single hyphens.")
        raise Invalid(sentence, field="slug")


def is_free(session: Session, column: InstrumentedAttribute[str], slug: str) -> bool:
    """Return whether nothing has this slug yet."""
    return session.scalar(select(column).where(column == slug)) is None


def _ideas(name: str) -> Iterator[str]:
    """Yield slugs for a name: its first words, then also its last words, then with a number."""
    whole = slugify(name) or "untitled"
    # in order: otherwise a later short word, such as the 3 of "Part 3", would fill the remaining
    # space
    first = slugify(whole, max_length=FROM_A_NAME, word_boundary=True, save_order=True)
    last = whole[len(first) + 1 :].split("-")
    while len("-".join(last)) > LONGEST - len(first) - 1:
        last = last[1:]
    longer = (f"{first}-{'-'.join(last)}",) if any(last) else ()
    return chain((first,), longer, (f"{first}-{number}" for number in count(2)))
