"""Rows as the columns' types have them, and a sum that tells every set of rows from others."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.store.moving_base import NotMoved, Row
from yingda.store.moving_rows import fitted, summed
from yingda.store.schema import metadata, push, secret, spending

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
)
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=8)


def test_every_column_of_every_table_has_a_way() -> None:
    for table in metadata.sorted_tables:
        nothing = (None,) * len(table.columns)
        assert list(fitted(table, [nothing])) == [nothing]


def price(value: object) -> Row:
    (row,) = fitted(spending, [("shop", "2026-11", "CNY", value, 1)])
    return row


@pytest.mark.parametrize(
    ("value", "kept"), [(2**63 - 1, 2**63 - 1), (-(2**63), -(2**63)), (3.0, 3)]
)
def test_whole_numbers_are_kept_whole(value: object, kept: int) -> None:
    found = price(value)[3]
    assert (found, type(found)) == (kept, int)


@pytest.mark.parametrize("value", [2**63, 1.5, float("inf"), "1", b"1"])
def test_what_is_no_whole_number_of_eight_bytes_is_refused_by_its_column(value: object) -> None:
    with pytest.raises(NotMoved, match=r"spending\.price_nano"):
        price(value)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1])
def test_what_has_no_room_in_four_bytes_is_refused(value: int) -> None:
    with pytest.raises(NotMoved, match=r"spending\.answers"):
        list(fitted(spending, [("shop", "2026-11", "CNY", 1, value)]))


def test_bytes_where_text_belongs_and_text_where_bytes_belong_are_taken_for_what_they_are() -> None:
    assert list(fitted(secret, [("答".encode(), "答")])) == [("答", "答".encode())]


@pytest.mark.parametrize("row", [(b"\xff", b""), (1, b""), ("name", 1)])
def test_what_is_neither_is_refused(row: Row) -> None:
    with pytest.raises(NotMoved, match=r"secret\."):
        list(fitted(secret, [row]))


def test_times_are_floating_point_and_nothing_else() -> None:
    ended = {column.name: index for index, column in enumerate(push.columns)}["created_at"]
    row: list[object] = [None] * len(push.columns)
    row[ended] = 7
    assert repr(next(fitted(push, [row]))[ended]) == "7.0"
    row[ended] = -0.0
    assert repr(next(fitted(push, [row]))[ended]) == "0.0"
    row[ended] = "soon"
    with pytest.raises(NotMoved, match=r"push\.created_at"):
        next(fitted(push, [row]))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(rows: list[Row], dice: random.Random) -> None:
    mixed = rows.copy()
    dice.shuffle(mixed)
    assert summed(mixed) == summed(rows)


@given(ROWS, ROWS)
def test_other_rows_have_another_sum(rows: list[Row], others: list[Row]) -> None:
    # By their coding, for Python's 1 equals 1.0.
    alike = sorted(map(repr, rows)) == sorted(map(repr, others))
    assert (summed(rows) == summed(others)) is alike


def test_a_row_that_came_twice_in_another_s_place_is_noticed() -> None:
    assert summed([("a",), ("a",), ("b",)]) != summed([("a",), ("b",), ("b",)])
    assert summed([("a",), ("a",)]) != summed([("b",), ("b",)])
