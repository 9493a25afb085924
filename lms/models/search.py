"""Tables of the search index: webinar words and passages."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, words

# Only PostgreSQL has it; a query must repeat it to the letter to be answered by the index.
SEARCHED = "to_tsvector('english', title || ' ' || names || ' ' || body)"

SAID = "to_tsvector('english', regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]', '', 'g'))"
# Of a passage's id the upper part is its webinar's, so that an index of words alone tells which
# webinars speak of something.
WEBINAR_BITS = 20


class PassageKind(StrEnum):
    """Where a passage was said or written."""

    TRANSCRIPT = "transcript"
    HANDOUT = "handout"
    SLIDE = "slide"


class WebinarWords(Base, kw_only=True):
    """The words of a webinar: of its title, of whoever presents it and its series, and of its text.

    They are folded (lower case, no accents, no Markdown) and written by `lms.search.webinar_search` only. On
    SQLite the index is the FTS5 table `webinar_search` over these rows, which triggers keep; both
    stand in the migration alone. Rebuilding this table would drop the triggers.
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
    """Some sentences of what goes with a webinar, with the time or the page where they stand.

    Written by `lms.search.passages` only. `source` is the outside id of the captions, the handout or the
    recording that it comes from. On SQLite the index is the FTS5 table `passage_search` over these
    rows, kept by triggers; on PostgreSQL the function `passages_said` asks the index, where the
    planner would read the table for a word that is everywhere. They stand in migrations alone.
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
    kind: Mapped[PassageKind] = mapped_column(words(PassageKind))
    source: Mapped[str] = mapped_column(String(26), index=True)
    language: Mapped[str] = mapped_column(String(35), default="")
    starts_s: Mapped[float | None] = mapped_column(default=None)
    page: Mapped[int | None] = mapped_column(default=None)
    text: Mapped[str] = mapped_column(Text)
