"""Search passages: captions, slides, and pages of webinars, indexed and found.

A source of texts with a time or page stores them with `keep`, in the transaction that changes the
source, and deletes them with `drop`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Function,
    Select,
    Subquery,
    Text,
    any_,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session

from lms.models.catalog import Webinar
from lms.models.search import WEBINAR_BITS, Passage, PassageKind
from lms.search import spelling
from lms.search.marked_sentences import Part, marked, plain, stem
from lms.search.webinar_search import BEGINNING, parts_of
from lms.search.webinar_search import hits as written_hits

PIECE_S: Final = 30.0
PIECE_LETTERS: Final = 700
# For a very frequent word, only this many passages are searched.
MOST_HITS: Final = 20_000
LOOKED_AT: Final = 20
QUOTED: Final = 3


@dataclass(frozen=True, slots=True)
class Source:
    """A source of passages: `id` is the public ID of the captions, handout or recording."""

    webinar_id: int
    kind: PassageKind
    id: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some sentences; `starts_s` is in seconds of the recording, `page` counts from 1."""

    text: str
    starts_s: float | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage as search results show it."""

    kind: PassageKind
    source: str
    language: str
    starts_s: float | None
    page: int | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Quotes:
    """The best passages of a webinar, in order, and how many more there are (at least)."""

    best: tuple[Quote, ...]
    more: int


def keep(session: Session, source: Source, pieces: Iterable[Piece]) -> None:
    """Replace the passages of a source, in the caller's transaction."""
    drop(session, source.id)
    # Locked, because two writers of one webinar would use the same IDs.
    session.execute(select(Webinar.id).where(Webinar.id == source.webinar_id).with_for_update())
    first = source.webinar_id << WEBINAR_BITS
    last = session.scalar(select(func.max(Passage.id)).where(*of_webinar(source.webinar_id)))
    number = first if last is None else last + 1
    rows = [
        {
            "id": number + place,
            "webinar_id": source.webinar_id,
            "kind": source.kind,
            "source": source.id,
            "language": source.language,
            "starts_s": piece.starts_s,
            "page": piece.page,
            "text": piece.text,
        }
        for place, piece in enumerate(each for each in pieces if each.text)
    ]
    if rows:
        session.execute(insert(Passage), rows)
        spelling.learn(session, (word for row in rows for word in parts_of(str(row["text"]))))


def drop(session: Session, source_id: str) -> None:
    """Delete the passages of a source."""
    session.flush()
    session.execute(delete(Passage).where(Passage.source == source_id))


def pieces_of(lines: Iterable[tuple[float, str]]) -> Iterable[Piece]:
    """Group spoken lines, given with their seconds, into passages of about 30 seconds."""
    begun, said, letters = 0.0, list[str](), 0
    for starts, line in lines:
        if said and (starts - begun >= PIECE_S or letters >= PIECE_LETTERS):
            yield Piece(" ".join(said), starts_s=begun)
            said, letters = [], 0
        if not said:
            begun = starts
        said.append(line)
        letters += len(line)
    if said:
        yield Piece(" ".join(said), starts_s=begun)


def hits(words: Sequence[str], dialect: str) -> CTE:
    """Return the webinars with passages that contain all of `words`.

    A table (webinar_id, passages, first): the number of passages of each, and the first of them for
    `quote`, NULL on SQLite.
    """
    found = _found(words, dialect).subquery("said")
    whose = _webinar_of(found.c.id)
    counted = select(
        whose.label("webinar_id"),
        func.count().label("passages"),
        _first(found.c.id, dialect).label("first"),
    )
    return counted.group_by(whose).cte("spoken").prefix_with("MATERIALIZED")


def hits_anywhere(words: Sequence[str], dialect: str) -> Subquery:
    """Return the webinars of all matches: (webinar_id, rank, first), where a lower rank is better.

    Webinars with the words in title, names or text come before those that only mention them in
    passages, and of these the ones with more passages.
    """
    written, spoken = written_hits(words, dialect), hits(words, dialect)
    both = union_all(
        select(written.c.webinar_id, written.c.rank, cast(null(), Text).label("first")),
        select(spoken.c.webinar_id, (1.0 / spoken.c.passages).label("rank"), spoken.c.first),
    ).subquery("everywhere")
    best = select(
        both.c.webinar_id,
        func.min(both.c.rank).label("rank"),
        func.max(both.c.first).label("first"),
    )
    return best.group_by(both.c.webinar_id).subquery("hits")


