"""Prices: P1 to P8 of the specification, with prices as data."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.models.grants import OfferKind
from lms.pricing.price_list import Price
from lms.pricing.quotes import (
    Alternative,
    Ask,
    Quote,
    Unpriced,
    by_the_day,
    holds_until,
    ladder,
    quote,
    seats_total,
)

PAID_AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
SINGLE, GROUP, SHOWING = OfferKind.SINGLE, OfferKind.GROUP_SEATS, OfferKind.GROUP_SHOWING
INSTITUTIONAL, PASS, CONTRACT = OfferKind.INSTITUTIONAL, OfferKind.PASS, OfferKind.CONTRACT
PRICES = (
    Price(SINGLE, 1, 9900, "USD"),
    Price(GROUP, 3, 7500, "USD"),
    Price(GROUP, 5, 6500, "USD"),
    Price(SHOWING, 1, 29900, "USD"),
    Price(INSTITUTIONAL, 1, 49900, "USD"),
    Price(PASS, 1, 49900, "USD"),
)

tiers = st.dictionaries(st.integers(2, 40), st.integers(0, 50_000), max_size=5)
tariffs = st.builds(
    lambda single, groups, rest: (
        Price(SINGLE, 1, single, "USD"),
        *(Price(GROUP, minimum, minor, "USD") for minimum, minor in groups.items()),
        *(Price(kind, 1, minor, "USD") for kind, minor in rest.items()),
    ),
    st.integers(0, 50_000),
    tiers,
    st.dictionaries(st.sampled_from((SHOWING, INSTITUTIONAL, PASS)), st.integers(0, 200_000)),
)
seats = st.integers(1, 60)


def seats_quote(people: int, covered: int = 0) -> Quote:
    found = quote(PRICES, Ask(SINGLE, people, covered))
    assert isinstance(found, Quote)
    return found


def cheaper(found: Quote | Unpriced) -> list[OfferKind]:
    assert isinstance(found, Quote)
    return [each.kind for each in found.alternatives]


def minor(total: int | Unpriced) -> int:
    assert isinstance(total, int)
    return total


# P1


@pytest.mark.parametrize(
    ("people", "dollars"),
    [(1, 99), (2, 198), (3, 225), (4, 300), (5, 325), (6, 390), (7, 455), (8, 520)],
)
def test_seats_cost_the_expected_total(people: int, dollars: int) -> None:
    assert seats_quote(people).total_minor == dollars * 100


def test_price_ladder_lists_one_to_eight_seats() -> None:
    assert [each.total_minor // 100 for each in ladder(PRICES)] == [
        99, 198, 225, 300, 325, 390, 455, 520,
    ]  # fmt: skip


def test_price_ladder_is_empty_without_prices() -> None:
    assert ladder(()) == ()


@pytest.mark.parametrize(
    ("people", "kind", "minimum", "unit"),
    [(2, SINGLE, 1, 9900), (3, GROUP, 3, 7500), (4, GROUP, 3, 7500), (5, GROUP, 5, 6500)],
)
def test_quote_names_its_tier(people: int, kind: OfferKind, minimum: int, unit: int) -> None:
    found = seats_quote(people)
    assert (found.kind, found.minimum, found.unit_minor) == (kind, minimum, unit)
    assert (found.people, found.units, found.currency) == (people, people, "USD")


def test_group_and_single_seats_are_quoted_alike() -> None:
    assert quote(PRICES, Ask(GROUP, 4)) == quote(PRICES, Ask(SINGLE, 4))


def test_seats_of_each_webinar_have_their_own_tier() -> None:
    found = quote(PRICES, Ask(SINGLE, 2, webinars=3))
    assert isinstance(found, Quote)
    assert (found.units, found.unit_minor, found.total_minor) == (6, 9900, 59400)


def test_one_seat_is_quoted_if_no_number_is_given() -> None:
    found = quote(PRICES, Ask(SINGLE))
    assert isinstance(found, Quote)
    assert (found.people, found.total_minor) == (None, 9900)


@pytest.mark.parametrize("kind", [SHOWING, INSTITUTIONAL])
def test_group_viewing_and_institution_are_priced_per_webinar(kind: OfferKind) -> None:
    one, three = quote(PRICES, Ask(kind, 40)), quote(PRICES, Ask(kind, 40, webinars=3))
    assert isinstance(one, Quote)
    assert isinstance(three, Quote)
    assert three.total_minor == 3 * one.total_minor


def test_passes_are_priced_per_person() -> None:
    found = quote(PRICES, Ask(PASS, 3))
    assert isinstance(found, Quote)
    assert found.total_minor == 3 * 49900


def test_contract_without_a_price_is_not_quoted() -> None:
    assert quote(PRICES, Ask(CONTRACT, 40)) == Unpriced(CONTRACT)


def test_contract_can_be_priced_per_seat() -> None:
    prices = (*PRICES, Price(CONTRACT, 10, 20000, "USD"))
    found = quote(prices, Ask(CONTRACT, 40))
    assert isinstance(found, Quote)
    assert found.total_minor == 800_000
    assert quote(prices, Ask(CONTRACT, 9)) == Unpriced(CONTRACT)
    assert quote(prices, Ask(CONTRACT)) == Unpriced(CONTRACT)


@pytest.mark.parametrize("kind", list(OfferKind))
def test_nothing_is_quoted_without_prices(kind: OfferKind) -> None:
    assert quote((), Ask(kind, 3)) == Unpriced(kind)


@given(st.integers(1, 5000))
def test_more_seats_never_cost_less_in_total(people: int) -> None:
    assert minor(seats_total(PRICES, people)) <= minor(seats_total(PRICES, people + 1))


@given(tariffs, seats)
def test_total_is_units_times_the_price_of_the_highest_tier_reached(
    prices: tuple[Price, ...], people: int
) -> None:
    found = quote(prices, Ask(SINGLE, people))
    assert isinstance(found, Quote)
    assert found.total_minor == found.units * found.unit_minor == minor(seats_total(prices, people))
    reached = [each for each in prices if each.kind in (SINGLE, GROUP) and each.minimum <= people]
    assert found.minimum == max(each.minimum for each in reached)


# P2


def test_covered_people_are_neither_counted_nor_charged() -> None:
    found = seats_quote(5, covered=2)
    assert (found.covered, found.units, found.unit_minor) == (2, 3, 7500)
    assert found.total_minor == 22500


def test_total_is_zero_if_everyone_is_covered() -> None:
    found = seats_quote(3, covered=5)
    assert (found.covered, found.units, found.total_minor) == (3, 0, 0)
    assert found.alternatives == ()


def test_one_covered_person_pays_nothing() -> None:
    found = quote(PRICES, Ask(SINGLE, covered=1))
    assert isinstance(found, Quote)
    assert (found.covered, found.total_minor) == (1, 0)


@given(tariffs, seats, st.integers(0, 60))
def test_covered_people_reduce_the_price_to_that_of_the_rest(
    prices: tuple[Price, ...], people: int, covered: int
) -> None:
    found = quote(prices, Ask(SINGLE, people, min(covered, people)))
    assert isinstance(found, Quote)
    assert found.total_minor == minor(seats_total(prices, people - min(covered, people)))


# P3


@pytest.mark.parametrize(
    ("people", "named"),
    [(3, []), (4, [SHOWING]), (5, [SHOWING]), (7, [SHOWING]), (8, [SHOWING, INSTITUTIONAL])],
)
def test_cheaper_offers_are_listed(people: int, named: list[OfferKind]) -> None:
    assert cheaper(seats_quote(people)) == named


def test_alternative_says_for_how_many_people_it_is_and_its_total() -> None:
    assert seats_quote(8).alternatives == (
        Alternative(SHOWING, 8, 29900),
        Alternative(INSTITUTIONAL, None, 49900),
    )


@pytest.mark.parametrize(("webinars", "named"), [(5, []), (6, [PASS]), (7, [PASS])])
def test_pass_is_suggested_from_the_sixth_webinar_in_its_scope(
    webinars: int, named: list[OfferKind]
) -> None:
    assert cheaper(quote(PRICES, Ask(SINGLE, 1, webinars=webinars))) == named


def test_covered_people_do_not_make_other_offers_look_cheaper() -> None:
    assert cheaper(seats_quote(5, covered=2)) == []


def test_seats_are_suggested_to_a_small_institution() -> None:
    assert cheaper(quote(PRICES, Ask(INSTITUTIONAL, 3))) == [GROUP, SHOWING]


def test_seats_are_suggested_to_a_small_group() -> None:
    assert cheaper(quote(PRICES, Ask(SHOWING, 2))) == [SINGLE]


def test_nothing_is_suggested_to_an_institution_without_a_number_of_people() -> None:
    assert cheaper(quote(PRICES, Ask(INSTITUTIONAL))) == []


def test_seats_are_suggested_instead_of_a_pass_for_few_webinars() -> None:
    assert cheaper(quote(PRICES, Ask(PASS, 1, webinars=3))) == [SINGLE]
    assert cheaper(quote(PRICES, Ask(PASS, 1))) == []


def test_larger_group_is_suggested_if_it_costs_less() -> None:
    steep = (Price(SINGLE, 1, 9900, "USD"), Price(GROUP, 3, 5000, "USD"))
    found = quote(steep, Ask(SINGLE, 2))
    assert isinstance(found, Quote)
    assert found.alternatives == (Alternative(GROUP, 3, 15000),)


@given(tariffs, st.sampled_from(OfferKind), seats, st.integers(0, 60), st.integers(1, 20))
def test_alternatives_always_cost_less(
    prices: tuple[Price, ...], kind: OfferKind, people: int, covered: int, webinars: int
) -> None:
    found = quote(prices, Ask(kind, people, min(covered, people), webinars))
    if isinstance(found, Unpriced):
        return
    for each in found.alternatives:
        assert each.total_minor < found.total_minor
        assert each.people is None or each.people >= people - min(covered, people)
    totals = [each.total_minor for each in found.alternatives]
    assert totals == sorted(totals)


# P4 to P6


def test_quote_is_valid_through_the_sixtieth_day() -> None:
    assert holds_until(PAID_AT) == datetime(2026, 5, 2, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("added", "minor"),
    [
        (date(2026, 1, 1), 36500),
        (date(2025, 12, 1), 36500),
        (date(2026, 12, 31), 100),
        (date(2027, 1, 1), 0),
        (date(2027, 6, 1), 0),
        (date(2026, 7, 2), 18300),
    ],
)
def test_rest_of_a_term_is_prorated_by_day(added: date, minor: int) -> None:
    term = {"starts": date(2026, 1, 1), "ends": date(2027, 1, 1)}
    assert by_the_day(36500, **term, added=added) == minor


@given(st.integers(0, 10_000_000), st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_prorated_parts_before_and_after_a_day_add_up(full: int, day: date) -> None:
    starts, ends = date(2026, 1, 1), date(2027, 1, 1)
    rest = by_the_day(full, starts=starts, ends=ends, added=day)
    used = full * (day - starts).days / (ends - starts).days
    assert abs(rest + used - full) <= 0.5
