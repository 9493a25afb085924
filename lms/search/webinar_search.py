"""Webinar search by words: FTS5 on SQLite, a text index on PostgreSQL.

Call `keep` in the transaction that changes a webinar, a presenter or a series.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnClause,
    Float,
    Function,
    Integer,
    Row,
    Select,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Session

from lms.core.list_queries import gathered
from lms.core.markdown import to_words
from lms.models.catalog import (
    Series,
    Webinar,
    WebinarSeries,
    presenter_names,
)
from lms.models.search import SEARCHED, WebinarWords
from lms.search import spelling

MOST_WORDS = 12
BEGINNING = 3  # the last word can be incomplete from this length on
AT_ONCE = 200
MOST_RANKED = 1000
# Words too frequent to distinguish webinars.
_EVERYWHERE = (
    "a an and are as at be by can do for from has have how i in is it its my of on or our that the "
    "their this to us was we what when where which who will with you your"
)
COMMON = frozenset(_EVERYWHERE.split())

_series = gathered(
    select(Series.title)
    .join_from(WebinarSeries, Series)
    .where(WebinarSeries.webinar_id == Webinar.id)
    .correlate(Webinar)
)
_SOURCES = select(
    Webinar.id,
    Webinar.title,
    Webinar.subtitle,
    Webinar.hosted_by,
    Webinar.summary,
    Webinar.overview,
    Webinar.agenda,
    presenter_names.label("names"),
    _series.label("series"),
)


def keep(session: Session, webinar_ids: Iterable[int]) -> None:
    """Update the index for these webinars, in the caller's transaction."""
    session.flush()
    for some in _portions(webinar_ids):
        # Of two concurrent writers, the second waits and reads what the first changed.
        mine = select(Webinar.id).where(Webinar.id.in_(some)).order_by(Webinar.id)
        session.execute(mine.with_for_update(key_share=True))
        rows = session.execute(_SOURCES.where(Webinar.id.in_(some))).all()
        session.execute(delete(WebinarWords).where(WebinarWords.webinar_id.in_(some)))
        if rows:
            words = [_words_of(row) for row in rows]
            session.execute(insert(WebinarWords), words)
            texts = (each[part] for each in words for part in ("title", "names", "body"))
            spelling.learn(session, (word for each in texts for word in parts_of(str(each))))


def words_in(asked: str) -> tuple[str, ...]:
    """Return the folded words of a query, without very frequent ones."""
    found = parts_of(asked)[:MOST_WORDS]
    telling = tuple(
        word for word in found if word not in COMMON and (len(word) > 1 or word.isdigit())
    )
    return telling or found


def parts_of(written: str) -> tuple[str, ...]:
    """Return every word of a text, folded."""
    return tuple(re.findall(r"[^\W_]+", fold(written)))


def any_hits(words: Sequence[str], dialect: str) -> CTE:
    """Return the webinars that contain any of `words`, as `hits` does: with more of them is better."""
    asked = _fts5(words, " OR ") if dialect == "sqlite" else _tsquery(words, " | ")
    return asked.cte("hits").prefix_with("MATERIALIZED")


def hits(words: Sequence[str], dialect: str) -> CTE:
    """Return the webinars that contain all of `words`, as a table (webinar_id, rank).

    A lower rank is better: a word in the title counts more than one in a name, and that more than
    one in the text. The last word can be incomplete.
    """
    asked = _fts5(words) if dialect == "sqlite" else _tsquery(words)
    # Materialized: SQLite would otherwise search the index once for every webinar.
    return asked.cte("hits").prefix_with("MATERIALIZED")


def fold(written: str) -> str:
    """Return text for comparing words: lower case, without accents."""
    plain = unicodedata.normalize("NFKD", written)
    return "".join(mark for mark in plain if not unicodedata.combining(mark)).casefold()


def _fts5(words: Sequence[str], between: str = " AND ") -> Select[int, float]:
    terms = [f'"{word}"' for word in words]
    if terms and len(words[-1]) >= BEGINNING:
        terms[-1] += " *"
    return (
        select(
            literal_column("rowid", Integer).label("webinar_id"),
            literal_column("bm25(webinar_search, 10.0, 4.0, 1.0)", Float).label("rank"),
        )
        .select_from(text("webinar_search"))
        .where(text("webinar_search MATCH :asked").bindparams(asked=between.join(terms)))
    )


def _tsquery(words: Sequence[str], between: str = " & ") -> Select[int, float]:
    terms = list(words)
    if terms and len(words[-1]) >= BEGINNING:
        terms[-1] += ":*"
    query: Function[Any] = func.to_tsquery(literal_column("'english'"), between.join(terms))
    weights: ColumnClause[Any] = literal_column(
        "setweight(to_tsvector('english', title), 'A') || "
        "setweight(to_tsvector('english', names), 'B')"
    )
    # Ranking is slow, so among very many matches only the newest are ranked.
    place = func.row_number().over(order_by=WebinarWords.webinar_id.desc())
    rank = case((place <= MOST_RANKED, -func.ts_rank(weights, query, type_=Float)), else_=0.0)
    return select(WebinarWords.webinar_id, rank.label("rank")).where(
        literal_column(SEARCHED).op("@@", is_comparison=True)(query)
    )


def _words_of(row: Row[*tuple[Any, ...]]) -> dict[str, object]:
    names = [name for (name,) in (*(row.names or ()), *(row.series or ()))]
    body = (row.subtitle, row.hosted_by, row.summary, to_words(row.overview), row.agenda)
    return {
        "webinar_id": row.id,
        "title": fold(row.title),
        "names": fold(" ".join(names)),
        "body": fold("\n".join(body)),
    }


def _portions(webinar_ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(sorted(set(webinar_ids)))
    while some := list(islice(rest, AT_ONCE)):
        yield some
