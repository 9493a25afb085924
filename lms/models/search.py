"""What is searched for: the words of each webinar, with an index that either database keeps by itself."""

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base

# Only PostgreSQL has it; a query must repeat it to the letter to be answered by the index.
SEARCHED = "to_tsvector('english', title || ' ' || names || ' ' || body)"


class WebinarWords(Base, kw_only=True):
    """The words of a webinar: of its title, of whoever presents it and its series, and of its text.

    They are folded (lower case, no accents, no Markdown) and written by `lms.search` only. On
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
