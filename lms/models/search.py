"""Tables of the search index: webinar words, passages, and the words of both."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base

# Only PostgreSQL has it; a query must repeat the expression exactly to use the index.
SEARCHED = "to_tsvector('english', title || ' ' || names || ' ' || body)"

SAID = "to_tsvector('english', regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]', '', 'g'))"
# The upper bits of a passage's id are its webinar's id, so that an index of words alone finds the
# webinars.
WEBINAR_BITS = 20
LONGEST_WORD = 24


class PassageKind(StrEnum):
    """Where a passage comes from."""

    TRANSCRIPT = "transcript"
    HANDOUT = "handout"
    SLIDE = "slide"


class WebinarWords(Base, kw_only=True):
    """The words of a webinar: its title, presenters, series, and text.

    They are normalized (lower case, no accents, no Markdown) and written only by
    `lms.search.webinar_search`. On SQLite the index is the FTS5 table `webinar_search` over these rows,
    updated by triggers; both exist only in the migration. Rebuilding this table would drop the
    triggers.
    """

    __tablename__ = "webinar_words"
    __table_args__ = (
        Index("ix_webinar_words_searched", text(SEARCHED), postgresql_using="gin").ddl_if(
            dialect="postgresql"
        ),
    )

    webinar_id: Mapped[int] = mapped_column(
        ForeignKey("webinar.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    title: Mapped[str] = mapped_column(Text)
    names: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)


class Passage(Base, kw_only=True):
    """A few sentences of a webinar's captions, slides or handouts, with their time or page.

    Written only by `lms.search.passages`. `source` is the public id of the captions, the handout or the
    recording that it comes from. On SQLite the index is the FTS5 table `passage_search` over these
    rows, updated by triggers. On PostgreSQL the function `passages_said` queries the index, because the
    planner would scan the table for a very common word. They exist only in migrations.
    """

    __tablename__ = "passage"
    __table_args__ = (
        CheckConstraint("starts_s IS NOT NULL OR page IS NOT NULL", name="has_a_place"),
        Index("ix_passage_searched", text(SAID), postgresql_using="gin").ddl_if(
            dialect="postgresql"
        ),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    kind: Mapped[PassageKind]
    source: Mapped[str] = mapped_column(String(26), index=True)
    language: Mapped[str] = mapped_column(String(35), default="")
    starts_s: Mapped[float | None] = mapped_column(default=None)
    page: Mapped[int | None] = mapped_column(default=None)
    text: Mapped[str] = mapped_column(Text)


class SearchWord(Base, kw_only=True):
    """A word that webinars or passages contain, to correct mistyped searches (`lms.search.spelling`)."""

    __tablename__ = "search_word"
    __table_args__ = (Index("ix_search_word_head_letters", "head", "letters"),)

    word: Mapped[str] = mapped_column(String(LONGEST_WORD), primary_key=True)
    head: Mapped[str] = mapped_column(String(1))
    letters: Mapped[int]