def quote(
    session: Session, words: Sequence[str], webinars: Mapping[int, str | None]
) -> Mapping[int, Quotes]:
    """Return the best passages of each of these webinars that contain all of `words`.

    Each webinar comes with its `first` of `hits`. Show the result only to people whom the policy
    admits, because it quotes protected content.
    """
    rows: dict[int, list[Any]] = {}
    for row in _passages(session, words, webinars):
        rows.setdefault(row.webinar_id, []).append(row)
    return {webinar_id: _best(found, words) for webinar_id, found in rows.items()}


def _found(words: Sequence[str], dialect: str) -> Select[int]:
    """Return the IDs of passages with all of `words`: on SQLite the newest, from the index alone."""
    if dialect != "sqlite":
        said = func.passages_said(_query(words), MOST_HITS, type_=BigInteger).column_valued("said")
        return select(said.label("id"))
    return (
        select(literal_column("rowid", BigInteger).label("id"))
        .select_from(text("passage_search"))
        .where(text("passage_search MATCH :said").bindparams(said=_fts5(words)))
        .order_by(literal_column("rowid").desc())
        .limit(MOST_HITS)
    )


def _first(passage_id: ColumnElement[int], dialect: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return null()
    ordered = aggregate_order_by(passage_id, passage_id)
    all_of_them = func.array_agg(ordered, type_=ARRAY(BigInteger))
    return func.array_to_string(all_of_them[1:LOOKED_AT], " ")


def _webinar_of(passage_id: ColumnElement[int]) -> ColumnElement[int]:
    return passage_id.op(">>")(literal_column(str(WEBINAR_BITS)))


def _passages(
    session: Session, words: Sequence[str], webinars: Mapping[int, str | None]
) -> Iterable[Any]:
    if not words or not webinars:
        return []
    asked = select(
        Passage.webinar_id,
        Passage.kind,
        Passage.source,
        Passage.language,
        Passage.starts_s,
        Passage.page,
        Passage.text,
    ).order_by(Passage.id)
    dialect = session.get_bind().dialect.name
    if dialect != "sqlite":
        known = [int(one) for first in webinars.values() for one in (first or "").split()]
        # One array, because rendering hundreds of parameters takes longer than the lookup.
        these = any_(literal(known, ARRAY(BigInteger)))
        return session.execute(asked.where(Passage.id == these)).all()
    # One search for all webinars, because collecting a word prefix is expensive.
    said = _found(words, dialect).cte("said").prefix_with("MATERIALIZED")
    whose = _webinar_of(said.c.id)
    place = func.row_number().over(partition_by=whose, order_by=said.c.id)
    numbered = (
        select(said.c.id, place.label("place")).where(whose.in_(webinars)).subquery("numbered")
    )
    asked = asked.join(numbered, numbered.c.id == Passage.id).where(numbered.c.place <= LOOKED_AT)
    return session.execute(asked).all()


def _best(rows: Sequence[Any], words: Sequence[str]) -> Quotes:
    stems = {stem(word) for word in words}
    # What is said comes before what slides show, which is rarely a sentence.
    told = [
        (_share(row.text, stems), row.kind != PassageKind.TRANSCRIPT, place, row)
        for place, row in enumerate(rows)
    ]
    best_first = sorted(told, key=lambda each: (-each[0], *each[1:3]))
    chosen = sorted(best_first[:QUOTED], key=lambda each: each[1:3])
    best = tuple(
        Quote(
            PassageKind(row.kind),
            row.source,
            row.language,
            row.starts_s,
            row.page,
            marked(row.text, words),
        )
        for *_, row in chosen
    )
    return Quotes(best, len(rows) - len(best))


def _share(passage: str, stems: Iterable[str]) -> int:
    """Return roughly how often a passage contains the words, for choosing quotations."""
    words = plain(passage)
    return sum(words.count(each) for each in stems)


def of_webinar(webinar_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a passage belongs to a webinar."""
    first = webinar_id << WEBINAR_BITS
    return (Passage.id >= first, Passage.id < first + (1 << WEBINAR_BITS))


def _fts5(words: Sequence[str]) -> str:
    terms = [f'"{word}"' for word in words]
    if terms and len(words[-1]) >= BEGINNING:
        terms[-1] += " *"
    return " AND ".join(terms)


def _query(words: Sequence[str]) -> Function[Any]:
    terms = list(words)
    if terms and len(words[-1]) >= BEGINNING:
        terms[-1] += ":*"
    return func.to_tsquery(literal_column("'english'"), " & ".join(terms))
