"""Tables of offers and of the grants that give access."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, optional_reference, public_id_column


class OfferKind(StrEnum):
    """What is sold (PRODUCT.md, What is sold)."""

    SINGLE = "single"
    GROUP_SEATS = "group_seats"
    GROUP_SHOWING = "group_showing"
    INSTITUTIONAL = "institutional"
    PASS = "pass"  # noqa: S105  (an all-access pass)
    CONTRACT = "contract"


class Scope(StrEnum):
    """What a grant covers."""

    WEBINAR = "webinar"
    PRESENTER = "presenter"
    SERIES = "series"
    EVERYTHING = "everything"


class Withdrawal(StrEnum):
    """Why a grant was revoked."""

    REFUNDED = "refunded"
    REVOKED = "revoked"


NAMES_ITS_TARGET = (
    "(scope = 'webinar') = (webinar_id IS NOT NULL)"
    " AND (scope = 'presenter') = (presenter_id IS NOT NULL)"
    " AND (scope = 'series') = (series_id IS NOT NULL)"
)


# In a unique index NULLs are distinct; as 0, general prices count as the same target.
OFFER_TARGET = (
    text("coalesce(webinar_id, 0)"),
    text("coalesce(series_id, 0)"),
    text("coalesce(presenter_id, 0)"),
)


class Offer(Numbered, kw_only=True):
    """A price for one unit, from `minimum` units on, in one `version`.

    It belongs to a webinar, a series or a presenter; without any of them it is the general price.
    """

    __tablename__ = "offer"
    __table_args__ = (
        Index("uq_offer_version", *OFFER_TARGET, "kind", "minimum", "version", unique=True),
        CheckConstraint(
            "(webinar_id IS NULL OR series_id IS NULL)"
            " AND (webinar_id IS NULL OR presenter_id IS NULL)"
            " AND (series_id IS NULL OR presenter_id IS NULL)",
            name="at_most_one_target",
        ),
        CheckConstraint("minimum >= 1", name="minimum_at_least_one"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("length(currency) = 3", name="currency_is_iso_4217"),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int | None] = optional_reference("webinar.id", "CASCADE")
    series_id: Mapped[int | None] = optional_reference("series.id", "CASCADE")
    presenter_id: Mapped[int | None] = optional_reference("presenter.id", "CASCADE")
    kind: Mapped[OfferKind]
    minimum: Mapped[int]
    version: Mapped[int]
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None] = mapped_column(default=None)


class Grant(Numbered, kw_only=True):
    """One sold line that gives its owner access, for [starts_at, ends_at) or permanently.

    It belongs to one login or to one pool, to which it adds `seats` (NULL means unlimited). After its
    end, a pool's grant admits people until `grace_until` (C1); `grace_given_until` is the date to which
    staff extended that, NULL if they haven't. `awaits_payment_since` is set while staff keep an order on
    hold until it is paid; with `opens_live`, people can still join the live session (P9). `host_email` is
    the host of a group viewing that an organization owns, or "" for the contact of its order.
    """

    __tablename__ = "grant_line"
    __table_args__ = (
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(NAMES_ITS_TARGET, name="scope_names_its_target"),
        CheckConstraint("(login_id IS NULL) <> (pool_id IS NULL)", name="one_holder"),
        CheckConstraint(
            "seats IS NULL OR (pool_id IS NOT NULL AND seats >= 1)", name="seats_of_a_pool"
        ),
        CheckConstraint(
            "grace_until IS NULL OR (ends_at IS NOT NULL AND grace_until >= ends_at)",
            name="grace_follows_the_end",
        ),
        CheckConstraint(
            "grace_given_until IS NULL"
            " OR (grace_until IS NOT NULL AND grace_until >= grace_given_until)",
            name="given_grace_is_kept",
        ),
        CheckConstraint(
            "(revoked_at IS NULL) = (revoked_as IS NULL)", name="revoked_with_a_reason"
        ),
        Index("ix_grant_line_login_id", "login_id"),
        Index("ix_grant_line_webinar_id", "webinar_id"),
    )

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int | None] = optional_reference("login.id", "RESTRICT", index=False)
    pool_id: Mapped[int | None] = optional_reference("pool.id", "RESTRICT")
    order_line_id: Mapped[int | None] = optional_reference("order_line.id", "RESTRICT")
    kind: Mapped[OfferKind]
    seats: Mapped[int | None] = mapped_column(default=None)
    scope: Mapped[Scope]
    webinar_id: Mapped[int | None] = optional_reference("webinar.id", "RESTRICT", index=False)
    presenter_id: Mapped[int | None] = optional_reference("presenter.id", "RESTRICT")
    series_id: Mapped[int | None] = optional_reference("series.id", "RESTRICT")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    grace_until: Mapped[datetime | None] = mapped_column(default=None)
    grace_given_until: Mapped[datetime | None] = mapped_column(default=None)
    awaits_payment_since: Mapped[datetime | None] = mapped_column(default=None)
    opens_live: Mapped[bool] = mapped_column(default=False, server_default=false())
    suspended_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_as: Mapped[Withdrawal | None] = mapped_column(default=None)
    revoked_reason: Mapped[str | None] = mapped_column(Text, default=None)  # only staff see it
    host_email: Mapped[str] = mapped_column(String(320), default="", server_default="")
    created_at: Mapped[datetime]
